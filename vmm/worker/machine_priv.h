/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of a machine: machine.c is its life, machine_save.c its saved state. */
#ifndef WORKER_MACHINE_PRIV_H
#define WORKER_MACHINE_PRIV_H

#include "worker/machine.h"
#include "worker/memory.h"
#include "worker/vcpu_thread.h"

#include <hv/hv.h>

#include <pthread.h>

struct machine_save;

/* What a VP or a chip asks of the main thread; the first one counts. */
enum machine_request {
	REQUEST_NONE,
	REQUEST_POWER_OFF,
	REQUEST_RESET,
	REQUEST_CRASH,
	REQUEST_FAILURE,
	REQUEST_STOP,
	REQUEST_SAVED,
};

struct machine {
	struct loop *loop;
	const struct machine_ops *ops;
	void *opaque;
	struct worker_config config;
	enum hv_engine_kind engine;
	const char *engine_reason;

	struct serial *serials[WORKER_COMS]; /* NULL: there is no such port */
	struct machine_screen *screen; /* NULL: nobody can look */
	struct pc *pc;
	struct gen1 *gen1;	     /* NULL: the smallest machine */
	struct synthetic *synthetic; /* NULL: not enlightened */
	struct machine_memory memory;
	struct hv_partition *partition;
	struct vcpu_thread vcpus[HV_MAX_VPS];
	bool is_paused;
	uint64_t paused_clock; /* what the partition's clock said then */
	struct machine_save *save; /* machine_save.c; NULL: it is not being saved */

	pthread_mutex_t request_lock; /* a leaf */
	enum machine_request request;
	char request_text[320];
	bool is_request_handled;
	bool is_stop_wanted; /* it came while the machine was being reset */
	struct loop_call request_call;
};

/* machine_save.c. Instead of a kernel's entry: memory, partition and devices as config.state_fd has them. */
int machine_restore(struct machine *machine, struct machine_error *error);
/* Something else is to happen with the machine: what was written so far is nothing. */
void machine_save_abort(struct machine *machine);
/* machine.c: nothing goes on any more; on_ended() comes with WORKER_SAVED. */
void machine_end_saved(struct machine *machine);

#endif
