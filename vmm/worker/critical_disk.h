/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disks whose image the host cannot write (disk_set_hold_policy()): the machine stands still, the service is
 * told, and a resume tries again. Threads: that of the disk.
 */
#ifndef WORKER_CRITICAL_DISK_H
#define WORKER_CRITICAL_DISK_H

#include "disk/disk.h"
#include "link/worker_link.h"

/* `on_critical` comes with the first request that is kept: it tells the service. Only for disks that are
 * written. */
void critical_disk_watch(struct disk *disk, const struct worker_config *config,
			 void (*on_critical)(void *userdata, struct disk *disk, int error), void *userdata);
/* From now on the guest gets the errors, also of what is kept: so that its requests end. */
void critical_disk_give_up(struct disk *disk);
/* "disk-critical" (link/worker_link.h); NULL: no memory. */
struct link_message *critical_disk_message(struct disk *disk, int error);

#endif
