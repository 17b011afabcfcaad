/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New Virtual Hard Disk: an empty one, a differencing one, or one with the content of another. */
#include "views/disk_form.h"
#include "views/wizards.h"

#include <string.h>

static gboolean is_value(struct form *form, const char *name, const char *value)
{
	return strcmp(form_value(form, name), value) == 0;
}

static gboolean is_copy(struct form *form)
{
	return is_value(form, "content", "copy") && !is_value(form, "type", "differencing");
}

static const char *verb(struct form *form)
{
	return is_copy(form) ? "convert" : "create";
}

/* A copy is made by converting: what is copied is the file there, and the new one where it goes to. */
static const char *field(struct form *form, const char *name)
{
	gboolean has_types = !is_value(form, "format", "raw") || is_value(form, "type", "differencing");

	if (strcmp(name, "content") == 0)
		return NULL;
	if (strcmp(name, "source") == 0)
		return is_copy(form) ? "file" : NULL;
	if (strcmp(name, "file") == 0)
		return is_copy(form) ? "to" : "file";
	return strcmp(name, "type") == 0 && !has_types ? NULL : name;
}

static void update(struct form *form)
{
	gboolean is_child = is_value(form, "type", "differencing"), is_raw = is_value(form, "format", "raw");

	form_refuse_choice(form, "type", "differencing",
			   is_raw ? "A raw image has no parent; choose VHDX or VHD." : NULL);
	form_hide(form, "content", is_child);
	form_hide(form, "parent", !is_child);
	form_hide(form, "size", is_child || is_copy(form));
	form_hide(form, "source", !is_copy(form));
	form_hide(form, "block-size", !is_value(form, "format", "vhdx"));
	form_hide(form, "sector-size", !is_value(form, "format", "vhdx"));
}

/* The name follows the format, until it has another ending. */
static void enter(struct form *form, const char *title)
{
	struct disk_form *disk = form_data(form);
	const char *ending = is_value(form, "format", "raw") ? "img" : form_value(form, "format");
	const char *path = form_value(form, "file"), *dot = strrchr(path, '.');
	char *name;

	if (strcmp(title, "Name and Location") != 0 && strcmp(title, "Summary") != 0)
		return;
	if (dot && g_strcmp0(dot + 1, disk->format) == 0 && strcmp(ending, disk->format) != 0) {
		name = g_strdup_printf("%.*s%s", (int)(dot + 1 - path), path, ending);
		form_set_value(form, "file", name);
		g_free(name);
	}
	g_free(disk->format);
	disk->format = g_strdup(ending);
}

static const struct form_kind kind = DISK_FORM_KIND(update, enter);

void wizard_disk_open(struct tui_app *app)
{
	struct disk_form *disk = disk_form_new(verb, field);
	struct form *form =
	    form_new(app, tui_host(app), "New Virtual Hard Disk", &kind, disk, disk_form_free);
	gboolean is_here = !*vmc_host_place(tui_host(app));
	char *path = g_build_filename(is_here ? g_get_home_dir() : "/", "disk.vhdx", NULL);

	disk->format = g_strdup("vhdx");
	form_page(form, "Format");
	form_choice(form, "format", "Format", disk_formats, "vhdx", "");
	form_page(form, "Type");
	form_choice(form, "type", "Type",
		    "dynamic=Dynamically expanding: grows with what is written|"
		    "fixed=Fixed size: has all its room at once|differencing=Differencing: what differs from "
		    "a parent",
		    "dynamic", "");
	form_page(form, "Name and Location");
	form_path(form, "file", "File", path, "It is made with your rights; F8 completes.");
	form_page(form, "Configure");
	form_choice(form, "content", "Content",
		    "blank=A blank disk|copy=That of another disk, virtual or physical", "blank", "");
	form_text(form, "size", "Size", "40G", "Such as 512M, 40G, 2T.");
	form_path(
	    form, "source", "Content of", "",
	    "an image, or a device such as /dev/sdb for those with the privilege for that; F8 completes");
	form_path(form, "parent", "Parent", "", "which must not change any more; F8 completes");
	form_heading(form, "Advanced");
	disk_form_add_sizes(form);
	form_open(form);
	g_free(path);
}
