/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware tasks (jump, call, IRET, task gates), and virtual-8086 mode. */
#include "interp_guest.h"

enum { TASK_CODE = 0x9000, TASK_STACK = 0x18000 };

/* A 32-bit TSS at TSS2_AT whose state is kernel code at TASK_CODE. */
static void make_task(uint32_t eflags)
{
	static const uint16_t segments[6] = { SEL_DATA32, SEL_CODE32, SEL_DATA32,
					      SEL_DATA32, 0,	      SEL_DATA32_USER };

	memory_store(TSS2_AT + 0x20, TASK_CODE, 4);
	memory_store(TSS2_AT + 0x24, eflags, 4);
	for (unsigned i = 0; i < 8; i++)
		memory_store(TSS2_AT + 0x28 + i * 4, 0x1000 * (i + 1), 4);
	memory_store(TSS2_AT + 0x38, TASK_STACK, 4);
	for (unsigned i = 0; i < 6; i++)
		memory_store(TSS2_AT + 0x48 + i * 4, segments[i], 4);
	memory_store(TSS2_AT + 0x64, 0x680000, 4);
}

static void put_far(uint8_t opcode, uint16_t selector)
{
	uint8_t code[7] = { opcode };

	memcpy(code + 5, &selector, 2);
	code_put(code, 7);
	guest_step();
}

static unsigned type_of(unsigned selector)
{
	return memory_read(GDT_AT + selector + 5, 1) & 15;
}

static void check_in_task(void)
{
	CHECK_DONE();
	CHECK_EQ(cpu->rip, TASK_CODE);
	CHECK_EQ(cpu->gpr[REG_RSP], TASK_STACK);
	CHECK_EQ(cpu->gpr[REG_RAX], 0x1000);
	CHECK_EQ(cpu->gpr[REG_RDI], 0x8000);
	CHECK_EQ(cpu->tr.selector, SEL_TSS2);
	CHECK_EQ(cpu->tr.base, TSS2_AT);
	CHECK_EQ(cpu->seg[SEG_FS].selector, 0);
	CHECK_EQ(cpu->seg[SEG_GS].attr, 0xc0f3);
	CHECK_EQ(cpu->cr0 & CR0_TS, CR0_TS);
	CHECK_EQ(type_of(SEL_TSS2), 11);
}

static void test_jump(void)
{
	guest_reset(GUEST_32);
	make_task(2);
	cpu->gpr[REG_RAX] = 0xaabb;
	cpu->rflags |= FLAG_CF;
	put_far(0xea, SEL_TSS2);
	check_in_task();
	CHECK_EQ(type_of(SEL_TSS), 9); /* no longer busy */
	CHECK_EQ(memory_read(TSS_AT + 0x20, 4), CODE_AT + 7);
	CHECK_EQ(memory_read(TSS_AT + 0x24, 4), RFLAGS_ONE | FLAG_CF);
	CHECK_EQ(memory_read(TSS_AT + 0x28, 4), 0xaabb);
	CHECK_EQ(memory_read(TSS_AT + 0x4c, 4), SEL_CODE32);
	CHECK_EQ(cpu->rflags, 2);
	put_far(0xea, SEL_TSS); /* and back: registers as they were */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 7);
	CHECK_EQ(cpu->gpr[REG_RAX], 0xaabb);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
	CHECK_EQ(memory_read(TSS2_AT + 0x20, 4), TASK_CODE + 7);
}

static void test_call_and_iret(void)
{
	guest_reset(GUEST_32);
	make_task(2);
	put_far(0x9a, SEL_TSS2);
	check_in_task();
	CHECK_EQ(cpu->rflags & RFLAGS_NT, RFLAGS_NT);
	CHECK_EQ(memory_read(TSS2_AT, 2), SEL_TSS);
	CHECK_EQ(type_of(SEL_TSS), 11);
	STEP(0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->tr.selector, SEL_TSS);
	CHECK_EQ(cpu->rip, CODE_AT + 7);
	CHECK_EQ(type_of(SEL_TSS2), 9);
	CHECK_EQ(memory_read(TSS2_AT + 0x24, 4) & RFLAGS_NT, 0);
}

static void test_task_gate(void)
{
	struct exception fault = { .vector = VECTOR_GP, .has_error = true, .error = 0xbeef };

	guest_reset(GUEST_32);
	make_task(2);
	idt_set(VECTOR_GP, SEL_TSS2, 0, 0x85, 0);
	CHECK_EQ(guest_deliver(&fault, false), DONE);
	CHECK_EQ(cpu->rip, TASK_CODE);
	CHECK_EQ(cpu->gpr[REG_RSP], TASK_STACK - 4);
	CHECK_EQ(memory_read(TASK_STACK - 4, 4), 0xbeef);
	CHECK_EQ(memory_read(TSS_AT + 0x20, 4), CODE_AT);

	guest_reset(GUEST_32);
	make_task(2);
	gdt_set(SEL_TASK_GATE, gate(SEL_TSS2, 0, 0x85));
	put_far(0x9a, SEL_TASK_GATE);
	check_in_task();
}

static void test_refused(void)
{
	guest_reset(GUEST_32);
	make_task(2);
	put_far(0xea, SEL_TSS); /* busy */
	CHECK_RAISED(VECTOR_GP, SEL_TSS);
	gdt_set(SEL_TSS2, descriptor(TSS2_AT, 0x66, 0x89)); /* too short */
	put_far(0xea, SEL_TSS2);
	CHECK_RAISED(VECTOR_TS, SEL_TSS2);
	gdt_set(SEL_TSS2, descriptor(TSS2_AT, 0x67, 0x09));
	put_far(0xea, SEL_TSS2);
	CHECK_RAISED(VECTOR_NP, SEL_TSS2);
	CHECK_EQ(cpu->rip, CODE_AT);
	cpu->rflags |= RFLAGS_NT;
	memory_store(TSS_AT, SEL_TSS2, 2); /* an IRET to a task that is not busy */
	STEP(0xcf);
	CHECK_RAISED(VECTOR_TS, SEL_TSS2);
}

/* A bad segment is the new task's fault. */
static void test_bad_segment(void)
{
	guest_reset(GUEST_32);
	make_task(2);
	memory_store(TSS2_AT + 0x54, SEL_CODE32 | 3, 2); /* DS */
	put_far(0xea, SEL_TSS2);
	CHECK_RAISED(VECTOR_TS, SEL_CODE32);
	CHECK_EQ(cpu->rip, TASK_CODE);
	CHECK_EQ(cpu->tr.selector, SEL_TSS2);
	CHECK_EQ(cpu->seg[SEG_DS].attr, 0);
	CHECK_EQ(cpu->seg[SEG_SS].attr, 0xc093);
}

static void test_trap_bit(void)
{
	guest_reset(GUEST_32);
	make_task(2);
	memory_store(TSS2_AT + 0x64, 1, 2);
	put_far(0xea, SEL_TSS2);
	CHECK_RAISED(VECTOR_DB, 0);
	CHECK_EQ(cpu->dr[6] >> 15 & 1, 1);
	CHECK_EQ(cpu->rip, TASK_CODE);
}

/* From a 16-bit task to a 32-bit one and back. */
static void test_narrow_task(void)
{
	guest_reset(GUEST_32);
	gdt_set(SEL_TSS2, descriptor(TSS2_AT, 0x2b, 0x81));
	memory_store(TSS2_AT + 0x0e, TASK_CODE, 2);
	memory_store(TSS2_AT + 0x10, 2, 2);
	memory_store(TSS2_AT + 0x12, 0x7777, 2);
	memory_store(TSS2_AT + 0x1a, 0xf000, 2);
	memory_store(TSS2_AT + 0x22, SEL_DATA16, 2);
	memory_store(TSS2_AT + 0x24, SEL_CODE16, 2);
	memory_store(TSS2_AT + 0x26, SEL_DATA16, 2);
	memory_store(TSS2_AT + 0x28, SEL_DATA16, 2);
	put_far(0x9a, SEL_TSS2);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, TASK_CODE);
	CHECK_EQ(cpu->gpr[REG_RAX] & 0xffff, 0x7777);
	CHECK_EQ(cpu_mode(cpu), MODE_16);
	cpu->gpr[REG_RAX] = 0x8888;
	STEP(0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 7);
	CHECK_EQ(memory_read(TSS2_AT + 0x12, 2), 0x8888);
}

static void test_not_in_long_mode(void)
{
	guest_reset(GUEST_COMPAT);
	put_far(0xea, SEL_TSS2);
	CHECK_RAISED(VECTOR_GP, SEL_TSS2);
}

/* --- virtual-8086 mode ------------------------------------------------------------------------ */

static void test_v86_segments(void)
{
	guest_reset(GUEST_32);
	guest_set_v86(3);
	cpu->gpr[REG_RAX] = 0x1234;
	STEP(0x8e, 0xd8); /* mov ds, ax */
	CHECK_DONE();
	CHECK_EQ(cpu->seg[SEG_DS].base, 0x12340);
	CHECK_EQ(cpu->seg[SEG_DS].limit, 0xffff);
	CHECK_EQ(cpu->seg[SEG_DS].attr, 0xf3);
	STEP(0x0f, 0x00, 0xc8); /* str */
	CHECK_RAISED(VECTOR_UD, 0);
	STEP(0x0f, 0x20, 0xc0); /* mov eax, cr0 */
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_v86_interrupt(void)
{
	struct exception interrupt = { .vector = 0x40 };

	guest_reset(GUEST_32);
	guest_set_v86(3);
	cpu->rflags |= RFLAGS_IF;
	cpu->seg[SEG_DS] = (struct segment){ 0x12340, 0xffff, 0x1234, 0xf3 };
	CHECK_EQ(guest_deliver(&interrupt, true), DONE);
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->rflags & RFLAGS_VM, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], INNER_STACK_TOP - 36);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 36, 4), CODE_AT);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 28, 4), RFLAGS_VM | RFLAGS_IOPL | RFLAGS_IF | RFLAGS_ONE);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 24, 4), 0xf000);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 12, 4), 0x1234);
	CHECK_EQ(cpu->seg[SEG_DS].attr, 0);
	STEP(0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags & RFLAGS_VM, RFLAGS_VM);
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->seg[SEG_DS].base, 0x12340);
	CHECK_EQ(cpu->gpr[REG_RSP], 0xf000);
	CHECK_EQ(cpu_mode(cpu), MODE_16);
}

/* The level of the handler must be 0. */
static void test_v86_gate_level(void)
{
	struct exception interrupt = { .vector = 0x40 };

	guest_reset(GUEST_32);
	guest_set_v86(3);
	idt_set(0x40, SEL_CODE1, HANDLERS_AT, 0x8e, 0);
	guest_deliver(&interrupt, true);
	CHECK_RAISED(VECTOR_GP, SEL_CODE1 | 1);
	idt_set(0x40, SEL_CONFORMING, HANDLERS_AT, 0x8e, 0);
	guest_deliver(&interrupt, true);
	CHECK_RAISED(VECTOR_GP, SEL_CONFORMING | 1);
}

static void test_v86_iopl(void)
{
	static const uint8_t rows[][2] = { { 0xfa }, { 0xfb }, { 0x9c }, { 0x9d }, { 0xcf }, { 0xcd, 0x40 } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		guest_reset(GUEST_32);
		guest_set_v86(0);
		code_put(rows[i], 2);
		guest_step();
		CHECK(seen.outcome == RAISED && seen.vector == VECTOR_GP, "row %u: vector %d", i,
		      seen.vector);
	}
	guest_reset(GUEST_32);
	guest_set_v86(3);
	STEP(0xfa);
	CHECK_DONE();
	STEP(0x9c); /* pushf */
	CHECK_DONE();
	CHECK_EQ(memory_read(0xeffe, 2), RFLAGS_IOPL | RFLAGS_ONE);
	memory_store(0xeffe, RFLAGS_IF | FLAG_CF, 2);
	STEP(0x9d); /* popf: IOPL stays */
	CHECK_DONE();
	CHECK_EQ(cpu->rflags, RFLAGS_VM | RFLAGS_IOPL | RFLAGS_IF | FLAG_CF | RFLAGS_ONE);
	STEP(0xe6, 0x10); /* ports go by the map, whatever the IOPL */
	CHECK_DONE();
	cpu->tr.limit = 0x67;
	STEP(0xe6, 0x10);
	CHECK_RAISED(VECTOR_GP, 0);
}

int main(void)
{
	test_jump();
	test_call_and_iret();
	test_task_gate();
	test_refused();
	test_bad_segment();
	test_trap_bit();
	test_narrow_task();
	test_not_in_long_mode();
	test_v86_segments();
	test_v86_interrupt();
	test_v86_gate_level();
	test_v86_iopl();
	return failures != 0;
}
