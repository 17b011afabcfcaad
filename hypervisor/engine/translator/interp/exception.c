/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delivery of interrupts and exceptions through the IVT or IDT (SDM 3, chapter 6). */
#include "engine/translator/interp/exec.h"

struct event {
	unsigned vector;
	bool has_error;
	uint32_t error;
	bool check_privilege; /* INT n, INT3, INTO: the gate's DPL counts */
	unsigned ext;	      /* for the error codes of faults during delivery */
	uint64_t return_rip;
	uint64_t flags; /* image to push */
};

struct gate {
	uint16_t selector;
	uint64_t offset;
	unsigned type;
	unsigned size; /* of what is pushed */
	unsigned ist;
};

static uint32_t idt_error(const struct event *event)
{
	return event->vector << 3 | 2 | event->ext;
}

static bool is_interrupt_gate(const struct gate *gate)
{
	return gate->type == TYPE_INT_GATE16 || gate->type == TYPE_INT_GATE32;
}

/* --- real mode -------------------------------------------------------------------------------- */

static void deliver_real(struct vcpu *cpu, const struct event *event)
{
	struct stack stack = stack_present(cpu);
	struct segment cs = cpu->seg[SEG_CS];
	uint32_t entry;

	if (event->vector * 4 + 3 > cpu->idtr.limit)
		cpu_raise_error(cpu, VECTOR_GP, idt_error(event));
	entry = (uint32_t)mem_load(cpu, (uint32_t)(cpu->idtr.base + event->vector * 4), 4, MEM_SYSTEM);
	stack_push(&stack, event->flags, 2);
	stack_push(&stack, cs.selector, 2);
	stack_push(&stack, event->return_rip, 2);
	segment_set_real(cpu, &cs, (uint16_t)(entry >> 16));
	code_check_rip(cpu, &cs, entry & 0xffff);
	stack_commit(&stack);
	cpu->seg[SEG_CS] = cs;
	cpu->rip = entry & 0xffff;
	cpu->rflags &= ~(uint64_t)(RFLAGS_IF | RFLAGS_TF | RFLAGS_AC | RFLAGS_RF);
}

/* --- protected mode --------------------------------------------------------------------------- */

static bool gate_type_is_valid(const struct vcpu *cpu, uint64_t raw)
{
	if (DESC_IS_MEMORY(raw))
		return false;
	switch (DESC_TYPE(raw)) {
	case TYPE_INT_GATE32:
	case TYPE_TRAP_GATE32: return true;
	case TYPE_TASK_GATE:
	case TYPE_INT_GATE16:
	case TYPE_TRAP_GATE16: return !cpu_long_mode(cpu);
	default: return false;
	}
}

static void gate_read(struct vcpu *cpu, const struct event *event, struct gate *gate)
{
	unsigned bytes = cpu_long_mode(cpu) ? 16 : 8;
	uint64_t raw[2] = { 0, 0 };

	if (event->vector * bytes + bytes - 1 > cpu->idtr.limit)
		cpu_raise_error(cpu, VECTOR_GP, idt_error(event));
	mem_read(cpu, cpu->idtr.base + event->vector * bytes, raw, bytes, MEM_SYSTEM);
	if (!gate_type_is_valid(cpu, raw[0]) || (event->check_privilege && DESC_DPL(raw[0]) < cpu->cpl))
		cpu_raise_error(cpu, VECTOR_GP, idt_error(event));
	if (!DESC_IS_PRESENT(raw[0]))
		cpu_raise_error(cpu, VECTOR_NP, idt_error(event));
	gate->type = DESC_TYPE(raw[0]);
	gate->selector = (uint16_t)(raw[0] >> 16);
	gate->offset = (raw[0] & 0xffff) | (gate->type & 8 ? raw[0] >> 32 & 0xffff0000 : 0) | raw[1] << 32;
	gate->size = cpu_long_mode(cpu) ? 8 : gate->type & 8 ? 4 : 2;
	gate->ist = cpu_long_mode(cpu) ? raw[0] >> 32 & 7 : 0;
}

/* The code segment of the handler; *ret_cpl is the level it runs at. */
static void handler_code(struct vcpu *cpu, const struct event *event, const struct gate *gate,
			 struct segment *ret_cs, unsigned *ret_cpl)
{
	uint32_t error = SELECTOR_ERROR(gate->selector) | event->ext;
	struct descriptor code;
	bool allowed;

	if (SELECTOR_IS_NULL(gate->selector))
		cpu_raise_error(cpu, VECTOR_GP, event->ext);
	descriptor_read(cpu, gate->selector, false, VECTOR_GP, event->ext, &code);
	allowed = DESC_IS_CODE(code.raw) && DESC_DPL(code.raw) <= cpu->cpl;
	*ret_cpl = DESC_IS_CONFORMING(code.raw) ? cpu->cpl : DESC_DPL(code.raw);
	if (cpu_is_v86(cpu) && *ret_cpl != 0)
		allowed = false;
	if (cpu_long_mode(cpu) && (!DESC_IS_LONG(code.raw) || DESC_IS_BIG(code.raw)))
		allowed = false;
	if (!allowed)
		cpu_raise_error(cpu, VECTOR_GP, error);
	if (!DESC_IS_PRESENT(code.raw))
		cpu_raise_error(cpu, VECTOR_NP, error);
	descriptor_mark_accessed(cpu, &code);
	segment_from_descriptor(ret_cs, &code);
}

/* In 64-bit mode the frame starts at a multiple of 16, on the IST's stack, the inner level's, or the present
 * one. */
static struct stack frame_stack64(struct vcpu *cpu, const struct event *event, const struct gate *gate,
				  unsigned cpl)
{
	struct segment ss = cpu->seg[SEG_SS];
	uint64_t sp = cpu->gpr[REG_RSP];

	if (gate->ist)
		sp = tss_read_stack64(cpu, gate->ist + 2, event->ext);
	else if (cpl != cpu->cpl)
		sp = tss_read_stack64(cpu, cpl, event->ext);
	if (cpl != cpu->cpl)
		segment_set_null_stack(&ss, (uint16_t)cpl, cpl);
	return stack_other(cpu, &ss, sp & ~15ull, true, cpl);
}

static struct stack frame_stack32(struct vcpu *cpu, const struct event *event, unsigned cpl)
{
	struct segment ss;
	uint16_t selector;
	uint64_t sp;

	if (cpl == cpu->cpl)
		return stack_present(cpu);
	tss_read_stack(cpu, cpl, event->ext, &selector, &sp);
	segment_prepare_stack(cpu, selector, cpl, VECTOR_TS, event->ext, &ss);
	return stack_other(cpu, &ss, sp, false, cpl);
}

static void push_frame(struct vcpu *cpu, struct stack *stack, const struct event *event, unsigned size,
		       bool with_stack)
{
	static const uint8_t v86_segments[] = { SEG_GS, SEG_FS, SEG_DS, SEG_ES };

	if (cpu_is_v86(cpu)) {
		for (unsigned i = 0; i < sizeof(v86_segments); i++)
			stack_push(stack, cpu->seg[v86_segments[i]].selector, size);
	}
	if (with_stack) {
		stack_push(stack, cpu->seg[SEG_SS].selector, size);
		stack_push(stack, cpu->gpr[REG_RSP], size);
	}
	stack_push(stack, event->flags, size);
	stack_push(stack, cpu->seg[SEG_CS].selector, size);
	stack_push(stack, event->return_rip, size);
	if (event->has_error)
		stack_push(stack, event->error, size);
}

static void leave_v86(struct vcpu *cpu)
{
	static const uint8_t data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

	for (unsigned i = 0; i < sizeof(data); i++)
		segment_set_null(&cpu->seg[data[i]], 0);
}

static void deliver_gate(struct vcpu *cpu, const struct event *event, const struct gate *gate)
{
	bool is_long = cpu_long_mode(cpu), was_v86 = cpu_is_v86(cpu);
	struct stack stack;
	struct segment cs;
	unsigned cpl;

	handler_code(cpu, event, gate, &cs, &cpl);
	code_check_rip(cpu, &cs, gate->offset);
	stack = is_long ? frame_stack64(cpu, event, gate, cpl) : frame_stack32(cpu, event, cpl);
	push_frame(cpu, &stack, event, gate->size, is_long || cpl != cpu->cpl);

	if (is_long || cpl != cpu->cpl)
		stack_switch(&stack);
	else
		stack_commit(&stack);
	cpu->rflags &= ~(uint64_t)(RFLAGS_TF | RFLAGS_VM | RFLAGS_RF | RFLAGS_NT);
	if (is_interrupt_gate(gate))
		cpu->rflags &= ~(uint64_t)RFLAGS_IF;
	if (was_v86)
		leave_v86(cpu);
	code_commit(cpu, &cs, cpl, gate->offset);
}

static void deliver_task(struct vcpu *cpu, const struct event *event, const struct gate *gate)
{
	struct stack stack;

	task_switch(cpu, gate->selector, TASK_EVENT, event->ext, event->return_rip);
	if (!event->has_error)
		return;
	stack = stack_present(cpu);
	stack_push(&stack, event->error, cpu->tr.attr & 8 ? 4 : 2);
	stack_commit(&stack);
}

static void deliver(struct vcpu *cpu, const struct event *event)
{
	struct gate gate;

	if (!(cpu->cr0 & CR0_PE)) {
		deliver_real(cpu, event);
	} else {
		gate_read(cpu, event, &gate);
		if (gate.type == TYPE_TASK_GATE)
			deliver_task(cpu, event, &gate);
		else
			deliver_gate(cpu, event, &gate);
	}
	cpu->interrupt_shadow = 0;
	mmio_log_commit(cpu);
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Faults push RF set, so that the instruction's own breakpoint does not hit twice; traps, interrupts and #DB
 * do not (SDM 3, 17.3.1.1). */
static bool is_fault(const struct exception *exception)
{
	switch (exception->vector) {
	case VECTOR_DB:
	case VECTOR_NMI:
	case VECTOR_BP:
	case VECTOR_OF:
	case VECTOR_DF:
	case VECTOR_MC: return false;
	default: return true;
	}
}

void exception_deliver(struct vcpu *cpu, const struct exception *exception, bool external)
{
	struct event event = {
		.vector = exception->vector,
		.has_error = exception->has_error && (cpu->cr0 & CR0_PE),
		.error = exception->error,
		.check_privilege = exception->software,
		.ext = !exception->software,
		.return_rip = cpu->rip,
		.flags = cpu->rflags,
	};

	if (!external && !exception->software && is_fault(exception))
		event.flags |= RFLAGS_RF;
	if (!external && exception->vector == VECTOR_PF)
		cpu->cr2 = exception->address;
	if (!external && exception->vector == VECTOR_DB) {
		cpu->dr[6] |= exception->dr6;
		cpu->dr[7] &= ~(uint64_t)DR7_GD;
	}
	deliver(cpu, &event);
}

void exception_software(struct vcpu *cpu, unsigned vector, bool check_privilege, uint64_t next_rip)
{
	struct event event = {
		.vector = vector,
		.check_privilege = check_privilege,
		.ext = !check_privilege,
		.return_rip = next_rip,
		.flags = cpu->rflags & ~(uint64_t)RFLAGS_RF,
	};

	deliver(cpu, &event);
}

/* --- two at once ------------------------------------------------------------------------------ */

enum exception_class { CLASS_BENIGN, CLASS_CONTRIBUTORY, CLASS_PAGE_FAULT, CLASS_DOUBLE_FAULT };

static enum exception_class class_of(const struct exception *exception)
{
	if (exception->software)
		return CLASS_BENIGN;
	switch (exception->vector) {
	case VECTOR_DE:
	case VECTOR_TS:
	case VECTOR_NP:
	case VECTOR_SS:
	case VECTOR_GP: return CLASS_CONTRIBUTORY;
	case VECTOR_PF: return CLASS_PAGE_FAULT;
	case VECTOR_DF: return CLASS_DOUBLE_FAULT;
	default: return CLASS_BENIGN;
	}
}

bool exception_combine(const struct exception *first, const struct exception *second, struct exception *ret)
{
	enum exception_class before = class_of(first), now = class_of(second);

	if (before == CLASS_DOUBLE_FAULT && now != CLASS_BENIGN)
		return false;
	if ((before == CLASS_CONTRIBUTORY && now == CLASS_CONTRIBUTORY) ||
	    (before == CLASS_PAGE_FAULT && (now == CLASS_CONTRIBUTORY || now == CLASS_PAGE_FAULT)))
		*ret = (struct exception){ .vector = VECTOR_DF, .has_error = true };
	else
		*ret = *second;
	return true;
}
