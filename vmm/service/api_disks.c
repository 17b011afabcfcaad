/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Disks1: who may, what is asked; disk_task.h does it. */
#include "service/call.h"
#include "service/disk_task.h"
#include "service/dispatch.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"
#include "model/disk_shape.h"
#include "model/units.h"

#include <string.h>

/* What the settings say. Texts live as long as `dict`. */
struct disk_settings {
	GVariant *dict;
	const char *format, *type, *parent, *file_format, *machine;
	guint64 size, block_size, sector_size;
	gboolean is_forced, deletes, repairs;
};

/* Which settings a method has. */
enum { SHAPE = 1, PARENT = 2, READ = 4, FORCE = 8, DELETE = 16, REPAIR = 32, MACHINE = 64 };

static const struct {
	const char *name, *type;
	unsigned kind;
	gsize offset;
} settings_table[] = {
	{ "format", "s", SHAPE, offsetof(struct disk_settings, format) },
	{ "type", "s", SHAPE, offsetof(struct disk_settings, type) },
	{ "size", "t", PARENT, offsetof(struct disk_settings, size) },
	{ "block-size", "t", SHAPE, offsetof(struct disk_settings, block_size) },
	{ "sector-size", "t", SHAPE, offsetof(struct disk_settings, sector_size) },
	{ "parent", "s", PARENT, offsetof(struct disk_settings, parent) },
	{ "file-format", "s", READ, offsetof(struct disk_settings, file_format) },
	{ "force", "b", FORCE, offsetof(struct disk_settings, is_forced) },
	{ "delete", "b", DELETE, offsetof(struct disk_settings, deletes) },
	{ "repair", "b", REPAIR, offsetof(struct disk_settings, repairs) },
	{ "machine", "o", MACHINE, offsetof(struct disk_settings, machine) },
};

static gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*error = g_error_new_valist(API_ERROR, API_ERROR_INVALID_ARGUMENT, format, args);
	va_end(args);
	return FALSE;
}

/* --- the settings ------------------------------------------------------------------------------------ */

static gboolean read_one(const char *name, GVariant *value, unsigned kinds, struct disk_settings *settings,
			 GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(settings_table); i++) {
		if (strcmp(settings_table[i].name, name) != 0 || !(settings_table[i].kind & kinds))
			continue;
		if (!g_variant_is_of_type(value, G_VARIANT_TYPE(settings_table[i].type)))
			return fail(error, "%s: this setting has another type; see org.bulkhead.Disks1", name);
		g_variant_get(value, *settings_table[i].type == 's' ? "&s"
				     : *settings_table[i].type == 'o' ? "&o"
								      : settings_table[i].type,
			      (char *)settings + settings_table[i].offset);
		return TRUE;
	}
	return fail(error, "%s: this has no such setting; leave it out", name);
}

static gboolean read_settings(struct call *call, guint index, unsigned kinds, struct disk_settings *ret_settings,
			      GError **error)
{
	GVariant *dict = g_variant_get_child_value(call->parameters, index), *value;
	gboolean is_good = TRUE;
	GVariantIter iter;
	const char *name;

	*ret_settings = (struct disk_settings){ .dict = dict };
	g_variant_get_data(dict); /* in one piece, which the texts point into */
	g_variant_iter_init(&iter, dict);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		is_good = read_one(name, value, kinds | MACHINE, ret_settings, error);
		g_variant_unref(value);
	}
	if (!is_good)
		g_variant_unref(dict);
	return is_good;
}

/* Answered when it is FALSE. */
static gboolean check_rights(struct call *call, const struct disk_settings *settings, gboolean is_look)
{
	struct vm *vm = settings->machine ? objects_find_vm(call->service, settings->machine) : NULL;

	if (settings->machine && !vm) {
		call_fail_text(call, API_ERROR_NOT_FOUND, "%s: there is no such virtual machine", settings->machine);
		return FALSE;
	}
	if (!vm)
		return call_require(call, is_look ? RIGHT_HOST_VIEW : RIGHT_CREATE, NULL);
	if (!call_require(call, is_look ? RIGHT_VIEW : RIGHT_EDIT, vm))
		return FALSE;
	if (vm->busy && !is_look) {
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s is busy with a job; wait for its end, or cancel it", vm->config->name);
		return FALSE;
	}
	g_free(call->vm_id);
	call->vm_id = g_strdup(vm->config->id);
	return TRUE;
}

/* --- tasks ------------------------------------------------------------------------------------------- */

/* A method from its settings to its task. NULL: answered. */
static struct disk_task *begin(struct call *call, const char *verb, guint settings_index, unsigned kinds,
			       struct disk_settings *ret_settings)
{
	gboolean is_look = strcmp(verb, "inspect") == 0;
	struct disk_task *task;
	GError *error = NULL;

	if (!read_settings(call, settings_index, kinds, ret_settings, &error)) {
		call_fail(call, error);
		g_error_free(error);
		return NULL;
	}
	if (!check_rights(call, ret_settings, is_look)) {
		g_variant_unref(ret_settings->dict);
		return NULL;
	}
	task = disk_task_new(call, verb);
	task->settings = ret_settings->dict;
	if (ret_settings->machine)
		disk_task_use_machine(task, call_vm(call), !is_look);
	return task;
}

static void drop(struct call *call, struct disk_task *task, GError *error)
{
	disk_task_free(task);
	call_fail(call, error);
	g_error_free(error);
}

/* An existing image, as the helper wants it. */
static gboolean add_image(struct disk_task *task, const struct disk_settings *settings, const char *path,
			  enum file_need need, GError **error)
{
	static const char *const formats[] = { "vhdx", "vhd", "raw", "iso", NULL };
	gboolean is_guess = FALSE;
	const char *format = settings->file_format;

	if (format && !g_strv_contains(formats, format))
		return fail(error, "%s: there is no such format; give one of: vhdx, vhd, raw, iso", format);
	if (!format)
		format = disk_format_to_read(path, &is_guess);
	link_add(task->request, "file-format", format);
	link_add_number(task->request, "file-guess", is_guess != 0);
	return disk_task_add_file(task, "file", path, need, error);
}

static void start(struct disk_task *task, const char *verb, const char *path)
{
	char *base = g_path_get_basename(path), *title = g_strdup_printf("%s %s", verb, base);

	disk_task_start(task, title);
	g_free(title);
	g_free(base);
}

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
	if (!disk_shape_init(ret_shape, new_path, settings->format, settings->type, settings->parent != NULL, error))
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
	struct disk_task *task = begin(call, "inspect", 1, READ, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	task->end = DISK_TASK_ANSWER;
	if (add_image(task, &settings, file, FILE_READ, &error))
		start(task, "Inspect", file);
	else
		drop(call, task, error);
}

static void create(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "create", 1, SHAPE | PARENT, &settings);
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
		drop(call, task, error);
		return;
	}
	add_shape(task, &shape);
	size = shape.size ? units_format_bytes(shape.size) : g_strdup("its parent's size");
	call_step(call, "the %s disk %s of %s is made%s%s", shape.type, file, size,
		  settings.parent ? ", with the parent " : "", settings.parent ? settings.parent : "");
	g_free(size);
	start(task, "Make", file);
}

static void convert(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "convert", 2, SHAPE | READ, &settings);
	struct disk_shape shape;
	GError *error = NULL;
	const char *file, *to;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "&s", &to);
	if (!read_shape(&settings, to, FALSE, &shape, &error) ||
	    !add_image(task, &settings, file, FILE_READ, &error) ||
	    !disk_task_add_file(task, "to", to, FILE_NEW, &error)) {
		drop(call, task, error);
		return;
	}
	add_shape(task, &shape);
	call_step(call, "the %s %s disk %s is made with the content of %s, which stays", shape.type, shape.format, to,
		  file);
	start(task, "Convert", file);
}

static void compact(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "compact", 1, READ, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!add_image(task, &settings, file, FILE_WRITE, &error)) {
		drop(call, task, error);
		return;
	}
	call_step(call, "%s gives the space of blocks of zeros back", file);
	start(task, "Compact", file);
}

static void resize(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "resize", 2, READ | FORCE, &settings);
	GError *error = NULL;
	const char *file;
	guint64 size;
	char *text;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "t", &size);
	if (!add_image(task, &settings, file, FILE_WRITE, &error) ||
	    (size > G_MAXINT64 && !fail(&error, "a disk has at most 64 TiB; choose less"))) {
		drop(call, task, error);
		return;
	}
	link_add_number(task->request, "size", size);
	link_add_number(task->request, "force", settings.is_forced != 0);
	text = units_format_bytes(size);
	call_step(call, "%s gets the size %s%s", file, text,
		  settings.is_forced ? "; data behind that is cut off" : ", unless data would be cut off");
	g_free(text);
	start(task, "Resize", file);
}

static void merge(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "merge", 1, DELETE, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!add_image(task, &settings, file, FILE_WRITE, &error)) {
		drop(call, task, error);
		return;
	}
	task->deletes_file = settings.deletes;
	call_step(call, "what %s has is written into its parent%s", file,
		  settings.deletes ? ", and it is removed then" : "");
	start(task, "Merge", file);
}

static void reconnect(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "reconnect", 2, FORCE, &settings);
	GError *error = NULL;
	const char *file, *parent;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	g_variant_get_child(call->parameters, 1, "&s", &parent);
	if (!add_image(task, &settings, file, FILE_WRITE, &error) ||
	    !disk_task_add_file(task, "parent", parent, FILE_READ, &error)) {
		drop(call, task, error);
		return;
	}
	link_add_number(task->request, "force", settings.is_forced != 0);
	call_step(call, "%s gets the parent %s%s", file, parent,
		  settings.is_forced ? ", whatever that is" : ", if it was made from that");
	start(task, "Reconnect", file);
}

static void check(struct call *call)
{
	struct disk_settings settings;
	struct disk_task *task = begin(call, "check", 1, READ | REPAIR, &settings);
	GError *error = NULL;
	const char *file;

	if (!task)
		return;
	g_variant_get_child(call->parameters, 0, "&s", &file);
	if (!add_image(task, &settings, file, settings.repairs ? FILE_WRITE : FILE_READ, &error)) {
		drop(call, task, error);
		return;
	}
	link_add_number(task->request, "repair", settings.repairs != 0);
	call_step(call, "%s is checked%s", file, settings.repairs ? " and repaired" : "");
	start(task, "Check", file);
}

#define METHOD(name, is_change, handle)                                                                              \
	{                                                                                                            \
		API_DISKS_INTERFACE, name, RIGHT_NONE, is_change, handle                                             \
	}

const struct api_method disk_methods[] = {
	METHOD("Inspect", FALSE, inspect),	METHOD("Create", TRUE, create),	      METHOD("Convert", TRUE, convert),
	METHOD("Compact", TRUE, compact),	METHOD("Resize", TRUE, resize),	      METHOD("Merge", TRUE, merge),
	METHOD("Reconnect", TRUE, reconnect),	METHOD("Check", TRUE, check),
};
const gsize disk_methods_count = G_N_ELEMENTS(disk_methods);
