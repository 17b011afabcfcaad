/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life cycle of a virtual machine: one table of states, events and transitions.
 *
 * Purpose    Whoever owns a VM keeps its state in a `struct vm_life` and moves it with vm_life_move()
 *            only: an event that the table does not have in a state changes nothing and is refused with
 *            a sentence.
 * Critical   The three critical states are those in which a person must act first: the files of a VM
 *            are not there (off-critical), its saved state cannot be read (saved-critical), or it
 *            stands still because something that it needs is gone, such as room on a disk
 *            (paused-critical).
 * Threads    None of its own; the owner's.
 */
#ifndef MODEL_VM_STATE_H
#define MODEL_VM_STATE_H

#include <glib.h>

enum vm_state {
	VM_OFF,
	VM_STARTING,
	VM_RUNNING,
	VM_PAUSED,
	VM_SAVING,
	VM_SAVED,
	VM_STOPPING,
	VM_OFF_CRITICAL,
	VM_PAUSED_CRITICAL,
	VM_SAVED_CRITICAL,
	VM_STATE_COUNT,
};

enum vm_event {
	VM_START,	 /* somebody wants it to run */
	VM_STARTED,	 /* the worker says that the processors run */
	VM_FOUND,	 /* a service that starts anew finds its worker running */
	VM_FOUND_PAUSED, /* the same, standing still */
	VM_PAUSE,	 /* stand still, keep everything */
	VM_RESUME,	 /* go on */
	VM_SHUT_DOWN,	 /* the guest is asked to end */
	VM_TURN_OFF,	 /* the worker is told to end at once */
	VM_SAVE,	 /* write memory and devices away, then end */
	VM_SAVE_DONE,	 /* all of it is on the disk */
	VM_SAVE_FAILED,	 /* it is not; the machine goes on */
	VM_FOUND_SAVED,	 /* it has a saved state */
	VM_DISCARD,	 /* throw the saved state away */
	VM_ENDED,	 /* the worker is gone: switched off, crashed, failed */
	VM_NEEDS_HELP,	 /* something that it needs is gone */
	VM_HELPED,	 /* and is back */
	VM_EVENT_COUNT,
};

struct vm_life {
	enum vm_state state;
	char *reason; /* a sentence: why it is in this state; NULL: nothing worth saying */
	gint64 since; /* g_get_real_time() of the last change */
};

const char *vm_state_name(enum vm_state state);	 /* "off-critical": in the API, in `--json` */
const char *vm_state_label(enum vm_state state); /* "Off-Critical": what people see */
gboolean vm_state_parse(const char *name, enum vm_state *ret_state);
const char *vm_event_name(enum vm_event event); /* a verb: "start", "shut down" */

/* Where the event leads; FALSE when it has no place in this state. */
gboolean vm_state_next(enum vm_state state, enum vm_event event, enum vm_state *ret_next);
/* Whether a worker process belongs to this state. */
gboolean vm_state_has_worker(enum vm_state state);
/* Whether the guest is there: it runs, or stands still for a while. */
gboolean vm_state_is_up(enum vm_state state);
/* Whether settings that need the machine to be off can be changed. */
gboolean vm_state_is_off(enum vm_state state);

void vm_life_init(struct vm_life *life);
void vm_life_deinit(struct vm_life *life);
/* FALSE with MODEL_ERROR_STATE: "ubuntu is running; it cannot be resumed; pause it first". */
gboolean vm_life_move(struct vm_life *life, const char *name, enum vm_event event, const char *reason,
		      GError **error);

#endif
