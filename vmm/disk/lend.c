/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open image becomes one that others may read, and back: while children of it are made. */
#include <errno.h>

#include "disk/disk_priv.h"

/* Until its next change it is like one that was just opened: that change gives it a new identity. */
static int settle(struct disk *disk)
{
	int error = disk->broken ? disk->broken : disk_settle(disk);

	if (!error && disk->has_changed)
		error = disk->ops->rest ? disk->ops->rest(disk) : -EOPNOTSUPP;
	if (!error)
		disk->has_prepared = disk->has_changed = false;
	return error;
}

int disk_lend(struct disk *disk)
{
	int error = disk->is_writable ? settle(disk) : 0;

	if (!error && disk->is_writable && disk->has_lock)
		error = lock_file(disk->fd, false);
	return error;
}

int disk_take_back(struct disk *disk)
{
	return disk->is_writable && disk->has_lock ? lock_file(disk->fd, true) : 0;
}
