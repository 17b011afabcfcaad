/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's RAM as the firmware fills it, and the map of it that the guest is told.
 *
 * Purpose    Translates guest-physical addresses of RAM to host memory, always checked; lists the memory
 *            map.
 * Layout     [0, low_size) and, when the machine has more than 3 GiB, [4 GiB, ...). The window of a VGA
 *            adapter (0xa0000..0xbffff) is no RAM. 3..4 GiB belongs to the chips, the local APICs and later
 *            PCI. Hot memory, which no firmware tells of, begins above the high gap.
 * Threads    Only while no VP runs; hot_size and guest_ram_at(): any.
 * Ownership  The host memory belongs to the caller.
 * Trust      Addresses may come from a hostile kernel image: every function checks them.
 */
#ifndef FIRMWARE_GUEST_RAM_H
#define FIRMWARE_GUEST_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_RAM_LOW_MAX    0xc0000000ull  /* 3 GiB */
#define GUEST_RAM_HIGH_START 0x100000000ull /* 4 GiB */
#define GUEST_RAM_VGA_START  0xa0000ull
#define GUEST_RAM_VGA_END    0xc0000ull
/* the last KiB of conventional memory, by custom the BIOS's */
#define GUEST_RAM_EBDA_START 0x9fc00ull
#define GUEST_RAM_ROM_START  0xe0000ull /* ACPI tables; the guest looks for them here */
#define GUEST_RAM_ROM_END    0x100000ull

/* Memory for the windows of synthetic devices; the low gap ends at the I/O APIC. */
#define GUEST_RAM_LOW_GAP_START 0xf8000000ull
#define GUEST_RAM_LOW_GAP_SIZE	0x6c00000ull
#define GUEST_RAM_HIGH_GAP_SIZE 0x40000000ull
#define GUEST_RAM_HOT_ALIGN	0x80000000ull

struct guest_ram {
	uint8_t *host;	   /* size bytes: low memory, directly followed by high memory */
	uint64_t size;	   /* a multiple of 1 MiB */
	uint64_t low_size; /* min(size, GUEST_RAM_LOW_MAX) */
	uint8_t *hot;	   /* hot_max bytes */
	uint64_t hot_max;
	_Atomic uint64_t hot_size; /* of which the guest was given so many */
};

void guest_ram_init(struct guest_ram *ram, void *host, uint64_t size);

/* The host address of [gpa, gpa+size), or NULL when any byte of it is no RAM. */
void *guest_ram_at(const struct guest_ram *ram, uint64_t gpa, uint64_t size);

/* Copies into RAM; false when the range is no RAM. */
bool guest_ram_write(const struct guest_ram *ram, uint64_t gpa, const void *data, uint64_t size);

/* Where the high gap begins: at the first multiple of its size above all RAM. */
uint64_t guest_ram_high_gap(const struct guest_ram *ram);

/* Where hot memory begins: behind that gap, at a multiple of 2 GiB. */
uint64_t guest_ram_hot_start(const struct guest_ram *ram);

/* Address range types of ACPI 6.4, table 15.2; the boot protocols use the same numbers. */
enum guest_range_type {
	GUEST_RANGE_RAM = 1,
	GUEST_RANGE_RESERVED = 2,
};

struct guest_range {
	uint64_t start;
	uint64_t size;
	enum guest_range_type type;
};

enum { GUEST_RANGES_MAX = 8 };

/* Fills the memory map in ascending order; returns the number of ranges. */
unsigned guest_ram_map(const struct guest_ram *ram, struct guest_range ret_ranges[GUEST_RANGES_MAX]);

#endif
