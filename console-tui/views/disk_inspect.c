/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inspect Disk: what an image is, with its parents. */
#include "app/call.h"
#include "client/disks.h"
#include "views/dialog.h"
#include "views/pager.h"
#include "views/wizards.h"

static void on_inspected(struct tui_view *owner, GVariant *result, const GError *error, gpointer title)
{
	GVariant *images = result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})"))
			       ? g_variant_get_child_value(result, 0)
			       : NULL;
	GString *text = g_string_new(NULL);

	for (gsize i = 0; images && i < g_variant_n_children(images); i++) {
		GVariant *image = g_variant_get_child_value(images, i);
		char **lines = vmc_disk_image_lines(image);

		g_string_append(text, i ? "\nParent\n" : "");
		for (guint k = 0; lines[k] && lines[k + 1]; k += 2)
			g_string_append_printf(text, "  %-24s %s\n", lines[k], lines[k + 1]);
		g_strfreev(lines);
		g_variant_unref(image);
	}
	if (images)
		pager_new(owner->app, title, text->str);
	else if (error)
		dialog_error(owner->app, error);
	g_string_free(text, TRUE);
	g_clear_pointer(&images, g_variant_unref);
	g_free(title);
}

static void inspect(struct tui_view *owner, const char *file, gpointer unused)
{
	VmcHost *host = tui_host(owner->app);
	struct vmc_disk_draft *draft = vmc_disk_draft_new("inspect", *vmc_host_place(host) != '\0');
	GError *error = NULL;

	if (vmc_disk_draft_set(draft, "file", file, &error)) {
		GVariant *settings = g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0);

		tui_call(owner, host, API_DISKS_PATH, API_DISKS_INTERFACE, "Inspect",
			 g_variant_new("(s@a{sv})", vmc_disk_draft_get(draft, "file"), settings),
			 on_inspected, g_strdup_printf("Inspect Disk: %s", file));
	} else {
		dialog_error(owner->app, error);
		g_error_free(error);
	}
	vmc_disk_draft_free(draft);
}

void disk_inspect_open(struct tui_view *owner)
{
	dialog_type_path(owner, "Inspect Virtual Hard Disk", "The disk (whole path)", "/",
			 vmc_host_place(tui_host(owner->app)), inspect, NULL, NULL);
}
