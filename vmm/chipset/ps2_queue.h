/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bytes that a PS/2 device wants to send. Private to the two devices. */
#ifndef CHIPSET_PS2_QUEUE_H
#define CHIPSET_PS2_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "state/state.h"

enum { PS2_QUEUE_SIZE = 256 };

struct ps2_queue {
	uint8_t bytes[PS2_QUEUE_SIZE];
	unsigned first, count;
	int last; /* for the resend command; -1 = none yet */
};

static inline void ps2_queue_clear(struct ps2_queue *queue)
{
	queue->first = queue->count = 0;
	queue->last = -1;
}

static inline unsigned ps2_queue_room(const struct ps2_queue *queue)
{
	return PS2_QUEUE_SIZE - queue->count;
}

/* Without room the byte is lost: callers look first where that matters. */
static inline void ps2_queue_put(struct ps2_queue *queue, uint8_t byte)
{
	if (queue->count < PS2_QUEUE_SIZE)
		queue->bytes[(queue->first + queue->count++) % PS2_QUEUE_SIZE] = byte;
}

static inline int ps2_queue_take(struct ps2_queue *queue)
{
	if (queue->count == 0)
		return -1;
	queue->last = queue->bytes[queue->first];
	queue->first = (queue->first + 1) % PS2_QUEUE_SIZE;
	queue->count--;
	return queue->last;
}

static inline void ps2_queue_state(struct ps2_queue *queue, struct state *state)
{
	int32_t last = queue->last;

	state_bytes(state, queue->bytes, sizeof(queue->bytes));
	state_u32_max(state, &queue->first, PS2_QUEUE_SIZE - 1);
	state_u32_max(state, &queue->count, PS2_QUEUE_SIZE);
	state_i32(state, &last);
	queue->last = last < 0 ? -1 : last & 0xff;
}

#endif
