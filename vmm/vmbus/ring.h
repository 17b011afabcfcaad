/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a channel: a ring of packets in guest pages.
 *
 * Threads    The bus's loop.
 * Trust      The other end is the guest and writes where and when it likes: indices are read once and
 *            checked, our own index is kept here and only shown, packets are copied before anything in
 *            them is looked at.
 */
#ifndef VMBUS_RING_H
#define VMBUS_RING_H

#include "vmbus/vmbus_proto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct ring {
	struct vmbus_ring_control *control;
	void *const *pages; /* of the data; the owner's, valid as long as the ring is used */
	uint32_t size;	    /* of the data, in bytes */
	uint32_t index;	    /* ours: read index of an incoming ring, write index of an outgoing one */
	uint32_t shown;	    /* outgoing: the write index that the guest can see */
};

/* --- from the guest ------------------------------------------------------------------------------------- */

/* `pages` of the ring with its control page. -EPROTO: the indices make no sense. */
int ring_in_init(struct ring *ring, void *const *pages, uint32_t page_count);
/* Copies the next packet, without its trailer, to `buffer`. 1, 0: there is none, -EPROTO: nonsense, or larger
 * than `max`. */
int ring_in_read(struct ring *ring, void *buffer, uint32_t max, uint32_t *ret_size);
/* No signals please, while we are reading anyway; afterwards they are wanted again: true when packets came
 * meanwhile. */
void ring_in_mask(struct ring *ring);
bool ring_in_unmask(struct ring *ring);
/* After reading from a ring with `free_before` bytes of room: does the guest wait for what there is now? */
uint32_t ring_in_free(const struct ring *ring);
bool ring_in_must_signal(const struct ring *ring, uint32_t free_before);

/* --- to the guest --------------------------------------------------------------------------------------- */

int ring_out_init(struct ring *ring, void *const *pages, uint32_t page_count);
/* Bytes that fit, trailer included; a ring is never filled. -EPROTO. */
int64_t ring_out_room(const struct ring *ring);
/*
 * Puts a packet behind the others, padded to 8 bytes and with its trailer; ring_out_show() makes it visible.
 * 0, -EAGAIN: no room now, -EMSGSIZE: there never is, -EPROTO.
 */
int ring_out_write(struct ring *ring, const struct iovec *parts, unsigned count);
/* True when the guest must be interrupted for it. */
bool ring_out_show(struct ring *ring);
/* Asks for a signal when more than `bytes` are free; 0 takes it back. */
void ring_out_want_room(struct ring *ring, uint32_t bytes);

#endif
