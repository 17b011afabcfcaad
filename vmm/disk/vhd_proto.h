/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VHD as it lies in a file: "Virtual Hard Disk Image Format Specification" 1.0. Big-endian; read with get_be*(). */
#ifndef DISK_VHD_PROTO_H
#define DISK_VHD_PROTO_H

#include <assert.h>
#include <stdint.h>

enum {
	VHD_SECTOR = 512,
	VHD_FOOTER_SIZE = 512,
	VHD_HEADER_SIZE = 1024,
	VHD_LOCATORS = 8,
	VHD_VERSION = 0x00010000,
	VHD_FEATURES = 2, /* "reserved", always set */
};

enum vhd_type {
	VHD_TYPE_FIXED = 2,
	VHD_TYPE_DYNAMIC = 3,
	VHD_TYPE_DIFFERENCING = 4,
};

#define VHD_UNUSED_ENTRY 0xffffffffu
#define VHD_NO_OFFSET	 UINT64_MAX
#define VHD_EPOCH	 946684800 /* 2000-01-01 00:00:00 UTC in Unix time: "Time Stamp" */

/* "Hard Disk Footer Format": the last 512 bytes; a copy at 0 unless fixed */
struct vhd_footer {
	char cookie[8]; /* "conectix" */
	uint8_t features[4];
	uint8_t version[4];
	uint8_t data_offset[8]; /* of the dynamic header; all ones when fixed */
	uint8_t timestamp[4];
	char creator_application[4];
	uint8_t creator_version[4];
	char creator_host[4];
	uint8_t original_size[8];
	uint8_t current_size[8];
	uint8_t cylinders[2];
	uint8_t heads;
	uint8_t sectors_per_track;
	uint8_t disk_type[4];
	uint8_t checksum[4]; /* ones' complement of the sum of all other bytes */
	uint8_t unique_id[16];
	uint8_t saved_state;
	uint8_t reserved[427];
} __attribute__((packed));
static_assert(sizeof(struct vhd_footer) == VHD_FOOTER_SIZE, "Hard Disk Footer Format");

/* "Parent Locator Entries" */
struct vhd_locator {
	char platform_code[4];
	uint8_t data_space[4];
	uint8_t data_length[4]; /* bytes */
	uint8_t reserved[4];
	uint8_t data_offset[8]; /* in the file */
} __attribute__((packed));
static_assert(sizeof(struct vhd_locator) == 24, "Parent Locator Entries");

/* "Dynamic Disk Header Format" */
struct vhd_header {
	char cookie[8]; /* "cxsparse" */
	uint8_t data_offset[8];
	uint8_t table_offset[8];
	uint8_t version[4];
	uint8_t max_table_entries[4];
	uint8_t block_size[4]; /* without the bitmap */
	uint8_t checksum[4];
	uint8_t parent_id[16];
	uint8_t parent_timestamp[4];
	uint8_t reserved[4];
	uint8_t parent_name[512]; /* UTF-16BE */
	struct vhd_locator locators[VHD_LOCATORS];
	uint8_t reserved2[256];
} __attribute__((packed));
static_assert(sizeof(struct vhd_header) == VHD_HEADER_SIZE, "Dynamic Disk Header Format");

#endif
