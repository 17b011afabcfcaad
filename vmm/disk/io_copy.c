/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/io_copy.h"

enum { PAGE = 4096, SLOW_NS = 5000000, OFF_FACTOR = 10 };

void io_copier_init(struct io_copier *copier)
{
	*copier = (struct io_copier){ 0 };
	list_init(&copier->waiting);
}

bool io_copier_is_off(const struct io_copier *copier)
{
	return copier->off_until_ns != 0;
}

/* A part of a page that is not in memory would be read first. */
bool io_copier_takes(struct io_copier *copier, const struct io_op *op)
{
	if (!op->is_cached || op->is_durable || op->kind != IO_WRITE || (op->offset | op->length) % PAGE)
		return false;
	if (copier->off_until_ns && io_now_ns() >= copier->off_until_ns)
		copier->off_until_ns = 0;
	return !copier->off_until_ns;
}

struct io_op *io_copier_next(struct io_copier *copier, uint64_t *left)
{
	if (list_is_empty(&copier->waiting) || !*left || copier->off_until_ns)
		return NULL;
	struct io_op *op = list_entry(list_take(&copier->waiting), struct io_op, link);
	*left -= op->length < *left ? op->length : *left;
	uint64_t begin = io_now_ns();
	io_attempt_now(op);
	uint64_t end = io_now_ns();
	if (end - begin >= SLOW_NS) /* a tenth of the time is spent waiting, at most */
		copier->off_until_ns = end + OFF_FACTOR * (end - begin);
	return op;
}
