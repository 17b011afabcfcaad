/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of the machine: RSDP, XSDT, FADT, FACS, MADT, DSDT, and an SSDT with the processors.
 *
 * Purpose    Tells the guest which processors, interrupt lines and power switches there are. Built anew at
 *            each boot from struct acpi_config and the constants of chipset/; the DSDT is compiled from
 *            dsdt.asl when Bulkhead is built.
 * Source     ACPI 6.4, 5.2 ("ACPI System Description Tables"), 19 and 20 (ASL, AML).
 * Threads    Any; acpi_tables_build() is a function of its arguments.
 * Ownership  Writes into the caller's RAM from GUEST_RAM_ROM_START on.
 * Limits     ACPI_VPS_MAX processors; the tables fit into the 128 KiB below 1 MiB.
 */
#ifndef FIRMWARE_ACPI_TABLES_H
#define FIRMWARE_ACPI_TABLES_H

#include "firmware/guest_ram.h"

enum { ACPI_VPS_MAX = 64 };

struct acpi_config {
	unsigned vp_count;    /* APIC ids 0..vp_count-1 */
	bool has_32bit_timer; /* the same as acpi_pm_new() was given */
	/* Without these a guest does not spend time on looking for them. */
	bool has_i8042_devices;
	bool has_vga;
};

/* Returns the guest-physical address of the RSDP, or 0 when the arguments are out of range. */
uint64_t acpi_tables_build(const struct guest_ram *ram, const struct acpi_config *config);

#endif
