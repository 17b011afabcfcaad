/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at an image without changing it, or repairing what opening it for writing repairs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/job.h"

/* Takes `fd`. */
static int repair(struct disk_io *io, int fd, const struct disk_open_options *options,
		  struct disk_error *error)
{
	struct disk_open_options writable = *options;
	struct disk *disk;
	writable.writable = true;
	int result = disk_open(io, fd, &writable, &disk, error);
	if (result)
		return result;
	/* A session that changes nothing: the log is emptied, the end is cut, a lost footer comes back. */
	if (disk->ops->touch)
		result = disk->ops->touch(disk);
	int close_error = disk_close(disk);
	return result ? result : close_error;
}

/* Takes `fd`. */
static int repair_copy(struct disk_io *io, int fd, const struct disk_open_options *options,
		       struct disk_error *error)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	int result = copy < 0 ? -errno : repair(io, copy, options, error);
	if (result)
		close(fd);
	return result;
}

static bool is_about_content(int result)
{
	return result == -EUCLEAN || result == -EPROTONOSUPPORT || result == -EMEDIUMTYPE;
}

int disk_check(struct disk_io *io, int fd, const char *name, enum disk_format format, bool wants_repair,
	       struct disk_check *ret_check)
{
	struct disk_open_options options = { .format = format, .no_parent = true, .path = name };
	struct disk *disk;
	memset(ret_check, 0, sizeof(*ret_check));
	int result = wants_repair ? repair_copy(io, fd, &options, &ret_check->error) : 0;
	if (!result)
		result = disk_open(io, fd, &options, &disk, &ret_check->error);
	if (result)
		return is_about_content(result) ? 0 : result;
	ret_check->is_openable = true;
	ret_check->needs_replay = disk->log_replayed;
	ret_check->leaked_bytes = disk->ops->count_leaked ? disk->ops->count_leaked(disk) : 0;
	disk_close(disk);
	return 0;
}

int disk_check_path(struct disk_io *io, const char *path, enum disk_format format, bool wants_repair,
		    struct disk_check *ret_check)
{
	memset(ret_check, 0, sizeof(*ret_check));
	int fd = open(path, (wants_repair ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return disk_fail(&ret_check->error, -errno, "%s cannot be opened: %s.", path,
				 strerror(errno));
	return disk_check(io, fd, path, format, wants_repair, ret_check);
}

static int next_extent(struct disk *disk, uint64_t offset, struct disk_extent *extent)
{
	struct disk_sync_waiter waiter;
	int result;
	disk_sync_waiter_init(&waiter);
	while ((result = disk->ops->map(disk, &waiter.waiter, offset, disk->size - offset, false, extent)) ==
	       DISK_WAIT) {
		result = disk_wait(disk->io, &waiter);
		if (result)
			return result;
	}
	return result;
}

int disk_get_layout(struct disk *disk, struct disk_layout *ret_layout)
{
	uint64_t expected = UINT64_MAX; /* where the next byte would be if the run went on */
	memset(ret_layout, 0, sizeof(*ret_layout));
	for (uint64_t offset = 0; offset < disk->size;) {
		struct disk_extent extent = { 0 };
		int error = next_extent(disk, offset, &extent);
		if (error)
			return error;
		if (extent.kind == EXTENT_DATA) {
			ret_layout->data_bytes += extent.length;
			ret_layout->fragments += extent.file_offset != expected;
			expected = extent.file_offset + extent.length;
		} else {
			*(extent.kind == EXTENT_PARENT ? &ret_layout->parent_bytes
						       : &ret_layout->zero_bytes) += extent.length;
			expected = UINT64_MAX;
		}
		offset += extent.length;
	}
	return 0;
}
