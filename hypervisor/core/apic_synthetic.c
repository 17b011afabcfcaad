/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of the local APIC that Hyper-V's guests may reach by MSRs of its own, in either mode (TLFS 10.2.1). */
#include "core/apic_priv.h"
#include "core/hyperv_proto.h"

#define OFFSET(reg) ((uint32_t)(reg) << 4)
#define X2_MSR(reg) (0x800u + (reg))

int apic_synthetic_read(struct apic *apic, uint32_t index, uint64_t *ret_value)
{
	switch (index) {
	case HYPERV_TPR: *ret_value = apic_mmio_read(apic, OFFSET(APIC_TPR)); return 0;
	case HYPERV_ICR: *ret_value = apic->icr; return 0;
	default: return 1; /* EOI is for writing only */
	}
}

static int write_icr(struct apic *apic, uint64_t value)
{
	if (apic_is_x2(apic))
		return apic_msr_write(apic, X2_MSR(APIC_ICR), value);
	apic_mmio_write(apic, OFFSET(APIC_ICR_HIGH), (uint32_t)(value >> 32));
	apic_mmio_write(apic, OFFSET(APIC_ICR), (uint32_t)value);
	return 0;
}

int apic_synthetic_write(struct apic *apic, uint32_t index, uint64_t value)
{
	if (index == HYPERV_ICR)
		return write_icr(apic, value);
	if (value >> 32)
		return 1;
	apic_mmio_write(apic, index == HYPERV_TPR ? OFFSET(APIC_TPR) : OFFSET(APIC_EOI), (uint32_t)value);
	return 0;
}
