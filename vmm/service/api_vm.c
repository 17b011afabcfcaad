/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.VirtualMachine1: what each method does. The rights are in the table at the end. */
#include "service/api_inventory.h"
#include "service/api_power.h"
#include "service/authority.h"
#include "service/call.h"
#include "service/checkpoint.h"
#include "service/creator.h"
#include "service/dispatch.h"
#include "service/event_log.h"
#include "service/missing_files.h"
#include "service/move.h"
#include "service/move_far.h"
#include "service/network.h"
#include "service/new_disks.h"
#include "service/objects.h"
#include "service/plan_files.h"
#include "service/service.h"
#include "service/statistics.h"
#include "service/switches.h"
#include "service/transfer.h"
#include "service/vm.h"
#include "service/vm_media.h"
#include "service/why.h"

#include "api/api.h"
#include "api/api_error.h"

#include <gio/gunixfdlist.h>
#include <string.h>

gboolean api_get_vm(struct call *call, struct vm **ret_vm)
{
	*ret_vm = call_vm(call);
	if (!*ret_vm)
		call_fail_text(call, API_ERROR_NOT_FOUND, "this virtual machine is there no more");
	return *ret_vm != NULL;
}

void api_fail(struct call *call, GError *error)
{
	call_fail(call, error);
	g_error_free(error);
}

static void handle_again(gpointer opaque)
{
	struct call *call = opaque;
	const struct api_method *method =
	    dispatch_find(g_dbus_method_invocation_get_interface_name(call->invocation),
			  g_dbus_method_invocation_get_method_name(call->invocation));

	g_ptr_array_set_size(call->steps, 0);
	method->handle(call); /* it was found when it came */
}

/* What is done with a running machine goes before the merging of its disks, which goes on later. */
static gboolean is_idle(struct call *call, struct vm *vm, gboolean is_refused, gboolean *ret_waits)
{
	gboolean is_merging = vm->busy == 1 && vm->tidying && vm_state_is_up(vm->life.state);
	gboolean is_asked = call->is_plan || is_refused;

	*ret_waits = is_merging && !is_asked && checkpoints_give_way(vm, handle_again, call);
	return vm->busy == 0 || (is_merging && is_asked);
}

gboolean api_check_idle(struct call *call, struct vm *vm, gboolean must_be_off)
{
	gboolean waits;

	if (!is_idle(call, vm, must_be_off, &waits)) {
		if (waits)
			return FALSE;
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s is busy with a job; wait for its end, or cancel it", vm->config->name);
		return FALSE;
	}
	if (must_be_off && !vm_state_is_off(vm->life.state)) {
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s is %s; this can be done only while it is off; shut it down first",
			       vm->config->name, vm_state_name(vm->life.state));
		return FALSE;
	}
	return TRUE;
}

/* --- settings -------------------------------------------------------------------------------------- */

static void get_settings(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, g_variant_new("(@a{sv})", vm_config_to_variant(vm->config)));
}

static gboolean has_new_pass_through(const struct vm_config *before, const struct vm_config *after)
{
	for (guint i = 0; i < after->disks->len; i++) {
		const struct vm_disk *disk = after->disks->pdata[i];
		gboolean was = FALSE;

		for (guint j = 0; before && j < before->disks->len; j++) {
			const struct vm_disk *old = before->disks->pdata[j];

			was |= old->is_pass_through && strcmp(old->path, disk->path) == 0;
		}
		if (disk->is_pass_through && !was)
			return TRUE;
	}
	return FALSE;
}

static gboolean check_new_name(struct call *call, const struct vm *vm, const char *name)
{
	GError *error = NULL;

	if (!vm_name_check(name, &error)) {
		api_fail(call, error);
		return FALSE;
	}
	if (vm_name_is_taken(call->service, name, vm)) {
		call_fail_text(call, API_ERROR_EXISTS, "%s: this name is taken; give another", name);
		return FALSE;
	}
	return TRUE;
}

/* Keeps the configuration, or first has the running machine follow it. Answers when it is TRUE. */
static gboolean finish_change(struct call *call, struct vm_config *config, GError **error)
{
	struct vm *vm = call_vm(call);
	const struct vm_disk *disk = NULL;
	enum media_kind kind = vm->worker ? vm_media_find_change(vm, config, &disk) : MEDIA_NONE;

	if (kind != MEDIA_NONE) {
		vm_media_change(call, vm, config, kind, disk);
		return TRUE;
	}
	vm_catch_up(vm, config);
	if (!vm_set_config(vm, config, error)) /* it is there: the job kept it busy */
		return FALSE;
	missing_files_check(call->service, vm);
	call_return_steps(call);
	return TRUE;
}

/* A machine that is not off follows one change of its drives at a time, once its worker is there. */
static gboolean can_follow(const struct vm *vm, const struct vm_config *config, GError **error)
{
	const struct vm_disk *disk;
	enum media_kind kind =
	    vm_state_is_off(vm->life.state) ? MEDIA_NONE : vm_media_find_change(vm, config, &disk);

	if (kind == MEDIA_NONE || (kind != MEDIA_SEVERAL && vm->worker && vm->life.state != VM_STARTING))
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
		    kind == MEDIA_SEVERAL
			? "%s: one drive at a time can be changed while it runs"
			: "%s: its drives can be changed when it runs, or is off; wait for that",
		    vm->config->name);
	return FALSE;
}

/* Takes `config` and `disks` (NULL: none are to be made). Answers. */
static void apply(struct call *call, struct vm *vm, struct vm_config *config, struct new_disks *disks)
{
	GPtrArray *lines, *files;
	GError *error = NULL;

	creator_follow(vm->config, config, call->who);
	lines = vm_config_differences(vm->config, config);
	for (guint i = 0; i < lines->len; i++)
		call_step(call, "%s", (char *)lines->pdata[i]);
	g_ptr_array_unref(lines);
	if (disks)
		new_disks_describe(disks, call);
	if (!can_follow(vm, config, &error)) {
		vm_config_free(config);
		new_disks_free(disks);
		api_fail(call, error);
		return;
	}
	if (disks && !new_disks_is_empty(disks) && !call->is_plan) {
		new_disks_make(disks, call, config, FALSE, finish_change);
		return;
	}
	files = new_disks_files(disks);
	new_disks_free(disks);
	if (call->is_plan || call->steps->len == 0) {
		vm_config_free(config);
		plan_files_check(call, g_steal_pointer(&files), NULL, call_return_steps);
	} else if (!finish_change(call, config, &error)) {
		vm_config_free(config);
		api_fail(call, error);
	}
	g_clear_pointer(&files, g_ptr_array_unref);
}

/* FALSE: answered. */
static gboolean check_change(struct call *call, const struct vm *vm, const struct vm_config *config)
{
	if (vm->life.state == VM_SAVED &&
	    memcmp(vm->config->integration, config->integration, sizeof(config->integration)) != 0) {
		call_fail_text(
		    call, API_ERROR_INVALID_STATE,
		    "%s is saved with its integration services as they are; start it, and then change them",
		    vm->config->name);
		return FALSE;
	}
	if (strcmp(config->name, vm->config->name) != 0 && !check_new_name(call, vm, config->name))
		return FALSE;
	return !has_new_pass_through(vm->config, config) || call_require(call, RIGHT_PASS_THROUGH, NULL);
}

static enum vm_change_time time_of(const struct vm *vm)
{
	if (vm_state_is_off(vm->life.state))
		return VM_CHANGES_OFF;
	return vm->life.state == VM_SAVED ? VM_CHANGES_SAVED : VM_CHANGES_RUNNING;
}

static void set_settings(struct call *call)
{
	GVariant *given, *changes;
	struct new_disks *disks;
	struct vm_config *config;
	GError *error = NULL;
	struct vm *vm;
	gboolean is_good;

	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	given = g_variant_get_child_value(call->parameters, 0);
	is_good = new_disks_extract(given, vm->config->name, vm, &changes, &disks, &error);
	g_variant_unref(given);
	if (!is_good) {
		api_fail(call, error);
		return;
	}
	config = vm_config_copy(vm->config);
	is_good = vm_config_change(config, changes, FALSE, time_of(vm), &error) &&
		  switches_check(call->service, config, &error) &&
		  checkpoints_check_drives(call->service, vm->config, config, &error);
	g_variant_unref(changes);
	if (is_good && check_change(call, vm, config)) {
		network_choose_macs(call->service, config);
		apply(call, vm, config, disks);
		return;
	}
	vm_config_free(config);
	new_disks_free(disks);
	if (!is_good)
		api_fail(call, error);
}

static void rename_vm(struct call *call)
{
	struct vm_config *config;
	const char *name;
	struct vm *vm;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, FALSE) || !check_new_name(call, vm, name))
		return;
	config = vm_config_copy(vm->config);
	g_free(config->name);
	config->name = g_strdup(name);
	apply(call, vm, config, NULL);
}

/* --- looking --------------------------------------------------------------------------------------- */

static void get_rights(struct call *call)
{
	GVariantBuilder builder;
	struct vm *vm;

	if (!api_get_vm(call, &vm))
		return;
	g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
	for (unsigned right = RIGHT_VIEW; right <= RIGHT_DELEGATE; right++) {
		char *why = NULL;

		if (authority_allows(call->service, call->who, (enum right)right, vm, &why))
			g_variant_builder_add(&builder, "s", right_name((enum right)right));
		g_free(why);
	}
	call_return(call, g_variant_new("(as)", &builder));
}

static void get_statistics(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, g_variant_new("(@a{sv})", statistics_of(vm)));
}

static void list_checkpoints(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, g_variant_new("(@aa{sv})", checkpoints_variant(vm)));
}

static void why(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, why_of(vm));
}

/* --- the inventory --------------------------------------------------------------------------------- */

static void delete_vm(struct call *call)
{
	GError *error = NULL;
	struct vm *vm;

	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	if (vm_state_has_worker(vm->life.state) || vm->worker) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s is %s; turn it off first", vm->config->name,
			       vm_state_name(vm->life.state));
		return;
	}
	call_step(call, "%s goes to the trash with its %u drive%s; `bulkhead vm undelete` brings it back",
		  vm->config->name, vm->config->disks->len, vm->config->disks->len == 1 ? "" : "s");
	if (!call->is_plan && !vm_store_trash(call->service->store, vm->config->id, &error)) {
		api_fail(call, error);
		return;
	}
	if (!call->is_plan) {
		event_log_add(call->service->log, EVENT_CHANGE, call->who->user, vm->config->id,
			      vm->config->name, "%s", (char *)call->steps->pdata[0]);
		objects_vm_removed(vm);
		g_hash_table_remove(call->service->vms, vm->config->id);
		call->is_change = FALSE; /* logged already, while its name was known */
	}
	call_return_steps(call);
}

static void say_flattened(struct call *call, const struct vm *vm)
{
	if (checkpoints_count(vm))
		call_step(
		    call,
		    "its %u checkpoint%s do%s not go along: each disk becomes one image of what it has now",
		    checkpoints_count(vm), checkpoints_count(vm) == 1 ? "" : "s",
		    checkpoints_count(vm) == 1 ? "es" : "");
}

static void clone_vm(struct call *call)
{
	const char *name;
	struct vm *vm;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	/* A new machine on this host is more than a right on the old one. */
	if (!api_get_vm(call, &vm) || !call_require(call, RIGHT_CREATE, NULL) ||
	    !api_check_idle(call, vm, TRUE) || !check_new_name(call, NULL, name))
		return;
	if (!api_check_room(call))
		return;
	call_step(call, "%s is cloned to %s, with copies of its drives", vm->config->name, name);
	say_flattened(call, vm);
	transfer_clone(call, vm, name);
}

static void export(struct call *call)
{
	const char *folder;
	struct vm *vm;

	g_variant_get_child(call->parameters, 0, "&s", &folder);
	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, TRUE))
		return;
	if (!g_path_is_absolute(folder) || strlen(folder) > VM_PATH_MAX - VM_NAME_MAX) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: this is no absolute path of a folder; give one", folder);
		return;
	}
	call_step(call, "%s is exported with its files to %s/%s", vm->config->name, folder, vm->config->name);
	say_flattened(call, vm);
	transfer_export(call, vm, folder);
}

/* --- consoles ------------------------------------------------------------------------------- */

static void return_fd(struct call *call, int fd)
{
	GUnixFDList *list = g_unix_fd_list_new_from_array(&fd, 1);

	g_dbus_method_invocation_return_value_with_unix_fd_list(call->invocation, g_variant_new("(h)", 0),
								list);
	g_object_unref(list);
	call_free(call);
}

static void open_display(struct call *call)
{
	GError *error = NULL;
	struct vm *vm;
	int fd;

	if (!api_get_vm(call, &vm))
		return;
	fd = vm_open_display(vm, &error);
	if (fd < 0)
		api_fail(call, error);
	else
		return_fd(call, fd);
}

static void open_com(struct call *call, guint com, const char *mode, guint64 history)
{
	static const char *const modes[] = { "look", "write", "take-over", "text" };
	GError *error = NULL;
	struct vm *vm;
	unsigned number = G_N_ELEMENTS(modes);
	int fd;

	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++)
		if (strcmp(modes[i], mode) == 0)
			number = i;
	if (number == G_N_ELEMENTS(modes)) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "\"%s\": give look, write, take-over or text", mode);
		return;
	}
	if (!api_get_vm(call, &vm))
		return;
	fd = vm_open_serial(vm, com, number, history, &error);
	if (fd < 0) {
		api_fail(call, error);
		return;
	}
	if (number > 0)
		event_log_add(call->service->log, EVENT_CHANGE, call->who->user, vm->config->id,
			      vm->config->name, "opened the serial console of COM %u to type", com + 1);
	return_fd(call, fd);
}

static void open_serial(struct call *call)
{
	const char *mode;
	guint64 history;

	g_variant_get(call->parameters, "(&st)", &mode, &history);
	open_com(call, 0, mode, history);
}

static void open_serial_port(struct call *call)
{
	const char *mode;
	guint64 history;
	guint port;

	g_variant_get(call->parameters, "(u&st)", &port, &mode, &history);
	open_com(call, port - 1, mode, history); /* 0 is none either */
}

const struct api_method vm_methods[] = {
	{ "GetSettings", RIGHT_VIEW, FALSE, get_settings },
	{ "SetSettings", RIGHT_EDIT, TRUE, set_settings },
	{ "GetRights", RIGHT_VIEW, FALSE, get_rights },
	{ "GetStatistics", RIGHT_VIEW, FALSE, get_statistics },
	{ "ListCheckpoints", RIGHT_VIEW, FALSE, list_checkpoints },
	{ "Checkpoint", RIGHT_CHECKPOINT, TRUE, api_checkpoint },
	{ "Revert", RIGHT_CHECKPOINT, TRUE, api_revert },
	{ "Why", RIGHT_VIEW, FALSE, why },
	{ "Start", RIGHT_POWER, TRUE, api_start },
	{ "ShutDown", RIGHT_POWER, TRUE, api_shut_down },
	{ "TurnOff", RIGHT_POWER, TRUE, api_turn_off },
	{ "Reset", RIGHT_POWER, TRUE, api_reset },
	{ "Save", RIGHT_POWER, TRUE, api_save },
	{ "DeleteSavedState", RIGHT_POWER, TRUE, api_delete_saved },
	{ "Pause", RIGHT_POWER, TRUE, api_pause },
	{ "Resume", RIGHT_POWER, TRUE, api_resume },
	{ "Rename", RIGHT_EDIT, TRUE, rename_vm },
	{ "Clone", RIGHT_VIEW, TRUE, clone_vm },
	{ "Delete", RIGHT_DELETE, TRUE, delete_vm },
	{ "Export", RIGHT_EDIT, TRUE, export },
	{ "Move", RIGHT_EDIT, TRUE, api_move },
	{ "MoveToHost", RIGHT_EDIT, TRUE, api_move_to_host },
	{ "ResizeDisk", RIGHT_EDIT, TRUE, api_resize_disk },
	{ "OpenSerial", RIGHT_CONSOLE, FALSE, open_serial },
	{ "OpenSerialPort", RIGHT_CONSOLE, FALSE, open_serial_port },
	{ "OpenDisplay", RIGHT_CONSOLE, FALSE, open_display },
};
const gsize vm_methods_count = G_N_ELEMENTS(vm_methods);
