/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dynamic memory: the guest tells how much memory it needs, gives pages away (the balloon) and gets them
 * back, and gets memory above what it began with (hot add), which it can give away, too, but never unplugs.
 *
 * Purpose    Keeps the guest's memory at the size that balloon_set_size() says, as far as the guest does:
 *            one that needs its memory gives less, and is asked again later.
 * Threads    The bus's loop.
 * Limits     One bit for each page of guest memory.
 * Trust      Pages that the guest gives away are dropped once each, whatever it says; pages that are no RAM
 *            are not.
 */
#ifndef VSP_BALLOON_H
#define VSP_BALLOON_H

#include "vmbus/vmbus.h"

struct balloon;
struct loop;

struct balloon_status {	    /* pages of 4 KiB */
	uint64_t available; /* free, or easily made so */
	uint64_t demand;    /* what it promised to its programs, and a floor below which it should not go */
};

struct balloon_ops {
	void (*on_ready)(void *opaque, bool is_ready);
	/* Every second, when the guest has been up for some time. */
	void (*on_status)(void *opaque, const struct balloon_status *status);
	/* How many pages the guest has given away, after each change. */
	void (*on_ballooned)(void *opaque, uint64_t pages);
	/* The guest does not use these any more; false when they are no RAM. */
	bool (*discard)(void *opaque, uint64_t gpa, uint64_t size);
	/* The guest will be given so many pages of hot memory in all: they must be there when this returns.
	 * false: they cannot. */
	bool (*back)(void *opaque, uint64_t pages);
	/* It uses so many of them, and answers for that. */
	void (*on_added)(void *opaque, uint64_t pages);
};

struct balloon_config {
	uint64_t memory_end; /* guest-physical; above all RAM */
	uint64_t pages;	     /* of RAM at the beginning */
	uint64_t hot_first_page,
	    hot_pages; /* where hot memory goes, above all RAM, at a multiple of 2 GiB; 0: none */
	const struct balloon_ops *ops;
	void *opaque;
};

int balloon_new(struct vmbus *bus, struct loop *loop, const struct balloon_config *config,
		struct balloon **ret_balloon);
struct balloon *balloon_free(struct balloon *balloon); /* the bus is stopped; NULL is fine; returns NULL */
/* How many pages the guest is to have. It stays set over resets of the guest. */
void balloon_set_size(struct balloon *balloon, uint64_t pages);
/* The machine began anew: without hot memory. No channel is open. */
void balloon_restarted(struct balloon *balloon);

#endif
