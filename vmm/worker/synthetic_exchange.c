/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data exchange with the guest: its facts become "guest" messages, its own pairs "kvp" messages, both when
 * they change; the service's pairs go to the guest.
 */
#include "worker/synthetic_utilities.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

/* FNV-1a, of the key, a NUL, and the value. */
static uint64_t hash_pair(const char *key, const char *value)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (const char *p = key; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
	hash *= 0x100000001b3u;
	for (const char *p = value; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3u;
	return hash;
}

static void on_pair(struct exchange *exchange, const char *key, const char *value)
{
	uint64_t hash = hash_pair(key, value);
	struct link_message *message;

	for (unsigned i = 0; i < exchange->pair_count; i++)
		if (exchange->pairs[i] == hash)
			return;
	if (exchange->pair_count == KVP_PAIRS_MAX)
		exchange->pair_count = 0; /* all that comes is news again */
	exchange->pairs[exchange->pair_count++] = hash;
	if (link_message_new("kvp", &message) < 0)
		return;
	link_add(message, "key", key);
	link_add(message, "value", value);
	synthetic_tell(exchange->synthetic, message);
}

static void on_value(void *opaque, enum kvp_pool pool, const char *key, const char *value)
{
	if (pool == KVP_POOL_AUTO)
		on_fact(opaque, key, value);
	else
		on_pair(opaque, key, value);
}

static void on_read(void *opaque)
{
	struct exchange *exchange = opaque;

	utilities_tell(exchange->synthetic, "guest", "exchange", "read");
}

static void forget(struct exchange *exchange)
{
	memset(exchange->facts, 0, sizeof(exchange->facts));
	exchange->pair_count = 0;
}

/* What a guest may know of its host (Hyper-V writes the same keys). */
static void on_ready(void *opaque, bool is_ready)
{
	struct exchange *exchange = opaque;

	forget(exchange);
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

static const struct kvp_ops ops = {
	.on_ready = on_ready,
	.on_value = on_value,
	.on_read = on_read,
	.on_changed = on_changed,
};

int exchange_init(struct exchange *exchange, struct synthetic *synthetic)
{
	exchange->synthetic = synthetic;
	return kvp_new(synthetic_bus(synthetic), synthetic_loop(synthetic), &ops, exchange, &exchange->kvp);
}

void exchange_deinit(struct exchange *exchange)
{
	exchange->kvp = kvp_free(exchange->kvp);
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
	exchange->pair_count = 0; /* told again when they are read */
	for (unsigned i = 0; i < EXCHANGE_FACTS; i++)
		if (*exchange->facts[i])
			utilities_tell(exchange->synthetic, "guest", facts[i].field, exchange->facts[i]);
}
