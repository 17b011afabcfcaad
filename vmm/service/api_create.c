/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Host1.CreateVirtualMachine. */
#include "service/api_inventory.h"
#include "service/call.h"
#include "service/checkpoint.h"
#include "service/missing_files.h"
#include "service/network.h"
#include "service/new_disks.h"
#include "service/plan_files.h"
#include "service/service.h"
#include "service/switches.h"
#include "service/vm.h"
#include "service/vm_save.h"

#include "api/api_error.h"

#include <string.h>

gboolean api_check_room(struct call *call)
{
	if (g_hash_table_size(call->service->vms) < SERVICE_MACHINES_MAX)
		return TRUE;
	call_fail_text(call, API_ERROR_LIMIT, "there are %d machines already; delete some",
		       SERVICE_MACHINES_MAX);
	return FALSE;
}

void api_add_vm(struct call *call, struct vm_config *config)
{
	struct vm *vm = vm_new(call->service, config);

	vm_add(vm);
	vm_save_find(vm); /* of one that comes out of the trash */
	missing_files_check(call->service, vm);
	g_free(call->vm_id);
	call->vm_id = g_strdup(config->id);
	call_return_path(call, vm->path);
}

/* --- the configuration ----------------------------------------------------------------------------- */

static gboolean has_pass_through(const struct vm_config *config)
{
	for (guint i = 0; i < config->disks->len; i++)
		if (((struct vm_disk *)config->disks->pdata[i])->is_pass_through)
			return TRUE;
	return FALSE;
}

/* Identity, origin and name are not settings that a caller chooses. */
static gboolean is_as_made(const struct vm_config *config, const struct vm_config *made)
{
	return strcmp(config->id, made->id) == 0 && strcmp(config->created, made->created) == 0 &&
	       strcmp(config->creator, made->creator) == 0 && strcmp(config->name, made->name) == 0 &&
	       !config->was_running && !*config->checkpoint;
}

static struct vm_config *fill_config(struct vm_config *config, GVariant *settings, GError **error)
{
	struct vm_config *made = vm_config_copy(config);

	if (!vm_config_change(config, settings, TRUE, TRUE, error)) {
		config = vm_config_free(config);
	} else if (config->generation == 2) { /* it could never be changed into one that runs */
		api_refuse(error, API_ERROR_NOT_SUPPORTED,
			   "vm.generation: this version cannot run machines of generation 2 yet; choose 1");
		config = vm_config_free(config);
	} else if (!is_as_made(config, made)) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "identity, name, creator and time of creation are no settings; leave them out");
		config = vm_config_free(config);
	}
	vm_config_free(made);
	return config;
}

static struct vm_config *make_config(struct call *call, struct new_disks **ret_disks, GError **error)
{
	struct vm_config *config = vm_config_new();
	GVariant *given = g_variant_get_child_value(call->parameters, 1), *settings;
	const char *name;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	g_free(config->name);
	config->name = g_strdup(name);
	g_free(config->creator);
	config->creator = g_strdup(call->who->user);
	if (!vm_name_check(name, error) ||
	    !new_disks_extract(given, name, NULL, &settings, ret_disks, error)) {
		g_variant_unref(given);
		return vm_config_free(config);
	}
	config = fill_config(config, settings, error);
	g_variant_unref(settings);
	g_variant_unref(given);
	if (!config)
		*ret_disks = new_disks_free(*ret_disks);
	return config;
}

static void describe_new(struct call *call, const struct vm_config *config, const struct new_disks *disks)
{
	call_step(call,
		  "the virtual machine %s is made: generation %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
		  " MiB of memory, %" G_GUINT64_FORMAT " processor%s",
		  config->name, config->generation, config->memory_mib, config->processors,
		  config->processors == 1 ? "" : "s");
	new_disks_describe(disks, call);
	if (*config->kernel)
		call_step(call, "it starts the kernel %s", config->kernel);
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		call_step(call, "%s %s is attached%s",
			  disk->media == VM_HARD_DISK ? "the disk"
			  : *disk->path		      ? "the DVD image"
						      : "a DVD drive",
			  *disk->path ? disk->path : "without a disc",
			  disk->is_read_only ? ", read-only" : "");
	}
	for (guint i = 0; i < config->adapters->len; i++)
		call_step(call, "a network adapter is connected to the virtual switch %s",
			  ((struct vm_adapter *)config->adapters->pdata[i])->switch_name);
}

/* --- the call -------------------------------------------------------------------------------------- */

static gboolean check_name_is_free(struct call *call, const char *name, GError **error)
{
	if (!vm_name_is_taken(call->service, name, NULL))
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_EXISTS, "%s: this name is taken; give another", name);
	return FALSE;
}

/* The name may have been taken while the disks were made. */
static gboolean finish(struct call *call, struct vm_config *config, GError **error)
{
	if (!check_name_is_free(call, config->name, error) ||
	    !vm_store_save(call->service->store, config, error))
		return FALSE;
	api_add_vm(call, config);
	return TRUE;
}

static void drop(struct call *call, struct vm_config *config, struct new_disks *disks, GError *error)
{
	vm_config_free(config);
	new_disks_free(disks);
	if (error)
		call_fail(call, error);
	g_clear_error(&error);
}

void api_create_vm(struct call *call)
{
	struct new_disks *disks = NULL;
	struct vm_config *config;
	GError *error = NULL;

	if (!api_check_room(call))
		return;
	config = make_config(call, &disks, &error);
	if (!config || !check_name_is_free(call, config->name, &error) ||
	    !switches_check(call->service, config, &error) ||
	    !checkpoints_check_drives(call->service, NULL, config, &error)) {
		drop(call, config, disks, error);
		return;
	}
	if (has_pass_through(config) && !call_require(call, RIGHT_PASS_THROUGH, NULL)) {
		drop(call, config, disks, NULL); /* answered */
		return;
	}
	network_choose_macs(call->service, config);
	describe_new(call, config, disks);
	if (call->is_plan) {
		GPtrArray *files = new_disks_files(disks);

		drop(call, config, disks, NULL);
		plan_files_check(call, files, NULL, plan_files_no_job);
	} else if (!new_disks_is_empty(disks)) {
		new_disks_make(disks, call, config, TRUE, finish);
	} else {
		new_disks_free(disks);
		if (!finish(call, config, &error))
			drop(call, config, NULL, error);
	}
}
