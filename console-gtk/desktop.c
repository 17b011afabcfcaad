/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "desktop.h"

#include <string.h>

#define PORTAL		 "org.freedesktop.portal.Desktop"
#define PORTAL_PATH	 "/org/freedesktop/portal/desktop"
#define PORTAL_INTERFACE "org.freedesktop.portal.Settings"
#define APPEARANCE	 "org.freedesktop.appearance"

enum scheme { SCHEME_NONE, SCHEME_DARK, SCHEME_LIGHT }; /* as the portal numbers them */

struct gui_desktop {
	GDBusConnection *bus;
	GCancellable *cancel;
	guint subscription;
	guint32 scheme;
	gboolean theme_is_dark;
	void (*on_changed)(gpointer);
	gpointer opaque;
};

gboolean gui_desktop_prefers_dark(const struct gui_desktop *desktop)
{
	return desktop->scheme == SCHEME_NONE ? desktop->theme_is_dark : desktop->scheme == SCHEME_DARK;
}

/* Read() of old portals wraps the value once more. Takes it. */
static void take(struct gui_desktop *desktop, GVariant *value)
{
	while (g_variant_is_of_type(value, G_VARIANT_TYPE_VARIANT)) {
		GVariant *inner = g_variant_get_variant(value);

		g_variant_unref(value);
		value = inner;
	}
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32) &&
	    g_variant_get_uint32(value) != desktop->scheme) {
		desktop->scheme = g_variant_get_uint32(value);
		desktop->on_changed(desktop->opaque);
	}
	g_variant_unref(value);
}

static void on_setting_changed(GDBusConnection *bus, const char *sender, const char *path,
			       const char *interface, const char *signal, GVariant *parameters,
			       gpointer opaque)
{
	const char *group, *key;
	GVariant *value;

	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssv)")))
		return;
	g_variant_get(parameters, "(&s&s@v)", &group, &key, &value);
	if (strcmp(group, APPEARANCE) == 0 && strcmp(key, "color-scheme") == 0)
		take(opaque, value);
	else
		g_variant_unref(value);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *error = NULL;
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &error);

	if (answer) {
		take(opaque, g_variant_get_child_value(answer, 0));
		g_variant_unref(answer);
	}
	g_clear_error(&error); /* no portal: the theme's name counts; or this is gone */
}

static void on_bus(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GError *error = NULL;
	GDBusConnection *bus = g_bus_get_finish(result, &error);
	struct gui_desktop *desktop = opaque;

	g_clear_error(&error);
	if (!bus)
		return;
	desktop->bus = bus;
	desktop->subscription = g_dbus_connection_signal_subscribe(
	    bus, PORTAL, PORTAL_INTERFACE, "SettingChanged", PORTAL_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
	    on_setting_changed, desktop, NULL);
	g_dbus_connection_call(bus, PORTAL, PORTAL_PATH, PORTAL_INTERFACE, "Read",
			       g_variant_new("(ss)", APPEARANCE, "color-scheme"), NULL,
			       G_DBUS_CALL_FLAGS_NONE, -1, desktop->cancel, on_read, desktop);
}

static gboolean name_is_dark(void)
{
	char *name = NULL;
	gboolean is_dark = FALSE, prefers_dark = FALSE;

	g_object_get(gtk_settings_get_default(), "gtk-theme-name", &name, "gtk-application-prefer-dark-theme",
		     &prefers_dark, NULL);
	if (name)
		is_dark = g_str_has_suffix(name, "-dark") || g_str_has_suffix(name, "-Dark");
	g_free(name);
	return is_dark || prefers_dark;
}

static void on_theme_name(GtkSettings *settings, GParamSpec *pspec, gpointer opaque)
{
	struct gui_desktop *desktop = opaque;
	char *name = NULL;

	g_object_get(settings, "gtk-theme-name", &name, NULL);
	desktop->theme_is_dark = name && (g_str_has_suffix(name, "-dark") || g_str_has_suffix(name, "-Dark"));
	g_free(name);
	desktop->on_changed(desktop->opaque);
}

struct gui_desktop *gui_desktop_new(void (*on_changed)(gpointer), gpointer opaque)
{
	struct gui_desktop *desktop = g_new0(struct gui_desktop, 1);

	desktop->on_changed = on_changed;
	desktop->opaque = opaque;
	desktop->cancel = g_cancellable_new();
	desktop->theme_is_dark = name_is_dark();
	g_signal_connect(gtk_settings_get_default(), "notify::gtk-theme-name", G_CALLBACK(on_theme_name),
			 desktop);
	g_bus_get(G_BUS_TYPE_SESSION, desktop->cancel, on_bus, desktop);
	return desktop;
}

struct gui_desktop *gui_desktop_free(struct gui_desktop *desktop)
{
	if (!desktop)
		return NULL;
	g_signal_handlers_disconnect_by_data(gtk_settings_get_default(), desktop);
	g_cancellable_cancel(desktop->cancel);
	if (desktop->subscription)
		g_dbus_connection_signal_unsubscribe(desktop->bus, desktop->subscription);
	g_clear_object(&desktop->bus);
	g_object_unref(desktop->cancel);
	g_free(desktop);
	return NULL;
}
