/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtual disk (disk/disk.h) as the block backend of a controller.
 *
 * Threads    submit() may come on any thread with the bus lock held; the disk is touched on the loop's
 *            thread only, which is the thread that polls its disk_io. Answers come there, with the bus
 *            lock taken. new and free: on the loop's thread, or while the loop does not run.
 * Ownership  The disk stays the caller's and lives longer. block_disk_free() only when no request is
 *            out (ide_is_idle()).
 * Limits     One request at a time, others wait: a controller has one for each drive.
 */
#ifndef CHIPSET_BLOCK_DISK_H
#define CHIPSET_BLOCK_DISK_H

#include "block.h"

struct block_disk;
struct disk;
struct disk_io;
struct io_bus;
struct loop;

/* The loop watches disk_io_fd(io) and polls; this calls disk_io_poll() to start its own requests. */
int block_disk_new(struct loop *loop, struct io_bus *bus, struct disk_io *io, struct disk *disk,
		   struct block_disk **ret_backend);
struct block_disk *block_disk_free(struct block_disk *backend);
struct block *block_disk_block(struct block_disk *backend);
/* Another disk that shows the same. No request is out. */
void block_disk_set_disk(struct block_disk *backend, struct disk *disk);

#endif
