/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a VHDX: headers, log, regions, metadata, block table, in this order since each needs the one before. */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/vhdx.h"

static int claim_regions(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	int error = space_claim(&vhdx->space, vhdx->log_offset, vhdx->log_length);
	if (!error)
		error = space_claim(&vhdx->space, vhdx->region_metadata_offset, vhdx->region_metadata_length);
	if (!error)
		error = space_claim(&vhdx->space, vhdx->region_bat_offset, vhdx->region_bat_length);
	if (error)
		return disk_fail(source->error, -EUCLEAN,
				 "The VHDX's regions overlap or lie outside the file.");
	return 0;
}

static int open_parts(struct vhdx_disk *vhdx, const struct disk_source *source)
{
	char signature[8];
	int error = io_read_now(source->io, source->fd, 0, signature, sizeof(signature));
	if (!error && memcmp(signature, "vhdxfile", 8))
		return disk_fail(source->error, -EMEDIUMTYPE, "The file is not a VHDX.");
	if (!error && source->file_size > VHDX_FILE_MAX)
		return disk_fail(source->error, -EFBIG, "The VHDX file is absurdly large.");
	if (!error)
		error = vhdx_read_headers(vhdx, source);
	if (!error)
		error = vhdx_replay_log(vhdx, source);
	if (!error)
		error = vhdx_read_regions(vhdx, source);
	if (!error)
		error = space_init(vhdx, vhdx->file_size);
	if (!error)
		error = claim_regions(vhdx, source);
	if (!error)
		error = vhdx_read_metadata(vhdx, source);
	if (!error)
		error = vhdx_bat_scan(vhdx, source);
	return error;
}

int vhdx_open(const struct disk_source *source, struct disk **ret_disk)
{
	struct vhdx_disk *vhdx = calloc(1, sizeof(*vhdx));
	if (!vhdx)
		return -ENOMEM;
	disk_init(&vhdx->disk, &vhdx_ops, source);
	vhdx->disk.format = DISK_FORMAT_VHDX;
	vhdx->file_size = source->file_size;
	int error = meta_init(&vhdx->disk.meta, source->io, source->fd, VHDX_PAGE);
	if (!error)
		error = open_parts(vhdx, source);
	if (error) {
		meta_deinit(&vhdx->disk.meta);
		free(vhdx->disk.link);
		vhdx->disk.ops->free(&vhdx->disk);
		return error;
	}
	vhdx->disk.has_unmap = !vhdx->is_fixed;
	vhdx->disk.data_id = vhdx->data_write_guid;
	*ret_disk = &vhdx->disk;
	return 0;
}
