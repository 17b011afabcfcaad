/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Space in the file. Free space reads as zeros: it is the end of the file, which grows ahead of the need, or was
 * punched. Released space takes three steps before it is used again: the block table without it is durable; every
 * request that may still have its address is over; it is punched, which gives it back to the file system.
 */
#include <errno.h>
#include <stdlib.h>

#include "disk/disk_limits.h"
#include "disk/vhdx.h"

static bool test_bit(const uint64_t *bits, uint64_t bit)
{
	return bits[bit / 64] >> (bit % 64) & 1;
}

static void set_bit(uint64_t *bits, uint64_t bit)
{
	bits[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static void clear_bit(uint64_t *bits, uint64_t bit)
{
	bits[bit / 64] &= ~(UINT64_C(1) << (bit % 64));
}

static int grow_array(uint64_t **bits, uint64_t from, uint64_t to)
{
	uint64_t *grown = realloc(*bits, to * sizeof(**bits));
	if (!grown)
		return -ENOMEM;
	memset(grown + from, 0, (to - from) * sizeof(**bits));
	*bits = grown;
	return 0;
}

static int reserve_units(struct vhdx_space *space, uint64_t units)
{
	uint64_t words = div_up(units, 64);
	if (words <= space->words)
		return 0;
	words += words / 2 + 16;
	int error = grow_array(&space->used, space->words, words);
	if (!error)
		error = grow_array(&space->released, space->words, words);
	if (!error)
		error = grow_array(&space->freeing, space->words, words);
	if (!error)
		space->words = words;
	return error;
}

static void on_grown(struct disk *disk, uint64_t size, int error);

int space_init(struct vhdx_disk *vhdx, uint64_t file_size)
{
	struct vhdx_space *space = &vhdx->space;
	space->units = div_up(file_size, VHDX_UNIT);
	space->free_units = space->units;
	growth_init(&space->growth, &vhdx->disk, on_grown);
	int error = reserve_units(space, space->units);
	if (!error)
		error = space_claim(space, 0, VHDX_UNIT);
	return error;
}

void space_deinit(struct vhdx_space *space)
{
	free(space->used);
	free(space->released);
	free(space->freeing);
}

int space_claim(struct vhdx_space *space, uint64_t offset, uint64_t length)
{
	uint64_t first = offset / VHDX_UNIT, count = length / VHDX_UNIT;
	if (!count || first >= space->units || count > space->units - first)
		return -ERANGE;
	for (uint64_t unit = first; unit < first + count; unit++) {
		if (test_bit(space->used, unit))
			return -EEXIST;
	}
	for (uint64_t unit = first; unit < first + count; unit++)
		set_bit(space->used, unit);
	space->free_units -= count;
	return 0;
}

uint64_t space_end(const struct vhdx_space *space)
{
	uint64_t unit = space->units;
	while (unit && !test_bit(space->used, unit - 1))
		unit--;
	return unit * VHDX_UNIT;
}

/* Next fit in [from, to). */
static bool search_run(const struct vhdx_space *space, uint64_t from, uint64_t to, uint64_t count,
		       uint64_t *ret_first)
{
	uint64_t run = 0;
	for (uint64_t unit = from; unit < to; unit++) {
		if (!(unit % 64) && !run && space->used[unit / 64] == UINT64_MAX) {
			unit += 63;
			continue;
		}
		run = test_bit(space->used, unit) ? 0 : run + 1;
		if (run == count) {
			*ret_first = unit + 1 - count;
			return true;
		}
	}
	return false;
}

static bool find_run(struct vhdx_space *space, uint64_t count, uint64_t *ret_first)
{
	if (space->free_units < count || (space->no_run_of && count >= space->no_run_of))
		return false;
	if (search_run(space, space->hint, space->units, count, ret_first) ||
	    search_run(space, 0, space->units, count, ret_first)) {
		space->hint = *ret_first + count;
		return true;
	}
	space->no_run_of = count;
	return false;
}

/* --- growing --------------------------------------------------------------------------------------- */

/* So much free space is kept ready that new blocks seldom wait for the file to grow. It is sparse: it costs nothing. */
static uint64_t units_ahead(const struct vhdx_disk *vhdx)
{
	uint64_t ahead = 16 * (uint64_t)vhdx->disk.block_size;
	if (vhdx->is_fixed)
		return 0;
	ahead = ahead < 64 * DISK_MIB ? 64 * DISK_MIB : ahead > DISK_GIB ? DISK_GIB : ahead;
	uint64_t most = vhdx->block_count * vhdx->disk.block_size; /* a small disk never needs so much */
	return (ahead < most ? ahead : most) / VHDX_UNIT;
}

static void on_grown(struct disk *disk, uint64_t size, int error)
{
	struct vhdx_space *space = &vhdx_of(disk)->space;
	if (error)
		return;
	space->free_units += size / VHDX_UNIT - space->units;
	space->units = size / VHDX_UNIT;
	space->no_run_of = 0;
}

static int start_growing(struct vhdx_space *space, uint64_t count)
{
	uint64_t most = VHDX_FILE_MAX / VHDX_UNIT;
	if (space->units > most || count > most - space->units)
		return -EFBIG;
	int error = reserve_units(space, space->units + count);
	if (!error)
		growth_start(&space->growth, (space->units + count) * VHDX_UNIT);
	return error;
}

int space_alloc(struct vhdx_disk *vhdx, struct disk_waiter *waiter, uint64_t length, uint64_t *ret_offset)
{
	struct vhdx_space *space = &vhdx->space;
	uint64_t first, count = length / VHDX_UNIT, ahead = units_ahead(vhdx);
	int error = 0;
	if (!find_run(space, count, &first)) {
		if (!space->growth.is_running)
			error = start_growing(space, count + ahead);
		return error ? error : growth_wait(&space->growth, waiter);
	}
	error = space_claim(space, first * VHDX_UNIT, length);
	if (!error)
		*ret_offset = first * VHDX_UNIT;
	if (!space->growth.is_running && space->free_units < ahead / 2)
		start_growing(space, ahead); /* if it cannot, whoever finds no space will hear of it */
	return error;
}

int space_alloc_wait(struct vhdx_disk *vhdx, uint64_t length, uint64_t *ret_offset)
{
	struct disk_sync_waiter waiter;
	int result;
	disk_sync_waiter_init(&waiter);
	while ((result = space_alloc(vhdx, &waiter.waiter, length, ret_offset)) == DISK_WAIT) {
		result = disk_wait(vhdx->disk.io, &waiter);
		if (result)
			return result;
	}
	return result;
}

/* --- giving back ----------------------------------------------------------------------------------- */

int space_alloc_below(struct vhdx_disk *vhdx, uint64_t length, uint64_t limit, uint64_t *ret_offset)
{
	struct vhdx_space *space = &vhdx->space;
	uint64_t first, count = length / VHDX_UNIT;
	if (!search_run(space, 0, limit / VHDX_UNIT, count, &first))
		return -ENOSPC;
	int error = space_claim(space, first * VHDX_UNIT, length);
	if (!error)
		*ret_offset = first * VHDX_UNIT;
	return error;
}

void space_reclaim_unnamed(struct vhdx_disk *vhdx)
{
	struct vhdx_space *space = &vhdx->space;
	if (space->has_reclaimed)
		return;
	space->has_reclaimed = true;
	for (uint64_t unit = 0; unit < space->units; unit++) {
		if (test_bit(space->used, unit))
			continue;
		set_bit(space->used, unit);
		set_bit(space->freeing, unit);
	}
	space->freeing_units = space->free_units;
	space->free_units = 0;
	space->is_committed = true; /* the table on disk does not name it */
	space->punch_at = 0;
	space->free_serial = 0;
	space_reclaim(vhdx);
}

void space_release(struct vhdx_disk *vhdx, uint64_t offset, uint64_t length)
{
	struct vhdx_space *space = &vhdx->space;
	for (uint64_t unit = offset / VHDX_UNIT; unit < (offset + length) / VHDX_UNIT; unit++)
		set_bit(space->released, unit);
	space->released_units += length / VHDX_UNIT;
}

/* What was released before the commit took its pages is gone from the table that it makes durable. */
void space_commit_begins(struct vhdx_disk *vhdx)
{
	struct vhdx_space *space = &vhdx->space;
	if (space->freeing_units || !space->released_units)
		return;
	uint64_t *empty = space->freeing;
	space->freeing = space->released;
	space->released = empty; /* all zeros: freeing was empty */
	space->freeing_units = space->released_units;
	space->released_units = 0;
	space->is_committed = false;
	space->punch_at = 0;
	space->free_serial = vhdx->disk.next_serial;
}

void space_commit_done(struct vhdx_disk *vhdx)
{
	vhdx->space.is_committed = true;
	space_reclaim(vhdx);
}

static void on_punched(struct io_op *op, int result)
{
	struct vhdx_space *space = list_entry(op, struct vhdx_space, op);
	struct vhdx_disk *vhdx = list_entry(space, struct vhdx_disk, space);
	for (uint64_t i = 0; i < space->punch_units; i++) {
		clear_bit(space->freeing, space->punch_at + i);
		clear_bit(space->used, space->punch_at + i);
	}
	space->freeing_units -= space->punch_units;
	space->free_units += space->punch_units;
	space->punch_at += space->punch_units;
	space->no_run_of = 0;
	space->is_punching = false;
	vhdx->disk.background--;
	space_reclaim(vhdx);
}

void space_reclaim(struct vhdx_disk *vhdx)
{
	struct vhdx_space *space = &vhdx->space;
	uint64_t unit = space->punch_at, count = 0;
	if (!space->freeing_units || !space->is_committed || space->is_punching ||
	    disk_oldest_serial(&vhdx->disk) < space->free_serial)
		return;
	while (unit < space->units && !test_bit(space->freeing, unit))
		unit += !(unit % 64) && !space->freeing[unit / 64] ? 64 : 1;
	while (unit + count < space->units && test_bit(space->freeing, unit + count))
		count++;
	space->punch_at = unit;
	space->punch_units = count;
	space->is_punching = true;
	vhdx->disk.background++;
	space->op = (struct io_op){ .kind = IO_PUNCH,
				    .fd = vhdx->disk.fd,
				    .offset = unit * VHDX_UNIT,
				    .length = count * VHDX_UNIT,
				    .on_done = on_punched };
	io_submit(vhdx->disk.io, &space->op);
}
