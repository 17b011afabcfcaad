/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/screen_fit.h"
#include "service/api_power.h"
#include "service/call.h"
#include "service/service.h"
#include "service/vm.h"
#include "service/vm_question.h"

#include "api/api_error.h"

#include <string.h>

enum { ANSWER_S = 30, SIDE_MAX = 16384 }; /* longer than the worker waits for the guest's driver */

/* FALSE: answered. */
static gboolean check_sides(struct call *call, struct vm *vm, guint *width, guint *height,
			    gboolean is_clipped)
{
	guint width_max, height_max;

	vm_resolution(vm->config, &width_max, &height_max);
	if (is_clipped) {
		*width = MIN(*width, width_max);
		*height = MIN(*height, height_max);
	}
	if (*width < SCREEN_FIT_WIDTH_MIN || *height < SCREEN_FIT_HEIGHT_MIN)
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%ux%u: the smallest screen of a guest is %dx%d; give as much or more", *width,
			       *height, SCREEN_FIT_WIDTH_MIN, SCREEN_FIT_HEIGHT_MIN);
	else if (*width > width_max || *height > height_max)
		call_fail_text(
		    call, API_ERROR_INVALID_ARGUMENT,
		    "%ux%u: the screen of %s may have %ux%u at most; give less, or allow more while it is off: "
		    "bulkhead vm set %s --display-maximum 2560x1600",
		    *width, *height, vm->config->name, width_max, height_max, vm->config->name);
	else
		return TRUE;
	return FALSE;
}

static struct link_message *new_message(guint width, guint height)
{
	struct link_message *message;

	if (link_message_new("fit-screen", &message) < 0)
		return NULL;
	link_add_number(message, "width", width);
	link_add_number(message, "height", height);
	return message;
}

void screen_fit(struct call *call, struct vm *vm, guint width, guint height, gboolean is_clipped)
{
	GError *error = NULL;

	if (!check_sides(call, vm, &width, &height, is_clipped))
		return;
	if (!vm->worker || vm->life.state != VM_RUNNING) {
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s is %s; %s it first", vm->config->name,
			       vm_state_name(vm->life.state),
			       vm->life.state == VM_PAUSED ? "resume" : "start");
		return;
	}
	if (vm->screen_fit) {
		call_fail_text(call, API_ERROR_INVALID_STATE,
			       "%s: its screen is getting another size already; wait until it has it",
			       vm->config->name);
		return;
	}
	call_step(
	    call,
	    "the screen of %s gets the largest size within %ux%u that its guest's driver shows; the driver starts again, and programs "
	    "that draw on the screen themselves, such as a desktop, lose it",
	    vm->config->name, width, height);
	if (!vm_check_verb(vm, "fit-screen", &error))
		api_fail(call, error);
	else if (call->is_plan)
		call_return_steps(call);
	else
		vm_question_ask(&vm->screen_fit, call, 0, vm, new_message(width, height), ANSWER_S,
				"its worker process does not answer; try again, or turn it off");
}

/* --- from the worker --------------------------------------------------------------------------------- */

void screen_fit_done(struct vm *vm, const struct link_message *message)
{
	static const struct {
		const char *result;
		int api_error;
		const char *text;
	} failures[] = {
		{ "none", API_ERROR_INVALID_STATE,
		  "its guest's driver of the synthetic screen (hyperv_drm) shows nothing now; wait until it does, or load it in the "
		  "guest: modprobe hyperv_drm" },
		{ "timeout", API_ERROR_FAILED,
		  "its guest's driver was started again and has not come back in 20 s; look into the guest, or reset it" },
		{ "restarted", API_ERROR_INVALID_STATE,
		  "it was reset meanwhile; try again when its guest's driver has started" },
	};
	const char *result = link_get(message, "result");
	guint64 width = 0, height = 0;

	if (!vm->screen_fit || !result)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(failures); i++)
		if (strcmp(result, failures[i].result) == 0) {
			vm_question_fail(&vm->screen_fit, failures[i].api_error, failures[i].text);
			return;
		}
	link_get_number(message, "width", SIDE_MAX, &width);
	link_get_number(message, "height", SIDE_MAX, &height);
	call_step(vm->screen_fit->call, "its screen has %ux%u now", (guint)width, (guint)height);
	call_return_steps(vm_question_take(&vm->screen_fit));
}

void screen_fit_abandon(struct vm *vm)
{
	if (vm->screen_fit)
		vm_question_fail(
		    &vm->screen_fit, API_ERROR_INVALID_STATE,
		    "it ended before its guest's driver had started again; start it, and try again");
}
