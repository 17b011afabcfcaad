/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file that grows without holding up the disk's thread, and the requests that wait for it. Part of a
 * format's state. */
#ifndef DISK_GROWTH_H
#define DISK_GROWTH_H

#include "disk/disk_priv.h"

struct file_growth {
	struct disk *disk;
	struct io_op op;
	struct list waiters;
	bool is_running;
	/* The file has op.offset bytes now, or could not grow. Comes before the waiters are resumed. */
	void (*on_grown)(struct disk *disk, uint64_t size, int error);
};

void growth_init(struct file_growth *growth, struct disk *disk,
		 void (*on_grown)(struct disk *disk, uint64_t size, int error));
/* Only when none is running. */
void growth_start(struct file_growth *growth, uint64_t size);
/* Returns DISK_WAIT: the waiter is resumed when the growth that is running is over. */
int growth_wait(struct file_growth *growth, struct disk_waiter *waiter);

#endif
