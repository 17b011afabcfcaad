/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which parts of an open disk were changed since somebody began to watch: a bit for each region. A change is noted when its
 * request is over (also one that failed: it may have written a part), so what is under way is noted later.
 */
#ifndef DISK_CHANGES_H
#define DISK_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

struct disk;

struct disk_changes {
	struct disk *disk;
	uint8_t *bits;
	unsigned shift;		 /* a region has 1 << shift bytes */
	uint64_t regions, count; /* all, and those that were changed */
	bool is_larger;		 /* the disk has grown since, and something was changed behind its old end */
};

/* 0 or -ENOMEM. One at a time for a disk. */
int changes_watch(struct disk_changes *changes, struct disk *disk);
void changes_end(struct disk_changes *changes); /* also when nothing is watched */
void changes_note(struct disk_changes *changes, uint64_t offset, uint64_t length);
/* The next changed region at or behind `offset` counts as unchanged from now on; false: there is none. */
bool changes_take(struct disk_changes *changes, uint64_t offset, uint64_t *ret_start, uint64_t *ret_end);
uint64_t changes_bytes(const struct disk_changes *changes);

#endif
