/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections (TLFS 11.3): the numbers to which a guest posts messages and signals events, and who listens in the worker.
 *
 * Threads    Any. A listener is called without the lock; connection_remove() waits until none of its calls runs.
 */
#ifndef HV_CORE_CONNECTION_H
#define HV_CORE_CONNECTION_H

#include "hv/synic.h"

#include <pthread.h>

enum { CONNECTION_BUCKETS = 256, CONNECTION_ID_BITS = 24 };

struct connection {
	struct connection *next;
	uint32_t id;
	hv_message_fn on_message; /* one of the two */
	hv_event_fn on_event;
	void *opaque;
	unsigned running; /* calls of the listener */
};

struct connection_table {
	pthread_mutex_t lock;
	pthread_cond_t idle; /* some connection's `running` came to 0 */
	unsigned count;
	struct connection *buckets[CONNECTION_BUCKETS];
};

void connection_table_init(struct connection_table *table);
void connection_table_deinit(struct connection_table *table);
/* -EEXIST, -ENOSPC, -ENOMEM, -EINVAL for an id with too many bits. */
int connection_add(struct connection_table *table, const struct connection *connection);
void connection_remove(struct connection_table *table, uint32_t id);

enum hv_status connection_post(struct connection_table *table, uint32_t id, unsigned vp, uint32_t type,
			       const void *payload, size_t size);
enum hv_status connection_signal(struct connection_table *table, uint32_t id, uint16_t flag);

#endif
