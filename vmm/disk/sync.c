/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that the caller waits for, and closing. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/disk_priv.h"
#include "disk/file_range.h"

static void on_sync_resume(struct disk_waiter *waiter)
{
	list_entry(waiter, struct disk_sync_waiter, waiter)->is_resumed = true;
}

void disk_sync_waiter_init(struct disk_sync_waiter *waiter)
{
	*waiter = (struct disk_sync_waiter){ .waiter.resume = on_sync_resume };
	list_init(&waiter->waiter.link);
}

int disk_wait(struct disk_io *io, struct disk_sync_waiter *waiter)
{
	while (!waiter->is_resumed) {
		int error = disk_io_poll(io, -1);
		if (error)
			return error;
	}
	waiter->is_resumed = false;
	return waiter->waiter.error;
}

int disk_meta_get(struct disk *disk, uint64_t offset, struct meta_page **ret_page)
{
	struct disk_sync_waiter waiter;
	int result;
	disk_sync_waiter_init(&waiter);
	while ((result = meta_get(&disk->meta, offset, &waiter.waiter, ret_page)) == DISK_WAIT) {
		result = disk_wait(disk->io, &waiter);
		if (result)
			return result;
	}
	return result;
}

struct sync_result {
	bool is_done;
	int result;
};

static void on_sync_done(struct disk_request *request, int result)
{
	struct sync_result *sync = request->userdata;
	sync->is_done = true;
	sync->result = result;
}

static int run_request(struct disk *disk, struct disk_request *request)
{
	struct sync_result sync = { 0 };
	request->on_done = on_sync_done;
	request->userdata = &sync;
	disk->is_bypassing = true;
	disk_submit(disk, request);
	disk->is_bypassing = false;
	while (!sync.is_done)
		disk_io_poll(disk->io, -1);
	return sync.result;
}

/* In pieces of DISK_REQUEST_MAX. */
static int transfer(struct disk *disk, enum disk_request_kind kind, uint64_t offset, char *buffer,
		    uint64_t length)
{
	do {
		uint64_t piece = length < DISK_REQUEST_MAX ? length : DISK_REQUEST_MAX;
		struct iovec iov = { buffer, piece };
		struct disk_request request = {
			.kind = kind, .offset = offset, .length = piece, .iov = &iov, .iov_count = 1
		};
		int error = run_request(disk, &request);
		if (error)
			return error;
		offset += piece;
		buffer += piece;
		length -= piece;
	} while (length);
	return 0;
}

int disk_read(struct disk *disk, uint64_t offset, void *buffer, uint64_t length)
{
	return transfer(disk, DISK_READ, offset, buffer, length);
}

int disk_write(struct disk *disk, uint64_t offset, const void *buffer, uint64_t length)
{
	return transfer(disk, DISK_WRITE, offset, (char *)buffer, length);
}

int disk_write_zeroes(struct disk *disk, uint64_t offset, uint64_t length, unsigned flags)
{
	struct disk_request request = {
		.kind = DISK_WRITE_ZEROES, .flags = flags, .offset = offset, .length = length
	};
	return run_request(disk, &request);
}

int disk_unmap(struct disk *disk, uint64_t offset, uint64_t length)
{
	struct disk_request request = { .kind = DISK_UNMAP, .offset = offset, .length = length };
	return run_request(disk, &request);
}

int disk_flush(struct disk *disk)
{
	struct disk_request request = { .kind = DISK_FLUSH };
	return run_request(disk, &request);
}

int disk_get_status(struct disk *disk, uint64_t offset, uint64_t length, enum disk_status *ret_status,
		    uint64_t *ret_length)
{
	static const enum disk_status from_extent[] = {
		[EXTENT_DATA] = DISK_STATUS_DATA,
		[EXTENT_ZERO] = DISK_STATUS_ZERO,
		[EXTENT_PARENT] = DISK_STATUS_PARENT,
	};
	struct disk_extent extent = { 0 };
	struct disk_sync_waiter waiter;
	int result;
	if (offset >= disk->size || !length)
		return -ERANGE;
	if (length > disk->size - offset)
		length = disk->size - offset;
	disk_sync_waiter_init(&waiter);
	while ((result = disk->ops->map(disk, &waiter.waiter, offset, length, false, &extent)) == DISK_WAIT) {
		result = disk_wait(disk->io, &waiter);
		if (result)
			return result;
	}
	if (result)
		return result;
	bool is_hole = false;
	if (extent.kind == EXTENT_DATA)
		extent.length =
		    file_run(extent.fd, extent.file_offset, extent.length, disk->logical_sector, &is_hole);
	*ret_status = is_hole ? DISK_STATUS_ZERO : from_extent[extent.kind];
	*ret_length = extent.length;
	return 0;
}

static bool is_busy(const struct disk *disk)
{
	return disk->stats.in_flight || disk->is_committing || disk->meta.loading || disk->background;
}

int disk_drain(struct disk *disk)
{
	while (is_busy(disk)) {
		int error = disk_io_poll(disk->io, -1);
		if (error)
			return error;
	}
	return 0;
}

int disk_settle(struct disk *disk)
{
	int error = disk_drain(disk); /* first: requests under way make metadata dirty when they end */
	if (!error)
		error = disk_flush(disk);
	return error ? error : disk_drain(disk);
}

static int close_one(struct disk *disk)
{
	disk_set_hold_policy(disk, &(struct disk_hold_policy){ 0 });
	disk_fail_kept(disk);
	int error = disk_drain(disk);
	if (disk->is_writable && disk->has_changed) {
		int flush_error = disk_flush(disk);
		disk_drain(disk);
		error = error ? error : flush_error;
		/* After an error the image stays marked as in use: the next opening replays and checks. */
		if (!error)
			error = disk->ops->finish(disk);
	}
	io_timer_cancel(&disk->qos.timer);
	meta_deinit(&disk->meta);
	if (disk->has_lock)
		unlock_file(disk->fd);
	close(disk->fd);
	free(disk->path);
	free(disk->link);
	disk->ops->free(disk);
	return error;
}

int disk_close(struct disk *disk)
{
	int result = 0;
	while (disk) {
		struct disk *parent = disk->parent;
		int error = close_one(disk);
		result = result ? result : error;
		disk = parent;
	}
	return result;
}

struct disk *disk_parent(struct disk *disk)
{
	return disk->parent;
}

const char *disk_path(const struct disk *disk)
{
	return disk->path ? disk->path : "the disk";
}

int disk_get_parent_link(struct disk *disk, struct disk_parent_link *ret_link)
{
	if (!disk->link)
		return -ENOENT;
	*ret_link = *disk->link;
	return 0;
}

void disk_get_stats(struct disk *disk, struct disk_stats *ret_stats)
{
	*ret_stats = disk->stats;
}
