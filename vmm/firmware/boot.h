/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Direct boot: puts a Linux kernel, its command line and its initrd into RAM, and VP 0 at its entry.
 *
 * Purpose    What a boot loader does, without a BIOS. Two kinds of kernels: a bzImage (64-bit boot protocol;
 *            an i386 one by the 32-bit protocol), and an ELF file with a PVH entry (vmlinux).
 * Threads    Before the VPs run.
 * Ownership  Descriptors and RAM stay the caller's. RAM is all zero before (as a new memfd is).
 * Limits     boot_limits below.
 * Trust      Kernel and initrd are hostile: each field is checked before use, all copies go through
 *            guest_ram_at(). A bad kernel harms its own guest only.
 * Errors     Negative errno, and one sentence in struct boot_error: the file, the cause, the remedy.
 */
#ifndef FIRMWARE_BOOT_H
#define FIRMWARE_BOOT_H

#include "firmware/guest_ram.h"
#include "firmware/image_file.h"

#include <stdbool.h>
#include <stdint.h>

enum boot_limits {
	BOOT_CMDLINE_MAX =
	    65536, /* with the final NUL; the kernel's own limit (2048 for Linux on x86) is lower */
	BOOT_ELF_SEGMENTS_MAX = 64,
	BOOT_ELF_NOTES_MAX = 65536, /* bytes */
};

/*
 * Where things lie in conventional memory. All of it is the kernel's as soon as it has read it; Linux keeps
 * off by itself until then (it copies the zero page and the command line first).
 */
enum boot_addresses {
	BOOT_GDT = 0x6000,
	BOOT_ZERO_PAGE = 0x7000,  /* boot_params, or hvm_start_info */
	BOOT_PVH_MEMMAP = 0x7100, /* hvm_memmap_table_entry[], hvm_modlist_entry[] */
	BOOT_PVH_MODULES = 0x7800,
	BOOT_PAGE_TABLES = 0x9000, /* PML4, PDPT, 4 page directories: to 0xf000 */
	BOOT_STACK_TOP = 0x20000, /* nobody needs a stack there; a kernel that pushes early shall not fault */
	BOOT_CMDLINE = 0x20000,
};

struct boot_error {
	char text[320];
};

struct boot_request {
	struct image_file kernel;
	struct image_file initrd; /* fd < 0: none */
	const char *cmdline;
	uint64_t rsdp; /* guest-physical; 0: none */
};

/* How VP 0 begins; see boot_set_registers(). */
struct boot_entry {
	bool is_long_mode; /* else 32-bit protected mode without paging */
	uint64_t rip;
	uint64_t rsi; /* zero page (Linux) */
	uint64_t rbx; /* hvm_start_info (PVH) */
};

/* Recognizes the kernel and loads all. */
int boot_load(const struct guest_ram *ram, const struct boot_request *request, struct boot_entry *ret_entry,
	      struct boot_error *ret_error);

/* Writes a sentence into `error` and returns `code`; for the loaders. */
int boot_fail(struct boot_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads part of an image straight into RAM. */
int boot_read_to_ram(const struct guest_ram *ram, const struct image_file *file, uint64_t offset,
		     uint64_t gpa, uint64_t size, struct boot_error *error);
/* Puts the initrd as high as `highest` (its last possible byte) and RAM allow, above `floor`. Address 0:
 * there is none. */
int boot_place_initrd(const struct guest_ram *ram, const struct image_file *initrd, uint64_t floor,
		      uint64_t highest, uint64_t *ret_gpa, struct boot_error *error);
/* Copies the command line; `limit` is the greatest length that the kernel takes. */
int boot_place_cmdline(const struct guest_ram *ram, const char *cmdline, uint64_t limit,
		       struct boot_error *error);

#endif
