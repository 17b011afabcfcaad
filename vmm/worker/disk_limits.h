/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limits of I/O per second that a machine's settings give its disks.
 *
 * Maximum    The disk's own queue keeps what is above it (disk_set_qos()).
 * Minimum    Nothing can be promised on storage that others use, too: whoever runs the machine is told when a disk gives less,
 *            at most once in WARN_S.
 * Lifting    While a machine stops or is saved, what waits is not to wait any longer.
 * Threads    That of the disks.
 */
#ifndef WORKER_DISK_LIMITS_H
#define WORKER_DISK_LIMITS_H

#include "disk/disk.h"
#include "link/worker_link.h"
#include "loop/loop.h"

struct disk_limits;

/* warn() gets a sentence for the user. */
int disk_limits_new(struct loop *loop, void (*warn)(void *opaque, const char *text), void *opaque,
		    struct disk_limits **ret_limits);
struct disk_limits *disk_limits_free(struct disk_limits *limits); /* NULL is fine; returns NULL */

/* A disk that is new here, or has other limits from now on. */
void disk_limits_set(struct disk_limits *limits, struct disk *disk, const struct worker_qos *qos);
/* Before it is closed. */
void disk_limits_forget(struct disk_limits *limits, const struct disk *disk);
/* What one had, the other has. */
void disk_limits_exchange(struct disk_limits *limits, const struct disk *from, struct disk *to);
void disk_limits_lift(struct disk_limits *limits, bool is_lifted);

#endif
