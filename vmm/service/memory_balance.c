/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/memory_balance.h"
#include "service/memory_share.h"
#include "service/service.h"
#include "service/vm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOON_MS = 500, LATER_MS = 5000, RESERVE_MIB = 256, RESERVE_PART = 20 };

struct memory_balance {
	struct service *service;
	guint timer;
	gboolean is_soon;
	guint64 fixed_pool_mib; /* of tests; 0: what the host has */
};

/* --- the host -------------------------------------------------------------------------------------- */

static guint64 host_mib(const char *what)
{
	char *text = NULL, *line;
	guint64 kib = 0;

	if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL) && (line = strstr(text, what)))
		kib = g_ascii_strtoull(line + strlen(what), NULL, 10);
	g_free(text);
	return kib / 1024;
}

/* proc(5), statm: the second number is what is resident. */
static guint64 resident_mib(const struct vm *vm)
{
	char path[64], *text = NULL;
	unsigned long long pages = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)worker_process_pid(vm->worker));
	if (g_file_get_contents(path, &text, NULL, NULL))
		sscanf(text, "%*u %llu", &pages);
	g_free(text);
	return pages * (guint64)sysconf(_SC_PAGESIZE) >> 20;
}

static guint64 assigned_mib(const struct vm *vm)
{
	return vm->memory_assigned_mib ? vm->memory_assigned_mib : vm->config->memory_mib;
}

/* What was promised and will be touched some day. */
static guint64 untouched_mib(const struct vm *vm)
{
	guint64 assigned = assigned_mib(vm), resident = resident_mib(vm);

	return assigned > resident ? assigned - resident : 0;
}

guint64 memory_balance_maximum(const struct vm_config *config)
{
	guint64 host = host_mib("MemTotal:");

	if (!config->has_dynamic_memory)
		return config->memory_mib;
	return MAX(config->memory_mib, host ? MIN(config->memory_max_mib, host) : config->memory_max_mib);
}

/* --- the machines ------------------------------------------------------------------------------------ */

static gboolean takes_part(const struct vm *vm)
{
	return vm->worker && vm->life.state == VM_RUNNING && vm->config->has_dynamic_memory &&
	       vm->has_balloon;
}

static GPtrArray *participants(const struct service *service)
{
	GPtrArray *vms = g_ptr_array_new();
	GHashTableIter iter;
	gpointer vm;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		if (takes_part(vm))
			g_ptr_array_add(vms, vm);
	return vms;
}

/*
 * For those that take part: what they have, and what the host has left when all machines have touched theirs.
 */
static guint64 pool_mib(const struct memory_balance *balance, const GPtrArray *vms)
{
	guint64 has = host_mib("MemAvailable:"),
		taken = MAX(RESERVE_MIB, host_mib("MemTotal:") / RESERVE_PART);
	GHashTableIter iter;
	gpointer vm;

	if (balance->fixed_pool_mib)
		return balance->fixed_pool_mib;
	for (guint i = 0; i < vms->len; i++)
		has += assigned_mib(vms->pdata[i]);
	g_hash_table_iter_init(&iter, balance->service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &vm))
		if (((struct vm *)vm)->worker)
			taken += untouched_mib(vm);
	return has > taken ? has - taken : 0;
}

static struct memory_claim claim_of(const struct vm *vm)
{
	const struct vm_config *config = vm->config;

	return (struct memory_claim){ .minimum = config->memory_min_mib,
				      .maximum = memory_balance_maximum(config),
				      .demand = vm->memory_demand_mib,
				      .buffer_percent = config->memory_buffer_percent,
				      .weight = config->memory_weight,
				      .assigned = assigned_mib(vm) };
}

static void ask(struct vm *vm, guint64 mib)
{
	struct link_message *message;

	if (mib == vm->memory_asked_mib || (!vm->memory_asked_mib && mib == assigned_mib(vm)) ||
	    link_message_new("memory", &message) < 0)
		return;
	link_add_number(message, "mib", mib);
	if (vm_send(vm, message, NULL))
		vm->memory_asked_mib = mib;
}

static void divide(struct memory_balance *balance, const GPtrArray *vms)
{
	struct memory_claim *claims = g_new0(struct memory_claim, vms->len);
	gboolean is_short;

	for (guint i = 0; i < vms->len; i++)
		claims[i] = claim_of(vms->pdata[i]);
	is_short = memory_share(claims, vms->len, pool_mib(balance, vms));
	for (guint i = 0; i < vms->len; i++)
		ask(vms->pdata[i], memory_step(&claims[i], is_short));
	g_free(claims);
}

/* --- when ------------------------------------------------------------------------------------------ */

static gboolean on_timer(gpointer opaque);

static void set_timer(struct memory_balance *balance, guint ms)
{
	if (balance->timer)
		g_source_remove(balance->timer);
	balance->timer = g_timeout_add(ms, on_timer, balance);
	balance->is_soon = ms == SOON_MS;
}

static gboolean on_timer(gpointer opaque)
{
	struct memory_balance *balance = opaque;
	GPtrArray *vms = participants(balance->service);

	balance->timer = 0;
	balance->is_soon = FALSE;
	if (vms->len > 0) {
		divide(balance, vms);
		set_timer(balance, LATER_MS);
	}
	g_ptr_array_unref(vms);
	return G_SOURCE_REMOVE;
}

void memory_balance_soon(struct memory_balance *balance)
{
	if (balance && !balance->is_soon)
		set_timer(balance, SOON_MS);
}

struct memory_balance *memory_balance_new(struct service *service)
{
	struct memory_balance *balance = g_new0(struct memory_balance, 1);
	const char *fixed = g_getenv("BULKHEAD_BALANCE_MIB");

	balance->service = service;
	balance->fixed_pool_mib = fixed ? g_ascii_strtoull(fixed, NULL, 10) : 0;
	return balance;
}

struct memory_balance *memory_balance_free(struct memory_balance *balance)
{
	if (!balance)
		return NULL;
	if (balance->timer)
		g_source_remove(balance->timer);
	g_free(balance);
	return NULL;
}
