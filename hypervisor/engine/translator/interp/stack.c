/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacks: the present one and those of other privilege levels, written completely before rsp changes. */
#include "engine/translator/interp/exec.h"

struct stack stack_present(struct vcpu *cpu)
{
	return stack_other(cpu, &cpu->seg[SEG_SS], cpu->gpr[REG_RSP], cpu_mode(cpu) == MODE_64, cpu->cpl);
}

struct stack stack_other(struct vcpu *cpu, const struct segment *ss, uint64_t sp, bool is_flat, unsigned cpl)
{
	struct stack stack = { .cpu = cpu, .ss = *ss, .is_flat = is_flat };

	stack.mask = is_flat ? UINT64_MAX : ss->attr & SEGMENT_DB ? 0xffffffff : 0xffff;
	stack.sp = sp;
	stack.access = MEM_STACK | (cpl != cpu->cpl ? MEM_SYSTEM : 0);
	stack.error = cpl != cpu->cpl ? SELECTOR_ERROR(ss->selector) : 0;
	return stack;
}

static uint64_t stack_linear(const struct stack *stack, uint64_t sp, unsigned size, bool write)
{
	struct vcpu *cpu = stack->cpu;
	uint64_t offset = sp & stack->mask, linear = offset;

	if (!stack->is_flat) {
		if (!segment_allows(cpu, &stack->ss, offset, size, write))
			cpu_raise_error(cpu, VECTOR_SS, stack->error);
		linear = (uint32_t)(stack->ss.base + offset);
	}
	if (!(stack->access & MEM_SYSTEM))
		check_alignment(cpu, linear, size, size, MEM_STACK);
	if (debug_is_active(cpu))
		debug_note_data(cpu, linear, size, write);
	return linear;
}

void stack_push(struct stack *stack, uint64_t value, unsigned size)
{
	uint64_t sp = stack->sp - size;

	mem_store(stack->cpu, stack_linear(stack, sp, size, true), size, value, stack->access);
	stack->sp = sp;
}

void stack_check_push(struct stack *stack, unsigned size)
{
	struct vcpu *cpu = stack->cpu;
	uint64_t offset = stack->sp & stack->mask;
	uint64_t linear = stack->is_flat ? offset : (uint32_t)(stack->ss.base + offset);

	if (!stack->is_flat && !segment_allows(cpu, &stack->ss, offset, size, true))
		cpu_raise_error(cpu, VECTOR_SS, stack->error);
	check_alignment(cpu, linear, size, size, MEM_STACK);
	mem_check_write(cpu, linear, size, stack->access);
}

uint64_t stack_peek(struct stack *stack, unsigned offset, unsigned size)
{
	uint64_t linear = stack_linear(stack, stack->sp + offset, size, false);

	return mem_load(stack->cpu, linear, size, stack->access);
}

uint64_t stack_pop(struct stack *stack, unsigned size)
{
	uint64_t value = stack_peek(stack, 0, size);

	stack->sp += size;
	return value;
}

void stack_commit(const struct stack *stack)
{
	gpr_write(stack->cpu, REG_RSP,
		  stack->mask == 0xffff	      ? 2
		  : stack->mask == 0xffffffff ? 4
					      : 8,
		  stack->sp);
}

void stack_switch(const struct stack *stack)
{
	struct vcpu *cpu = stack->cpu;

	cpu->seg[SEG_SS] = stack->ss;
	cpu->gpr[REG_RSP] = stack->is_flat ? stack->sp : (uint32_t)stack->sp;
}

void stack_return(struct vcpu *cpu, const struct segment *ss, uint64_t rsp)
{
	cpu->seg[SEG_SS] = *ss;
	if (cpu_mode(cpu) == MODE_64)
		cpu->gpr[REG_RSP] = rsp;
	else
		gpr_write(cpu, REG_RSP, ss->attr & SEGMENT_DB ? 4 : 2, rsp);
}
