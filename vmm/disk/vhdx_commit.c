/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making changes durable. For each batch of dirty pages:
 *   1. copy the pages                     what they describe is written
 *   2. sync                               ... and durable; so are the in-place writes of the batch before
 *   3. write a log entry with the copies  at once both the redo record and the end of the previous entry's life
 *   4. sync                               the batch is durable: flushes are answered here
 *   5. write the copies in place          in the background; step 2 of the next batch makes them durable
 * A failed sync breaks the disk: the kernel forgets what it could not write, so nothing may build on it.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/vhdx.h"

struct vhdx_place {
	struct io_op op;
	struct iovec iov;
	struct vhdx_disk *vhdx;
	unsigned index;
	bool has_failed;
};

static void begin_batch(struct vhdx_disk *vhdx);

static void submit(struct vhdx_disk *vhdx, enum io_kind kind, void (*on_done)(struct io_op *, int))
{
	vhdx->commit.op = (struct io_op){ .kind = kind, .fd = vhdx->disk.fd, .on_done = on_done };
	io_submit(vhdx->disk.io, &vhdx->commit.op);
}

static struct vhdx_disk *from_op(struct io_op *op)
{
	return list_entry(op, struct vhdx_disk, commit.op);
}

static void free_batch(struct vhdx_commit *commit)
{
	free(commit->pages);
	free(commit->copies);
	free(commit->entry);
	free(commit->places);
	commit->pages = NULL;
	commit->copies = commit->entry = NULL;
	commit->places = NULL;
	commit->count = 0;
}

/* The batch did not become durable: its pages are dirty again. */
static void give_up(struct vhdx_disk *vhdx, int error)
{
	struct vhdx_commit *commit = &vhdx->commit;
	for (unsigned i = commit->count; i-- > 0;) {
		meta_dirty_first(commit->pages[i]);
		meta_put(commit->pages[i]);
	}
	free_batch(commit);
	disk_commit_done(&vhdx->disk, error);
}

static void finish_commit(struct vhdx_disk *vhdx)
{
	space_commit_done(vhdx);
	disk_commit_done(&vhdx->disk, 0);
}

/* --- step 5 ---------------------------------------------------------------------------------------- */

static void places_done(struct vhdx_disk *vhdx)
{
	struct vhdx_commit *commit = &vhdx->commit;
	for (unsigned i = commit->count; i-- > 0;) {
		/* A page that could not be written is in the log only: it must be in the next entry again. */
		if (commit->places[i].has_failed)
			meta_dirty_first(commit->pages[i]);
		meta_put(commit->pages[i]);
	}
	free_batch(commit);
	commit->is_placing = false;
	vhdx->disk.background--;
	if (commit->is_waiting) {
		commit->is_waiting = false;
		begin_batch(vhdx);
	}
}

static void on_placed(struct io_op *op, int result)
{
	struct vhdx_place *place = list_entry(op, struct vhdx_place, op);
	struct vhdx_disk *vhdx = place->vhdx;
	place->has_failed = result != 0;
	if (--vhdx->commit.pending == 0)
		places_done(vhdx);
}

static void write_in_place(struct vhdx_disk *vhdx)
{
	struct vhdx_commit *commit = &vhdx->commit;
	commit->is_placing = true;
	commit->pending = commit->count;
	vhdx->disk.background++;
	for (unsigned i = 0; i < commit->count; i++) {
		struct vhdx_place *place = &commit->places[i];
		place->vhdx = vhdx;
		place->index = i;
		place->iov = (struct iovec){ commit->copies + (size_t)i * VHDX_PAGE, VHDX_PAGE };
		place->op = (struct io_op){ .kind = IO_WRITE,
					    .fd = vhdx->disk.fd,
					    .is_cached = true,
					    .offset = commit->pages[i]->offset,
					    .length = VHDX_PAGE,
					    .iov = &place->iov,
					    .iov_count = 1,
					    .on_done = on_placed };
		io_submit(vhdx->disk.io, &place->op);
	}
}

/* --- steps 4, 3 ------------------------------------------------------------------------------------ */

static void on_log_synced(struct io_op *op, int result)
{
	struct vhdx_disk *vhdx = from_op(op);
	struct vhdx_commit *commit = &vhdx->commit;
	if (result) {
		vhdx->disk.broken = result;
		give_up(vhdx, result);
		return;
	}
	vhdx->log_next = (uint32_t)((vhdx->log_next + commit->entry_length) % vhdx->log_length);
	bool has_more = vhdx->disk.meta.old_count > 0;
	if (has_more)
		commit->is_waiting = true;
	write_in_place(vhdx);
	if (!has_more)
		finish_commit(vhdx);
}

static void on_log_written(struct io_op *op, int result)
{
	struct vhdx_log_part *part = list_entry(op, struct vhdx_log_part, op);
	struct vhdx_disk *vhdx = part->vhdx;
	struct vhdx_commit *commit = &vhdx->commit;
	if (result && !commit->error)
		commit->error = result;
	if (--commit->pending)
		return;
	if (commit->error)
		give_up(vhdx, commit->error);
	else
		submit(vhdx, IO_SYNC, on_log_synced);
}

static void submit_log_part(struct vhdx_disk *vhdx, unsigned index, uint32_t at, uint8_t *bytes,
			    size_t length)
{
	struct vhdx_log_part *part = &vhdx->commit.log_parts[index];
	part->vhdx = vhdx;
	part->iov = (struct iovec){ bytes, length };
	part->op = (struct io_op){ .kind = IO_WRITE,
				   .fd = vhdx->disk.fd,
				   .is_cached = true,
				   .offset = vhdx->log_offset + at,
				   .length = length,
				   .iov = &part->iov,
				   .iov_count = 1,
				   .on_done = on_log_written };
	io_submit(vhdx->disk.io, &part->op);
}

static void write_log(struct vhdx_disk *vhdx)
{
	struct vhdx_commit *commit = &vhdx->commit;
	size_t to_end = vhdx->log_length - vhdx->log_next;
	size_t first = commit->entry_length < to_end ? commit->entry_length : to_end;
	uint64_t *offsets = (uint64_t *)commit->places; /* scratch: not in use before step 5 */
	for (unsigned i = 0; i < commit->count; i++)
		offsets[i] = commit->pages[i]->offset;
	vhdx_log_build(vhdx, offsets, commit->copies, commit->count, commit->entry);
	commit->error = 0;
	commit->pending = first < commit->entry_length ? 2 : 1;
	submit_log_part(vhdx, 0, vhdx->log_next, commit->entry, first);
	if (first < commit->entry_length)
		submit_log_part(vhdx, 1, 0, commit->entry + first, commit->entry_length - first);
}

/* --- steps 2, 1 ------------------------------------------------------------------------------------ */

static void on_data_synced(struct io_op *op, int result)
{
	struct vhdx_disk *vhdx = from_op(op);
	if (result) {
		vhdx->disk.broken = result;
		give_up(vhdx, result);
	} else if (vhdx->commit.count) {
		write_log(vhdx);
	} else {
		finish_commit(vhdx);
	}
}

static int take_batch(struct vhdx_disk *vhdx)
{
	struct vhdx_commit *commit = &vhdx->commit;
	unsigned most = vhdx_log_capacity(vhdx);
	unsigned dirty = vhdx->disk.meta.dirty_count;
	unsigned count = dirty < most ? dirty : most;
	/* The log may claim no more of the file than the sync that comes now makes durable. */
	vhdx->log_file_size = vhdx->space.units * VHDX_UNIT;
	if (!count)
		return 0;
	commit->entry_length = vhdx_log_entry_length(count);
	commit->pages = calloc(count, sizeof(struct meta_page *));
	commit->copies = malloc((size_t)count * VHDX_PAGE);
	commit->entry = malloc(commit->entry_length);
	commit->places = calloc(count, sizeof(*commit->places));
	if (!commit->pages || !commit->copies || !commit->entry || !commit->places)
		return -ENOMEM;
	commit->count = meta_take_dirty(&vhdx->disk.meta, commit->pages, count);
	commit->entry_length = vhdx_log_entry_length(commit->count);
	for (unsigned i = 0; i < commit->count; i++)
		memcpy(commit->copies + (size_t)i * VHDX_PAGE, commit->pages[i]->data, VHDX_PAGE);
	return 0;
}

static void on_not_started(struct io_op *op, int result)
{
	struct vhdx_disk *vhdx = from_op(op);
	give_up(vhdx, vhdx->commit.error);
}

static void begin_batch(struct vhdx_disk *vhdx)
{
	vhdx->commit.error = take_batch(vhdx);
	if (vhdx->commit.error)
		submit(vhdx, IO_NOP, on_not_started);
	else
		submit(vhdx, IO_SYNC, on_data_synced);
}

static void on_idle(struct io_op *op, int result)
{
	struct vhdx_disk *vhdx = list_entry(op, struct vhdx_disk, commit.idle_op);
	disk_commit_done(&vhdx->disk, vhdx->disk.broken);
}

void vhdx_commit(struct disk *disk)
{
	struct vhdx_disk *vhdx = vhdx_of(disk);
	struct vhdx_commit *commit = &vhdx->commit;
	if (disk->broken || !disk->is_writable) {
		/* Nothing to make durable, or nothing that can be. The batch in place, if any, is not touched. */
		commit->idle_op = (struct io_op){ .kind = IO_NOP, .on_done = on_idle };
		io_submit(disk->io, &commit->idle_op);
		return;
	}
	meta_begin_generation(&disk->meta);
	space_commit_begins(vhdx);
	if (commit->is_placing)
		commit->is_waiting = true;
	else
		begin_batch(vhdx);
}
