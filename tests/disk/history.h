/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a disk may hold after a crash, sector by sector: the version that was durable at the last flush, and every
 * version since. Writes carry a generation in their content (test_fill), so a sector tells which version it is.
 */
#ifndef DISK_TEST_HISTORY_H
#define DISK_TEST_HISTORY_H

#include "disk_test.h"

enum { HISTORY_ZERO = 0 }; /* the generation of zeros */

struct version {
	uint32_t generation;
	bool is_optional; /* an unmap, or a request that failed: may or may not have happened */
	uint64_t done_at; /* clock when it completed; UINT64_MAX: under way */
};

struct sector_history {
	struct version *versions; /* oldest first */
	uint32_t count, room;
};

struct history {
	struct sector_history *sectors;
	uint64_t size;
	uint32_t sector;
	uint64_t clock;
};

int history_init(struct history *history, uint64_t size, uint32_t sector);
void history_deinit(struct history *history);
void history_begin(struct history *history, uint64_t offset, uint64_t length, uint32_t generation,
		   bool is_optional);
/* The request ended. A failed one may have left any of its sectors either way. */
void history_end(struct history *history, uint64_t offset, uint64_t length, uint32_t generation,
		 bool has_failed);
/* A flush that began at `since` (history->clock then) succeeded. */
void history_flushed(struct history *history, uint64_t since);
/* A completed write with FUA: durable. */
void history_durable(struct history *history, uint64_t offset, uint64_t length, uint32_t generation);
/* Which generation these bytes are; UINT32_MAX when none. */
uint32_t history_identify(const uint8_t *bytes, uint64_t offset, uint32_t sector);
/* Every sector of the disk holds an allowed version. Says the first that does not. */
bool history_check(const struct history *history, struct disk *disk, const char *when);
/* Every sector holds the newest version (no crash; nothing under way). */
bool history_check_newest(const struct history *history, struct disk *disk, const char *when);

#endif
