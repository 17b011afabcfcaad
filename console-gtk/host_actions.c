/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_actions.h"

#include "admin/admin.h"
#include "call.h"
#include "dialog.h"
#include "disks/disks.h"
#include "events/events.h"
#include "hosts/host_windows.h"
#include "named.h"
#include "wizards/wizards.h"

#include <string.h>

struct gui_host_actions {
	struct gui_app *app;
	GtkWidget *window;
	VmcHost *(*host)(gpointer opaque);
	gpointer opaque;
	GSimpleActionGroup *group;
	GPtrArray *buttons;
	VmcHost *asked; /* whose rights are known, or asked for */
	char **rights;	/* NULL: not known yet */
};

typedef void (*host_fn)(struct gui_host_actions *actions, VmcHost *host);

/* --- what they do ------------------------------------------------------------------------------------ */

static void new_vm(struct gui_host_actions *actions, VmcHost *host)
{
	gui_new_vm_open(actions->app, actions->window, host);
}

static void quick_create(struct gui_host_actions *actions, VmcHost *host)
{
	gui_quick_create_open(actions->app, actions->window, host);
}

static void new_disk(struct gui_host_actions *actions, VmcHost *host)
{
	gui_new_disk_open(actions->app, actions->window, host);
}

static void edit_disk(struct gui_host_actions *actions, VmcHost *host)
{
	gui_edit_disk_open(actions->app, actions->window, host);
}

static void inspect_disk(struct gui_host_actions *actions, VmcHost *host)
{
	gui_inspect_disk_open(actions->app, actions->window, host);
}

static void import(struct gui_host_actions *actions, VmcHost *host)
{
	gui_import_open(actions->app, actions->window, host);
}

static void host_settings(struct gui_host_actions *actions, VmcHost *host)
{
	gui_host_settings_open(actions->app, actions->window, host);
}

static void switches(struct gui_host_actions *actions, VmcHost *host)
{
	gui_switches_open(actions->app, actions->window, host);
}

static void administrators(struct gui_host_actions *actions, VmcHost *host)
{
	gui_admin_window_open(actions->app, actions->window, host);
}

static void events(struct gui_host_actions *actions, VmcHost *host)
{
	gui_events_open(actions->app, actions->window, host);
}

static void host_check(struct gui_host_actions *actions, VmcHost *host)
{
	gui_host_check_open(actions->app, actions->window, host);
}

static void trash(struct gui_host_actions *actions, VmcHost *host)
{
	gui_trash_open(actions->app, actions->window, host);
}

static void on_stop(GtkWidget *window, const char *answer, gpointer host)
{
	gui_call(window, host, API_HOST_PATH, API_HOST_INTERFACE, "StopService",
		 g_variant_new("(@a{sv})", vmc_options(FALSE)), NULL, NULL);
}

static void stop_service(struct gui_host_actions *actions, VmcHost *host)
{
	gui_ask(actions->window,
		&(struct gui_question){
		    .title = "Stop Service",
		    .text = "Stop the management service of this host? Running machines run on, and "
			    "are found again when it is started the next time.",
		    .command = "bulkhead host stop-service",
		    .label = "_Stop Service",
		    .is_destructive = TRUE },
		on_stop, g_object_ref(host), g_object_unref);
}

static void refresh(struct gui_host_actions *actions, VmcHost *host)
{
	vmc_host_reconnect(host);
}

/* `right` NULL: everybody may. `works_unconnected`: needs no service. */
static const struct host_action {
	const char *name, *label, *icon, *right, *text, *key;
	host_fn fn;
	gboolean works_unconnected;
} table[] = {
	{ "new-vm", "_New Virtual Machine…", "list-add-symbolic", "create", "Makes a virtual machine.",
	  "<Ctrl>n", new_vm, FALSE },
	{ "quick-create", "_Quick Create…", "starred-symbolic", "create",
	  "Makes a virtual machine from a disc image, with everything else as it is usual.", "<Ctrl><Shift>n",
	  quick_create, FALSE },
	{ "new-disk", "New Hard D_isk…", "drive-harddisk-symbolic", "create", "Makes a virtual hard disk.",
	  NULL, new_disk, FALSE },
	{ "import", "I_mport Virtual Machine…", "document-open-symbolic", "create",
	  "Takes an exported virtual machine in.", "<Ctrl>i", import, FALSE },
	{ "settings", "_Host Settings…", "emblem-system-symbolic", NULL,
	  "What this host is, and how its service runs.", NULL, host_settings, FALSE },
	{ "switches", "_Virtual Switch Manager…", "network-wired-symbolic", NULL,
	  "What network adapters are connected to.", NULL, switches, FALSE },
	{ "edit-disk", "_Edit Disk…", "document-edit-symbolic", "create",
	  "Compacts, converts, resizes, merges or reconnects a virtual hard disk.", NULL, edit_disk, FALSE },
	{ "inspect-disk", "Inspect Dis_k…", "edit-find-symbolic", "host-view",
	  "What a virtual hard disk is, and whether it is whole.", NULL, inspect_disk, FALSE },
	{ "administrators", "_Administrators…", "system-users-symbolic", NULL, "Who may do what, and why.",
	  NULL, administrators, FALSE },
	{ "events", "Even_ts…", "view-list-symbolic", NULL, "What happened, and who did it.", "<Ctrl>e",
	  events, FALSE },
	{ "check", "Host _Check…", "emblem-ok-symbolic", NULL,
	  "What this host has for virtual machines, and how to get what it lacks.", NULL, host_check, TRUE },
	{ "trash", "T_rash…", "user-trash-symbolic", NULL, "Deleted machines: back, or away for ever.", NULL,
	  trash, FALSE },
	{ "stop-service", "_Stop Service…", "system-shutdown-symbolic", "host-edit",
	  "Ends the management service; running machines run on.", NULL, stop_service, FALSE },
	{ "refresh", "Re_fresh", "view-refresh-symbolic", NULL,
	  "Connects again, when the connection is lost.", "F5", refresh, TRUE },
};

const char *const *gui_host_action_names(void)
{
	static const char *names[G_N_ELEMENTS(table) + 1];

	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++)
		names[i] = table[i].name;
	return names;
}

/* --- whether ------------------------------------------------------------------------------------------- */

static const char *refusal_of(struct gui_host_actions *actions, VmcHost *host,
			      const struct host_action *action)
{
	if (!host)
		return "no host is selected";
	if (!action->works_unconnected && vmc_host_link(host) != VMC_LINK_CONNECTED)
		return "this host is not connected";
	if (action->right && actions->rights &&
	    !g_strv_contains((const char *const *)actions->rights, action->right))
		return "you do not have the right for that; ask an administrator of this host";
	if (strcmp(action->name, "check") == 0 && *vmc_host_place(host))
		return "this looks at the computer that it runs on; run it over there: bulkhead host check";
	return NULL;
}

static void show(struct gui_host_actions *actions)
{
	VmcHost *host = actions->host(actions->opaque);

	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		const char *why = refusal_of(actions, host, &table[i]);
		GAction *simple = g_action_map_lookup_action(G_ACTION_MAP(actions->group), table[i].name);

		g_simple_action_set_enabled(G_SIMPLE_ACTION(simple), why == NULL);
		for (guint j = 0; j < actions->buttons->len; j++) {
			GtkWidget *button = actions->buttons->pdata[j];
			char *text;

			if (g_object_get_data(G_OBJECT(button), "action") != &table[i])
				continue;
			text = g_strdup_printf("%s%s%s", table[i].text, why ? "\n" : "", why ? why : "");
			gtk_widget_set_tooltip_text(button, text);
			g_free(text);
		}
	}
}

static void on_who(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	struct gui_host_actions *actions = opaque;

	g_strfreev(actions->rights);
	actions->rights = NULL;
	if (result)
		g_variant_get(result, "(&s&s^as&s)", NULL, NULL, &actions->rights, NULL);
	show(actions);
}

void gui_host_actions_update(struct gui_host_actions *actions)
{
	VmcHost *host = actions->host(actions->opaque);

	if (!host || vmc_host_link(host) != VMC_LINK_CONNECTED) {
		actions->asked = NULL;
	} else if (actions->asked != host) {
		actions->asked = host;
		g_clear_pointer(&actions->rights, g_strfreev);
		gui_call(actions->window, host, API_HOST_PATH, API_HOST_INTERFACE, "WhoAmI", NULL, on_who,
			 actions);
	}
	show(actions);
}

/* --- making --------------------------------------------------------------------------------------------- */

static void on_activate(GSimpleAction *simple, GVariant *parameter, gpointer opaque)
{
	struct gui_host_actions *actions = opaque;
	VmcHost *host = actions->host(actions->opaque);

	for (unsigned i = 0; host && i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, g_action_get_name(G_ACTION(simple))) == 0)
			table[i].fn(actions, host);
}

struct gui_host_actions *gui_host_actions_new(struct gui_app *app, GtkWidget *window,
					      VmcHost *(*host)(gpointer opaque), gpointer opaque)
{
	struct gui_host_actions *actions = g_new0(struct gui_host_actions, 1);

	actions->app = app;
	actions->window = window;
	actions->host = host;
	actions->opaque = opaque;
	actions->group = g_simple_action_group_new();
	actions->buttons = g_ptr_array_new();
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		GSimpleAction *simple = g_simple_action_new(table[i].name, NULL);

		g_signal_connect(simple, "activate", G_CALLBACK(on_activate), actions);
		g_action_map_add_action(G_ACTION_MAP(actions->group), G_ACTION(simple));
		g_object_unref(simple);
	}
	gtk_widget_insert_action_group(window, "host", G_ACTION_GROUP(actions->group));
	return actions;
}

struct gui_host_actions *gui_host_actions_free(struct gui_host_actions *actions)
{
	if (!actions)
		return NULL;
	g_object_unref(actions->group);
	g_ptr_array_unref(actions->buttons);
	g_strfreev(actions->rights);
	g_free(actions);
	return NULL;
}

GtkWidget *gui_host_actions_button(struct gui_host_actions *actions, const char *name)
{
	GtkWidget *button = gtk_button_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 8), *label;

	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		char *full;

		if (strcmp(table[i].name, name) != 0)
			continue;
		full = g_strdup_printf("host.%s", name);
		label = gui_plain_label_new(table[i].label);
		gui_set_name(button, table[i].label);
		gtk_box_append(GTK_BOX(box), gtk_image_new_from_icon_name(table[i].icon));
		gtk_box_append(GTK_BOX(box), label);
		gtk_actionable_set_action_name(GTK_ACTIONABLE(button), full);
		g_object_set_data(G_OBJECT(button), "action", (gpointer)&table[i]);
		g_free(full);
	}
	gtk_button_set_child(GTK_BUTTON(button), box);
	gtk_button_set_has_frame(GTK_BUTTON(button), FALSE);
	g_ptr_array_add(actions->buttons, button);
	return button;
}

GMenu *gui_host_actions_menu(void)
{
	GMenu *menu = g_menu_new();

	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		char *full = g_strdup_printf("host.%s", table[i].name);

		g_menu_append(menu, table[i].label, full);
		g_free(full);
	}
	return menu;
}

void gui_host_actions_set_keys(GtkApplication *gtk)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++) {
		char *full = g_strdup_printf("host.%s", table[i].name);
		const char *const keys[] = { table[i].key, NULL };

		gtk_application_set_accels_for_action(gtk, full, keys);
		g_free(full);
	}
}
