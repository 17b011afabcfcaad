/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead switch list` and `bulkhead checkpoint list`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"

int switch_list(struct invocation *invocation)
{
	static const char *const headings[] = { "Name", "Kind", "Can be used now", "Notes", NULL };
	static const char *const names[] = { "name", "kind", "available", "notes", NULL };

	return manage_print_dicts(
	    invocation, manage_call(invocation, API_HOST_PATH, API_HOST_INTERFACE, "ListSwitches", NULL),
	    headings, names);
}

int checkpoint_list(struct invocation *invocation)
{
	static const char *const headings[] = { "Name", "Made", "Parent", NULL };
	static const char *const names[] = { "name", "created", "parent", NULL };

	return manage_print_dicts(
	    invocation, manage_call_vm(invocation, invocation->operands[0], "ListCheckpoints", NULL),
	    headings, names);
}
