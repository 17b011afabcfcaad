/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What both directions share, and the barriers: the ring is a Dekker protocol in both directions (I store an
 * index, then look at yours), so a full barrier stands between each store and the load after it. The guest's
 * half is hv_signal_on_write() and hv_pkt_iter_close() of Linux.
 */
#include "vmbus/ring.h"

#include <errno.h>
#include <string.h>

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static bool is_index(const struct ring *ring, uint32_t index)
{
	return index < ring->size && index % 8 == 0;
}

/* From `from` forward to `to`. */
static uint32_t distance(const struct ring *ring, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : ring->size - from + to;
}

static uint32_t advance(const struct ring *ring, uint32_t index, uint32_t bytes)
{
	index += bytes;
	return index >= ring->size ? index - ring->size : index;
}

static int init(struct ring *ring, void *const *pages, uint32_t page_count)
{
	if (page_count < 2 || page_count > (1u << 19))
		return -EPROTO;
	*ring =
	    (struct ring){ .control = pages[0], .pages = pages + 1, .size = (page_count - 1) * VMBUS_PAGE };
	return 0;
}

static void copy_out(const struct ring *ring, uint32_t at, void *to, uint32_t bytes)
{
	while (bytes > 0) {
		uint32_t piece = VMBUS_PAGE - at % VMBUS_PAGE;

		if (piece > bytes)
			piece = bytes;
		memcpy(to, (const char *)ring->pages[at / VMBUS_PAGE] + at % VMBUS_PAGE, piece);
		to = (char *)to + piece;
		bytes -= piece;
		at = advance(ring, at, piece);
	}
}

static uint32_t copy_in(const struct ring *ring, uint32_t at, const void *from, uint32_t bytes)
{
	while (bytes > 0) {
		uint32_t piece = VMBUS_PAGE - at % VMBUS_PAGE;

		if (piece > bytes)
			piece = bytes;
		memcpy((char *)ring->pages[at / VMBUS_PAGE] + at % VMBUS_PAGE, from, piece);
		from = (const char *)from + piece;
		bytes -= piece;
		at = advance(ring, at, piece);
	}
	return at;
}

/* --- from the guest ------------------------------------------------------------------------------------- */

int ring_in_init(struct ring *ring, void *const *pages, uint32_t page_count)
{
	int r = init(ring, pages, page_count);

	if (r < 0)
		return r;
	ring->index = load(&ring->control->read);
	return is_index(ring, ring->index) && is_index(ring, load(&ring->control->write)) ? 0 : -EPROTO;
}

int ring_in_read(struct ring *ring, void *buffer, uint32_t max, uint32_t *ret_size)
{
	uint32_t write = load(&ring->control->write);
	struct vmbus_packet_head head;
	uint32_t bytes, available;

	if (write == ring->index)
		return 0;
	if (!is_index(ring, write))
		return -EPROTO;
	available = distance(ring, ring->index, write);
	if (available < sizeof(head) + VMBUS_RING_TRAILER)
		return -EPROTO;
	copy_out(ring, ring->index, &head, sizeof(head));
	bytes = head.length8 * 8u;
	if (bytes < sizeof(head) || bytes > max || bytes + VMBUS_RING_TRAILER > available ||
	    head.offset8 * 8u < sizeof(head) || head.offset8 > head.length8)
		return -EPROTO;
	memcpy(buffer, &head, sizeof(head));
	copy_out(ring, advance(ring, ring->index, sizeof(head)), (char *)buffer + sizeof(head),
		 bytes - (uint32_t)sizeof(head));
	ring->index = advance(ring, ring->index, bytes + VMBUS_RING_TRAILER);
	store(&ring->control->read, ring->index);
	*ret_size = bytes;
	return 1;
}

void ring_in_mask(struct ring *ring)
{
	store(&ring->control->interrupt_mask, 1);
}

bool ring_in_unmask(struct ring *ring)
{
	store(&ring->control->interrupt_mask, 0);
	full_barrier();
	return load(&ring->control->write) != ring->index;
}

uint32_t ring_in_free(const struct ring *ring)
{
	uint32_t write = load(&ring->control->write);

	return is_index(ring, write) ? ring->size - distance(ring, ring->index, write) : 0;
}

/* The guest waits when its pending size did not fit before; the read index was stored meanwhile. */
bool ring_in_must_signal(const struct ring *ring, uint32_t free_before)
{
	uint32_t pending;

	full_barrier();
	pending = load(&ring->control->pending_send_size);
	return pending != 0 && free_before <= pending && ring_in_free(ring) > pending;
}

/* --- to the guest --------------------------------------------------------------------------------------- */

int ring_out_init(struct ring *ring, void *const *pages, uint32_t page_count)
{
	int r = init(ring, pages, page_count);

	if (r < 0)
		return r;
	ring->index = ring->shown = load(&ring->control->write);
	return is_index(ring, ring->index) && is_index(ring, load(&ring->control->read)) ? 0 : -EPROTO;
}

int64_t ring_out_room(const struct ring *ring)
{
	uint32_t read = load(&ring->control->read);
	uint32_t unread;

	if (!is_index(ring, read))
		return -EPROTO;
	unread = distance(ring, read, ring->index);
	/* What the guest claims to have read lies between its last packet and what it can see. */
	if (unread < distance(ring, ring->shown, ring->index))
		return -EPROTO;
	return (int64_t)ring->size - unread - 8; /* full would look empty */
}

int ring_out_write(struct ring *ring, const struct iovec *parts, unsigned count)
{
	const uint64_t zero = 0, trailer = (uint64_t)ring->index << 32;
	size_t bytes = 0, padded;
	int64_t room;
	uint32_t at;

	for (unsigned i = 0; i < count; i++) {
		if (parts[i].iov_len > ring->size)
			return -EMSGSIZE;
		bytes += parts[i].iov_len;
	}
	padded = (bytes + 7) & ~(size_t)7;
	if (padded + VMBUS_RING_TRAILER > ring->size - 8)
		return -EMSGSIZE;
	room = ring_out_room(ring);
	if (room < 0)
		return (int)room;
	if ((int64_t)(padded + VMBUS_RING_TRAILER) > room)
		return -EAGAIN;
	at = ring->index;
	for (unsigned i = 0; i < count; i++)
		at = copy_in(ring, at, parts[i].iov_base, (uint32_t)parts[i].iov_len);
	at = copy_in(ring, at, &zero, (uint32_t)(padded - bytes));
	ring->index = copy_in(ring, at, &trailer, sizeof(trailer));
	return 0;
}

bool ring_out_show(struct ring *ring)
{
	uint32_t before = ring->shown;

	if (ring->index == before)
		return false;
	store(&ring->control->write, ring->index);
	ring->shown = ring->index;
	full_barrier();
	return load(&ring->control->interrupt_mask) == 0 && load(&ring->control->read) == before;
}

void ring_out_want_room(struct ring *ring, uint32_t bytes)
{
	store(&ring->control->pending_send_size, bytes);
	full_barrier();
}
