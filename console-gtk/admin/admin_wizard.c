/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The wizard that grants a role: who, which role, what that means, summary. */
#include "admin/admin.h"
#include "admin/subject_entry.h"

#include "call.h"
#include "client/command.h"
#include "client/rights.h"
#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "form.h"
#include "named.h"
#include "wizards/wizard.h"

#include <string.h>

static const struct {
	const char *name, *label, *hint;
	gboolean is_of_vm;
} roles[] = {
	{ "viewer", "VM _viewer", "May see the chosen machines, their state and their settings.", TRUE },
	{ "operator", "VM _operator", "May use, start and stop the chosen machines.", TRUE },
	{ "vm-administrator", "VM _administrator",
	  "May do everything with the chosen machines, also delegate them.", TRUE },
	{ "pass-through", "Privilege: attach physical dis_ks",
	  "May give a whole disk of this computer to a machine. This reaches outside of Bulkhead.", FALSE },
	{ "mount", "Privilege: _mount virtual disks",
	  "May mount a virtual disk on this computer. This reaches outside of Bulkhead.", FALSE },
};

struct grant {
	struct gui_app *app;
	VmcHost *host;
	char *preferred; /* the path of the machine that it began with; NULL */
	GtkWidget *who, *radios[G_N_ELEMENTS(roles)], *machines, *meaning, *steps, *command;
	guint next;
};

static guint role_of(const struct grant *grant)
{
	for (guint i = 0; i < G_N_ELEMENTS(roles); i++)
		if (gui_form_is_on(grant->radios[i]))
			return i;
	return 0;
}

/* The check button of the i-th machine; NULL at the end. */
static GtkWidget *machine_check(const struct grant *grant, guint i)
{
	GtkListBoxRow *row = gtk_list_box_get_row_at_index(GTK_LIST_BOX(grant->machines), (int)i);

	return row ? gtk_list_box_row_get_child(row) : NULL;
}

/* The identity and name of the next chosen machine from *i on; FALSE: no more. */
static gboolean next_machine(const struct grant *grant, guint *i, const char **ret_id, const char **ret_name)
{
	GtkWidget *check;

	for (; (check = machine_check(grant, *i)); (*i)++)
		if (gui_form_is_on(check)) {
			*ret_id = g_object_get_data(G_OBJECT(check), "id");
			*ret_name = g_object_get_data(G_OBJECT(check), "name");
			(*i)++;
			return TRUE;
		}
	return FALSE;
}

/* --- pages ------------------------------------------------------------------------------------------- */

static gboolean mark_who(struct grant *grant)
{
	char *subject = gui_subject_parse(grant->who);

	gui_form_set_error(
	    grant->who,
	    subject ? NULL
		    : "There is no such user or group here; give a name, or user:NAME or group:NAME for "
		      "one that the host knows.");
	g_free(subject);
	return subject != NULL;
}

static gboolean check_who(struct gui_wizard *wizard, gpointer data)
{
	return mark_who(data);
}

static GtkWidget *make_who(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	GtkWidget *form = gui_form_new();

	gui_form_text(form, "The user, or the group of users, who gets more rights.");
	grant->who = gui_form_entry(form, "_User or group:", "", "Searched as you type.");
	gui_subject_complete(grant->who, grant->host);
	return form;
}

static void on_role(struct grant *grant)
{
	if (grant->machines)
		gui_set_sensitive(grant->machines, roles[role_of(grant)].is_of_vm);
}

static void add_machines(struct grant *grant)
{
	struct vmc_inventory *inventory = vmc_host_inventory(grant->host);
	GListModel *machines = inventory ? vmc_inventory_machines(inventory) : NULL;

	for (guint i = 0; machines && i < g_list_model_get_n_items(machines); i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);
		char *name = vmc_plain_text(vmc_object_text(machine, "Name"));
		GtkWidget *check = gtk_check_button_new_with_label(name);

		gtk_check_button_set_active(GTK_CHECK_BUTTON(check),
					    g_strcmp0(grant->preferred, vmc_object_path(machine)) == 0);
		g_object_set_data_full(G_OBJECT(check), "id", g_strdup(vmc_object_text(machine, "Id")),
				       g_free);
		g_object_set_data_full(G_OBJECT(check), "name", g_strdup(vmc_object_text(machine, "Name")),
				       g_free);
		gui_set_name(check, name);
		gtk_list_box_append(GTK_LIST_BOX(grant->machines), gui_row_new(check, name));
		g_free(name);
		g_object_unref(machine);
	}
}

static GtkWidget *make_role(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	GtkWidget *form = gui_form_new(), *scrolled = gtk_scrolled_window_new();

	gui_form_text(form,
		      "A Bulkhead Administrator, who may do everything in Bulkhead and nothing else on this "
		      "computer, is "
		      "a member of the group bulkhead-admins: the system's own tools add one (usermod -aG "
		      "bulkhead-admins NAME).");
	for (guint i = 0; i < G_N_ELEMENTS(roles); i++) {
		grant->radios[i] =
		    gui_form_radio(form, roles[i].label, i ? grant->radios[0] : NULL, roles[i].hint);
		gui_form_watch(grant->radios[i], G_CALLBACK(on_role), grant);
	}
	gtk_check_button_set_active(GTK_CHECK_BUTTON(grant->radios[1]), TRUE);
	grant->machines = gtk_list_box_new();
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(grant->machines), GTK_SELECTION_NONE);
	gui_set_name(grant->machines, "Machines");
	add_machines(grant);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scrolled), grant->machines);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scrolled), 120);
	gtk_widget_set_hexpand(scrolled, TRUE);
	gui_form_widget(form, "On _these machines:", scrolled, NULL);
	return form;
}

static gboolean check_role(struct gui_wizard *wizard, gpointer data)
{
	const char *id, *name;
	struct grant *grant = data;
	guint i = 0;

	if (!roles[role_of(grant)].is_of_vm || next_machine(grant, &i, &id, &name))
		return TRUE;
	gui_wizard_fail(wizard, "No machine is chosen; choose at least one.");
	return FALSE;
}

/* What it grants and what not, from the one table that the service decides by. */
static void add_rights(GString *text, const char *role, gboolean of_host, gboolean has)
{
	for (const char *const *right = vmc_rights(of_host); *right; right++)
		if (vmc_role_has(role, *right, of_host) == has)
			g_string_append_printf(text, "\n • %s", vmc_right_text(*right));
}

static void enter_meaning(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	guint role = role_of(grant);
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s may then:", gui_form_value(grant->who));
	add_rights(text, roles[role].name, !roles[role].is_of_vm, TRUE);
	g_string_append(text, "\n\nand may not, by this:");
	add_rights(text, roles[role].name, !roles[role].is_of_vm, FALSE);
	if (roles[role].is_of_vm)
		g_string_append(
		    text, "\n • attach a disk of this computer to a machine, or mount a virtual disk here\n "
			  "• read or "
			  "write files of this computer beyond their own: what a machine uses is opened with "
			  "the rights of who attaches it");
	gtk_label_set_text(GTK_LABEL(grant->meaning), text->str);
	g_string_free(text, TRUE);
}

static GtkWidget *make_meaning(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	GtkWidget *form = gui_form_new();

	grant->meaning = gui_text_new("");
	gui_form_widget(form, NULL, grant->meaning, NULL);
	return form;
}

static void add_grant(GString *steps, GString *commands, const struct grant *grant, const char *subject,
		      const char *role, const char *name)
{
	const char *const on_vm[] = { "admin", "grant", subject, role, "--vm", name, NULL };
	const char *const on_host[] = { "admin", "grant", subject, role, NULL };
	char *command = vmc_command(vmc_host_place(grant->host), name ? on_vm : on_host);

	g_string_append_printf(steps, "%s%s gets %s %s%s", steps->len ? "\n" : "", subject, role,
			       name ? "on " : "on this host", name ? name : "");
	g_string_append_printf(commands, "%s%s", commands->len ? "\n" : "", command);
	g_free(command);
}

static void enter_summary(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	GString *steps = g_string_new(NULL), *commands = g_string_new(NULL);
	char *subject = gui_subject_parse(grant->who);
	guint role = role_of(grant), i = 0;
	const char *id, *name;

	if (!roles[role].is_of_vm)
		add_grant(steps, commands, grant, subject, roles[role].name, NULL);
	while (roles[role].is_of_vm && next_machine(grant, &i, &id, &name))
		add_grant(steps, commands, grant, subject, roles[role].name, name);
	gtk_label_set_text(GTK_LABEL(grant->steps), steps->str);
	gui_command_set(grant->command, commands->str);
	g_string_free(steps, TRUE);
	g_string_free(commands, TRUE);
	g_free(subject);
}

static GtkWidget *make_summary(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;
	GtkWidget *form = gui_form_new();

	grant->steps = gui_form_steps(form, "This will be done:");
	grant->command = gui_form_command(form);
	return form;
}

/* --- doing it ---------------------------------------------------------------------------------------- */

static void grant_next(struct gui_wizard *wizard, struct grant *grant);

static void on_granted(GtkWidget *window, GVariant *result, const GError *error, gpointer wizard)
{
	struct grant *grant = g_object_get_data(G_OBJECT(window), "grant");

	if (error)
		gui_wizard_fail(wizard, error->message);
	else
		grant_next(wizard, grant);
}

static void grant_next(struct gui_wizard *wizard, struct grant *grant)
{
	char *subject = gui_subject_parse(grant->who);
	guint role = role_of(grant);
	const char *id = "", *name;
	gboolean has_more =
	    roles[role].is_of_vm ? next_machine(grant, &grant->next, &id, &name) : grant->next++ == 0;

	if (has_more)
		gui_call(gui_wizard_window(wizard), grant->host, API_ADMINS_PATH, API_ADMINS_INTERFACE,
			 "Grant",
			 g_variant_new("(sss@a{sv})", subject, roles[role].name, id, vmc_options(FALSE)),
			 on_granted, wizard);
	else
		gui_wizard_close(wizard);
	g_free(subject);
}

static void finish(struct gui_wizard *wizard, gpointer data)
{
	struct grant *grant = data;

	g_object_set_data(G_OBJECT(gui_wizard_window(wizard)), "grant", grant);
	grant->next = 0;
	grant_next(wizard, grant);
}

static void free_grant(gpointer data)
{
	struct grant *grant = data;

	g_object_unref(grant->host);
	g_free(grant->preferred);
	g_free(grant);
}

void gui_admin_wizard_open(struct gui_app *app, GtkWidget *window, VmcHost *host,
			   const struct gui_machine *machine)
{
	static const struct gui_wizard_page pages[] = {
		{ "Who", make_who, NULL, check_who, NULL },
		{ "Role", make_role, NULL, check_role, NULL },
		{ "What It Grants", make_meaning, enter_meaning, NULL, NULL },
		{ "Summary", make_summary, enter_summary, NULL, NULL },
	};
	struct grant *grant = g_new0(struct grant, 1);

	grant->app = app;
	grant->host = g_object_ref(host);
	grant->preferred = machine ? g_strdup(machine->path) : NULL;
	gui_wizard_open(app, window,
			&(struct gui_wizard_config){ .title = "Administrators",
						     .pages = pages,
						     .page_count = G_N_ELEMENTS(pages),
						     .finish = "_Grant",
						     .on_finish = finish,
						     .data = grant,
						     .free_data = free_grant });
}
