/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making changes of a VHD durable. The format has no log; the order does it, and that sectors are written whole:
 *   1. copy the dirty sectors of bitmaps and table
 *   2. sync                      the data that the bitmaps tell of, and the new blocks' space
 *   3. write bitmaps and footer, sync
 *   4. write table sectors, sync   only now does anything name the new blocks
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/vhd.h"

static void submit(struct vhd_disk *vhd, enum io_kind kind, void (*on_done)(struct io_op *, int))
{
	vhd->commit.op = (struct io_op){ .kind = kind, .fd = vhd->disk.fd, .on_done = on_done };
	io_submit(vhd->disk.io, &vhd->commit.op);
}

static struct vhd_disk *from_op(struct io_op *op)
{
	return list_entry(op, struct vhd_disk, commit.op);
}

static void end_commit(struct vhd_disk *vhd, int error)
{
	struct vhd_commit *commit = &vhd->commit;
	for (unsigned i = commit->count; i-- > 0;) {
		if (error)
			meta_dirty_first(commit->places[i].page);
		meta_put(commit->places[i].page);
	}
	free(commit->places);
	commit->places = NULL;
	commit->count = 0;
	disk_commit_done(&vhd->disk, error);
}

static void fail_sync(struct vhd_disk *vhd, int error)
{
	vhd->disk.broken = error;
	end_commit(vhd, error);
}

static void on_table_synced(struct io_op *op, int result)
{
	if (result)
		fail_sync(from_op(op), result);
	else
		end_commit(from_op(op), 0);
}

static void on_bitmaps_synced(struct io_op *op, int result);

static void on_placed(struct io_op *op, int result)
{
	struct vhd_place *place = list_entry(op, struct vhd_place, op);
	struct vhd_disk *vhd = place->vhd;
	struct vhd_commit *commit = &vhd->commit;
	if (result && !commit->error)
		commit->error = result;
	if (--commit->pending)
		return;
	if (commit->error)
		end_commit(vhd, commit->error);
	else
		submit(vhd, IO_SYNC, place->is_table ? on_table_synced : on_bitmaps_synced);
}

static void write_places(struct vhd_disk *vhd, bool is_table)
{
	struct vhd_commit *commit = &vhd->commit;
	for (unsigned i = 0; i < commit->count; i++)
		commit->pending += commit->places[i].is_table == is_table;
	for (unsigned i = 0; i < commit->count; i++) {
		struct vhd_place *place = &commit->places[i];
		if (place->is_table != is_table)
			continue;
		place->iov = (struct iovec){ place->copy, VHD_SECTOR };
		place->op = (struct io_op){ .kind = IO_WRITE,
					    .fd = vhd->disk.fd,
					    .offset = place->page->offset,
					    .length = VHD_SECTOR,
					    .iov = &place->iov,
					    .iov_count = 1,
					    .on_done = on_placed };
		io_submit(vhd->disk.io, &place->op);
	}
}

static void on_bitmaps_synced(struct io_op *op, int result)
{
	struct vhd_disk *vhd = from_op(op);
	if (result) {
		fail_sync(vhd, result);
		return;
	}
	if (vhd->commit.has_table)
		write_places(vhd, true);
	else
		end_commit(vhd, 0);
}

static void after_footer(struct vhd_disk *vhd)
{
	struct vhd_commit *commit = &vhd->commit;
	bool has_bitmaps = false;
	for (unsigned i = 0; i < commit->count; i++)
		has_bitmaps |= !commit->places[i].is_table;
	if (has_bitmaps)
		write_places(vhd, false);
	else
		submit(vhd, IO_SYNC, on_bitmaps_synced);
}

static void on_footer_written(struct io_op *op, int result)
{
	struct vhd_disk *vhd = from_op(op);
	if (result) {
		end_commit(vhd, result);
		return;
	}
	vhd->footer_at = vhd->commit.footer_offset;
	after_footer(vhd);
}

static void on_data_synced(struct io_op *op, int result)
{
	struct vhd_disk *vhd = from_op(op);
	struct vhd_commit *commit = &vhd->commit;
	if (result) {
		fail_sync(vhd, result);
	} else if (commit->footer_offset != vhd->footer_at) {
		commit->iov = (struct iovec){ &vhd->footer, sizeof(vhd->footer) };
		commit->op = (struct io_op){ .kind = IO_WRITE,
					     .fd = vhd->disk.fd,
					     .offset = commit->footer_offset,
					     .length = sizeof(vhd->footer),
					     .iov = &commit->iov,
					     .iov_count = 1,
					     .on_done = on_footer_written };
		io_submit(vhd->disk.io, &commit->op);
	} else if (commit->count) {
		after_footer(vhd);
	} else {
		end_commit(vhd, 0);
	}
}

static int take_places(struct vhd_disk *vhd)
{
	struct vhd_commit *commit = &vhd->commit;
	unsigned dirty = vhd->disk.meta.dirty_count;
	uint64_t table_end = vhd->table_offset + (uint64_t)vhd->table_entries * 4;
	commit->has_table = false;
	commit->error = 0;
	if (!dirty)
		return 0;
	struct meta_page **pages = calloc(dirty, sizeof(struct meta_page *));
	commit->places = calloc(dirty, sizeof(*commit->places));
	if (!pages || !commit->places) {
		free(pages);
		free(commit->places);
		commit->places = NULL;
		return -ENOMEM;
	}
	commit->count = meta_take_dirty(&vhd->disk.meta, pages, dirty);
	for (unsigned i = 0; i < commit->count; i++) {
		struct vhd_place *place = &commit->places[i];
		place->vhd = vhd;
		place->page = pages[i];
		place->is_table = pages[i]->offset >= vhd->table_offset && pages[i]->offset < table_end;
		commit->has_table |= place->is_table;
		memcpy(place->copy, pages[i]->data, VHD_SECTOR);
	}
	free(pages);
	return 0;
}

static void on_idle(struct io_op *op, int result)
{
	struct vhd_disk *vhd = list_entry(op, struct vhd_disk, commit.idle_op);
	disk_commit_done(&vhd->disk, vhd->disk.broken ? vhd->disk.broken : vhd->commit.error);
}

void vhd_commit(struct disk *disk)
{
	struct vhd_disk *vhd = vhd_of(disk);
	struct vhd_commit *commit = &vhd->commit;
	commit->error = 0;
	bool has_work = disk->is_writable && !disk->broken && disk->has_prepared;
	if (has_work)
		commit->error = take_places(vhd);
	if (!has_work || commit->error) {
		commit->idle_op = (struct io_op){ .kind = IO_NOP, .on_done = on_idle };
		io_submit(disk->io, &commit->idle_op);
		return;
	}
	commit->pending = 0;
	commit->footer_offset = vhd->end;
	submit(vhd, IO_SYNC, on_data_synced);
}
