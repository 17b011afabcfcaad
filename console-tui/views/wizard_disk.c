/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New, Edit and Inspect Virtual Hard Disk, on the client's disk draft. */
#include "app/call.h"
#include "client/disks.h"
#include "views/actions.h"
#include "views/dialog.h"
#include "views/form.h"
#include "views/menu.h"
#include "views/pager.h"
#include "views/wizards.h"

#include <string.h>

static const char *const names[] = {
	"file",	      "to",	     "parent",	    "size",  "format", "type",
	"block-size", "sector-size", "file-format", "force", "delete", "repair"
};

/* The draft of what the form says; fields that are empty or hidden are not set. */
static struct vmc_disk_draft *draft_of(struct form *form)
{
	struct vmc_disk_draft *draft =
	    vmc_disk_draft_new(form_data(form), *vmc_host_place(form_host(form)) != '\0');

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = form_value(form, names[i]);
		gboolean is_no = strcmp(value, "no") == 0 || strcmp(value, "default") == 0;

		if (!form_is_hidden(form, names[i]) && *value && !is_no)
			vmc_disk_draft_set(draft, names[i], value, NULL);
	}
	return draft;
}

static char *command(struct form *form)
{
	struct vmc_disk_draft *draft = draft_of(form);
	char *line = vmc_disk_draft_check(draft, NULL, NULL)
			 ? vmc_disk_draft_command(draft, vmc_host_place(form_host(form)))
			 : NULL;

	vmc_disk_draft_free(draft);
	return line;
}

/* What cannot be a value; or, of a field that is one, what does not go together with the others. */
static char *check(struct form *form, const char *name, const char *text)
{
	struct vmc_disk_draft *draft = draft_of(form);
	GError *error = NULL;
	const char *field = NULL;
	char *problem = NULL;

	if (*text && strcmp(text, "no") != 0 && strcmp(text, "default") != 0)
		vmc_disk_draft_set(draft, name, text, &error);
	if (!error && !vmc_disk_draft_check(draft, &field, &error) && g_strcmp0(field, name) != 0)
		g_clear_error(&error);
	if (error)
		problem = g_strdup(error->message);
	g_clear_error(&error);
	vmc_disk_draft_free(draft);
	return problem;
}

static void update(struct form *form)
{
	gboolean is_differencing = strcmp(form_value(form, "type"), "differencing") == 0;

	if (strcmp(form_data(form), "create") != 0)
		return;
	form_hide(form, "parent", !is_differencing);
	form_hide(form, "size", is_differencing);
}

static void call(struct form *form, gboolean is_plan, tui_answer_fn fn)
{
	struct vmc_disk_draft *draft = draft_of(form);
	GError *error = NULL;

	if (vmc_disk_draft_check(draft, NULL, &error)) {
		tui_call(form_view(form), form_host(form), API_DISKS_PATH, API_DISKS_INTERFACE,
			 vmc_disk_draft_method(draft), vmc_disk_draft_parameters(draft, is_plan), fn, NULL);
	} else {
		fn(form_view(form), NULL, error, NULL);
		g_error_free(error);
	}
	vmc_disk_draft_free(draft);
}

static const struct form_kind kind = {
	.update = update,
	.check = check,
	.command = command,
	.button = "Do It",
	.call = call,
	.done = "it is under way; J shows the jobs",
};

static void add_shape(struct form *form)
{
	form_choice(form, "format", "Format",
		    "vhdx=VHDX: up to 64 TB, safe when power fails|vhd=VHD: up to 2040 GB|raw=Raw", "vhdx",
		    "");
	form_choice(form, "type", "Type",
		    "dynamic=Dynamically expanding|fixed=Fixed size|differencing=Differencing", "dynamic",
		    "");
}

static void add_details(struct form *form)
{
	form_page(form, "Advanced");
	form_text(form, "block-size", "Block size", "", "of VHDX: 1M to 256M; empty: as usual");
	form_choice(form, "sector-size", "Sector size", "default=As usual|512=512|4096=4096", "default", "");
}

static void add_pages(struct form *form, const char *verb, const char *file)
{
	form_page(form, "Disk");
	form_path(form, "file", strcmp(verb, "create") == 0 ? "New file" : "Disk", file ? file : "/",
		  "F8 completes");
	if (strcmp(verb, "create") == 0) {
		add_shape(form);
		form_path(form, "parent", "Parent", "", "whose differences it holds; F8 completes");
		form_text(form, "size", "Size", "40G", "a number with M, G or T");
		add_details(form);
	} else if (strcmp(verb, "convert") == 0) {
		form_path(form, "to", "New disk", "", "F8 completes");
		add_shape(form);
		add_details(form);
	} else if (strcmp(verb, "resize") == 0) {
		form_text(form, "size", "New size", "", "a number with M, G or T");
		form_tick(form, "force", "Also when data is lost", FALSE,
			  "Shrinking cuts off what lies behind the new end.");
	} else if (strcmp(verb, "merge") == 0) {
		form_tick(form, "delete", "Delete it afterwards", FALSE,
			  "Its content is in the parent then.");
	} else if (strcmp(verb, "reconnect") == 0) {
		form_path(form, "parent", "Parent", "", "where it is now; F8 completes");
		form_tick(form, "force", "Also another parent", FALSE,
			  "Data may be wrong with a parent that is not the one.");
	} else if (strcmp(verb, "check") == 0) {
		form_tick(form, "repair", "Repair", FALSE, "");
	}
}

void wizard_disk_open(struct tui_app *app, const char *verb, const char *file)
{
	char *title = strcmp(verb, "create") == 0 ? g_strdup("New Virtual Hard Disk")
						  : g_strdup_printf("Edit Virtual Hard Disk: %s", verb);
	struct form *form = form_new(app, tui_host(app), title, &kind, g_strdup(verb), g_free);

	add_pages(form, verb, file);
	form_open(form);
	g_free(title);
}

/* --- what it is -------------------------------------------------------------------------------------- */

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
	dialog_type(owner, "Inspect Virtual Hard Disk", "The disk (whole path)", "/", NULL, inspect, NULL,
		    NULL);
}

/* --- which action ------------------------------------------------------------------------------------ */

static void on_verb(struct tui_view *owner, const char *verb, gboolean unused)
{
	wizard_disk_open(owner->app, verb, NULL);
}

void disk_edit_open(struct tui_view *owner)
{
	struct menu *menu = menu_new(owner, "Edit Virtual Hard Disk", on_verb, FALSE);

	menu_add(menu, "Compact: give the space of empty blocks back", "compact", NULL);
	menu_add(menu, "Convert: a new disk of another format or type", "convert", NULL);
	menu_add(menu, "Expand or shrink", "resize", NULL);
	menu_add(menu, "Merge: changes into the parent", "merge", NULL);
	menu_add(menu, "Reconnect: tell it where its parent is", "reconnect", NULL);
	menu_add(menu, "Check: look for errors, repair", "check", NULL);
	menu_open(menu, -1, -1, NULL);
}
