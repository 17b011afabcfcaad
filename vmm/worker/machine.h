/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine of one worker: memory, partition, VPs, chips, serial port, wired together.
 *
 * Purpose    Starts what the configuration describes; starts it again, in place, when the guest resets;
 *            says how it ended.
 * Threads    All calls and all callbacks on the loop's thread. VPs and chips hand over through `request`.
 * Ownership  machine_new() takes the descriptors out of the configuration.
 * Order      start: serial, chips, memory, then for each (re)start firmware, kernel, partition, VPs, VP
 *            threads. Stopping goes backwards: VP threads first.
 */
#ifndef WORKER_MACHINE_H
#define WORKER_MACHINE_H

#include "link/worker_link.h"
#include "loop/loop.h"

struct machine;

enum machine_step {
	MACHINE_HELD, /* everything stands still; children of its images may be made */
	/* all is written, and the children are in their places: machine_checkpoint_keep() decides */
	MACHINE_READY,
	MACHINE_DONE, /* it goes on with them */
};

enum machine_merge_step {
	MACHINE_MERGE_READY, /* all is in the parent: machine_merge_keep() decides */
	MACHINE_MERGE_DONE,
	MACHINE_MERGE_FAILED, /* this and what follows: it goes on with the images that it had */
	MACHINE_MERGE_CANCELED,
	MACHINE_MERGE_TOO_FAST, /* the guest writes faster than the image is copied */
};

/* Owned: descriptors for writing (-1: none) and texts (NULL: none) as disk/live_merge.h has them. */
struct machine_merge_wish {
	char *id; /* is given back */
	int child, parent, above;
	char *relative, *absolute;
	bool is_copied;
};

struct machine_ops {
	/* The VPs are about to run, for the first time or after a reset. `engine` and `reason` are static. */
	void (*on_running)(void *opaque, const char *engine, const char *reason, uint64_t start_ns);
	void (*on_warning)(void *opaque, const char *text);
	/* Of a synthetic device, for the service; the message is the callee's. */
	void (*on_message)(void *opaque, struct link_message *message);
	/* Of machine_save(): so many bytes of memory are through. */
	void (*on_saving)(void *opaque, uint64_t done, uint64_t size);
	/* Of machine_checkpoint(). */
	void (*on_checkpoint)(void *opaque, enum machine_step step, const char *id);
	/* Of machine_merge(); `text` is a sentence when it failed. */
	void (*on_merge)(void *opaque, enum machine_merge_step step, const char *id, const char *text);
	void (*on_merging)(void *opaque, uint64_t done, uint64_t size);
	/* It goes on as it was. */
	void (*on_save_failed)(void *opaque, const char *text, bool is_canceled);
	/* It stands still; nothing follows. */
	void (*on_ended)(void *opaque, enum worker_cause cause, const char *text);
};

struct machine_error {
	char text[512];
};

/* A sentence, for what returns `code`. */
int machine_fail(struct machine_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Negative errno, and one sentence. */
int machine_new(struct loop *loop, struct worker_config *config, const struct machine_ops *ops, void *opaque,
		struct machine **ret_machine, struct machine_error *ret_error);
int machine_start(struct machine *machine, struct machine_error *ret_error);
struct machine *machine_free(struct machine *machine);

void machine_power_button(struct machine *machine);
/* Something for a device (the message stays the caller's). False: none of them knows the verb. */
bool machine_handle(struct machine *machine, struct link_message *message);
/* Another service has the link: the synthetic devices tell how they stand. */
void machine_report(struct machine *machine);
/* The VPs stand still until machine_resume(). -EALREADY: they do, or they do not. */
int machine_pause(struct machine *machine);
int machine_resume(struct machine *machine);
/* One more who looks at the screen: takes the socket, also when it fails. -ENODEV: there is none. */
int machine_add_display(struct machine *machine, int fd);
/* As if the reset line was pulled; on_running() comes. */
void machine_reset(struct machine *machine);
/*
 * Memory and devices go into `fd` (state/state_file.h), which stays the caller's: on_saving() now and then, then on_ended() with
 * WORKER_SAVED, or on_save_failed(). Meanwhile nothing else may be asked of the machine but machine_save_cancel(), machine_stop() and
 * machine_reset(). -EBUSY: that is so already.
 */
int machine_save(struct machine *machine, int fd);
/*
 * A checkpoint: the same, after which the machine goes on with children of its disks, as many as `disks`, which come one by one with
 * machine_checkpoint_child() from MACHINE_HELD on. `fd` -1: its memory is not kept. `id` is given back. on_checkpoint() follows, or
 * on_save_failed() until MACHINE_READY, and after machine_save_cancel(): then it goes on with the disks that it had.
 */
int machine_checkpoint(struct machine *machine, int fd, const char *id, unsigned disks);
/* Takes the descriptors; a disk of the emulated controller has STORAGE_IDE as its controller, and its unit as `lun`. */
void machine_checkpoint_child(struct machine *machine, struct worker_disk *child);
void machine_checkpoint_keep(struct machine *machine);
/* Nobody decides before another service comes: one that is not ready is canceled. NULL: none is ready; else its identity. */
const char *machine_checkpoint_waits(struct machine *machine);
bool machine_is_at_checkpoint(const struct machine *machine);
void machine_save_cancel(struct machine *machine);
/*
 * An image of one of its disks goes into its parent (disk/live_merge.h); takes what is in `wish`. on_merge() follows, maybe inside the
 * call: READY, and after the keep DONE, or why not. One at a time; not while the machine is being saved.
 */
void machine_merge(struct machine *machine, struct machine_merge_wish *wish);
void machine_merge_keep(struct machine *machine, const char *id);
void machine_merge_cancel(struct machine *machine);
/* As machine_checkpoint_waits(). */
const char *machine_merge_waits(struct machine *machine);
/* Before the images are closed, or one of them goes. */
void machine_merge_abort(struct machine *machine);
bool machine_is_merging(const struct machine *machine);
bool machine_is_saving(const struct machine *machine);
/* Ends the machine; on_ended() comes with WORKER_STOPPED. */
void machine_stop(struct machine *machine);

#endif
