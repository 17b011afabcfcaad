/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IRET in all its modes (SDM 2, IRET). */
#include "engine/translator/interp/exec.h"

struct iret_frame {
	uint64_t rip, flags;
	uint16_t cs;
};

static struct iret_frame frame_pop(struct stack *stack, unsigned size)
{
	struct iret_frame frame;

	frame.rip = stack_pop(stack, size);
	frame.cs = (uint16_t)stack_pop(stack, size);
	frame.flags = stack_pop(stack, size);
	return frame;
}

/* NMIs are held back from their delivery to the next IRET. */
static void unblock_nmi(struct vcpu *cpu)
{
	if (!cpu->nmi_blocked)
		return;
	cpu->nmi_blocked = 0;
	if (atomic_load(&cpu->apic.events) & APIC_EVENT_NMI)
		atomic_fetch_or(&cpu->request, REQUEST_INTERRUPT);
}

/* What the level that executes IRET may change. */
static uint64_t flags_mask(const struct vcpu *cpu, unsigned size)
{
	uint64_t mask = FLAGS_ALL | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT | RFLAGS_RF | RFLAGS_AC | RFLAGS_ID;

	if (cpu->cpl == 0)
		mask |= RFLAGS_IOPL | RFLAGS_VIF | RFLAGS_VIP;
	if (cpu->cpl <= cpu_iopl(cpu))
		mask |= RFLAGS_IF;
	return size == 2 ? mask & 0xffff : mask;
}

/* Real mode, and virtual-8086 mode with IOPL 3 (there VM, IOPL, VIP and VIF stay: CPL is 3). */
static void iret_real(struct vcpu *cpu, unsigned size)
{
	struct stack stack = stack_present(cpu);
	struct iret_frame frame = frame_pop(&stack, size);
	struct segment cs = cpu->seg[SEG_CS];

	segment_set_real(cpu, &cs, frame.cs);
	code_check_rip(cpu, &cs, frame.rip);
	stack_commit(&stack);
	cpu->seg[SEG_CS] = cs;
	cpu->rip = frame.rip;
	flags_set(cpu, flags_mask(cpu, size), frame.flags);
}

static void iret_to_v86(struct vcpu *cpu, struct stack *stack, const struct iret_frame *frame)
{
	static const uint8_t order[] = { SEG_SS, SEG_ES, SEG_DS, SEG_FS, SEG_GS };
	uint16_t selectors[sizeof(order)];
	uint64_t rsp = stack_pop(stack, 4);

	for (unsigned i = 0; i < sizeof(order); i++)
		selectors[i] = (uint16_t)stack_pop(stack, 4);
	if (frame->rip > 0xffff)
		raise_gp0(cpu);
	flags_set(cpu, flags_mask(cpu, 4) | RFLAGS_VM, frame->flags);
	segment_set_real(cpu, &cpu->seg[SEG_CS], frame->cs);
	for (unsigned i = 0; i < sizeof(order); i++)
		segment_set_real(cpu, &cpu->seg[order[i]], selectors[i]);
	cpu->gpr[REG_RSP] = rsp;
	cpu->rip = frame->rip;
	cpu_set_cpl(cpu, 3);
}

/* SS and rsp are in the frame when the level changes, and always in 64-bit mode. */
static void iret_with_stack(struct vcpu *cpu, struct stack *stack, const struct iret_frame *frame,
			    const struct segment *cs, unsigned size)
{
	unsigned cpl = SELECTOR_RPL(frame->cs), old_cpl = cpu->cpl;
	uint64_t mask = flags_mask(cpu, size);
	uint64_t rsp = stack_pop(stack, size);
	uint16_t selector = (uint16_t)stack_pop(stack, size);
	struct segment ss;

	if (SELECTOR_IS_NULL(selector) && code_is_long(cpu, cs) && cpl != 3 && SELECTOR_RPL(selector) == cpl)
		segment_set_null_stack(&ss, selector, cpl);
	else
		segment_prepare_stack(cpu, selector, cpl, VECTOR_GP, 0, &ss);
	flags_set(cpu, mask, frame->flags);
	code_commit(cpu, cs, cpl, frame->rip);
	stack_return(cpu, &ss, rsp);
	if (cpl > old_cpl)
		segment_drop_inner(cpu);
}

static void iret_protected(struct vcpu *cpu, unsigned size)
{
	bool from_long = cpu_mode(cpu) == MODE_64;
	struct stack stack = stack_present(cpu);
	struct iret_frame frame = frame_pop(&stack, size);
	struct descriptor code;
	struct segment cs;

	if ((frame.flags & RFLAGS_VM) && size == 4 && cpu->cpl == 0 && !cpu_long_mode(cpu)) {
		iret_to_v86(cpu, &stack, &frame);
		return;
	}
	if (SELECTOR_IS_NULL(frame.cs))
		raise_gp0(cpu);
	descriptor_read(cpu, frame.cs, false, VECTOR_GP, 0, &code);
	code_check(cpu, &code, CODE_RETURN);
	segment_from_descriptor(&cs, &code);
	code_check_rip(cpu, &cs, frame.rip);
	if (from_long || SELECTOR_RPL(frame.cs) > cpu->cpl) {
		iret_with_stack(cpu, &stack, &frame, &cs, size);
		return;
	}
	stack_commit(&stack);
	flags_set(cpu, flags_mask(cpu, size), frame.flags);
	code_commit(cpu, &cs, cpu->cpl, frame.rip);
}

static void iret_task(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t link;

	if (cpu_long_mode(cpu))
		raise_gp0(cpu);
	link = (uint16_t)mem_load(cpu, cpu->tr.base, 2, MEM_SYSTEM);
	task_switch(cpu, link, TASK_IRET, 0, insn_next_rip(insn, cpu->rip));
}

void exec_iret(struct vcpu *cpu, const struct insn *insn)
{
	if (cpu_is_v86(cpu) && cpu_iopl(cpu) < 3)
		raise_gp0(cpu);
	if (!cpu_is_protected(cpu))
		iret_real(cpu, insn->opsize);
	else if (cpu->rflags & RFLAGS_NT)
		iret_task(cpu, insn);
	else
		iret_protected(cpu, insn->opsize);
	unblock_nmi(cpu);
	cpu_update_tlb_mode(cpu);
}
