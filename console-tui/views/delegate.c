/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/delegate.h"

#include "client/command.h"
#include "client/rights.h"
#include "views/actions.h"
#include "views/form.h"
#include "views/people.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

static gboolean is_on_host(struct form *form)
{
	return strcmp(form_value(form, "scope"), "host") == 0;
}

static const char *role_of(struct form *form)
{
	return form_value(form, is_on_host(form) ? "privilege" : "role");
}

static const char *machine_of(struct form *form)
{
	return is_on_host(form) ? "" : form_value(form, "vm");
}

static char *command(struct form *form)
{
	const char *words[] = { "admin",	  "grant", form_value(form, "subject"), role_of(form), "--vm",
				machine_of(form), NULL };

	if (is_on_host(form))
		words[4] = NULL;
	return vmc_command(vmc_host_place(form_host(form)), words);
}

/* Users and groups of this computer, as a hint: other hosts have others. */
static char *check_subject(struct form *form, const char *text)
{
	const char *name = strchr(text, ':');

	if (!name || (!g_str_has_prefix(text, "user:") && !g_str_has_prefix(text, "group:")))
		return g_strdup("write it as user:NAME or group:NAME");
	name++;
	if (!*name)
		return g_strdup("the name is missing");
	if (*vmc_host_place(form_host(form)))
		return NULL;
	if (text[0] == 'u' ? getpwnam(name) != NULL : getgrnam(name) != NULL)
		return NULL;
	return g_strdup_printf("there is no %s %s on this computer", text[0] == 'u' ? "user" : "group", name);
}

static char *check(struct form *form, const char *name, const char *text)
{
	return strcmp(name, "subject") == 0 ? check_subject(form, text) : NULL;
}

static void update(struct form *form)
{
	form_hide(form, "vm", is_on_host(form));
	form_hide(form, "role", is_on_host(form));
	form_hide(form, "privilege", !is_on_host(form));
	people_follow(form_data(form), form, "subject");
}

static void call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	tui_call(form_view(form), form_host(form), API_ADMINS_PATH, API_ADMINS_INTERFACE, "Grant",
		 g_variant_new("(sss@a{sv})", form_value(form, "subject"), role_of(form), machine_of(form),
			       vmc_options(is_plan)),
		 fn, NULL);
}

/* What it grants, and what it does not, in words. */
static char *meaning(struct form *form)
{
	const char *const *rights = vmc_rights(is_on_host(form));
	GString *may = g_string_new("It grants:"), *not = g_string_new("It does not grant:");

	for (guint i = 0; rights[i]; i++)
		g_string_append_printf(vmc_role_has(role_of(form), rights[i], is_on_host(form)) ? may : not,
				       "\n  may %s", vmc_right_text(rights[i]));
	if (!is_on_host(form))
		g_string_append(not,
				"\n  anything on other machines, or on this host; files beyond their own");
	g_string_append_printf(may, "\n%s", not ->str);
	g_string_free(not, TRUE);
	return g_string_free(may, FALSE);
}

static void on_plan(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	struct form *form = (struct form *)view;
	char *steps = result ? actions_steps(result) : g_strdup(error->message), *words = meaning(form),
	     *all = result ? g_strconcat(words, "\n", steps, NULL) : g_strdup(steps);

	form_set_plan(form, all, error != NULL);
	g_free(words);
	g_free(steps);
	g_free(all);
}

static void plan(struct form *form)
{
	call(form, TRUE, on_plan);
}

static const struct form_kind kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Grant",
	.call = call,
	.plan = plan,
	.done = "granted",
};

static char *machine_choices(VmcHost *host)
{
	struct vmc_inventory *inventory = vmc_host_inventory(host);
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;
	GString *choices = g_string_new(NULL);

	for (guint i = 0; machines && i < g_list_model_get_n_items(machines); i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);
		const char *name = vmc_object_text(machine, "Name");

		if (!strpbrk(name, "|="))
			g_string_append_printf(choices, "%s%s", choices->len ? "|" : "", name);
		g_object_unref(machine);
	}
	return g_string_free(choices, FALSE);
}

void delegate_open(struct tui_app *app, VmcHost *host, const char *machine)
{
	struct form *form =
	    form_new(app, host, "Administrators: Grant", &kind, g_new0(struct people, 1), people_free);
	char *choices = machine_choices(host), *first = g_strndup(choices, strcspn(choices, "|"));

	form_page(form, "Who");
	form_note(form, "Roles hold for one machine; privileges hold for this host and reach outside of "
			"Bulkhead. Who is in the "
			"group bulkhead-admins administers all of Bulkhead; the system keeps that group.");
	form_text(form, "subject", "Who", "user:", "user:NAME or group:NAME; what is typed is looked for");
	form_page(form, "Role");
	form_choice(form, "scope", "On", "vm=A virtual machine|host=This host (a privilege)",
		    *choices ? "vm" : "host", "");
	form_choice(form, "vm", "Machine", choices, machine ? machine : first, "");
	form_choice(form, "role", "Role",
		    "viewer=Viewer: sees it|operator=Operator: uses, starts and stops it|"
		    "vm-administrator=VM administrator: everything with it",
		    "operator", "");
	form_choice(form, "privilege", "Privilege",
		    "pass-through=Attach physical disks|mount=Mount virtual disks on the host",
		    "pass-through", "");
	form_open(form);
	g_free(choices);
	g_free(first);
}
