/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Virtual Switch Manager: the switches of a host at the left, the one that is chosen, or a new one, at
 * the right. */
#include "hosts/host_windows.h"

#include "call.h"
#include "client/command.h"
#include "client/wording.h"
#include "dialog.h"
#include "focus.h"
#include "named.h"
#include "switches/switch_form.h"

#include <string.h>

struct manager {
	VmcHost *host;
	GtkWindow *window;
	GtkWidget *list, *scrolled, *uses, *command, *problem, *apply, *remove;
	GVariant *switches; /* aa{sv}; NULL: not known yet */
	struct gui_switch_form_texts texts;
	struct gui_switch_form *form;
	char *chosen; /* the name of a switch; "": a new one */
	guint subscription;
	GDBusConnection *bus;
};

static void ask_list(struct manager *manager);

static void say(struct manager *manager, const char *problem)
{
	gtk_label_set_text(GTK_LABEL(manager->problem), problem);
}

static void call(struct manager *manager, const char *method, GVariant *parameters, gui_done_fn done)
{
	gui_call(GTK_WIDGET(manager->window), manager->host, API_SWITCHES_PATH, API_SWITCHES_INTERFACE,
		 method, parameters, done, manager);
}

/* --- one switch -------------------------------------------------------------------------------------- */

/* Not floating; NULL: a new one. */
static GVariant *chosen_switch(struct manager *manager)
{
	for (gsize i = 0; manager->switches && i < g_variant_n_children(manager->switches); i++) {
		GVariant *item = g_variant_get_child_value(manager->switches, i);
		const char *name = "";

		g_variant_lookup(item, "name", "&s", &name);
		if (strcmp(name, manager->chosen) == 0)
			return item;
		g_variant_unref(item);
	}
	return NULL;
}

static void on_changed(gpointer opaque)
{
	struct manager *manager = opaque;
	struct vmc_switch_draft *draft = gui_switch_form_draft(manager->form);
	gboolean is_new = vmc_switch_draft_is_new(draft), is_changed = vmc_switch_draft_is_changed(draft);
	char *command =
	    is_changed ? vmc_switch_draft_command(draft, vmc_host_place(manager->host)) : g_strdup("");

	say(manager, "");
	gui_command_set(manager->command, command);
	gtk_widget_set_visible(manager->command, *command != '\0');
	gui_button_set_label(manager->apply, is_new ? "_Create" : "Appl_y");
	gui_set_refused(manager->apply, is_new || is_changed ? NULL : "Nothing was changed yet.");
	g_free(command);
}

/* "Used by web, mail." */
static void show_uses(struct manager *manager, GVariant *item)
{
	char **machines = NULL, *names, *text;
	const char *reason = "", *adapter = "";
	gboolean is_available = TRUE, is_builtin = FALSE;

	if (item) {
		g_variant_lookup(item, "machines", "^as", &machines);
		g_variant_lookup(item, "available", "b", &is_available);
		g_variant_lookup(item, "reason", "&s", &reason);
		g_variant_lookup(item, "host-adapter", "&s", &adapter);
		g_variant_lookup(item, "builtin", "b", &is_builtin);
	}
	names = machines && *machines ? g_strjoinv(", ", machines) : NULL;
	text = g_strdup_printf("%s%s%s%s%s%s%s",
			       names  ? "Used by "
			       : item ? "No machine is connected to it"
				      : "",
			       names ? names : "", item ? "." : "", *adapter ? " This host has it as " : "",
			       adapter, is_available ? "" : " Not available: ", is_available ? "" : reason);
	gtk_label_set_text(GTK_LABEL(manager->uses), text);
	gtk_widget_set_visible(manager->uses, *text != '\0');
	gtk_widget_set_visible(manager->remove, item != NULL);
	gui_set_refused(manager->remove,
			is_builtin ? "This one belongs to Bulkhead: it can be changed, not deleted." : NULL);
	g_object_set_data_full(G_OBJECT(manager->remove), "machines", names, g_free);
	g_strfreev(machines);
	g_free(text);
}

static void show_switch(struct manager *manager)
{
	GVariant *item = chosen_switch(manager);

	gtk_window_set_focus(manager->window, NULL);
	manager->form = gui_switch_form_new(item, &manager->texts, on_changed, manager);
	gtk_widget_add_css_class(gui_switch_form_widget(manager->form), "page");
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(manager->scrolled),
				      gui_switch_form_widget(manager->form));
	show_uses(manager, item);
	on_changed(manager);
	g_clear_pointer(&item, g_variant_unref);
}

/* --- doing it ------------------------------------------------------------------------------------------ */

static void on_done(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct manager *manager = opaque;

	if (error) {
		say(manager, error->message);
		return;
	}
	ask_list(manager);
}

static void on_applied(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct manager *manager = opaque;

	if (!error) {
		g_free(manager->chosen);
		manager->chosen = vmc_switch_draft_get(gui_switch_form_draft(manager->form), "name");
	}
	on_done(window, result, error, opaque);
}

static void apply(GtkWidget *window, const char *answer, gpointer opaque)
{
	struct manager *manager = opaque;
	struct vmc_switch_draft *draft = gui_switch_form_draft(manager->form);

	call(manager, vmc_switch_draft_method(draft), vmc_switch_draft_parameters(draft, FALSE), on_applied);
}

static void on_apply(GtkButton *button, gpointer opaque)
{
	struct manager *manager = opaque;
	struct vmc_switch_draft *draft = gui_switch_form_draft(manager->form);
	char *command;

	if (!gui_switch_form_check(manager->form)) {
		say(manager, "Something is missing or wrong; it is marked above.");
		return;
	}
	if (!gui_switch_form_is_external(manager->form)) {
		apply(GTK_WIDGET(manager->window), "", manager);
		return;
	}
	command = vmc_switch_draft_command(draft, vmc_host_place(manager->host));
	gui_ask(
	    GTK_WIDGET(manager->window),
	    &(struct gui_question){
		.title = "External Switch",
		.text =
		    "The connection of the host through this adapter is interrupted for a moment, and may be "
		    "lost: who works over it may lose the host. Apply it?",
		.command = command,
		.label = "_Apply",
		.is_destructive = TRUE },
	    apply, manager, NULL);
	g_free(command);
}

static void on_yes(GtkWidget *window, const char *answer, gpointer opaque)
{
	struct manager *manager = opaque;
	gboolean is_used = g_object_get_data(G_OBJECT(manager->remove), "machines") != NULL;
	char *name = g_steal_pointer(&manager->chosen);

	manager->chosen = g_strdup("");
	call(manager, "Delete", g_variant_new("(s@a{sv})", name, vmc_options_forced(FALSE, is_used)),
	     on_done);
	g_free(name);
}

static void on_remove(GtkButton *button, gpointer opaque)
{
	struct manager *manager = opaque;
	const char *machines = g_object_get_data(G_OBJECT(button), "machines");
	char *text = machines
			 ? g_strdup_printf(
			       "Delete the switch %s? Its settings are lost, and the adapters of %s become "
			       "unplugged.",
			       manager->chosen, machines)
			 : g_strdup_printf("Delete the switch %s? Its settings are lost.", manager->chosen),
	     *command = vmc_command(vmc_host_place(manager->host),
				    (const char *const[]){ "switch", "delete", manager->chosen,
							   machines ? "--force" : NULL, NULL });

	gui_ask(GTK_WIDGET(manager->window),
		&(struct gui_question){ .title = "Delete Switch",
					.text = text,
					.command = command,
					.label = "_Delete",
					.is_destructive = TRUE },
		on_yes, manager, NULL);
	g_free(text);
	g_free(command);
}

/* --- the list ------------------------------------------------------------------------------------------ */

static void on_row(GtkListBox *list, GtkListBoxRow *row, gpointer opaque)
{
	struct manager *manager = opaque;

	if (!row)
		return;
	g_free(manager->chosen);
	manager->chosen = g_strdup(g_object_get_data(G_OBJECT(row), "name"));
	show_switch(manager);
}

static GtkWidget *add_row(struct manager *manager, const char *name, const char *text)
{
	char *plain = vmc_plain_text(text);
	GtkWidget *label = gtk_label_new(plain), *row = gui_row_new(label, plain);

	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_label_set_width_chars(GTK_LABEL(label), 20);
	g_object_set_data_full(G_OBJECT(row), "name", g_strdup(name), g_free);
	gtk_list_box_append(GTK_LIST_BOX(manager->list), row);
	g_free(plain);
	return row;
}

static void fill_list(struct manager *manager)
{
	GtkWidget *child, *chosen;

	g_signal_handlers_block_by_func(manager->list, on_row, manager);
	while ((child = gtk_widget_get_first_child(manager->list)))
		gtk_list_box_remove(GTK_LIST_BOX(manager->list), child);
	chosen = add_row(manager, "", "New virtual switch");
	for (gsize i = 0; manager->switches && i < g_variant_n_children(manager->switches); i++) {
		GVariant *item = g_variant_get_child_value(manager->switches, i);
		const char *name = "", *kind = "";
		GtkWidget *row;
		char *text;

		g_variant_lookup(item, "name", "&s", &name);
		g_variant_lookup(item, "kind", "&s", &kind);
		text = g_strdup_printf("%s (%s)", name, kind);
		row = add_row(manager, name, text);
		if (strcmp(name, manager->chosen) == 0)
			chosen = row;
		g_free(text);
		g_variant_unref(item);
	}
	gtk_list_box_select_row(GTK_LIST_BOX(manager->list), GTK_LIST_BOX_ROW(chosen));
	g_signal_handlers_unblock_by_func(manager->list, on_row, manager);
	on_row(GTK_LIST_BOX(manager->list), GTK_LIST_BOX_ROW(chosen), manager);
}

static void on_list(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct manager *manager = opaque;

	g_clear_pointer(&manager->switches, g_variant_unref);
	manager->switches = result ? g_variant_get_child_value(result, 0) : NULL;
	fill_list(manager);
	if (error)
		say(manager, error->message);
}

static void ask_list(struct manager *manager)
{
	call(manager, "List", NULL, on_list);
}

/* What the form needs is asked for first; a service that does not tell it shows an empty list. */
static void on_adapters(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct manager *manager = opaque;

	if (result)
		manager->texts.adapters = g_variant_get_child_value(result, 0);
	ask_list(manager);
}

static void on_kinds(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct manager *manager = opaque;

	if (result)
		manager->texts.kinds = g_variant_get_child_value(result, 0);
	call(manager, "ListHostAdapters", NULL, on_adapters);
}

/* --- making -------------------------------------------------------------------------------------------- */

/* Somebody changed a switch: what is being filled in here is not thrown away for that. */
static void on_signal(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		      const char *name, GVariant *parameters, gpointer opaque)
{
	struct manager *manager = opaque;

	if (!manager->form || !vmc_switch_draft_is_changed(gui_switch_form_draft(manager->form)))
		ask_list(manager);
}

static void free_manager(gpointer opaque)
{
	struct manager *manager = opaque;

	if (manager->bus) {
		g_dbus_connection_signal_unsubscribe(manager->bus, manager->subscription);
		g_object_unref(manager->bus);
	}
	g_clear_pointer(&manager->switches, g_variant_unref);
	g_clear_pointer(&manager->texts.kinds, g_variant_unref);
	g_clear_pointer(&manager->texts.adapters, g_variant_unref);
	g_object_unref(manager->host);
	g_free(manager->chosen);
	g_free(manager);
}

static GtkWidget *make_buttons(struct manager *manager)
{
	GtkWidget *bar = gui_button_bar_new(&manager->problem), *close = gui_button_new("Close");

	manager->remove = gui_button_new("D_elete…");
	manager->apply = gui_button_new("Appl_y");
	gtk_widget_add_css_class(manager->apply, "suggested-action");
	g_signal_connect(manager->remove, "clicked", G_CALLBACK(on_remove), manager);
	g_signal_connect(manager->apply, "clicked", G_CALLBACK(on_apply), manager);
	g_signal_connect_swapped(close, "clicked", G_CALLBACK(gtk_window_close), manager->window);
	gtk_box_append(GTK_BOX(bar), manager->remove);
	gtk_box_append(GTK_BOX(bar), manager->apply);
	gtk_box_append(GTK_BOX(bar), close);
	gtk_window_set_default_widget(manager->window, manager->apply);
	return bar;
}

static GtkWidget *make_panes(struct manager *manager)
{
	GtkWidget *across = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0),
		  *right = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	manager->list = gtk_list_box_new();
	gtk_widget_add_css_class(manager->list, "wizard-steps");
	gtk_accessible_update_property(GTK_ACCESSIBLE(manager->list), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       "Virtual switches", -1);
	g_signal_connect(manager->list, "row-selected", G_CALLBACK(on_row), manager);
	manager->uses = gui_text_new("");
	gtk_widget_add_css_class(manager->uses, "hint");
	gtk_widget_set_margin_start(manager->uses, 12);
	gtk_widget_set_margin_top(manager->uses, 10);
	manager->scrolled = gtk_scrolled_window_new();
	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(manager->scrolled), GTK_POLICY_AUTOMATIC,
				       GTK_POLICY_AUTOMATIC);
	gtk_widget_set_vexpand(manager->scrolled, TRUE);
	gtk_widget_set_hexpand(right, TRUE);
	gtk_box_append(GTK_BOX(right), manager->uses);
	gtk_box_append(GTK_BOX(right), manager->scrolled);
	gtk_box_append(GTK_BOX(across), manager->list);
	gtk_box_append(GTK_BOX(across), right);
	gtk_widget_set_vexpand(across, TRUE);
	return across;
}

void gui_switches_open(struct gui_app *app, GtkWidget *window, VmcHost *host)
{
	struct manager *manager = g_new0(struct manager, 1);
	GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
	struct vmc_connection *connection = vmc_host_connection(host);

	manager->host = g_object_ref(host);
	manager->texts.place = vmc_host_place(host);
	manager->chosen = g_strdup("");
	manager->window = gui_dialog_new(window, "Virtual Switch Manager", all);
	gtk_widget_remove_css_class(all, "dialog-content");
	g_object_set_data_full(G_OBJECT(manager->window), "manager", manager, free_manager);
	gui_window_set_size(manager->window, 860, 660);
	manager->command = gui_command_new("");
	gtk_widget_set_visible(manager->command, FALSE);
	gtk_box_append(GTK_BOX(all), make_panes(manager));
	gtk_widget_add_css_class(manager->command, "command-bar");
	gtk_box_append(GTK_BOX(all), manager->command);
	gtk_box_append(GTK_BOX(all), make_buttons(manager));
	gtk_widget_set_visible(manager->remove, FALSE);
	if (connection) {
		manager->bus = g_object_ref(vmc_bus(connection));
		manager->subscription = g_dbus_connection_signal_subscribe(
		    manager->bus, NULL, API_SWITCHES_INTERFACE, "Changed", API_SWITCHES_PATH, NULL,
		    G_DBUS_SIGNAL_FLAGS_NONE, on_signal, manager, NULL);
	}
	call(manager, "ListKinds", NULL, on_kinds);
	gtk_window_present(manager->window);
}
