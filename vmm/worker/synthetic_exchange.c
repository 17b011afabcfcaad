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
