/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on a disk's rate: a token bucket for normalized operations and one for bytes. Part of struct disk. */
#ifndef DISK_QOS_H
#define DISK_QOS_H

#include "disk/io.h"

struct qos_bucket {
	uint64_t rate; /* per second; 0: no limit */
	int64_t level; /* may go below zero by one request, which the next one pays for */
	uint64_t last_ns;
};

struct disk_qos_state {
	struct disk_qos limits;
	struct qos_bucket iops, bytes;
	struct list waiting; /* requests */
	struct io_timer timer;
	uint64_t window_ns, window_units, window_bytes; /* for the minimums: what was done since then */
	/* no request under way: since when (0: some is), and in this window */
	uint64_t idle_since_ns, idle_ns;
};

void qos_init(struct disk_qos_state *qos);
/* 0: go. Else the request is held back until that time. */
uint64_t qos_charge(struct disk_qos_state *qos, uint64_t bytes, uint64_t now_ns);
/* A request comes. */
void qos_begin(struct disk_qos_state *qos, uint64_t now_ns);
/* One is done; is_idle: it was the last. True: a second is over, and *ret_is_below says how it was. */
bool qos_count(struct disk_qos_state *qos, uint64_t bytes, bool is_idle, uint64_t now_ns, bool *ret_is_below);

#endif
