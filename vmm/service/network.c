/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/network.h"
#include "service/event_log.h"
#include "service/service.h"

#include "api/api_error.h"
#include "link/switch_link.h"
#include "link/worker_identity.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { RESTART_MS = 1000, PATIENCE_S = 2 };

struct network {
	struct service *service;
	struct switch_process nat; /* pid -1: not started */
	guint watch, restart;
	guint32 last_port;
};

static void reconnect_all(struct network *network);

/* --- the process ----------------------------------------------------------------------------------- */

static void forget_switch(struct network *network)
{
	if (network->watch)
		g_source_remove(network->watch);
	network->watch = 0;
	if (network->nat.pid > 0)
		kill(network->nat.pid, SIGKILL);
	switch_stop(&network->nat);
}

static gboolean on_restart(gpointer opaque)
{
	struct network *network = opaque;

	network->restart = 0;
	reconnect_all(network);
	return G_SOURCE_REMOVE;
}

/* Between two requests: warnings, ports that workers closed, or its end. */
static gboolean on_link(int fd, GIOCondition condition, gpointer opaque)
{
	struct network *network = opaque;
	struct link_message *message;
	const char *text;

	if (link_receive(fd, &message) != 0) {
		network->watch = 0;
		forget_switch(network);
		event_log_add(network->service->log, EVENT_WARNING, NULL, NULL, NULL,
			      "the virtual switch nat ended; it is started anew");
		if (!network->restart)
			network->restart = g_timeout_add(RESTART_MS, on_restart, network);
		return G_SOURCE_REMOVE;
	}
	text = strcmp(link_verb(message), "warning") == 0 ? link_get(message, "text") : NULL;
	if (text) {
		char *valid = g_utf8_make_valid(text, -1);

		event_log_add(network->service->log, EVENT_WARNING, NULL, NULL, NULL,
			      "virtual switch nat: %s", valid);
		g_free(valid);
	}
	link_message_free(message);
	return G_SOURCE_CONTINUE;
}

static gboolean need_switch(struct network *network, GError **error)
{
	static const struct switch_config config = {
		.name = "nat", .is_nat = TRUE, .has_ipv6 = TRUE, .has_host = TRUE, .uid = WORKER_UID_SWITCH
	};
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	char text[SWITCH_ERROR_MAX] = "";

	if (network->nat.pid > 0)
		return TRUE;
	if (switch_spawn(&config, -1, &network->nat, text) < 0) {
		network->nat = (struct switch_process){ .pid = -1, .link = -1 };
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "the virtual switch nat: %s", text);
		return FALSE;
	}
	/* One that does not answer must not hold us up for long. */
	setsockopt(network->nat.link, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(network->nat.link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	network->watch = g_unix_fd_add(network->nat.link, G_IO_IN | G_IO_HUP | G_IO_ERR, on_link, network);
	return TRUE;
}

/* --- ports ----------------------------------------------------------------------------------------- */

static gboolean parse_mac(const char *text, guint8 mac[6])
{
	for (unsigned i = 0; i < 6; i++) {
		int high = strlen(text) == 17 ? g_ascii_xdigit_value(text[i * 3]) : -1;
		int low = high < 0 ? -1 : g_ascii_xdigit_value(text[i * 3 + 1]);

		if (low < 0)
			return FALSE;
		mac[i] = (guint8)(high * 16 + low);
	}
	return TRUE;
}

/* -1 with a sentence; -2: the adapter is connected to no switch. */
static int new_port(struct network *network, const struct vm_adapter *adapter, GError **error)
{
	const struct switch_port port = { .id = ++network->last_port,
					  .mac = adapter->mac,
					  .vlan = (unsigned)adapter->vlan,
					  .may_spoof = adapter->allows_spoofing,
					  .is_up = TRUE };
	char text[SWITCH_ERROR_MAX] = "";
	int fd = -1;

	if (!*adapter->switch_name)
		return -2;
	if (!need_switch(network, error))
		return -1;
	if (switch_add_port(network->nat.link, &port, &fd, text) == 0)
		return fd;
	g_set_error(error, API_ERROR, API_ERROR_FAILED, "the virtual switch nat: %s", text);
	return -1;
}

gboolean network_add_ports(struct vm *vm, struct worker_config *config, GError **error)
{
	for (guint i = 0; i < vm->config->adapters->len; i++) {
		const struct vm_adapter *adapter = vm->config->adapters->pdata[i];
		struct worker_port port = { .index = i,
					    .vlan = (guint16)adapter->vlan,
					    .allows_spoofing = adapter->allows_spoofing };

		port.fd = new_port(vm->service->network, adapter, error);
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

static gboolean send_port(struct vm *vm, guint index, int fd)
{
	struct link_message *message;
	gboolean is_sent;

	if (link_message_new("network-connect", &message) < 0)
		return FALSE;
	link_add_number(message, "index", index);
	link_add_fd(message, "fd", fd);
	is_sent = worker_process_send_message(vm->worker, message);
	link_message_free(message);
	return is_sent;
}

void network_reconnect(struct vm *vm)
{
	for (guint i = 0; vm->worker && i < vm->config->adapters->len; i++) {
		GError *error = NULL;
		int fd = new_port(vm->service->network, vm->config->adapters->pdata[i], &error);

		if (fd >= 0) {
			send_port(vm, i, fd);
			close(fd);
		}
		if (error)
			event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
				      "network adapter %u has no cable: %s", i, error->message);
		g_clear_error(&error);
	}
}

static void reconnect_all(struct network *network)
{
	GHashTableIter iter;
	gpointer vm;

	g_hash_table_iter_init(&iter, network->service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		network_reconnect(vm);
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

void network_choose_macs(const struct service *service, struct vm_config *config)
{
	for (guint i = 0; i < config->adapters->len; i++) {
		struct vm_adapter *adapter = config->adapters->pdata[i];

		while (!*adapter->mac) {
			guint32 number = g_random_int();
			char *mac = g_strdup_printf("00:15:5d:%02x:%02x:%02x", number >> 16 & 0xff,
						    number >> 8 & 0xff, number & 0xff);

			if (is_taken(service, mac)) {
				g_free(mac);
				continue;
			}
			g_free(adapter->mac);
			adapter->mac = mac;
		}
	}
}

/* --- life ------------------------------------------------------------------------------------------ */

struct network *network_new(struct service *service)
{
	struct network *network = g_new0(struct network, 1);

	network->service = service;
	network->nat = (struct switch_process){ .pid = -1, .link = -1 };
	return network;
}

struct network *network_free(struct network *network)
{
	if (!network)
		return NULL;
	if (network->restart)
		g_source_remove(network->restart);
	forget_switch(network);
	g_free(network);
	return NULL;
}
