/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real mode: interrupts, far transfers, segment limits, 16-bit addressing, "unreal" mode. */
#include "interp_guest.h"

static void test_interrupt(void)
{
	guest_reset(GUEST_REAL);
	cpu->rflags |= RFLAGS_IF | RFLAGS_TF | FLAG_CF;
	cpu->rip = CODE_AT;
	memory_store(0x21 * 4, 0x1234 << 16 | 0x0010, 4);
	STEP(0xcd, 0x21); /* int 0x21 */
	CHECK_DONE();	  /* TF is cleared on the way: no trap */
	CHECK_EQ(cpu->seg[SEG_CS].selector, 0x1234);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0x12340);
	CHECK_EQ(cpu->rip, 0x10);
	CHECK_EQ(cpu->gpr[REG_RSP], 0xf000 - 6);
	CHECK_EQ(memory_read(0xeffa, 2), CODE_AT + 2);
	CHECK_EQ(memory_read(0xeffc, 2), 0);
	CHECK_EQ(memory_read(0xeffe, 2), RFLAGS_IF | RFLAGS_TF | FLAG_CF | RFLAGS_ONE);
	CHECK_EQ(cpu->rflags & (RFLAGS_IF | RFLAGS_TF), 0);

	cpu->rflags &= ~(uint64_t)FLAG_CF;
	STEP(0xcf); /* iret */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 2);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0);
	CHECK_EQ(cpu->rflags, RFLAGS_IF | RFLAGS_TF | FLAG_CF | RFLAGS_ONE);
	CHECK_EQ(cpu->gpr[REG_RSP], 0xf000);
}

static void test_single_step(void)
{
	guest_reset(GUEST_REAL);
	cpu->rflags |= RFLAGS_TF;
	STEP(0x40); /* inc ax */
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rip, CODE_AT + 1);
	CHECK_EQ(cpu->gpr[REG_RAX], 1);
	CHECK_EQ(cpu->dr[6], 0xffff4ff0);
	STEP(0x8e, 0xd0); /* mov ss, ax: no trap */
	CHECK_DONE();
	memory_store(cpu->seg[SEG_SS].base + 0xf000, 0x0002, 2);
	STEP(0x9d); /* popf that clears TF: still a trap */
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->rflags, 2);
}

static void test_interrupt_limit(void)
{
	guest_reset(GUEST_REAL);
	cpu->idtr.limit = 0x21 * 4 + 2;
	STEP(0xcd, 0x21);
	CHECK(seen.outcome == RAISED && seen.vector == VECTOR_GP, "vector %d", seen.vector);
	CHECK_EQ(cpu->rip, CODE_AT);
}

static void test_far(void)
{
	guest_reset(GUEST_REAL);
	STEP(0x9a, 0x34, 0x12, 0x00, 0x20); /* call 0x2000:0x1234 */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, 0x1234);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0x20000);
	CHECK_EQ(memory_read(0xeffc, 4), CODE_AT + 5);
	STEP(0xca, 0x02, 0x00); /* retf 2 */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 5);
	CHECK_EQ(cpu->seg[SEG_CS].selector, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], 0xf002);

	cpu->gpr[REG_RBX] = DATA_AT & 0xffff;
	cpu->seg[SEG_DS].base = DATA_AT;
	memory_store(DATA_AT, 0x3000 << 16 | 0x0004, 4);
	STEP(0xff, 0x2f); /* jmp far [bx] */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, 4);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0x30000);
}

static void test_limits(void)
{
	guest_reset(GUEST_REAL);
	cpu->gpr[REG_RBX] = 0xffff;
	STEP(0x8b, 0x07); /* mov ax, [bx]: crosses the end of the segment */
	CHECK_RAISED(VECTOR_GP, 0);
	STEP(0x8a, 0x07); /* mov al, [bx] */
	CHECK_DONE();

	guest_reset(GUEST_REAL);
	cpu->gpr[REG_RSP] = 1;
	STEP(0x50); /* push ax at 0xffff */
	CHECK_RAISED(VECTOR_SS, 0);
	cpu->gpr[REG_RSP] = 0xabcd0000;
	cpu->gpr[REG_RAX] = 0x5566;
	STEP(0x50); /* sp wraps, the upper half stays */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RSP], 0xabcdfffe);
	CHECK_EQ(memory_read(0xfffe, 2), 0x5566);
}

static void test_unreal(void)
{
	guest_reset(GUEST_REAL);
	cpu->gpr[REG_RBX] = 0x123456;
	memory_store(0x123456, 0xcafe, 2);
	STEP(0x67, 0x8b, 0x03); /* mov ax, [ebx] */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->seg[SEG_DS].limit = 0xffffffff;
	STEP(0x67, 0x8b, 0x03);
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RAX], 0xcafe);
	cpu->gpr[REG_RAX] = 0x10;
	STEP(0x8e, 0xd8); /* mov ds, ax keeps the limit */
	CHECK_DONE();
	CHECK_EQ(cpu->seg[SEG_DS].limit, 0xffffffff);
	CHECK_EQ(cpu->seg[SEG_DS].base, 0x100);
}

static void test_addressing(void)
{
	static const struct {
		uint8_t modrm;
		uint16_t offset; /* with bx 0x100, bp 0x200, si 0x10, di 0x20, displacement 5 or 0x300 */
		bool stack;
	} rows[] = {
		{ 0x00, 0x110, false }, { 0x01, 0x120, false }, { 0x02, 0x210, true },
		{ 0x03, 0x220, true },	{ 0x04, 0x10, false },	{ 0x05, 0x20, false },
		{ 0x06, 0x300, false }, { 0x07, 0x100, false }, { 0x40, 0x115, false },
		{ 0x46, 0x205, true },	{ 0x80, 0x410, false }, { 0x86, 0x500, true },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t code[4] = { 0x8a, rows[i].modrm, 0x05, 0x00 }; /* mov al, ... */
		uint64_t base = rows[i].stack ? 0x50000 : 0x60000;

		if (rows[i].modrm == 0x06 || rows[i].modrm >= 0x80)
			memcpy(code + 2, "\x00\x03", 2);
		guest_reset(GUEST_REAL);
		cpu->seg[SEG_SS].base = 0x50000;
		cpu->seg[SEG_DS].base = 0x60000;
		cpu->gpr[REG_RBX] = 0x100;
		cpu->gpr[REG_RBP] = 0x200;
		cpu->gpr[REG_RSI] = 0x10;
		cpu->gpr[REG_RDI] = 0x20;
		memory_store(base + rows[i].offset, 0x77, 1);
		code_put(code, 4);
		guest_step();
		CHECK_DONE();
		CHECK(cpu->gpr[REG_RAX] == 0x77, "modrm %#x", rows[i].modrm);
	}
}

static void test_shadow(void)
{
	guest_reset(GUEST_REAL);
	STEP(0xfb); /* sti */
	CHECK_EQ(cpu->interrupt_shadow != 0, true);
	STEP(0x90);
	CHECK_EQ(cpu->interrupt_shadow, 0);
	STEP(0xfb); /* it was set already */
	CHECK_EQ(cpu->interrupt_shadow, 0);
	STEP(0x8e, 0xd0); /* mov ss, ax */
	CHECK_EQ(cpu->interrupt_shadow != 0, true);
	STEP(0x90);
	CHECK_EQ(cpu->interrupt_shadow, 0);
}

static void test_bcd(void)
{
	guest_reset(GUEST_REAL);
	cpu->gpr[REG_RAX] = 0x79;
	STEP(0x04, 0x35); /* add al, 0x35 */
	STEP(0x27);	  /* daa: 79 + 35 = 114 */
	CHECK_EQ(cpu->gpr[REG_RAX] & 0xff, 0x14);
	CHECK_EQ(cpu->rflags & FLAG_CF, FLAG_CF);
	cpu->gpr[REG_RAX] = 0x35;
	STEP(0x2c, 0x47); /* sub al, 0x47 */
	STEP(0x2f);	  /* das: 35 - 47 = 88 borrow */
	CHECK_EQ(cpu->gpr[REG_RAX] & 0xff, 0x88);
	CHECK_EQ(cpu->rflags & FLAG_CF, FLAG_CF);
	cpu->gpr[REG_RAX] = 0x0f;
	cpu->rflags &= ~(uint64_t)FLAG_AF;
	STEP(0x37); /* aaa */
	CHECK_EQ(cpu->gpr[REG_RAX], 0x0105);
	cpu->gpr[REG_RAX] = 63;
	STEP(0xd4, 0x0a); /* aam */
	CHECK_EQ(cpu->gpr[REG_RAX], 0x0603);
	STEP(0xd5, 0x0a); /* aad */
	CHECK_EQ(cpu->gpr[REG_RAX], 63);
	STEP(0xd4, 0x00);
	CHECK_RAISED(VECTOR_DE, 0);
}

static void test_protected_only(void)
{
	guest_reset(GUEST_REAL);
	STEP(0x0f, 0x00, 0xd8); /* ltr ax */
	CHECK_RAISED(VECTOR_UD, 0);
	STEP(0x0f, 0x02, 0xc0); /* lar ax, ax */
	CHECK_RAISED(VECTOR_UD, 0);
	STEP(0x63, 0xc0); /* arpl ax, ax */
	CHECK_RAISED(VECTOR_UD, 0);
	STEP(0x0f, 0x34); /* sysenter */
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_reset(void)
{
	guest_reset(GUEST_REAL);
	cpu_reset(cpu, false);
	CHECK_EQ(cpu->rip, 0xfff0);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0xffff0000);
	CHECK_EQ(cpu->cr0, 0x60000010);
	CHECK_EQ(cpu->rflags, 2);
	CHECK_EQ(cpu->gpr[REG_RDX] != 0, true);
	cpu->cr0 = CR0_ET | CR0_PE;
	cpu->pat = 0x0606060606060606;
	cpu_reset(cpu, true);
	CHECK_EQ(cpu->cr0, 0x10);
	CHECK_EQ(cpu->pat, 0x0606060606060606);
	cpu_sipi(cpu, 0x9a);
	CHECK_EQ(cpu->seg[SEG_CS].base, 0x9a000);
	CHECK_EQ(cpu->seg[SEG_CS].selector, 0x9a00);
	CHECK_EQ(cpu->rip, 0);
}

int main(void)
{
	test_interrupt();
	test_single_step();
	test_interrupt_limit();
	test_far();
	test_limits();
	test_unreal();
	test_addressing();
	test_shadow();
	test_bcd();
	test_protected_only();
	test_reset();
	return failures != 0;
}
