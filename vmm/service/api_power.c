/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The power of a machine: methods of org.bulkhead.VirtualMachine1. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/checkpoint.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/vm_save.h"

#include "api/api_error.h"

enum { RESUME_TRY_MS = 1000 };

static void on_started(gpointer opaque, const GError *error)
{
	struct call *call = opaque;
	struct vm *vm = call_vm(call);

	if (vm)
		vm->is_resume_forced = FALSE; /* it was for this start alone */
	if (error) {
		event_log_add(call->service->log, EVENT_WARNING, call->who->user, call->vm_id,
			      vm ? vm->config->name : NULL, "%s", error->message);
		call_fail(call, error);
	} else {
		call_return_steps(call);
	}
}

static void on_answer(gpointer opaque, const GError *error)
{
	if (error)
		call_fail(opaque, error);
	else
		call_return_steps(opaque);
}

static void start_again(gpointer call)
{
	api_start(call);
}

void api_start(struct call *call)
{
	struct vm *vm;

	/* Who starts it does not wait until its disks are merged. */
	if (!api_get_vm(call, &vm) || (!call->is_plan && checkpoints_give_way(vm, start_again, call)) ||
	    !api_check_idle(call, vm, FALSE))
		return;
	if (vm->life.state == VM_SAVED)
		call_step(call, "%s goes on from its saved state%s", vm->config->name,
			  call->is_forced ? ", even when its disks were changed since" : "");
	call_step(call,
		  "%s is started with %" G_GUINT64_FORMAT " MiB of memory and %" G_GUINT64_FORMAT
		  " processor%s",
		  vm->config->name, vm->config->memory_mib, vm->config->processors,
		  vm->config->processors == 1 ? "" : "s");
	vm->is_resume_forced = !call->is_plan && call->is_forced && vm->life.state == VM_SAVED;
	if (!call->is_plan)
		checkpoints_start(vm, call->who, on_started, call);
	else
		vm_plan_start(vm, call->who, call->is_forced, on_answer, call);
}

/* `what` happens to it, and afterwards people read that USER `did` it. */
struct power_change {
	enum vm_event event;
	const char *what, *did;
	gboolean (*act)(struct vm *vm, const char *reason, GError **error);
};

/* What the state allows is asked first, for a plan too. */
static void change_power(struct call *call, const struct power_change *change)
{
	struct vm_life probe;
	GError *error = NULL;
	struct vm *vm;
	char *reason;

	if (!api_get_vm(call, &vm))
		return;
	call_step(call, "%s %s", vm->config->name, change->what);
	probe = (struct vm_life){ .state = vm->life.state };
	reason = g_strdup_printf("%s %s", call->who->user, change->did);
	if (call->is_plan)
		vm_life_move(&probe, vm->config->name, change->event, NULL, &error);
	else
		change->act(vm, reason, &error);
	vm_life_deinit(&probe);
	g_free(reason);
	if (error)
		api_fail(call, error);
	else
		call_return_steps(call);
}

void api_shut_down(struct call *call)
{
	static const struct power_change change = { VM_SHUT_DOWN, "is asked to shut down",
						    "asked it to shut down", vm_shut_down };
	struct vm *vm = call_vm(call);
	GError *error = NULL;

	/* Who wants no guest to be asked from outside means the power button too; only the host's end presses it. */
	if (vm && vm_state_has_worker(vm->life.state) && !vm_guest_check(vm, VM_INTEGRATION_SHUTDOWN, &error))
		api_fail(call, error);
	else
		change_power(call, &change);
}

void api_turn_off(struct call *call)
{
	static const struct power_change change = {
		VM_TURN_OFF, "is turned off; what its guest did not write to its disks is lost",
		"turned it off", vm_turn_off
	};

	change_power(call, &change);
}

void api_pause(struct call *call)
{
	static const struct power_change change = { VM_PAUSE, "is paused", "paused it", vm_pause };

	change_power(call, &change);
}

/* Whether what could not be written can be written now. */
static gboolean on_resume_tried(gpointer opaque)
{
	struct call *call = opaque;
	const struct vm *vm = call_vm(call);

	if (vm && vm->life.state == VM_PAUSED_CRITICAL)
		call_fail_text(call, API_ERROR_FAILED, "%s stands still as before: %s", vm->config->name,
			       vm->life.reason ? vm->life.reason : "its disk cannot be written");
	else
		call_return_steps(call);
	return G_SOURCE_REMOVE;
}

static void resume_critical(struct call *call, struct vm *vm)
{
	GError *error = NULL;

	call_step(call, "%s is resumed: what could not be written is tried again", vm->config->name);
	if (call->is_plan)
		call_return_steps(call);
	else if (vm_resume(vm, NULL, &error))
		g_timeout_add(RESUME_TRY_MS, on_resume_tried,
			      call); /* the state tells whoever waits longer */
	else
		api_fail(call, error);
}

void api_resume(struct call *call)
{
	static const struct power_change change = { VM_RESUME, "is resumed", "resumed it", vm_resume };
	struct vm *vm = call_vm(call);

	if (vm && vm->life.state == VM_PAUSED_CRITICAL)
		resume_critical(call, vm);
	else
		change_power(call, &change);
}

void api_reset(struct call *call)
{
	GError *error = NULL;
	struct vm *vm;

	if (!api_get_vm(call, &vm))
		return;
	call_step(call, "%s is reset; what its guest did not write to its disks is lost", vm->config->name);
	if (!(call->is_plan ? vm_check_reset(vm, &error) : vm_reset(vm, &error)))
		api_fail(call, error);
	else
		call_return_steps(call);
}

/* --- saving ------------------------------------------------------------------------------------------ */

void api_save(struct call *call)
{
	GError *error = NULL;
	struct vm *vm;

	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	call_step(call,
		  "%s is saved: memory and devices go to the disk, and the next start goes on from there",
		  vm->config->name);
	if (!vm_save_check(vm, &error))
		api_fail(call, error);
	else if (call->is_plan)
		call_return_steps(call);
	else
		vm_save(vm, call->who->user, on_answer, call);
}

void api_delete_saved(struct call *call)
{
	static const struct power_change change = {
		VM_DISCARD,
		"loses its saved state; what its guest had in memory and not on its disks is lost",
		"deleted its saved state", vm_save_discard
	};

	change_power(call, &change);
}
