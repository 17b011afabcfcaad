/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Host1 and org.bulkhead.Job1: what each method does. The rights are in the tables at the end.
 */
#include "service/authority.h"
#include "service/call.h"
#include "service/job.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/transfer.h"
#include "service/vm.h"

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

/* --- creating -------------------------------------------------------------------------------------- */

static gboolean has_pass_through(const struct vm_config *config)
{
	for (guint i = 0; i < config->disks->len; i++)
		if (((struct vm_disk *)config->disks->pdata[i])->is_pass_through)
			return TRUE;
	return FALSE;
}

static struct vm_config *make_config(struct call *call, GError **error)
{
	struct vm_config *config = vm_config_new();
	GVariant *settings = g_variant_get_child_value(call->parameters, 1);
	const char *name;
	char *id = g_strdup(config->id), *created = g_strdup(config->created);
	gboolean is_good;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	g_free(config->name);
	config->name = g_strdup(name);
	g_free(config->creator);
	config->creator = g_strdup(call->who->user);
	is_good = vm_config_change(config, settings, TRUE, TRUE, error);
	g_variant_unref(settings);
	/* Identity, origin and name are not settings that a caller chooses. */
	if (is_good && (strcmp(config->id, id) != 0 || strcmp(config->created, created) != 0 ||
			strcmp(config->creator, call->who->user) != 0 || strcmp(config->name, name) != 0 ||
			config->was_running)) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "identity, name, creator and time of creation are no settings; leave them out");
		is_good = FALSE;
	}
	g_free(id);
	g_free(created);
	return is_good ? config : vm_config_free(config);
}

static void describe_new(struct call *call, const struct vm_config *config)
{
	call_step(call,
		  "the virtual machine %s is made: generation %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
		  " MiB of memory, %" G_GUINT64_FORMAT " processor%s",
		  config->name, config->generation, config->memory_mib, config->processors,
		  config->processors == 1 ? "" : "s");
	if (*config->kernel)
		call_step(call, "it starts the kernel %s", config->kernel);
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		call_step(call, "%s %s is attached", disk->media == VM_DVD ? "the DVD image" : "the disk",
			  *disk->path ? disk->path : "(empty)");
	}
}

static void create_vm(struct call *call)
{
	GError *error = NULL;
	struct vm_config *config;
	struct vm *vm;

	if (g_hash_table_size(call->service->vms) >= SERVICE_MACHINES_MAX) {
		call_fail_text(call, API_ERROR_LIMIT, "there are %d machines already; delete some",
			       SERVICE_MACHINES_MAX);
		return;
	}
	config = make_config(call, &error);
	if (config && vm_name_is_taken(call->service, config->name, NULL))
		g_set_error(&error, API_ERROR, API_ERROR_EXISTS, "%s: this name is taken; give another",
			    config->name);
	if (!error && has_pass_through(config) && !call_require(call, RIGHT_PASS_THROUGH, NULL)) {
		vm_config_free(config);
		return;
	}
	if (!error)
		describe_new(call, config);
	if (!error && !call->is_plan)
		vm_store_save(call->service->store, config, &error);
	if (error || call->is_plan) {
		vm_config_free(config);
		if (error)
			fail(call, error);
		else
			call_return_path(call, "/");
		return;
	}
	vm = vm_new(call->service, config);
	vm_add(vm);
	call->vm_id = g_strdup(config->id);
	call_return_path(call, vm->path);
}

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

/* --- the trash ------------------------------------------------------------------------------------- */

/* A machine in the trash has rights too: those of its configuration. */
static gboolean may_undelete(struct call *call, struct vm_config *config, char **ret_why)
{
	struct vm probe = { .service = call->service, .config = config };

	return authority_allows(call->service, call->who, RIGHT_DELETE, &probe, ret_why);
}

static void list_trash(struct call *call)
{
	GPtrArray *configs = vm_store_list_trash(call->service->store);
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < configs->len; i++) {
		struct vm_config *config = configs->pdata[i];
		char *why = NULL;

		if (may_undelete(call, config, &why)) {
			g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
			g_variant_builder_add(&list, "{sv}", "id", g_variant_new_string(config->id));
			g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(config->name));
			g_variant_builder_add(
			    &list, "{sv}", "deleted",
			    g_variant_new_int64(vm_store_deleted_at(call->service->store, config->id)));
			g_variant_builder_close(&list);
		}
		g_free(why);
	}
	g_ptr_array_unref(configs);
	call_return(call, g_variant_new("(aa{sv})", &list));
}

/* By identity, or by a name that only one has. */
static struct vm_config *find_in_trash(struct call *call, const char *name, GError **error)
{
	GPtrArray *configs = vm_store_list_trash(call->service->store);
	struct vm_config *found = NULL;
	guint count = 0;

	for (guint i = 0; i < configs->len; i++) {
		struct vm_config *config = configs->pdata[i];
		char *why = NULL;

		if ((strcmp(config->id, name) == 0 || strcmp(config->name, name) == 0) &&
		    may_undelete(call, config, &why)) {
			found = config;
			count++;
		}
		g_free(why);
	}
	if (count == 1)
		found = vm_config_copy(found);
	else if (count == 0)
		g_set_error(error, API_ERROR, API_ERROR_NOT_FOUND,
			    "%s: there is no such virtual machine in the trash", name);
	else
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: %u virtual machines in the trash have this name; give the identity instead",
			    name, count);
	g_ptr_array_unref(configs);
	return count == 1 ? found : NULL;
}

static void undelete(struct call *call)
{
	const char *name;
	GError *error = NULL;
	struct vm_config *config;
	struct vm *vm;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	config = find_in_trash(call, name, &error);
	if (config && vm_name_is_taken(call->service, config->name, NULL))
		g_set_error(&error, API_ERROR, API_ERROR_EXISTS,
			    "%s: another machine has this name now; rename that one first", config->name);
	if (!error)
		call_step(call, "%s is taken out of the trash", config->name);
	if (!error && !call->is_plan)
		vm_store_undelete(call->service->store, config->id, &error);
	if (error || call->is_plan) {
		vm_config_free(config);
		if (error)
			fail(call, error);
		else
			call_return_path(call, "/");
		return;
	}
	vm = vm_new(call->service, config);
	vm_add(vm);
	call->vm_id = g_strdup(config->id);
	call_return_path(call, vm->path);
}

static void empty_trash(struct call *call)
{
	GPtrArray *configs = vm_store_list_trash(call->service->store);
	GError *error = NULL;

	for (guint i = 0; i < configs->len && !error; i++) {
		struct vm_config *config = configs->pdata[i];

		call_step(call, "%s (%s) is removed for ever, with its own files", config->name, config->id);
		if (!call->is_plan)
			vm_store_purge(call->service->store, config->id, &error);
	}
	g_ptr_array_unref(configs);
	if (error)
		fail(call, error);
	else
		call_return_steps(call);
}

/* --- the end --------------------------------------------------------------------------------------- */

static void stop_one(struct call *call, struct vm *vm)
{
	GError *error = NULL;
	gboolean shuts_down = vm->config->auto_stop == VM_STOP_SHUT_DOWN && vm->life.state == VM_RUNNING;

	/* Saving comes with checkpoints; until then the guest is asked to end. */
	if (vm->config->auto_stop == VM_STOP_SAVE && vm->life.state == VM_RUNNING)
		shuts_down = TRUE;
	call_step(call, "%s is %s", vm->config->name, shuts_down ? "asked to shut down" : "turned off");
	if (call->is_plan)
		return;
	if (shuts_down)
		vm_shut_down(vm, "the host ends", &error);
	else
		vm_turn_off(vm, "the host ends", &error);
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

#define METHOD(name, right, is_change, handle)                                                               \
	{                                                                                                    \
		API_HOST_INTERFACE, name, right, is_change, handle                                           \
	}

const struct api_method host_methods[] = {
	METHOD("WhoAmI", RIGHT_NONE, FALSE, who_am_i),
	METHOD("FindVirtualMachine", RIGHT_NONE, FALSE, find_vm),
	METHOD("CreateVirtualMachine", RIGHT_CREATE, TRUE, create_vm),
	METHOD("ListTrash", RIGHT_NONE, FALSE, list_trash),
	METHOD("Undelete", RIGHT_NONE, TRUE, undelete),
	METHOD("EmptyTrash", RIGHT_HOST_EDIT, TRUE, empty_trash),
	METHOD("Import", RIGHT_CREATE, TRUE, import),
	METHOD("StopMachines", RIGHT_HOST_EDIT, TRUE, stop_machines),
	METHOD("StopService", RIGHT_HOST_EDIT, TRUE, stop_service),
};
const gsize host_methods_count = G_N_ELEMENTS(host_methods);

/* --- jobs: whoever started it may cancel it, and whoever may change the host -------------------------- */

static void cancel_job(struct call *call)
{
	struct job *job = job_by_number(call->service, call->job);

	if (!job || job->state != JOB_RUNNING) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "this job is over already");
		return;
	}
	if (strcmp(job->user, call->who->user) != 0 && !call_require(call, RIGHT_HOST_EDIT, NULL))
		return;
	call_step(call, "job %u (%s) is cancelled", job->number, job->title);
	if (!call->is_plan)
		job_cancel(job);
	call_return_steps(call);
}

const struct api_method job_methods[] = {
	{ API_JOB_INTERFACE, "Cancel", RIGHT_NONE, TRUE, cancel_job },
};
const gsize job_methods_count = G_N_ELEMENTS(job_methods);
