/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Guest1: what is done inside of a guest, by its integration components. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/caller_files.h"
#include "service/guest_address.h"
#include "service/guest_copy.h"
#include "service/guest_freeze.h"
#include "service/guest_pairs.h"
#include "service/job.h"
#include "service/plan_files.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

#include <string.h>

/* --- files ------------------------------------------------------------------------------------------- */

struct copy_arguments {
	const char *path, *folder, *name; /* of the call's parameters */
	gboolean may_overwrite, makes_folder;
};

static void read_arguments(const struct call *call, struct copy_arguments *ret_arguments)
{
	g_variant_get(call->parameters, "(&s&s&sbb@a{sv})", &ret_arguments->path, &ret_arguments->folder,
		      &ret_arguments->name, &ret_arguments->may_overwrite, &ret_arguments->makes_folder,
		      NULL);
}

static void on_file(gpointer opaque, GPtrArray *files)
{
	struct call *call = opaque;
	struct vm *vm = call_vm(call);
	char *problem = caller_files_problem(files, call->who);
	struct copy_arguments arguments;
	struct guest_copy_request request;
	GError *error = NULL;
	struct job *job = NULL;

	read_arguments(call, &arguments);
	request =
	    (struct guest_copy_request){ call->who->user, arguments.path,	   arguments.folder,
					 arguments.name,  arguments.may_overwrite, arguments.makes_folder };
	if (problem)
		g_set_error(&error, API_ERROR, API_ERROR_FAILED, "%s", problem);
	else if (!vm)
		g_set_error(&error, API_ERROR, API_ERROR_NOT_FOUND, "this virtual machine is there no more");
	else if (guest_copy_check(vm, &error))
		job = guest_copy_start(vm, &request, caller_file_take(files->pdata[0]), &error);
	if (job)
		call_return_path(call, job->path);
	else
		api_fail(call, error);
	g_free(problem);
	g_ptr_array_unref(files);
}

static void copy_file(struct call *call)
{
	struct copy_arguments arguments;
	GError *error = NULL;
	GPtrArray *files;
	struct vm *vm;

	read_arguments(call, &arguments);
	if (!api_get_vm(call, &vm))
		return;
	if (!g_path_is_absolute(arguments.path)) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: this is no absolute path of a file on the host; give one",
			       arguments.path);
		return;
	}
	if (!guest_copy_check(vm, &error)) {
		api_fail(call, error);
		return;
	}
	call_step(call, "%s is copied into the guest of %s, to %s/%s%s", arguments.path, vm->config->name,
		  strcmp(arguments.folder, "/") == 0 ? "" : arguments.folder, arguments.name,
		  arguments.may_overwrite ? ", and replaces what is there" : "");
	files = caller_files_new();
	caller_files_add(files, arguments.path, FILE_READ);
	if (call->is_plan)
		plan_files_check(call, files, NULL, plan_files_no_job);
	else
		caller_files_open(call->who, files, on_file, call);
}

/* --- data exchange ----------------------------------------------------------------------------------- */

static void get_pairs(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		call_return(call, g_variant_new("(@a(sss))", guest_pairs_list(vm)));
}

static void change_pair(struct call *call, struct vm *vm, const char *key, const char *value)
{
	GError *error = NULL;

	if (!guest_pairs_change(vm, key, value, call->is_plan, &error))
		api_fail(call, error);
	else
		call_return_steps(call);
}

/* FALSE: answered. */
static gboolean get_exchanging(struct call *call, struct vm **ret_vm)
{
	GError *error = NULL;

	if (!api_get_vm(call, ret_vm) || !api_check_idle(call, *ret_vm, FALSE))
		return FALSE;
	if (vm_guest_check(*ret_vm, VM_INTEGRATION_EXCHANGE, &error))
		return TRUE;
	api_fail(call, error);
	return FALSE;
}

static void set_pair(struct call *call)
{
	const char *key, *value;
	struct vm *vm;

	g_variant_get(call->parameters, "(&s&s@a{sv})", &key, &value, NULL);
	if (!get_exchanging(call, &vm))
		return;
	call_step(call, "the guest of %s reads \"%s\" as \"%s\"", vm->config->name, key, value);
	change_pair(call, vm, key, value);
}

static void delete_pair(struct call *call)
{
	const char *key;
	struct vm *vm;

	g_variant_get(call->parameters, "(&s@a{sv})", &key, NULL);
	if (!get_exchanging(call, &vm))
		return;
	if (!guest_pairs_has(vm, key)) {
		call_fail_text(call, API_ERROR_NOT_FOUND,
			       "%s: %s has no such pair of the host; `bulkhead vm kvp` shows them", key,
			       vm->config->name);
		return;
	}
	call_step(call, "the guest of %s does not have \"%s\" any more", vm->config->name, key);
	change_pair(call, vm, key, NULL);
}

/* --- backup ------------------------------------------------------------------------------------------ */

static void freeze(struct call *call)
{
	struct vm *vm;
	guint limit_s;

	g_variant_get(call->parameters, "(u@a{sv})", &limit_s, NULL);
	if (!api_get_vm(call, &vm))
		return;
	if (limit_s == 0)
		limit_s = GUEST_FREEZE_LIMIT_S;
	if (limit_s > GUEST_FREEZE_LIMIT_MAX_S)
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%u s: a guest can stand still for at most %d s; give less", limit_s,
			       GUEST_FREEZE_LIMIT_MAX_S);
	else
		guest_freeze(call, vm, limit_s);
}

static void thaw(struct call *call)
{
	struct vm *vm;

	if (api_get_vm(call, &vm))
		guest_thaw(call, vm);
}

/* --- addresses --------------------------------------------------------------------------------------- */

static void get_addresses(struct call *call)
{
	gboolean is_ipv6;
	struct vm *vm;
	guint adapter;

	g_variant_get(call->parameters, "(ub)", &adapter, &is_ipv6);
	if (api_get_vm(call, &vm))
		guest_address_get(call, vm, adapter, is_ipv6);
}

static void set_addresses(struct call *call)
{
	GVariant *values;
	gboolean is_ipv6;
	struct vm *vm;
	guint adapter;

	g_variant_get(call->parameters, "(ub@a{sv}@a{sv})", &adapter, &is_ipv6, &values, NULL);
	if (api_get_vm(call, &vm))
		guest_address_set(call, vm, adapter, is_ipv6, values);
	g_variant_unref(values);
}

const struct api_method guest_methods[] = {
	{ "GetAddresses", RIGHT_VIEW, FALSE, get_addresses },
	{ "SetAddresses", RIGHT_EDIT, TRUE, set_addresses },
	{ "CopyFile", RIGHT_EDIT, TRUE, copy_file },
	{ "GetPairs", RIGHT_VIEW, FALSE, get_pairs },
	{ "SetPair", RIGHT_EDIT, TRUE, set_pair },
	{ "DeletePair", RIGHT_EDIT, TRUE, delete_pair },
	{ "Freeze", RIGHT_CHECKPOINT, TRUE, freeze },
	{ "Thaw", RIGHT_CHECKPOINT, TRUE, thaw },
};
const gsize guest_methods_count = G_N_ELEMENTS(guest_methods);
