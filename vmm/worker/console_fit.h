/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the guest's screen fit a window at once (vsp/video/synthvid.h: synthvid_fit()): one at a time, and only when its driver
 * has settled after the last time it started.
 *
 * From the service   "fit-screen": width, height.
 * To the service     "screen-fitted": result "ok" with width and height of the guest's screen, "none" (its driver shows nothing),
 *                    "timeout" (its driver did not come back), "restarted" (the machine was reset meanwhile).
 * Threads            The device thread.
 */
#ifndef WORKER_CONSOLE_FIT_H
#define WORKER_CONSOLE_FIT_H

#include "vsp/video/synthvid.h"
#include "worker/synthetic.h"

struct console_fit {
	struct synthetic *synthetic;
	struct synthvid *video;
	struct machine_screen *screen;
	struct loop_timer *timer;
	enum { FIT_NONE, FIT_SETTLING, FIT_RESTARTING } step;
	uint16_t width, height; /* wanted */
	uint64_t shown_ns;	/* when its driver began to show something; 0: it does not */
	uint32_t shown_width, shown_height;
};

/* Zeroed before. */
int console_fit_init(struct console_fit *fit, struct synthetic *synthetic, struct synthvid *video);
void console_fit_deinit(struct console_fit *fit);
bool console_fit_handle(struct console_fit *fit, struct link_message *message);
/* After synthvid_ops.on_surface(). */
void console_fit_shown(struct console_fit *fit, const struct synthvid_surface *surface);
/* The guest starts from the beginning. */
void console_fit_restarted(struct console_fit *fit);

#endif
