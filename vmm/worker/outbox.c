/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/outbox.h"

#include <poll.h>
#include <string.h>

#define RETRY_NS 50000000ull

static void drop(struct outbox *outbox, unsigned index)
{
	link_message_free(outbox->waiting[index]);
	outbox->count--;
	memmove(outbox->waiting + index, outbox->waiting + index + 1,
		(outbox->count - index) * sizeof(outbox->waiting[0]));
	memmove(outbox->may_be_lost + index, outbox->may_be_lost + index + 1,
		(outbox->count - index) * sizeof(outbox->may_be_lost[0]));
}

/* Who is gone needs no message: its end of the socket closes, which the link's watch sees. */
static void send_waiting(struct outbox *outbox)
{
	while (outbox->count > 0 && link_send_now(outbox->fd, outbox->waiting[0]) != LINK_AGAIN)
		drop(outbox, 0);
}

static void on_retry(void *opaque)
{
	struct outbox *outbox = opaque;

	send_waiting(outbox);
	if (outbox->count > 0)
		loop_timer_set(outbox->retry, loop_now() + RETRY_NS);
}

/* The oldest that may be lost; else the oldest: what comes later says more about the state. */
static void make_room(struct outbox *outbox)
{
	unsigned index = 0;

	for (unsigned i = outbox->count; i > 0; i--)
		if (outbox->may_be_lost[i - 1])
			index = i - 1;
	drop(outbox, index);
}

void outbox_send(struct outbox *outbox, struct link_message *message, bool may_be_lost)
{
	if (outbox->count == 0 && link_send_now(outbox->fd, message) != LINK_AGAIN) {
		link_message_free(message);
		return;
	}
	if (outbox->count == OUTBOX_MAX)
		make_room(outbox);
	outbox->waiting[outbox->count] = message;
	outbox->may_be_lost[outbox->count++] = may_be_lost;
	if (outbox->retry && outbox->count == 1)
		loop_timer_set(outbox->retry, loop_now() + RETRY_NS);
}

void outbox_clear(struct outbox *outbox)
{
	while (outbox->count > 0)
		drop(outbox, outbox->count - 1);
}

void outbox_flush(struct outbox *outbox, unsigned timeout_ms)
{
	uint64_t end = loop_now() + timeout_ms * 1000000ull;

	send_waiting(outbox);
	while (outbox->count > 0 && loop_now() < end) {
		struct pollfd ready = { .fd = outbox->fd, .events = POLLOUT };

		poll(&ready, 1, (int)((end - loop_now()) / 1000000 + 1));
		send_waiting(outbox);
	}
}

int outbox_init(struct outbox *outbox, struct loop *loop, int fd)
{
	*outbox = (struct outbox){ .fd = fd };
	return loop_timer_new(loop, on_retry, outbox, &outbox->retry);
}

void outbox_deinit(struct outbox *outbox)
{
	outbox_clear(outbox);
	outbox->retry = loop_timer_free(outbox->retry);
}
