/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/guest_freeze.h"
#include "service/api_power.h"
#include "service/call.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <string.h>

/* a guest that writes much needs some time to stand still; one that hangs says so before (vsp/ic/vss.h) */
enum { ANSWER_S = 60 };

/* The one that waits: a call, or the service itself. */
struct guest_freeze {
	struct call *call; /* NULL: fn */
	guest_frozen_fn fn;
	gpointer opaque;
	gboolean is_thaw;
	guint timeout;
};

/* Takes `error`; NULL: all is well. */
static void answer(struct vm *vm, GError *error)
{
	struct guest_freeze freeze = *vm->guest_freeze;

	g_clear_pointer(&vm->guest_freeze, g_free);
	if (freeze.timeout)
		g_source_remove(freeze.timeout);
	if (freeze.call && error)
		call_fail(freeze.call, error);
	else if (freeze.call)
		call_return_steps(freeze.call);
	else if (freeze.fn)
		freeze.fn(freeze.opaque, error);
	g_clear_error(&error);
}

static void fail(struct vm *vm, const char *text)
{
	answer(vm, g_error_new(API_ERROR, API_ERROR_FAILED, "%s: %s", vm->config->name, text));
}

static void set_frozen(struct vm *vm, gboolean is_frozen)
{
	if (vm->is_frozen == is_frozen)
		return;
	vm->is_frozen = is_frozen;
	objects_vm_changed(vm);
}

static gboolean on_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->guest_freeze->timeout = 0;
	fail(vm, "its guest does not answer; look what it does, and try again");
	return G_SOURCE_REMOVE;
}

static gboolean check(struct vm *vm, gboolean is_thaw, GError **error)
{
	if (!vm->worker || vm->life.state != VM_RUNNING)
		return api_refuse(error, API_ERROR_INVALID_STATE, "%s is %s; start it first",
				  vm->config->name, vm_state_name(vm->life.state));
	if (!vm_guest_check(vm, VM_INTEGRATION_BACKUP, error))
		return FALSE;
	if (!vm_check_verb(vm, is_thaw ? "thaw" : "freeze", error))
		return FALSE;
	return !vm->guest_freeze ||
	       api_refuse(error, API_ERROR_INVALID_STATE,
			  "%s: its guest is being asked already; wait for its answer", vm->config->name);
}

/* `freeze` is how it is answered. */
static gboolean ask(struct vm *vm, const struct guest_freeze *freeze, guint limit_s, GError **error)
{
	struct link_message *message;

	if (link_message_new(freeze->is_thaw ? "thaw" : "freeze", &message) < 0)
		return vm_send(vm, NULL, error);
	if (!freeze->is_thaw)
		link_add_number(message, "limit-s", limit_s);
	if (!vm_send(vm, message, error))
		return FALSE;
	vm->guest_freeze = g_new(struct guest_freeze, 1);
	*vm->guest_freeze = *freeze;
	vm->guest_freeze->timeout = g_timeout_add_seconds(ANSWER_S, on_timeout, vm);
	return TRUE;
}

static void ask_for_call(struct call *call, struct vm *vm, guint limit_s, gboolean is_thaw)
{
	struct guest_freeze freeze = { .call = call, .is_thaw = is_thaw };
	GError *error = NULL;

	if (!check(vm, is_thaw, &error))
		api_fail(call, error);
	else if (call->is_plan)
		call_return_steps(call);
	else if (!ask(vm, &freeze, limit_s, &error))
		api_fail(call, error);
}

void guest_freeze_for(struct vm *vm, guint limit_s, guest_frozen_fn fn, gpointer opaque)
{
	struct guest_freeze freeze = { .fn = fn, .opaque = opaque };
	GError *error = NULL;

	if (check(vm, FALSE, &error) && ask(vm, &freeze, limit_s, &error))
		return;
	fn(opaque, error);
	g_error_free(error);
}

void guest_thaw_after(struct vm *vm)
{
	if (vm->worker && vm->is_frozen)
		worker_process_send(vm->worker, "thaw");
}

void guest_freeze_give_up(struct vm *vm)
{
	if (vm->guest_freeze && !vm->guest_freeze->call && !vm->guest_freeze->is_thaw)
		answer(vm, g_error_new(API_ERROR, API_ERROR_CANCELLED,
				       "it was cancelled")); /* and goes on as soon as it stands */
	else
		guest_thaw_after(vm);
}

void guest_freeze(struct call *call, struct vm *vm, guint limit_s)
{
	call_step(call, "the file systems of %s's guest stand still, for at most %u s", vm->config->name,
		  limit_s);
	ask_for_call(call, vm, limit_s, FALSE);
}

void guest_thaw(struct call *call, struct vm *vm)
{
	call_step(call, "the file systems of %s's guest go on", vm->config->name);
	ask_for_call(call, vm, 0, TRUE);
}

/* --- from the worker --------------------------------------------------------------------------------- */

void guest_freeze_frozen(struct vm *vm, const struct link_message *message)
{
	const char *result = link_get(message, "result");
	gboolean is_good = result && strcmp(result, "ok") == 0,
		 waits = vm->guest_freeze && !vm->guest_freeze->is_thaw;

	if (is_good)
		set_frozen(vm, TRUE);
	if (!waits) {
		if (is_good) /* too late: nobody would thaw it */
			worker_process_send(vm->worker, "thaw");
	} else if (is_good) {
		answer(vm, NULL);
	} else if (result && strcmp(result, "busy") == 0) {
		fail(vm, "its guest stands still already; thaw it first: bulkhead vm thaw");
	} else if (result && strcmp(result, "waiting") == 0) {
		fail(vm, "its guest has not answered the last time; look whether hv_vss_daemon hangs in it");
	} else if (result && strcmp(result, "silent") == 0) {
		fail(vm, "its guest does not answer; look whether hv_vss_daemon hangs in it");
	} else if (result && strcmp(result, "unavailable") == 0) {
		fail(vm, "its guest cannot do this; install and start hv_vss_daemon in it (Debian: "
			 "hyperv-daemons)");
	} else {
		fail(
		    vm,
		    "its guest could not freeze its file systems; start hv_vss_daemon in it (Debian: hyperv-daemons), or look into its own log");
	}
}

void guest_freeze_thawed(struct vm *vm, const struct link_message *message)
{
	const char *result = link_get(message, "result");
	gboolean is_good = result && strcmp(result, "ok") == 0;

	set_frozen(vm, FALSE);
	if (result && strcmp(result, "expired") == 0)
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
			      "its guest goes on: nobody thawed it in time");
	if (!vm->guest_freeze || !vm->guest_freeze->is_thaw)
		return;
	if (is_good)
		answer(vm, NULL);
	else
		fail(vm, "its guest was not frozen any more; a backup of this time may be inconsistent");
}

void guest_freeze_abandon(struct vm *vm)
{
	vm->is_frozen = FALSE;
	if (vm->guest_freeze)
		fail(vm, "it ended before its guest answered; start it again");
}
