/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening: what kind of file it is, the lock, the format, the parents. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/fs.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/disk_priv.h"

static const char *const format_names[] = { "auto", "raw", "iso", "vhd", "vhdx" };
static const char *const type_names[] = { "fixed", "dynamic", "differencing" };

const char *disk_format_name(enum disk_format format)
{
	return format_names[format];
}

int disk_format_parse(const char *text, enum disk_format *ret_format)
{
	for (unsigned i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
		if (!strcmp(text, format_names[i])) {
			*ret_format = (enum disk_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *disk_type_name(enum disk_type type)
{
	return type_names[type];
}

int disk_type_parse(const char *text, enum disk_type *ret_type)
{
	for (unsigned i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++) {
		if (!strcmp(text, type_names[i])) {
			*ret_type = (enum disk_type)i;
			return 0;
		}
	}
	return -EINVAL;
}

int disk_fail(struct disk_error *error, int code, const char *format, ...)
{
	if (!error || error->text[0])
		return code;
	va_list args;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return code;
}

static const char *source_name(const struct disk_source *source)
{
	return source->options->path ? source->options->path : "The disk image";
}

/* Only regular files and block devices: a FIFO or a terminal would block or lie. */
static int look_at_file(struct disk_source *source)
{
	struct stat st;
	if (fstat(source->fd, &st) < 0)
		return disk_fail(source->error, -errno, "%s: %s.", source_name(source), strerror(errno));
	source->is_block_device = S_ISBLK(st.st_mode);
	if (!S_ISREG(st.st_mode) && !source->is_block_device)
		return disk_fail(source->error, -EINVAL, "%s is neither a file nor a block device.",
				 source_name(source));
	source->file_size = (uint64_t)st.st_size;
	if (source->is_block_device && ioctl(source->fd, BLKGETSIZE64, &source->file_size) < 0)
		return disk_fail(source->error, -errno, "%s: its size is unknown: %s.", source_name(source),
				 strerror(errno));
	return 0;
}

static int detect_format(const struct disk_source *source, enum disk_format *ret_format)
{
	uint8_t head[8] = { 0 }, tail[8] = { 0 };
	int error = io_read_now(source->io, source->fd, 0, head, sizeof(head));
	if (!error && source->file_size >= 512)
		error = io_read_now(source->io, source->fd, source->file_size - 512, tail, sizeof(tail));
	if (error)
		return disk_fail(source->error, error, "%s cannot be read: %s.", source_name(source),
				 strerror(-error));
	if (!memcmp(head, "vhdxfile", 8))
		*ret_format = DISK_FORMAT_VHDX;
	else if (!memcmp(head, "conectix", 8) || !memcmp(tail, "conectix", 8))
		*ret_format = DISK_FORMAT_VHD;
	else
		*ret_format = DISK_FORMAT_RAW;
	return 0;
}

static int open_format(struct disk_source *source, struct disk **ret_disk)
{
	enum disk_format format = source->options->format;
	if (format == DISK_FORMAT_AUTO) {
		int error = detect_format(source, &format);
		if (error)
			return error;
		/* A guest could write any header into a raw disk: who wants raw must say so. */
		if (format == DISK_FORMAT_RAW && !source->options->allow_raw)
			return disk_fail(source->error, -EMEDIUMTYPE,
					 "%s is neither VHDX nor VHD; say raw if it is a raw disk.",
					 source_name(source));
	}
	switch (format) {
	case DISK_FORMAT_VHDX: return vhdx_open(source, ret_disk);
	case DISK_FORMAT_VHD: return vhd_open(source, ret_disk);
	default: return raw_open(source, ret_disk);
	}
}

static int take_lock(const struct disk_source *source)
{
	if (source->options->no_lock)
		return 0;
	int error = lock_file(source->fd, source->options->writable);
	if (error == -EBUSY)
		return disk_fail(source->error, error, "%s is in use by another virtual machine or program.",
				 source_name(source));
	if (error)
		return disk_fail(source->error, error, "%s cannot be locked: %s.", source_name(source),
				 strerror(-error));
	return 0;
}

/* The formats say what is wrong, not with which image. */
static void name_image(const struct disk_source *source)
{
	struct disk_error *error = source->error;
	const char *path = source->options->path;
	size_t used = path ? strlen(path) + 2 : 0;
	if (!error || !error->text[0] || !path || used >= sizeof(error->text) / 2 ||
	    strstr(error->text, path))
		return;
	memmove(error->text + used, error->text, sizeof(error->text) - used);
	memcpy(error->text, path, used - 2);
	memcpy(error->text + used - 2, ": ", 2);
	error->text[sizeof(error->text) - 1] = 0;
}

static int open_source(struct disk_source *source, struct disk **ret_disk)
{
	struct disk *disk = NULL;
	int error = look_at_file(source);
	if (!error)
		error = take_lock(source);
	if (!error)
		error = open_format(source, &disk);
	if (error) {
		disk_fail(source->error, error, "%s cannot be opened: %s.", source_name(source),
			  strerror(-error));
		name_image(source);
		close(source->fd);
		return error;
	}
	disk->has_lock = !source->options->no_lock;
	if (source->options->path)
		disk->path = strdup(source->options->path);
	if (disk->type == DISK_TYPE_DIFFERENCING && !source->options->no_parent)
		error = chain_open_parent(disk, source);
	if (error) {
		disk_close(disk);
		return error;
	}
	*ret_disk = disk;
	return 0;
}

int disk_open_at_depth(struct disk_io *io, int fd, const struct disk_open_options *options, unsigned depth,
		       struct disk **ret_disk, struct disk_error *error)
{
	static const struct disk_open_options defaults;
	struct disk_source source = {
		.io = io, .fd = fd, .options = options ? options : &defaults, .error = error, .depth = depth
	};
	return open_source(&source, ret_disk);
}

int disk_open(struct disk_io *io, int fd, const struct disk_open_options *options, struct disk **ret_disk,
	      struct disk_error *error)
{
	if (error)
		error->text[0] = 0;
	return disk_open_at_depth(io, fd, options, 0, ret_disk, error);
}

int disk_open_path(struct disk_io *io, const char *path, const struct disk_open_options *options,
		   struct disk **ret_disk, struct disk_error *error)
{
	struct disk_open_options with_path = options ? *options : (struct disk_open_options){ 0 };
	with_path.path = path;
	if (error)
		error->text[0] = 0;
	/* O_NONBLOCK: opening a FIFO must not hang; it has no effect on files and disks. */
	int fd = open(path, (with_path.writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return disk_fail(error, -errno, "%s cannot be opened: %s.", path, strerror(errno));
	return disk_open_at_depth(io, fd, &with_path, 0, ret_disk, error);
}

void disk_get_info(struct disk *disk, struct disk_info *ret_info)
{
	struct stat st = { 0 };
	fstat(disk->fd, &st);
	*ret_info = (struct disk_info){
		.format = disk->format,
		.type = disk->type,
		.size = disk->size,
		.file_size = (uint64_t)st.st_size,
		.file_allocated = (uint64_t)st.st_blocks * 512,
		.logical_sector = disk->logical_sector,
		.physical_sector = disk->physical_sector,
		.block_size = disk->block_size,
		.is_writable = disk->is_writable,
		.has_unmap = disk->has_unmap,
		.log_replayed = disk->log_replayed,
		.id = disk->id,
		.data_id = disk->data_id,
	};
	disk->ops->get_info(disk, ret_info);
	for (; disk; disk = disk->parent)
		ret_info->chain_length++;
}

int disk_grow(struct disk *disk, uint64_t size, struct disk_error *error)
{
	if (error)
		error->text[0] = 0;
	if (size % disk->logical_sector || size < disk->size)
		return disk_fail(error, -EINVAL,
				 "The new size of %s must be larger and a multiple of %u bytes.",
				 disk_path(disk), disk->logical_sector);
	if (!disk->is_writable || !disk->ops->resize)
		return disk_fail(error, -EROFS, "%s cannot be made larger here.", disk_path(disk));
	if (disk->broken)
		return disk_fail(error, disk->broken, "%s had an error and takes no more changes.",
				 disk_path(disk));
	if (size == disk->size)
		return 0;
	disk_hold(disk);
	int result = disk->ops->resize(disk, size, error);
	disk_release(disk);
	return result;
}
