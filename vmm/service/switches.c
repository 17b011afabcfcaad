/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/switches.h"
#include "service/authority.h"
#include "service/call.h"
#include "service/event_log.h"
#include "service/net_helper.h"
#include "service/network.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/switch_store.h"

#include <string.h>
#include <unistd.h>

enum { SWITCHES_MAX = 64 };

static void free_config(gpointer config)
{
	switch_config_free(config);
}

static void on_config(gpointer opaque, struct switch_config *config)
{
	struct service *service = opaque;
	gboolean has_room;

	if (switches_is_builtin(config)) { /* whatever an earlier version called it */
		g_free(config->name);
		config->name = g_strdup(SWITCH_DEFAULT_NAME);
	}
	has_room = service->switches->len < SWITCHES_MAX && !switches_find(service, config->name);

	if (has_room) {
		g_ptr_array_add(service->switches, config);
		return;
	}
	event_log_add(
	    service->log, EVENT_WARNING, NULL, NULL, NULL,
	    "the virtual switch %s is not loaded: there is another one of this name, or there are too many",
	    config->name);
	switch_config_free(config);
}

static void on_broken(gpointer opaque, const char *file, const char *reason)
{
	struct service *service = opaque;

	event_log_add(service->log, EVENT_WARNING, NULL, NULL, NULL,
		      "a virtual switch is not loaded: switches/%s: %s", file, reason);
}

gboolean switches_load(struct service *service, GError **error)
{
	service->switches = g_ptr_array_new_with_free_func(free_config);
	service->switches_fd = switch_store_open(vm_store_fd(service->store));
	if (service->switches_fd < 0) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "%s/switches: this folder cannot be opened: %s", vm_store_path(service->store),
			    g_strerror(-service->switches_fd));
		return FALSE;
	}
	switch_store_load(service->switches_fd, on_config, on_broken, service);
	if (!switches_by_id(service, SWITCH_DEFAULT_ID))
		g_ptr_array_insert(service->switches, 0, switch_config_new_default());
	return TRUE;
}

void switches_close(struct service *service)
{
	g_clear_pointer(&service->switches, g_ptr_array_unref);
	if (service->switches_fd >= 0)
		close(service->switches_fd);
	service->switches_fd = -1;
}

/* --- finding ----------------------------------------------------------------------------------------- */

struct switch_config *switches_find(const struct service *service, const char *name)
{
	for (guint i = 0; i < service->switches->len; i++) {
		struct switch_config *config = service->switches->pdata[i];

		if (strcmp(config->name, switch_full_name(name)) == 0)
			return config;
	}
	return NULL;
}

struct switch_config *switches_by_id(const struct service *service, const char *id)
{
	for (guint i = 0; i < service->switches->len; i++) {
		struct switch_config *config = service->switches->pdata[i];

		if (strcmp(config->id, id) == 0)
			return config;
	}
	return NULL;
}

gboolean switches_is_builtin(const struct switch_config *config)
{
	return strcmp(config->id, SWITCH_DEFAULT_ID) == 0;
}

gboolean switches_check(const struct service *service, const struct vm_config *config, GError **error)
{
	for (guint i = 0; i < config->adapters->len; i++) {
		const struct vm_adapter *adapter = config->adapters->pdata[i];

		if (!*adapter->switch_name || switches_find(service, adapter->switch_name))
			continue;
		g_set_error(
		    error, API_ERROR, API_ERROR_NOT_FOUND,
		    "%s: there is no such virtual switch; `bulkhead switch list` shows those there are",
		    adapter->switch_name);
		return FALSE;
	}
	return TRUE;
}

static gboolean is_on(const struct vm *vm, const char *name)
{
	for (guint i = 0; i < vm->config->adapters->len; i++)
		if (strcmp(((struct vm_adapter *)vm->config->adapters->pdata[i])->switch_name, name) == 0)
			return TRUE;
	return FALSE;
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct vm **)a)->config->name, (*(struct vm **)b)->config->name);
}

GPtrArray *switches_machines(const struct service *service, const char *name)
{
	GPtrArray *machines = g_ptr_array_new();
	GHashTableIter iter;
	gpointer vm;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		if (is_on(vm, name))
			g_ptr_array_add(machines, vm);
	g_ptr_array_sort(machines, by_name);
	return machines;
}

/* --- changes ----------------------------------------------------------------------------------------- */

/* Names that differ in case only would be taken for one. */
gboolean switches_check_name(const struct service *service, const struct switch_config *config,
			     GError **error)
{
	char *folded = g_utf8_casefold(config->name, -1);
	gboolean is_free = strcmp(folded, SWITCH_DEFAULT_SHORT_NAME) != 0;

	for (guint i = 0; is_free && i < service->switches->len; i++) {
		const struct switch_config *other = service->switches->pdata[i];
		char *name = g_utf8_casefold(other->name, -1);

		is_free = strcmp(other->id, config->id) == 0 || strcmp(name, folded) != 0;
		g_free(name);
	}
	g_free(folded);
	if (!is_free)
		g_set_error(error, API_ERROR, API_ERROR_EXISTS,
			    "%s: there is a virtual switch of this name; give another", config->name);
	return is_free;
}

gboolean switches_add(struct service *service, struct switch_config *config, GError **error)
{
	if (service->switches->len >= SWITCHES_MAX) {
		g_set_error(error, API_ERROR, API_ERROR_LIMIT,
			    "there are %d virtual switches, and no more are possible; delete one first",
			    SWITCHES_MAX);
		return FALSE;
	}
	if (!switches_check_name(service, config, error) ||
	    !switch_store_save(service->switches_fd, config, error))
		return FALSE;
	g_ptr_array_add(service->switches, config);
	return TRUE;
}

gboolean switches_replace(struct service *service, struct switch_config *config, GError **error)
{
	if (!switches_check_name(service, config, error) ||
	    !switch_store_save(service->switches_fd, config, error))
		return FALSE;
	for (guint i = 0; i < service->switches->len; i++)
		if (strcmp(((struct switch_config *)service->switches->pdata[i])->id, config->id) == 0) {
			switch_config_free(service->switches->pdata[i]);
			service->switches->pdata[i] = config;
		}
	return TRUE;
}

gboolean switches_remove(struct service *service, const char *id, GError **error)
{
	struct switch_config *config = switches_by_id(service, id);

	if (!switch_store_remove(service->switches_fd, config, error))
		return FALSE;
	g_ptr_array_remove(service->switches, config);
	return TRUE;
}

gboolean switches_move_adapters(struct vm *vm, const char *from, const char *to, GError **error)
{
	struct vm_config *config = vm_config_copy(vm->config);

	for (guint i = 0; i < config->adapters->len; i++) {
		struct vm_adapter *adapter = config->adapters->pdata[i];

		if (strcmp(adapter->switch_name, from) != 0)
			continue;
		g_free(adapter->switch_name);
		adapter->switch_name = g_strdup(to);
	}
	if (vm_set_config(vm, config, error))
		return TRUE;
	vm_config_free(config);
	return FALSE;
}

/* --- listing ----------------------------------------------------------------------------------------- */

gboolean switches_can(const struct service *service, enum switch_kind kind, GError **error)
{
	if (kind == SWITCH_KIND_NAT || kind == SWITCH_KIND_PRIVATE || net_helper_is_possible())
		return TRUE;
	g_set_error(
	    error, API_ERROR, API_ERROR_NOT_SUPPORTED,
	    "a switch of the kind %s needs the right to change this host's network, which this service "
	    "does not have; create it with the system's service (`systemctl start bulkhead-vmms`), or "
	    "choose nat or private",
	    switch_kinds[kind]);
	return FALSE;
}

static GVariant *machines_variant(const struct call *call, const char *name)
{
	GPtrArray *machines = switches_machines(call->service, name);
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < machines->len; i++) {
		const struct vm *vm = machines->pdata[i];
		char *why = NULL;

		if (authority_allows(call->service, call->who, RIGHT_VIEW, vm, &why))
			g_variant_builder_add(&builder, "s", vm->config->name);
		g_free(why);
	}
	g_ptr_array_unref(machines);
	return g_variant_builder_end(&builder);
}

static GVariant *one_to_variant(const struct call *call, const struct switch_config *config)
{
	GVariant *settings = g_variant_ref_sink(switch_config_to_variant(config)), *value;
	const char *host_adapter = network_host_adapter(call->service->network, config);
	GError *reason = NULL;
	gboolean is_available = switches_can(call->service, (enum switch_kind)config->kind, &reason);
	GVariantBuilder builder;
	GVariantIter iter;
	const char *key;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&builder, "{sv}", "name", g_variant_new_string(config->name));
	g_variant_builder_add(&builder, "{sv}", "kind", g_variant_new_string(switch_kinds[config->kind]));
	g_variant_builder_add(&builder, "{sv}", "notes", g_variant_new_string(config->notes));
	g_variant_builder_add(&builder, "{sv}", "available", g_variant_new_boolean(is_available));
	g_variant_builder_add(&builder, "{sv}", "reason",
			      g_variant_new_string(reason ? reason->message : ""));
	g_variant_builder_add(&builder, "{sv}", "builtin",
			      g_variant_new_boolean(switches_is_builtin(config)));
	g_variant_builder_add(&builder, "{sv}", "running",
			      g_variant_new_boolean(network_is_running(call->service->network, config)));
	g_variant_builder_add(&builder, "{sv}", "machines", machines_variant(call, config->name));
	g_variant_builder_add(&builder, "{sv}", "host-adapter", g_variant_new_string(host_adapter));
	g_variant_iter_init(&iter, settings);
	while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
		g_variant_builder_add(&builder, "{sv}", key, value);
		g_variant_unref(value);
	}
	g_variant_unref(settings);
	g_clear_error(&reason);
	return g_variant_builder_end(&builder);
}

GVariant *switches_to_variant(const struct call *call)
{
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < call->service->switches->len; i++)
		g_variant_builder_add_value(&list, one_to_variant(call, call->service->switches->pdata[i]));
	return g_variant_builder_end(&list);
}
