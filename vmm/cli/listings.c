/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead switch list` and `bulkhead checkpoint list`. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"

int checkpoint_list(struct invocation *invocation)
{
	static const char *const headings[] = { "Name", "Made", "Parent", NULL };
	static const char *const names[] = { "name", "created", "parent", NULL };

	return manage_print_dicts(
	    invocation, manage_call_vm(invocation, invocation->operands[0], "ListCheckpoints", NULL),
	    headings, names);
}
