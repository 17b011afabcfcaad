/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app.h"

#include "app_actions.h"
#include "connection/record.h"
#include "connection/window.h"
#include "host_actions.h"
#include "main_window.h"
#include "state.h"
#include "theme.h"
#include "vm_actions.h"

#include <string.h>

/* --- hosts ------------------------------------------------------------------------------------------- */

static void keep_hosts(struct gui_app *app)
{
	GStrvBuilder *places = g_strv_builder_new();
	char **list;

	for (guint i = 1; i < g_list_model_get_n_items(G_LIST_MODEL(app->hosts)); i++) {
		VmcHost *host = g_list_model_get_item(G_LIST_MODEL(app->hosts), i);

		g_strv_builder_add(places, vmc_host_place(host));
		g_object_unref(host);
	}
	list = g_strv_builder_end(places);
	gui_state_set_list(app->state, "hosts", "places", (const char *const *)list);
	g_strv_builder_unref(places);
	g_strfreev(list);
}

VmcHost *gui_app_add_host(struct gui_app *app, const char *place)
{
	VmcHost *host;

	for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(app->hosts)); i++) {
		host = g_list_model_get_item(G_LIST_MODEL(app->hosts), i);
		g_object_unref(host); /* the list has it */
		if (strcmp(vmc_host_place(host), place) == 0)
			return host;
	}
	host = vmc_host_new(place);
	g_list_store_append(app->hosts, host);
	g_object_unref(host);
	if (*place)
		keep_hosts(app);
	return host;
}

void gui_app_remove_host(struct gui_app *app, VmcHost *host)
{
	guint place;

	if (!*vmc_host_place(host) || !g_list_store_find(app->hosts, host, &place))
		return;
	g_list_store_remove(app->hosts, place);
	keep_hosts(app);
}

/* --- the life of the application --------------------------------------------------------------------- */

static void on_startup(GApplication *gtk, gpointer opaque)
{
	struct gui_app *app = opaque;
	char **places;

	app->state = gui_state_new();
	app->theme = gui_theme_new(app->state);
	gui_app_add_host(app, "");
	places = gui_state_list(app->state, "hosts", "places");
	for (char **place = places; *place; place++)
		gui_app_add_host(app, *place);
	g_strfreev(places);
	gui_app_actions_add(app);
	gui_vm_actions_set_keys(app->gtk, "vm");
	gui_host_actions_set_keys(app->gtk);
}

static void open_main(struct gui_app *app)
{
	if (!app->main)
		app->main = gui_main_new(app);
	gtk_window_present(GTK_WINDOW(gui_main_window(app->main)));
}

/* --- --connect NAME ---------------------------------------------------------------------------------- */

struct wanted {
	struct gui_app *app;
	char *name;
	gulong handler;
};

static void free_wanted(gpointer opaque, GClosure *closure)
{
	struct wanted *wanted = opaque;

	g_application_release(G_APPLICATION(wanted->app->gtk));
	g_free(wanted->name);
	g_free(wanted);
}

static const char *find_path(VmcHost *host, const char *name)
{
	GListModel *machines = vmc_inventory_machines(vmc_host_inventory(host));

	for (guint i = 0; i < g_list_model_get_n_items(machines); i++) {
		VmcObject *machine = g_list_model_get_item(machines, i);

		g_object_unref(machine);
		if (strcmp(vmc_object_text(machine, "Name"), name) == 0 ||
		    strcmp(vmc_object_text(machine, "Id"), name) == 0)
			return vmc_object_path(machine);
	}
	return NULL;
}

static void on_host(VmcHost *host, gpointer opaque)
{
	struct wanted *wanted = opaque;
	const char *path;

	if (vmc_host_link(host) == VMC_LINK_CONNECTING)
		return;
	path = vmc_host_link(host) == VMC_LINK_CONNECTED ? find_path(host, wanted->name) : NULL;
	if (path) {
		struct gui_machine *machine = gui_machine_new(host, path);

		gui_connection_open(wanted->app, machine);
		gui_machine_free(machine);
	} else {
		g_printerr("bulkhead-gtk: %s: %s\n", wanted->name,
			   *vmc_host_problem(host)
			       ? vmc_host_problem(host)
			       : "there is no virtual machine of this name; `bulkhead vm list` shows them");
	}
	g_signal_handler_disconnect(host, wanted->handler);
}

static void connect_to(struct gui_app *app, VmcHost *host, const char *name)
{
	struct wanted *wanted = g_new0(struct wanted, 1);

	wanted->app = app;
	wanted->name = g_strdup(name);
	g_application_hold(G_APPLICATION(app->gtk)); /* until there is a window */
	wanted->handler = g_signal_connect_data(host, "changed", G_CALLBACK(on_host), wanted, free_wanted, 0);
	if (vmc_host_link(host) != VMC_LINK_CONNECTING)
		on_host(host, wanted);
}

static int on_command_line(GApplication *gtk, GApplicationCommandLine *line, gpointer opaque)
{
	GVariantDict *options = g_application_command_line_get_options_dict(line);
	const char *name = NULL, *place = "";
	struct gui_app *app = opaque;
	VmcHost *host;

	g_variant_dict_lookup(options, "host", "&s", &place);
	host = gui_app_add_host(app, place);
	if (g_variant_dict_lookup(options, "connect", "&s", &name))
		connect_to(app, host, name);
	else
		open_main(app);
	return 0;
}

/* --- making ------------------------------------------------------------------------------------------ */

static const GOptionEntry options[] = {
	{ "connect", 'c', 0, G_OPTION_ARG_STRING, NULL, "Open the connection to this virtual machine",
	  "NAME" },
	{ "host", 'H', 0, G_OPTION_ARG_STRING, NULL, "On another computer, through ssh", "USER@HOST" },
	{ NULL },
};

struct gui_app *gui_app_new(void)
{
	struct gui_app *app = g_new0(struct gui_app, 1);

	app->gtk = gtk_application_new(GUI_APP_ID, G_APPLICATION_HANDLES_COMMAND_LINE);
	app->hosts = g_list_store_new(VMC_TYPE_HOST);
	g_application_add_main_option_entries(G_APPLICATION(app->gtk), options);
	g_signal_connect(app->gtk, "startup", G_CALLBACK(on_startup), app);
	g_signal_connect(app->gtk, "command-line", G_CALLBACK(on_command_line), app);
	return app;
}

struct gui_app *gui_app_free(struct gui_app *app)
{
	gui_record_wait_all();
	g_list_store_remove_all(app->hosts);
	g_object_unref(app->hosts);
	gui_theme_free(app->theme);
	gui_state_free(app->state);
	g_object_unref(app->gtk);
	g_free(app);
	return NULL;
}

int gui_app_run(struct gui_app *app, int argc, char **argv)
{
	return g_application_run(G_APPLICATION(app->gtk), argc, argv);
}
