/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The synthetic devices of an enlightened machine: the device thread with its loop, the VMBus, and the
 * providers on it.
 *
 * Purpose    Wires providers to the bus and to what the worker was given. Each kind of device is a part
 *            (a file synthetic_KIND.c): a row in the table of synthetic.c.
 * Threads    machine.c calls synthetic_new(), attach, stop and free on the main thread. Parts live on
 *            the device thread: all their functions come there. synthetic_warn() and synthetic_tell():
 *            any thread.
 * Order      new: device thread, bus, parts. For each (re)start: attach, VPs run, VPs stand still,
 *            stop; then free.
 */
#ifndef WORKER_SYNTHETIC_H
#define WORKER_SYNTHETIC_H

#include "link/worker_link.h"
#include "loop/loop.h"
#include "worker/machine.h"
#include "worker/memory.h"

#include <hv/synic.h>

struct machine_screen;
struct state;
struct synthetic;
struct vmbus;

/* All on the main thread. */
struct synthetic_ops {
	void (*on_warning)(void *opaque, const char *text);
	/* For the service: the message is the callee's. */
	void (*on_message)(void *opaque, struct link_message *message);
	void (*on_reset)(void *opaque); /* any thread: as the reset line */
};

/* Negative errno, and one sentence. `config`, `memory` and `screen` (NULL: none) outlive it. */
int synthetic_new(struct loop *loop, struct worker_config *config, struct machine_memory *memory,
		  struct machine_screen *screen, const struct synthetic_ops *ops, void *opaque,
		  struct synthetic **ret_synthetic, struct machine_error *ret_error);
/* Stopped, or never attached: otherwise it waits for the providers, for some seconds. False: one of them does
   not let go, and whatever it could still use must stay. */
bool synthetic_free(struct synthetic *synthetic);
/* Before the partition's VPs run. */
int synthetic_attach(struct synthetic *synthetic, struct hv_partition *partition,
		     struct machine_error *error);
/* The VPs stand still. done() comes on the main thread when nothing refers to the partition any more. */
void synthetic_stop(struct synthetic *synthetic, void (*done)(void *opaque), void *opaque);
/* Someone asks something of a part: its verb is one of the part's. False: it is of none. The message stays
 * the caller's. */
bool synthetic_handle(struct synthetic *synthetic, struct link_message *message);
/* The machine goes on after a pause. */
void synthetic_resumed(struct synthetic *synthetic);
/*
 * For saving, while no VP runs: nothing more is taken from the guest, what was taken is answered, images are flushed; then the device
 * thread stands still until synthetic_release(), and held() comes on the main thread. With `lends`, children of the images can be made
 * then (disk_lend()), until the guest goes on. `error` has a sentence when that cannot be; nothing is
 * held then. Meanwhile only synthetic_state() and synthetic_memory_areas() may be called, and synthetic_stop().
 */
void synthetic_hold(struct synthetic *synthetic, bool lends, void (*held)(void *opaque, const char *error),
		    void *opaque);
/* The guest goes on where it was; without a hold too. */
void synthetic_release(struct synthetic *synthetic);
/* The device thread goes on, but nothing is taken from the guest: synthetic_stop() follows, or synthetic_go_on(). */
void synthetic_release_to_stop(struct synthetic *synthetic);
/* After that: the guest goes on where it was. */
void synthetic_go_on(struct synthetic *synthetic);
/* The bus and all devices (state/state.h): saved while held; taken back when attached, with partition and memory as they were. */
void synthetic_state(struct synthetic *synthetic, struct state *state);
/* Memory of devices that the guest reaches, besides its own: calls fn for each. */
void synthetic_memory_areas(struct synthetic *synthetic,
			    void (*fn)(void *opaque, const char *name, void *host, uint64_t size),
			    void *opaque);
/* Another service has the link: the parts tell it how they stand. */
void synthetic_report(struct synthetic *synthetic);

/* --- for parts, on the device thread ----------------------------------------------------------------- */

struct synthetic_part {
	const char *name;
	/* `*ret_part` stays NULL when there is nothing to make. */
	int (*make)(struct synthetic *synthetic, void **ret_part, struct machine_error *error);
	void (*free)(void *part); /* the bus is stopped */
	/* These may be NULL. */
	bool (*handle)(void *part,
		       struct link_message *message); /* from the service; true: it was for this part */
	void (*attached)(void *part);		      /* the VPs will run: first start, or a restart */
	void (*stopping)(void *part);		      /* the VPs stand still for good: let requests end */
	void (*resumed)(void *part);
	void (*report)(void *part);
	/* Nothing is taken from the guest any more: 1 when all that was is done, and flushed; 0: not yet; negative errno: it
	   cannot be. Comes again and again until then. */
	int (*quiesce)(void *part);
	/* The guest goes on as it was. */
	void (*released)(void *part);
	/* Memory besides the machine's own: its name in a saved state. */
	const char *memory_name;
	void *(*memory)(void *part, uint64_t *ret_size);
	int (*connect)(void *part, const void *endpoint, const void *service); /* struct vmbus_guid: hvsock */
};

/* Being held, the images are to be lent. */
bool synthetic_lends(const struct synthetic *synthetic);
/* What `part` made; NULL: nothing. Any thread. */
void *synthetic_made(struct synthetic *synthetic, const struct synthetic_part *part);
struct loop *synthetic_loop(struct synthetic *synthetic);
struct vmbus *synthetic_bus(struct synthetic *synthetic);
struct worker_config *synthetic_config(struct synthetic *synthetic);
struct machine_memory *synthetic_memory(struct synthetic *synthetic);
/* NULL while no guest runs. */
struct hv_partition *synthetic_partition(struct synthetic *synthetic);
/* Not more than a few in a row: what a guest causes must not fill its host's log. */
void synthetic_warn(struct synthetic *synthetic, const char *text);
/* To the service; takes the message. */
void synthetic_tell(struct synthetic *synthetic, struct link_message *message);

struct machine_screen *synthetic_screen(struct synthetic *synthetic); /* NULL: none */

/* An adapter's instance on the bus, as "{...}". */
void synthetic_network_device(const struct worker_port *port, char text[39]);

extern const struct synthetic_part synthetic_console;	     /* synthetic_console.c */
extern const struct synthetic_part synthetic_storage;	     /* synthetic_storage.c */
extern const struct synthetic_part synthetic_utilities;	     /* synthetic_utilities.c */
extern const struct synthetic_part synthetic_dynamic_memory; /* synthetic_memory.c */
extern const struct synthetic_part synthetic_hvsock;	     /* synthetic_hvsock.c */
extern const struct synthetic_part synthetic_network;

#endif
