/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that failed for the host's reasons, kept until the host can do them (disk.h:
 * disk_set_hold_policy). */
#ifndef DISK_CRITICAL_H
#define DISK_CRITICAL_H

#include "disk/request.h"

void critical_init(struct disk_critical *critical);
/* A request that is over: true when it is kept instead of reported. It is in no other list. */
bool critical_keeps(struct disk_request *request);
/*
 * For every request that is over: before it is kept or reported, and after that. What waited for it goes on.
 */
void critical_over(struct disk_request *request);
void critical_continue(struct disk *disk);
/* A request that begins: true when it queues up behind those that are kept. */
bool critical_delays(struct disk_request *request);
/* Takes a request out that is kept; false: it is not. */
bool critical_cancel(struct disk_request *request);

#endif
