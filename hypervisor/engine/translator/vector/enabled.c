/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which vector instructions the guest's control registers let through: SDM 3, 2.5, tables 12-1, 13-1; SDM
 * 2, 2.4 (AVX); SDM 1, 13.5. */
#include "engine/translator/vector/vector_priv.h"

static void check_task_switched(struct vcpu *cpu)
{
	if (cpu->cr0 & CR0_TS)
		cpu_raise(cpu, VECTOR_NM);
}

static void check_x87(struct vcpu *cpu)
{
	if (cpu->cr0 & (CR0_EM | CR0_TS))
		cpu_raise(cpu, VECTOR_NM);
}

static void check_mmx(struct vcpu *cpu)
{
	if (cpu->cr0 & CR0_EM)
		cpu_raise(cpu, VECTOR_UD);
	check_task_switched(cpu);
}

static void check_sse(struct vcpu *cpu)
{
	if ((cpu->cr0 & CR0_EM) || !(cpu->cr4 & CR4_OSFXSR))
		cpu_raise(cpu, VECTOR_UD);
	check_task_switched(cpu);
}

static void check_avx(struct vcpu *cpu)
{
	uint64_t needed = VECTOR_SSE | VECTOR_AVX;
	if (!cpu_is_protected(cpu) || !(cpu->cr4 & CR4_OSXSAVE) || (cpu->xcr0 & needed) != needed)
		cpu_raise(cpu, VECTOR_UD);
	check_task_switched(cpu);
}

static void check_xsave(struct vcpu *cpu)
{
	if (!(cpu->cr4 & CR4_OSXSAVE))
		cpu_raise(cpu, VECTOR_UD);
	check_task_switched(cpu);
}

void vector_check_enabled(struct vcpu *cpu, const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_XSAVE:
	case OP_XSAVEOPT:
	case OP_XSAVEC:
	case OP_XRSTOR: check_xsave(cpu); return;
	case OP_FXSAVE:
	case OP_FXRSTOR: check_x87(cpu); return;
	case OP_FWAIT: /* minds TS only with MP, and EM never */
		if ((cpu->cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS))
			cpu_raise(cpu, VECTOR_NM);
		return;
	}
	switch (insn->facts->domain) {
	case DOMAIN_X87: check_x87(cpu); break;
	case DOMAIN_MMX: check_mmx(cpu); break;
	case DOMAIN_SSE: check_sse(cpu); break;
	case DOMAIN_AVX: check_avx(cpu); break;
	}
}
