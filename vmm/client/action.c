/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/action.h"

#include "client/command.h"
#include "client/rights.h"
#include "model/vm_state.h"

#include <string.h>

/* Rules besides the events of the life cycle. */
enum {
	WHEN_EVER = -1,
	WHEN_OFF = -2,	     /* its settings and files must not be in use */
	WHEN_NO_WORKER = -3, /* off or saved */
	WHEN_WORKER = -4,
	WHEN_SETTLED = -5, /* off, saved, running or paused */
};

/* clang-format off */
const struct vmc_action vmc_actions[] = {
	{ "connect", "Connect...", "Opens its screen and its serial console.", NULL, "connect", "console", NULL, WHEN_EVER },
	{ "settings", "Settings...", "Shows and changes its settings.", NULL, "set", "view", NULL, WHEN_EVER },
	{ "start", "Start", "Starts it, or lets it go on from its saved state.", "Start", "start", "power", NULL, VM_START },
	{ "shut-down", "Shut Down", "Asks its guest to shut down.", "ShutDown", "shutdown", "power", NULL, VM_SHUT_DOWN },
	{ "turn-off", "Turn Off...", "Turns it off, as if the plug was pulled.", "TurnOff", "off", "power",
	  "Turn off %s? What its guest has not written to its disks yet is lost.", VM_TURN_OFF },
	{ "save", "Save", "Writes memory and devices to the disk; the next start goes on from there.", "Save", "save", "power", NULL, VM_SAVE },
	{ "delete-saved", "Delete Saved State...", "Throws its saved state away: it is off then.", "DeleteSavedState", "delete-saved", "power",
	  "Delete the saved state of %s? What its guest had in memory and not on its disks is lost.", VM_DISCARD },
	{ "pause", "Pause", "Its processors stand still; its memory stays.", "Pause", "pause", "power", NULL, VM_PAUSE },
	{ "resume", "Resume", "Lets it go on.", "Resume", "resume", "power", NULL, VM_RESUME },
	{ "reset", "Reset...", "Resets it, as its reset button would.", "Reset", "reset", "power",
	  "Reset %s? What its guest has not written to its disks yet is lost.", WHEN_WORKER },
	{ "checkpoint", "Checkpoint", "Keeps this point in time of it.", "Checkpoint", "checkpoint create", "checkpoint", NULL, WHEN_EVER },
	{ "revert", "Revert...", "Goes back to the last checkpoint.", "Revert", "checkpoint revert", "checkpoint",
	  "Revert %s to its last checkpoint? All that it did since then is lost, with what its guest has in memory if it runs.", WHEN_SETTLED },
	{ "move", "Move...", "Moves its files elsewhere, also while it runs.", NULL, "move", "edit", NULL, WHEN_SETTLED },
	{ "export", "Export...", "Copies it with its files into a folder.", NULL, "export", "edit", NULL, WHEN_OFF },
	{ "rename", "Rename...", "Gives it another name.", NULL, "rename", "edit", NULL, WHEN_EVER },
	{ "clone", "Clone...", "Makes a copy with copies of its disks.", NULL, "clone", "view", NULL, WHEN_OFF },
	{ "delete", "Delete...", "Puts it into the trash.", "Delete", "delete", "delete",
	  "Delete %s? It goes to the trash with the disks in its own folder, and can be brought back until the trash is emptied.",
	  WHEN_NO_WORKER },
	{ "delegate", "Delegate...", "Grants others rights on it.", NULL, NULL, "delegate", NULL, WHEN_EVER },
	{ "why", "Why?", "Tells why it is in its state, and what to do.", NULL, "why", "view", NULL, WHEN_EVER },
};
/* clang-format on */
const gsize vmc_actions_count = G_N_ELEMENTS(vmc_actions);

const struct vmc_action *vmc_action_find(const char *name)
{
	for (gsize i = 0; i < vmc_actions_count; i++)
		if (strcmp(vmc_actions[i].name, name) == 0)
			return &vmc_actions[i];
	return NULL;
}

/* In the words of the life cycle itself. */
static char *event_refusal(int event, const char *name, enum vm_state state)
{
	struct vm_life life;
	GError *error = NULL;
	char *text = NULL;

	vm_life_init(&life);
	life.state = state;
	if (!vm_life_move(&life, name, (enum vm_event)event, NULL, &error)) {
		text = g_strdup(error->message);
		g_error_free(error);
	}
	vm_life_deinit(&life);
	return text;
}

static char *state_refusal(const struct vmc_action *action, const char *name, const char *state)
{
	enum vm_state parsed;

	if (action->event == WHEN_EVER || !vm_state_parse(state, &parsed))
		return NULL;
	if (action->event >= 0)
		return event_refusal(action->event, name, parsed);
	if (action->event == WHEN_OFF && !vm_state_is_off(parsed))
		return g_strdup_printf("%s is %s; this can be done only while it is off; shut it down first",
				       name, state);
	if (action->event == WHEN_NO_WORKER && vm_state_has_worker(parsed))
		return g_strdup_printf("%s is %s; turn it off first", name, state);
	if (action->event == WHEN_SETTLED && !vm_state_is_off(parsed) && parsed != VM_SAVED &&
	    parsed != VM_RUNNING && parsed != VM_PAUSED)
		return g_strdup_printf("%s is %s; wait until it runs, is saved or is off", name, state);
	if (action->event == WHEN_WORKER && !vm_state_has_worker(parsed))
		return g_strdup_printf("%s is %s; start it first", name, state);
	return NULL;
}

char *vmc_action_refusal(const struct vmc_action *action, const char *name, const char *state,
			 const char *const *rights)
{
	if (rights && !g_strv_contains(rights, action->right))
		return g_strdup_printf("you may not %s (%s); ask an administrator for that right",
				       vmc_right_text(action->right), name);
	return state_refusal(action, name, state);
}

char *vmc_machine_action_refusal(const struct vmc_action *action, VmcObject *machine,
				 const char *const *rights)
{
	const char *name = vmc_object_text(machine, "Name");
	char *why = vmc_action_refusal(action, name, vmc_object_text(machine, "State"), rights);

	if (!why && strcmp(action->name, "revert") == 0 && vmc_object_number(machine, "Checkpoints") == 0)
		why = g_strdup_printf("%s has no checkpoint to go back to; make one first", name);
	return why;
}

char *vmc_action_command(const struct vmc_action *action, const char *place, const char *name)
{
	char **verb = g_strsplit(action->verb ? action->verb : "", " ", 2);
	gboolean has_noun = verb[0] && verb[1];
	const char *const words[] = { has_noun ? verb[0] : "vm", has_noun ? verb[1] : verb[0], name, NULL };
	char *command = action->verb ? vmc_command(place, words) : NULL;

	g_strfreev(verb);
	return command;
}
