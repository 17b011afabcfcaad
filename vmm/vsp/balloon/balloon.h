/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dynamic memory: the guest tells how much memory it needs, gives pages away (the balloon) and gets them
 * back.
 *
 * Purpose    Keeps the guest's balloon at the size that balloon_set_target() says, as far as the guest gives:
 * a guest that needs its memory gives less, and is asked again later. Threads    The bus's loop. Limits One
 * bit for each page of guest memory. Trust      Pages that the guest gives away are dropped once each,
 * whatever it says; pages that are no RAM are not.
 */
#ifndef VSP_BALLOON_H
#define VSP_BALLOON_H

#include "vmbus/vmbus.h"

struct balloon;
struct loop;

struct balloon_status {	    /* pages of 4 KiB */
	uint64_t available; /* free, or easily made so */
	uint64_t committed; /* what the guest promised to its programs: its demand */
	uint64_t ballooned;
};

struct balloon_ops {
	void (*on_ready)(void *opaque, bool is_ready);
	/* Every second, when the guest has been up for some time. */
	void (*on_status)(void *opaque, const struct balloon_status *status);
	/* How many pages the guest has given away, after each change. */
	void (*on_ballooned)(void *opaque, uint64_t pages);
	/* The guest does not use these any more; false when they are no RAM. */
	bool (*discard)(void *opaque, uint64_t gpa, uint64_t size);
};

struct balloon_config {
	uint64_t memory_end; /* guest-physical; above all RAM */
	uint64_t pages;	     /* of RAM */
	const struct balloon_ops *ops;
	void *opaque;
};

int balloon_new(struct vmbus *bus, struct loop *loop, const struct balloon_config *config,
		struct balloon **ret_balloon);
struct balloon *balloon_free(struct balloon *balloon); /* the bus is stopped; NULL is fine; returns NULL */
/* How many pages the guest is to give away. It stays set over resets of the guest. */
void balloon_set_target(struct balloon *balloon, uint64_t pages);

#endif
