/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead admin ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/wording.h"

#include <stdio.h>

static const char *vm_of(const struct invocation *invocation)
{
	const char *vm = invocation_option(invocation, "vm");

	return vm ? vm : "";
}

int admin_list(struct invocation *invocation)
{
	static const char *const headings[] = { "Who", "Role or privilege", "Machine", NULL };
	GVariant *result = manage_call(invocation, API_ADMINS_PATH, API_ADMINS_INTERFACE, "List", NULL),
		 *list;
	GPtrArray *rows;
	GVariantIter iter;
	const char *subject, *role, *name;

	if (!result)
		return STATUS_FAILED;
	list = g_variant_get_child_value(result, 0);
	if (invocation->wants_json) {
		manage_print_json(list);
	} else {
		rows = g_ptr_array_new();
		g_variant_iter_init(&iter, list);
		while (g_variant_iter_next(&iter, "(&s&s&s&s)", &subject, &role, NULL, &name))
			g_ptr_array_add(rows,
					manage_row(vmc_plain_text(subject), g_strdup(role),
						   *name ? vmc_plain_text(name) : g_strdup("(host)"), NULL));
		manage_print_table(headings, rows);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	return STATUS_DONE;
}

static int change(struct invocation *invocation, const char *method)
{
	const char *role = invocation->operand_count > 1 ? invocation->operands[1] : "";

	return manage_print_steps(
	    invocation, manage_call(invocation, API_ADMINS_PATH, API_ADMINS_INTERFACE, method,
				    g_variant_new("(sss@a{sv})", invocation->operands[0], role,
						  vm_of(invocation), vmc_options(invocation->wants_plan))));
}

int admin_grant(struct invocation *invocation)
{
	return change(invocation, "Grant");
}

int admin_revoke(struct invocation *invocation)
{
	return change(invocation, "Revoke");
}

int admin_explain(struct invocation *invocation)
{
	const char *right = invocation_option(invocation, "right"), *name, *why;
	GVariant *result =
	    manage_call(invocation, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Explain",
			g_variant_new("(sss)", invocation->operand_count ? invocation->operands[0] : "",
				      right ? right : "", vm_of(invocation)));
	GVariant *answers;
	GVariantIter iter;
	gboolean may;

	if (!result)
		return STATUS_FAILED;
	answers = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(answers);
	g_variant_iter_init(&iter, answers);
	while (!invocation->wants_json && g_variant_iter_next(&iter, "(&sb&s)", &name, &may, &why)) {
		char *plain = vmc_plain_text(why);

		printf("%-14s %-3s  %s\n", name, may ? "yes" : "no", plain);
		g_free(plain);
	}
	g_variant_unref(answers);
	g_variant_unref(result);
	return STATUS_DONE;
}
