/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of a machine: machine.c is its life, machine_devices.c what it is made of, machine_partition.c what is made anew at each reset,
 * machine_save.c its saved state, machine_checkpoint.c a checkpoint of it.
 */
#ifndef WORKER_MACHINE_PRIV_H
#define WORKER_MACHINE_PRIV_H

#include "worker/machine.h"
#include "worker/memory.h"
#include "worker/vcpu_thread.h"

#include "state/state_file.h"

#include <hv/hv.h>

#include <pthread.h>

/* machine_checkpoint.c: of a save after which the machine goes on with other disks. */
struct machine_checkpoint {
	char id[64];
	bool has_memory;
	unsigned wanted, count;
	struct worker_disk children[WORKER_DISKS_MAX + WORKER_DRIVES]; /* what came of them so far */
	bool is_held;						       /* and the images are lent */
	bool is_written; /* and the device thread goes on, but takes nothing from the guest */
	bool is_exchanged;
};

/* machine_save.c */
struct machine_save {
	struct machine *machine;
	struct state_file file;
	bool was_paused;
	struct machine_checkpoint *checkpoint; /* NULL: the machine ends */
	bool is_holding;		       /* synthetic_hold() was called */
	bool is_canceled;
	struct loop_timer *timer; /* waits for the drives, then goes on slice by slice */
	uint64_t idle_until, told_ns;
	bool is_writing;
	int error;
};

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

struct boot_entry;

struct machine {
	struct loop *loop;
	const struct machine_ops *ops;
	void *opaque;
	struct worker_config config;
	enum hv_engine_kind engine;
	const char *engine_reason;

	struct serial *serials[WORKER_COMS]; /* NULL: there is no such port */
	struct machine_screen *screen;	     /* NULL: nobody can look */
	struct pc *pc;
	struct gen1 *gen1;	     /* NULL: the smallest machine */
	struct synthetic *synthetic; /* NULL: not enlightened */
	struct machine_memory memory;
	struct hv_partition *partition;
	struct vcpu_thread vcpus[HV_MAX_VPS];
	bool is_paused;
	uint64_t paused_clock;	     /* what the partition's clock said then */
	struct machine_save *save;   /* machine_save.c; NULL: it is not being saved */
	struct machine_merge *merge; /* machine_merge.c; NULL: no image is being merged */

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
/* `checkpoint` (taken) NULL: the machine ends. -errno: nothing began. */
int machine_save_begin(struct machine *machine, int fd, struct machine_checkpoint *checkpoint);
/* It goes on as it was. */
void machine_save_fail(struct machine_save *save, const char *text);
/* It goes on, with what was exchanged. */
void machine_save_done(struct machine_save *save);

/* --- machine_checkpoint.c, for machine_save.c --- */
/* Everything stands still: false, with a text, when it cannot be lent. */
bool checkpoint_held(struct machine_save *save, char *text, size_t size);
void checkpoint_written(struct machine_save *save);
/* The disks before have their places again, and the device thread takes from the guest again. */
void checkpoint_undo(struct machine_save *save);
struct machine_checkpoint *checkpoint_free(struct machine_checkpoint *checkpoint);

/* --- machine_devices.c: once --- */
int machine_choose_engine(struct machine *machine, struct machine_error *error);
int machine_make_devices(struct machine *machine, struct machine_error *error);

/* --- machine_partition.c --- */
int machine_make_partition(struct machine *machine, struct machine_error *error);
void machine_free_partition(struct machine *machine);
/* They have left the guest, and their threads have ended. */
void machine_stop_vcpus(struct machine *machine);
/* The kernel of the configuration goes into RAM; then processor 0 is put at its entry. */
int machine_load_kernel(struct machine *machine, struct boot_entry *ret_entry, struct machine_error *error);
int machine_enter_kernel(struct machine *machine, const struct boot_entry *entry,
			 struct machine_error *error);

/* machine.c: of a VP or a chip, on any thread. */
void machine_ask(struct machine *machine, enum machine_request request, const char *text);
/* Those disks that synthetic storage and the emulated controller share: the latter has what the former has. */
void machine_follow_shared(struct machine *machine);

/* --- machine_merge.c, for machine.c --- */
/* The guest is about to end, or to begin anew. */
void merge_stopping(struct machine *machine);

/* machine.c: nothing goes on any more; on_ended() comes with WORKER_SAVED. */
void machine_end_saved(struct machine *machine);

#endif
