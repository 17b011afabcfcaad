/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dynamic memory: what balloon.c and hot_add.c share. */
#ifndef VSP_BALLOON_PRIV_H
#define VSP_BALLOON_PRIV_H

#include "vsp/balloon/balloon.h"
#include "vsp/balloon/balloon_proto.h"

#define RETRY_NS 5000000000u

/*
 * The guest allocates what is asked for before it answers, so it is asked in pieces. It reads at most a page
 * of a message.
 */
enum { BALLOON_PAGE = 4096, PIECE_PAGES = 32768, PACKET_MAX = 8192 };

enum dm_state { DM_CLOSED, DM_OPEN, DM_VERSION_AGREED, DM_READY };
enum dm_waiting { WAITS_FOR_NOTHING, WAITS_FOR_BALLOON, WAITS_FOR_UNBALLOON, WAITS_FOR_HOT_ADD };

struct balloon {
	struct vmbus_device *device;
	struct vmbus_channel *channel;
	struct loop_timer *timer;
	struct balloon_config config;
	enum dm_state state;
	enum dm_waiting waiting;
	uint32_t transaction;
	uint64_t capabilities;
	uint64_t wanted; /* pages that the guest is to have */
	uint64_t added, ballooned;
	uint64_t asked;	 /* how many it was asked to add */
	uint64_t before; /* how many were ballooned when it was asked */
	bool cannot_add; /* the guest said so; until its driver comes anew */
	uint64_t *bits;	 /* of each page: given away */
	uint64_t page_end;
	uint64_t scan; /* where the search for given pages goes on */
};

/* balloon.c */
int balloon_send(struct balloon *balloon, void *message, size_t size, enum dm_type type);
void balloon_go_on(struct balloon *balloon);
void balloon_retry(struct balloon *balloon); /* later */

/* hot_add.c */
void balloon_hot_add(struct balloon *balloon, uint64_t pages);
void balloon_hot_added(struct balloon *balloon, const struct dm_hot_add_response *response);

#endif
