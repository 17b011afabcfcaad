/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an image itself has, into its parent, while both are in use: a few pieces at a time, on the thread of their queue.
 * Of an image that is written meanwhile a piece may come out as a mixture: whoever wants it whole watches its changes
 * (changes.h) and has those copied once more.
 */
#ifndef DISK_MERGE_COPY_H
#define DISK_MERGE_COPY_H

#include "disk/disk_priv.h"

struct disk_changes;

enum { MERGE_SLOTS = 4, MERGE_PIECE = 512 << 10 };

struct merge_slot {
	struct merge_copy *copy;
	struct io_op read;
	struct disk_request write;
	struct iovec iov;
	uint8_t *bytes;
	uint64_t offset, length;
	bool is_busy;
};

struct merge_copy {
	struct disk *from, *to;			  /* `from` is read in its file, so that it may be held */
	struct disk_changes *changes;		  /* NULL: all that it has */
	void (*on_done)(struct merge_copy *copy); /* inside disk_io_poll(), once for each begin */

	struct merge_slot slots[MERGE_SLOTS];
	uint8_t *bytes;
	unsigned busy;
	uint64_t position, range_end, size;
	struct disk_waiter waiter; /* for a piece of metadata */
	struct io_op turn_op;
	bool is_waiting, is_turning, is_stopped, is_running;
	uint64_t copied; /* bytes, of all rounds */
	int error;	 /* of this round */
};

int merge_copy_init(struct merge_copy *copy, struct disk *from, struct disk *to);
void merge_copy_deinit(struct merge_copy *copy); /* nothing is under way */
void merge_copy_begin(struct merge_copy *copy, struct disk_changes *changes);
/* It ends soon, with -ECANCELED: on_done() comes. */
void merge_copy_stop(struct merge_copy *copy);

#endif
