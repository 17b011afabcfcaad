/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/draft_drives.h"

#include "api/api_error.h"
#include "model/units.h"

#include <stdio.h>
#include <string.h>

enum { IDE_CONTROLLERS = 2, SCSI_CONTROLLERS = 4 };

struct drive {
	gboolean is_disc;
	char *path; /* "": empty, or to be made */
	guint64 new_bytes;
	gboolean is_read_only, is_physical;
	gboolean wants_ide, wants_scsi;
	guint wanted;	    /* the number of the controller and 1; 0: any */
	gboolean has_place; /* those that were there before */
	gboolean is_ide;
	guint64 number, location;
	GVariant *rest; /* a{sv}: what else an existing one has */
};

struct draft_drives {
	GPtrArray *drives;   /* struct drive */
	GPtrArray *detached; /* texts */
	gboolean is_remote;
};

gboolean draft_fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(API_ERROR, API_ERROR_INVALID_ARGUMENT, format, args);
	va_end(args);
	return FALSE;
}

static void free_drive(gpointer pointer)
{
	struct drive *drive = pointer;

	g_clear_pointer(&drive->rest, g_variant_unref);
	g_free(drive->path);
	g_free(drive);
}

char *draft_path(const char *path, gboolean is_remote, GError **error)
{
	if (!is_remote || g_path_is_absolute(path))
		return g_canonicalize_filename(path, NULL);
	draft_fail(error, "%s: this is a file of the other computer; give its whole path, from \"/\" on",
		   path);
	return NULL;
}

struct draft_drives *draft_drives_new(gboolean is_remote)
{
	struct draft_drives *drives = g_new0(struct draft_drives, 1);

	drives->is_remote = is_remote;
	drives->drives = g_ptr_array_new_with_free_func(free_drive);
	drives->detached = g_ptr_array_new_with_free_func(g_free);
	return drives;
}

struct draft_drives *draft_drives_free(struct draft_drives *drives)
{
	if (!drives)
		return NULL;
	g_ptr_array_unref(drives->drives);
	g_ptr_array_unref(drives->detached);
	g_free(drives);
	return NULL;
}

gboolean draft_drives_is_empty(const struct draft_drives *drives)
{
	return drives->drives->len == 0 && drives->detached->len == 0;
}

/* --- options --------------------------------------------------------------------------------------- */

/* The path ends at the first comma that begins an option which we know; other commas belong to the name. */
static char *cut_options(char *value)
{
	static const char *const known[] = { ",readonly", ",physical", ",controller=" };

	for (char *p = value; (p = strchr(p, ',')); p++)
		for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
			if (g_str_has_prefix(p, known[i])) {
				*p = '\0';
				return p + 1;
			}
	return NULL;
}

/* "ide", "scsi", or one of them as "ide:1". */
static gboolean set_controller(struct drive *drive, const char *text)
{
	gboolean is_ide = g_str_has_prefix(text, "ide");
	guint count = is_ide ? IDE_CONTROLLERS : SCSI_CONTROLLERS;
	const char *rest = text + strlen(is_ide ? "ide" : "scsi");

	if (!is_ide && !g_str_has_prefix(text, "scsi"))
		return FALSE;
	drive->wants_ide = is_ide;
	drive->wants_scsi = !is_ide;
	if (!*rest)
		return TRUE;
	if (rest[0] != ':' || !g_ascii_isdigit(rest[1]) || rest[2] || (guint)(rest[1] - '0') >= count)
		return FALSE;
	drive->wanted = (guint)(rest[1] - '0') + 1;
	return TRUE;
}

static gboolean set_options(struct drive *drive, const char *options, GError **error)
{
	char **words = g_strsplit(options, ",", -1);
	gboolean is_good = TRUE;

	for (unsigned i = 0; words[i] && is_good; i++) {
		if (strcmp(words[i], "readonly") == 0)
			drive->is_read_only = TRUE;
		else if (strcmp(words[i], "physical") == 0)
			drive->is_physical = TRUE;
		else if (!g_str_has_prefix(words[i], "controller=") ||
			 !set_controller(drive, words[i] + strlen("controller=")))
			is_good = draft_fail(
			    error,
			    "--disk: there is no option \"%s\"; give readonly, physical, "
			    "controller=ide or controller=scsi, or one of them such as controller=ide:1",
			    words[i]);
	}
	g_strfreev(words);
	return is_good;
}

static gboolean set_file(struct drive *drive, const char *name, gboolean is_remote, GError **error)
{
	if (!*name)
		return draft_fail(error, "--disk: the file is missing; name one, or give new:SIZE");
	if (g_str_has_prefix(name, "own:")) {
		drive->path = g_strdup(name + strlen("own:"));
		return (*drive->path && !strchr(drive->path, '/')) ||
		       draft_fail(error,
				  "--disk %s: this is no plain name in the machine's own folder; give such "
				  "as own:web.vhdx",
				  name);
	}
	if (!g_str_has_prefix(name, "new:")) {
		drive->path = draft_path(name, is_remote, error);
		return drive->path != NULL;
	}
	drive->path = g_strdup("");
	if (!units_parse_bytes(name + strlen("new:"), 1 << 30, &drive->new_bytes))
		return draft_fail(
		    error,
		    "--disk %s: this is no size; give GiB, or a number with M, G or T, such as new:40G",
		    name);
	if (drive->is_read_only || drive->is_physical)
		return draft_fail(
		    error, "--disk %s: a new disk is neither read-only nor physical; leave that out", name);
	return TRUE;
}

gboolean draft_drives_add_disk(struct draft_drives *drives, const char *value, GError **error)
{
	struct drive *drive = g_new0(struct drive, 1);
	char *name = g_strdup(value), *options = cut_options(name);
	gboolean is_good = (!options || set_options(drive, options, error)) &&
			   set_file(drive, name, drives->is_remote, error);

	g_ptr_array_add(drives->drives, drive);
	g_free(name);
	return is_good;
}

gboolean draft_drives_add_disc(struct draft_drives *drives, const char *value, GError **error)
{
	static const char option[] = ",controller=";
	const char *at = g_strrstr(value, option);
	struct drive *drive = g_new0(struct drive, 1);
	gboolean is_option = at && set_controller(drive, at + strlen(option));
	char *name = is_option ? g_strndup(value, (gsize)(at - value)) : g_strdup(value);

	drive->is_disc = TRUE;
	if (!*name)
		draft_fail(error, "--cdrom: the file is missing; name one, or give none");
	else
		drive->path =
		    strcmp(name, "none") == 0 ? g_strdup("") : draft_path(name, drives->is_remote, error);
	g_ptr_array_add(drives->drives, drive);
	g_free(name);
	return drive->path != NULL;
}

gboolean draft_drives_detach(struct draft_drives *drives, const char *value, GError **error)
{
	gboolean is_place = g_str_has_prefix(value, "ide:") || g_str_has_prefix(value, "scsi:");
	char *name;

	if (!*value)
		return draft_fail(
		    error, "--detach: the drive is missing; give its file, or its place such as ide:0:1");
	name = is_place ? g_strdup(value) : draft_path(value, drives->is_remote, error);
	if (name)
		g_ptr_array_add(drives->detached, name);
	return name != NULL;
}

/* --- those that are there --------------------------------------------------------------------------- */

static struct drive *drive_of(GVariant *dict)
{
	struct drive *drive = g_new0(struct drive, 1);
	const char *media = "disk", *controller = "ide", *path = "";

	g_variant_lookup(dict, "media", "&s", &media);
	g_variant_lookup(dict, "controller", "&s", &controller);
	g_variant_lookup(dict, "path", "&s", &path);
	g_variant_lookup(dict, "controller-number", "t", &drive->number);
	g_variant_lookup(dict, "location", "t", &drive->location);
	drive->is_disc = strcmp(media, "dvd") == 0;
	drive->is_ide = strcmp(controller, "ide") == 0;
	drive->has_place = TRUE;
	drive->path = g_strdup(path);
	drive->rest = g_variant_ref(dict);
	return drive;
}

static GPtrArray *load_existing(GVariant *existing)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(free_drive);

	for (gsize i = 0; existing && i < g_variant_n_children(existing); i++) {
		GVariant *dict = g_variant_get_child_value(existing, i);

		g_ptr_array_add(list, drive_of(dict));
		g_variant_unref(dict);
	}
	return list;
}

static gboolean is_named(const struct drive *drive, const char *name)
{
	char place[64];

	snprintf(place, sizeof(place), "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT,
		 drive->is_ide ? "ide" : "scsi", drive->number, drive->location);
	if (strcmp(place, name) == 0 || (*drive->path && strcmp(drive->path, name) == 0))
		return TRUE;
	/* A plain name is a file in the machine's own folder. */
	return *drive->path && *drive->path != '/' && g_str_has_suffix(name, drive->path) &&
	       name[strlen(name) - strlen(drive->path) - 1] == '/';
}

static gboolean detach(GPtrArray *list, const char *name, GError **error)
{
	for (guint i = 0; i < list->len; i++)
		if (is_named(list->pdata[i], name)) {
			g_ptr_array_remove_index(list, i);
			return TRUE;
		}
	return draft_fail(error, "--detach %s: there is no such drive; `bulkhead vm show` lists them", name);
}

/* --- places ---------------------------------------------------------------------------------------- */

static gboolean is_taken(const GPtrArray *list, gboolean is_ide, guint64 number, guint64 location)
{
	for (guint i = 0; i < list->len; i++) {
		const struct drive *drive = list->pdata[i];

		if (drive->has_place && drive->is_ide == is_ide && drive->number == number &&
		    drive->location == location)
			return TRUE;
	}
	return FALSE;
}

static gboolean take_place(const GPtrArray *list, struct drive *drive, gboolean is_ide, guint64 number,
			   guint64 location)
{
	if (is_taken(list, is_ide, number, location))
		return FALSE;
	drive->is_ide = is_ide;
	drive->number = number;
	drive->location = location;
	drive->has_place = TRUE;
	return TRUE;
}

/*
 * Disks on the first channel of the IDE controller and discs on the second, as Hyper-V offers it; then SCSI.
 */
static void choose_place(const GPtrArray *list, struct drive *drive, gboolean prefers_ide)
{
	enum { IDE_PLACES = 2 * IDE_CONTROLLERS, SCSI_PLACES = 64 * SCSI_CONTROLLERS };

	for (guint64 i = 0; (prefers_ide || drive->wants_ide) && !drive->wants_scsi && i < IDE_PLACES; i++)
		if (take_place(list, drive, TRUE, (i / 2) ^ (drive->is_disc ? 1 : 0), i % 2))
			return;
	for (guint64 i = 0; i < SCSI_PLACES; i++)
		if (take_place(list, drive, FALSE, i / 64, i % 64))
			return;
}

/* On the one that was named, or not at all. */
static gboolean choose_place_on(const GPtrArray *list, struct drive *drive, GError **error)
{
	guint number = drive->wanted - 1;

	for (guint64 i = 0; i < (drive->wants_ide ? 2 : 64); i++)
		if (take_place(list, drive, drive->wants_ide, number, i))
			return TRUE;
	return draft_fail(
	    error,
	    "--%s: all places of %s controller %u are taken; take a drive off, or use another controller",
	    drive->is_disc ? "cdrom" : "disk", drive->wants_ide ? "IDE" : "SCSI", number);
}

/* FALSE: there is no DVD drive that it could go into. */
static gboolean insert_disc(GPtrArray *list, const struct drive *disc, guint *next)
{
	for (; *next < list->len; (*next)++) {
		struct drive *drive = list->pdata[*next];

		if (!drive->is_disc || !drive->rest)
			continue;
		g_free(drive->path);
		drive->path = g_strdup(disc->path);
		(*next)++;
		return TRUE;
	}
	return FALSE;
}

static gboolean add_drive(GPtrArray *list, const struct drive *from, gboolean prefers_ide, GError **error)
{
	gboolean is_good = TRUE;
	struct drive *drive = g_new0(struct drive, 1);

	*drive = *from;
	drive->path = g_strdup(from->path);
	if (drive->wanted)
		is_good = choose_place_on(list, drive, error);
	else
		choose_place(list, drive, prefers_ide);
	g_ptr_array_add(list, drive);
	return is_good;
}

/* --- as the API wants it ----------------------------------------------------------------------------- */

static void add_rest(GVariantBuilder *builder, GVariant *rest)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;

	g_variant_iter_init(&iter, rest);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		if (strcmp(name, "path") != 0)
			g_variant_builder_add(builder, "{sv}", name, value);
		g_variant_unref(value);
	}
}

static GVariant *dict_of(const struct drive *drive)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&dict, "{sv}", "path", g_variant_new_string(drive->path));
	if (drive->rest) {
		add_rest(&dict, drive->rest);
		return g_variant_builder_end(&dict);
	}
	g_variant_builder_add(&dict, "{sv}", "media", g_variant_new_string(drive->is_disc ? "dvd" : "disk"));
	g_variant_builder_add(&dict, "{sv}", "controller",
			      g_variant_new_string(drive->is_ide ? "ide" : "scsi"));
	g_variant_builder_add(&dict, "{sv}", "controller-number", g_variant_new_uint64(drive->number));
	g_variant_builder_add(&dict, "{sv}", "location", g_variant_new_uint64(drive->location));
	g_variant_builder_add(&dict, "{sv}", "read-only", g_variant_new_boolean(drive->is_read_only));
	g_variant_builder_add(&dict, "{sv}", "pass-through", g_variant_new_boolean(drive->is_physical));
	if (drive->new_bytes)
		g_variant_builder_add(&dict, "{sv}", "create-bytes", g_variant_new_uint64(drive->new_bytes));
	return g_variant_builder_end(&dict);
}

GVariant *draft_drives_list(const struct draft_drives *drives, GVariant *existing, gboolean prefers_ide,
			    GError **error)
{
	GPtrArray *list = load_existing(existing);
	GVariantBuilder builder;
	guint next_drive = 0;

	for (guint i = 0; i < drives->detached->len; i++)
		if (!detach(list, drives->detached->pdata[i], error)) {
			g_ptr_array_unref(list);
			return NULL;
		}
	for (guint i = 0; i < drives->drives->len; i++) {
		const struct drive *drive = drives->drives->pdata[i];

		if ((!drive->is_disc || !insert_disc(list, drive, &next_drive)) &&
		    !add_drive(list, drive, prefers_ide, error)) {
			g_ptr_array_unref(list);
			return NULL;
		}
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < list->len; i++)
		g_variant_builder_add_value(&builder, dict_of(list->pdata[i]));
	g_ptr_array_unref(list);
	return g_variant_builder_end(&builder);
}
