/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv_vp_get_regs() and hv_vp_set_regs(): the public register names on a struct vcpu. */
#include "engine/translator/interp/interp.h"
#include "engine/translator/mmu/mmu.h"
#include "engine/translator/translator.h"

#include <errno.h>

static struct segment *segment_of(struct vcpu *cpu, enum hv_reg name)
{
	switch (name) {
	case HV_REG_ES: return &cpu->seg[SEG_ES];
	case HV_REG_CS: return &cpu->seg[SEG_CS];
	case HV_REG_SS: return &cpu->seg[SEG_SS];
	case HV_REG_DS: return &cpu->seg[SEG_DS];
	case HV_REG_FS: return &cpu->seg[SEG_FS];
	case HV_REG_GS: return &cpu->seg[SEG_GS];
	case HV_REG_LDTR: return &cpu->ldtr;
	case HV_REG_TR: return &cpu->tr;
	default: return NULL;
	}
}

static struct table_register *table_of(struct vcpu *cpu, enum hv_reg name)
{
	return name == HV_REG_GDTR ? &cpu->gdtr : name == HV_REG_IDTR ? &cpu->idtr : NULL;
}

/* Registers that are a plain word on both ways. */
static uint64_t *word_of(struct vcpu *cpu, enum hv_reg name)
{
	if (name <= HV_REG_R15)
		return &cpu->gpr[name - HV_REG_RAX];
	switch (name) {
	case HV_REG_RIP: return &cpu->rip;
	case HV_REG_CR2: return &cpu->cr2;
	case HV_REG_DR0: return &cpu->dr[0];
	case HV_REG_DR1: return &cpu->dr[1];
	case HV_REG_DR2: return &cpu->dr[2];
	case HV_REG_DR3: return &cpu->dr[3];
	case HV_REG_DR6: return &cpu->dr[6];
	case HV_REG_DR7: return &cpu->dr[7];
	default: return NULL;
	}
}

static int get_control(struct vcpu *cpu, enum hv_reg name, uint64_t *ret_value)
{
	switch (name) {
	case HV_REG_RFLAGS: *ret_value = cpu->rflags; return 0;
	case HV_REG_CR0: *ret_value = cpu->cr0; return 0;
	case HV_REG_CR3: *ret_value = cpu->cr3; return 0;
	case HV_REG_CR4: *ret_value = cpu->cr4; return 0;
	case HV_REG_CR8: *ret_value = apic_get_cr8(&cpu->apic); return 0;
	case HV_REG_EFER: *ret_value = cpu->efer; return 0;
	case HV_REG_XCR0: *ret_value = cpu->xcr0; return 0;
	default: return -EINVAL;
	}
}

int regs_get(struct hv_vp *vp, enum hv_reg name, union hv_value *ret_value)
{
	struct vcpu *cpu = vp->engine;
	const struct segment *segment = segment_of(cpu, name);
	if (segment) {
		ret_value->segment =
		    (struct hv_segment){ segment->base, segment->limit, segment->selector, segment->attr };
		return 0;
	}
	const struct table_register *table = table_of(cpu, name);
	if (table) {
		ret_value->segment = (struct hv_segment){ .base = table->base, .limit = table->limit };
		return 0;
	}
	const uint64_t *word = word_of(cpu, name);
	if (word) {
		ret_value->u64 = *word;
		return 0;
	}
	return get_control(cpu, name, &ret_value->u64);
}

/*
 * Control registers are set as a loader needs them: directly, in any order (EFER.LMA, CR0.PG and CR4.PAE
 * depend on one another), with the bits that this processor does not have refused.
 */
static int set_control(struct vcpu *cpu, enum hv_reg name, uint64_t value)
{
	switch (name) {
	case HV_REG_RFLAGS: cpu->rflags = (value & 0x3f7fd5) | RFLAGS_ONE; break;
	case HV_REG_CR0: cpu->cr0 = (value & 0xe005003f) | CR0_ET; break;
	case HV_REG_CR3: cpu->cr3 = value & ((1ull << cpu->cpuid->physical_bits) - 1); break;
	case HV_REG_CR4: cpu->cr4 = value; break;
	case HV_REG_CR8: apic_set_cr8(&cpu->apic, value & 15); break;
	case HV_REG_EFER: cpu->efer = value & (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE); break;
	case HV_REG_XCR0:
		if (!(value & 1) || (value & ~cpu->cpuid->xcr0_allowed))
			return -EINVAL;
		cpu->xcr0 = value;
		break;
	default: return -EINVAL;
	}
	tlb_flush_all(cpu);
	cpu_update_tlb_mode(cpu);
	return 0;
}

int regs_set(struct hv_vp *vp, enum hv_reg name, const union hv_value *value)
{
	struct vcpu *cpu = vp->engine;
	struct segment *segment = segment_of(cpu, name);
	if (segment) {
		*segment = (struct segment){ value->segment.base, value->segment.limit,
					     value->segment.selector, value->segment.attr };
		if (name == HV_REG_SS)
			cpu_set_cpl(cpu, SEGMENT_DPL(segment));
		return 0;
	}
	struct table_register *table = table_of(cpu, name);
	if (table) {
		*table = (struct table_register){ value->segment.base, value->segment.limit };
		return 0;
	}
	uint64_t *word = word_of(cpu, name);
	if (word) {
		*word = value->u64;
		return 0;
	}
	return set_control(cpu, name, value->u64);
}
