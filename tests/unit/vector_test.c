/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The vector unit's rules one by one: what is enabled, XSAVE, 32-bit mode, general registers, the host's
 * state, threads. */
#include "vector_check.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

/* --- enabling ------------------------------------------------------------------------------------------ */

struct enable_case {
	const char *name;
	uint8_t bytes[6];
	uint64_t cr0_set, cr0_clear, cr4_clear;
	uint64_t xcr0;
	int expected;
};

static const struct enable_case enable_cases[] = {
	{ "fld1", { 0xd9, 0xe8 }, 0, 0, 0, 7, RAISED_NOTHING },
	{ "fld1 TS", { 0xd9, 0xe8 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "fld1 EM", { 0xd9, 0xe8 }, CR0_EM, 0, 0, 7, VECTOR_NM },
	{ "fld1 no OSFXSR", { 0xd9, 0xe8 }, 0, 0, CR4_OSFXSR, 7, RAISED_NOTHING },
	{ "fwait", { 0x9b }, 0, 0, 0, 7, RAISED_NOTHING },
	{ "fwait TS MP", { 0x9b }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "fwait TS no MP", { 0x9b }, CR0_TS, CR0_MP, 0, 7, RAISED_NOTHING },
	{ "fwait EM", { 0x9b }, CR0_EM, 0, 0, 7, RAISED_NOTHING },
	{ "paddb mm", { 0x0f, 0xfc, 0xc1 }, 0, 0, CR4_OSFXSR, 7, RAISED_NOTHING },
	{ "paddb mm EM", { 0x0f, 0xfc, 0xc1 }, CR0_EM, 0, 0, 7, VECTOR_UD },
	{ "paddb mm TS", { 0x0f, 0xfc, 0xc1 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "emms TS", { 0x0f, 0x77 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "addps", { 0x0f, 0x58, 0xc1 }, 0, 0, 0, 1, RAISED_NOTHING },
	{ "addps no OSFXSR", { 0x0f, 0x58, 0xc1 }, CR0_TS, 0, CR4_OSFXSR, 7, VECTOR_UD },
	{ "addps EM", { 0x0f, 0x58, 0xc1 }, CR0_EM | CR0_TS, 0, 0, 7, VECTOR_UD },
	{ "addps TS", { 0x0f, 0x58, 0xc1 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "vaddps", { 0xc5, 0xf4, 0x58, 0xc1 }, CR0_EM, 0, CR4_OSFXSR, 7, RAISED_NOTHING },
	{ "vaddps TS", { 0xc5, 0xf4, 0x58, 0xc1 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "vaddps no OSXSAVE", { 0xc5, 0xf4, 0x58, 0xc1 }, 0, 0, CR4_OSXSAVE, 7, VECTOR_UD },
	{ "vaddps xcr0 3", { 0xc5, 0xf4, 0x58, 0xc1 }, CR0_TS, 0, 0, 3, VECTOR_UD },
	{ "fxsave TS", { 0x0f, 0xae, 0x07 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "fxsave no OSFXSR", { 0x0f, 0xae, 0x07 }, 0, 0, CR4_OSFXSR, 7, RAISED_NOTHING },
	{ "xsave TS", { 0x0f, 0xae, 0x27 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "xsave EM", { 0x0f, 0xae, 0x27 }, CR0_EM, 0, 0, 7, RAISED_NOTHING },
	{ "xsave no OSXSAVE", { 0x0f, 0xae, 0x27 }, 0, 0, CR4_OSXSAVE, 7, VECTOR_UD },
	{ "ldmxcsr TS", { 0x0f, 0xae, 0x17 }, CR0_TS, 0, 0, 7, VECTOR_NM },
	{ "vstmxcsr xcr0 3", { 0xc5, 0xf8, 0xae, 0x1f }, 0, 0, 0, 3, VECTOR_UD },
};

static void test_enabled(void)
{
	for (unsigned i = 0; i < sizeof(enable_cases) / sizeof(enable_cases[0]); i++) {
		const struct enable_case *c = &enable_cases[i];
		begin(c->name);
		guest->cpu->cr0 = (guest->cpu->cr0 | c->cr0_set) & ~c->cr0_clear;
		guest->cpu->cr4 &= ~c->cr4_clear;
		guest->cpu->xcr0 = c->xcr0;
		memset(page(1), 0, 4);
		point(REG_RDI, page(1));
		int raised = guest_run(guest, c->bytes, sizeof(c->bytes));
		CHECK(raised == c->expected, "raised %d, expected %d", raised, c->expected);
	}
	begin("AVX in virtual-8086 mode");
	guest->cpu->rflags |= RFLAGS_VM;
	CHECK(RUN(0xc5, 0xf4, 0x58, 0xc1) == VECTOR_UD, "raised %d", guest->raised);
}

/* --- XSAVE ------------------------------------------------------------------------------------------- */

static void put_xsave_image(uint8_t *at)
{
	struct vector_area image = { .cw = 0x27f, .mxcsr = 0x1fa0, .xstate_bv = 7 };
	memset(image.xmm, 0x33, sizeof(image.xmm));
	memset(image.ymm_high, 0x44, sizeof(image.ymm_high));
	memcpy(at, &image, sizeof(image));
}

static void test_xrstor_header(void)
{
	static const struct {
		unsigned offset;
		uint64_t value;
		int expected;
	} cases[] = {
		{ 512, 7, RAISED_NOTHING },
		{ 512, 8, VECTOR_GP },
		{ 512, 1ull << 63, VECTOR_GP },
		{ 520, 1, VECTOR_GP },
		{ 528, 1, VECTOR_GP },
		{ 536, 1, RAISED_NOTHING },
		{ 520, 1ull << 63 | 7, RAISED_NOTHING },
		{ 520, 1ull << 63 | 3, VECTOR_GP },
		{ 520, 1ull << 63 | 15, VECTOR_GP },
		{ 24, 0x10000, VECTOR_GP },
	};
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		begin("xrstor header");
		put_xsave_image(page(1));
		memcpy(page(1) + cases[i].offset, &cases[i].value, 8);
		point(REG_RDI, page(1));
		guest->cpu->gpr[REG_RAX] = guest->cpu->gpr[REG_RDX] = 0xffffffff;
		struct vector_area before = *area();
		int raised = RUN(0x0f, 0xae, 0x2f);
		CHECK(raised == cases[i].expected, "case %u raised %d", i, raised);
		CHECK(raised == RAISED_NOTHING ? area()->xmm[15][0] == 0x33 && area()->cw == 0x27f
					       : area_equals(&before),
		      "case %u: wrong state", i);
	}
	begin("xrstor of AVX alone loads MXCSR in the standard form only");
	put_xsave_image(page(1));
	point(REG_RDI, page(1));
	guest->cpu->gpr[REG_RAX] = 4;
	CHECK(RUN(0x0f, 0xae, 0x2f) == RAISED_NOTHING && area()->mxcsr == 0x1fa0, "mxcsr %04x",
	      area()->mxcsr);
	area()->mxcsr = 0x1f80;
	memcpy(page(1) + 520, &(uint64_t){ 1ull << 63 | 7 }, 8);
	CHECK(RUN(0x0f, 0xae, 0x2f) == RAISED_NOTHING && area()->mxcsr == 0x1f80, "mxcsr %04x",
	      area()->mxcsr);

	begin("xrstor of components that XCR0 lacks");
	put_xsave_image(page(1));
	point(REG_RDI, page(1));
	guest->cpu->xcr0 = 3;
	guest->cpu->gpr[REG_RAX] = 7;
	CHECK(RUN(0x0f, 0xae, 0x2f) == VECTOR_GP, "raised %d", guest->raised);
	page(1)[512] = 3;
	CHECK(RUN(0x0f, 0xae, 0x2f) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(area()->xmm[3][3] == 0x33 && area()->ymm_high[3][3] == 0x22, "AVX state was touched");
}

static void test_xsave(void)
{
	begin("xsave writes only what is asked for");
	push_x87(2.5L);
	RUN(0xd9, 0xe8); /* FIP is somewhere in the host now */
	memset(page(1), 0xee, 4096);
	memset(page(1) + 512, 0, 8);
	page(1)[512] = 0xf8;
	point(REG_RDI, page(1));
	guest->cpu->gpr[REG_RAX] = 5;
	CHECK(RUN(0x0f, 0xae, 0x27) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(page(1)[160] == 0xee && page(1)[416] == 0xee && page(1)[520] == 0xee,
	      "more than x87, AVX and MXCSR");
	CHECK(page(1)[0] == 0x7f && page(1)[1] == 3 && page(1)[24] == 0x80 && page(1)[576] == 0x22,
	      "not all of that");
	CHECK(page(1)[512] == 0xfd, "XSTATE_BV %02x", page(1)[512]);
	for (unsigned i = 6; i < 24; i++)
		CHECK(page(1)[i] == 0, "host address at %u", i);

	begin("xsave across an absent page");
	point(REG_RDI, page(1) - 576);
	guest->pages[1] = PAGE_ABSENT;
	guest->cpu->gpr[REG_RAX] = 3;
	CHECK(RUN(0x0f, 0xae, 0x27) == RAISED_NOTHING, "raised %d", guest->raised);
	guest->cpu->gpr[REG_RAX] = 7;
	CHECK(RUN(0x0f, 0xae, 0x27) == VECTOR_PF && guest->writes == 0, "raised %d", guest->raised);
	CHECK(RUN(0x0f, 0xae, 0x2f) == VECTOR_GP || guest->raised == VECTOR_PF, "xrstor raised %d",
	      guest->raised);

	begin("xsaveopt, xsavec leave components out that are in their initial state");
	area()->xstate_bv = 2;
	memset(page(1), 0, 4096);
	memset(page(1) + 576, 0xee, 256);
	point(REG_RDI, page(1));
	guest->cpu->gpr[REG_RAX] = 7;
	CHECK(RUN(0x0f, 0xae, 0x37) == RAISED_NOTHING, "xsaveopt raised %d", guest->raised);
	CHECK(page(1)[512] == 2 && page(1)[576] == 0xee && page(1)[160] == 0x11, "bv %02x", page(1)[512]);
	memset(page(1), 0, 4096);
	CHECK(RUN(0x0f, 0xc7, 0x27) == RAISED_NOTHING, "xsavec raised %d", guest->raised);
	CHECK(page(1)[512] == 2 && page(1)[520] == 7 && page(1)[527] == 0x80, "xsavec header");
}

/* --- 32-bit mode ------------------------------------------------------------------------------------- */

static void test_legacy_mode(void)
{
	begin("fxsave, fxrstor in 32-bit mode");
	guest_set_mode(guest, MODE_32);
	point(REG_RDI, page(1));
	memset(page(1), 0xee, 4096);
	CHECK(RUN(0x0f, 0xae, 0x07) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(page(1)[287] == 0x11 && page(1)[288] == 0xee, "not eight registers");
	put_xsave_image(page(1));
	CHECK(RUN(0x0f, 0xae, 0x0f) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(area()->xmm[7][0] == 0x33 && area()->xmm[8][0] == 0x11 && area()->ymm_high[0][0] == 0x22,
	      "wrong registers");
	begin("xsave, xrstor in 32-bit mode");
	guest_set_mode(guest, MODE_32);
	point(REG_RDI, page(1));
	guest->cpu->gpr[REG_RAX] = 7;
	memset(page(1), 0, 4096);
	CHECK(RUN(0x0f, 0xae, 0x27) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(page(1)[160 + 127] == 0x11 && page(1)[160 + 128] == 0 && page(1)[576 + 127] == 0x22 &&
		  page(1)[576 + 128] == 0,
	      "not eight registers");
	memset(page(1) + 512, 0, 8); /* initial state */
	CHECK(RUN(0x0f, 0xae, 0x2f) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(area()->xmm[7][0] == 0 && area()->ymm_high[7][0] == 0 && area()->xmm[8][0] == 0x11 &&
		  area()->ymm_high[8][0] == 0x22,
	      "wrong registers");
	begin("VEX in 32-bit mode");
	guest_set_mode(guest, MODE_32);
	guest->cpu->gpr[REG_RAX] = 0x1122334455667788;
	CHECK(RUN(0xc4, 0xe1, 0xf9, 0x6e, 0xc8) == RAISED_NOTHING, "raised %d",
	      guest->raised); /* VMOVD with W = 1 */
	uint64_t lane;
	memcpy(&lane, area()->xmm[1], 8);
	CHECK(lane == 0x55667788, "moved %#lx", (long)lane);
	CHECK(RUN(0xc5, 0xfc, 0x77) == RAISED_NOTHING, "vzeroall raised %d", guest->raised);
	CHECK(area()->xmm[7][0] == 0 && area()->xmm[8][0] == 0x11 && area()->ymm_high[8][0] == 0x22,
	      "wrong registers");
	memset(area()->xmm[1], 0x44, 16);
	memset(area()->xmm[8], 0xff, 16);
	CHECK(RUN(0xc4, 0xe3, 0x71, 0x4a, 0xd3, 0x80) == RAISED_NOTHING, "vblendvps raised %d",
	      guest->raised);
	CHECK(area()->xmm[2][0] == 0x44, "the mask was not xmm0");
}

/* --- general registers ------------------------------------------------------------------------------- */

static void test_general_registers(void)
{
	begin("rsp and others as operands");
	uint64_t *gpr = guest->cpu->gpr;
	for (unsigned reg = 0; reg < 16; reg++) {
		uint64_t value = 0x1111111111111111ull * reg + 5, lane;
		for (unsigned i = 0; i < 16; i++)
			gpr[i] = 0x9999;
		gpr[reg] = value;
		uint8_t load[] = { 0x66, (uint8_t)(0x48 | reg >> 3), 0x0f, 0x6e,
				   (uint8_t)(0xc8 | (reg & 7)) };
		CHECK(guest_run(guest, load, sizeof(load)) == RAISED_NOTHING, "raised %d", guest->raised);
		memcpy(&lane, area()->xmm[1], 8);
		CHECK(lane == value, "movq xmm1, r%u gave %#lx", reg, (long)lane);
		gpr[reg] = 0;
		uint8_t store[] = { 0x66, (uint8_t)(0x40 | reg >> 3), 0x0f, 0x7e,
				    (uint8_t)(0xc8 | (reg & 7)) };
		CHECK(guest_run(guest, store, sizeof(store)) == RAISED_NOTHING, "raised %d", guest->raised);
		CHECK(gpr[reg] == (uint32_t)value, "movd r%u, xmm1 gave %#lx", reg, (long)gpr[reg]);
		uint8_t mask[] = { 0x66, (uint8_t)(0x40 | reg >> 3 << 2), 0x0f, 0xd7,
				   (uint8_t)(0xc2 | (reg & 7) << 3) };
		memset(area()->xmm[2], 0x80, 3);
		CHECK(guest_run(guest, mask, sizeof(mask)) == RAISED_NOTHING && gpr[reg] == 7,
		      "pmovmskb r%u gave %#lx", reg, (long)gpr[reg]);
		for (unsigned i = 0; i < 16; i++)
			CHECK(i == reg || gpr[i] == 0x9999, "r%u changed to %#lx", i, (long)gpr[i]);
	}
	CHECK(guest->cpu->rflags == RFLAGS_ONE, "flags %#lx", (long)guest->cpu->rflags);
}

/* --- the host's state -------------------------------------------------------------------------------- */

static void test_host_state(void)
{
	uint32_t mxcsr = 0x9fc0, mxcsr_after;
	uint16_t cw = 0x27f, cw_after, sw_after;
	begin("the host's control words");
	area()->mxcsr = 0x3f80;
	area()->cw = 0xf7f;
	area()->sw = 0x3000;
	area()->tags = 0xff;
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(cw));
	RUN(0x0f, 0x58, 0xc1);
	__asm__ volatile("stmxcsr %0; fnstcw %1; fnstsw %2"
			 : "=m"(mxcsr_after), "=m"(cw_after), "=m"(sw_after));
	CHECK(mxcsr_after == mxcsr && cw_after == cw && sw_after == 0, "mxcsr %x cw %x sw %x", mxcsr_after,
	      cw_after, sw_after);
	CHECK(area()->mxcsr == 0x3f80 && area()->cw == 0xf7f && area()->sw == 0x3000, "the guest's changed");
	mxcsr = 0x1f80, cw = 0x37f;
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(cw));

	begin("reset");
	vector_reset(guest->cpu, true);
	CHECK(area()->xmm[0][0] == 0x11, "INIT cleared XMM0");
	vector_reset(guest->cpu, false);
	RUN(0x0f, 0x57, 0xff); /* through the registers once */
	CHECK(area()->cw == 0x40 && area()->tags == 0xff && area()->mxcsr == 0x1f80 && area()->xmm[0][0] == 0,
	      "RESET: cw %x tags %x", area()->cw, area()->tags);
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void print_speed(void)
{
	enum { ROUNDS = 300000 };
	begin("speed");
	double start = seconds();
	for (unsigned i = 0; i < ROUNDS; i++) {
		vector_enter(guest->cpu);
		vector_leave(guest->cpu);
	}
	double pair = seconds() - start;
	struct insn insn;
	static const uint8_t addps[] = { 0x0f, 0x58, 0x07 }, pxor[] = { 0x66, 0x0f, 0xef, 0xc1 };
	point(REG_RDI, page(1));
	for (unsigned k = 0; k < 2; k++) {
		insn_decode(&insn, k ? pxor : addps, k ? 4 : 3, MODE_64);
		start = seconds();
		guest_repeat(guest, &insn, ROUNDS);
		printf("%s: %.0f ns\n", k ? "pxor xmm, xmm" : "addps xmm, m128",
		       (seconds() - start) / ROUNDS * 1e9);
	}
	printf("vector_enter() and vector_leave(): %.0f ns\n", pair / ROUNDS * 1e9);
}

/* --- threads ----------------------------------------------------------------------------------------- */

/* PSHUFD with every immediate and many registers: more encodings than a pool of stubs holds. */
struct shuffler {
	pthread_t thread;
	unsigned rounds, bad;
	uint32_t seed;
	_Atomic bool has_begun;
};

static void *shuffle_thread(void *arg)
{
	struct shuffler *shuffler = arg;
	struct guest *mine = guest_new();
	struct vector_area *state = (struct vector_area *)mine->cpu->vector_area;
	uint32_t seed = shuffler->seed;
	state->xstate_bv = 7;
	for (unsigned round = 0; round < shuffler->rounds; round++) {
		uint32_t source[4], target[4];
		seed = seed * 1664525 + 1013904223;
		unsigned from = seed >> 8 & 15, to = seed >> 12 & 15, imm = seed >> 16 & 255;
		for (unsigned i = 0; i < 4; i++)
			source[i] = seed ^ i * 0x9e3779b9;
		memcpy(state->xmm[from], source, 16);
		uint8_t bytes[] = { 0x66, (uint8_t)(0x40 | to >> 3 << 2 | from >> 3),	0x0f,
				    0x70, (uint8_t)(0xc0 | (to & 7) << 3 | (from & 7)), (uint8_t)imm };
		int raised = guest_run(mine, bytes, sizeof(bytes));
		memcpy(target, state->xmm[to], 16);
		for (unsigned i = 0; i < 4; i++)
			shuffler->bad += raised != RAISED_NOTHING || target[i] != source[imm >> 2 * i & 3];
		shuffler->has_begun = true;
	}
	guest_free(mine);
	return NULL;
}

static void shuffler_start(struct shuffler *shuffler, unsigned number, unsigned rounds)
{
	*shuffler = (struct shuffler){ .rounds = rounds, .seed = number * 2654435761u + 1 };
	if (pthread_create(&shuffler->thread, NULL, shuffle_thread, shuffler))
		exit(1);
}

static void shuffler_finish(struct shuffler *shuffler)
{
	pthread_join(shuffler->thread, NULL);
	CHECK(!shuffler->bad, "seed %u: %u wrong elements", shuffler->seed, shuffler->bad);
}

/* There are 64 pools: the first and the last thread here use the same one at the same time. */
static void test_threads(void)
{
	enum { POOLS = 64, ROUNDS = 300000 };
	struct shuffler first, other;
	test_name = "threads";
	shuffler_start(&first, 0, ROUNDS);
	while (!first.has_begun)
		sched_yield();
	for (unsigned i = 1; i < POOLS; i++) {
		shuffler_start(&other, i, 1);
		shuffler_finish(&other);
	}
	shuffler_start(&other, POOLS, ROUNDS);
	shuffler_finish(&other);
	shuffler_finish(&first);
}

int main(void)
{
	check_begin();
	test_enabled();
	test_xrstor_header();
	test_xsave();
	test_legacy_mode();
	test_general_registers();
	test_host_state();
	test_threads();
	print_speed();
	return check_end();
}
