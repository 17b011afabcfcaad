/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/screen_fit.h"
#include "service/api_power.h"
#include "service/call.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <string.h>

enum { ANSWER_S = 30, SIDE_MAX = 16384 }; /* longer than the worker waits for the guest's driver */

/* The one that waits. */
struct screen_fit {
	struct call *call;
	guint timeout;
};

static struct call *take_call(struct vm *vm)
{
	struct screen_fit *fit = g_steal_pointer(&vm->screen_fit);
	struct call *call = fit->call;

	if (fit->timeout)
		g_source_remove(fit->timeout);
	g_free(fit);
	return call;
}

static void fail(struct vm *vm, int api_error, const char *text)
{
	call_fail_text(take_call(vm), api_error, "%s: %s", vm->config->name, text);
}

static gboolean on_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->screen_fit->timeout = 0;
	fail(vm, API_ERROR_FAILED, "its worker process does not answer; try again, or turn it off");
	return G_SOURCE_REMOVE;
}

/* FALSE: answered. */
static gboolean check_sides(struct call *call, struct vm *vm, guint *width, guint *height, gboolean is_clipped)
{
	guint width_max, height_max;

	vm_resolution(vm->config, &width_max, &height_max);
	if (is_clipped) {
		*width = MIN(*width, width_max);
		*height = MIN(*height, height_max);
	}
	if (*width < SCREEN_FIT_WIDTH_MIN || *height < SCREEN_FIT_HEIGHT_MIN)
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT, "%ux%u: the smallest screen of a guest is %dx%d; give as much or more", *width,
			       *height, SCREEN_FIT_WIDTH_MIN, SCREEN_FIT_HEIGHT_MIN);
	else if (*width > width_max || *height > height_max)
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%ux%u: the screen of %s may have %ux%u at most; give less, or allow more while it is off: "
			       "bulkhead vm set %s --display-maximum 2560x1600",
			       *width, *height, vm->config->name, width_max, height_max, vm->config->name);
	else
		return TRUE;
	return FALSE;
}

static gboolean send(struct vm *vm, guint width, guint height, GError **error)
{
	struct link_message *message;

	if (link_message_new("fit-screen", &message) < 0)
		return vm_send(vm, NULL, error);
	link_add_number(message, "width", width);
	link_add_number(message, "height", height);
	return vm_send(vm, message, error);
}

static void start(struct call *call, struct vm *vm, guint width, guint height)
{
	GError *error = NULL;

	if (!send(vm, width, height, &error)) {
		api_fail(call, error);
		return;
	}
	vm->screen_fit = g_new0(struct screen_fit, 1);
	*vm->screen_fit = (struct screen_fit){ .call = call, .timeout = g_timeout_add_seconds(ANSWER_S, on_timeout, vm) };
}

void screen_fit(struct call *call, struct vm *vm, guint width, guint height, gboolean is_clipped)
{
	if (!check_sides(call, vm, &width, &height, is_clipped))
		return;
	if (!vm->worker || vm->life.state != VM_RUNNING) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s is %s; %s it first", vm->config->name, vm_state_name(vm->life.state),
			       vm->life.state == VM_PAUSED ? "resume" : "start");
		return;
	}
	if (vm->screen_fit) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s: its screen is getting another size already; wait until it has it",
			       vm->config->name);
		return;
	}
	call_step(call,
		  "the screen of %s gets the largest size within %ux%u that its guest's driver shows; the driver starts again, and programs "
		  "that draw on the screen themselves, such as a desktop, lose it",
		  vm->config->name, width, height);
	if (call->is_plan)
		call_return_steps(call);
	else
		start(call, vm, width, height);
}

/* --- from the worker --------------------------------------------------------------------------------- */

void screen_fit_done(struct vm *vm, const struct link_message *message)
{
	static const struct {
		const char *result;
		int api_error;
		const char *text;
	} failures[] = {
		{ "none", API_ERROR_INVALID_STATE, "its guest's driver of the synthetic screen (hyperv_drm) shows nothing now; wait until it does, or load it in the "
			  "guest: modprobe hyperv_drm" },
		{ "timeout", API_ERROR_FAILED, "its guest's driver was started again and has not come back in 20 s; look into the guest, or reset it" },
		{ "restarted", API_ERROR_INVALID_STATE, "it was reset meanwhile; try again when its guest's driver has started" },
	};
	const char *result = link_get(message, "result");
	guint64 width = 0, height = 0;

	if (!vm->screen_fit || !result)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(failures); i++)
		if (strcmp(result, failures[i].result) == 0) {
			fail(vm, failures[i].api_error, failures[i].text);
			return;
		}
	link_get_number(message, "width", SIDE_MAX, &width);
	link_get_number(message, "height", SIDE_MAX, &height);
	call_step(vm->screen_fit->call, "its screen has %ux%u now", (guint)width, (guint)height);
	call_return_steps(take_call(vm));
}

void screen_fit_abandon(struct vm *vm)
{
	if (vm->screen_fit)
		fail(vm, API_ERROR_INVALID_STATE, "it ended before its guest's driver had started again; start it, and try again");
}
