/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits to be sent to the server, in order. Threads: none of its own; client.c's lock. */
#ifndef RD_CLIENT_QUEUE_H
#define RD_CLIENT_QUEUE_H

#include "client/client.h"

#include <glib.h>

enum rd_action_kind {
	RD_ACTION_KEY,	     /* a: code, b: keysym, c: is down */
	RD_ACTION_POINTER,   /* a: x, b: y, c: buttons */
	RD_ACTION_CLIPBOARD, /* text, a: its size */
	RD_ACTION_RESIZE,    /* a: width, b: height */
	RD_ACTION_VISIBLE,   /* a: whether */
};

struct rd_action {
	enum rd_action_kind kind;
	uint32_t a, b, c;
	char *text;
};

struct rd_action_queue {
	GQueue actions;
};

/* Takes action.text. A pointer that only moved on replaces its last movement. */
void rd_action_queue_add(struct rd_action_queue *queue, struct rd_action action);
/* False: it is empty. The text becomes the caller's. */
bool rd_action_queue_take(struct rd_action_queue *queue, struct rd_action *ret_action);
void rd_action_queue_clear(struct rd_action_queue *queue);

#endif
