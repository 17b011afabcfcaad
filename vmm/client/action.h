/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done with a machine: words, calls and rules of every console, in one table.
 *
 * A console shows all of them always; vmc_action_refusal() tells why one cannot be done now, in the
 * service's own words, for a tooltip or a status line. The service decides again when it is called.
 */
#ifndef CLIENT_ACTION_H
#define CLIENT_ACTION_H

#include "client/inventory.h"

struct vmc_action {
	const char *name;   /* "turn-off" */
	const char *label;  /* "Turn Off..." */
	const char *text;   /* what it does: a sentence */
	const char *method; /* of VirtualMachine1, with nothing but options; NULL: it needs more */
	const char *verb;   /* of `bulkhead vm`, or with its noun: "checkpoint create"; NULL: there is none */
	const char *right;  /* "power" */
	const char *question; /* what is lost, with one %s for the name; NULL: nothing, so nothing is asked */
	int event;	      /* enum vm_event that must be possible, or one of the rules of action.c */
};

extern const struct vmc_action vmc_actions[];
extern const gsize vmc_actions_count;

const struct vmc_action *vmc_action_find(const char *name); /* NULL */
/*
 * NULL: it can be done. Else a sentence; free it. `state` as the API has it; `rights` of GetRights, or NULL
 * when they are not known yet.
 */
char *vmc_action_refusal(const struct vmc_action *action, const char *name, const char *state,
			 const char *const *rights);
/* The same of a machine as its properties are now: what only they tell counts, too. */
char *vmc_machine_action_refusal(const struct vmc_action *action, VmcObject *machine,
				 const char *const *rights);
/* "bulkhead vm off 'my web'"; free it. NULL: there is no such command. */
char *vmc_action_command(const struct vmc_action *action, const char *place, const char *name);

#endif
