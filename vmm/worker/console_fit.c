/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/console_fit.h"
#include "worker/screen.h"

#include <string.h>

#define SETTLE_NS  2000000000ull  /* its driver goes on binding after it has shown something */
#define TIMEOUT_NS 20000000000ull /* a slow guest's; 100 ms otherwise */

static void finish(struct console_fit *fit, const char *result, uint32_t width, uint32_t height)
{
	struct link_message *message;

	fit->step = FIT_NONE;
	loop_timer_set(fit->timer, LOOP_NEVER);
	machine_screen_keep(fit->screen, false);
	if (link_message_new("screen-fitted", &message) < 0)
		return;
	link_add(message, "result", result);
	link_add_number(message, "width", width);
	link_add_number(message, "height", height);
	synthetic_tell(fit->synthetic, message);
}

static void start(struct console_fit *fit)
{
	uint64_t now = loop_now();
	int r;

	if (fit->shown_ns && now < fit->shown_ns + SETTLE_NS) {
		fit->step = FIT_SETTLING;
		loop_timer_set(fit->timer, fit->shown_ns + SETTLE_NS);
		return;
	}
	fit->step = FIT_RESTARTING;
	machine_screen_keep(fit->screen, true);
	r = synthvid_fit(fit->video, fit->width, fit->height);
	if (r == 0)
		loop_timer_set(fit->timer, now + TIMEOUT_NS);
	else if (r > 0)
		finish(fit, "ok", fit->shown_width, fit->shown_height);
	else
		finish(fit, "none", 0, 0);
}

static void on_timer(void *opaque)
{
	struct console_fit *fit = opaque;

	if (fit->step == FIT_SETTLING)
		start(fit);
	else if (fit->step == FIT_RESTARTING)
		finish(fit, "timeout", 0, 0);
}

void console_fit_shown(struct console_fit *fit, const struct synthvid_surface *surface)
{
	if (!surface->pixels) {
		fit->shown_ns = 0;
		return;
	}
	if (!fit->shown_ns)
		fit->shown_ns = loop_now();
	fit->shown_width = surface->width;
	fit->shown_height = surface->height;
	if (fit->step == FIT_RESTARTING)
		finish(fit, "ok", surface->width, surface->height);
}

void console_fit_restarted(struct console_fit *fit)
{
	if (fit->step != FIT_NONE)
		finish(fit, "restarted", 0, 0);
}

bool console_fit_handle(struct console_fit *fit, struct link_message *message)
{
	uint64_t width, height;

	if (strcmp(link_verb(message), "fit-screen") != 0 ||
	    link_get_number(message, "width", UINT16_MAX, &width) < 0 ||
	    link_get_number(message, "height", UINT16_MAX, &height) < 0)
		return false;
	if (fit->step != FIT_NONE)
		return true; /* the service asks for one at a time; that one's answer is this one's, too */
	fit->width = (uint16_t)width;
	fit->height = (uint16_t)height;
	start(fit);
	return true;
}

int console_fit_init(struct console_fit *fit, struct synthetic *synthetic, struct synthvid *video)
{
	fit->synthetic = synthetic;
	fit->video = video;
	fit->screen = synthetic_screen(synthetic);
	return loop_timer_new(synthetic_loop(synthetic), on_timer, fit, &fit->timer);
}

void console_fit_deinit(struct console_fit *fit)
{
	fit->timer = loop_timer_free(fit->timer);
}
