/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * org.bulkhead.Host1: what each method does, but for new machines (api_create.c) and the trash (api_trash.c).
 */
#include "service/authority.h"
#include "service/api_inventory.h"
#include "service/call.h"
#include "service/checkpoint.h"
#include "service/event_log.h"
#include "service/move_far.h"
#include "service/service.h"
#include "service/switches.h"
#include "service/transfer.h"
#include "service/vm.h"
#include "service/vm_save.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

static void fail(struct call *call, GError *error)
{
	call_fail(call, error);
	g_error_free(error);
}

static void who_am_i(struct call *call)
{
	GVariantBuilder rights;
	char *why = NULL;
	enum role role = authority_role(call->service, call->who, NULL, &why);

	g_variant_builder_init(&rights, G_VARIANT_TYPE("as"));
	for (unsigned right = RIGHT_HOST_VIEW; right < RIGHT_COUNT; right++) {
		char *reason = NULL;

		if (authority_allows(call->service, call->who, (enum right)right, NULL, &reason))
			g_variant_builder_add(&rights, "s", right_name((enum right)right));
		g_free(reason);
	}
	call_return(call, g_variant_new("(ssass)", call->who->user, role_name(role), &rights, why));
	g_free(why);
}

/* For whoever may not see it, it is not there. */
static void find_vm(struct call *call)
{
	const char *name;
	char *why = NULL;
	GError *error = NULL;
	struct vm *vm;

	g_variant_get(call->parameters, "(&s)", &name);
	vm = vm_find(call->service, name, &error);
	if (vm && !authority_allows(call->service, call->who, RIGHT_VIEW, vm, &why))
		g_set_error(&error, API_ERROR, API_ERROR_NOT_FOUND,
			    "%s: there is no such virtual machine; `bulkhead vm list` shows those there are",
			    name);
	g_free(why);
	if (error)
		fail(call, error);
	else
		call_return(call, g_variant_new("(o)", vm->path));
}

/* --- importing --------------------------------------------------------------------------------------- */

static void import(struct call *call)
{
	static const char *const modes[] = { "register", "restore", "copy" };
	const char *folder, *mode, *name;
	GError *error = NULL;

	g_variant_get(call->parameters, "(&s&s&s@a{sv})", &folder, &mode, &name, NULL);
	if (!g_path_is_absolute(folder) || strlen(folder) > VM_PATH_MAX - VM_NAME_MAX) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: this is no absolute path of a folder; give one", folder);
		return;
	}
	if (*name && !vm_name_check(name, &error)) {
		fail(call, error);
		return;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++)
		if (strcmp(modes[i], mode) == 0) {
			transfer_import(call, folder, (enum import_mode)i, name);
			return;
		}
	call_fail_text(call, API_ERROR_INVALID_ARGUMENT, "\"%s\": give register, restore or copy", mode);
}

/* --- virtual switches -------------------------------------------------------------------------------- */

static void list_switches(struct call *call)
{
	call_return(call, g_variant_new("(@aa{sv})", switches_to_variant(call)));
}

/* --- the end --------------------------------------------------------------------------------------- */

/* A guest that stands still hears no power button. */
static gboolean wake(struct vm *vm, GError **error)
{
	return vm->life.state != VM_PAUSED || vm_resume(vm, NULL, error);
}

struct stop {
	struct service *service;
	char *id;
};

/* What cannot be saved is shut down: nothing of it is lost that way either. */
static void on_stop_saved(gpointer opaque, const GError *error)
{
	struct stop *stop = opaque;
	struct vm *vm = vm_by_id(stop->service, stop->id);
	GError *second = NULL;

	if (error && vm) {
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
			      "automatic stop: %s; it is shut down instead", error->message);
		if (!wake(vm, &second) || !vm_shut_down(vm, "the host ends", &second))
			vm_turn_off(vm, "the host ends", NULL);
	}
	g_clear_error(&second);
	g_free(stop->id);
	g_free(stop);
}

static void save_now(gpointer opaque)
{
	struct stop *stop = opaque;
	struct vm *vm = vm_by_id(stop->service, stop->id);

	if (vm)
		vm_save(vm, "the host's end", on_stop_saved, stop);
	else
		on_stop_saved(stop, NULL);
}

static void save_one(struct vm *vm)
{
	struct stop *stop = g_new0(struct stop, 1);

	stop->service = vm->service;
	stop->id = g_strdup(vm->config->id);
	if (!checkpoints_give_way(vm, save_now, stop))
		save_now(stop);
}

static void stop_one(struct call *call, struct vm *vm)
{
	gboolean can_hear = vm->life.state == VM_RUNNING || vm->life.state == VM_PAUSED;
	gboolean shuts_down = vm->config->auto_stop == VM_STOP_SHUT_DOWN && can_hear;
	gboolean saves = vm->config->auto_stop == VM_STOP_SAVE && can_hear &&
			 (!vm->busy || (vm->busy == 1 && vm->tidying));
	GError *error = NULL;

	if (vm->life.state == VM_SAVING)
		return;
	call_step(call, "%s is %s", vm->config->name,
		  saves	       ? "saved"
		  : shuts_down ? "asked to shut down"
			       : "turned off");
	if (call->is_plan)
		return;
	vm->is_host_ending = TRUE;
	if (saves)
		save_one(vm);
	else if (!shuts_down)
		vm_turn_off(vm, "the host ends", &error);
	else if (wake(vm, &error))
		vm_shut_down(vm, "the host ends", &error);
	if (error)
		call_step(call, "%s", error->message);
	g_clear_error(&error);
}

static void stop_machines(struct call *call)
{
	GList *vms = g_hash_table_get_values(call->service->vms);

	for (GList *i = vms; i; i = i->next)
		if (vm_state_has_worker(((struct vm *)i->data)->life.state))
			stop_one(call, i->data);
	g_list_free(vms);
	call_return_steps(call);
}

static gboolean on_quit(gpointer opaque)
{
	g_main_loop_quit(((struct service *)opaque)->loop);
	return G_SOURCE_REMOVE;
}

static void stop_service(struct call *call)
{
	struct service *service = call->service;
	gboolean is_plan = call->is_plan;

	call_step(call, "the service stops; running machines run on, and are found again by the next one");
	call_return_steps(call);
	if (!is_plan)
		g_idle_add(on_quit, service);
}

const struct api_method host_methods[] = {
	{ "WhoAmI", RIGHT_NONE, FALSE, who_am_i },
	{ "FindVirtualMachine", RIGHT_NONE, FALSE, find_vm },
	{ "CreateVirtualMachine", RIGHT_CREATE, TRUE, api_create_vm },
	{ "ListTrash", RIGHT_NONE, FALSE, api_list_trash },
	{ "Undelete", RIGHT_NONE, TRUE, api_undelete },
	{ "EmptyTrash", RIGHT_HOST_EDIT, TRUE, api_empty_trash },
	{ "Import", RIGHT_CREATE, TRUE, import },
	{ "Receive", RIGHT_CREATE, TRUE, api_receive },
	{ "ListSwitches", RIGHT_HOST_VIEW, FALSE, list_switches },
	{ "StopMachines", RIGHT_HOST_EDIT, TRUE, stop_machines },
	{ "StopService", RIGHT_HOST_EDIT, TRUE, stop_service },
};
const gsize host_methods_count = G_N_ELEMENTS(host_methods);
