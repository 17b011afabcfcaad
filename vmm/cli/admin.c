/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead admin ...` */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "client/rights.h"
#include "client/wording.h"

#include <stdio.h>

static const char *vm_of(const struct invocation *invocation)
{
	const char *vm = invocation_option(invocation, "vm");

	return vm ? vm : "";
}

/* --- lists ----------------------------------------------------------------------------------------- */

static GVariant *rights_of(const char *role, gboolean on_host)
{
	const char *const *rights = vmc_rights(on_host);
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("as"));
	for (unsigned i = 0; rights[i]; i++)
		if (vmc_role_has(role, rights[i], on_host))
			g_variant_builder_add(&list, "s", rights[i]);
	return g_variant_builder_end(&list);
}

static void print_grants_as_json(GVariant *grants)
{
	const char *subject, *role, *id, *name;
	GVariantBuilder list;
	GVariantIter iter;
	GVariant *all;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	g_variant_iter_init(&iter, grants);
	while (g_variant_iter_next(&iter, "(&s&s&s&s)", &subject, &role, &id, &name)) {
		g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&list, "{sv}", "subject", g_variant_new_string(subject));
		g_variant_builder_add(&list, "{sv}", "role", g_variant_new_string(role));
		g_variant_builder_add(&list, "{sv}", "vm", g_variant_new_string(id));
		g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(name));
		g_variant_builder_add(&list, "{sv}", "rights", rights_of(role, !*id));
		g_variant_builder_close(&list);
	}
	all = g_variant_ref_sink(g_variant_builder_end(&list));
	manage_print_json(all);
	g_variant_unref(all);
}

static void print_grants(GVariant *grants)
{
	static const char *const headings[] = { "Who", "Role or privilege", "Machine", NULL };
	GPtrArray *rows = g_ptr_array_new();
	const char *subject, *role, *name;
	GVariantIter iter;

	g_variant_iter_init(&iter, grants);
	while (g_variant_iter_next(&iter, "(&s&s&s&s)", &subject, &role, NULL, &name))
		g_ptr_array_add(rows, manage_row(vmc_plain_text(subject), g_strdup(role),
						 *name ? vmc_plain_text(name) : g_strdup("(host)"), NULL));
	manage_print_table(headings, rows);
}

/* Who, where, and a column for each right. */
static char **matrix_row(const char *who, const char *role, const char *place, gboolean on_host)
{
	const char *const *rights = vmc_rights(on_host);
	GPtrArray *row = g_ptr_array_new();

	g_ptr_array_add(row, vmc_plain_text(who));
	g_ptr_array_add(row, vmc_plain_text(place));
	for (unsigned i = 0; rights[i]; i++)
		g_ptr_array_add(row, g_strdup(vmc_role_has(role, rights[i], on_host) ? "yes" : "-"));
	g_ptr_array_add(row, g_strdup(role));
	g_ptr_array_add(row, NULL);
	return (char **)g_ptr_array_free(row, FALSE);
}

/* `vms` NULL: on the host. Those with rights on every machine come first. */
static void print_matrix(GVariant *grants, gboolean on_host)
{
	const char *const *rights = vmc_rights(on_host);
	GPtrArray *headings = g_ptr_array_new(), *rows = g_ptr_array_new();
	const char *subject, *role, *id, *name;
	GVariantIter iter;

	g_ptr_array_add(headings, (gpointer) "Who");
	g_ptr_array_add(headings, (gpointer)(on_host ? "Host" : "Machine"));
	for (unsigned i = 0; rights[i]; i++)
		g_ptr_array_add(headings, (gpointer)rights[i]);
	g_ptr_array_add(headings, (gpointer) "Why: role");
	g_ptr_array_add(headings, NULL);
	g_ptr_array_add(rows, matrix_row("root, and the owner of a service", "owner",
					 on_host ? "this" : "(every)", on_host));
	g_variant_iter_init(&iter, grants);
	while (g_variant_iter_next(&iter, "(&s&s&s&s)", &subject, &role, &id, &name)) {
		if (!*id && (on_host || vmc_role_has(role, "view", FALSE)))
			g_ptr_array_add(rows,
					matrix_row(subject, role, on_host ? "this" : "(every)", on_host));
		else if (*id && !on_host)
			g_ptr_array_add(rows, matrix_row(subject, role, name, FALSE));
	}
	manage_print_table((const char *const *)headings->pdata, rows);
	g_ptr_array_unref(headings);
}

int admin_list(struct invocation *invocation)
{
	GVariant *result = manage_call(invocation, API_ADMINS_PATH, API_ADMINS_INTERFACE, "List", NULL),
		 *grants;

	if (!result)
		return invocation->failure;
	grants = g_variant_get_child_value(result, 0);
	if (invocation->wants_json) {
		print_grants_as_json(grants);
	} else if (invocation_has(invocation, "matrix")) {
		print_matrix(grants, FALSE);
		printf("\n");
		print_matrix(grants, TRUE);
		printf("\n`bulkhead admin explain USER --vm NAME` tells why for one user.\n");
	} else {
		print_grants(grants);
	}
	g_variant_unref(grants);
	g_variant_unref(result);
	return STATUS_DONE;
}

/* --- changes --------------------------------------------------------------------------------------- */

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
		return invocation->failure;
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

int admin_search(struct invocation *invocation)
{
	static const char *const headings[] = { "Account", "Full name", NULL };
	GVariant *result = manage_call(invocation, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Search",
				       g_variant_new("(s)", invocation->operands[0]));
	const char *subject, *full_name;
	GVariant *accounts;
	GVariantIter iter;
	GPtrArray *rows;

	if (!result)
		return invocation->failure;
	accounts = g_variant_get_child_value(result, 0);
	rows = g_ptr_array_new();
	if (invocation->wants_json)
		manage_print_json(accounts);
	g_variant_iter_init(&iter, accounts);
	while (!invocation->wants_json && g_variant_iter_next(&iter, "(&s&s)", &subject, &full_name))
		g_ptr_array_add(rows, manage_row(vmc_plain_text(subject), vmc_plain_text(full_name), NULL));
	if (invocation->wants_json)
		g_ptr_array_unref(rows);
	else
		manage_print_table(headings, rows);
	g_variant_unref(accounts);
	g_variant_unref(result);
	return STATUS_DONE;
}
