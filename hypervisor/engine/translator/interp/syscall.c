/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SYSCALL, SYSRET, SYSENTER, SYSEXIT as Intel does them: flat segments from MSRs, no descriptor is read (SDM
 * 2; SDM 3, 5.8.7 and 5.8.8). */
#include "engine/translator/interp/exec.h"

enum { /* segment attributes: present, code or data, accessed, 4 GiB */
       CODE64_0 = 0xa09b,
       CODE32_0 = 0xc09b,
       DATA_0 = 0xc093,
       CODE64_3 = 0xa0fb,
       CODE32_3 = 0xc0fb,
       DATA_3 = 0xc0f3,
};

static void enter(struct vcpu *cpu, uint16_t code, uint16_t code_attr, uint16_t data, uint16_t data_attr,
		  unsigned cpl)
{
	segment_set_flat(&cpu->seg[SEG_CS], code, code_attr);
	segment_set_flat(&cpu->seg[SEG_SS], data, data_attr);
	cpu_set_cpl(cpu, cpl);
}

/* Only from 64-bit mode: in compatibility mode it is #UD. */
void exec_syscall(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t selector = (uint16_t)(cpu->star >> 32);

	if (cpu_mode(cpu) != MODE_64 || !(cpu->efer & EFER_SCE))
		cpu_raise(cpu, VECTOR_UD);
	cpu->gpr[REG_RCX] = insn_next_rip(insn, cpu->rip);
	cpu->gpr[11] = cpu->rflags & ~(uint64_t)RFLAGS_RF;
	cpu->rip = cpu->lstar;
	cpu->rflags = (cpu->rflags & ~cpu->sfmask & ~(uint64_t)RFLAGS_RF) | RFLAGS_ONE;
	enter(cpu, selector & 0xfffc, CODE64_0, (uint16_t)((selector & 0xfffc) + 8), DATA_0, 0);
}

void exec_sysret(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t selector = (uint16_t)(cpu->star >> 48);
	bool to_long = insn->opsize == 8;
	uint16_t code = (uint16_t)((to_long ? selector + 16 : selector) | 3);

	if (cpu_mode(cpu) != MODE_64 || !(cpu->efer & EFER_SCE))
		cpu_raise(cpu, VECTOR_UD);
	require_cpl0(cpu);
	if (to_long && !is_canonical(cpu->gpr[REG_RCX]))
		raise_gp0(cpu);
	cpu->rip = to_long ? cpu->gpr[REG_RCX] : (uint32_t)cpu->gpr[REG_RCX];
	cpu->rflags = (cpu->gpr[11] & 0x3c7fd7) | RFLAGS_ONE;
	enter(cpu, code, to_long ? CODE64_3 : CODE32_3, (uint16_t)((selector + 8) | 3), DATA_3, 3);
}

void exec_sysenter(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t selector = (uint16_t)(cpu->sysenter_cs & 0xfffc);
	bool is_long = cpu_long_mode(cpu);

	if (!(cpu->cr0 & CR0_PE) || !selector)
		raise_gp0(cpu);
	cpu->rflags &= ~(uint64_t)(RFLAGS_VM | RFLAGS_IF | RFLAGS_RF);
	cpu->gpr[REG_RSP] = is_long ? cpu->sysenter_esp : (uint32_t)cpu->sysenter_esp;
	cpu->rip = is_long ? cpu->sysenter_eip : (uint32_t)cpu->sysenter_eip;
	enter(cpu, selector, is_long ? CODE64_0 : CODE32_0, (uint16_t)(selector + 8), DATA_0, 0);
}

void exec_sysexit(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t selector = (uint16_t)(cpu->sysenter_cs & 0xfffc);
	bool to_long = insn->opsize == 8;
	uint16_t code = (uint16_t)((selector + (to_long ? 32 : 16)) | 3);
	uint64_t rip = cpu->gpr[REG_RDX], rsp = cpu->gpr[REG_RCX];

	if (!cpu_is_protected(cpu) || !selector || cpu->cpl != 0)
		raise_gp0(cpu);
	if (to_long && (!is_canonical(rip) || !is_canonical(rsp)))
		raise_gp0(cpu);
	cpu->rip = to_long ? rip : (uint32_t)rip;
	cpu->gpr[REG_RSP] = to_long ? rsp : (uint32_t)rsp;
	enter(cpu, code, to_long ? CODE64_3 : CODE32_3, (uint16_t)(code + 8), DATA_3, 3);
}
