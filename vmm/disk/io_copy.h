/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that are made on the queue's own thread: whole pages into the page cache. Nothing is read first, and
 * a file takes one write at a time anyway, so another thread only adds two switches. io_uring hands each such
 * write to a kernel thread on most file systems (ext4 among them: no IOCB_NOWAIT for buffered writes).
 *
 * The kernel makes a writer wait when too much is dirty, when the file system is slow or behind a network.
 * What that costs is seen in the first write that takes long: after it all goes to the engine, for ten times as long.
 */
#ifndef DISK_IO_COPY_H
#define DISK_IO_COPY_H

#include "disk/io.h"

/* Bytes that one poll copies before reads' completions and others have their turn. */
enum { IO_COPY_TURN = 1 << 20 };

struct io_copier {
	struct list waiting;
	uint64_t off_until_ns; /* 0: on */
};

void io_copier_init(struct io_copier *copier);
bool io_copier_takes(struct io_copier *copier, const struct io_op *op);
/*
 * Makes the next write (one attempt); NULL: none is left, or what `left` allows is used up, or it went off.
 */
struct io_op *io_copier_next(struct io_copier *copier, uint64_t *left);
bool io_copier_is_off(const struct io_copier *copier);

#endif
