/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dynamic memory on the wire, as in Linux's drivers/hv/hv_balloon.c. No pipe header stands before these
 * messages. */
#ifndef VSP_BALLOON_PROTO_H
#define VSP_BALLOON_PROTO_H

#include <assert.h>
#include <stdint.h>

enum dm_type {
	DM_VERSION_REQUEST = 1, /* of the guest */
	DM_VERSION_RESPONSE = 2,
	DM_CAPABILITIES = 3, /* of the guest */
	DM_CAPABILITIES_RESPONSE = 4,
	DM_STATUS = 5, /* of the guest, every second */
	DM_BALLOON = 6,
	DM_BALLOON_RESPONSE = 7,
	DM_UNBALLOON = 8,
	DM_UNBALLOON_RESPONSE = 9,
	DM_HOT_ADD = 10,
	DM_HOT_ADD_RESPONSE = 11,
	DM_INFO = 12,
};

enum dm_version { DM_VERSION_0_3 = 0x00003, DM_VERSION_1_0 = 0x10000, DM_VERSION_2_0 = 0x20000 };

enum dm_capability { DM_CAN_BALLOON = 1, DM_CAN_HOT_ADD = 2 };

struct dm_header {
	uint16_t type, size;
	uint32_t transaction;
} __attribute__((packed));
static_assert(sizeof(struct dm_header) == 8, "header");

struct dm_version_request {
	struct dm_header header;
	uint32_t version;
	uint32_t is_last;
} __attribute__((packed));
static_assert(sizeof(struct dm_version_request) == 16, "version");

/* Of versions and capabilities. */
struct dm_accepted {
	struct dm_header header;
	uint64_t is_accepted;
} __attribute__((packed));
static_assert(sizeof(struct dm_accepted) == 16, "accepted");

struct dm_capabilities {
	struct dm_header header;
	uint64_t capabilities; /* bits 2..5: hot add in units of 2^n MiB */
	uint64_t min_pages, max_page;
} __attribute__((packed));
static_assert(sizeof(struct dm_capabilities) == 32, "capabilities");

struct dm_status {
	struct dm_header header;
	uint64_t available, committed, page_file, zero_free; /* pages */
	uint32_t page_file_writes, io_difference;
} __attribute__((packed));
static_assert(sizeof(struct dm_status) == 48, "status");

struct dm_balloon {
	struct dm_header header;
	uint32_t pages;
	uint32_t reserved;
} __attribute__((packed));
static_assert(sizeof(struct dm_balloon) == 16, "balloon");

/* A range: bits 0..39 the first page, 40..63 how many. */
struct dm_ranges { /* of DM_BALLOON_RESPONSE; ranges follow */
	struct dm_header header;
	uint32_t reserved;
	uint32_t more_and_count; /* bit 0: more messages follow; the rest: ranges */
} __attribute__((packed));
static_assert(sizeof(struct dm_ranges) == 16, "balloon response");

struct dm_unballoon { /* ranges follow */
	struct dm_header header;
	uint32_t has_more;
	uint32_t range_count;
} __attribute__((packed));
static_assert(sizeof(struct dm_unballoon) == 16, "unballoon");

struct dm_hot_add { /* a region may follow; without one the guest makes it */
	struct dm_header header;
	uint64_t range;
} __attribute__((packed));
static_assert(sizeof(struct dm_hot_add) == 16, "hot add");

struct dm_hot_add_response {
	struct dm_header header;
	uint32_t pages;
	uint32_t is_good;
} __attribute__((packed));
static_assert(sizeof(struct dm_hot_add_response) == 16, "hot add response");

struct dm_info_max_pages {
	struct dm_header header;
	uint32_t reserved;
	uint32_t info_size; /* of what follows: 16 */
	uint32_t info_type; /* 0: the most pages */
	uint32_t data_size; /* 8 */
	uint64_t pages;
} __attribute__((packed));
static_assert(sizeof(struct dm_info_max_pages) == 32, "info");

#endif
