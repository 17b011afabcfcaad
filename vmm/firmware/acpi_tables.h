/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ACPI tables of the machine: RSDP, RSDT, XSDT, FADT, FACS, MADT, DSDT, and an SSDT with the processors.
 *
 * Purpose    Tells the guest which processors, interrupt lines and power switches there are. Built anew at
 *            each boot from struct acpi_config and the constants of chipset/; the DSDT is compiled from
 *            dsdt.asl or dsdt_pc.asl when Bulkhead is built.
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
	bool has_pci;  /* the board of chipset/i440fx.h, and the 8042's devices, in the DSDT */
	bool has_com2; /* the others have COM 1 alone */
	bool has_vmbus;
	uint64_t high_gap; /* guest_ram_high_gap(), with has_vmbus */
};

/* Returns the guest-physical address of the RSDP, or 0 when the arguments are out of range. */
uint64_t acpi_tables_build(const struct guest_ram *ram, const struct acpi_config *config);

/* --- the same for a firmware that places the tables itself (table_loader.h) ----------------------------- */

enum {
	ACPI_BLOB_MAX = 64 << 10,
	ACPI_BLOB_TABLES_MAX = 8,
	ACPI_BLOB_POINTERS_MAX = 16,
	ACPI_HEADER_CHECKSUM = 9,
	ACPI_RSDP_SIZE = 36,
	ACPI_RSDP_CHECKSUM = 8,
	ACPI_RSDP_CHECKSUMMED = 20, /* the part that it covers */
	ACPI_RSDP_EXTENDED_CHECKSUM = 32,
};

/* `size` bytes at `offset` hold a place in acpi_blob.data, to which its address must be added. */
struct acpi_pointer {
	uint32_t offset;
	uint8_t size;
};

/* All checksums are to be computed once the pointers are right. */
struct acpi_blob {
	uint8_t rsdp[ACPI_RSDP_SIZE];
	uint8_t data[ACPI_BLOB_MAX];
	uint32_t size;
	struct {
		uint32_t offset, length;
	} tables[ACPI_BLOB_TABLES_MAX];
	unsigned table_count;
	struct acpi_pointer pointers[ACPI_BLOB_POINTERS_MAX], rsdp_pointers[2];
	unsigned pointer_count, rsdp_pointer_count;
};

/* -EINVAL for arguments out of range, -ENOSPC. */
int acpi_tables_build_blob(const struct acpi_config *config, struct acpi_blob *ret_blob);

#endif
