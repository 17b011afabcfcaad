/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/merge_copy.h"

#include <errno.h>
#include <stdlib.h>

#include "disk/changes.h"
#include "disk/disk_limits.h"

static void go_on(struct merge_copy *copy);

/* --- pieces ------------------------------------------------------------------------------------------ */

static void end_slot(struct merge_slot *slot, int result)
{
	struct merge_copy *copy = slot->copy;
	if (result && !copy->error)
		copy->error = result;
	copy->copied += slot->length;
	slot->is_busy = false;
	copy->busy--;
	go_on(copy);
}

static void on_written(struct disk_request *request, int result)
{
	end_slot(request->userdata, result);
}

static void write_slot(struct merge_slot *slot, enum disk_request_kind kind)
{
	slot->iov = (struct iovec){ slot->bytes, slot->length };
	slot->write = (struct disk_request){ .kind = kind,
					     .offset = slot->offset,
					     .length = slot->length,
					     .iov = &slot->iov,
					     .iov_count = kind == DISK_WRITE,
					     .on_done = on_written,
					     .userdata = slot };
	disk_submit(slot->copy->to, &slot->write);
}

static void on_read(struct io_op *op, int result)
{
	struct merge_slot *slot = list_entry(op, struct merge_slot, read);
	if (result)
		end_slot(slot, result);
	else
		write_slot(slot, DISK_WRITE);
}

static struct merge_slot *free_slot(struct merge_copy *copy)
{
	for (unsigned i = 0; i < MERGE_SLOTS; i++)
		if (!copy->slots[i].is_busy)
			return &copy->slots[i];
	return NULL;
}

static void start_slot(struct merge_copy *copy, const struct disk_extent *extent, uint64_t length)
{
	struct merge_slot *slot = free_slot(copy);
	slot->is_busy = true;
	copy->busy++;
	slot->offset = copy->position;
	slot->length = length;
	if (extent->kind == EXTENT_ZERO) {
		/* and nothing is freed: what the guest reads may still be there */
		write_slot(slot, DISK_WRITE_ZEROES);
		return;
	}
	slot->iov = (struct iovec){ slot->bytes, length };
	slot->read = (struct io_op){ .kind = IO_READ,
				     .fd = extent->fd,
				     .offset = extent->file_offset,
				     .length = length,
				     .iov = &slot->iov,
				     .iov_count = 1,
				     .on_done = on_read };
	io_submit(copy->from->io, &slot->read);
}

/* --- the way through the image ----------------------------------------------------------------------- */

/* False: nothing is left. */
static bool find_range(struct merge_copy *copy)
{
	if (copy->position < copy->range_end)
		return true;
	if (!copy->changes || !changes_take(copy->changes, copy->position, &copy->position, &copy->range_end))
		return false;
	copy->range_end = copy->range_end < copy->size ? copy->range_end : copy->size;
	return copy->position < copy->range_end;
}

static uint64_t piece_of(const struct merge_copy *copy, const struct disk_extent *extent)
{
	uint64_t edge = MERGE_PIECE - copy->position % MERGE_PIECE; /* pieces stay aligned to blocks */
	if (extent->kind != EXTENT_DATA)
		return extent->length;
	return extent->length < edge ? extent->length : edge;
}

/* 0, DISK_WAIT, -errno. */
static int step(struct merge_copy *copy)
{
	uint64_t left = copy->range_end - copy->position;
	struct disk_extent extent = { 0 };
	int result = copy->from->ops->map(copy->from, &copy->waiter, copy->position,
					  left < DISK_GIB ? left : DISK_GIB, false, &extent);
	if (result)
		return result;
	uint64_t length = piece_of(copy, &extent);
	if (extent.kind != EXTENT_PARENT)
		start_slot(copy, &extent, length);
	copy->position += length;
	return 0;
}

static void on_turn(struct io_op *op, int result)
{
	struct merge_copy *copy = list_entry(op, struct merge_copy, turn_op);
	copy->is_turning = false;
	go_on(copy);
}

/* The rest of the machine has its turn, too. */
static void turn(struct merge_copy *copy)
{
	copy->is_turning = true;
	copy->turn_op = (struct io_op){ .kind = IO_NOP, .on_done = on_turn };
	io_submit(copy->from->io, &copy->turn_op);
}

static void end_round(struct merge_copy *copy)
{
	copy->is_running = false;
	if (!copy->error && copy->is_stopped)
		copy->error = -ECANCELED;
	copy->on_done(copy);
}

static void go_on(struct merge_copy *copy)
{
	unsigned steps = 0;
	if (copy->is_waiting || copy->is_turning)
		return;
	while (!copy->error && !copy->is_stopped && copy->busy < MERGE_SLOTS && find_range(copy)) {
		if (steps++ == DISK_STEPS_MAX) {
			turn(copy);
			return;
		}
		int result = step(copy);
		copy->is_waiting = result == DISK_WAIT;
		if (copy->is_waiting)
			return;
		if (result)
			copy->error = result;
	}
	if (!copy->busy)
		end_round(copy);
}

static void on_resume(struct disk_waiter *waiter)
{
	struct merge_copy *copy = list_entry(waiter, struct merge_copy, waiter);
	copy->is_waiting = false;
	if (waiter->error && !copy->error)
		copy->error = waiter->error;
	go_on(copy);
}

/* --- rounds ------------------------------------------------------------------------------------------ */

int merge_copy_init(struct merge_copy *copy, struct disk *from, struct disk *to)
{
	*copy = (struct merge_copy){ .from = from, .to = to };
	if (posix_memalign((void **)&copy->bytes, 4096, (size_t)MERGE_SLOTS * MERGE_PIECE))
		return -ENOMEM;
	for (unsigned i = 0; i < MERGE_SLOTS; i++) {
		copy->slots[i].copy = copy;
		copy->slots[i].bytes = copy->bytes + (size_t)i * MERGE_PIECE;
	}
	copy->waiter.resume = on_resume;
	list_init(&copy->waiter.link);
	return 0;
}

void merge_copy_deinit(struct merge_copy *copy)
{
	free(copy->bytes);
	copy->bytes = NULL;
}

void merge_copy_begin(struct merge_copy *copy, struct disk_changes *changes)
{
	copy->changes = changes;
	copy->size = copy->from->size;
	copy->position = 0;
	copy->range_end = changes ? 0 : copy->size;
	copy->error = 0;
	copy->is_running = true;
	turn(copy); /* on_done() comes inside disk_io_poll() only */
}

void merge_copy_stop(struct merge_copy *copy)
{
	copy->is_stopped = true;
}
