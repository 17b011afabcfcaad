/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on a disk's rate: a token bucket for normalized operations and one for bytes. Part of struct disk. */
#ifndef DISK_QOS_H
#define DISK_QOS_H

#include "disk/io.h"

struct qos_bucket {
	uint64_t rate;	/* per second; 0: no limit */
	int64_t level;	/* may go below zero by one request, which the next one pays for */
	uint64_t last_ns;
};

struct disk_qos_state {
	struct disk_qos limits;
	struct qos_bucket iops, bytes;
	struct list waiting; /* requests */
	struct io_timer timer;
	uint64_t window_ns, window_ops; /* for min_iops */
};

void qos_init(struct disk_qos_state *qos);
/* 0: go. Else the request is held back until that time. */
uint64_t qos_charge(struct disk_qos_state *qos, uint64_t bytes, uint64_t now_ns);

#endif
