/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/vm.h"
#include "service/checkpoint.h"
#include "service/checkpoint_live.h"
#include "service/com_sockets.h"
#include "service/display_listener.h"
#include "service/display_viewers.h"
#include "service/event_log.h"
#include "service/guest_socket.h"
#include "service/network.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/vm_media.h"
#include "service/vm_save.h"

#include "api/api.h"
#include "api/api_error.h"

#include <errno.h>
#include <string.h>

struct vm *vm_new(struct service *service, struct vm_config *config)
{
	struct vm *vm = g_new0(struct vm, 1);

	vm->service = service;
	vm->config = config;
	vm->path = g_strconcat(API_VM_PREFIX, config->id, NULL);
	g_strdelimit(vm->path + strlen(API_VM_PREFIX), "-", '_');
	vm->cause = g_strdup("");
	vm->start_from_fd = -1;
	vm->engine = g_strdup("");
	vm->engine_reason = g_strdup("");
	vm_guest_forget(vm);
	vm_life_init(&vm->life);
	return vm;
}

static void clear_timer(guint *timer)
{
	if (*timer)
		g_source_remove(*timer);
	*timer = 0;
}

struct vm *vm_free(struct vm *vm)
{
	if (!vm)
		return NULL;
	clear_timer(&vm->timeout);
	clear_timer(&vm->start_timer);
	display_listener_close(vm);
	display_end(vm);
	com_sockets_forget(vm);
	vm->worker = worker_process_free(vm->worker);
	vm_guest_forget(vm); /* questions that wait are answered with its name */
	vm_media_abandon(vm);
	checkpoints_free(vm);
	vm_config_free(vm->config);
	vm_life_deinit(&vm->life);
	g_free(vm->path);
	g_free(vm->cause);
	g_free(vm->engine);
	g_free(vm->engine_reason);
	g_clear_pointer(&vm->used_files, g_array_unref);
	g_free(vm);
	return NULL;
}

void vm_add(struct vm *vm)
{
	g_hash_table_insert(vm->service->vms, vm->config->id, vm);
	checkpoints_load(vm);
	objects_vm_added(vm);
	checkpoints_tidy_later(vm);
}

/* --- finding --------------------------------------------------------------------------------------- */

struct vm *vm_by_id(const struct service *service, const char *id)
{
	return g_hash_table_lookup(service->vms, id);
}

struct vm *vm_find(const struct service *service, const char *name, GError **error)
{
	struct vm *found = vm_by_id(service, name);
	GHashTableIter iter;
	gpointer value;
	guint count = 0;

	if (found)
		return found;
	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct vm *vm = value;

		if (strcmp(vm->config->name, name) == 0) {
			found = vm;
			count++;
		}
	}
	if (count == 1)
		return found;
	if (count == 0)
		g_set_error(error, API_ERROR, API_ERROR_NOT_FOUND,
			    "%s: there is no such virtual machine; `bulkhead vm list` shows those there are",
			    name);
	else
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: %u virtual machines have this name; give the identity instead", name, count);
	return NULL;
}

gboolean vm_name_is_taken(const struct service *service, const char *name, const struct vm *self)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (value != self && strcmp(((struct vm *)value)->config->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* --- configuration and state ----------------------------------------------------------------------- */

gboolean vm_set_config(struct vm *vm, struct vm_config *config, GError **error)
{
	struct vm_config *old = vm->config;

	if (!vm_store_save(vm->service->store, config, error))
		return FALSE;
	vm->config = config;
	/* The table's key is the configuration's own text. */
	g_hash_table_steal(vm->service->vms, old->id);
	g_hash_table_insert(vm->service->vms, config->id, vm);
	if (strcmp(old->display_listen, config->display_listen) != 0 ||
	    old->display_tls != config->display_tls || old->display_keyboard != config->display_keyboard ||
	    old->display_clipboard != config->display_clipboard)
		display_listener_renew(vm);
	vm_media_follow_limits(vm, old);
	vm_guest_follow_services(vm, old);
	vm_config_free(old);
	network_follow(vm);
	objects_vm_changed(vm);
	return TRUE;
}

void vm_catch_up(const struct vm *vm, struct vm_config *config)
{
	struct vm_config *now = vm_config_copy(vm->config);
	GHashTable *grants = config->grants;

	config->grants = now->grants;
	now->grants = grants;
	config->was_running = now->was_running;
	vm_config_free(now);
}

gboolean vm_move(struct vm *vm, enum vm_event event, const char *reason, GError **error)
{
	enum vm_state before = vm->life.state;

	if (!vm_life_move(&vm->life, vm->config->name, event, reason, error))
		return FALSE;
	if (before != vm->life.state)
		event_log_add(vm->service->log, EVENT_STATE, NULL, vm->config->id, vm->config->name, "%s: %s",
			      vm_state_name(vm->life.state),
			      vm->life.reason ? vm->life.reason : vm_event_name(event));
	display_listener_update(vm);
	objects_vm_changed(vm);
	return TRUE;
}

/* So that "if it was running" holds after the host's restart. A failure costs only that. */
void vm_remember_running(struct vm *vm, gboolean is_running)
{
	struct vm_config *copy;
	GError *error = NULL;

	if (vm->config->was_running == is_running)
		return;
	copy = vm_config_copy(vm->config);
	copy->was_running = is_running;
	if (vm_set_config(vm, copy, &error))
		return;
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name, "%s",
		      error->message);
	g_error_free(error);
	vm_config_free(copy);
}

/* --- what the worker says -------------------------------------------------------------------------- */

static void set_text(char **place, const char *text)
{
	g_free(*place);
	*place = g_utf8_make_valid(text ? text : "", -1);
}

static const char found_text[] = "found running when the service started";

static void on_running(struct vm *vm, struct link_message *message)
{
	gboolean was_found = vm->is_found;
	uint64_t landlock;

	set_text(&vm->engine, link_get(message, "engine"));
	set_text(&vm->engine_reason, link_get(message, "reason"));
	vm->landlock = link_get_number(message, "landlock", 1000, &landlock) == 0 ? (guint)landlock : 0;
	guest_socket_open(vm);
	if (vm->is_from_saved)
		vm_save_used(vm);
	vm->is_from_saved = vm->is_found = FALSE;
	if (vm->life.state == VM_PAUSED || vm->life.state == VM_PAUSED_CRITICAL) {
		/* it was reset while it stood still */
		vm_move(vm, VM_RESUME, "it was reset", NULL);
		return;
	}
	if (vm->life.state == VM_STARTING)
		clear_timer(&vm->timeout);
	vm_move(vm, VM_STARTED,
		vm->life.state == VM_STARTING ? NULL
		: was_found		      ? found_text
					      : "the guest restarted",
		NULL);
	vm_finish_start(vm, NULL);
	checkpoints_tidy_later(vm);
}

static void on_warning(struct vm *vm, struct link_message *message)
{
	char *text = NULL;

	set_text(&text, link_get(message, "text"));
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name, "%s", text);
	g_free(text);
}

/* What the guest wrote waits in the worker: nothing is lost until it is turned off. */
static void on_disk_critical(struct vm *vm, struct link_message *message)
{
	char *text = NULL;

	set_text(&text, link_get(message, "text"));
	vm_move(vm, VM_NEEDS_HELP, text, NULL);
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		      "it stands still: %s", text);
	g_free(text);
}

static void on_message(gpointer opaque, struct link_message *message)
{
	struct vm *vm = opaque;
	const char *verb = link_verb(message);

	if (strcmp(verb, "running") == 0)
		on_running(vm, message);
	else if (strcmp(verb, "paused") == 0 && vm->life.state == VM_RUNNING)
		vm_move(vm, VM_PAUSE, vm->life.reason, NULL); /* found so by a service that starts anew */
	else if (strcmp(verb, "warning") == 0)
		on_warning(vm, message);
	else if (strcmp(verb, "disk-critical") == 0)
		on_disk_critical(vm, message);
	else if (!vm_save_handle(vm, message) && !checkpoint_live_handle(vm, message) &&
		 !vm_media_handle(vm, message))
		vm_guest_handle(vm, message);
}

static char *end_reason(const struct vm *vm, gboolean has_said, enum worker_cause cause, const char *text)
{
	if (!has_said)
		return g_strdup_printf("worker failed: %s", text);
	switch (cause) {
	case WORKER_POWER_OFF: return g_strdup("the guest switched itself off");
	case WORKER_STOPPED: return g_strdup(vm->life.reason ? vm->life.reason : "it was turned off");
	case WORKER_CRASH: return g_strdup_printf("the guest crashed: %s", text);
	case WORKER_SAVED: return g_strdup(vm->life.reason ? vm->life.reason : "it was saved");
	default: return g_strdup(text);
	}
}

void vm_lost(struct vm *vm, const char *reason)
{
	vm_move(vm, VM_ENDED, reason, NULL);
	if (vm->is_from_saved)
		vm_save_not_used(vm);
	vm->is_from_saved = FALSE;
	vm_save_find(vm);
}

static void on_gone(gpointer opaque, gboolean has_said, enum worker_cause cause, const char *text)
{
	struct vm *vm = opaque;
	gboolean was_starting = vm->life.state == VM_STARTING, was_turned_off = vm->life.state == VM_STOPPING;
	char *reason;
	GError *error = NULL;

	/* Who was told to stop and was killed for not doing so, was turned off. */
	if (!has_said && was_turned_off) {
		has_said = TRUE;
		cause = WORKER_STOPPED;
	}
	reason = end_reason(vm, has_said, cause, text);
	set_text(&vm->cause, has_said ? worker_cause_name(cause) : "worker-failed");
	vm->worker = worker_process_free(vm->worker);
	display_end(vm);
	com_sockets_remove(vm);
	clear_timer(&vm->timeout);
	set_text(&vm->engine, NULL);
	set_text(&vm->engine_reason, NULL);
	vm_guest_forget(vm);
	vm_media_abandon(vm);
	checkpoint_live_abandon(vm, reason);
	if (!vm_save_ended(vm, has_said && cause == WORKER_SAVED, reason))
		vm_lost(vm, reason);
	if (!vm->is_host_ending)
		vm_remember_running(vm, FALSE);
	vm->is_host_ending = FALSE;
	checkpoints_tidy_later(vm);
	if (was_starting || vm->on_started) {
		g_set_error(&error, API_ERROR, API_ERROR_FAILED, "%s did not start: %s", vm->config->name,
			    reason);
		vm_finish_start(vm, error);
		g_error_free(error);
	}
	g_free(reason);
}

const struct worker_ops vm_worker_ops = { .on_message = on_message, .on_gone = on_gone };

/* A worker that ended while no service was there. */
static void tell_earlier_end(struct vm *vm, const char *end)
{
	char **lines = g_strsplit(end, "\n", 3);
	enum worker_cause cause;
	char *text = g_utf8_make_valid(lines[0] && lines[1] ? lines[1] : "", -1), *reason;
	gboolean has_said = worker_cause_parse(lines[0], &cause) == 0;

	reason = end_reason(vm, has_said, has_said ? cause : WORKER_FAILURE, text);
	set_text(&vm->cause, has_said ? worker_cause_name(cause) : "worker-failed");
	g_free(vm->life.reason);
	vm->life.reason = g_strdup(reason);
	event_log_add(vm->service->log, EVENT_STATE, NULL, vm->config->id, vm->config->name,
		      "off: %s (while no service was running)", reason);
	vm_remember_running(vm, FALSE);
	g_free(reason);
	g_free(text);
	g_strfreev(lines);
}

void vm_adopt(struct vm *vm)
{
	char *end = NULL;

	com_sockets_find(vm);
	vm->worker = worker_process_find(vm->service->workers_fd, vm->config->id, &vm_worker_ops, vm, &end);
	vm->is_found = vm->worker != NULL;
	if (vm->worker)
		vm_move(vm, VM_FOUND, found_text, NULL);
	else if (end)
		tell_earlier_end(vm, end);
	vm->is_from_saved = vm->worker != NULL; /* perhaps: it is not needed when that runs */
	if (!vm->worker) {
		com_sockets_remove(vm);
		vm_save_find(vm);
	}
	g_free(end);
}

/* --- power ----------------------------------------------------------------------------------------- */

gboolean vm_check_verb(const struct vm *vm, const char *verb, GError **error)
{
	return !vm->worker || worker_process_knows(vm->worker, verb) ||
	       api_refuse(
		   error, API_ERROR_NOT_SUPPORTED,
		   "%s was started by an older Bulkhead, and its worker process does not know how; save it and start it again, or "
		   "shut it down and start it",
		   vm->config->name);
}

gboolean vm_send(struct vm *vm, struct link_message *message, GError **error)
{
	gboolean is_known = !message || vm_check_verb(vm, link_verb(message), error);
	gboolean is_sent =
	    message && is_known && vm->worker && worker_process_send_message(vm->worker, message);

	link_message_free(message);
	if (!is_known)
		return FALSE;
	return is_sent || api_refuse(error, API_ERROR_FAILED,
				     "%s: its worker process does not answer; turn it off", vm->config->name);
}

static gboolean check_worker(struct vm *vm, const char *verb, GError **error)
{
	struct link_message *message = NULL;

	if (link_message_new(verb, &message) < 0)
		message = NULL;
	return vm_send(vm, message, error);
}

static gboolean is_possible(struct vm *vm, enum vm_event event, GError **error)
{
	struct vm_life probe = { .state = vm->life.state };
	gboolean is_good = vm_life_move(&probe, vm->config->name, event, NULL, error);

	vm_life_deinit(&probe);
	return is_good;
}

gboolean vm_shut_down(struct vm *vm, const char *reason, GError **error)
{
	return is_possible(vm, VM_SHUT_DOWN, error) && check_worker(vm, vm_guest_shutdown_verb(vm), error) &&
	       vm_move(vm, VM_SHUT_DOWN, reason, error);
}

static gboolean on_stop_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->timeout = 0;
	if (vm->worker)
		worker_process_kill(vm->worker);
	return G_SOURCE_REMOVE;
}

gboolean vm_turn_off(struct vm *vm, const char *reason, GError **error)
{
	if (!vm_move(vm, VM_TURN_OFF, reason, error))
		return FALSE;
	vm->is_given_up = vm->is_opening;
	clear_timer(&vm->timeout);
	if (!vm->worker)
		return TRUE;
	vm->timeout = g_timeout_add_seconds(SERVICE_STOP_TIMEOUT_S, on_stop_timeout, vm);
	if (!worker_process_send(vm->worker, "stop"))
		worker_process_kill(vm->worker);
	return TRUE;
}

gboolean vm_check_reset(const struct vm *vm, GError **error)
{
	if (!vm_state_is_up(vm->life.state)) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_STATE,
			    "%s is %s; it cannot be reset; start it first", vm->config->name,
			    vm_state_name(vm->life.state));
		return FALSE;
	}
	return vm_check_verb(vm, "reset", error);
}

gboolean vm_reset(struct vm *vm, GError **error)
{
	return vm_check_reset(vm, error) && check_worker(vm, "reset", error);
}

gboolean vm_pause(struct vm *vm, const char *reason, GError **error)
{
	return is_possible(vm, VM_PAUSE, error) && check_worker(vm, "pause", error) &&
	       vm_move(vm, VM_PAUSE, reason, error);
}

gboolean vm_resume(struct vm *vm, const char *reason, GError **error)
{
	return is_possible(vm, VM_RESUME, error) && check_worker(vm, "resume", error) &&
	       vm_move(vm, VM_RESUME, NULL, error);
}
