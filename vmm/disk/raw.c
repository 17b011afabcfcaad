/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw images, ISO images and block devices, and the body that fixed VHDs share with them: offset = offset. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <linux/fs.h>

#include "disk/disk_limits.h"
#include "disk/flat.h"
#include "disk/vhd.h"

struct flat_disk {
	struct disk disk;
	struct io_op commit_op;
};

static int flat_map(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
		    bool is_write, struct disk_extent *ret_extent)
{
	*ret_extent = (struct disk_extent){
		.kind = EXTENT_DATA, .fd = disk->fd, .file_offset = offset, .length = length
	};
	return 0;
}

static int flat_discard(struct disk *disk, struct disk_waiter *waiter, uint64_t offset, uint64_t length,
			unsigned flags, struct disk_extent *ret_extent)
{
	if (!disk->has_unmap && !(flags & DISCARD_MUST_ZERO)) {
		*ret_extent = (struct disk_extent){ .kind = EXTENT_DONE, .length = length };
		return 0;
	}
	*ret_extent = (struct disk_extent){
		.kind = EXTENT_DATA, .fd = disk->fd, .file_offset = offset, .length = length
	};
	return 0;
}

static void on_flat_synced(struct io_op *op, int result)
{
	struct flat_disk *flat = list_entry(op, struct flat_disk, commit_op);
	if (result && op->kind == IO_SYNC)
		flat->disk.broken = result;
	disk_commit_done(&flat->disk, flat->disk.broken ? flat->disk.broken : result);
}

static void flat_commit(struct disk *disk)
{
	struct flat_disk *flat = list_entry(disk, struct flat_disk, disk);
	bool has_work = disk->is_writable && !disk->broken;
	flat->commit_op =
	    (struct io_op){ .kind = has_work ? IO_SYNC : IO_NOP, .fd = disk->fd, .on_done = on_flat_synced };
	io_submit(disk->io, &flat->commit_op);
}

static bool flat_is_dirty(struct disk *disk)
{
	return false;
}

static int flat_finish(struct disk *disk)
{
	return 0;
}

static int flat_resize(struct disk *disk, uint64_t size, struct disk_error *error)
{
	int result = disk->format == DISK_FORMAT_VHD ? vhd_resize_fixed(disk, size)
						     : io_resize_now(disk->io, disk->fd, size);
	if (result)
		return disk_fail(error, result, "The size of %s could not be changed: %s.", disk_path(disk),
				 strerror(-result));
	disk->size = size;
	disk->has_changed = true;
	return 0;
}

static void flat_get_info(struct disk *disk, struct disk_info *info)
{
}

static void flat_free(struct disk *disk)
{
	free(list_entry(disk, struct flat_disk, disk));
}

static const struct disk_ops flat_ops = {
	.map = flat_map,
	.discard = flat_discard,
	.commit = flat_commit,
	.is_dirty = flat_is_dirty,
	.resize = flat_resize,
	.get_info = flat_get_info,
	.finish = flat_finish,
	.rest = flat_finish,
	.free = flat_free,
};

int flat_new(const struct disk_source *source, enum disk_format format, uint64_t size, uint32_t sector_size,
	     struct disk **ret_disk)
{
	struct flat_disk *flat = calloc(1, sizeof(*flat));
	if (!flat)
		return -ENOMEM;
	disk_init(&flat->disk, &flat_ops, source);
	flat->disk.format = format;
	flat->disk.type = DISK_TYPE_FIXED;
	flat->disk.size = size;
	flat->disk.logical_sector = flat->disk.physical_sector = sector_size;
	flat->disk.has_unmap = format == DISK_FORMAT_RAW;
	*ret_disk = &flat->disk;
	return 0;
}

static uint32_t device_sector(int fd)
{
	int size;
	if (ioctl(fd, BLKSSZGET, &size) < 0 || size < 512 || size > 4096 || !is_power_of_two((uint64_t)size))
		return 512;
	return (uint32_t)size;
}

int raw_open(const struct disk_source *source, struct disk **ret_disk)
{
	uint64_t size = source->file_size;
	bool is_iso = source->options->format == DISK_FORMAT_ISO;
	uint32_t sector = is_iso ? 2048 : source->is_block_device ? device_sector(source->fd) : 512;
	if (is_iso && source->options->writable)
		return disk_fail(source->error, -EROFS, "An ISO image is read only.");
	/* The last partial sector reads padded with zeros; it can be written only if the file may grow. */
	size = round_up(size, sector);
	if (size > RAW_SIZE_MAX)
		return disk_fail(source->error, -EFBIG, "The file is larger than any disk.");
	return flat_new(source, is_iso ? DISK_FORMAT_ISO : DISK_FORMAT_RAW, size, sector, ret_disk);
}
