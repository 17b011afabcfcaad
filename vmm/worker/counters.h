/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's counters (link/worker_counters.h): where its parts count. Of the process, since a worker has
 * one machine; they outlive resets, and are counted also when nobody reads them.
 *
 * Threads    counters_take() first; then any. Each count is one atomic addition without order.
 */
#ifndef WORKER_COUNTERS_H
#define WORKER_COUNTERS_H

#include "link/worker_counters.h"

#include <stdatomic.h>

/* Takes the descriptor of the file; -1: none. */
void counters_take(int fd);

_Atomic uint64_t *counters_disk(void);	       /* enum disk_counter */
_Atomic uint64_t *counters_network(void);      /* enum netvsp_counter */
_Atomic uint64_t *counters_vmbus(void);	       /* enum vmbus_counter */
_Atomic uint64_t *counters_vp(unsigned index); /* enum worker_vp_counter */

#endif
