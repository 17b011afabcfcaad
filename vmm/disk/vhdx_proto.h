/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VHDX as it lies in a file: [MS-VHDX] 2.2 to 2.6. Little-endian throughout; read with get_le*(). */
#ifndef DISK_VHDX_PROTO_H
#define DISK_VHDX_PROTO_H

#include <assert.h>
#include <stdint.h>

/* 2.2: the header section, the file's first MiB */
#define VHDX_HEADER_OFFSET(i)	    (65536u * ((i) + 1))
#define VHDX_REGION_TABLE_OFFSET(i) (65536u * ((i) + 3))

enum {
	VHDX_UNIT = 1 << 20, /* all regions and blocks start at and have the length of multiples of this */
	VHDX_PAGE = 4096,
	VHDX_HEADER_SIZE = 4096,
	VHDX_TABLE_SIZE = 65536,
	VHDX_TABLE_ENTRIES_MAX = 2047,
	VHDX_ITEM_OFFSET_MIN = 65536,
};

/* 2.5: sectors whose bits fill one sector bitmap block of 1 MiB */
#define VHDX_CHUNK_SECTORS (1u << 23)

/* 2.2.1 */
struct vhdx_file_identifier {
	char signature[8];    /* "vhdxfile" */
	uint8_t creator[512]; /* UTF-16 */
} __attribute__((packed));
static_assert(sizeof(struct vhdx_file_identifier) == 520, "MS-VHDX 2.2.1");

/* 2.2.2 */
struct vhdx_header {
	char signature[4];   /* "head" */
	uint8_t checksum[4]; /* CRC-32C of the 4 KiB with this field zero */
	uint8_t sequence_number[8];
	uint8_t file_write_guid[16];
	uint8_t data_write_guid[16];
	uint8_t log_guid[16]; /* zero: no log to replay */
	uint8_t log_version[2];
	uint8_t version[2];
	uint8_t log_length[4];
	uint8_t log_offset[8];
	uint8_t reserved[4016];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_header) == VHDX_HEADER_SIZE, "MS-VHDX 2.2.2");

/* 2.2.3 */
struct vhdx_region_table {
	char signature[4];   /* "regi" */
	uint8_t checksum[4]; /* of the 64 KiB */
	uint8_t entry_count[4];
	uint8_t reserved[4];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_region_table) == 16, "MS-VHDX 2.2.3.1");

struct vhdx_region_entry {
	uint8_t guid[16];
	uint8_t file_offset[8];
	uint8_t length[4];
	uint8_t flags[4]; /* bit 0: required */
} __attribute__((packed));
static_assert(sizeof(struct vhdx_region_entry) == 32, "MS-VHDX 2.2.3.2");

/* 2.3.1.1 */
struct vhdx_log_header {
	char signature[4];   /* "loge" */
	uint8_t checksum[4]; /* of the whole entry */
	uint8_t entry_length[4];
	uint8_t tail[4];
	uint8_t sequence_number[8];
	uint8_t descriptor_count[4];
	uint8_t reserved[4];
	uint8_t log_guid[16];
	uint8_t flushed_file_offset[8];
	uint8_t last_file_offset[8];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_log_header) == 64, "MS-VHDX 2.3.1.1");

/* 2.3.1.2 and 2.3.1.3: "zero": a run of zeros; "desc": one page, its first 8 and last 4 bytes kept here */
struct vhdx_log_descriptor {
	char signature[4];
	uint8_t trailing_bytes[4]; /* desc only */
	union {
		uint8_t leading_bytes[8]; /* desc */
		uint8_t zero_length[8];	  /* zero */
	};
	uint8_t file_offset[8];
	uint8_t sequence_number[8];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_log_descriptor) == 32, "MS-VHDX 2.3.1.2");

/* 2.3.1.4 */
struct vhdx_log_data {
	char signature[4]; /* "data" */
	uint8_t sequence_high[4];
	uint8_t data[4084];
	uint8_t sequence_low[4];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_log_data) == VHDX_PAGE, "MS-VHDX 2.3.1.4");

/* 2.5.1: an entry of the block allocation table: state in bits 0-2, offset in MiB in bits 20-63 */
#define VHDX_BAT_STATE(entry)  ((unsigned)((entry)&7))
#define VHDX_BAT_OFFSET(entry) ((entry) >> 20 << 20)
enum vhdx_block_state {
	VHDX_BLOCK_NOT_PRESENT = 0,
	VHDX_BLOCK_UNDEFINED = 1,
	VHDX_BLOCK_ZERO = 2,
	VHDX_BLOCK_UNMAPPED = 3,
	VHDX_BLOCK_FULLY_PRESENT = 6, /* also: sector bitmap block present */
	VHDX_BLOCK_PARTIALLY_PRESENT = 7,
};

/* 2.6.1 */
struct vhdx_metadata_table {
	char signature[8]; /* "metadata" */
	uint8_t reserved[2];
	uint8_t entry_count[2];
	uint8_t reserved2[20];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_metadata_table) == 32, "MS-VHDX 2.6.1.1");

struct vhdx_metadata_entry {
	uint8_t item_id[16];
	uint8_t offset[4]; /* in the metadata region */
	uint8_t length[4];
	uint8_t flags[4];
	uint8_t reserved[4];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_metadata_entry) == 32, "MS-VHDX 2.6.1.2");

enum vhdx_metadata_flags {
	VHDX_METADATA_USER = 1 << 0,
	VHDX_METADATA_VIRTUAL_DISK = 1 << 1,
	VHDX_METADATA_REQUIRED = 1 << 2,
};

/* 2.6.2.1 */
struct vhdx_file_parameters {
	uint8_t block_size[4];
	uint8_t flags[4];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_file_parameters) == 8, "MS-VHDX 2.6.2.1");

enum vhdx_file_flags {
	VHDX_LEAVE_BLOCKS_ALLOCATED = 1 << 0, /* a fixed disk */
	VHDX_HAS_PARENT = 1 << 1,
};

/* 2.6.2.6 */
struct vhdx_locator_header {
	uint8_t locator_type[16];
	uint8_t reserved[2];
	uint8_t key_value_count[2];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_locator_header) == 20, "MS-VHDX 2.6.2.6.1");

struct vhdx_locator_entry {
	uint8_t key_offset[4]; /* from the start of the locator */
	uint8_t value_offset[4];
	uint8_t key_length[2]; /* bytes of UTF-16, without a NUL */
	uint8_t value_length[2];
} __attribute__((packed));
static_assert(sizeof(struct vhdx_locator_entry) == 12, "MS-VHDX 2.6.2.6.2");

/* GUIDs in file order */
#define VHDX_REGION_BAT                                                                                      \
	{                                                                                                    \
		{                                                                                            \
			0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42, 0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd,  \
			    0x4a, 0x08                                                                       \
		}                                                                                            \
	}
#define VHDX_REGION_METADATA                                                                                 \
	{                                                                                                    \
		{                                                                                            \
			0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b, 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f,  \
			    0x88, 0x6e                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_FILE_PARAMETERS                                                                            \
	{                                                                                                    \
		{                                                                                            \
			0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d, 0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44,  \
			    0xe7, 0x6b                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_DISK_SIZE                                                                                  \
	{                                                                                                    \
		{                                                                                            \
			0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48, 0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b,  \
			    0xf4, 0xb8                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_DISK_ID                                                                                    \
	{                                                                                                    \
		{                                                                                            \
			0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45, 0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00,  \
			    0xc7, 0x46                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_LOGICAL_SECTOR                                                                             \
	{                                                                                                    \
		{                                                                                            \
			0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47, 0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa,  \
			    0xab, 0x5f                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_PHYSICAL_SECTOR                                                                            \
	{                                                                                                    \
		{                                                                                            \
			0xc7, 0x48, 0xa3, 0xcd, 0x5d, 0x44, 0x71, 0x44, 0x9c, 0xc9, 0xe9, 0x88, 0x52, 0x51,  \
			    0xc5, 0x56                                                                       \
		}                                                                                            \
	}
#define VHDX_ITEM_PARENT_LOCATOR                                                                             \
	{                                                                                                    \
		{                                                                                            \
			0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45, 0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34,  \
			    0xab, 0x0c                                                                       \
		}                                                                                            \
	}
#define VHDX_LOCATOR_TYPE                                                                                    \
	{                                                                                                    \
		{                                                                                            \
			0xb7, 0xef, 0x4a, 0xb0, 0x9e, 0xd1, 0x81, 0x4a, 0xb7, 0x89, 0x25, 0xb8, 0xe9, 0x44,  \
			    0x59, 0x13                                                                       \
		}                                                                                            \
	}

#endif
