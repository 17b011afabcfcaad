/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine has done since its start, in a file that worker and service share: the worker maps and
 * counts, the service reads, and nobody is asked or woken for it.
 *
 * Layout     WORKER_COUNTERS numbers of 64 bits in the host's byte order, then WORKER_VP_COUNTERS for each
 *            VP, which only that VP's thread writes.
 *
 * Order      All only grow; a reader may meet them between two additions.
 *
 * Trust      They are what a worker says: numbers to show. The reader reads the file and never maps it.
 *
 * Versions   New counters go into the reserved places; an older worker leaves them 0.
 */
#ifndef LINK_WORKER_COUNTERS_H
#define LINK_WORKER_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

enum worker_counter {
	/* as enum disk_counter */
	WORKER_DISK_READS,
	WORKER_DISK_READ_BYTES,
	WORKER_DISK_WRITES,
	WORKER_DISK_WRITTEN_BYTES,
	WORKER_DISK_FLUSHES,
	WORKER_DISK_ERRORS,
	/* as enum netvsp_counter */
	WORKER_NET_RECEIVED_PACKETS,
	WORKER_NET_RECEIVED_BYTES,
	WORKER_NET_SENT_PACKETS,
	WORKER_NET_SENT_BYTES,
	WORKER_NET_DROPPED_PACKETS,
	/* as enum vmbus_counter */
	WORKER_VMBUS_INTERRUPTS,
	WORKER_VMBUS_SIGNALS,
	WORKER_COUNTERS_NAMED,
	WORKER_COUNTERS = 64, /* with room to grow: a whole number of cache lines */
};

/*
 * Why a VP left its guest; each return of hv_vp_run() is one, hypercalls and MSRs are answered inside of it.
 */
enum worker_vp_counter {
	WORKER_VP_PORT,
	WORKER_VP_MMIO,
	WORKER_VP_EOI,
	WORKER_VP_EXTINT,
	WORKER_VP_HYPERCALL,
	WORKER_VP_MSR,
	WORKER_VP_OTHER,
	WORKER_VP_COUNTERS_NAMED,
	WORKER_VP_COUNTERS = 8, /* one cache line */
};

enum {
	WORKER_COUNTED_VPS = 64,
	WORKER_COUNTERS_SIZE = (WORKER_COUNTERS + WORKER_COUNTED_VPS * WORKER_VP_COUNTERS) * 8
};

/* What the API calls them. */
extern const char *const worker_counter_names[WORKER_COUNTERS_NAMED];
extern const char *const worker_vp_counter_names[WORKER_VP_COUNTERS_NAMED];

struct worker_counts {
	uint64_t counts[WORKER_COUNTERS_NAMED];
	uint64_t vp_counts[WORKER_VP_COUNTERS_NAMED]; /* of all VPs */
};

/* A new file with all of them 0, whose space is there: a page of it that cannot be written would end the
 * worker. -errno. */
int worker_counters_prepare(int fd);
/* -errno; -EBADMSG: that is no such file. */
int worker_counters_read(int fd, struct worker_counts *ret_counts);

#endif
