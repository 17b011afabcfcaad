/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/growth.h"

void growth_init(struct file_growth *growth, struct disk *disk,
		 void (*on_grown)(struct disk *disk, uint64_t size, int error))
{
	*growth = (struct file_growth){ .disk = disk, .on_grown = on_grown };
	list_init(&growth->waiters);
}

static void on_resized(struct io_op *op, int result)
{
	struct file_growth *growth = list_entry(op, struct file_growth, op);
	struct list waiters;
	growth->is_running = false;
	growth->disk->background--;
	growth->on_grown(growth->disk, op->offset, result);
	list_init(&waiters);
	list_move_all(&waiters, &growth->waiters);
	while (!list_is_empty(&waiters)) {
		struct disk_waiter *waiter = list_entry(list_take(&waiters), struct disk_waiter, link);
		waiter->error = result;
		waiter->resume(waiter);
	}
}

void growth_start(struct file_growth *growth, uint64_t size)
{
	growth->is_running = true;
	growth->disk->background++; /* closing waits for it */
	growth->op = (struct io_op){
		.kind = IO_RESIZE, .fd = growth->disk->fd, .offset = size, .on_done = on_resized
	};
	io_submit(growth->disk->io, &growth->op);
}

int growth_wait(struct file_growth *growth, struct disk_waiter *waiter)
{
	waiter->error = 0;
	list_append(&growth->waiters, &waiter->link);
	return DISK_WAIT;
}
