/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Near jumps, calls, returns, loops; and the instructions that raise an interrupt on purpose. */
#include "engine/translator/interp/exec.h"

bool condition_holds(const struct vcpu *cpu, unsigned condition)
{
	uint64_t flags = cpu->rflags;
	bool sign_differs = !(flags & FLAG_SF) != !(flags & FLAG_OF);
	bool result;

	switch (condition >> 1 & 7) {
	case 0: result = flags & FLAG_OF; break;
	case 1: result = flags & FLAG_CF; break;
	case 2: result = flags & FLAG_ZF; break;
	case 3: result = flags & (FLAG_CF | FLAG_ZF); break;
	case 4: result = flags & FLAG_SF; break;
	case 5: result = flags & FLAG_PF; break;
	case 6: result = sign_differs; break;
	default: result = sign_differs || (flags & FLAG_ZF); break;
	}
	return result != (condition & 1);
}

/* Near branches have 64 bits in 64-bit mode whatever the prefixes say (Intel ignores 66 there). */
static unsigned branch_size(const struct insn *insn)
{
	return insn->mode == MODE_64 ? 8 : insn->opsize;
}

static uint64_t check_target(struct vcpu *cpu, const struct insn *insn, uint64_t target)
{
	target &= size_mask(branch_size(insn));
	code_check_rip(cpu, &cpu->seg[SEG_CS], target);
	return target;
}

static uint64_t relative_target(struct vcpu *cpu, const struct insn *insn)
{
	return check_target(cpu, insn, cpu->rip + insn->len + insn->imm);
}

static void branch_if(struct vcpu *cpu, const struct insn *insn, bool taken)
{
	cpu->rip = taken ? relative_target(cpu, insn) : insn_next_rip(insn, cpu->rip);
}

void exec_jcc(struct vcpu *cpu, const struct insn *insn)
{
	branch_if(cpu, insn, condition_holds(cpu, insn->opcode));
}

void exec_jmp(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rip = relative_target(cpu, insn);
}

void exec_jmp_ind(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rip = check_target(cpu, insn, rm_read(cpu, insn, branch_size(insn)));
}

static void call_to(struct vcpu *cpu, const struct insn *insn, uint64_t target)
{
	struct stack stack = stack_present(cpu);

	stack_push(&stack, insn_next_rip(insn, cpu->rip), branch_size(insn));
	stack_commit(&stack);
	cpu->rip = target;
}

void exec_call(struct vcpu *cpu, const struct insn *insn)
{
	call_to(cpu, insn, relative_target(cpu, insn));
}

void exec_call_ind(struct vcpu *cpu, const struct insn *insn)
{
	call_to(cpu, insn, check_target(cpu, insn, rm_read(cpu, insn, branch_size(insn))));
}

void exec_ret(struct vcpu *cpu, const struct insn *insn)
{
	struct stack stack = stack_present(cpu);
	uint64_t target = check_target(cpu, insn, stack_pop(&stack, branch_size(insn)));

	if (insn->imm_size)
		stack.sp += (uint16_t)insn->imm;
	stack_commit(&stack);
	cpu->rip = target;
}

/* E0 LOOPNE, E1 LOOPE, E2 LOOP. */
void exec_loop(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t count = (gpr_read(cpu, REG_RCX, insn->addrsize) - 1) & size_mask(insn->addrsize);
	bool taken = count != 0;
	uint64_t target;

	if (insn->opcode == 0xe0)
		taken = taken && !(cpu->rflags & FLAG_ZF);
	else if (insn->opcode == 0xe1)
		taken = taken && (cpu->rflags & FLAG_ZF);
	target = taken ? relative_target(cpu, insn) : insn_next_rip(insn, cpu->rip);
	gpr_write(cpu, REG_RCX, insn->addrsize, count);
	cpu->rip = target;
}

void exec_jcxz(struct vcpu *cpu, const struct insn *insn)
{
	branch_if(cpu, insn, gpr_read(cpu, REG_RCX, insn->addrsize) == 0);
}

/* --- interrupts on purpose -------------------------------------------------------------------- */

/* Virtual-8086 mode needs IOPL 3 for INT n, but not for INT3 and INTO (no VME here). */
void exec_int(struct vcpu *cpu, const struct insn *insn)
{
	if (cpu_is_v86(cpu) && cpu_iopl(cpu) < 3)
		raise_gp0(cpu);
	exception_software(cpu, insn->imm & 0xff, true, insn_next_rip(insn, cpu->rip));
}

void exec_int3(struct vcpu *cpu, const struct insn *insn)
{
	exception_software(cpu, VECTOR_BP, true, insn_next_rip(insn, cpu->rip));
}

/* ICEBP: a debug trap without any bit in DR6, and without the DPL check. */
void exec_int1(struct vcpu *cpu, const struct insn *insn)
{
	exception_software(cpu, VECTOR_DB, false, insn_next_rip(insn, cpu->rip));
}

void exec_into(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t next = insn_next_rip(insn, cpu->rip);

	if (cpu->rflags & FLAG_OF)
		exception_software(cpu, VECTOR_OF, true, next);
	else
		cpu->rip = next;
}

void exec_bound(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;
	int64_t index = sign_extend(cpu->gpr[insn_reg(insn)], size);
	int64_t low = sign_extend(operand_load(cpu, insn, 0, size), size);

	if (index < low) /* the upper bound may be where nothing can be read */
		cpu_raise(cpu, VECTOR_BR);
	if (index > sign_extend(operand_load(cpu, insn, size, size), size))
		cpu_raise(cpu, VECTOR_BR);
}

void exec_undefined(struct vcpu *cpu, const struct insn *insn)
{
	cpu_raise(cpu, VECTOR_UD);
}
