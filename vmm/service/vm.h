/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One virtual machine of the inventory: its configuration, its life, its worker.
 *
 * Ownership  service->vms owns it. Its configuration is replaced as a whole (vm_set_config()), never
 *            changed in place.
 * Errors     MODEL_ERROR_* and API_ERROR_*; each a sentence for the user.
 */
#ifndef SERVICE_VM_H
#define SERVICE_VM_H

#include "service/identity.h"
#include "service/worker_process.h"

#include "model/vm_config.h"
#include "model/vm_state.h"

struct service;
struct checkpoint_live;
struct checkpoint_tree;

/* What the guest's daemon tells of it (data exchange); texts. */
enum vm_guest_fact {
	VM_GUEST_OS,
	VM_GUEST_KERNEL,
	VM_GUEST_HOST_NAME,
	VM_GUEST_IPV4,
	VM_GUEST_IPV6,
	VM_GUEST_FACTS,
};

/* How a start went; `error` is NULL when the processors run. */
typedef void (*vm_started_fn)(gpointer opaque, const GError *error);

struct vm {
	struct service *service;
	struct vm_config *config;
	char *path; /* of its object */
	struct vm_life life;
	char *cause; /* how it ended last */
	struct worker_process *worker;
	char *engine, *engine_reason;
	const char *heartbeat;		   /* static: "" (nothing known), none, ok, lost */
	gboolean hears_shutdown;	   /* by its integration component */
	char *guest_facts[VM_GUEST_FACTS]; /* NULL: unknown */
	guint64 memory_demand_mib, memory_assigned_mib, memory_asked_mib; /* 0: unknown */
	gboolean has_balloon; /* its guest takes part in dynamic memory */
	/* What is under way inside of the guest, each NULL when nothing is (guest_*.h). */
	GHashTable *guest_pairs; /* pool and key → value */
	struct guest_copy *guest_copy;
	struct guest_freeze *guest_freeze;
	struct vm_question *screen_fit;
	struct com_sockets *com_sockets; /* NULL: there are none */
	struct guest_socket *guest_socket;
	struct vm_question *guest_address;
	gboolean is_frozen;
	gint64 crashed_at;	   /* its guest's kernel, when last heard of; monotonic; 0: never */
	guint landlock;		   /* its version, by the worker's own word */
	guint timeout;		   /* of starting, or of stopping */
	guint start_timer;	   /* automatic start, with its delay */
	gboolean is_opening;	   /* its files, before there is a worker */
	gboolean is_given_up;	   /* turned off meanwhile */
	gboolean is_host_ending;   /* its automatic stop action: it counts as one that was running */
	struct vm_saving *saving;  /* vm_save.c; NULL: it is not being saved */
	gboolean is_resume_forced; /* although its disks were changed: the one who starts it says so */
	/* its worker is one of an earlier service, and has not said yet how it stands */
	gboolean is_found;
	gboolean is_from_saved; /* it goes on from its saved state, which is there until it runs */
	int start_from_fd;	/* vm_start_from(); -1 */
	guint busy;		/* jobs that use it: its configuration and files stay as they are */
	struct media_change *media_change; /* vm_media.c */
	GArray *used_files;		   /* disks_in_use.c; NULL: none */
	struct vm_listener *listener;	   /* display_listener.c; NULL: it does not listen */
	struct vm_display *display;	   /* display_viewers.c; NULL: nobody looks */
	/* checkpoint_live.c; NULL: none is made of it while it runs */
	struct checkpoint_live *checkpoint_live;
	struct checkpoint_tree *checkpoints; /* checkpoint.h; NULL: they cannot be read */
	char *checkpoints_problem;
	guint checkpoint_timer;
	struct job *tidying; /* checkpoint_merge.c; NULL: no images are being merged */
	void (*after_tidying)(gpointer opaque);
	gpointer after_tidying_opaque;
	guint merge_timer;
	gboolean merges_when_off; /* not before: its guest writes too fast, or somebody cancelled it */
	guint merge_wait_s;	  /* until another attempt, after one that failed */
	vm_started_fn on_started;
	gpointer on_started_opaque;
};

struct vm *vm_new(struct service *service, struct vm_config *config); /* takes the configuration */
struct vm *vm_free(struct vm *vm);
/* Puts it into the inventory and tells everybody. */
void vm_add(struct vm *vm);
struct vm *vm_by_id(const struct service *service, const char *id);
/* By name or identity: MODEL_ERROR_NOT_FOUND, or MODEL_ERROR_EXISTS when the name has several. */
struct vm *vm_find(const struct service *service, const char *name, GError **error);
/* Whether another machine than `self` has it. */
gboolean vm_name_is_taken(const struct service *service, const char *name, const struct vm *self);

/* Writes it, then takes it and tells everybody. On failure it stays the caller's. */
gboolean vm_set_config(struct vm *vm, struct vm_config *config, GError **error);

/*
 * For a change that took its time: what was not kept from changing meanwhile (rights; whether it runs) is as
 * in the machine's present configuration. All else stays still while vm->busy.
 */
void vm_catch_up(const struct vm *vm, struct vm_config *config);

/* Looks for its worker of an earlier service. */
void vm_adopt(struct vm *vm);
/* Takes the transition; an event tells of it. */
gboolean vm_move(struct vm *vm, enum vm_event event, const char *reason, GError **error);

/* Answers through `fn`, later or at once. */
void vm_start(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque);
/* The same questions, asked by the same code, and nothing is done; the machine may be gone when `fn` is called. */
void vm_plan_start(struct vm *vm, const struct identity *who, gboolean is_forced, vm_started_fn fn,
		   gpointer opaque);
/* Whether its worker knows this verb (link/worker_verbs.h); a sentence when it is too old. One without a worker is no matter of this. */
gboolean vm_check_verb(const struct vm *vm, const char *verb, GError **error);
/* To its worker; takes the message, also NULL: there was no memory for it. FALSE: a sentence (`error` may be NULL). */
gboolean vm_send(struct vm *vm, struct link_message *message, GError **error);
/* What would be refused before any file is opened. */
gboolean vm_check_start(struct vm *vm, GError **error);
gboolean vm_shut_down(struct vm *vm, const char *reason, GError **error);
gboolean vm_turn_off(struct vm *vm, const char *reason, GError **error);
gboolean vm_check_reset(const struct vm *vm, GError **error); /* what vm_reset() refuses; nothing happens */
gboolean vm_reset(struct vm *vm, GError **error);
gboolean vm_pause(struct vm *vm, const char *reason, GError **error);
/* The reason of the pause is over: nothing is worth saying then. */
gboolean vm_resume(struct vm *vm, const char *reason, GError **error);
/* A new stream to its serial port COM 1 (`com` 0) or 2; -1. `mode` as worker_link.h has it for "serial". */
int vm_open_serial(struct vm *vm, unsigned com, unsigned mode, guint64 history, GError **error);

/* A new socket to its screen and keyboard (ui/display_proto.h); -1. */
int vm_open_display(struct vm *vm, GError **error);

/* --- between vm.c and vm_start.c --- */
extern const struct worker_ops vm_worker_ops;
void vm_finish_start(struct vm *vm, const GError *error);
/* It has no worker any more: it is off, or saved as before. */
void vm_lost(struct vm *vm, const char *reason);
void vm_remember_running(struct vm *vm, gboolean is_running);

/* --- vm_guest.c --- */
/* The text of its last crash: RUNTIME/workers/ID.panic. */
enum { VM_GUEST_PANIC_MAX = 16384 };
/* FALSE: the message is about something else. */
gboolean vm_guest_handle(struct vm *vm, struct link_message *message);
void vm_guest_forget(struct vm *vm);
void vm_guest_forget_panic(struct vm *vm);
/* A running guest is offered what was switched on, and loses what was switched off. */
void vm_guest_follow_services(struct vm *vm, const struct vm_config *before);
/* Whether the machine's settings let its guest have this service; a sentence that names the setting. */
gboolean vm_guest_check(const struct vm *vm, enum vm_integration service, GError **error);
/* What asks the guest to end: its integration component when it listens, else the power button. */
const char *vm_guest_shutdown_verb(const struct vm *vm);

#endif
