/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single flags, and instructions that do nothing here. */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector.h"

void exec_clc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags &= ~(uint64_t)FLAG_CF;
}

void exec_stc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags |= FLAG_CF;
}

void exec_cmc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags ^= FLAG_CF;
}

void exec_cld(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags &= ~(uint64_t)RFLAGS_DF;
}

void exec_std(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags |= RFLAGS_DF;
}

static void require_iopl(struct vcpu *cpu)
{
	if (cpu->cpl > cpu_iopl(cpu)) /* virtual-8086 mode has CPL 3 */
		raise_gp0(cpu);
}

void exec_cli(struct vcpu *cpu, const struct insn *insn)
{
	require_iopl(cpu);
	cpu->rflags &= ~(uint64_t)RFLAGS_IF;
}

void exec_sti(struct vcpu *cpu, const struct insn *insn)
{
	require_iopl(cpu);
	if (!(cpu->rflags & RFLAGS_IF))
		cpu->interrupt_shadow = SHADOW_NEW;
	cpu->rflags |= RFLAGS_IF;
}

static void set_ac(struct vcpu *cpu, uint64_t value)
{
	if (cpu->cpl != 0 || !cpu_has(cpu, CPUID_SMAP))
		cpu_raise(cpu, VECTOR_UD);
	flags_set(cpu, RFLAGS_AC, value);
	cpu_update_tlb_mode(cpu);
}

void exec_clac(struct vcpu *cpu, const struct insn *insn)
{
	set_ac(cpu, 0);
}

void exec_stac(struct vcpu *cpu, const struct insn *insn)
{
	set_ac(cpu, RFLAGS_AC);
}

void exec_nop(struct vcpu *cpu, const struct insn *insn)
{
}

void exec_pause(struct vcpu *cpu, const struct insn *insn)
{
	__asm__ volatile("pause");
}

/* Guest memory is the host's own, in the host's order. */
void exec_serialize(struct vcpu *cpu, const struct insn *insn)
{
	__asm__ volatile("mfence" : : : "memory");
}

/* Faults as a load of one byte, but reads no device; the caches need nothing. */
void exec_clflush(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t unused;

	mem_span(cpu, operand_linear(cpu, insn, 1, MEM_READ), 1, &unused, operand_access(insn));
}

/* MASKMOV and the gathers address memory in their own ways. Being enabled comes before anything about the
 * operand. */
void exec_vector(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t linear = 0;
	unsigned size = insn->mem_size ? insn->mem_size : 1;

	vector_check_enabled(cpu, insn);
	if (insn->has_mem && insn->facts->mem != MEM_NONE && !(insn->facts->attr & FACT_VSIB))
		linear = operand_linear(cpu, insn, size,
					insn->facts->mem_access == ACCESS_R ? MEM_READ : MEM_WRITE);
	vector_execute(cpu, insn, linear);
}
