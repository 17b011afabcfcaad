/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The trash: methods of org.bulkhead.Host1. */
#include "service/api_inventory.h"
#include "service/authority.h"
#include "service/call.h"
#include "service/display_secrets.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <string.h>

/* A machine in the trash has rights too: those of its configuration. */
static gboolean may_undelete(struct call *call, struct vm_config *config)
{
	struct vm probe = { .service = call->service, .config = config };
	char *why = NULL;
	gboolean may = authority_allows(call->service, call->who, RIGHT_DELETE, &probe, &why);

	g_free(why);
	return may;
}

/* Those that the caller could take out. struct vm_config, owned. */
static GPtrArray *list_own(struct call *call)
{
	GPtrArray *configs = vm_store_list_trash(call->service->store);

	for (guint i = configs->len; i > 0; i--)
		if (!may_undelete(call, configs->pdata[i - 1]))
			g_ptr_array_remove_index(configs, i - 1);
	return configs;
}

void api_list_trash(struct call *call)
{
	GPtrArray *configs = list_own(call);
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < configs->len; i++) {
		const struct vm_config *config = configs->pdata[i];

		g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&list, "{sv}", "id", g_variant_new_string(config->id));
		g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(config->name));
		g_variant_builder_add(
		    &list, "{sv}", "deleted",
		    g_variant_new_int64(vm_store_deleted_at(call->service->store, config->id)));
		g_variant_builder_close(&list);
	}
	g_ptr_array_unref(configs);
	call_return(call, g_variant_new("(aa{sv})", &list));
}

/* By identity, or by a name that only one has. */
static struct vm_config *find_in_trash(struct call *call, const char *name, GError **error)
{
	GPtrArray *configs = list_own(call);
	struct vm_config *found = NULL;
	guint count = 0;

	for (guint i = 0; i < configs->len; i++) {
		struct vm_config *config = configs->pdata[i];

		if (strcmp(config->id, name) == 0 || strcmp(config->name, name) == 0) {
			found = config;
			count++;
		}
	}
	if (count == 1)
		found = vm_config_copy(found);
	else if (count == 0)
		g_set_error(
		    error, API_ERROR, API_ERROR_NOT_FOUND,
		    "%s: there is no such virtual machine in the trash; `bulkhead vm trash` shows those "
		    "there are",
		    name);
	else
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: %u virtual machines in the trash have this name; give the identity instead",
			    name, count);
	g_ptr_array_unref(configs);
	return count == 1 ? found : NULL;
}

static gboolean take_out(struct call *call, const struct vm_config *config, GError **error)
{
	if (vm_name_is_taken(call->service, config->name, NULL)) {
		g_set_error(error, API_ERROR, API_ERROR_EXISTS,
			    "%s: another machine has this name now; rename that one first", config->name);
		return FALSE;
	}
	call_step(call, "%s is taken out of the trash", config->name);
	return call->is_plan || vm_store_undelete(call->service->store, config->id, error);
}

void api_undelete(struct call *call)
{
	const char *name;
	GError *error = NULL;
	struct vm_config *config;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	if (!api_check_room(call))
		return;
	config = find_in_trash(call, name, &error);
	if (config && take_out(call, config, &error) && !call->is_plan) {
		api_add_vm(call, config);
		return;
	}
	vm_config_free(config);
	if (error)
		call_fail(call, error);
	else
		call_return_path(call, "/");
	g_clear_error(&error);
}

/* The passwords first: nothing would lead to them any more. */
static void purge(struct service *service, const struct vm_config *config, GError **error)
{
	int r = display_passwords_remove(service, config->id);

	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: the passwords of its screen cannot be removed: %s; check the data folder",
			    config->name, g_strerror(-r));
	else
		vm_store_purge(service->store, config->id, error);
}

void api_empty_trash(struct call *call)
{
	GPtrArray *configs = vm_store_list_trash(call->service->store);
	GError *error = NULL;

	for (guint i = 0; i < configs->len && !error; i++) {
		struct vm_config *config = configs->pdata[i];

		call_step(call, "%s (%s) is removed for ever, with its own files", config->name, config->id);
		if (!call->is_plan)
			purge(call->service, config, &error);
	}
	g_ptr_array_unref(configs);
	if (error)
		call_fail(call, error);
	else
		call_return_steps(call);
	g_clear_error(&error);
}
