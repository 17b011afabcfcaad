/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two halves of a viewer: the connection's thread (connection.c) and the caller's (client.c).
 *
 * Between them lie, under the lock: the picture, what the caller has not been told yet, and what has not been
 * sent yet. The thread decodes into a picture of its own and copies what an update changed at its end, so
 * that the lock is held for copies only, and never while somebody waits.
 */
#ifndef RD_CLIENT_PRIV_H
#define RD_CLIENT_PRIV_H

#include "client/damage.h"
#include "client/queue.h"
#include "client/rfb.h"

#include <glib.h>

/* What the caller is told next; many of a kind count once. */
struct rd_client_news {
	bool is_connected, has_size, has_shape, has_position, has_leds, has_bell;
	struct rd_client_damage damage;
	unsigned x, y, leds;
	struct rd_client_pointer shape; /* its pixels: owned */
	char *clipboard;
	char *reason; /* it ended */
};

struct rd_client {
	/* fixed */
	struct rd_client_config config;
	GSource *source; /* wakes the caller's context */
	GThread *thread;
	gint thread_id; /* atomic; the kernel's */
	int wake_fd;	/* eventfd: something is to be sent, or it is over */

	GMutex lock;
	/* under the lock */
	uint32_t *pixels;
	unsigned width, height;
	char *name;
	struct rd_client_news news;
	struct rd_action_queue queue;
	struct rd_client_statistics statistics;
	bool can_resize;
	bool is_over; /* the caller wants no more */

	/* the thread's */
	struct rd_rfb_client *rfb;
	struct rd_client_damage drawn; /* by the update that is being received */
	gint64 second_began;
	unsigned updates_of_second, rects_of_update;
	bool is_broken;

	/* the caller's */
	unsigned references; /* rd_client_free() inside a callback */
	bool is_freed;
	struct {
		uint16_t code;
		uint32_t keysym;
	} held_keys[64];
	unsigned held_key_count;
	unsigned x, y, buttons;
};

/* The thread's function; `client`. */
gpointer rd_client_run(gpointer client);
/* The lock is held: tells the caller's context that there is news. */
void rd_client_wake(struct rd_client *client);

#endif
