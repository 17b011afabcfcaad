/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guest's integration components say, as far as the service keeps it; and how a guest is shut down.
 */
#include "service/vm.h"
#include "service/event_log.h"
#include "service/guest_address.h"
#include "service/guest_copy.h"
#include "service/guest_freeze.h"
#include "service/guest_pairs.h"
#include "service/guest_socket.h"
#include "service/memory_balance.h"
#include "service/objects.h"
#include "service/screen_fit.h"
#include "service/service.h"
#include "service/start_files.h"

#include "api/api_error.h"
#include "model/durable.h"

#include <string.h>

static void warn(const struct vm *vm, const char *format, const char *text)
{
	char *valid = g_utf8_make_valid(text, -1), *line = g_strdup_printf(format, valid);

	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name, "%s", line);
	g_free(line);
	g_free(valid);
}

enum { FACT_MAX = 1024, CRASH_EACH_S = 10 };

static void set_memory(struct vm *vm, guint64 *value, guint64 mib)
{
	if (*value == mib)
		return;
	*value = mib;
	memory_balance_soon(vm->service->balance);
	objects_vm_changed(vm);
}

static void take_facts(struct vm *vm, const struct link_message *message)
{
	static const char *const keys[VM_GUEST_FACTS] = {
		[VM_GUEST_OS] = "os-name", [VM_GUEST_KERNEL] = "os-build", [VM_GUEST_HOST_NAME] = "host-name",
		[VM_GUEST_IPV4] = "ipv4",  [VM_GUEST_IPV6] = "ipv6",
	};
	gboolean is_changed = FALSE;
	guint64 mib;

	for (unsigned i = 0; i < VM_GUEST_FACTS; i++) {
		const char *text = link_get(message, keys[i]);
		char *valid;

		if (!text || strlen(text) > FACT_MAX)
			continue;
		valid = g_utf8_make_valid(text, -1);
		is_changed |= g_strcmp0(vm->guest_facts[i], valid) != 0;
		g_free(vm->guest_facts[i]);
		vm->guest_facts[i] = valid;
	}
	if (is_changed)
		objects_vm_changed(vm);
	if (link_get_number(message, "memory-demand-mib", G_MAXUINT32, &mib) == 0)
		set_memory(vm, &vm->memory_demand_mib, mib);
	if (link_get_number(message, "memory-assigned-mib", G_MAXUINT32, &mib) == 0)
		set_memory(vm, &vm->memory_assigned_mib, mib);
}

static void on_guest(struct vm *vm, const struct link_message *message)
{
	static const char *const known[] = { "none", "ok", "lost" };
	const char *heartbeat = link_get(message, "heartbeat"), *shutdown = link_get(message, "shutdown"),
		   *exchange = link_get(message, "exchange"), *balloon = link_get(message, "dynamic-memory");

	for (unsigned i = 0; heartbeat && i < G_N_ELEMENTS(known); i++)
		if (strcmp(heartbeat, known[i]) == 0 && strcmp(vm->heartbeat, known[i]) != 0) {
			vm->heartbeat = known[i];
			objects_vm_changed(vm);
		}
	if (balloon) {
		vm->has_balloon = strcmp(balloon, "ready") == 0;
		vm->memory_demand_mib = 0;
		memory_balance_soon(vm->service->balance);
	}
	take_facts(vm, message);
	if (shutdown)
		vm->hears_shutdown = strcmp(shutdown, "ready") == 0;
	if (exchange)
		guest_pairs_exchange(vm, exchange);
}

/* The text is kept beside the worker's records until the next crash; the log of events has the line that tells most. */
static void on_crash(struct vm *vm, const struct link_message *message)
{
	const char *text = link_get(message, "text"), *summary = link_get(message, "summary");
	gint64 now = g_get_monotonic_time();
	char *name;

	/* It may say so as often as it likes, and each is written to the disk. */
	if (vm->crashed_at && now - vm->crashed_at < CRASH_EACH_S * G_USEC_PER_SEC)
		return;
	vm->crashed_at = now;
	if (!text || !*text) {
		warn(vm, "its guest's kernel crashed%s", "");
		return;
	}
	warn(vm, "its guest's kernel crashed: %s", summary ? summary : "");
	name = g_strconcat(vm->config->id, ".panic", NULL);
	if (durable_write(vm->service->workers_fd, name, text, MIN(strlen(text), VM_GUEST_PANIC_MAX)) < 0)
		warn(vm, "the text of the crash cannot be kept%s; make room in the runtime folder", "");
	g_free(name);
}

/* The button is what every guest may hear. */
static void on_shutdown(struct vm *vm, const struct link_message *message)
{
	const char *result = link_get(message, "result");

	if (!result || strcmp(result, "accepted") == 0 || vm->life.state != VM_STOPPING)
		return;
	if (strcmp(result, "refused") == 0)
		warn(vm, "its guest refuses to shut down%s; its power button is pressed instead", "");
	worker_process_send(vm->worker, "power-button");
}

void vm_guest_forget_panic(struct vm *vm)
{
	char *name = g_strconcat(vm->config->id, ".panic", NULL);

	durable_remove(vm->service->workers_fd, name);
	g_free(name);
}

void vm_guest_forget(struct vm *vm)
{
	vm->heartbeat = "";
	for (unsigned i = 0; i < VM_GUEST_FACTS; i++)
		g_clear_pointer(&vm->guest_facts[i], g_free);
	vm->memory_demand_mib = vm->memory_assigned_mib = vm->memory_asked_mib = 0;
	vm->has_balloon = FALSE;
	vm->hears_shutdown = FALSE;
	guest_copy_abandon(vm);
	guest_freeze_abandon(vm);
	screen_fit_abandon(vm);
	guest_address_abandon(vm);
	guest_pairs_forget(vm);
	vm->guest_socket = guest_socket_free(vm->guest_socket);
}

gboolean vm_guest_handle(struct vm *vm, struct link_message *message)
{
	static const struct {
		const char *verb;
		void (*handle)(struct vm *vm, const struct link_message *message);
	} verbs[] = {
		{ "guest", on_guest },
		{ "guest-crash", on_crash },
		{ "shutdown", on_shutdown },
		{ "kvp", guest_pairs_take },
		{ "kvp-gone", guest_pairs_drop },
		{ "copying", guest_copy_progress },
		{ "copied", guest_copy_done },
		{ "frozen", guest_freeze_frozen },
		{ "thawed", guest_freeze_thawed },
		{ "addresses", guest_address_take },
		{ "screen-fitted", screen_fit_done },
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strcmp(verbs[i].verb, link_verb(message)) == 0) {
			verbs[i].handle(vm, message);
			return TRUE;
		}
	return FALSE;
}

void vm_guest_follow_services(struct vm *vm, const struct vm_config *before)
{
	struct link_message *message;

	if (!vm->worker ||
	    memcmp(before->integration, vm->config->integration, sizeof(before->integration)) == 0 ||
	    link_message_new("services", &message) < 0)
		return;
	link_add_number(message, "mask", start_files_services(vm->config));
	vm_send(vm, message, NULL);
}

gboolean vm_guest_check(const struct vm *vm, enum vm_integration service, GError **error)
{
	const struct model_field *field = vm_integration_field(service);

	if (vm->config->integration[service])
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
		    "%s: its integration service \"%s\" is off; switch it on: bulkhead vm set %s "
		    "--integration %s=on",
		    vm->config->name, field->label, vm->config->name, strchr(field->name, '.') + 1);
	return FALSE;
}

const char *vm_guest_shutdown_verb(const struct vm *vm)
{
	return vm->hears_shutdown ? "shutdown" : "power-button";
}
