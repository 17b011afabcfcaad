/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random code in random states of every mode. Whatever the guest does, the processor stays within what is
 * possible, and an instruction that raises something has changed no register (cpu.h, "Commit").
 */
#include "interp_guest.h"

#include <stdlib.h>

static uint64_t seed;

static uint64_t random_u64(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static bool one_in(unsigned n)
{
	return random_u64() % n == 0;
}

/* --- making a state ---------------------------------------------------------------------------------- */

static uint64_t random_word(void)
{
	switch (random_u64() % 6) {
	case 0: return random_u64();
	case 1: return DATA_AT + random_u64() % 0x2000;
	case 2: return random_u64() % 16 ? STACK_TOP - random_u64() % 64 : 0xffffffff;
	case 3: return random_u64() % GDT_BYTES;
	case 4: return random_u64() & 1 ? random_u64() % 0x100 : 0;
	default: return MMIO_AT + random_u64() % 64;
	}
}

static void random_descriptors(void)
{
	for (unsigned i = 0; i < 6; i++) {
		unsigned at = GDT_AT + random_u64() % GDT_BYTES;

		memory_store(at, random_u64(), 1 + random_u64() % 8);
	}
	for (unsigned i = 0; i < 0x40; i++)
		memory_store(LDT_AT + i, random_u64(), 1);
	for (unsigned i = 0; i < 8; i++)
		memory_store(IDT_AT + random_u64() % 0x1000, random_u64(), 1);
	for (unsigned i = 0; i < 8; i++)
		memory_store(TSS_AT + random_u64() % 0x68, random_u64(), 1);
	for (unsigned i = 0; i < 0x68; i += 2)
		memory_store(TSS2_AT + i, random_word(), 2);
	memory_store(TSS2_AT + 0x4c, one_in(4) ? random_word() : SEL_CODE32, 2);
	memory_store(TSS2_AT + 0x50, one_in(4) ? random_word() : SEL_DATA32, 2);
	if (one_in(4))
		gdt_set(SEL_TSS2, descriptor(TSS2_AT, 0x2b, 0x81));
}

/* Rare and system instructions by name, the rest by chance. */
static void random_code(void)
{
	static const uint8_t starts[][3] = {
		{ 0x0f, 0x00 }, { 0x0f, 0x01 }, { 0x0f, 0x02 }, { 0x0f, 0x03 }, { 0x0f, 0x05 },
		{ 0x0f, 0x06 }, { 0x0f, 0x07 }, { 0x0f, 0x20 }, { 0x0f, 0x21 }, { 0x0f, 0x22 },
		{ 0x0f, 0x23 }, { 0x0f, 0x30 }, { 0x0f, 0x32 }, { 0x0f, 0x34 }, { 0x0f, 0x35 },
		{ 0x0f, 0xa1 }, { 0x0f, 0xa9 }, { 0x0f, 0xae }, { 0x0f, 0xb2 }, { 0x0f, 0xb4 },
		{ 0x0f, 0xc7 }, { 0x07 },	{ 0x17 },	{ 0x1f },	{ 0x62 },
		{ 0x63 },	{ 0x8e },	{ 0x8f },	{ 0x9a },	{ 0x9d },
		{ 0xc4 },	{ 0xc5 },	{ 0xc8 },	{ 0xc9 },	{ 0xca },
		{ 0xcb },	{ 0xcc },	{ 0xcd },	{ 0xce },	{ 0xcf },
		{ 0xea },	{ 0xf1 },	{ 0xf3, 0xa5 }, { 0xf3, 0xa6 }, { 0xf3, 0xaa },
		{ 0xf3, 0x6c }, { 0xf3, 0x6e }, { 0xff },	{ 0x48, 0xcf }, { 0x48, 0xcb },
		{ 0x48, 0xff }, { 0xe4 },	{ 0xec },	{ 0xfa },	{ 0xfb },
		{ 0x60 },
	};
	uint8_t code[16];
	unsigned at = 0;

	for (unsigned i = 0; i < sizeof(code); i++)
		code[i] = (uint8_t)random_u64();
	if (one_in(4))
		code[at++] = 0x66;
	if (one_in(8))
		code[at++] = 0x67;
	if (!one_in(3))
		memcpy(code + at, starts[random_u64() % (sizeof(starts) / sizeof(starts[0]))], 2);
	if (one_in(3)) { /* a far pointer to something that exists */
		uint16_t selector = (uint16_t)(random_u64() % GDT_BYTES);

		memcpy(code + at + 5, &selector, 2);
	}
	if (one_in(8))
		memcpy(code, one_in(2) ? "\xea\0\0\0\0\x60\0" : "\x9a\0\0\0\0\x60\0", 7); /* SEL_TSS2 */
	code_put(code, sizeof(code));
}

static void random_registers(enum guest_mode mode)
{
	for (unsigned i = 0; i < 16; i++)
		cpu->gpr[i] = random_word();
	cpu->gpr[REG_RCX] = one_in(2) ? cpu->gpr[REG_RCX] % 64 : cpu->gpr[REG_RCX];
	if (!one_in(8))
		cpu->gpr[REG_RSP] = STACK_TOP - 0x100 + random_u64() % 0x40;
	if (mode == GUEST_REAL)
		cpu->gpr[REG_RSP] &= 0xffff;
	for (unsigned i = 0; i < 0x40; i++)
		memory_store((cpu->gpr[REG_RSP] & 0xffff8) + i * 8, random_word(), 8);
	cpu->rflags = RFLAGS_ONE | (random_u64() & (FLAGS_ALL | RFLAGS_IF | RFLAGS_DF | RFLAGS_IOPL)) |
		      (one_in(8) ? RFLAGS_TF : 0) | (one_in(4) ? RFLAGS_NT : 0) | (one_in(8) ? RFLAGS_AC : 0);
	cpu->star = random_word() << 32;
	cpu->sysenter_cs = random_word() & 0xffff;
	if (one_in(4)) {
		cpu->dr[0] = CODE_AT;
		cpu->dr[1] = DATA_AT + 0x100;
		cpu->dr[7] = 0x400 | (random_u64() & 0xffff00ff);
	}
}

static void random_state(void)
{
	static const enum guest_mode modes[] = { GUEST_REAL, GUEST_32, GUEST_64, GUEST_COMPAT };
	enum guest_mode mode = modes[random_u64() % 4];

	guest_reset(mode);
	random_descriptors();
	random_registers(mode);
	cpu->ldtr = (struct segment){ LDT_AT, 0x3f, SEL_LDT, 0x82 };
	if (mode == GUEST_REAL || one_in(2))
		return;
	if (mode == GUEST_32 && one_in(3))
		guest_set_v86(random_u64() & 3);
	else
		guest_to_user();
}

/* --- what must hold ---------------------------------------------------------------------------------- */

struct before {
	uint64_t gpr[16], rip, rflags, cr0, cr3, cr4, efer;
	struct segment seg[6], ldtr, tr;
	unsigned cpl;
};

static void save(struct before *before)
{
	memcpy(before->gpr, cpu->gpr, sizeof(before->gpr));
	memcpy(before->seg, cpu->seg, sizeof(before->seg));
	before->rip = cpu->rip;
	before->rflags = cpu->rflags;
	before->cr0 = cpu->cr0;
	before->cr3 = cpu->cr3;
	before->cr4 = cpu->cr4;
	before->efer = cpu->efer;
	before->ldtr = cpu->ldtr;
	before->tr = cpu->tr;
	before->cpl = cpu->cpl;
}

/*
 * REP strings keep what they did; a task switch faults in the new task; #DB also comes after an instruction.
 */
static bool may_have_changed(const struct before *before, uint64_t code)
{
	bool is_rep = memchr(&code, 0xf3, 4) || memchr(&code, 0xf2, 4);

	return is_rep || seen.vector == VECTOR_DB || cpu->tr.selector != before->tr.selector;
}

static void check_unchanged(const struct before *before)
{
	CHECK(!memcmp(before->gpr, cpu->gpr, sizeof(before->gpr)), "registers changed");
	CHECK(!memcmp(before->seg, cpu->seg, sizeof(before->seg)), "segments changed");
	CHECK_EQ(cpu->rip, before->rip);
	CHECK_EQ(cpu->rflags, before->rflags);
	CHECK_EQ(cpu->cr0, before->cr0);
	CHECK_EQ(cpu->cr3, before->cr3);
	CHECK_EQ(cpu->cr4, before->cr4);
	CHECK_EQ(cpu->efer, before->efer);
	CHECK_EQ(cpu->cpl, before->cpl);
	CHECK_EQ(cpu->ldtr.base, before->ldtr.base);
}

static void check_possible(void)
{
	bool is_long = (cpu->efer & EFER_LME) && (cpu->cr0 & CR0_PG);

	CHECK_EQ(!!(cpu->efer & EFER_LMA), is_long);
	CHECK(!(cpu->cr0 & CR0_PG) || (cpu->cr0 & CR0_PE), "paging without protection");
	CHECK(!is_long || (cpu->cr4 & CR4_PAE), "long mode without PAE");
	CHECK(cpu->cpl <= 3, "CPL %u", cpu->cpl);
	CHECK((cpu->cr0 & CR0_PE) || cpu->cpl == 0, "CPL %u in real mode", cpu->cpl);
	CHECK(!(cpu->rflags & RFLAGS_VM) || (cpu->cpl == 3 && !is_long), "virtual-8086 mode at CPL %u",
	      cpu->cpl);
	CHECK_EQ(cpu->rflags & ~0x3f7fd7ull, 0);
	CHECK_EQ(cpu->rflags & RFLAGS_ONE, RFLAGS_ONE);
	CHECK(cpu_mode(cpu) == MODE_64 ? cpu->rip + (1ull << 47) < 1ull << 48 : cpu->rip >> 32 == 0,
	      "rip %#llx in mode %d", (unsigned long long)cpu->rip, cpu_mode(cpu));
	CHECK_EQ(cpu->mmio.count, 0);
	CHECK_EQ(cpu->tlb_mode, cpu->cpl == 3					     ? TLB_USER
				: (cpu->cr4 & CR4_SMAP) && (cpu->rflags & RFLAGS_AC) ? TLB_KERNEL_AC
										     : TLB_KERNEL);
}

static void deliver_seen(void)
{
	struct exception exception = { .vector = (uint8_t)seen.vector,
				       .has_error = seen.has_error,
				       .error = seen.error,
				       .address = seen.address };
	struct before before;

	save(&before);
	guest_deliver(&exception, false);
	mmio_log_commit(cpu);
	if (seen.outcome == RAISED && cpu->tr.selector == before.tr.selector)
		check_unchanged(&before);
}

static void trial(void)
{
	uint64_t start_seed = seed, code = 0;
	unsigned steps = 4;

	random_state();
	atomic_store(&cpu->request, REQUEST_INTERRUPT); /* a REP does not go on for ever */
	while (steps-- > 0 && failures == 0 && cpu->activity == ACTIVITY_RUNNING) {
		uint64_t linear =
		    cpu_mode(cpu) == MODE_64 ? cpu->rip : (uint32_t)(cpu->seg[SEG_CS].base + cpu->rip);
		struct before before;

		if (linear < RAM_BYTES - 64) {
			random_code();
			code = memory_read(linear, 8);
		}
		save(&before);
		guest_step();
		check_possible();
		if (seen.outcome == RAISED && !may_have_changed(&before, code))
			check_unchanged(&before);
		if (seen.outcome == RAISED)
			deliver_seen();
		check_possible();
	}
	if (failures)
		fprintf(stderr, "seed %#llx, code %016llx (lowest byte first), vector %d\n",
			(unsigned long long)start_seed, (unsigned long long)code, seen.vector);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 2000;

	seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0x2545f4914f6cdd1d;
	for (unsigned i = 0; i < count && failures == 0; i++)
		trial();
	return failures != 0;
}
