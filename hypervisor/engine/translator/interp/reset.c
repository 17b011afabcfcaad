/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of a processor after RESET and INIT (SDM 3, 9.1.1, table 9-1), and the start of an application
 * processor. */
#include "engine/translator/bytes.h"
#include "engine/translator/interp/exec.h"

enum { ATTR_DATA = 0x93, ATTR_CODE = 0x9b, ATTR_LDT = 0x82, ATTR_TSS = 0x8b };

static void reset_segments(struct vcpu *cpu)
{
	for (unsigned i = 0; i < 6; i++)
		cpu->seg[i] = (struct segment){ .limit = 0xffff, .attr = ATTR_DATA };
	cpu->seg[SEG_CS] =
	    (struct segment){ .base = 0xffff0000, .limit = 0xffff, .selector = 0xf000, .attr = ATTR_CODE };
	cpu->ldtr = (struct segment){ .limit = 0xffff, .attr = ATTR_LDT };
	cpu->tr = (struct segment){ .limit = 0xffff, .attr = ATTR_TSS };
	cpu->gdtr = (struct table_register){ .limit = 0xffff };
	cpu->idtr = (struct table_register){ .limit = 0xffff };
}

static void reset_registers(struct vcpu *cpu)
{
	struct cpuid_context context = { .vp_count = 1 };
	struct cpuid_regs regs;

	cpuid_query(cpu->cpuid, &context, 1, 0, &regs);
	words_fill(cpu->gpr, 0, 16);
	cpu->gpr[REG_RDX] = regs.eax; /* the processor's signature */
	cpu->rip = 0xfff0;
	cpu->rflags = RFLAGS_ONE;
}

/* What INIT leaves as it is. */
static void reset_model_specific(struct vcpu *cpu)
{
	cpu->pat = 0x0007040600070406;
	cpu->mtrr_def_type = 0;
	words_fill(cpu->mtrr_fixed, 0, 11);
	words_fill(cpu->mtrr_var, 0, 16);
	cpu->misc_enable = 1 | 1 << 11 | 1 << 12; /* fast strings; no BTS, no PEBS */
	cpu->ucode_rev = 1ull << 32;
	cpu->tsc_aux = cpu->spec_ctrl = cpu->mcg_status = cpu->mcg_ctl = 0;
	cpu->star = cpu->lstar = cpu->cstar = cpu->sfmask = cpu->kernel_gs_base = 0;
	cpu->sysenter_cs = cpu->sysenter_esp = cpu->sysenter_eip = 0;
	cpu->xcr0 = 1;
	cpu->tsc_adjust = 0;
	cpu->tsc_offset = 0 - cpu->tsc_base; /* from the partition's beginning, so that all VPs agree */
}

void cpu_reset(struct vcpu *cpu, bool init)
{
	uint64_t kept_cache_bits = init ? cpu->cr0 & (CR0_CD | CR0_NW) : CR0_CD | CR0_NW;

	reset_segments(cpu);
	reset_registers(cpu);
	if (!init)
		reset_model_specific(cpu);
	cpu->cr0 = CR0_ET | kept_cache_bits;
	cpu->cr2 = cpu->cr3 = cpu->cr4 = cpu->efer = 0;
	for (unsigned i = 0; i < 4; i++)
		cpu->dr[i] = cpu->pdpte[i] = 0;
	cpu->dr[6] = 0xffff0ff0;
	cpu->dr[7] = 0x400;
	cpu->debugctl = 0;
	cpu->interrupt_shadow = cpu->nmi_blocked = cpu->extint_ready = cpu->single_step = 0;
	cpu->debug_hits = 0;
	cpu->raised = cpu->delivering = 0;
	mmio_log_commit(cpu);
	cpu_set_cpl(cpu, 0);
	tlb_flush_all(cpu);
}

void cpu_sipi(struct vcpu *cpu, uint8_t vector)
{
	cpu->seg[SEG_CS].selector = (uint16_t)(vector << 8);
	cpu->seg[SEG_CS].base = (uint64_t)vector << 12;
	cpu->rip = 0;
}
