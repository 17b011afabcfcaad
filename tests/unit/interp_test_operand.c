/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an instruction looks at of its operand, and in which order: alignment, limits, how many bytes. All of
 * it as the processor does (tests/engine/diff compares), in cases that hardly any program meets.
 */
#include "interp_guest.h"

static void user_with_ac(enum guest_mode mode)
{
	guest_reset(mode);
	guest_to_user();
	cpu->cr0 |= CR0_AM;
	cpu->rflags |= RFLAGS_AC;
}

/* A data segment for DS with this many bytes. */
static void limit_ds(uint32_t bytes)
{
	cpu->seg[SEG_DS].limit = bytes - 1;
	cpu->gpr[REG_RBX] = 0;
}

static void test_not_canonical_before_alignment(void)
{
	user_with_ac(GUEST_64);
	cpu->gpr[REG_RAX] = 0x8000000000000001;
	STEP(0x8b, 0x08); /* mov (%rax), %ecx */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->gpr[REG_RBP] = 0x8000000000000001;
	STEP(0x8b, 0x4d, 0x00); /* mov 0(%rbp), %ecx */
	CHECK_RAISED(VECTOR_SS, 0);
	cpu->gpr[REG_RAX] = 0x7ffffffffffe; /* the last two bytes are */
	STEP(0x8b, 0x08);
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->gpr[REG_RSP] = 0x8000000000000004;
	STEP(0x58); /* pop %rax */
	CHECK_RAISED(VECTOR_SS, 0);
	cpu->gpr[REG_RSP] = STACK_TOP - 4;
	STEP(0x58);
	CHECK_RAISED(VECTOR_AC, 0);
}

static void test_x87_alignment(void)
{
	static const struct {
		uint8_t code[3];
		unsigned size, alignment;
	} cases[] = {
		{ { 0xdb, 0x28 }, 2, 8 },	/* fld m80 */
		{ { 0xdf, 0x20 }, 2, 8 },	/* fbld */
		{ { 0xd9, 0x20 }, 2, 4 },	/* fldenv */
		{ { 0xdd, 0x30 }, 2, 4 },	/* fnsave */
		{ { 0x66, 0xd9, 0x20 }, 3, 2 }, /* 16-bit environment */
		{ { 0x66, 0xdd, 0x20 }, 3, 2 }, /* 16-bit frstor */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		user_with_ac(GUEST_64);
		code_put(cases[i].code, cases[i].size);
		cpu->gpr[REG_RAX] = DATA_AT + cases[i].alignment / 2;
		guest_step();
		CHECK(seen.outcome == RAISED && seen.vector == VECTOR_AC, "case %u: outcome %d vector %d", i,
		      seen.outcome, seen.vector);
		cpu->rip = CODE_AT;
		cpu->gpr[REG_RAX] = DATA_AT + cases[i].alignment;
		guest_step();
		CHECK(seen.outcome != RAISED || seen.vector != VECTOR_AC, "case %u: #AC although aligned", i);
	}
}

/* Conversions of half-precision numbers need no alignment, unlike other vector operands of 8 bytes. */
static void test_half_precision_alignment(void)
{
	user_with_ac(GUEST_64);
	cpu->gpr[REG_RAX] = DATA_AT + 1;
	STEP(0xc4, 0xe2, 0x79, 0x13, 0x00); /* vcvtph2ps (%rax), %xmm0 */
	CHECK_DONE();
	STEP(0xc4, 0xe3, 0x79, 0x1d, 0x00, 0x00); /* vcvtps2ph $0, %xmm0, (%rax) */
	CHECK_DONE();
	STEP(0xc5, 0xfb, 0x10, 0x00); /* vmovsd (%rax), %xmm0 */
	CHECK_RAISED(VECTOR_AC, 0);
}

/* The whole image is within the limit, not only its first byte. */
static void test_state_limits(void)
{
	static const struct {
		uint8_t code[3];
		unsigned size, bytes;
	} cases[] = {
		{ { 0xd9, 0x23 }, 2, 28 },	  /* fldenv (%ebx) */
		{ { 0x66, 0xd9, 0x33 }, 3, 14 },  /* fnstenv */
		{ { 0xdd, 0x23 }, 2, 108 },	  /* frstor */
		{ { 0x66, 0xdd, 0x33 }, 3, 94 },  /* fnsave */
		{ { 0x0f, 0xae, 0x03 }, 3, 512 }, /* fxsave */
		{ { 0x0f, 0xae, 0x0b }, 3, 512 }, /* fxrstor */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		guest_reset(GUEST_32);
		limit_ds(cases[i].bytes - 1);
		code_put(cases[i].code, cases[i].size);
		guest_step();
		CHECK(seen.outcome == RAISED && seen.vector == VECTOR_GP, "case %u: outcome %d vector %d", i,
		      seen.outcome, seen.vector);
		cpu->rip = CODE_AT;
		limit_ds(cases[i].bytes);
		guest_step();
		CHECK(seen.outcome != RAISED || seen.vector != VECTOR_GP, "case %u: #GP within the limit", i);
	}
}

/* Two bytes are read, whatever the operand size; the stack pointer moves by that. */
static void test_pop_segment(void)
{
	user_with_ac(GUEST_64);
	cpu->gpr[REG_RSP] = DATA_AT + 2;
	memory_store(DATA_AT + 2, SEL_DATA32_USER | 3, 8);
	STEP(0x0f, 0xa1); /* pop %fs */
	CHECK_DONE();
	CHECK_EQ(cpu->seg[SEG_FS].selector, SEL_DATA32_USER | 3);
	CHECK_EQ(cpu->gpr[REG_RSP], DATA_AT + 10);

	guest_reset(GUEST_32);
	cpu->seg[SEG_SS].limit = DATA_AT + 1;
	cpu->gpr[REG_RSP] = DATA_AT;
	memory_store(DATA_AT, SEL_DATA32, 2);
	STEP(0x07); /* pop %es */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RSP], DATA_AT + 4);
}

static void test_enter_looks_at_its_end(void)
{
	user_with_ac(GUEST_64);
	STEP(0xc8, 0x03, 0x00, 0x00); /* enter $3, $0: the stack would be misaligned */
	CHECK_RAISED(VECTOR_AC, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);

	guest_reset(GUEST_32);
	cpu->seg[SEG_SS].attr |= 4; /* expand-down: nothing up to the limit */
	cpu->seg[SEG_SS].limit = STACK_TOP - 0x101;
	STEP(0xc8, 0x00, 0x01, 0x00); /* enter $0x100, $0 */
	CHECK_RAISED(VECTOR_SS, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
	STEP(0xc8, 0xf0, 0x00, 0x00);
	CHECK_DONE();
}

static void test_bound_reads_as_far_as_it_must(void)
{
	guest_reset(GUEST_32);
	limit_ds(DATA_AT + 4);
	memory_store(DATA_AT, 10, 4);
	cpu->gpr[REG_RBX] = DATA_AT;
	cpu->gpr[REG_RAX] = 9;
	STEP(0x62, 0x03); /* bound %eax, (%ebx) */
	CHECK_RAISED(VECTOR_BR, 0);
	cpu->gpr[REG_RAX] = 10;
	STEP(0x62, 0x03);
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_clflush_of_code(void)
{
	guest_reset(GUEST_32);
	cpu->seg[SEG_DS] = cpu->seg[SEG_CS];
	cpu->seg[SEG_DS].attr &= ~2u; /* execute-only */
	cpu->seg[SEG_DS].limit = DATA_AT;
	cpu->gpr[REG_RAX] = DATA_AT;
	STEP(0x0f, 0xae, 0x38); /* clflush (%eax) */
	CHECK_DONE();
	cpu->gpr[REG_RAX] = DATA_AT + 1;
	STEP(0x0f, 0xae, 0x38);
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->gpr[REG_RAX] = DATA_AT;
	STEP(0x8a, 0x00); /* mov (%eax), %al */
	CHECK_RAISED(VECTOR_GP, 0);
}

/* RF between the iterations of a REP, so that its breakpoint does not hit again (SDM 3, 17.3.1.1). */
static void test_rf_in_rep(void)
{
	guest_reset(GUEST_64);
	cpu->rflags |= RFLAGS_TF;
	cpu->gpr[REG_RCX] = 2;
	cpu->gpr[REG_RDI] = DATA_AT;
	CODE(0xf3, 0xaa); /* rep stosb */
	guest_step();
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->rflags & RFLAGS_RF, RFLAGS_RF);
	guest_step();
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT + 2);
	CHECK_EQ(cpu->rflags & RFLAGS_RF, 0);
}

int main(void)
{
	has_vector = true;
	test_not_canonical_before_alignment();
	test_x87_alignment();
	test_half_precision_alignment();
	test_state_limits();
	test_pop_segment();
	test_enter_looks_at_its_end();
	test_bound_reads_as_far_as_it_must();
	test_clflush_of_code();
	test_rf_in_rep();
	return failures != 0;
}
