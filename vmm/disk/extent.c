/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of a request: where each lies in which file of the chain, and its file operation. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk/request.h"

enum { INLINE_IOV = 8 };

/* One extent on its way to or from a file. */
struct extent_op {
	struct io_op op;
	struct disk_request *request;
	struct disk_extent extent;
	struct iovec *iov;
	struct iovec inline_iov[INLINE_IOV];
};

static void extent_op_free(struct extent_op *extent_op)
{
	if (extent_op->iov != extent_op->inline_iov)
		free(extent_op->iov);
	free(extent_op);
}

static void on_extent_done(struct io_op *op, int result)
{
	struct extent_op *extent_op = list_entry(op, struct extent_op, op);
	struct disk_request *request = extent_op->request;
	struct disk *disk = request->state.disk;
	if (result && !request->state.error)
		request->state.error = result;
	if (extent_op->extent.bitmap)
		disk->ops->written(disk, &extent_op->extent, result != 0);
	extent_op_free(extent_op);
	request_put(request);
}

/* How many elements of the request's list the next `length` bytes touch. */
static unsigned count_iov(const struct disk_request *request, uint64_t length)
{
	unsigned count = 0;
	size_t skip = request->state.iov_offset;
	for (unsigned i = request->state.iov_index; length && i < request->iov_count; i++, skip = 0) {
		size_t here = request->iov[i].iov_len - skip;
		length -= here < length ? here : length;
		count++;
	}
	return count;
}

/* Takes the next `length` bytes off the request's list; writes the slices to `to` unless NULL, clears them if
 * asked. */
static void take_iov(struct disk_request *request, uint64_t length, struct iovec *to, bool clears)
{
	while (length && request->state.iov_index < request->iov_count) {
		const struct iovec *from = &request->iov[request->state.iov_index];
		size_t left = from->iov_len - request->state.iov_offset;
		size_t take = left < length ? left : (size_t)length;
		char *base = (char *)from->iov_base + request->state.iov_offset;
		if (to)
			*to++ = (struct iovec){ base, take };
		if (clears)
			memset(base, 0, take);
		length -= take;
		request->state.iov_offset += take;
		if (take == left) {
			request->state.iov_index++;
			request->state.iov_offset = 0;
		}
	}
}

static int extent_op_new(struct disk_request *request, const struct disk_extent *extent,
			 struct extent_op **ret_extent_op)
{
	bool has_data = request->kind == DISK_READ || request->kind == DISK_WRITE;
	unsigned count = has_data ? count_iov(request, extent->length) : 0;
	struct extent_op *extent_op = malloc(sizeof(*extent_op));
	if (!extent_op)
		return -ENOMEM;
	extent_op->iov = extent_op->inline_iov;
	if (count > INLINE_IOV)
		extent_op->iov = malloc(count * sizeof(struct iovec));
	if (!extent_op->iov) {
		free(extent_op);
		return -ENOMEM;
	}
	extent_op->request = request;
	extent_op->extent = *extent;
	extent_op->op = (struct io_op){ .fd = extent->fd,
					.offset = extent->file_offset,
					.length = extent->length,
					.iov = extent_op->iov,
					.iov_count = count,
					.on_done = on_extent_done };
	*ret_extent_op = extent_op;
	return 0;
}

static enum io_kind extent_io_kind(const struct disk_request *request)
{
	switch (request->kind) {
	case DISK_READ: return IO_READ;
	case DISK_WRITE: return IO_WRITE;
	case DISK_UNMAP: return IO_PUNCH;
	default:
		return request->flags & DISK_MAY_UNMAP && request->state.disk->has_unmap ? IO_PUNCH : IO_ZERO;
	}
}

int extent_start(struct disk_request *request, struct disk_extent *extent)
{
	struct disk *disk = request->state.disk;
	struct extent_op *extent_op;
	if (extent->kind == EXTENT_DONE)
		return 0;
	if (extent->kind == EXTENT_ZERO) {
		take_iov(request, extent->length, NULL, true);
		return 0;
	}
	int error = extent_op_new(request, extent, &extent_op);
	if (error) {
		if (extent->bitmap)
			disk->ops->written(disk, extent, true);
		return error;
	}
	extent_op->op.kind = extent_io_kind(request);
	extent_op->op.is_durable = request->kind == DISK_WRITE && request->flags & DISK_FUA;
	extent_op->op.is_cached = request->kind == DISK_WRITE;
	if (request->kind == DISK_READ || request->kind == DISK_WRITE)
		take_iov(request, extent->length, extent_op->iov, false);
	else
		request->state.needs_flush = true;
	request->state.pending++;
	io_submit(disk->io, &extent_op->op);
	return 0;
}

/* Down the chain until an image knows the bytes. */
static int map_read(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		    struct disk_extent *extent)
{
	for (; disk; disk = disk->parent) {
		if (offset >= disk->size) { /* a child that was made larger than its parent */
			*extent = (struct disk_extent){ .kind = EXTENT_ZERO, .length = length };
			return 0;
		}
		if (length > disk->size - offset)
			length = disk->size - offset;
		int result = disk->ops->map(disk, waiter, offset, length, false, extent);
		if (result || extent->kind != EXTENT_PARENT)
			return result;
		length = extent->length;
	}
	return -ENXIO; /* opened without its parent */
}

int extent_map(struct disk_request *request, uint64_t offset, uint64_t length, struct disk_extent *extent)
{
	struct disk *disk = request->state.disk;
	struct disk_waiter *waiter = &request->state.waiter;
	switch (request->kind) {
	case DISK_READ: return map_read(disk, waiter, offset, length, extent);
	case DISK_WRITE: return disk->ops->map(disk, waiter, offset, length, true, extent);
	case DISK_UNMAP: return disk->ops->discard(disk, waiter, offset, length, DISCARD_MAY_UNMAP, extent);
	default:
		return disk->ops->discard(
		    disk, waiter, offset, length,
		    DISCARD_MUST_ZERO | (request->flags & DISK_MAY_UNMAP ? DISCARD_MAY_UNMAP : 0), extent);
	}
}
