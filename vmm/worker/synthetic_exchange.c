/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data exchange with the guest: some of its facts become "guest" messages, all pairs that it has "kvp" and
 * "kvp-gone" messages, both when they change; the service's pairs go to the guest.
 */
#include "worker/synthetic_utilities.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of the guest's automatic pool, and how the service calls them. */
static const struct {
	const char *key, *field;
} facts[EXCHANGE_FACTS] = {
	{ "OSName", "os-name" },
	{ "OSVersion", "os-version" },
	{ "OSBuildNumber", "os-build" },
	{ "FullyQualifiedDomainName", "host-name" },
	{ "NetworkAddressIPv4", "ipv4" },
	{ "NetworkAddressIPv6", "ipv6" },
	{ "ProcessorArchitecture", "architecture" },
};

static void on_fact(struct exchange *exchange, const char *key, const char *value)
{
	/* hv_kvp_daemon gives the resolver's complaint as the name. */
	if (strcmp(key, "FullyQualifiedDomainName") == 0 && strchr(value, ' '))
		value = "";
	for (unsigned i = 0; i < EXCHANGE_FACTS; i++) {
		char *known = exchange->facts[i];

		if (strcmp(key, facts[i].key) != 0 || strlen(value) >= EXCHANGE_FACT_MAX ||
		    strcmp(known, value) == 0)
			continue;
		snprintf(known, EXCHANGE_FACT_MAX, "%s", value);
		utilities_tell(exchange->synthetic, "guest", facts[i].field, value);
	}
}

/* FNV-1a. */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 0x100000001b3u;
	return hash;
}

static void tell_pair(struct exchange *exchange, const char *verb, enum kvp_pool pool, const char *key,
		      const char *value)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add_number(message, "pool", pool);
	link_add(message, "key", key);
	if (value)
		link_add(message, "value", value);
	synthetic_tell(exchange->synthetic, message);
}

static struct exchange_pair *find_pair(struct exchange *exchange, enum kvp_pool pool, const char *key)
{
	for (unsigned i = 0; i < exchange->pair_count; i++)
		if (exchange->pairs[i].pool == pool && strcmp(exchange->pairs[i].key, key) == 0)
			return &exchange->pairs[i];
	return NULL;
}

static struct exchange_pair *add_pair(struct exchange *exchange, enum kvp_pool pool, const char *key)
{
	struct exchange_pair *pair = &exchange->pairs[exchange->pair_count];

	if (exchange->pair_count == EXCHANGE_PAIRS_MAX)
		return NULL;
	*pair = (struct exchange_pair){ .pool = pool, .key = strdup(key) };
	if (!pair->key)
		return NULL;
	exchange->pair_count++;
	return pair;
}

/* What is new, or has another value. */
static void on_value(void *opaque, enum kvp_pool pool, const char *key, const char *value)
{
	struct exchange *exchange = opaque;
	struct exchange_pair *pair = find_pair(exchange, pool, key);
	uint64_t hash = hash_text(value);
	bool is_known = pair && pair->hash == hash;

	if (pool == KVP_POOL_AUTO)
		on_fact(exchange, key, value);
	if (!pair)
		pair = add_pair(exchange, pool, key);
	if (!pair)
		return;
	pair->is_seen = true;
	pair->hash = hash;
	if (!is_known)
		tell_pair(exchange, "kvp", pool, key, value);
}

/* What the guest has no more. */
static void drop_unseen(struct exchange *exchange)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < exchange->pair_count; i++) {
		struct exchange_pair *pair = &exchange->pairs[i];

		if (!pair->is_seen) {
			tell_pair(exchange, "kvp-gone", pair->pool, pair->key, NULL);
			free(pair->key);
			continue;
		}
		pair->is_seen = false;
		exchange->pairs[kept++] = *pair;
	}
	exchange->pair_count = kept;
}

static void on_read(void *opaque)
{
	struct exchange *exchange = opaque;

	drop_unseen(exchange);
	utilities_tell(exchange->synthetic, "guest", "exchange", "read");
}

static void forget_pairs(struct exchange *exchange)
{
	while (exchange->pair_count > 0)
		free(exchange->pairs[--exchange->pair_count].key);
}

/* What a guest may know of its host (Hyper-V writes the same keys). */
static void on_ready(void *opaque, bool is_ready)
{
	struct exchange *exchange = opaque;

	memset(exchange->facts, 0, sizeof(exchange->facts));
	forget_pairs(exchange);
	exchange->is_ready = is_ready;
	utilities_tell(exchange->synthetic, "guest", "exchange", is_ready ? "ready" : "none");
	if (!is_ready)
		return;
	kvp_set(exchange->kvp, KVP_POOL_AUTO_EXTERNAL, "VirtualMachineName",
		synthetic_config(exchange->synthetic)->name);
	kvp_set(exchange->kvp, KVP_POOL_AUTO_EXTERNAL, "HostingSystem", "Bulkhead");
}

static void on_changed(void *opaque, enum kvp_pool pool, const char *key, bool is_good)
{
	struct exchange *exchange = opaque;
	struct link_message *message;

	if (pool != KVP_POOL_EXTERNAL || link_message_new("kvp-changed", &message) < 0)
		return;
	link_add(message, "key", key);
	link_add(message, "result", is_good ? "ok" : "refused");
	synthetic_tell(exchange->synthetic, message);
}

/* --- addresses ------------------------------------------------------------------------------------------ */

static void tell_addresses(struct exchange *exchange, const char *result,
			   const struct kvp_addresses *addresses)
{
	struct link_message *message;

	if (link_message_new("addresses", &message) < 0)
		return;
	link_add(message, "result", result);
	if (addresses) {
		link_add(message, "mac", addresses->mac);
		link_add_number(message, "dhcp", addresses->has_dhcp);
		link_add(message, "address", addresses->address);
		link_add(message, "netmask", addresses->netmask);
		link_add(message, "gateway", addresses->gateway);
		link_add(message, "dns", addresses->dns);
	}
	synthetic_tell(exchange->synthetic, message);
}

static void on_addresses(void *opaque, bool is_good, const struct kvp_addresses *addresses)
{
	tell_addresses(opaque, is_good ? "ok" : "refused", is_good ? addresses : NULL);
}

/* False: too long. A text that is not there is empty. */
static bool take_text(const struct link_message *message, const char *key, char *text, size_t size)
{
	const char *given = link_get(message, key);

	return snprintf(text, size, "%s", given ? given : "") < (int)size;
}

/* False: the machine has no adapter with this MAC address. */
static bool find_device(const struct worker_config *config, struct kvp_addresses *addresses)
{
	char mac[KVP_MAC_TEXT];

	for (unsigned i = 0; i < config->port_count; i++) {
		const uint8_t *m = config->ports[i].mac;

		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4],
			 m[5]);
		if (strcasecmp(mac, addresses->mac) == 0) {
			synthetic_network_device(&config->ports[i], addresses->device);
			return true;
		}
	}
	return false;
}

static int ask_addresses(struct exchange *exchange, const struct link_message *message, bool is_set)
{
	struct kvp_addresses addresses = { .mac = "" };
	uint64_t is_ipv6 = 0, has_dhcp = 0;

	if (!exchange->kvp)
		return -ENOTCONN;
	link_get_number(message, "ipv6", 1, &is_ipv6);
	link_get_number(message, "dhcp", 1, &has_dhcp);
	addresses.is_ipv6 = is_ipv6;
	addresses.has_dhcp = has_dhcp;
	if (!take_text(message, "mac", addresses.mac, sizeof(addresses.mac)) ||
	    !take_text(message, "address", addresses.address, sizeof(addresses.address)) ||
	    !take_text(message, "netmask", addresses.netmask, sizeof(addresses.netmask)) ||
	    !take_text(message, "gateway", addresses.gateway, sizeof(addresses.gateway)) ||
	    !take_text(message, "dns", addresses.dns, sizeof(addresses.dns)) ||
	    !find_device(synthetic_config(exchange->synthetic), &addresses))
		return -EINVAL;
	return is_set ? kvp_set_addresses(exchange->kvp, &addresses)
		      : kvp_get_addresses(exchange->kvp, &addresses);
}

static void handle_addresses(struct exchange *exchange, const struct link_message *message, bool is_set)
{
	int r = ask_addresses(exchange, message, is_set);

	if (r < 0)
		tell_addresses(exchange,
			       r == -ENOTCONN ? "unavailable"
			       : r == -EBUSY  ? "busy"
					      : "invalid",
			       NULL);
}

static const struct kvp_ops ops = {
	.on_addresses = on_addresses,
	.on_ready = on_ready,
	.on_value = on_value,
	.on_read = on_read,
	.on_changed = on_changed,
};

int exchange_init(struct exchange *exchange)
{
	struct synthetic *synthetic = exchange->synthetic;

	return kvp_new(synthetic_bus(synthetic), synthetic_loop(synthetic), &ops, exchange, &exchange->kvp);
}

void exchange_deinit(struct exchange *exchange)
{
	exchange->kvp = kvp_free(exchange->kvp);
	forget_pairs(exchange);
}

bool exchange_handle(struct exchange *exchange, struct link_message *message)
{
	const char *verb = link_verb(message), *key = link_get(message, "key"),
		   *value = link_get(message, "value");
	int r = -ENOTCONN;

	if (strcmp(verb, "kvp-read") == 0) {
		if (exchange->kvp)
			kvp_read(exchange->kvp);
		return true;
	}
	if (strcmp(verb, "addresses-get") == 0 || strcmp(verb, "addresses-set") == 0) {
		handle_addresses(exchange, message, verb[10] == 's');
		return true;
	}
	if (strcmp(verb, "kvp-set") != 0 && strcmp(verb, "kvp-delete") != 0)
		return false;
	if (exchange->kvp && key && (value || verb[4] == 'd'))
		r = verb[4] == 's' ? kvp_set(exchange->kvp, KVP_POOL_EXTERNAL, key, value)
				   : kvp_delete(exchange->kvp, KVP_POOL_EXTERNAL, key);
	if (r < 0)
		utilities_tell(exchange->synthetic, "kvp-changed", "result",
			       r == -ENOTCONN ? "unavailable" : "refused");
	return true;
}

void exchange_report(struct exchange *exchange)
{
	forget_pairs(exchange); /* told again when they are read */
	if (exchange->is_ready)
		utilities_tell(exchange->synthetic, "guest", "exchange", "ready");
	for (unsigned i = 0; i < EXCHANGE_FACTS; i++)
		if (*exchange->facts[i])
			utilities_tell(exchange->synthetic, "guest", facts[i].field, exchange->facts[i]);
	if (exchange->is_ready)
		kvp_read(exchange->kvp);
}
