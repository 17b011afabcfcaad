/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/vm_state.h"
#include "model/model_error.h"

#include <string.h>

static const struct {
	const char *name;
	const char *label;
	gboolean has_worker;
	const char *remedy; /* when something is refused in this state */
} states[VM_STATE_COUNT] = {
	[VM_OFF] = { "off", "Off", FALSE, "start it first" },
	[VM_STARTING] = { "starting", "Starting", TRUE, "wait until it runs, or turn it off" },
	[VM_RUNNING] = { "running", "Running", TRUE, "shut it down or turn it off first" },
	[VM_PAUSED] = { "paused", "Paused", TRUE, "resume it first, or turn it off" },
	[VM_SAVING] = { "saving", "Saving", TRUE, "wait until it is saved" },
	[VM_SAVED] = { "saved", "Saved", FALSE, "start it, or delete its saved state, first" },
	[VM_STOPPING] = { "stopping", "Stopping", TRUE, "wait until it is off, or turn it off" },
	[VM_OFF_CRITICAL] = { "off-critical", "Off-Critical", FALSE, "bring back what it lacks first" },
	[VM_PAUSED_CRITICAL] = { "paused-critical", "Paused-Critical", TRUE,
				 "bring back what it lacks and resume it, or turn it off" },
	[VM_SAVED_CRITICAL] = { "saved-critical", "Saved-Critical", FALSE,
				"bring back what it lacks, or delete its saved state" },
};

static const struct {
	const char *name;
	const char *participle; /* "it cannot be ..." */
} events[VM_EVENT_COUNT] = {
	[VM_START] = { "start", "started" },
	[VM_STARTED] = { "started", "reported as started" },
	[VM_FOUND] = { "found", "found running" },
	[VM_FOUND_PAUSED] = { "found-paused", "found paused" },
	[VM_PAUSE] = { "pause", "paused" },
	[VM_RESUME] = { "resume", "resumed" },
	[VM_SHUT_DOWN] = { "shut-down", "shut down" },
	[VM_TURN_OFF] = { "turn-off", "turned off" },
	[VM_SAVE] = { "save", "saved" },
	[VM_SAVE_DONE] = { "save-done", "reported as saved" },
	[VM_SAVE_FAILED] = { "save-failed", "reported as not saved" },
	[VM_FOUND_SAVED] = { "found-saved", "found saved" },
	[VM_DISCARD] = { "discard", "rid of a saved state" },
	[VM_ENDED] = { "ended", "reported as ended" },
	[VM_NEEDS_HELP] = { "needs-help", "marked as critical" },
	[VM_HELPED] = { "helped", "marked as helped" },
};

/* All that can happen. Whatever has a worker can lose it: VM_ENDED is in every state that has one. */
static const struct {
	enum vm_state from;
	enum vm_event event;
	enum vm_state to;
} transitions[] = {
	{ VM_OFF, VM_START, VM_STARTING },
	{ VM_OFF, VM_FOUND, VM_RUNNING },
	{ VM_OFF, VM_FOUND_PAUSED, VM_PAUSED },
	{ VM_OFF, VM_FOUND_SAVED, VM_SAVED },
	{ VM_OFF, VM_NEEDS_HELP, VM_OFF_CRITICAL },
	{ VM_OFF_CRITICAL, VM_HELPED, VM_OFF },
	{ VM_OFF_CRITICAL, VM_START, VM_STARTING },

	{ VM_STARTING, VM_STARTED, VM_RUNNING },
	{ VM_STARTING, VM_TURN_OFF, VM_STOPPING },
	{ VM_STARTING, VM_ENDED, VM_OFF },

	{ VM_RUNNING, VM_STARTED, VM_RUNNING }, /* after each reset */
	{ VM_RUNNING, VM_PAUSE, VM_PAUSED },
	{ VM_RUNNING, VM_SHUT_DOWN, VM_STOPPING },
	{ VM_RUNNING, VM_TURN_OFF, VM_STOPPING },
	{ VM_RUNNING, VM_SAVE, VM_SAVING },
	{ VM_RUNNING, VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
	{ VM_RUNNING, VM_ENDED, VM_OFF },

	{ VM_PAUSED, VM_RESUME, VM_RUNNING },
	{ VM_PAUSED, VM_TURN_OFF, VM_STOPPING },
	{ VM_PAUSED, VM_SAVE, VM_SAVING },
	{ VM_PAUSED, VM_NEEDS_HELP, VM_PAUSED_CRITICAL },
	{ VM_PAUSED, VM_ENDED, VM_OFF },
	{ VM_PAUSED_CRITICAL, VM_RESUME, VM_RUNNING }, /* what failed is tried again */
	{ VM_PAUSED_CRITICAL, VM_HELPED, VM_RUNNING },
	{ VM_PAUSED_CRITICAL, VM_NEEDS_HELP, VM_PAUSED_CRITICAL }, /* one more disk */
	{ VM_PAUSED_CRITICAL, VM_TURN_OFF, VM_STOPPING },
	{ VM_PAUSED_CRITICAL, VM_ENDED, VM_OFF },

	{ VM_SAVING, VM_SAVE_DONE, VM_SAVED },
	{ VM_SAVING, VM_SAVE_FAILED, VM_RUNNING },
	{ VM_SAVING, VM_TURN_OFF, VM_STOPPING },
	{ VM_SAVING, VM_ENDED, VM_OFF },
	{ VM_SAVED, VM_START, VM_STARTING },
	{ VM_SAVED, VM_DISCARD, VM_OFF },
	{ VM_SAVED, VM_NEEDS_HELP, VM_SAVED_CRITICAL },
	{ VM_SAVED_CRITICAL, VM_HELPED, VM_SAVED },
	{ VM_SAVED_CRITICAL, VM_DISCARD, VM_OFF },

	{ VM_STOPPING, VM_STARTED, VM_RUNNING },    /* the guest chose to restart instead */
	{ VM_STOPPING, VM_SHUT_DOWN, VM_STOPPING }, /* the button once more */
	{ VM_STOPPING, VM_TURN_OFF, VM_STOPPING },
	{ VM_STOPPING, VM_NEEDS_HELP, VM_PAUSED_CRITICAL }, /* its last writes */
	{ VM_STOPPING, VM_ENDED, VM_OFF },
};

const char *vm_state_name(enum vm_state state)
{
	return states[state].name;
}

const char *vm_state_label(enum vm_state state)
{
	return states[state].label;
}

gboolean vm_state_parse(const char *name, enum vm_state *ret_state)
{
	for (unsigned i = 0; i < VM_STATE_COUNT; i++)
		if (strcmp(name, states[i].name) == 0) {
			*ret_state = (enum vm_state)i;
			return TRUE;
		}
	return FALSE;
}

const char *vm_event_name(enum vm_event event)
{
	return events[event].name;
}

gboolean vm_state_next(enum vm_state state, enum vm_event event, enum vm_state *ret_next)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(transitions); i++)
		if (transitions[i].from == state && transitions[i].event == event) {
			*ret_next = transitions[i].to;
			return TRUE;
		}
	return FALSE;
}

gboolean vm_state_has_worker(enum vm_state state)
{
	return states[state].has_worker;
}

gboolean vm_state_is_up(enum vm_state state)
{
	return state == VM_RUNNING || state == VM_PAUSED || state == VM_PAUSED_CRITICAL;
}

gboolean vm_state_is_off(enum vm_state state)
{
	return state == VM_OFF || state == VM_OFF_CRITICAL;
}

void vm_life_init(struct vm_life *life)
{
	*life = (struct vm_life){ .state = VM_OFF, .since = g_get_real_time() };
}

void vm_life_deinit(struct vm_life *life)
{
	g_clear_pointer(&life->reason, g_free);
}

gboolean vm_life_move(struct vm_life *life, const char *name, enum vm_event event, const char *reason,
		      GError **error)
{
	enum vm_state next;
	char *old = life->reason; /* perhaps the very text that is given */

	if (!vm_state_next(life->state, event, &next)) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_STATE, "%s is %s; it cannot be %s; %s", name,
			    states[life->state].name, events[event].participle, states[life->state].remedy);
		return FALSE;
	}
	if (next != life->state)
		life->since = g_get_real_time();
	life->state = next;
	life->reason = g_strdup(reason);
	g_free(old);
	return TRUE;
}
