/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Far jumps, calls and returns: direct, through call gates, to tasks (SDM 2, JMP, CALL, RET; SDM 3, 5.8). */
#include "engine/translator/interp/exec.h"

/* A far transfer as its instruction names it. */
struct far_target {
	uint16_t selector;
	uint64_t offset;
	bool is_call;
};

static void push_return(struct stack *stack, const struct insn *insn, unsigned size)
{
	struct vcpu *cpu = stack->cpu;

	stack_push(stack, cpu->seg[SEG_CS].selector, size);
	stack_push(stack, insn_next_rip(insn, cpu->rip), size);
}

static void far_real(struct vcpu *cpu, const struct insn *insn, const struct far_target *target)
{
	struct stack stack = stack_present(cpu);
	struct segment cs = cpu->seg[SEG_CS];

	segment_set_real(cpu, &cs, target->selector);
	code_check_rip(cpu, &cs, target->offset);
	if (target->is_call)
		push_return(&stack, insn, insn->opsize);
	stack_commit(&stack);
	cpu->seg[SEG_CS] = cs;
	cpu->rip = target->offset;
}

static void far_direct(struct vcpu *cpu, const struct insn *insn, const struct far_target *target,
		       const struct descriptor *code)
{
	struct stack stack = stack_present(cpu);
	struct segment cs;

	code_check(cpu, code, CODE_JUMP);
	segment_from_descriptor(&cs, code);
	code_check_rip(cpu, &cs, target->offset);
	if (target->is_call)
		push_return(&stack, insn, insn->opsize);
	stack_commit(&stack);
	code_commit(cpu, &cs, cpu->cpl, target->offset);
}

/* --- call gates ------------------------------------------------------------------------------- */

struct call_gate {
	uint16_t selector;
	uint64_t offset;
	unsigned size; /* of what is pushed: 2, 4, 8 */
	unsigned parameters;
};

static struct call_gate call_gate_parse(const struct vcpu *cpu, const struct descriptor *gate)
{
	bool is_wide = DESC_TYPE(gate->raw) == TYPE_CALL_GATE32;
	struct call_gate parsed = {
		.selector = (uint16_t)(gate->raw >> 16),
		.offset = (gate->raw & 0xffff) | (is_wide ? gate->raw >> 32 & 0xffff0000 : 0),
		.size = cpu_long_mode(cpu) ? 8
			: is_wide	   ? 4
					   : 2,
		.parameters = cpu_long_mode(cpu) ? 0 : gate->raw >> 32 & 31,
	};

	if (cpu_long_mode(cpu))
		parsed.offset |= gate->upper << 32;
	return parsed;
}

static void gate_code(struct vcpu *cpu, const struct call_gate *gate, bool is_call, struct descriptor *code)
{
	unsigned dpl;
	bool allowed;

	if (SELECTOR_IS_NULL(gate->selector))
		raise_gp0(cpu);
	descriptor_read(cpu, gate->selector, false, VECTOR_GP, 0, code);
	dpl = DESC_DPL(code->raw);
	allowed = DESC_IS_CODE(code->raw) && dpl <= cpu->cpl;
	if (!is_call && !DESC_IS_CONFORMING(code->raw) && dpl != cpu->cpl)
		allowed = false;
	if (cpu_long_mode(cpu) && (!DESC_IS_LONG(code->raw) || DESC_IS_BIG(code->raw)))
		allowed = false;
	if (!allowed)
		cpu_raise_error(cpu, VECTOR_GP, SELECTOR_ERROR(gate->selector));
	if (!DESC_IS_PRESENT(code->raw))
		cpu_raise_error(cpu, VECTOR_NP, SELECTOR_ERROR(gate->selector));
	descriptor_mark_accessed(cpu, code);
}

/* The stack of level `cpl` as the TSS has it. */
static struct stack inner_stack(struct vcpu *cpu, unsigned cpl)
{
	struct segment ss;
	uint16_t selector;
	uint64_t sp;

	if (cpu_long_mode(cpu)) {
		sp = tss_read_stack64(cpu, cpl, 0);
		segment_set_null_stack(&ss, (uint16_t)cpl, cpl);
		return stack_other(cpu, &ss, sp, true, cpl);
	}
	tss_read_stack(cpu, cpl, 0, &selector, &sp);
	segment_prepare_stack(cpu, selector, cpl, VECTOR_TS, 0, &ss);
	return stack_other(cpu, &ss, sp, false, cpl);
}

static void gate_call_inner(struct vcpu *cpu, const struct insn *insn, const struct call_gate *gate,
			    const struct segment *cs, unsigned cpl)
{
	struct stack outer = stack_present(cpu);
	struct stack stack = inner_stack(cpu, cpl);

	stack_push(&stack, cpu->seg[SEG_SS].selector, gate->size);
	stack_push(&stack, cpu->gpr[REG_RSP], gate->size);
	for (unsigned i = gate->parameters; i-- > 0;)
		stack_push(&stack, stack_peek(&outer, i * gate->size, gate->size), gate->size);
	push_return(&stack, insn, gate->size);
	stack_switch(&stack);
	code_commit(cpu, cs, cpl, gate->offset);
}

static void far_gate(struct vcpu *cpu, const struct insn *insn, const struct far_target *target,
		     const struct descriptor *descriptor)
{
	struct call_gate gate = call_gate_parse(cpu, descriptor);
	struct stack stack = stack_present(cpu);
	struct descriptor code;
	struct segment cs;

	gate_code(cpu, &gate, target->is_call, &code);
	segment_from_descriptor(&cs, &code);
	code_check_rip(cpu, &cs, gate.offset);
	if (target->is_call && !DESC_IS_CONFORMING(code.raw) && DESC_DPL(code.raw) < cpu->cpl) {
		gate_call_inner(cpu, insn, &gate, &cs, DESC_DPL(code.raw));
		return;
	}
	if (target->is_call)
		push_return(&stack, insn, gate.size);
	stack_commit(&stack);
	code_commit(cpu, &cs, cpu->cpl, gate.offset);
}

/* --- dispatch by descriptor ------------------------------------------------------------------- */

static void far_task(struct vcpu *cpu, const struct insn *insn, const struct far_target *target, uint16_t tss)
{
	task_switch(cpu, tss, target->is_call ? TASK_CALL : TASK_JMP, 0, insn_next_rip(insn, cpu->rip));
}

static void far_system(struct vcpu *cpu, const struct insn *insn, const struct far_target *target,
		       struct descriptor *descriptor)
{
	unsigned type = DESC_TYPE(descriptor->raw), dpl = DESC_DPL(descriptor->raw);
	bool is_legacy = !cpu_long_mode(cpu);
	bool is_tss = is_legacy && (type == TYPE_TSS16 || type == TYPE_TSS32);
	bool is_task_gate = is_legacy && type == TYPE_TASK_GATE;
	bool is_call_gate = type == TYPE_CALL_GATE32 || (is_legacy && type == TYPE_CALL_GATE16);

	if (is_call_gate && !is_legacy) {
		descriptor_read(cpu, target->selector, true, VECTOR_GP, 0, descriptor);
		if (descriptor->upper >> 40 & 0x1f)
			is_call_gate = false;
	}
	if ((!is_tss && !is_task_gate && !is_call_gate) || dpl < cpu->cpl ||
	    dpl < SELECTOR_RPL(target->selector))
		cpu_raise_error(cpu, VECTOR_GP, SELECTOR_ERROR(target->selector));
	if (!DESC_IS_PRESENT(descriptor->raw))
		cpu_raise_error(cpu, VECTOR_NP, SELECTOR_ERROR(target->selector));
	if (is_call_gate)
		far_gate(cpu, insn, target, descriptor);
	else
		far_task(cpu, insn, target, is_tss ? target->selector : (uint16_t)(descriptor->raw >> 16));
}

static void far_transfer(struct vcpu *cpu, const struct insn *insn, const struct far_target *target)
{
	struct descriptor descriptor;

	if (!cpu_is_protected(cpu)) {
		far_real(cpu, insn, target);
		return;
	}
	if (SELECTOR_IS_NULL(target->selector))
		raise_gp0(cpu);
	descriptor_read(cpu, target->selector, false, VECTOR_GP, 0, &descriptor);
	if (DESC_IS_MEMORY(descriptor.raw))
		far_direct(cpu, insn, target, &descriptor);
	else
		far_system(cpu, insn, target, &descriptor);
}

static void far_immediate(struct vcpu *cpu, const struct insn *insn, bool is_call)
{
	struct far_target target = {
		.selector = (uint16_t)(insn->imm >> 32),
		.offset = insn->imm & size_mask(insn->opsize > 4 ? 4 : insn->opsize),
		.is_call = is_call,
	};

	far_transfer(cpu, insn, &target);
}

static void far_indirect(struct vcpu *cpu, const struct insn *insn, bool is_call)
{
	struct far_target target = { .is_call = is_call };

	target.offset = operand_load(cpu, insn, 0, insn->opsize);
	target.selector = (uint16_t)operand_load(cpu, insn, insn->opsize, 2);
	far_transfer(cpu, insn, &target);
}

void exec_jmp_far(struct vcpu *cpu, const struct insn *insn)
{
	far_immediate(cpu, insn, false);
}

void exec_call_far(struct vcpu *cpu, const struct insn *insn)
{
	far_immediate(cpu, insn, true);
}

void exec_jmp_far_ind(struct vcpu *cpu, const struct insn *insn)
{
	far_indirect(cpu, insn, false);
}

void exec_call_far_ind(struct vcpu *cpu, const struct insn *insn)
{
	far_indirect(cpu, insn, true);
}

/* --- return ----------------------------------------------------------------------------------- */

static void ret_far_real(struct vcpu *cpu, struct stack *stack, uint16_t selector, uint64_t rip,
			 unsigned release)
{
	struct segment cs = cpu->seg[SEG_CS];

	segment_set_real(cpu, &cs, selector);
	code_check_rip(cpu, &cs, rip);
	stack->sp += release;
	stack_commit(stack);
	cpu->seg[SEG_CS] = cs;
	cpu->rip = rip;
}

static void ret_far_outer(struct vcpu *cpu, struct stack *stack, const struct segment *cs, uint64_t rip,
			  unsigned size, unsigned release)
{
	unsigned cpl = SELECTOR_RPL(cs->selector);
	struct segment ss;
	uint16_t selector;
	uint64_t rsp;

	stack->sp += release;
	rsp = stack_pop(stack, size);
	selector = (uint16_t)stack_pop(stack, size);
	if (SELECTOR_IS_NULL(selector) && code_is_long(cpu, cs) && cpl != 3)
		segment_set_null_stack(&ss, selector, cpl);
	else
		segment_prepare_stack(cpu, selector, cpl, VECTOR_GP, 0, &ss);
	code_commit(cpu, cs, cpl, rip);
	stack_return(cpu, &ss, rsp + release);
	segment_drop_inner(cpu);
}

void exec_ret_far(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize, release = insn->imm_size ? (uint16_t)insn->imm : 0;
	struct stack stack = stack_present(cpu);
	uint64_t rip = stack_pop(&stack, size);
	uint16_t selector = (uint16_t)stack_pop(&stack, size);
	struct descriptor code;
	struct segment cs;

	if (!cpu_is_protected(cpu)) {
		ret_far_real(cpu, &stack, selector, rip, release);
		return;
	}
	if (SELECTOR_IS_NULL(selector))
		raise_gp0(cpu);
	descriptor_read(cpu, selector, false, VECTOR_GP, 0, &code);
	code_check(cpu, &code, CODE_RETURN);
	segment_from_descriptor(&cs, &code);
	code_check_rip(cpu, &cs, rip);
	if (SELECTOR_RPL(selector) > cpu->cpl) {
		ret_far_outer(cpu, &stack, &cs, rip, size, release);
		return;
	}
	stack.sp += release;
	stack_commit(&stack);
	code_commit(cpu, &cs, cpu->cpl, rip);
}
