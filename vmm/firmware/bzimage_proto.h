/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Linux/x86 boot protocol: offsets in the file's setup header and in boot_params (the zero page), which
 * are the same. Source: Linux 6.1, Documentation/x86/boot.rst ("The Real-Mode Kernel Header") and
 * zero-page.rst.
 */
#ifndef FIRMWARE_BZIMAGE_PROTO_H
#define FIRMWARE_BZIMAGE_PROTO_H

#include <stdint.h>

enum bzimage_offset {
	BP_ACPI_RSDP_ADDR = 0x070,    /* u64 */
	BP_EXT_RAMDISK_IMAGE = 0x0c0, /* u32 each: upper halves */
	BP_EXT_RAMDISK_SIZE = 0x0c4,
	BP_EXT_CMD_LINE_PTR = 0x0c8,
	BP_E820_ENTRIES = 0x1e8, /* u8 */
	HDR_START = 0x1f1,
	HDR_SETUP_SECTS = 0x1f1,      /* u8 */
	HDR_SYSSIZE = 0x1f4,	      /* u32, units of 16 bytes */
	HDR_VID_MODE = 0x1fa,	      /* u16 */
	HDR_BOOT_FLAG = 0x1fe,	      /* u16, 0xaa55 */
	HDR_JUMP = 0x200,	      /* u8 0xeb, u8 distance: the header ends at 0x202 + distance */
	HDR_MAGIC = 0x202,	      /* "HdrS" */
	HDR_VERSION = 0x206,	      /* u16 */
	HDR_TYPE_OF_LOADER = 0x210,   /* u8 */
	HDR_LOADFLAGS = 0x211,	      /* u8 */
	HDR_CODE32_START = 0x214,     /* u32 */
	HDR_RAMDISK_IMAGE = 0x218,    /* u32 */
	HDR_RAMDISK_SIZE = 0x21c,     /* u32 */
	HDR_CMD_LINE_PTR = 0x228,     /* u32 */
	HDR_INITRD_ADDR_MAX = 0x22c,  /* u32 */
	HDR_KERNEL_ALIGNMENT = 0x230, /* u32 */
	HDR_RELOCATABLE = 0x234,      /* u8 */
	HDR_XLOADFLAGS = 0x236,	      /* u16, version >= 2.12 */
	HDR_CMDLINE_SIZE = 0x238,     /* u32 */
	HDR_SETUP_DATA = 0x250,	      /* u64 */
	HDR_PREF_ADDRESS = 0x258,     /* u64, version >= 2.10 */
	HDR_INIT_SIZE = 0x260,	      /* u32, version >= 2.10 */
	HDR_END_MAX = 0x290,	      /* what boot_params has room for */
	BP_E820_TABLE = 0x2d0,	      /* struct { u64 start, size; u32 type; } packed */
	BP_SIZE = 4096,
};

enum {
	BP_E820_ENTRY_SIZE = 20,
	BP_E820_ENTRIES_MAX = 128,
	HDR_VERSION_MIN = 0x20a, /* 2.10 (Linux 2.6.31): has all that is used here */
	HDR_VERSION_XLOADFLAGS = 0x20c,
	LOADFLAGS_LOADED_HIGH = 1 << 0,
	LOADFLAGS_CAN_USE_HEAP = 1 << 7,
	XLF_KERNEL_64 = 1 << 0,
	LOADER_UNDEFINED = 0xff, /* a loader without a number of its own */
	BZIMAGE_ENTRY_64 = 0x200,
};

#endif
