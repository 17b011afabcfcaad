/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VMBus in ACPI, where Windows and Linux look for it: \_SB.PCI0.VMBS below a PCI bus, \_SB.VMOD.VMBS
 * without one, both with a _CRS (Linux takes no device without).
 *
 * The guest's drivers take the memory for the synthetic devices' windows from the first _CRS above the device
 * that names memory by DWord or QWord address space descriptors: a low gap and a high gap. PCI0 has the low
 * one among its windows; the high one lies above RAM and so differs from VM to VM. What differs is put into
 * \_SB.GAPS, which the _CRS of PCI0 (dsdt_pc.asl) appends to its own.
 */
#ifndef FIRMWARE_ACPI_VMBUS_H
#define FIRMWARE_ACPI_VMBUS_H

#include "firmware/aml.h"

/* Adds it to the scope \_SB; `high_gap` is where the gap of GUEST_RAM_HIGH_GAP_SIZE bytes begins. */
void acpi_vmbus_add(struct aml *aml, bool has_pci, uint64_t high_gap);

#endif
