/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 32-bit protected mode: segment loads and limits, far transfers, gates, exceptions and their stacks, ports.
 */
#include "interp_guest.h"

/* --- segment registers ------------------------------------------------------------------------ */

static void test_segment_loads(void)
{
	static const struct {
		const char *name;
		uint8_t modrm; /* of 8E: which register from AX */
		uint16_t selector;
		bool user;
		int vector; /* -1: allowed */
		uint32_t error;
	} rows[] = {
		{ "ds data", 0xd8, SEL_DATA32, false, -1, 0 },
		{ "ds null", 0xd8, 0, false, -1, 0 },
		{ "ds null with rpl", 0xd8, 3, false, -1, 0 },
		{ "ds beyond", 0xd8, GDT_BYTES, false, VECTOR_GP, GDT_BYTES },
		{ "ds ldt without one", 0xd8, 0xc, false, VECTOR_GP, 0xc },
		{ "ds code readable", 0xd8, SEL_CODE32, false, -1, 0 },
		{ "ds code execute-only", 0xd8, SEL_EXECUTE_ONLY, false, VECTOR_GP, SEL_EXECUTE_ONLY },
		{ "ds system", 0xd8, SEL_TSS, false, VECTOR_GP, SEL_TSS },
		{ "ds absent", 0xd8, SEL_ABSENT, false, VECTOR_NP, SEL_ABSENT },
		{ "ds rpl too low in privilege", 0xd8, SEL_DATA32 | 3, false, VECTOR_GP, SEL_DATA32 },
		{ "es kernel data from user", 0xc0, SEL_DATA32, true, VECTOR_GP, SEL_DATA32 },
		{ "es user data from user", 0xc0, SEL_DATA32_USER, true, -1, 0 },
		{ "es conforming from user", 0xc0, SEL_CONFORMING | 3, true, -1, 0 },
		{ "ss data", 0xd0, SEL_DATA32, false, -1, 0 },
		{ "ss null", 0xd0, 0, false, VECTOR_GP, 0 },
		{ "ss read-only", 0xd0, SEL_READ_ONLY, false, VECTOR_GP, SEL_READ_ONLY },
		{ "ss code", 0xd0, SEL_CODE32, false, VECTOR_GP, SEL_CODE32 },
		{ "ss absent", 0xd0, SEL_ABSENT, false, VECTOR_SS, SEL_ABSENT },
		{ "ss wrong dpl", 0xd0, SEL_DATA32_USER, false, VECTOR_GP, SEL_DATA32_USER },
		{ "ss wrong rpl", 0xd0, SEL_DATA32 | 1, false, VECTOR_GP, SEL_DATA32 },
		{ "ss user", 0xd0, SEL_DATA32_USER | 3, true, -1, 0 },
		{ "cs", 0xc8, SEL_CODE32, false, VECTOR_UD, 0 },
		{ "number 6", 0xf0, SEL_DATA32, false, VECTOR_UD, 0 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t code[2] = { 0x8e, rows[i].modrm };
		unsigned index = rows[i].modrm >> 3 & 7;

		guest_reset(GUEST_32);
		if (rows[i].user)
			guest_to_user();
		cpu->gpr[REG_RAX] = rows[i].selector;
		code_put(code, 2);
		guest_step();
		if (rows[i].vector < 0)
			CHECK(seen.outcome == DONE && cpu->seg[index].selector == rows[i].selector,
			      "%s: vector %d error %#x", rows[i].name, seen.vector, seen.error);
		else
			CHECK(seen.outcome == RAISED && seen.vector == rows[i].vector &&
				  seen.error == rows[i].error && cpu->rip == CODE_AT,
			      "%s: outcome %d vector %d error %#x", rows[i].name, seen.outcome, seen.vector,
			      seen.error);
	}
}

static void test_accessed_bit(void)
{
	guest_reset(GUEST_32);
	gdt_set(SEL_FREE, descriptor(0x1000, 0x5000, 0x4092));
	cpu->gpr[REG_RAX] = SEL_FREE;
	STEP(0x8e, 0xd8);
	CHECK_DONE();
	CHECK_EQ(memory_read(GDT_AT + SEL_FREE + 5, 1), 0x93);
	CHECK_EQ(cpu->seg[SEG_DS].base, 0x1000);
	CHECK_EQ(cpu->seg[SEG_DS].limit, 0x5000);
	CHECK_EQ(cpu->seg[SEG_DS].attr, 0x4093);
}

static void load_ds(uint16_t selector)
{
	cpu->gpr[REG_RAX] = selector;
	STEP(0x8e, 0xd8);
	CHECK_DONE();
}

static void try_ds(bool write, uint32_t offset, bool allowed)
{
	cpu->gpr[REG_RBX] = offset;
	if (write)
		STEP(0x89, 0x0b); /* mov [ebx], ecx */
	else
		STEP(0x8b, 0x0b); /* mov ecx, [ebx] */
	CHECK((seen.outcome == DONE) == allowed, "ds %#x %s %#x: outcome %d", cpu->seg[SEG_DS].selector,
	      write ? "write" : "read", offset, seen.outcome);
	if (!allowed)
		CHECK_RAISED(VECTOR_GP, 0);
}

static void test_limits(void)
{
	guest_reset(GUEST_32);
	load_ds(SEL_SMALL);
	try_ds(false, 0xfc, true);
	try_ds(true, 0xfd, false);
	try_ds(false, 0xffffffff, false);
	load_ds(SEL_EXPAND_DOWN); /* valid above 0xfff */
	try_ds(false, 0xfff, false);
	try_ds(true, 0x30000, true);
	load_ds(SEL_READ_ONLY);
	try_ds(false, 0x30000, true);
	try_ds(true, 0x30000, false);
	load_ds(SEL_CODE32);
	try_ds(false, 0x30000, true);
	try_ds(true, 0x30000, false);
	load_ds(0);
	try_ds(false, 0x30000, false);
	cpu->seg[SEG_SS].limit = STACK_TOP - 9;
	STEP(0x50); /* push eax */
	CHECK_RAISED(VECTOR_SS, 0);
	STEP(0x8b, 0x4c, 0x24, 0x10); /* mov ecx, [esp+16] */
	CHECK_RAISED(VECTOR_SS, 0);
}

static void test_code_limit(void)
{
	guest_reset(GUEST_32);
	cpu->seg[SEG_CS].limit = CODE_AT + 0x10;
	STEP(0xeb, 0x20); /* jmp beyond */
	CHECK_RAISED(VECTOR_GP, 0);
	CHECK_EQ(cpu->rip, CODE_AT);
	cpu->rip = CODE_AT + 0x10;
	STEP(0x90);
	CHECK_DONE();
	STEP(0x90); /* fetch beyond */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->rip = CODE_AT + 0x10;
	STEP(0xb0, 0x01); /* its second byte is beyond */
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_questions(void)
{
	guest_reset(GUEST_32);
	cpu->gpr[REG_RAX] = SEL_CODE32;
	STEP(0x0f, 0x02, 0xc8); /* lar ecx, eax */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RCX] & 0xf0ff00, 0xc09b00);
	CHECK_EQ(cpu->rflags & FLAG_ZF, FLAG_ZF);
	cpu->gpr[REG_RAX] = SEL_SMALL;
	STEP(0x0f, 0x03, 0xc8); /* lsl */
	CHECK_EQ(cpu->gpr[REG_RCX], 0xff);
	cpu->gpr[REG_RAX] = SEL_DATA32;
	STEP(0x0f, 0x03, 0xc8);
	CHECK_EQ(cpu->gpr[REG_RCX], 0xffffffff);
	cpu->gpr[REG_RAX] = 0x1000;
	STEP(0x0f, 0x03, 0xc8);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags & FLAG_ZF, 0);
	cpu->gpr[REG_RAX] = SEL_READ_ONLY;
	STEP(0x0f, 0x00, 0xe0); /* verr */
	CHECK_EQ(cpu->rflags & FLAG_ZF, FLAG_ZF);
	STEP(0x0f, 0x00, 0xe8); /* verw */
	CHECK_EQ(cpu->rflags & FLAG_ZF, 0);
	cpu->gpr[REG_RAX] = SEL_DATA32;
	cpu->gpr[REG_RCX] = 3;
	STEP(0x63, 0xc8); /* arpl ax, cx */
	CHECK_EQ(cpu->gpr[REG_RAX], SEL_DATA32 | 3);
	CHECK_EQ(cpu->rflags & FLAG_ZF, FLAG_ZF);
}

/* --- far transfers ---------------------------------------------------------------------------- */

static void put_far(uint8_t opcode, uint16_t selector, uint32_t offset)
{
	uint8_t code[7] = { opcode };

	memcpy(code + 1, &offset, 4);
	memcpy(code + 5, &selector, 2);
	code_put(code, 7);
}

static void test_far_jumps(void)
{
	static const struct {
		uint16_t selector;
		uint32_t offset;
		bool user;
		int vector;
		uint32_t error;
	} rows[] = {
		{ SEL_CODE32, 0x9000, false, -1, 0 },
		{ SEL_CODE16, 0x9000, false, -1, 0 },
		{ SEL_CODE16, 0x10000, false, VECTOR_GP, 0 },
		{ 0, 0x9000, false, VECTOR_GP, 0 },
		{ SEL_DATA32, 0x9000, false, VECTOR_GP, SEL_DATA32 },
		{ SEL_CODE_ABSENT, 0x9000, false, VECTOR_NP, SEL_CODE_ABSENT },
		{ SEL_CODE32_USER | 3, 0x9000, false, VECTOR_GP, SEL_CODE32_USER },
		{ SEL_CODE32 | 3, 0x9000, false, VECTOR_GP, SEL_CODE32 },
		{ SEL_CODE32, 0x9000, true, VECTOR_GP, SEL_CODE32 },
		{ SEL_CONFORMING, 0x9000, true, -1, 0 },
		{ SEL_CODE32_USER, 0x9000, true, -1, 0 },
		{ 0x200, 0x9000, false, VECTOR_GP, 0x200 },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		guest_reset(GUEST_32);
		if (rows[i].user)
			guest_to_user();
		put_far(0xea, rows[i].selector, rows[i].offset);
		guest_step();
		if (rows[i].vector < 0)
			CHECK(seen.outcome == DONE && cpu->rip == rows[i].offset &&
				  cpu->seg[SEG_CS].selector == ((rows[i].selector & ~3u) | cpu->cpl),
			      "row %u: outcome %d vector %d error %#x cs %#x", i, seen.outcome, seen.vector,
			      seen.error, cpu->seg[SEG_CS].selector);
		else
			CHECK(seen.outcome == RAISED && seen.vector == rows[i].vector &&
				  seen.error == rows[i].error,
			      "row %u: outcome %d vector %d error %#x", i, seen.outcome, seen.vector,
			      seen.error);
	}
}

static void test_call_and_return(void)
{
	guest_reset(GUEST_32);
	put_far(0x9a, SEL_CODE32, 0x9000);
	guest_step();
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP - 8);
	CHECK_EQ(memory_read(STACK_TOP - 8, 4), CODE_AT + 7);
	CHECK_EQ(memory_read(STACK_TOP - 4, 4), SEL_CODE32);
	STEP(0xcb);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 7);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
}

/* RET FAR to user mode drops kernel data segments. */
static void test_return_to_user(void)
{
	guest_reset(GUEST_32);
	cpu->seg[SEG_FS].selector = SEL_DATA32_USER | 3;
	cpu->seg[SEG_FS].attr = 0xc0f3;
	cpu->gpr[REG_RSP] = STACK_TOP - 0x20;
	memory_store(STACK_TOP - 0x20, 0x9000, 4);
	memory_store(STACK_TOP - 0x1c, SEL_CODE32_USER | 3, 4);
	memory_store(STACK_TOP - 0x10, 0x12340, 4); /* two parameters below */
	memory_store(STACK_TOP - 0x0c, SEL_DATA32_USER | 3, 4);
	STEP(0xca, 0x08, 0x00);
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->rip, 0x9000);
	CHECK_EQ(cpu->gpr[REG_RSP], 0x12348);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_DATA32_USER | 3);
	CHECK_EQ(cpu->seg[SEG_DS].selector, 0);
	CHECK_EQ(cpu->seg[SEG_DS].attr, 0);
	CHECK_EQ(cpu->seg[SEG_FS].selector, SEL_DATA32_USER | 3);
	CHECK_EQ(cpu->tlb_mode, TLB_USER);
}

static void test_call_gate(void)
{
	guest_reset(GUEST_32);
	guest_to_user();
	gdt_set(SEL_GATE, gate(SEL_CODE32, 0x9000, 0xec | 2 << 8)); /* DPL 3, two parameters */
	memory_store(STACK_TOP, 0x1111, 4);
	memory_store(STACK_TOP + 4, 0x2222, 4);
	put_far(0x9a, SEL_GATE | 3, 0xdeadbeef);
	guest_step();
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->rip, 0x9000);
	CHECK_EQ(cpu->seg[SEG_CS].selector, SEL_CODE32);
	CHECK_EQ(cpu->seg[SEG_SS].selector, SEL_DATA32);
	CHECK_EQ(cpu->gpr[REG_RSP], INNER_STACK_TOP - 24);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 4, 4), SEL_DATA32_USER | 3);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 8, 4), STACK_TOP);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 12, 4), 0x2222);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 16, 4), 0x1111);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 20, 4), SEL_CODE32_USER | 3);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 24, 4), CODE_AT + 7);
	STEP(0xca, 0x08, 0x00); /* and back */
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP + 8);

	gdt_set(SEL_GATE, gate(SEL_CODE32, 0x9000, 0x8c)); /* DPL 0 */
	put_far(0x9a, SEL_GATE | 3, 0);
	guest_step();
	CHECK_RAISED(VECTOR_GP, SEL_GATE);
	gdt_set(SEL_GATE, gate(SEL_CODE32, 0x9000, 0x6c)); /* absent */
	guest_step();
	CHECK_RAISED(VECTOR_NP, SEL_GATE);
	gdt_set(SEL_GATE, gate(SEL_CODE32, 0x9000, 0xec));
	memory_store(TSS_AT + 8, SEL_DATA32_USER | 3, 2); /* a stack that is not ring 0's */
	guest_step();
	CHECK_RAISED(VECTOR_TS, SEL_DATA32_USER);
	put_far(0xea, SEL_GATE | 3, 0); /* JMP may not change the level */
	guest_step();
	CHECK_RAISED(VECTOR_GP, SEL_CODE32);
}

/* --- exceptions ------------------------------------------------------------------------------- */

static void test_fault_same_level(void)
{
	struct exception fault = { .vector = VECTOR_GP, .has_error = true, .error = 0x1234 };

	guest_reset(GUEST_32);
	cpu->rflags = RFLAGS_ONE | RFLAGS_IF | RFLAGS_NT | FLAG_CF;
	CHECK_EQ(guest_deliver(&fault, false), DONE);
	CHECK_EQ(cpu->rip, HANDLERS_AT + VECTOR_GP);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP - 16);
	CHECK_EQ(memory_read(STACK_TOP - 16, 4), 0x1234);
	CHECK_EQ(memory_read(STACK_TOP - 12, 4), CODE_AT);
	CHECK_EQ(memory_read(STACK_TOP - 8, 4), SEL_CODE32);
	CHECK_EQ(memory_read(STACK_TOP - 4, 4), RFLAGS_ONE | RFLAGS_IF | RFLAGS_NT | FLAG_CF | RFLAGS_RF);
	CHECK_EQ(cpu->rflags, RFLAGS_ONE | FLAG_CF);
}

static void test_interrupt_from_user(void)
{
	struct exception interrupt = { .vector = 0x40 };

	guest_reset(GUEST_32);
	guest_to_user();
	idt_set(0x40, SEL_CODE32, HANDLERS_AT + 0x40, 0x8f, 0); /* trap gate: IF stays */
	cpu->rflags |= RFLAGS_IF;
	CHECK_EQ(guest_deliver(&interrupt, true), DONE);
	CHECK_EQ(cpu->cpl, 0);
	CHECK_EQ(cpu->gpr[REG_RSP], INNER_STACK_TOP - 20);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 20, 4), CODE_AT);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 16, 4), SEL_CODE32_USER | 3);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 12, 4), RFLAGS_ONE | RFLAGS_IF);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 8, 4), STACK_TOP);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 4, 4), SEL_DATA32_USER | 3);
	CHECK_EQ(cpu->rflags & RFLAGS_IF, RFLAGS_IF);
	CHECK_EQ(cpu->seg[SEG_DS].selector, SEL_DATA32_USER | 3);
	STEP(0xcf); /* iret */
	CHECK_DONE();
	CHECK_EQ(cpu->cpl, 3);
	CHECK_EQ(cpu->rip, CODE_AT);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP);
}

/* A 16-bit gate pushes words. */
static void test_narrow_gate(void)
{
	struct exception fault = { .vector = VECTOR_GP, .has_error = true, .error = 0x18 };

	guest_reset(GUEST_32);
	idt_set(VECTOR_GP, SEL_CODE32, HANDLERS_AT, 0x86, 0);
	CHECK_EQ(guest_deliver(&fault, false), DONE);
	CHECK_EQ(cpu->gpr[REG_RSP], STACK_TOP - 8);
	CHECK_EQ(memory_read(STACK_TOP - 8, 2), 0x18);
	CHECK_EQ(memory_read(STACK_TOP - 6, 2), CODE_AT);
}

static void test_software_interrupt(void)
{
	guest_reset(GUEST_32);
	guest_to_user();
	STEP(0xcd, 0x80);
	CHECK_RAISED(VECTOR_GP, 0x80 * 8 + 2); /* DPL 0 gate */
	CHECK_EQ(cpu->rip, CODE_AT);
	idt_set(0x80, SEL_CODE32, HANDLERS_AT + 0x80, 0xee, 0);
	STEP(0xcd, 0x80);
	CHECK_DONE();
	CHECK_EQ(cpu->rip, HANDLERS_AT + 0x80);
	CHECK_EQ(memory_read(INNER_STACK_TOP - 20, 4), CODE_AT + 2);

	guest_reset(GUEST_32);
	guest_to_user();
	STEP(0xcc); /* int3: DPL checked */
	CHECK_RAISED(VECTOR_GP, VECTOR_BP * 8 + 2);
	STEP(0xf1); /* icebp: not */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, HANDLERS_AT + VECTOR_DB);
	guest_reset(GUEST_32);
	STEP(0xce); /* into without OF */
	CHECK_DONE();
	CHECK_EQ(cpu->rip, CODE_AT + 1);
	cpu->rflags |= FLAG_OF;
	STEP(0xce);
	CHECK_EQ(cpu->rip, HANDLERS_AT + VECTOR_OF);
	CHECK_EQ(memory_read(STACK_TOP - 12, 4), CODE_AT + 2);
}

static void deliver_fails(unsigned vector, int wanted_vector, uint32_t wanted_error)
{
	struct exception fault = { .vector = (uint8_t)vector };
	uint64_t rip = cpu->rip, rsp = cpu->gpr[REG_RSP];

	guest_deliver(&fault, false);
	CHECK_RAISED(wanted_vector, wanted_error);
	CHECK_EQ(cpu->rip, rip);
	CHECK_EQ(cpu->gpr[REG_RSP], rsp);
}

static void test_bad_gates(void)
{
	guest_reset(GUEST_32);
	idt_set(6, SEL_CODE32, HANDLERS_AT, 0x0e, 0);
	deliver_fails(6, VECTOR_NP, 6 * 8 + 3);
	idt_set(6, SEL_CODE32, HANDLERS_AT, 0x8c, 0); /* a call gate */
	deliver_fails(6, VECTOR_GP, 6 * 8 + 3);
	idt_set(6, SEL_DATA32, HANDLERS_AT, 0x8e, 0);
	deliver_fails(6, VECTOR_GP, SEL_DATA32 | 1);
	idt_set(6, 0, HANDLERS_AT, 0x8e, 0);
	deliver_fails(6, VECTOR_GP, 1);
	idt_set(6, SEL_CODE_ABSENT, HANDLERS_AT, 0x8e, 0);
	deliver_fails(6, VECTOR_NP, SEL_CODE_ABSENT | 1);
	idt_set(6, SEL_CODE32_USER, HANDLERS_AT, 0x8e, 0); /* outer level */
	deliver_fails(6, VECTOR_GP, SEL_CODE32_USER | 1);
	cpu->idtr.limit = 6 * 8 + 6;
	deliver_fails(6, VECTOR_GP, 6 * 8 + 3);

	guest_reset(GUEST_32);
	guest_to_user();
	memory_store(TSS_AT + 8, SEL_ABSENT, 2);
	deliver_fails(6, VECTOR_SS, SEL_ABSENT | 1);
	cpu->tr.limit = 6;
	deliver_fails(6, VECTOR_TS, SEL_TSS | 1);
}

static void test_combine(void)
{
	static const struct {
		uint8_t first, second;
		int result; /* -1: triple fault */
	} rows[] = {
		{ VECTOR_GP, VECTOR_NP, VECTOR_DF }, { VECTOR_GP, VECTOR_PF, VECTOR_PF },
		{ VECTOR_PF, VECTOR_PF, VECTOR_DF }, { VECTOR_PF, VECTOR_GP, VECTOR_DF },
		{ VECTOR_UD, VECTOR_GP, VECTOR_GP }, { VECTOR_DE, VECTOR_SS, VECTOR_DF },
		{ VECTOR_DF, VECTOR_GP, -1 },	     { VECTOR_DF, VECTOR_PF, -1 },
		{ VECTOR_DB, VECTOR_PF, VECTOR_PF }, { 0x40, VECTOR_GP, VECTOR_GP },
		{ VECTOR_AC, VECTOR_PF, VECTOR_PF }, { VECTOR_PF, VECTOR_DB, VECTOR_DB },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exception first = { .vector = rows[i].first }, second = { .vector = rows[i].second },
				 next;
		bool goes_on = exception_combine(&first, &second, &next);

		CHECK(goes_on == (rows[i].result >= 0) && (!goes_on || next.vector == rows[i].result),
		      "first %u second %u: %d %u", rows[i].first, rows[i].second, goes_on, next.vector);
		CHECK(!goes_on || next.vector != VECTOR_DF || (next.has_error && next.error == 0),
		      "double fault without error code");
	}
}

static void test_triple_fault(void)
{
	guest_reset(GUEST_32);
	cpu->idtr.limit = 0;
	CODE(0x0f, 0x0b);
	CHECK(!guest_run(3), "no shutdown");
	guest_reset(GUEST_32);
	idt_set(VECTOR_UD, 0, HANDLERS_AT, 0x8e, 0); /* #UD -> #GP, which goes through */
	CODE(0x0f, 0x0b);
	CHECK(guest_run(3), "no halt");
	CHECK_EQ(cpu->rip, HANDLERS_AT + VECTOR_GP + 1);
	CHECK_EQ(memory_read(STACK_TOP - 16, 4), 1);
}

/* --- IRET ------------------------------------------------------------------------------------- */

static void frame(uint32_t eip, uint32_t cs, uint32_t eflags, uint32_t esp, uint32_t ss)
{
	const uint32_t words[] = { eip, cs, eflags, esp, ss };

	cpu->gpr[REG_RSP] = STACK_TOP - 0x40;
	memcpy(ram + STACK_TOP - 0x40, words, sizeof(words));
}

static void test_iret(void)
{
	guest_reset(GUEST_32);
	frame(0x9000, SEL_CODE32, 0x43202 | RFLAGS_TF, 0, 0); /* AC, IOPL 3 */
	STEP(0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags, 0x43202 | RFLAGS_TF);

	guest_reset(GUEST_32); /* a user may change neither IOPL nor, with IOPL 0, IF */
	guest_to_user();
	frame(0x9000, SEL_CODE32_USER | 3, RFLAGS_IOPL | RFLAGS_IF | RFLAGS_DF, 0, 0);
	STEP(0xcf);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags, RFLAGS_ONE | RFLAGS_DF);

	guest_reset(GUEST_32);
	guest_to_user();
	frame(0x9000, SEL_CODE32, 2, 0, 0); /* inwards */
	STEP(0xcf);
	CHECK_RAISED(VECTOR_GP, SEL_CODE32);

	guest_reset(GUEST_32);
	frame(0x9000, SEL_CODE32_USER | 3, 2, 0x5000, SEL_DATA32); /* wrong stack */
	STEP(0xcf);
	CHECK_RAISED(VECTOR_GP, SEL_DATA32);
	CHECK_EQ(cpu->cpl, 0);
	frame(0x9000, SEL_CODE32_USER | 3, 2, 0x5000, 0);
	STEP(0xcf);
	CHECK_RAISED(VECTOR_GP, 0);

	guest_reset(GUEST_32);
	cpu->nmi_blocked = 1;
	frame(0x9000, SEL_CODE32, 2, 0, 0);
	STEP(0xcf);
	CHECK_EQ(cpu->nmi_blocked, 0);
}

static void test_popf_levels(void)
{
	guest_reset(GUEST_32);
	memory_store(STACK_TOP, 0xfffffeff, 4);
	STEP(0x9d);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags, 0x247ed7 | 0); /* all but TF, RF, VM, VIF, VIP */
	guest_reset(GUEST_32);
	guest_to_user();
	cpu->rflags |= 1 << 12; /* IOPL 1 */
	memory_store(STACK_TOP, RFLAGS_IF | RFLAGS_IOPL | FLAG_CF, 4);
	STEP(0x9d);
	CHECK_EQ(cpu->rflags, RFLAGS_ONE | 1 << 12 | FLAG_CF);
	STEP(0xfa); /* cli */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->rflags |= RFLAGS_IOPL;
	STEP(0xfb);
	CHECK_DONE();
	CHECK_EQ(cpu->rflags & RFLAGS_IF, RFLAGS_IF);
}

/* --- ports ------------------------------------------------------------------------------------ */

static void test_ports(void)
{
	guest_reset(GUEST_32);
	port_answer = 0x12345678;
	cpu->gpr[REG_RDX] = 0x3f8;
	STEP(0xed); /* in eax, dx */
	CHECK_DONE();
	CHECK_EQ(cpu->gpr[REG_RAX], 0x12345678);
	CHECK_EQ(exits, 1);
	guest_to_user();
	STEP(0xe6, 0xe9); /* out 0xe9, al: allowed by the map */
	CHECK_DONE();
	CHECK_EQ(console[0], 0x78);
	memory_store(TSS_AT + 0x68 + 0xe9 / 8, 1 << (0xe9 & 7), 1);
	STEP(0xe6, 0xe9);
	CHECK_RAISED(VECTOR_GP, 0);
	STEP(0xe7, 0xe8); /* four ports from 0xe8 on */
	CHECK_RAISED(VECTOR_GP, 0);
	cpu->rflags |= RFLAGS_IOPL;
	STEP(0xe6, 0xe9);
	CHECK_DONE();
	cpu->rflags &= ~(uint64_t)RFLAGS_IOPL;
	cpu->tr.limit = 0x67;
	STEP(0xe6, 0x10);
	CHECK_RAISED(VECTOR_GP, 0);
}

static void test_privilege(void)
{
	static const uint8_t rows[][4] = {
		{ 0xf4 },
		{ 0x0f, 0x06 },
		{ 0x0f, 0x20, 0xc0 },
		{ 0x0f, 0x22, 0xc0 },
		{ 0x0f, 0x21, 0xc0 },
		{ 0x0f, 0x01, 0x10 },
		{ 0x0f, 0x01, 0x18 },
		{ 0x0f, 0x01, 0x38 },
		{ 0x0f, 0x08 },
		{ 0x0f, 0x09 },
		{ 0x0f, 0x30 },
		{ 0x0f, 0x32 },
		{ 0x0f, 0x00, 0xd0 },
		{ 0x0f, 0x00, 0xd8 },
		{ 0x0f, 0x01, 0xf0 },
		{ 0xfa },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		guest_reset(GUEST_32);
		guest_to_user();
		code_put(rows[i], 4);
		guest_step();
		CHECK(seen.outcome == RAISED && seen.vector == VECTOR_GP && seen.error == 0,
		      "row %u: outcome %d vector %d error %#x", i, seen.outcome, seen.vector, seen.error);
	}
}

int main(void)
{
	test_segment_loads();
	test_accessed_bit();
	test_limits();
	test_code_limit();
	test_questions();
	test_far_jumps();
	test_call_and_return();
	test_return_to_user();
	test_call_gate();
	test_fault_same_level();
	test_interrupt_from_user();
	test_narrow_gate();
	test_software_interrupt();
	test_bad_gates();
	test_combine();
	test_triple_fault();
	test_iret();
	test_popf_levels();
	test_ports();
	test_privilege();
	return failures != 0;
}
