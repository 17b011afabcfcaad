/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/guest_layout.h"

#include "app/call.h"

#include <string.h>

static unsigned place_of(const char *name)
{
	unsigned place = 0;

	while (rd_layout_name(place) && strcmp(rd_layout_name(place), name) != 0)
		place++;
	return place;
}

static void set(struct guest_layout *layout, unsigned place)
{
	layout->name = rd_layout_name(place) ? rd_layout_name(place) : rd_layout_name(0);
	layout->layout = rd_layout_find(layout->name);
}

static void on_settings(struct tui_view *view, GVariant *result, const GError *error, gpointer layout)
{
	GVariant *settings;
	const char *name;

	if (!result || !g_variant_is_of_type(result, G_VARIANT_TYPE("(a{sv})")))
		return;
	settings = g_variant_get_child_value(result, 0);
	if (g_variant_lookup(settings, "display.keyboard", "&s", &name))
		set(layout, place_of(name));
	g_variant_unref(settings);
}

void guest_layout_ask(struct guest_layout *layout, struct tui_view *view, VmcHost *host, const char *path)
{
	set(layout, place_of("us"));
	tui_call_vm(view, host, path, "GetSettings", NULL, on_settings, layout);
}

static void on_kept(struct tui_view *view, GVariant *result, const GError *error, gpointer layout)
{
	if (error)
		tui_say(view->app, THEME_WARNING, "Keyboard: %s, until you leave: %s",
			((struct guest_layout *)layout)->name, error->message);
}

void guest_layout_next(struct guest_layout *layout, struct tui_view *view, VmcHost *host, const char *path)
{
	GVariantBuilder changes;

	set(layout, place_of(layout->name) + 1);
	tui_say(view->app, THEME_TEXT, "Keyboard: %s", layout->name);
	if (tui_is_read_only(view->app))
		return;
	g_variant_builder_init(&changes, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&changes, "{sv}", "display.keyboard", g_variant_new_string(layout->name));
	tui_call_vm(view, host, path, "SetSettings",
		    g_variant_new("(a{sv}@a{sv})", &changes, vmc_options(FALSE)), on_kept, layout);
}
