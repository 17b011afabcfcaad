/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/host_adapters.h"
#include "service/call.h"
#include "service/service.h"

#include "api/api_error.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <string.h>
#include <unistd.h>

struct adapter {
	char *name;
	char mac[18];
	gboolean is_up, is_bridge;
	GPtrArray *addresses;
};

static void free_adapter(gpointer opaque)
{
	struct adapter *adapter = opaque;

	g_free(adapter->name);
	g_ptr_array_unref(adapter->addresses);
	g_free(adapter);
}

static gboolean has_file(const char *name, const char *file)
{
	char *path = g_build_filename("/sys/class/net", name, file, NULL);
	gboolean has = access(path, F_OK) == 0;

	g_free(path);
	return has;
}

/* What leads to no network of its own is none: the loopback, TAPs, and what is part of a bridge already. */
static gboolean is_candidate(const struct ifaddrs *entry)
{
	return !(entry->ifa_flags & IFF_LOOPBACK) && !has_file(entry->ifa_name, "tun_flags") &&
	       !has_file(entry->ifa_name, "brport");
}

static struct adapter *need(GPtrArray *adapters, const struct ifaddrs *entry)
{
	struct adapter *adapter;

	for (guint i = 0; i < adapters->len; i++)
		if (strcmp(((struct adapter *)adapters->pdata[i])->name, entry->ifa_name) == 0)
			return adapters->pdata[i];
	adapter = g_new0(struct adapter, 1);
	adapter->name = g_strdup(entry->ifa_name);
	adapter->is_up = (entry->ifa_flags & IFF_UP) != 0;
	adapter->is_bridge = has_file(entry->ifa_name, "bridge");
	adapter->addresses = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(adapters, adapter);
	return adapter;
}

static unsigned count_bits(const guint8 *mask, gsize size)
{
	unsigned bits = 0;

	for (gsize i = 0; i < size * 8 && mask[i / 8] & 0x80 >> i % 8; i++)
		bits++;
	return bits;
}

static void add_address(struct adapter *adapter, const struct ifaddrs *entry)
{
	gboolean is_ipv4 = entry->ifa_addr->sa_family == AF_INET;
	const guint8 *address =
	    is_ipv4
		? (const guint8 *)&((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr
		: (const guint8 *)&((const struct sockaddr_in6 *)(const void *)entry->ifa_addr)->sin6_addr;
	const guint8 *mask = (const guint8 *)entry->ifa_netmask + (address - (const guint8 *)entry->ifa_addr);
	char text[INET6_ADDRSTRLEN];

	if (!entry->ifa_netmask || !inet_ntop(entry->ifa_addr->sa_family, address, text, sizeof(text)))
		return;
	g_ptr_array_add(adapter->addresses,
			g_strdup_printf("%s/%u", text, count_bits(mask, is_ipv4 ? 4 : 16)));
}

static void add_entry(GPtrArray *adapters, const struct ifaddrs *entry)
{
	const struct sockaddr_ll *link = (const void *)entry->ifa_addr;
	struct adapter *adapter = need(adapters, entry);

	if (!entry->ifa_addr)
		return;
	if (entry->ifa_addr->sa_family == AF_PACKET && link->sll_halen == 6)
		g_snprintf(adapter->mac, sizeof(adapter->mac), "%02x:%02x:%02x:%02x:%02x:%02x",
			   link->sll_addr[0], link->sll_addr[1], link->sll_addr[2], link->sll_addr[3],
			   link->sll_addr[4], link->sll_addr[5]);
	else if (entry->ifa_addr->sa_family == AF_INET || entry->ifa_addr->sa_family == AF_INET6)
		add_address(adapter, entry);
}

/* Those with an Ethernet address. */
static GPtrArray *look(void)
{
	GPtrArray *adapters = g_ptr_array_new_with_free_func(free_adapter);
	struct ifaddrs *entries = NULL;

	if (getifaddrs(&entries) < 0)
		return adapters;
	for (const struct ifaddrs *entry = entries; entry; entry = entry->ifa_next)
		if (is_candidate(entry))
			add_entry(adapters, entry);
	freeifaddrs(entries);
	for (guint i = adapters->len; i-- > 0;)
		if (!*((struct adapter *)adapters->pdata[i])->mac)
			g_ptr_array_remove_index(adapters, i);
	return adapters;
}

static const struct adapter *find(const GPtrArray *adapters, const char *name)
{
	for (guint i = 0; i < adapters->len; i++)
		if (strcmp(((struct adapter *)adapters->pdata[i])->name, name) == 0)
			return adapters->pdata[i];
	return NULL;
}

/* The switch that has it; NULL. */
static const struct switch_config *user_of(const struct service *service, const char *name)
{
	for (guint i = 0; i < service->switches->len; i++) {
		const struct switch_config *config = service->switches->pdata[i];

		if (config->kind == SWITCH_KIND_EXTERNAL && strcmp(config->adapter, name) == 0)
			return config;
	}
	return NULL;
}

GVariant *host_adapters_to_variant(const struct service *service)
{
	GPtrArray *adapters = look();
	GVariantBuilder list;

	g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < adapters->len; i++) {
		const struct adapter *adapter = adapters->pdata[i];
		const struct switch_config *user = user_of(service, adapter->name);

		g_variant_builder_open(&list, G_VARIANT_TYPE_VARDICT);
		g_variant_builder_add(&list, "{sv}", "name", g_variant_new_string(adapter->name));
		g_variant_builder_add(&list, "{sv}", "mac", g_variant_new_string(adapter->mac));
		g_variant_builder_add(&list, "{sv}", "up", g_variant_new_boolean(adapter->is_up));
		g_variant_builder_add(&list, "{sv}", "bridge", g_variant_new_boolean(adapter->is_bridge));
		g_variant_builder_add(&list, "{sv}", "used-by", g_variant_new_string(user ? user->name : ""));
		g_variant_builder_add(&list, "{sv}", "addresses",
				      g_variant_new_strv((const char *const *)adapter->addresses->pdata,
							 (gssize)adapter->addresses->len));
		g_variant_builder_close(&list);
	}
	g_ptr_array_unref(adapters);
	return g_variant_builder_end(&list);
}

static gboolean check_sharing(const struct adapter *adapter, const struct switch_config *config,
			      GError **error)
{
	if (config->is_shared || adapter->addresses->len == 0)
		return TRUE;
	g_set_error(
	    error, API_ERROR, API_ERROR_INVALID_STATE,
	    "this host uses %s itself, with the address %s; allow it to share the adapter, or take its "
	    "addresses away first",
	    adapter->name, (char *)adapter->addresses->pdata[0]);
	return FALSE;
}

gboolean host_adapters_check(const struct service *service, const struct switch_config *config,
			     GError **error)
{
	const struct switch_config *user;
	const struct adapter *adapter;
	GPtrArray *adapters;
	gboolean is_good;

	if (config->kind != SWITCH_KIND_EXTERNAL)
		return TRUE;
	adapters = look();
	adapter = find(adapters, config->adapter);
	user = user_of(service, config->adapter);
	is_good = adapter && (!user || strcmp(user->id, config->id) == 0);
	if (!adapter)
		g_set_error(
		    error, API_ERROR, API_ERROR_NOT_FOUND,
		    "%s: this host has no such adapter that leads to an Ethernet network; `bulkhead switch "
		    "adapters` shows those it has",
		    config->adapter);
	else if (!is_good)
		g_set_error(
		    error, API_ERROR, API_ERROR_EXISTS,
		    "the adapter %s belongs to the virtual switch %s already; connect machines to that one",
		    config->adapter, user->name);
	else
		is_good = check_sharing(adapter, config, error);
	g_ptr_array_unref(adapters);
	return is_good;
}

void host_adapters_describe(struct call *call, const char *name)
{
	GPtrArray *adapters = look();
	const struct adapter *adapter = find(adapters, name);

	if (adapter && adapter->is_bridge)
		call_step(call, "the switch joins the bridge %s; this host keeps its connection", name);
	else if (adapter)
		call_step(
		    call,
		    "this host keeps its addresses and its connection on %s; machines and this host do not "
		    "reach each other through it (they would through a bridge)",
		    name);
	g_ptr_array_unref(adapters);
}
