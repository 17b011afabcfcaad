/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copying whole disks: a few large reads and writes at a time, zeros neither read where known nor written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/file_range.h"
#include "disk/guid.h"
#include "disk/job.h"

enum { COPY_SLOTS = 8, COPY_PIECE = 1 << 20, WRITEBACK_STEP = 32 << 20 };

struct copy;

struct copy_slot {
	struct disk_request request;
	struct iovec iov;
	struct copy *copy;
	uint8_t *bytes;
	uint64_t offset, length;
	uint64_t at; /* in the piece: next byte to look at for writing */
	bool is_busy;
};

struct copy {
	struct disk *from, *to;
	struct copy_slot slots[COPY_SLOTS];
	unsigned busy;
	uint64_t done;
	int error;
	struct io_op writeback_op;
	uint64_t unwritten; /* bytes since the storage was told to begin */
	bool is_writing_back;
	bool only_own; /* merge: what `from` itself has; zeros count */
};

static void end_slot(struct copy_slot *slot, int result)
{
	struct copy *copy = slot->copy;
	if (result && !copy->error)
		copy->error = result;
	copy->done += slot->length;
	slot->is_busy = false;
	copy->busy--;
}

/* --- writeback: the storage works while copying goes on, and the flush at the end finds little left to do ---------- */

static int call_writeback(struct io_op *op)
{
	/* advice: the flush says whether it went well */
	sync_file_range(op->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

static void on_writeback(struct io_op *op, int result)
{
	list_entry(op, struct copy, writeback_op)->is_writing_back = false;
}

static void count_written(struct copy *copy, uint64_t length)
{
	copy->unwritten += length;
	if (copy->unwritten < WRITEBACK_STEP || copy->is_writing_back)
		return;
	copy->unwritten = 0;
	copy->is_writing_back = true;
	copy->writeback_op = (struct io_op){
		.kind = IO_CALL, .fd = copy->to->fd, .call = call_writeback, .on_done = on_writeback
	};
	io_submit(copy->to->io, &copy->writeback_op);
}

/* --- slots ----------------------------------------------------------------------------------------- */

/* The next run to write; false when only zeros are left. A merge writes all that the child has. */
static bool next_run(struct copy_slot *slot, uint64_t *ret_start, uint64_t *ret_length)
{
	if (!slot->copy->only_own)
		return next_data(slot->bytes, slot->length, &slot->at, ret_start, ret_length);
	*ret_start = slot->at;
	*ret_length = slot->length - slot->at;
	slot->at = slot->length;
	return *ret_length > 0;
}

static void write_next(struct copy_slot *slot);

static void on_written(struct disk_request *request, int result)
{
	struct copy_slot *slot = request->userdata;
	count_written(slot->copy, request->length);
	if (result)
		end_slot(slot, result);
	else
		write_next(slot);
}

static void write_next(struct copy_slot *slot)
{
	uint64_t start, length;
	if (!next_run(slot, &start, &length)) {
		end_slot(slot, 0);
		return;
	}
	slot->iov = (struct iovec){ slot->bytes + start, length };
	slot->request = (struct disk_request){ .kind = DISK_WRITE,
					       .offset = slot->offset + start,
					       .length = length,
					       .iov = &slot->iov,
					       .iov_count = 1,
					       .on_done = on_written,
					       .userdata = slot };
	disk_submit(slot->copy->to, &slot->request);
}

static void on_read(struct disk_request *request, int result)
{
	struct copy_slot *slot = request->userdata;
	if (result)
		end_slot(slot, result);
	else
		write_next(slot);
}

static void start_slot(struct copy_slot *slot, uint64_t offset, uint64_t length)
{
	slot->is_busy = true;
	slot->copy->busy++;
	slot->offset = offset;
	slot->length = length;
	slot->at = 0;
	slot->iov = (struct iovec){ slot->bytes, length };
	slot->request = (struct disk_request){ .kind = DISK_READ,
					       .offset = offset,
					       .length = length,
					       .iov = &slot->iov,
					       .iov_count = 1,
					       .on_done = on_read,
					       .userdata = slot };
	disk_submit(slot->copy->from, &slot->request);
}

static struct copy_slot *free_slot(struct copy *copy)
{
	while (copy->busy == COPY_SLOTS)
		disk_io_poll(copy->from->io, -1);
	for (unsigned i = 0; i < COPY_SLOTS; i++) {
		if (!copy->slots[i].is_busy)
			return &copy->slots[i];
	}
	return NULL;
}

/* Down the chain: does anything but zeros have to be expected here, and for how long does that hold? */
static int chain_status(struct disk *disk, uint64_t offset, uint64_t length, bool only_own,
			enum disk_status *ret_status, uint64_t *ret_length)
{
	for (;; disk = disk->parent) {
		if (!disk)
			return -ENXIO;
		if (offset >= disk->size) {
			*ret_status = DISK_STATUS_ZERO;
			*ret_length = length;
			return 0;
		}
		int error = disk_get_status(disk, offset, length, ret_status, &length);
		*ret_length = length;
		if (error || *ret_status != DISK_STATUS_PARENT || only_own)
			return error;
	}
}

/* One piece: skipped, zeroed (merge), or given to a slot. */
static int copy_piece(struct copy *copy, uint64_t offset, uint64_t *ret_length)
{
	uint64_t left = copy->from->size - offset, length;
	enum disk_status status;
	int error = chain_status(copy->from, offset, left < DISK_GIB ? left : DISK_GIB, copy->only_own,
				 &status, &length);
	if (error)
		return error;
	if (status == DISK_STATUS_DATA) {
		uint64_t to_edge = COPY_PIECE - offset % COPY_PIECE; /* pieces stay aligned to blocks */
		length = length < to_edge ? length : to_edge;
		struct copy_slot *slot = free_slot(copy);
		if (copy->error)
			return copy->error;
		start_slot(slot, offset, length);
	} else {
		copy->done += length;
		if (copy->only_own && status == DISK_STATUS_ZERO)
			error = disk_write_zeroes(copy->to, offset, length, DISK_MAY_UNMAP);
	}
	*ret_length = length;
	return error;
}

static int copy_all(struct copy *copy, const struct disk_job *job, struct disk_error *error)
{
	uint64_t size = copy->from->size;
	int result = 0;
	for (uint64_t offset = 0, length = 0; !result && offset < size; offset += length) {
		result = copy_piece(copy, offset, &length);
		if (!result)
			result = job_progress(job, copy->done, size, error);
	}
	while (copy->busy || copy->is_writing_back)
		disk_io_poll(copy->from->io, -1);
	return result ? result : copy->error;
}

static int run_copy(struct disk *from, struct disk *to, bool only_own, const struct disk_job *job,
		    struct disk_error *error)
{
	struct copy *copy = calloc(1, sizeof(*copy));
	uint8_t *bytes = NULL;
	int result =
	    copy && !posix_memalign((void **)&bytes, 4096, (size_t)COPY_SLOTS * COPY_PIECE) ? 0 : -ENOMEM;
	if (!result) {
		copy->from = from;
		copy->to = to;
		copy->only_own = only_own;
		for (unsigned i = 0; i < COPY_SLOTS; i++) {
			copy->slots[i].copy = copy;
			copy->slots[i].bytes = bytes + (size_t)i * COPY_PIECE;
		}
		result = copy_all(copy, job, error);
	}
	if (!result)
		result = disk_flush(to);
	if (!result)
		result = job_progress(job, from->size, from->size, error);
	free(bytes);
	free(copy);
	return result;
}

int disk_copy(struct disk *from, struct disk *to, const struct disk_job *job, struct disk_error *error)
{
	if (to->size < from->size)
		return disk_fail(error, -ENOSPC,
				 "The disk does not fit: it has %llu bytes, the new one %llu.",
				 (unsigned long long)from->size, (unsigned long long)to->size);
	int result = run_copy(from, to, false, job, error);
	return result ? disk_fail(error, result, "Copying failed: %s.", strerror(-result)) : 0;
}

int disk_convert_path(struct disk_io *io, const char *from_path, enum disk_format from_format,
		      const char *to_path, const struct disk_create_options *options,
		      const struct disk_job *job, struct disk_error *error)
{
	struct disk_open_options from_options = { .format = from_format }, to_options = { .writable = true };
	struct disk_create_options create = *options;
	struct disk *from = NULL, *to = NULL;
	int result = disk_open_path(io, from_path, &from_options, &from, error);
	if (result)
		return result;
	if (!create.size)
		create.size = from->size;
	/* A guest's file system knows its sector size. */
	if (!create.logical_sector)
		create.logical_sector = from->logical_sector == 2048 ? 512 : from->logical_sector;
	if (create.type == DISK_TYPE_DIFFERENCING)
		result = disk_fail(error, -EINVAL, "Converting makes fixed and dynamic disks.");
	if (!result)
		result = disk_create_path(io, to_path, &create, NULL, job, error);
	bool is_new = !result;
	to_options.format = create.format;
	if (!result)
		result = disk_open_path(io, to_path, &to_options, &to, error);
	if (!result)
		result = disk_copy(from, to, job, error);
	int close_error = disk_close(to);
	disk_close(from);
	if (!result && close_error)
		result = disk_fail(error, close_error, "%s could not be completed: %s.", to_path,
				   strerror(-close_error));
	if (result && is_new)
		unlink(to_path);
	return result;
}

/* --- merging --------------------------------------------------------------------------------------- */

int disk_merge(struct disk *child, struct disk *parent, const struct disk_job *job, struct disk_error *error)
{
	int result = 0;
	if (error)
		error->text[0] = 0;
	if (child->type != DISK_TYPE_DIFFERENCING || !child->link)
		return disk_fail(error, -EINVAL, "%s has no parent to merge into.", disk_path(child));
	bool is_second = !guid_is_zero(&child->second_id) && guid_equal(&child->second_id, &parent->data_id);
	if (!guid_equal(&child->link->id, &parent->data_id) && !is_second)
		return disk_fail(error, -ESTALE, "%s is not the parent of %s.", disk_path(parent),
				 disk_path(child));
	/*
	 * The parent's identity changes with its first write. The child names both, the new one and the present
	 * one, before that: it opens whenever this stops.
	 */
	if (parent->format == DISK_FORMAT_VHDX && !parent->has_prepared) {
		struct disk_parent_link *link = malloc(sizeof(*link));
		if (!link)
			return -ENOMEM;
		*link = *child->link;
		guid_make(&link->id);
		parent->next_id = link->id;
		parent->has_next_id = true;
		result = child->ops->set_parent(child, link, &parent->data_id);
		free(link);
	}
	if (!result && parent->size < child->size)
		result = disk_grow(parent, child->size, error);
	if (!result)
		result = run_copy(child, parent, true, job, error);
	return result ? disk_fail(error, result, "Merging failed: %s.", strerror(-result)) : 0;
}
