/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edit Virtual Hard Disk: which disk, what is done with it (only what it allows), how. */
#include "views/disk_form.h"
#include "views/wizards.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *name, *verb, *label, *help;
} actions[] = {
	{ "compact", "compact", "Compact", "Gives the space of blocks of zeros back to the host." },
	{ "convert", "convert", "Convert", "Makes a new disk with the same content, in another format or type." },
	{ "expand", "resize", "Expand", "Makes it larger; the guest must make use of that." },
	{ "shrink", "resize", "Shrink", "Makes it smaller; what lies beyond the new end must be empty, or is cut off." },
	{ "merge", "merge", "Merge", "Writes what differs into the parent." },
	{ "reconnect", "reconnect", "Reconnect", "Tells it where its parent is now." },
	{ "check", "check", "Check and repair", "Looks for errors, and repairs what can be repaired." },
};

/* Fields of the page Options, each with the actions that have it. */
static const struct {
	const char *name, *actions;
} options[] = {
	{ "to", "convert" }, { "format", "convert" }, { "type", "convert" },
	{ "block-size", "convert" }, { "sector-size", "convert" },
	{ "size", "expand shrink" }, { "force", "shrink reconnect" },
	{ "delete", "merge" }, { "parent", "reconnect" }, { "repair", "check" },
};
/* clang-format on */

static guint action_of(struct form *form)
{
	for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
		if (strcmp(form_value(form, "action"), actions[i].name) == 0)
			return i;
	return 0;
}

static const char *verb(struct form *form)
{
	return actions[action_of(form)].verb;
}

/* A raw image has no types. */
static const char *field(struct form *form, const char *name)
{
	if (strcmp(name, "action") == 0)
		return NULL;
	return strcmp(name, "type") == 0 && strcmp(form_value(form, "format"), "raw") == 0 ? NULL : name;
}

static void update(struct form *form)
{
	const struct disk_form *disk = form_data(form);
	const char *action = actions[action_of(form)].name;

	form_set_note(form, "what", actions[action_of(form)].help);
	for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
		form_refuse_choice(form, "action", actions[i].name,
				   vmc_disk_refusal(disk->images, actions[i].verb));
	for (guint i = 0; i < G_N_ELEMENTS(options); i++)
		form_hide(form, options[i].name, !strstr(options[i].actions, action));
}

/* --- what the disk is -------------------------------------------------------------------------------- */

static void on_inspected(struct tui_view *view, GVariant *result, const GError *error, gpointer unused)
{
	struct form *form = (struct form *)view;
	struct disk_form *disk = form_data(form);

	disk->is_asking = FALSE;
	g_clear_pointer(&disk->images, g_variant_unref);
	if (result && g_variant_is_of_type(result, G_VARIANT_TYPE("(aa{sv})")))
		disk->images = g_variant_get_child_value(result, 0);
	form_set_note(form, "problem", error ? error->message : "");
	form_check_again(form);
}

static void enter(struct form *form, const char *title)
{
	struct disk_form *disk = form_data(form);
	const char *path = form_value(form, "file");
	char *to;

	if (strcmp(title, "Action") == 0 && !disk->is_asking) {
		disk->is_asking = TRUE;
		form_set_note(form, "problem", "Looking at the disk...");
		tui_call(
		    form_view(form), form_host(form), API_DISKS_PATH, API_DISKS_INTERFACE, "Inspect",
		    g_variant_new("(s@a{sv})", path, g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)),
		    on_inspected, NULL);
	}
	if (strcmp(title, "Options") == 0 && !*form_value(form, "to")) {
		to = g_strconcat(path, ".new.vhdx", NULL);
		form_set_value(form, "to", to);
		g_free(to);
	}
}

/* --- the form ---------------------------------------------------------------------------------------- */

static const struct form_kind kind = DISK_FORM_KIND(update, enter);

static void add_options(struct form *form)
{
	form_page(form, "Options");
	form_named_note(form, "what", "");
	form_path(form, "to", "New disk", "", disk_form_file_help);
	form_choice(form, "format", "Format", disk_formats, "vhdx", "");
	form_choice(form, "type", "Type", "dynamic=Dynamically expanding|fixed=Fixed size", "dynamic", "");
	disk_form_add_sizes(form);
	form_text(form, "size", "New size", "", "Such as 512M, 40G, 2T.");
	form_tick(form, "delete", "Remove the file", FALSE, "when its content is in the parent");
	form_path(form, "parent", "Parent", "", "where it is now; F8 completes");
	form_tick(
	    form, "force", "Also when data is lost", FALSE,
	    "Shrinking cuts off what lies beyond the new end; another parent than its own makes wrong data.");
	form_tick(form, "repair", "Repair", FALSE, "what can be repaired");
}

void disk_edit_open(struct tui_view *owner)
{
	struct tui_app *app = owner->app;
	struct form *form = form_new(app, tui_host(app), "Edit Virtual Hard Disk", &kind,
				     disk_form_new(verb, field), disk_form_free);
	GString *choices = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(actions); i++)
		g_string_append_printf(choices, "%s%s=%s", i ? "|" : "", actions[i].name, actions[i].label);
	form_page(form, "Locate Disk");
	form_note(form, "A disk that a running machine uses cannot be changed.");
	form_path(form, "file", "File", "/", disk_form_file_help);
	form_page(form, "Action");
	form_choice(form, "action", "Action", choices->str, "compact",
		    "What its kind does not allow is grey.");
	form_named_note(form, "problem", "");
	add_options(form);
	form_open(form);
	g_string_free(choices, TRUE);
}
