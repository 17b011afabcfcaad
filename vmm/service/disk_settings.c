/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_settings.h"
#include "service/api_power.h"
#include "service/dispatch.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/disk_shape.h"

#include <string.h>

static const struct {
	const char *name, *type;
	unsigned kind;
	gsize offset;
} settings_table[] = {
	{ "format", "s", DISK_SHAPE, offsetof(struct disk_settings, format) },
	{ "type", "s", DISK_SHAPE, offsetof(struct disk_settings, type) },
	{ "size", "t", DISK_PARENT, offsetof(struct disk_settings, size) },
	{ "block-size", "t", DISK_SHAPE, offsetof(struct disk_settings, block_size) },
	{ "sector-size", "t", DISK_SHAPE, offsetof(struct disk_settings, sector_size) },
	{ "parent", "s", DISK_PARENT, offsetof(struct disk_settings, parent) },
	{ "file-format", "s", DISK_READ, offsetof(struct disk_settings, file_format) },
	{ "force", "b", DISK_FORCE, offsetof(struct disk_settings, is_forced) },
	{ "delete", "b", DISK_DELETE, offsetof(struct disk_settings, deletes) },
	{ "repair", "b", DISK_REPAIR, offsetof(struct disk_settings, repairs) },
	{ "read-only", "b", DISK_READ_ONLY, offsetof(struct disk_settings, is_read_only) },
	{ "machine", "o", DISK_MACHINE, offsetof(struct disk_settings, machine) },
};

/* --- the settings ------------------------------------------------------------------------------------ */

static gboolean read_one(const char *name, GVariant *value, unsigned kinds, struct disk_settings *settings,
			 GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(settings_table); i++) {
		if (strcmp(settings_table[i].name, name) != 0 || !(settings_table[i].kind & kinds))
			continue;
		if (!g_variant_is_of_type(value, G_VARIANT_TYPE(settings_table[i].type)))
			return api_refuse(error, API_ERROR_INVALID_ARGUMENT,
					  "%s: this setting has another type; see org.bulkhead.Disks1", name);
		g_variant_get(value,
			      *settings_table[i].type == 's'   ? "&s"
			      : *settings_table[i].type == 'o' ? "&o"
							       : settings_table[i].type,
			      (char *)settings + settings_table[i].offset);
		return TRUE;
	}
	return api_refuse(error, API_ERROR_INVALID_ARGUMENT, "%s: this has no such setting; leave it out",
			  name);
}

static gboolean read_settings(struct call *call, guint index, unsigned kinds,
			      struct disk_settings *ret_settings, GError **error)
{
	GVariant *dict = g_variant_get_child_value(call->parameters, index), *value;
	gboolean is_good = TRUE;
	GVariantIter iter;
	const char *name;

	*ret_settings = (struct disk_settings){ .dict = dict };
	g_variant_get_data(dict); /* in one piece, which the texts point into */
	g_variant_iter_init(&iter, dict);
	while (is_good && g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
		is_good = read_one(name, value, kinds | DISK_MACHINE, ret_settings, error);
		g_variant_unref(value);
	}
	if (!is_good)
		g_variant_unref(dict);
	return is_good;
}

/* What the verb needs on the machine whose files it uses, and on the host without one. */
static void needed_rights(const char *verb, enum right *ret_of_vm, enum right *ret_of_host)
{
	gboolean is_look = strcmp(verb, "inspect") == 0, is_mount = strcmp(verb, "serve-nbd") == 0;

	*ret_of_vm = is_look ? RIGHT_VIEW : RIGHT_EDIT;
	*ret_of_host = is_look ? RIGHT_HOST_VIEW : is_mount ? RIGHT_MOUNT : RIGHT_CREATE;
}

/* Answered when it is FALSE. */
static gboolean check_rights(struct call *call, const struct disk_settings *settings, const char *verb)
{
	struct vm *vm = settings->machine ? objects_find_vm(call->service, settings->machine) : NULL;
	enum right of_vm, of_host;

	needed_rights(verb, &of_vm, &of_host);
	if (settings->machine && !vm) {
		call_fail_text(call, API_ERROR_NOT_FOUND, "%s: there is no such virtual machine",
			       settings->machine);
		return FALSE;
	}
	if (!vm)
		return call_require(call, of_host, NULL);
	if (!call_require(call, of_vm, vm))
		return FALSE;
	if (of_vm != RIGHT_VIEW && !api_check_idle(call, vm, FALSE))
		return FALSE;
	g_free(call->vm_id);
	call->vm_id = g_strdup(vm->config->id);
	return TRUE;
}

/* --- tasks ------------------------------------------------------------------------------------------- */

/* A method from its settings to its task. NULL: answered. */
struct disk_task *disk_settings_begin(struct call *call, const char *verb, guint index, unsigned kinds,
				      struct disk_settings *ret_settings)
{
	struct disk_task *task;
	GError *error = NULL;

	if (!read_settings(call, index, kinds, ret_settings, &error)) {
		call_fail(call, error);
		g_error_free(error);
		return NULL;
	}
	if (!check_rights(call, ret_settings, verb)) {
		g_variant_unref(ret_settings->dict);
		return NULL;
	}
	task = disk_task_new(call, verb);
	task->settings = ret_settings->dict;
	if (ret_settings->machine)
		disk_task_use_machine(task, call_vm(call), strcmp(verb, "inspect") != 0);
	return task;
}

void disk_settings_drop(struct call *call, struct disk_task *task, GError *error)
{
	disk_task_free(task);
	call_fail(call, error);
	g_error_free(error);
}

/* An existing image, as the helper wants it. */
gboolean disk_settings_add_image(struct disk_task *task, const struct disk_settings *settings,
				 const char *path, enum file_need need, GError **error)
{
	static const char *const formats[] = { "vhdx", "vhd", "raw", "iso", NULL };
	gboolean is_guess = FALSE;
	const char *format = settings->file_format;

	if (format && !g_strv_contains(formats, format))
		return api_refuse(error, API_ERROR_INVALID_ARGUMENT,
				  "%s: there is no such format; give one of: vhdx, vhd, raw, iso", format);
	if (!format)
		format = disk_format_to_read(path, &is_guess);
	link_add(task->request, "file-format", format);
	link_add_number(task->request, "file-guess", is_guess != 0);
	return disk_task_add_file(task, "file", path, need, error);
}

void disk_settings_start(struct disk_task *task, const char *verb, const char *path)
{
	char *base = g_path_get_basename(path), *title = g_strdup_printf("%s %s", verb, base);

	disk_task_start(task, title);
	g_free(title);
	g_free(base);
}
