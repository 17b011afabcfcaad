/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/network.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/switch_runner.h"
#include "service/switches.h"

#include "api/api_error.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { RESTART_MS = 1000 };

/* Where an adapter of a running machine is. */
struct place {
	char *switch_id; /* NULL: its cable is pulled */
	guint32 port;
	guint64 vlan, max_mbps;
	gboolean may_spoof, has_dhcp_guard, has_router_guard;
};

struct network {
	struct service *service;
	GHashTable *runners; /* identity → struct switch_runner, owned */
	GHashTable *places;  /* "machine index" → struct place, owned */
	guint restart;
	guint32 last_port;
};

static void reconnect_switch(struct network *network, const char *id);

/* --- the processes ----------------------------------------------------------------------------------- */

static gboolean runs_always(const struct switch_config *config)
{
	return config->kind == SWITCH_KIND_INTERNAL;
}

/* Those that ended begin anew, when a machine is on them. */
static gboolean on_restart(gpointer opaque)
{
	struct network *network = opaque;
	GPtrArray *ended = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer id, runner;

	network->restart = 0;
	g_hash_table_iter_init(&iter, network->runners);
	while (g_hash_table_iter_next(&iter, &id, &runner))
		if (switch_runner_has_ended(runner)) {
			g_ptr_array_add(ended, g_strdup(id));
			g_hash_table_iter_remove(&iter);
		}
	for (guint i = 0; i < ended->len; i++)
		reconnect_switch(network, ended->pdata[i]);
	g_ptr_array_unref(ended);
	return G_SOURCE_REMOVE;
}

static void on_end(gpointer opaque, struct switch_runner *runner)
{
	struct network *network = opaque;

	if (!network->restart)
		network->restart = g_timeout_add(RESTART_MS, on_restart, network);
}

static struct switch_runner *need_runner(struct network *network, const struct switch_config *config,
					 GError **error)
{
	struct switch_runner *runner = g_hash_table_lookup(network->runners, config->id);

	if (runner && !switch_runner_has_ended(runner))
		return runner;
	if (!switches_can(network->service, (enum switch_kind)config->kind, error))
		return NULL;
	runner = switch_runner_new(network->service, config, on_end, network, error);
	if (runner)
		g_hash_table_replace(network->runners, g_strdup(config->id), runner);
	return runner;
}

static void need_always(struct network *network, const struct switch_config *config)
{
	GError *error = NULL;

	if (runs_always(config) && !need_runner(network, config, &error)) {
		event_log_add(network->service->log, EVENT_WARNING, NULL, NULL, NULL,
			      "the virtual switch %s does not run: %s", config->name, error->message);
		g_error_free(error);
	}
}

void network_start(struct network *network)
{
	for (guint i = 0; i < network->service->switches->len; i++)
		need_always(network, network->service->switches->pdata[i]);
}

/* --- ports ------------------------------------------------------------------------------------------- */

static gboolean parse_mac(const char *text, guint8 mac[6])
{
	guint64 number;

	if (!switch_mac_parse(text, &number))
		return FALSE;
	for (unsigned i = 0; i < 6; i++)
		mac[i] = (guint8)(number >> (40 - 8 * i));
	return TRUE;
}

static char *place_key(const struct vm *vm, guint index)
{
	return g_strdup_printf("%s %u", vm->config->id, index);
}

static struct place *find_place(struct network *network, const struct vm *vm, guint index)
{
	char *key = place_key(vm, index);
	struct place *place = g_hash_table_lookup(network->places, key);

	g_free(key);
	return place;
}

static void free_place(gpointer opaque)
{
	struct place *place = opaque;

	g_free(place->switch_id);
	g_free(place);
}

static void note_place(struct network *network, const struct vm *vm, guint index, const char *switch_id,
		       guint32 port)
{
	const struct vm_adapter *adapter = vm->config->adapters->pdata[index];
	struct place *place = g_new0(struct place, 1);

	*place = (struct place){ .switch_id = g_strdup(switch_id),
				 .port = port,
				 .vlan = adapter->vlan,
				 .max_mbps = adapter->max_mbps,
				 .may_spoof = adapter->allows_spoofing,
				 .has_dhcp_guard = adapter->has_dhcp_guard,
				 .has_router_guard = adapter->has_router_guard };
	g_hash_table_replace(network->places, place_key(vm, index), place);
}

static struct switch_port port_of(const struct vm_adapter *adapter, guint32 id)
{
	return (struct switch_port){ .id = id,
				     .mac = adapter->mac,
				     .vlan = (unsigned)adapter->vlan,
				     .may_spoof = adapter->allows_spoofing,
				     .has_dhcp_guard = adapter->has_dhcp_guard,
				     .has_router_guard = adapter->has_router_guard,
				     .max_kbps = adapter->max_mbps * 1000,
				     .is_up = TRUE };
}

static gboolean no_switch(const struct vm_adapter *adapter, GError **error)
{
	return api_refuse(error, API_ERROR_NOT_FOUND,
			  "there is no virtual switch %s any more; connect the adapter to another one",
			  adapter->switch_name);
}

gboolean network_check_ports(const struct vm *vm, GError **error)
{
	struct service *service = vm->service;

	for (guint i = 0; i < vm->config->adapters->len; i++) {
		const struct vm_adapter *adapter = vm->config->adapters->pdata[i];
		const struct switch_config *config = switches_find(service, adapter->switch_name);

		if (!*adapter->switch_name)
			continue;
		if (!config)
			return no_switch(adapter, error);
		if (!network_is_running(service->network, config) &&
		    !switches_can(service, (enum switch_kind)config->kind, error))
			return FALSE;
	}
	return TRUE;
}

/* -1 with a sentence; -2: the adapter is connected to no switch. */
static int new_port(struct network *network, const struct vm *vm, guint index, GError **error)
{
	const struct vm_adapter *adapter = vm->config->adapters->pdata[index];
	const struct switch_config *config = switches_find(network->service, adapter->switch_name);
	struct switch_port port = port_of(adapter, ++network->last_port);
	struct switch_runner *runner;
	int fd;

	if (!*adapter->switch_name) {
		note_place(network, vm, index, NULL, 0);
		return -2;
	}
	if (!config) {
		no_switch(adapter, error);
		return -1;
	}
	runner = need_runner(network, config, error);
	fd = runner ? switch_runner_add_port(runner, &port, error) : -1;
	note_place(network, vm, index, fd < 0 ? NULL : config->id, port.id);
	return fd;
}

gboolean network_add_ports(struct vm *vm, struct worker_config *config, GError **error)
{
	for (guint i = 0; i < vm->config->adapters->len; i++) {
		const struct vm_adapter *adapter = vm->config->adapters->pdata[i];
		struct worker_port port = { .index = i,
					    .vlan = (guint16)adapter->vlan,
					    .allows_spoofing = adapter->allows_spoofing,
					    .is_legacy = adapter->kind == VM_ADAPTER_LEGACY };

		port.fd = new_port(vm->service->network, vm, i, error);
		if (port.fd == -1)
			return FALSE;
		if (port.fd == -2)
			port.fd = -1;
		if (!parse_mac(adapter->mac, port.mac) || worker_config_add_port(config, &port) < 0) {
			if (port.fd >= 0)
				close(port.fd);
			g_set_error(error, API_ERROR, API_ERROR_FAILED,
				    "network adapter %u cannot be attached", i);
			return FALSE;
		}
	}
	return TRUE;
}

/* fd -1: the cable is pulled. */
static gboolean send_port(struct vm *vm, guint index, int fd)
{
	struct link_message *message;

	if (link_message_new("network-connect", &message) < 0)
		return FALSE;
	link_add_number(message, "index", index);
	if (fd >= 0)
		link_add_fd(message, "fd", fd);
	return vm_send(vm, message, NULL);
}

static void warn_no_cable(struct vm *vm, guint index, const GError *error)
{
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		      "network adapter %u has no cable: %s", index, error->message);
}

static void reconnect_adapter(struct vm *vm, guint index)
{
	GError *error = NULL;
	int fd = new_port(vm->service->network, vm, index, &error);

	send_port(vm, index, fd < 0 ? -1 : fd);
	if (fd >= 0)
		close(fd);
	if (error)
		warn_no_cable(vm, index, error);
	g_clear_error(&error);
}

void network_reconnect(struct vm *vm)
{
	for (guint i = 0; vm->worker && i < vm->config->adapters->len; i++)
		reconnect_adapter(vm, i);
}

/* --- changes ----------------------------------------------------------------------------------------- */

static gboolean has_other_settings(const struct place *place, const struct vm_adapter *adapter)
{
	return place->vlan != adapter->vlan || place->max_mbps != adapter->max_mbps ||
	       place->may_spoof != adapter->allows_spoofing ||
	       place->has_dhcp_guard != adapter->has_dhcp_guard ||
	       place->has_router_guard != adapter->has_router_guard;
}

static void follow_adapter(struct vm *vm, guint index)
{
	struct network *network = vm->service->network;
	const struct vm_adapter *adapter = vm->config->adapters->pdata[index];
	const struct switch_config *config = switches_find(vm->service, adapter->switch_name);
	struct place *place = find_place(network, vm, index);
	const char *id = config ? config->id : NULL;
	struct switch_runner *runner =
	    place && place->switch_id ? g_hash_table_lookup(network->runners, place->switch_id) : NULL;
	struct switch_port port;
	GError *error = NULL;

	if (!place)
		return; /* no adapter of the running machine */
	if (g_strcmp0(place->switch_id, id) != 0) {
		guint32 old = place->port;

		reconnect_adapter(vm, index);
		if (runner)
			switch_runner_remove_port(runner, old);
		return;
	}
	if (!runner || !has_other_settings(place, adapter))
		return;
	port = port_of(adapter, place->port);
	if (!switch_runner_change_port(runner, &port, &error))
		warn_no_cable(vm, index, error);
	g_clear_error(&error);
	note_place(network, vm, index, id, port.id);
}

void network_follow(struct vm *vm)
{
	for (guint i = 0; vm->worker && i < vm->config->adapters->len; i++)
		follow_adapter(vm, i);
}

/* All running machines on it get new ports. */
static void reconnect_switch(struct network *network, const char *id)
{
	const struct switch_config *config = switches_by_id(network->service, id);
	GPtrArray *machines;

	if (!config)
		return;
	need_always(network, config);
	machines = switches_machines(network->service, config->name);
	for (guint i = 0; i < machines->len; i++) {
		struct vm *vm = machines->pdata[i];

		for (guint j = 0; vm->worker && j < vm->config->adapters->len; j++)
			if (strcmp(((struct vm_adapter *)vm->config->adapters->pdata[j])->switch_name,
				   config->name) == 0)
				reconnect_adapter(vm, j);
	}
	g_ptr_array_unref(machines);
}

void network_switch_changed(struct network *network, const struct switch_config *before,
			    const struct switch_config *now, GPtrArray *problems)
{
	struct switch_runner *runner = g_hash_table_lookup(network->runners, now->id);

	if (runner && !switch_config_needs_restart(before, now)) {
		switch_runner_set_forwards(runner, now, problems);
		return;
	}
	g_hash_table_remove(network->runners, now->id);
	if (runner)
		reconnect_switch(network, now->id);
	else
		need_always(network, now);
}

void network_switch_removed(struct network *network, const struct switch_config *config)
{
	g_hash_table_remove(network->runners, config->id);
}

gboolean network_is_running(const struct network *network, const struct switch_config *config)
{
	const struct switch_runner *runner = g_hash_table_lookup(network->runners, config->id);

	return runner && !switch_runner_has_ended(runner);
}

const char *network_host_adapter(const struct network *network, const struct switch_config *config)
{
	const struct switch_runner *runner = g_hash_table_lookup(network->runners, config->id);

	return runner ? switch_runner_host_adapter(runner) : "";
}

/* --- addresses ------------------------------------------------------------------------------------- */

static gboolean is_taken(const struct service *service, const char *mac)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const GPtrArray *adapters = ((struct vm *)value)->config->adapters;

		for (guint i = 0; i < adapters->len; i++)
			if (g_ascii_strcasecmp(((struct vm_adapter *)adapters->pdata[i])->mac, mac) == 0)
				return TRUE;
	}
	return FALSE;
}

static char *mac_text(guint64 mac)
{
	guint64 low = mac & 0xffffffff;

	return g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", (guint)(mac >> 40 & 0xff),
			       (guint)(mac >> 32 & 0xff), (guint)(low >> 24), (guint)(low >> 16 & 0xff),
			       (guint)(low >> 8 & 0xff), (guint)(low & 0xff));
}

/* At random; a small range that is full gives one twice rather than none. */
static char *choose_mac(const struct service *service, const struct vm_adapter *adapter)
{
	enum { ATTEMPTS = 200 };
	const struct switch_config *config = switches_find(service, adapter->switch_name);
	guint64 first = 0x00155d000000, last = 0x00155dffffff, span;
	char *mac = NULL;

	if (config) {
		switch_mac_parse(config->mac_first, &first);
		switch_mac_parse(config->mac_last, &last);
	}
	span = last - first + 1;
	for (unsigned i = 0; i < ATTEMPTS && (!mac || is_taken(service, mac)); i++) {
		guint64 random = (guint64)g_random_int() << 32 | g_random_int();

		g_free(mac);
		mac = mac_text((first + random % span) & ~(UINT64_C(1) << 40));
	}
	return mac;
}

void network_choose_macs(const struct service *service, struct vm_config *config)
{
	for (guint i = 0; i < config->adapters->len; i++) {
		struct vm_adapter *adapter = config->adapters->pdata[i];

		if (*adapter->mac)
			continue;
		g_free(adapter->mac);
		adapter->mac = choose_mac(service, adapter);
	}
}

/* --- life ------------------------------------------------------------------------------------------ */

static void free_runner(gpointer runner)
{
	switch_runner_free(runner);
}

struct network *network_new(struct service *service)
{
	struct network *network = g_new0(struct network, 1);

	network->service = service;
	network->runners = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_runner);
	network->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_place);
	return network;
}

struct network *network_free(struct network *network)
{
	if (!network)
		return NULL;
	if (network->restart)
		g_source_remove(network->restart);
	g_hash_table_unref(network->runners);
	g_hash_table_unref(network->places);
	g_free(network);
	return NULL;
}
