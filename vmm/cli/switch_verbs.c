/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `bulkhead switch`: the virtual switches. */
#include "cli/manage.h"
#include "cli/manage_nouns.h"
#include "cli/message.h"
#include "client/switch_draft.h"
#include "client/wording.h"

#include <stdio.h>
#include <string.h>

static GVariant *call_switches(struct invocation *invocation, const char *method, GVariant *parameters)
{
	return manage_call(invocation, API_SWITCHES_PATH, API_SWITCHES_INTERFACE, method, parameters);
}

int switch_list(struct invocation *invocation)
{
	static const char *const headings[] = {
		"Name", "Kind", "Machines", "Can be used now", "Notes", NULL
	};
	static const char *const names[] = { "name", "kind", "machines", "available", "notes", NULL };

	return manage_print_dicts(invocation, call_switches(invocation, "List", NULL), headings, names);
}

int switch_adapters(struct invocation *invocation)
{
	static const char *const headings[] = { "Name", "Addresses", "MAC", "Up", "Bridge", "Used by", NULL };
	static const char *const names[] = { "name", "addresses", "mac", "up", "bridge", "used-by", NULL };

	return manage_print_dicts(invocation, call_switches(invocation, "ListHostAdapters", NULL), headings,
				  names);
}

int switch_kinds_list(struct invocation *invocation)
{
	GVariant *result = call_switches(invocation, "ListKinds", NULL), *kinds;
	const char *kind, *text, *reason;
	GVariantIter iter;
	gboolean can;

	if (!result)
		return STATUS_FAILED;
	kinds = g_variant_get_child_value(result, 0);
	if (invocation->wants_json)
		manage_print_json(kinds);
	g_variant_iter_init(&iter, kinds);
	while (!invocation->wants_json &&
	       g_variant_iter_next(&iter, "(&s&sb&s)", &kind, &text, &can, &reason))
		printf("%-10s %s%s%s\n", kind, text, can ? "" : "\n           not here: ", reason);
	g_variant_unref(kinds);
	g_variant_unref(result);
	return STATUS_DONE;
}

/* As Switches1.List() tells it; NULL: said. */
static GVariant *find(struct invocation *invocation, const char *name)
{
	GVariant *result = call_switches(invocation, "List", NULL), *list, *found = NULL;

	if (!result)
		return NULL;
	list = g_variant_get_child_value(result, 0);
	for (gsize i = 0; !found && i < g_variant_n_children(list); i++) {
		GVariant *one = g_variant_get_child_value(list, i);
		const char *its = "";

		g_variant_lookup(one, "name", "&s", &its);
		if (strcmp(its, switch_full_name(name)) == 0)
			found = g_variant_ref(one);
		g_variant_unref(one);
	}
	g_variant_unref(list);
	g_variant_unref(result);
	if (!found)
		say("%s: there is no such virtual switch; `bulkhead switch list` shows those there are",
		    name);
	return found;
}

/* Lists with a comma between, everything else in its plain form. */
static char *text_of(GVariant *value)
{
	const char **lines;
	char *text, *plain;

	if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING_ARRAY)) {
		lines = g_variant_get_strv(value, NULL);
		text = g_strjoinv(", ", (char **)lines);
		g_free(lines);
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
		text = g_variant_dup_string(value, NULL);
	} else if (g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
		text = g_strdup(g_variant_get_boolean(value) ? "on" : "off");
	} else {
		text = g_variant_print(value, FALSE);
	}
	plain = vmc_plain_text(text);
	g_free(text);
	return plain;
}

int switch_show(struct invocation *invocation)
{
	GVariant *found = find(invocation, invocation->operands[0]), *value;
	GVariantIter iter;
	const char *key;

	if (!found)
		return STATUS_FAILED;
	if (invocation->wants_json)
		manage_print_json(found);
	g_variant_iter_init(&iter, found);
	while (!invocation->wants_json && g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		char *text = text_of(value);
		gboolean is_twice = !strcmp(key, "name") || !strcmp(key, "kind") || !strcmp(key, "notes");

		if (*text && !is_twice)
			printf("%-20s %s\n", key, text);
		g_free(text);
		g_variant_unref(value);
	}
	g_variant_unref(found);
	return STATUS_DONE;
}

/* The first "forward" replaces those that there are. */
static gboolean take_option(struct vmc_switch_draft *draft, const char *name, const char *value,
			    gboolean *is_forwarding, GError **error)
{
	if (strcmp(name, "forward") != 0)
		return vmc_switch_draft_set(draft, name, value, error);
	if (!*is_forwarding && !vmc_switch_draft_set(draft, name, "", error))
		return FALSE;
	*is_forwarding = TRUE;
	return strcmp(value, "none") == 0 || vmc_switch_draft_add_forward(draft, value, error);
}

static gboolean fill(struct invocation *invocation, struct vmc_switch_draft *draft, GError **error)
{
	gboolean is_forwarding = FALSE;

	if (vmc_switch_draft_is_new(draft) &&
	    !vmc_switch_draft_set(draft, "name", invocation->operands[0], error))
		return FALSE;
	/* First the kind, which says what else there is. */
	if (invocation_has(invocation, "kind") &&
	    !vmc_switch_draft_set(draft, "kind", invocation_option(invocation, "kind"), error))
		return FALSE;
	for (guint i = 0; i < invocation->option_count; i++)
		if (strcmp(invocation->options[i].name, "kind") != 0 &&
		    !take_option(draft, invocation->options[i].name, invocation->options[i].value,
				 &is_forwarding, error))
			return FALSE;
	return vmc_switch_draft_check(draft, NULL, error);
}

static int run_draft(struct invocation *invocation, struct vmc_switch_draft *draft)
{
	GError *error = NULL;
	int status;

	if (fill(invocation, draft, &error))
		status = manage_print_steps(
		    invocation, call_switches(invocation, vmc_switch_draft_method(draft),
					      vmc_switch_draft_parameters(draft, invocation->wants_plan)));
	else
		status = manage_fail(error);
	vmc_switch_draft_free(draft);
	return status;
}

int switch_create(struct invocation *invocation)
{
	return run_draft(invocation, vmc_switch_draft_new(NULL));
}

int switch_edit(struct invocation *invocation)
{
	GVariant *found = find(invocation, invocation->operands[0]);
	struct vmc_switch_draft *draft;

	if (!found)
		return STATUS_FAILED;
	draft = vmc_switch_draft_new(found);
	g_variant_unref(found);
	return run_draft(invocation, draft);
}

int switch_delete(struct invocation *invocation)
{
	return manage_print_steps(
	    invocation,
	    call_switches(invocation, "Delete",
			  g_variant_new("(s@a{sv})", invocation->operands[0],
					vmc_options_forced(invocation->wants_plan,
							   invocation_has(invocation, "force")))));
}
