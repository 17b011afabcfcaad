/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Disks1: who may, what is asked; disk_task.h does it. */
#include "service/api_mounts.h"
#include "service/call.h"
#include "service/disk_settings.h"

#include "api/api.h"
#include "api/api_error.h"
#include "model/disk_shape.h"
#include "model/units.h"

#include <string.h>

static void add_shape(struct disk_task *task, const struct disk_shape *shape)
{
	link_add(task->request, "format", shape->format);
	link_add(task->request, "type", shape->type);
	link_add_number(task->request, "size", shape->size);
	link_add_number(task->request, "block-size", shape->block_size);
	link_add_number(task->request, "sector-size", shape->sector_size);
}

static gboolean read_shape(const struct disk_settings *settings, const char *new_path, gboolean needs_size,
			   struct disk_shape *ret_shape, GError **error)
{
	if (!disk_shape_init(ret_shape, new_path, settings->format, settings->type, settings->parent != NULL,
			     error))
		return FALSE;
	ret_shape->size = settings->size;
	ret_shape->block_size = settings->block_size;
	ret_shape->sector_size = settings->sector_size;
	return disk_shape_check(ret_shape, needs_size && !settings->parent, error);
}

/* --- the methods ------------------------------------------------------------------------------------- */

static void inspect(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "inspect", 1, DISK_READ, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	task->end = DISK_TASK_ANSWER;
	task->looks_only = TRUE;
	if (disk_settings_add_image(task, &settings, file, FILE_READ, &error))
		disk_settings_start(task, "Inspect", file);
	else
		disk_settings_drop(call, task, error);
}

static void create(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "create", 1, DISK_SHAPE | DISK_PARENT, &settings);
	struct disk_shape shape;
	GError *error = NULL;
	const char *file;
	char *size;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!read_shape(&settings, file, TRUE, &shape, &error) ||
	    !disk_task_add_file(task, "to", file, FILE_NEW, &error) ||
	    (settings.parent && !disk_task_add_file(task, "parent", settings.parent, FILE_READ, &error))) {
		disk_settings_drop(call, task, error);
		return;
	}
	add_shape(task, &shape);
	size = shape.size ? units_format_bytes(shape.size) : g_strdup("its parent's size");
	call_step(call, "the %s disk %s of %s is made%s%s", shape.type, file, size,
		  settings.parent ? ", with the parent " : "", settings.parent ? settings.parent : "");
	g_free(size);
	disk_settings_start(task, "Make", file);
}

static void convert(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "convert", 2, DISK_SHAPE | DISK_READ, &settings);
	struct disk_shape shape;
	GError *error = NULL;
	const char *file, *to;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "&s", &to);
	if (!read_shape(&settings, to, FALSE, &shape, &error) ||
	    !disk_settings_add_image(task, &settings, file, FILE_READ, &error) ||
	    !disk_task_add_file(task, "to", to, FILE_NEW, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	add_shape(task, &shape);
	call_step(call, "the %s %s disk %s is made with the content of %s, which stays", shape.type,
		  shape.format, to, file);
	disk_settings_start(task, "Convert", file);
}

static void compact(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "compact", 1, DISK_READ, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!disk_settings_add_image(task, &settings, file, FILE_WRITE, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	call_step(call, "%s gives the space of blocks of zeros back", file);
	disk_settings_start(task, "Compact", file);
}

/* The format's own limit is known to the helper. */
static gboolean check_new_size(guint64 size, GError **error)
{
	if (size <= G_MAXINT64)
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "a disk has at most 64 TiB; choose less");
	return FALSE;
}

static void resize(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "resize", 2, DISK_READ | DISK_FORCE, &settings);
	GError *error = NULL;
	const char *file;
	guint64 size;
	char *text;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "t", &size);
	if (!disk_settings_add_image(task, &settings, file, FILE_WRITE, &error) ||
	    !check_new_size(size, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	link_add_number(task->request, "size", size);
	link_add_number(task->request, "force", settings.is_forced != 0);
	text = units_format_bytes(size);
	call_step(call, "%s gets the size %s%s", file, text,
		  settings.is_forced ? "; data behind that is cut off" : ", unless data would be cut off");
	g_free(text);
	disk_settings_start(task, "Resize", file);
}

static void merge(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "merge", 1, DISK_DELETE, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!disk_settings_add_image(task, &settings, file, FILE_WRITE, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	task->deletes_file = settings.deletes;
	call_step(call, "what %s has is written into its parent%s", file,
		  settings.deletes ? ", and it is removed then" : "");
	disk_settings_start(task, "Merge", file);
}

static void reconnect(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "reconnect", 2, DISK_FORCE, &settings);
	GError *error = NULL;
	const char *file, *parent;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "&s", &parent);
	if (!disk_settings_add_image(task, &settings, file, FILE_WRITE, &error) ||
	    !disk_task_add_file(task, "parent", parent, FILE_READ, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	link_add_number(task->request, "force", settings.is_forced != 0);
	call_step(call, "%s gets the parent %s%s", file, parent,
		  settings.is_forced ? ", whatever that is" : ", if it was made from that");
	disk_settings_start(task, "Reconnect", file);
}

static void check(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = disk_settings_begin(call, "check", 1, DISK_READ | DISK_REPAIR, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!disk_settings_add_image(task, &settings, file, settings.repairs ? FILE_WRITE : FILE_READ,
				     &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	link_add_number(task->request, "repair", settings.repairs != 0);
	call_step(call, "%s is checked%s", file, settings.repairs ? " and repaired" : "");
	disk_settings_start(task, "Check", file);
}

/* The rights of the others depend on whose files they are: disk_settings.c. */
const struct api_method disk_methods[] = {
	{ "Inspect", RIGHT_NONE, FALSE, inspect },
	{ "Create", RIGHT_NONE, TRUE, create },
	{ "Convert", RIGHT_NONE, TRUE, convert },
	{ "Compact", RIGHT_NONE, TRUE, compact },
	{ "Resize", RIGHT_NONE, TRUE, resize },
	{ "Merge", RIGHT_NONE, TRUE, merge },
	{ "Reconnect", RIGHT_NONE, TRUE, reconnect },
	{ "Check", RIGHT_NONE, TRUE, check },
	{ "Mount", RIGHT_MOUNT, TRUE, api_mount },
	{ "Unmount", RIGHT_MOUNT, TRUE, api_unmount },
	{ "ListMounts", RIGHT_HOST_VIEW, FALSE, api_list_mounts },
};
const gsize disk_methods_count = G_N_ELEMENTS(disk_methods);
