/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keyboard that the guest has, by which text becomes keys: the machine's setting display.keyboard, which
 * all consoles share. Who may not change it chooses for this window only.
 */
#include "connection/window_priv.h"

#include "call.h"
#include "client/settings.h"

static void show_layout(struct gui_connection *connection, const char *name)
{
	GAction *action = g_action_map_lookup_action(G_ACTION_MAP(connection->group), "layout");

	g_simple_action_set_state(G_SIMPLE_ACTION(action), g_variant_new_string(name));
	gui_typing_set_layout(connection->typing, name);
}

static void on_settings(GtkWidget *window, GVariant *result, const GError *error, gpointer opaque)
{
	GVariant *settings;
	char *name;

	if (error)
		return; /* US; the window tells elsewhere that it may not look */
	settings = g_variant_get_child_value(result, 0);
	name = vmc_setting_text(settings, "display.keyboard");
	show_layout(opaque, name);
	g_free(name);
	g_variant_unref(settings);
}

void gui_connection_ask_layout(struct gui_connection *connection)
{
	gui_call_vm(connection->window, connection->machine->host, connection->machine->path, "GetSettings",
		    NULL, on_settings, connection);
}

void gui_connection_set_layout(struct gui_connection *connection, const char *name)
{
	const char *const *rights = gui_rights_of(connection->machine->host, connection->machine->path);
	GVariantBuilder changes;

	show_layout(connection, name);
	if (!rights || !g_strv_contains(rights, "edit"))
		return;
	g_variant_builder_init(&changes, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&changes, "{sv}", "display.keyboard", g_variant_new_string(name));
	gui_call_vm(connection->window, connection->machine->host, connection->machine->path, "SetSettings",
		    g_variant_new("(a{sv}@a{sv})", &changes, vmc_options(FALSE)), NULL, NULL);
}
