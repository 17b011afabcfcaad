/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing CR0, CR3, CR4, EFER and XCR0: what is allowed (SDM 3, 2.5 and 10.8.5), and what must be forgotten
 * afterwards. */
#include "engine/translator/interp/exec.h"
#include "engine/translator/jit/jit.h"

#define CR0_VALID                                                                                            \
	(CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG)

static uint64_t physical_mask(const struct vcpu *cpu)
{
	return (1ull << cpu->cpuid->physical_bits) - 1;
}

static bool uses_pae_tables(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
	return (cr0 & CR0_PG) && (cr4 & CR4_PAE) && !(efer & EFER_LMA);
}

/* Entering long mode: paging goes on with EFER.LME set. */
static bool long_mode_may_begin(const struct vcpu *cpu)
{
	bool tss_is_narrow = (cpu->tr.attr & SEGMENT_PRESENT) && !(cpu->tr.attr & 8);

	return (cpu->cr4 & CR4_PAE) && !(cpu->seg[SEG_CS].attr & SEGMENT_L) && !tss_is_narrow;
}

static bool cr0_is_allowed(const struct vcpu *cpu, uint64_t value)
{
	bool paging_ends = (cpu->cr0 & CR0_PG) && !(value & CR0_PG);
	bool paging_begins = !(cpu->cr0 & CR0_PG) && (value & CR0_PG);

	if (value >> 32)
		return false;
	if ((value & CR0_PG) && !(value & CR0_PE))
		return false;
	if ((value & CR0_NW) && !(value & CR0_CD))
		return false;
	if (paging_ends && ((cpu->cr4 & CR4_PCIDE) || cpu_mode(cpu) == MODE_64))
		return false;
	return !paging_begins || !(cpu->efer & EFER_LME) || long_mode_may_begin(cpu);
}

bool cpu_set_cr0(struct vcpu *cpu, uint64_t value)
{
	uint64_t efer = cpu->efer & ~EFER_LMA, changed;

	if (!cr0_is_allowed(cpu, value))
		return false;
	value = (value & CR0_VALID) | CR0_ET;
	changed = cpu->cr0 ^ value;
	if ((value & CR0_PG) && (efer & EFER_LME))
		efer |= EFER_LMA;
	if ((changed & (CR0_PG | CR0_CD | CR0_NW)) && uses_pae_tables(value, cpu->cr4, efer) &&
	    !mmu_load_pdptes(cpu, cpu->cr3))
		return false;
	cpu->cr0 = value;
	cpu->efer = efer;
	/* Without paging before and after, there is nothing that the other bits would change. */
	if ((changed & CR0_PG) || ((value & CR0_PG) && (changed & (CR0_WP | CR0_PE))))
		tlb_flush_all(cpu);
	if (!(value & CR0_PE))
		cpu->cpl = 0;
	cpu_update_tlb_mode(cpu);
	return true;
}

/*
 * Bit 63 says that nothing needs to be flushed when there are PCIDs. The data TLB keeps one address space
 * only, so it is flushed all the same; the jump cache comes back to what it knew under that PCID.
 */
bool cpu_set_cr3(struct vcpu *cpu, uint64_t value)
{
	bool has_pcids = cpu->cr4 & CR4_PCIDE, keep = has_pcids && value >> 63;

	if (has_pcids)
		value &= ~(1ull << 63);
	if (value & ~physical_mask(cpu))
		return false;
	if (uses_pae_tables(cpu->cr0, cpu->cr4, cpu->efer) && !mmu_load_pdptes(cpu, value))
		return false;
	cpu->cr3 = value;
	tlb_flush_non_global(cpu);
	if (has_pcids)
		jit_switch_context(cpu, value, keep);
	return true;
}

static uint64_t cr4_valid(const struct vcpu *cpu)
{
	static const struct {
		uint64_t bit;
		unsigned feature;
	} optional[] = {
		{ CR4_UMIP, CPUID_UMIP },     { CR4_FSGSBASE, CPUID_FSGSBASE }, { CR4_PCIDE, CPUID_PCID },
		{ CR4_OSXSAVE, CPUID_XSAVE }, { CR4_SMEP, CPUID_SMEP },		{ CR4_SMAP, CPUID_SMAP },
	};
	uint64_t valid =
	    CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_MCE | CR4_PGE | CR4_PCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

	for (unsigned i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
		if (cpu_has(cpu, optional[i].feature))
			valid |= optional[i].bit;
	}
	return valid;
}

static bool cr4_is_allowed(const struct vcpu *cpu, uint64_t value)
{
	bool pcid_begins = !(cpu->cr4 & CR4_PCIDE) && (value & CR4_PCIDE);

	if (value & ~cr4_valid(cpu))
		return false;
	if (cpu_long_mode(cpu) && !(value & CR4_PAE))
		return false;
	return !pcid_begins || (cpu_long_mode(cpu) && !(cpu->cr3 & 0xfff));
}

bool cpu_set_cr4(struct vcpu *cpu, uint64_t value)
{
	const uint64_t paging = CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP;
	uint64_t changed = cpu->cr4 ^ value;

	if (!cr4_is_allowed(cpu, value))
		return false;
	if ((changed & (CR4_PAE | CR4_PSE | CR4_PGE | CR4_SMEP)) &&
	    uses_pae_tables(cpu->cr0, value, cpu->efer) && !mmu_load_pdptes(cpu, cpu->cr3))
		return false;
	cpu->cr4 = value;
	if (changed & paging)
		tlb_flush_all(cpu);
	cpu_update_tlb_mode(cpu);
	return true;
}

bool cpu_set_efer(struct vcpu *cpu, uint64_t value)
{
	uint64_t valid = (cpu_has(cpu, CPUID_SYSCALL) ? EFER_SCE : 0) |
			 (cpu_has(cpu, CPUID_LM) ? EFER_LME | EFER_LMA : 0) |
			 (cpu_has(cpu, CPUID_NX) ? EFER_NXE : 0);
	uint64_t changed;

	if (value & ~valid)
		return false;
	value = (value & ~EFER_LMA) | (cpu->efer & EFER_LMA); /* read-only: writes are ignored */
	changed = cpu->efer ^ value;
	if ((changed & EFER_LME) && (cpu->cr0 & CR0_PG))
		return false;
	cpu->efer = value;
	if (changed & EFER_NXE)
		tlb_flush_all(cpu);
	return true;
}

bool cpu_set_xcr0(struct vcpu *cpu, uint64_t value)
{
	if (!(value & 1) || (value & ~cpu->cpuid->xcr0_allowed))
		return false;
	if ((value & 4) && !(value & 2)) /* AVX needs SSE */
		return false;
	cpu->xcr0 = value;
	return true;
}
