/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The integration services of a machine: what synthetic_utilities.c and synthetic_exchange.c share. */
#ifndef WORKER_SYNTHETIC_UTILITIES_H
#define WORKER_SYNTHETIC_UTILITIES_H

#include "worker/synthetic.h"

#include "vsp/ic/file_copy.h"
#include "vsp/ic/heartbeat.h"
#include "vsp/ic/kvp.h"
#include "vsp/ic/shutdown.h"
#include "vsp/ic/timesync.h"
#include "vsp/ic/vss.h"

enum { EXCHANGE_FACTS = 7, EXCHANGE_FACT_MAX = 1024, EXCHANGE_PAIRS_MAX = 3 * KVP_PAIRS_MAX };

/* A pair as the service knows it. */
struct exchange_pair {
	enum kvp_pool pool;
	char *key;
	uint64_t hash; /* of the value */
	bool is_seen;  /* in the present reading */
};

struct exchange {
	struct synthetic *synthetic;
	struct kvp *kvp;
	char facts[EXCHANGE_FACTS][EXCHANGE_FACT_MAX]; /* what the service was told */
	struct exchange_pair pairs[EXCHANGE_PAIRS_MAX];
	unsigned pair_count;
	bool is_ready;
};

enum { UTILITIES = 6 };

/* One of the services, on its way. */
struct utility {
	struct utilities *utilities;
	unsigned index;
	bool is_leaving; /* taken back; the guest still has it */
	bool is_wanted;
};

struct utilities {
	struct synthetic *synthetic;
	struct utility each[UTILITIES];
	struct heartbeat *heartbeat;
	struct shutdown_ic *shutdown;
	struct timesync *timesync;
	struct exchange exchange;
	struct vss *vss;
	struct file_copy *copy;
	enum heartbeat_state heartbeat_state;
	bool can_shut_down, can_freeze, can_copy;
	uint64_t progress_ns; /* when the service heard last of a copy */
};

/* One message of one field to the service. */
void utilities_tell(struct synthetic *synthetic, const char *verb, const char *key, const char *value);

/* Data exchange. */
int exchange_init(struct exchange *exchange);
void exchange_deinit(struct exchange *exchange);
bool exchange_handle(struct exchange *exchange, struct link_message *message);
void exchange_report(struct exchange *exchange);

#endif
