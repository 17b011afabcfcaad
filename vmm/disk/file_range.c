/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/file_range.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk/wire.h"

enum { SLOTS = 8, PIECE = 1 << 20, GRAIN = 64 << 10 };

bool is_all_zero(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	/* The first bytes are zero, and each equals its neighbour. */
	return !length || (!byte[0] && !memcmp(byte, byte + 1, length - 1));
}

bool next_data(const uint8_t *bytes, uint64_t length, uint64_t *at, uint64_t *ret_start, uint64_t *ret_length)
{
	uint64_t start = UINT64_MAX, grain;
	for (; *at < length; *at += grain) {
		grain = length - *at < GRAIN ? length - *at : GRAIN;
		bool is_zero = is_all_zero(bytes + *at, grain);
		if (!is_zero && start == UINT64_MAX)
			start = *at;
		if (is_zero && start != UINT64_MAX)
			break;
	}
	*ret_start = start;
	*ret_length = *at - start;
	return start != UINT64_MAX;
}

uint64_t file_run(int fd, uint64_t offset, uint64_t length, uint32_t grain, bool *ret_is_hole)
{
	off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
	uint64_t hole = 0;
	*ret_is_hole = false;
	if (data < 0 && errno != ENXIO) /* not every file system and no block device tells */
		return length;
	if (data < 0 || (uint64_t)data - offset > length)
		hole = length;
	else
		hole = (uint64_t)data - offset;
	hole -= hole % grain;
	if (hole) {
		*ret_is_hole = true;
		return hole;
	}
	off_t end = lseek(fd, (off_t)(offset + grain), SEEK_HOLE);
	uint64_t run = end < 0 ? length : round_up((uint64_t)end - offset, grain);
	return run < length ? run : length;
}

/* --- copying --------------------------------------------------------------------------------------- */

struct range_slot {
	struct io_op op;
	struct iovec iov;
	struct range_copy *copy;
	uint8_t *bytes;
	uint64_t offset, length, at; /* in the range; in the piece */
	bool is_busy;
};

struct range_copy {
	struct disk_io *io;
	int fd;
	uint64_t from, to;
	unsigned busy;
	int error;
	struct range_slot slots[SLOTS];
};

static void submit(struct range_slot *slot, enum io_kind kind, uint64_t offset, uint8_t *bytes,
		   uint64_t length, void (*on_done)(struct io_op *, int))
{
	slot->iov = (struct iovec){ bytes, length };
	slot->op = (struct io_op){ .kind = kind,
				   .fd = slot->copy->fd,
				   .offset = offset,
				   .length = length,
				   .iov = &slot->iov,
				   .iov_count = 1,
				   .on_done = on_done };
	io_submit(slot->copy->io, &slot->op);
}

/* After the read, and after each write. */
static void on_step(struct io_op *op, int result)
{
	struct range_slot *slot = list_entry(op, struct range_slot, op);
	struct range_copy *copy = slot->copy;
	uint64_t start, length;
	if (result && !copy->error)
		copy->error = result;
	if (!copy->error && next_data(slot->bytes, slot->length, &slot->at, &start, &length)) {
		submit(slot, IO_WRITE, copy->to + slot->offset + start, slot->bytes + start, length, on_step);
		return;
	}
	slot->is_busy = false;
	copy->busy--;
}

static struct range_slot *free_slot(struct range_copy *copy)
{
	while (copy->busy == SLOTS)
		disk_io_poll(copy->io, -1);
	struct range_slot *slot = copy->slots;
	while (slot->is_busy)
		slot++;
	return slot;
}

static void copy_run(struct range_copy *copy, uint64_t offset, uint64_t length)
{
	for (uint64_t piece; length && !copy->error; offset += piece, length -= piece) {
		struct range_slot *slot = free_slot(copy);
		piece = length < PIECE ? length : PIECE;
		slot->is_busy = true;
		slot->offset = offset;
		slot->length = piece;
		slot->at = 0;
		copy->busy++;
		submit(slot, IO_READ, copy->from + offset, slot->bytes, piece, on_step);
	}
}

int file_copy_range(struct disk_io *io, int fd, uint64_t from, uint64_t to, uint64_t length)
{
	struct range_copy copy = { .io = io, .fd = fd, .from = from, .to = to };
	uint8_t *bytes = NULL;
	if (posix_memalign((void **)&bytes, 4096, (size_t)SLOTS * PIECE))
		return -ENOMEM;
	for (unsigned i = 0; i < SLOTS; i++) {
		copy.slots[i].copy = &copy;
		copy.slots[i].bytes = bytes + (size_t)i * PIECE;
	}
	for (uint64_t at = 0, run; at < length && !copy.error; at += run) {
		bool is_hole;
		run = file_run(fd, from + at, length - at, 512, &is_hole);
		if (!is_hole)
			copy_run(&copy, at, run);
	}
	while (copy.busy)
		disk_io_poll(io, -1);
	free(bytes);
	return copy.error;
}
