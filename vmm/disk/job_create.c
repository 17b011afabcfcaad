/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/job.h"
#include "disk/vhd.h"
#include "disk/vhdx.h"

struct create_progress {
	const struct disk_job *job;
	struct disk_error *error;
};

static bool on_create_progress(void *userdata, uint64_t done, uint64_t total)
{
	struct create_progress *progress = userdata;
	return !job_progress(progress->job, done, total, progress->error);
}

static int fill_link(const struct disk_create_options *options, struct disk_parent_link *link,
		     struct disk_error *error)
{
	const char *relative = options->parent_relative ? options->parent_relative : "";
	const char *absolute = options->parent_absolute ? options->parent_absolute : "";
	if (!options->parent)
		return disk_fail(error, -EINVAL, "A differencing disk needs a parent.");
	if (options->parent->format != options->format)
		return disk_fail(error, -EINVAL, "A differencing disk has the format of its parent, %s.",
				 disk_format_name(options->parent->format));
	if (strlen(relative) >= sizeof(link->relative_path) ||
	    strlen(absolute) >= sizeof(link->absolute_path))
		return disk_fail(error, -ENAMETOOLONG, "The parent's path is too long.");
	link->format = options->format;
	link->id = options->parent->data_id;
	strcpy(link->relative_path, relative);
	strcpy(link->absolute_path, absolute);
	return 0;
}

static int create_raw(struct disk_io *io, int fd, const struct disk_create_options *options,
		      const struct disk_job *job, struct disk_error *error)
{
	int result = 0;
	if (options->type == DISK_TYPE_DIFFERENCING)
		return disk_fail(error, -EINVAL, "A raw disk cannot be differencing.");
	if (!options->size || options->size % 512 || options->size > RAW_SIZE_MAX)
		return disk_fail(error, -EINVAL,
				 "The size of a raw disk is a multiple of 512 bytes and more than 0.");
	if (options->type == DISK_TYPE_DYNAMIC) /* sparse */
		return io_resize_now(io, fd, options->size);
	for (uint64_t done = 0; !result && done < options->size;) {
		uint64_t step = options->size - done < DISK_GIB ? options->size - done : DISK_GIB;
		result = io_allocate_now(io, fd, done, step);
		if (result == -EOPNOTSUPP)
			result = io_zero_now(io, fd, done, step);
		done += step;
		if (!result)
			result = job_progress(job, done, options->size, error);
	}
	return result ? result : io_sync_now(io, fd);
}

static int create_vhd(struct disk_io *io, int fd, const struct disk_create_options *options,
		      const struct disk_parent_link *link, struct create_progress *progress)
{
	struct vhd_create create = {
		.size = options->size,
		.block_size = options->block_size ? options->block_size : 2 * DISK_MIB,
		.type = options->type,
		.parent = link,
		.on_progress = on_create_progress,
		.userdata = progress,
	};
	if (options->logical_sector && options->logical_sector != 512)
		return disk_fail(progress->error, -EINVAL, "A VHD has sectors of 512 bytes.");
	return vhd_create(io, fd, &create, progress->error);
}

static int create_vhdx(struct disk_io *io, int fd, const struct disk_create_options *options,
		       const struct disk_parent_link *link, struct create_progress *progress)
{
	bool is_child = options->type == DISK_TYPE_DIFFERENCING;
	struct vhdx_create create = {
		.size = options->size,
		.block_size = options->block_size ? options->block_size
			      : is_child	  ? 2 * DISK_MIB
						  : 32 * DISK_MIB,
		.logical_sector = options->logical_sector ? options->logical_sector : 512,
		.physical_sector = options->physical_sector ? options->physical_sector : 4096,
		.type = options->type,
		.parent = link,
		.on_progress = on_create_progress,
		.userdata = progress,
	};
	return vhdx_create(io, fd, &create, progress->error);
}

int disk_create(struct disk_io *io, int fd, const struct disk_create_options *options,
		const struct disk_job *job, struct disk_error *error)
{
	struct disk_create_options filled = *options;
	struct create_progress progress = { job, error };
	struct disk_parent_link *link = NULL;
	int result = 0;
	if (error)
		error->text[0] = 0;
	if (filled.type == DISK_TYPE_DIFFERENCING) {
		link = calloc(1, sizeof(*link));
		result = link ? fill_link(&filled, link, error) : -ENOMEM;
		if (!result && !filled.size)
			filled.size = filled.parent->size;
		if (!result && !filled.logical_sector)
			filled.logical_sector = filled.parent->logical_sector;
		if (!result && filled.logical_sector != filled.parent->logical_sector)
			result =
			    disk_fail(error, -EINVAL, "A differencing disk has its parent's sector size.");
		if (!result && filled.size < filled.parent->size)
			result = disk_fail(error, -EINVAL,
					   "A differencing disk is at least as large as its parent.");
	}
	if (!result) {
		switch (filled.format) {
		case DISK_FORMAT_VHDX: result = create_vhdx(io, fd, &filled, link, &progress); break;
		case DISK_FORMAT_VHD: result = create_vhd(io, fd, &filled, link, &progress); break;
		case DISK_FORMAT_RAW: result = create_raw(io, fd, &filled, job, error); break;
		default: result = disk_fail(error, -EINVAL, "New disks are vhdx, vhd or raw."); break;
		}
	}
	free(link);
	return result;
}

static int open_parent(struct disk_io *io, const char *path, const char *parent_path,
		       struct disk_create_options *options, char relative[DISK_PATH_MAX],
		       char absolute[DISK_PATH_MAX], struct disk_error *error)
{
	int result = job_parent_paths(path, parent_path, relative, absolute);
	if (result)
		return disk_fail(error, result, "%s: %s.", parent_path, strerror(-result));
	options->parent_relative = relative;
	options->parent_absolute = absolute;
	return disk_open_path(io, parent_path, NULL, &options->parent, error);
}

int disk_create_path(struct disk_io *io, const char *path, const struct disk_create_options *options,
		     const char *parent_path, const struct disk_job *job, struct disk_error *error)
{
	struct disk_create_options filled = *options;
	char relative[DISK_PATH_MAX], absolute[DISK_PATH_MAX];
	struct disk_error ignored;
	error = error ? error : &ignored;
	error->text[0] = 0;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return disk_fail(error, -errno, "%s cannot be created: %s.", path, strerror(errno));
	int result = parent_path ? open_parent(io, path, parent_path, &filled, relative, absolute, error) : 0;
	if (!result)
		result = disk_create(io, fd, &filled, job, error);
	if (parent_path)
		disk_close(filled.parent);
	close(fd);
	if (result) {
		unlink(path);
		disk_fail(error, result, "%s cannot be created: %s.", path, strerror(-result));
	}
	return result;
}
