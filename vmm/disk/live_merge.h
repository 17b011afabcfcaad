/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image goes into its parent while a guest uses the disk that both belong to.
 *
 * Images     "top" is what the guest has; "child" is it, or one of its parents; the child's parent gets what the child has.
 *            Afterwards nothing needs the child: of the top, the parent is the disk; of another one, the image above the child
 *            has that parent now.
 * Why the guest reads the same all the time
 *            The parent is written only where the child has data of its own, and there nothing is read through the child. An
 *            image never forgets what it has (a block of zeros stays one), so that holds for each piece from its copying on.
 *            Nothing of the parent is freed or moved, so what is being read there stays where it is. One struct disk does all
 *            that is read from and written to the parent's file, so there is no second view of its tables to become old.
 * After a crash
 *            The child opens with the parent as it is and as it was: it names both identities before the parent's first
 *            change (MS-VHDX 2.6.2.6.3, parent_linkage2). What was copied is not needed, and copying can begin again.
 * Who decides
 *            The caller, between "ready" and live_merge_keep(): whoever opens the disk then begins with the parent (or, when the
 *            child is not the top, finds the image above the child naming either), and both show the same. For that time the
 *            top's requests are held; the top is not written any more after it.
 * Locks      Readers' locks of the worker become a writer's one by one on descriptors that were opened for writing; at each
 *            moment one of the two is there (lock.c), so no other program can begin to write. A program that reads one of the
 *            images, or a child of theirs, keeps the merge from beginning (-EBUSY).
 * Threads    That of the disks' queue. live_merge_new(), _settle(), _keep() and _free() wait, so not inside disk_io_poll().
 * Limits     Of a top that is written all the time: LIVE_MERGE_ROUNDS, and a short last stand.
 */
#ifndef DISK_LIVE_MERGE_H
#define DISK_LIVE_MERGE_H

#include "disk/disk.h"

enum { LIVE_MERGE_ROUNDS = 3 };

struct live_merge;

struct live_merge_config {
	struct disk *top;
	/* For writing; taken, also when it fails. `above` -1: the child is the top, or the top is above it. */
	int child, parent, above;
	/* What the image above the child is to say of its parent. NULL when the child is the top. */
	const char *relative, *absolute;
	bool is_copied; /* an earlier merge was ready: only the image above the child is left */
	/*
	 * 0: live_merge_settle() may be called. -EAGAIN: the guest writes faster than this. Inside disk_io_poll(); once, and again
	 * whenever live_merge_settle() says so.
	 */
	void (*on_copied)(void *opaque, int error);
	void *opaque;
};

/* Whether the image behind this descriptor is in the disk's chain, and has a parent. */
bool live_merge_finds(struct disk *top, int child);
int live_merge_new(const struct live_merge_config *config, struct live_merge **ret_merge,
		   struct disk_error *error);
bool live_merge_is_of_top(const struct live_merge *merge);
void live_merge_progress(const struct live_merge *merge, uint64_t *ret_done, uint64_t *ret_size);
/* on_copied() comes soon, with -ECANCELED unless all is copied. */
void live_merge_cancel(struct live_merge *merge);
/* All is in the parent, and durable. 1: not yet, on_copied() comes again. Of a top: its requests are held from now on. */
int live_merge_settle(struct live_merge *merge, struct disk_error *error);
/*
 * After that. *ret_disk: the new top, which gets what the old one holds (disk_hand_over()); the old one is the caller's to close.
 * NULL: the top is the same as before.
 */
int live_merge_keep(struct live_merge *merge, struct disk **ret_disk, struct disk_error *error);
/* At any moment. What was not kept goes on as it was. NULL is fine; returns NULL. */
struct live_merge *live_merge_free(struct live_merge *merge);
/* From live_merge_settle() on: ends what the top holds with an error, while it goes on being held. */
void live_merge_fail_held(struct live_merge *merge);

#endif
