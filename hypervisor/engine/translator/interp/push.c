/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PUSH, POP and what else works on the present stack. */
#include "engine/translator/interp/exec.h"

static uint64_t push_source(struct vcpu *cpu, const struct insn *insn)
{
	if (insn->facts->attr & FACT_REG_IN_OPCODE)
		return gpr_read(cpu, insn_opcode_reg(insn), insn->opsize);
	if (insn->opcode == 0x68 || insn->opcode == 0x6a)
		return insn->imm;
	return rm_read(cpu, insn, insn->opsize);
}

void exec_push(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t value = push_source(cpu, insn);
	struct stack stack = stack_present(cpu);

	stack_push(&stack, value, insn->opsize);
	stack_commit(&stack);
}

/* A memory operand is addressed with rsp as it is after the pop (SDM 2, POP). */
static void pop_to_memory(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t value = stack_pop(&stack, insn->opsize);
	uint64_t old_rsp = cpu->gpr[REG_RSP];
	uint64_t offset;

	stack_commit(&stack);
	offset = operand_offset(cpu, insn);
	cpu->gpr[REG_RSP] = old_rsp;
	mem_store(cpu, segment_linear(cpu, operand_segment(insn), offset, insn->opsize, MEM_WRITE),
		  insn->opsize, value, operand_access(insn));
	stack_commit(&stack);
}

void exec_pop(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t value;

	if (insn->has_mem) {
		pop_to_memory(cpu, insn);
		return;
	}
	value = stack_pop(&stack, insn->opsize);
	stack_commit(&stack);
	gpr_write(cpu, insn->facts->attr & FACT_REG_IN_OPCODE ? insn_opcode_reg(insn) : insn_rm(insn),
		  insn->opsize, value);
}

void exec_pusha(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);

	for (unsigned i = 0; i < 8; i++)
		stack_push(&stack, cpu->gpr[i], insn->opsize);
	stack_commit(&stack);
}

void exec_popa(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t value[8];

	for (unsigned i = 8; i-- > 0;)
		value[i] = stack_pop(&stack, insn->opsize);
	stack_commit(&stack);
	for (unsigned i = 0; i < 8; i++) {
		if (i != REG_RSP)
			gpr_write(cpu, i, insn->opsize, value[i]);
	}
}

void exec_pushf(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);

	if (cpu_is_v86(cpu) && cpu_iopl(cpu) < 3)
		raise_gp0(cpu);
	stack_push(&stack, cpu->rflags & ~(uint64_t)(RFLAGS_RF | RFLAGS_VM), insn->opsize);
	stack_commit(&stack);
}

/* SDM 2, POPF: what may change depends on the operand size and the privilege. */
void exec_popf(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t mask = FLAGS_ALL | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_AC | RFLAGS_ID;
	uint64_t value;

	if (cpu_is_v86(cpu) && cpu_iopl(cpu) < 3)
		raise_gp0(cpu);
	if (cpu->cpl == 0)
		mask |= RFLAGS_IOPL;
	if (cpu->cpl <= cpu_iopl(cpu))
		mask |= RFLAGS_IF;
	if (insn->opsize == 2)
		mask &= 0xffff;
	value = stack_pop(&stack, insn->opsize);
	stack_commit(&stack);
	flags_set(cpu, mask | RFLAGS_RF, value & ~(uint64_t)RFLAGS_RF);
	cpu_update_tlb_mode(cpu);
}

/* The outer frames' pointers of `level` - 1 levels are copied below the new frame pointer. */
static void copy_display(struct vcpu *cpu, struct stack *stack, unsigned level, unsigned size)
{
	struct stack display = *stack;

	for (unsigned i = 1; i < level; i++) {
		display.sp = cpu->gpr[REG_RBP] - i * size;
		stack_push(stack, stack_peek(&display, 0, size), size);
	}
}

void exec_enter(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	unsigned size = insn->opsize, level = insn->imm >> 32 & 31;
	uint64_t frame;

	stack_push(&stack, cpu->gpr[REG_RBP], size);
	frame = stack.sp;
	if (level) {
		copy_display(cpu, &stack, level, size);
		stack_push(&stack, frame, size);
	}
	stack.sp -= insn->imm & 0xffff;
	/* SDM 2, ENTER: faults when the final rsp's top could not be written */
	stack_check_push(&stack, size);
	stack_commit(&stack);
	gpr_write(cpu, REG_RBP, size, frame);
}

void exec_leave(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t frame;

	stack.sp = cpu->gpr[REG_RBP];
	frame = stack_pop(&stack, insn->opsize);
	stack_commit(&stack);
	gpr_write(cpu, REG_RBP, insn->opsize, frame);
}

void exec_push_seg(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);

	stack_push(&stack, cpu->seg[insn->imm].selector, insn->opsize);
	stack_commit(&stack);
}

void exec_pop_seg(struct vcpu *cpu, const struct insn *insn)
{
	unsigned index = (unsigned)insn->imm;
	struct stack stack = stack_present(cpu);
	uint64_t selector = stack_peek(&stack, 0, 2); /* processors read no more, whatever the operand size */
	struct segment segment;

	stack.sp += insn->opsize;
	segment_prepare(cpu, index, (uint16_t)selector, &segment);
	stack_commit(&stack); /* by the old SS's size */
	cpu->seg[index] = segment;
	if (index == SEG_SS)
		cpu->interrupt_shadow = SHADOW_NEW;
}
