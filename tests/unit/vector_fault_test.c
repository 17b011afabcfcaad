/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory operands, floating-point errors, masked moves and gathers: what faults or is intercepted changes
 * nothing that it must not. */
#include "vector_check.h"

/* --- faults change nothing ------------------------------------------------------------------------------ */

struct memory_case {
	const char *name;
	uint8_t bytes[6]; /* operand at [rdi] */
	unsigned size;
	bool is_store;
};

static const struct memory_case memory_cases[] = {
	{ "fstp m32", { 0xd9, 0x1f }, 4, true },
	{ "fst m64", { 0xdd, 0x17 }, 8, true },
	{ "fstp m64", { 0xdd, 0x1f }, 8, true },
	{ "fstp m80", { 0xdb, 0x3f }, 10, true },
	{ "fistp m16", { 0xdf, 0x1f }, 2, true },
	{ "fistp m64", { 0xdf, 0x3f }, 8, true },
	{ "fisttp m32", { 0xdb, 0x0f }, 4, true },
	{ "fbstp", { 0xdf, 0x37 }, 10, true },
	{ "fnstenv", { 0xd9, 0x37 }, 28, true },
	{ "fnstenv 16 bit", { 0x66, 0xd9, 0x37 }, 14, true },
	{ "fnsave", { 0xdd, 0x37 }, 108, true },
	{ "fnsave 16 bit", { 0x66, 0xdd, 0x37 }, 94, true },
	{ "fnstcw", { 0xd9, 0x3f }, 2, true },
	{ "movq m64, mm", { 0x0f, 0x7f, 0x0f }, 8, true },
	{ "movups store", { 0x0f, 0x11, 0x0f }, 16, true },
	{ "movlps store", { 0x0f, 0x13, 0x0f }, 8, true },
	{ "vmovups store", { 0xc5, 0xfc, 0x11, 0x0f }, 32, true },
	{ "stmxcsr", { 0x0f, 0xae, 0x1f }, 4, true },
	{ "fld m32", { 0xd9, 0x07 }, 4, false },
	{ "fld m80", { 0xdb, 0x2f }, 10, false },
	{ "fild m64", { 0xdf, 0x2f }, 8, false },
	{ "fldenv", { 0xd9, 0x27 }, 28, false },
	{ "frstor", { 0xdd, 0x27 }, 108, false },
	{ "fldcw", { 0xd9, 0x2f }, 2, false },
	{ "movq mm, m64", { 0x0f, 0x6f, 0x0f }, 8, false },
	{ "movups load", { 0x0f, 0x10, 0x0f }, 16, false },
	{ "vaddps ymm", { 0xc5, 0xf4, 0x58, 0x0f }, 32, false },
	{ "vbroadcastsd", { 0xc4, 0xe2, 0x7d, 0x19, 0x0f }, 8, false },
	{ "ldmxcsr", { 0x0f, 0xae, 0x17 }, 4, false },
};

static void set_up_case(const struct memory_case *c)
{
	begin(c->name);
	push_x87(12345);
	push_x87(-17.25L);
	if (c->size == 2 && !c->is_store) /* FLDCW */
		memset(page(1) - 2, 0x7f, 4);
	if (!strcmp(c->name, "ldmxcsr"))
		memset(page(1) - 4, 0, 8);
}

/* The last byte lies on a page that is absent, or read-only for a store. */
static void test_one_fault(const struct memory_case *c, enum guest_page kind)
{
	struct vector_area before;
	uint8_t memory[64];
	set_up_case(c);
	uint8_t *at = page(1) - c->size + 1;
	point(REG_RDI, at);
	guest->pages[1] = kind;
	before = *area();
	memcpy(memory, page(1) - 64, 64);
	int raised = guest_run(guest, c->bytes, sizeof(c->bytes));
	CHECK(raised == VECTOR_PF && guest->address == (uint64_t)page(1), "raised %d, address %#lx", raised,
	      (long)guest->address);
	CHECK(area_equals(&before), "state changed");
	CHECK(memcmp(memory, page(1) - 64, 64) == 0, "memory changed");
}

/* An intercepted access leaves once or twice; at the end all is as with plain memory. */
static void test_one_mmio(const struct memory_case *c)
{
	struct vector_area plain, before;
	uint8_t result[128];
	set_up_case(c);
	point(REG_RDI, page(1) - c->size + 1);
	CHECK(guest_run(guest, c->bytes, sizeof(c->bytes)) == RAISED_NOTHING, "raised %d", guest->raised);
	plain = *area();
	memcpy(result, page(1) - 127, 128);
	set_up_case(c);
	point(REG_RDI, page(1) - c->size + 1);
	guest->pages[1] = PAGE_MMIO;
	before = *area();
	unsigned leaves = 0;
	while (guest_run(guest, c->bytes, sizeof(c->bytes)) == RAISED_LEFT && leaves++ < 4)
		CHECK(area_equals(&before), "state changed although the access waits");
	CHECK(guest->raised == RAISED_NOTHING && leaves >= 1, "raised %d after %u intercepts", guest->raised,
	      leaves);
	CHECK(area_equals(&plain), "other state than with plain memory");
	CHECK(memcmp(result, page(1) - 127, 128) == 0, "other result than with plain memory");
}

static void test_memory_faults(void)
{
	for (unsigned i = 0; i < sizeof(memory_cases) / sizeof(memory_cases[0]); i++) {
		const struct memory_case *c = &memory_cases[i];
		test_one_fault(c, PAGE_ABSENT);
		if (c->is_store)
			test_one_fault(c, PAGE_READ_ONLY);
		test_one_mmio(c);
	}
}

static void test_alignment(void)
{
	begin("movaps alignment");
	point(REG_RDI, page(1) + 8);
	CHECK(RUN(0x0f, 0x28, 0x07) == VECTOR_GP && guest->error == 0, "raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x10, 0x07) == RAISED_NOTHING, "movups raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x58, 0x07) == VECTOR_GP, "addps raised %d", guest->raised);
	CHECK(RUN(0xc5, 0xf8, 0x58, 0x07) == RAISED_NOTHING, "vaddps raised %d", guest->raised);
	point(REG_RDI, page(1) + 16);
	CHECK(RUN(0xc5, 0xfc, 0x28, 0x07) == VECTOR_GP, "vmovaps ymm raised %d", guest->raised);
	CHECK(RUN(0xc5, 0xf8, 0x28, 0x07) == RAISED_NOTHING, "vmovaps xmm raised %d", guest->raised);
	point(REG_RDI, page(1) + 8);
	CHECK(RUN(0x0f, 0xae, 0x07) == VECTOR_GP, "fxsave raised %d", guest->raised);
	point(REG_RDI, page(1) + 32);
	CHECK(RUN(0x0f, 0xae, 0x27) == VECTOR_GP, "xsave raised %d", guest->raised);
	CHECK(RUN(0x0f, 0xae, 0x2f) == VECTOR_GP, "xrstor raised %d", guest->raised);
}

/* --- floating-point errors ------------------------------------------------------------------------------ */

static void test_x87_errors(void)
{
	begin("unmasked overflow of a store");
	push_x87(1e300L);
	area()->cw = 0x37f & ~8;
	point(REG_RDI, page(1));
	uint32_t old;
	memcpy(&old, page(1), 4);
	struct vector_area before = *area();
	CHECK(RUN(0xd9, 0x1f) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(memcmp(&old, page(1), 4) == 0 && guest->writes == 0, "it stored");
	CHECK((area()->sw & 0x3800) == (before.sw & 0x3800) && (area()->sw & 0x80), "sw %04x", area()->sw);
	CHECK(RUN(0xdd, 0x3f) == RAISED_NOTHING && page(1)[0] == (area()->sw & 0xff), "fnstsw m16 raised %d",
	      guest->raised);
	CHECK(RUN(0xdf, 0xe0) == RAISED_NOTHING && (guest->cpu->gpr[REG_RAX] & 0xffff) == area()->sw,
	      "fnstsw ax");
	CHECK(RUN(0x9b) == VECTOR_MF, "fwait raised %d", guest->raised);
	CHECK(RUN(0xd9, 0xe8) == VECTOR_MF, "fld1 raised %d", guest->raised);
	guest->pages[2] = PAGE_ABSENT;
	point(REG_RDI, page(2));
	CHECK(RUN(0xd9, 0x07) == VECTOR_MF, "fld m32 with a pending error and no page raised %d",
	      guest->raised);
	CHECK(RUN(0x0f, 0x6f, 0xc1) == VECTOR_MF, "movq mm raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x77) == VECTOR_MF, "emms raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x58, 0xc1) == RAISED_NOTHING, "addps raised %d", guest->raised);
	CHECK(RUN(0xdb, 0xe2) == RAISED_NOTHING && RUN(0x9b) == RAISED_NOTHING, "fnclex raised %d",
	      guest->raised);

	begin("unmasked inexactness of a store");
	push_x87(1.0L / 3);
	area()->cw = 0x37f & ~0x20;
	point(REG_RDI, page(1));
	CHECK(RUN(0xd9, 0x1f) == RAISED_NOTHING && guest->writes == 1, "raised %d", guest->raised);
	float third = 1.0f / 3;
	CHECK(memcmp(&third, page(1), 4) == 0 && (area()->sw & 0x3800) == 0, "not stored and popped, sw %04x",
	      area()->sw);
	CHECK(RUN(0x9b) == VECTOR_MF, "fwait raised %d", guest->raised);
}

static void test_environment(void)
{
	begin("fnstenv hides addresses, masks exceptions");
	static const uint8_t upper[28] = { [2] = 0xff,	[3] = 0xff,  [6] = 0xff,  [7] = 0xff,
					   [10] = 0xff, [11] = 0xff, [26] = 0xff, [27] = 0xff };
	push_x87(3);
	area()->cw = 0x37e;
	RUN(0xd9, 0xe8); /* FIP is somewhere in the host now */
	point(REG_RDI, page(1));
	CHECK(RUN(0xd9, 0x37) == RAISED_NOTHING && area()->cw == 0x37f, "raised %d, cw %04x", guest->raised,
	      area()->cw);
	CHECK(page(1)[0] == 0x7e && page(1)[1] == 3, "stored cw %02x%02x", page(1)[1], page(1)[0]);
	for (unsigned i = 2; i < 28; i++)
		CHECK((i & 2) == 0 ? i < 12 || page(1)[i] == 0 : page(1)[i] == upper[i], "byte %u: %02x", i,
		      page(1)[i]);
	CHECK(RUN(0x66, 0xd9, 0x37) == RAISED_NOTHING, "16 bit raised %d", guest->raised);
	for (unsigned i = 6; i < 14; i++)
		CHECK(page(1)[i] == 0, "16 bit, byte %u: %02x", i, page(1)[i]);
}

static void test_simd_errors(void)
{
	struct vector_area before;
	begin("unmasked division by zero");
	area()->mxcsr = 0x1f80 & ~0x200;
	float one[4] = { 1, 1, 1, 1 };
	memcpy(area()->xmm[0], one, 16);
	memset(area()->xmm[1], 0, 16);
	before = *area();
	CHECK(RUN(0x0f, 0x5e, 0xc1) == VECTOR_XM, "raised %d", guest->raised);
	before.mxcsr |= 4; /* ZE */
	CHECK(area_equals(&before), "state changed");
	guest->cpu->cr4 &= ~CR4_OSXMMEXCPT;
	CHECK(RUN(0x0f, 0x5e, 0xc1) == VECTOR_UD, "without OSXMMEXCPT raised %d", guest->raised);
	area()->mxcsr = 0x1f80;
	CHECK(RUN(0x0f, 0x5e, 0xc1) == RAISED_NOTHING, "masked raised %d", guest->raised);

	begin("cvtpi2ps with a pending x87 error: from memory it uses no MMX register");
	push_x87(1e300L);
	area()->cw = 0x37f & ~8;
	point(REG_RDI, page(1));
	CHECK(RUN(0xd9, 0x1f) == RAISED_NOTHING && (area()->sw & 0x80), "no x87 error, sw %04x", area()->sw);
	memcpy(page(1), &(int32_t[2]){ INT32_MAX, INT32_MAX }, 8);
	CHECK(RUN(0x0f, 0x2a, 0x07) == RAISED_NOTHING, "masked, from memory, raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x2a, 0xc0) == VECTOR_MF, "from a register raised %d", guest->raised);
	area()->mxcsr = 0x1f80 & ~0x1000;
	CHECK(RUN(0x0f, 0x2a, 0x07) == VECTOR_XM, "from memory raised %d", guest->raised);
	CHECK(RUN(0x0f, 0x2a, 0xc0) == VECTOR_MF, "unmasked, from a register, raised %d", guest->raised);
}

/* --- masks and gathers ---------------------------------------------------------------------------------- */

static void test_masked_moves(void)
{
	uint32_t mask[8] = { 0x80000000, 0, 0xffffffff, 0x80000000 };
	begin("vmaskmovps beside an absent page");
	guest->pages[1] = PAGE_ABSENT;
	memcpy(area()->xmm[1], mask, 16);
	memcpy(area()->ymm_high[1], mask + 4, 16);
	point(REG_RDI, page(1) - 16);
	CHECK(RUN(0xc4, 0xe2, 0x75, 0x2c, 0x17) == RAISED_NOTHING, "load raised %d",
	      guest->raised); /* ymm2, ymm1, [rdi] */
	uint32_t expected[4];
	memcpy(expected, page(1) - 16, 16);
	expected[1] = 0;
	CHECK(memcmp(area()->xmm[2], expected, 16) == 0 && area()->ymm_high[2][0] == 0, "wrong elements");
	CHECK(RUN(0xc4, 0xe2, 0x75, 0x2e, 0x1f) == RAISED_NOTHING, "store raised %d",
	      guest->raised); /* [rdi], ymm1, ymm3 */
	uint32_t stored[4];
	memcpy(stored, page(1) - 16, 16);
	CHECK(stored[0] == 0x11111111 && stored[1] != 0x11111111 && stored[2] == 0x11111111 &&
		  stored[3] == 0x11111111,
	      "wrong elements stored");
	area()->ymm_high[1][3] = 0x80;
	memset(page(1) - 16, 0x55, 16);
	CHECK(RUN(0xc4, 0xe2, 0x75, 0x2e, 0x1f) == VECTOR_PF && guest->address == (uint64_t)page(1),
	      "raised %d", guest->raised);
	CHECK(page(1)[-16] == 0x55, "a part was stored");
	CHECK(RUN(0xc4, 0xe2, 0x75, 0x2c, 0x17) == VECTOR_PF && memcmp(area()->xmm[2], expected, 16) == 0,
	      "load raised %d", guest->raised);

	begin("maskmovdqu");
	guest->pages[1] = PAGE_ABSENT;
	memset(area()->xmm[1], 0, 16);
	area()->xmm[1][2] = area()->xmm[1][3] = 0x80;
	point(REG_RDI, page(1) - 4);
	memset(page(1) - 4, 0x55, 4);
	CHECK(RUN(0x66, 0x0f, 0xf7, 0xc1) == RAISED_NOTHING, "raised %d", guest->raised);
	CHECK(memcmp(page(1) - 4, "\x55\x55\x11\x11", 4) == 0, "wrong bytes");
	area()->xmm[1][4] = 0x80;
	memset(page(1) - 4, 0x55, 4);
	CHECK(RUN(0x66, 0x0f, 0xf7, 0xc1) == VECTOR_PF && page(1)[-1] == 0x55, "raised %d", guest->raised);
}

static void test_gather(void)
{
	int32_t index[8] = {
		0, -4, -8, 4, -12, 8, 12, 16
	}; /* element 3 and some later ones lie beyond the page */
	uint32_t mask[8] = { 0x80000000, 0x80000000, 0, 0x80000000, 0x80000000, 0xffffffff, 0, 0x80000000 };
	uint32_t expected[8], got[8];
	begin("vpgatherdd that faults in the middle");
	guest->pages[1] = PAGE_ABSENT;
	memcpy(area()->xmm[5], index, 16);
	memcpy(area()->ymm_high[5], index + 4, 16);
	memcpy(area()->xmm[1], mask, 16);
	memcpy(area()->ymm_high[1], mask + 4, 16);
	point(REG_RDI, page(1) - 4);
	static const uint8_t bytes[] = { 0xc4, 0xe2, 0x75, 0x90, 0x14, 0x2f }; /* ymm2, [rdi+ymm5], ymm1 */
	CHECK(guest_run(guest, bytes, 6) == VECTOR_PF && guest->address == (uint64_t)page(1), "raised %d",
	      guest->raised);
	memset(expected, 0x11, 16);
	memset(expected + 4, 0x22, 16);
	for (unsigned i = 0; i < 2; i++)
		memcpy(&expected[i], page(1) - 4 + index[i], 4);
	memcpy(got, area()->xmm[2], 16), memcpy(got + 4, area()->ymm_high[2], 16);
	CHECK(memcmp(got, expected, 32) == 0, "first two elements not kept");
	memcpy(got, area()->xmm[1], 16), memcpy(got + 4, area()->ymm_high[1], 16);
	const uint32_t left[8] = { 0, 0, 0, 0xffffffff, 0xffffffff, 0xffffffff, 0, 0xffffffff };
	CHECK(memcmp(got, left, 32) == 0, "mask of done elements not cleared");
	guest->pages[1] = PAGE_WRITABLE;
	CHECK(guest_run(guest, bytes, 6) == RAISED_NOTHING, "second start raised %d", guest->raised);
	for (unsigned i = 0; i < 8; i++)
		if (mask[i])
			memcpy(&expected[i], page(1) - 4 + index[i], 4);
	memcpy(got, area()->xmm[2], 16), memcpy(got + 4, area()->ymm_high[2], 16);
	CHECK(memcmp(got, expected, 32) == 0, "wrong elements");
	for (unsigned i = 0; i < 16; i++)
		CHECK(area()->xmm[1][i] == 0 && area()->ymm_high[1][i] == 0, "mask not cleared");
	const uint8_t same[] = { 0xc4, 0xe2, 0x55, 0x90, 0x14, 0x2f }; /* index and mask are one register */
	guest_run(guest, same, 6);
	CHECK(guest->raised == VECTOR_UD || guest->raised == RAISED_UNDECODED, "raised %d", guest->raised);
}

static void test_gather_mmio(void)
{
	int32_t index[8] = { 0, 4096, -8, 4, 8, 12, 8192, 20 };
	uint32_t expected[8], got[8];
	begin("vpgatherdd from memory and MMIO in turns");
	guest->pages[1] = PAGE_MMIO;
	memcpy(area()->xmm[5], index, 16);
	memcpy(area()->ymm_high[5], index + 4, 16);
	memset(area()->xmm[1], 0xff, 16);
	memset(area()->ymm_high[1], 0xff, 16);
	point(REG_RDI, page(1));
	static const uint8_t bytes[] = { 0xc4, 0xe2, 0x75, 0x90, 0x14, 0x2f };
	unsigned leaves = 0;
	while (guest_run(guest, bytes, 6) == RAISED_LEFT && leaves++ < 10)
		;
	CHECK(guest->raised == RAISED_NOTHING && leaves == 5, "raised %d after %u intercepts", guest->raised,
	      leaves);
	for (unsigned i = 0; i < 8; i++)
		memcpy(&expected[i], page(1) + index[i], 4);
	memcpy(got, area()->xmm[2], 16), memcpy(got + 4, area()->ymm_high[2], 16);
	CHECK(memcmp(got, expected, 32) == 0, "wrong elements");
}

/* Exceptions of type 12 have no #AC: with AC set the elements may lie anywhere. */
static void test_gather_misaligned(void)
{
	static const uint8_t bytes[] = { 0xc4, 0xe2, 0x75, 0x90, 0x14, 0x2f };
	uint32_t expected[8], got[8];

	begin("vpgatherdd that is not aligned");
	guest->cpu->cpl = 3;
	guest->cpu->cr0 |= CR0_AM;
	guest->cpu->rflags |= RFLAGS_AC;
	for (unsigned i = 0; i < 8; i++) {
		int32_t index = (int32_t)i * 5 + 1;

		memcpy(i < 4 ? area()->xmm[5] + i * 4 : area()->ymm_high[5] + (i - 4) * 4, &index, 4);
		memcpy(&expected[i], page(0) + index, 4);
	}
	memset(area()->xmm[1], 0xff, 16);
	memset(area()->ymm_high[1], 0xff, 16);
	point(REG_RDI, page(0));
	CHECK(guest_run(guest, bytes, 6) == RAISED_NOTHING, "raised %d", guest->raised);
	memcpy(got, area()->xmm[2], 16), memcpy(got + 4, area()->ymm_high[2], 16);
	CHECK(memcmp(got, expected, 32) == 0, "wrong elements");
}

int main(void)
{
	check_begin();
	test_memory_faults();
	test_alignment();
	test_x87_errors();
	test_environment();
	test_simd_errors();
	test_masked_moves();
	test_gather();
	test_gather_mmio();
	test_gather_misaligned();
	return check_end();
}
