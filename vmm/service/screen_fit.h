/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's screen is made to fit a window while it runs (worker/console_fit.h). A machine has at most one call about it. */
#ifndef SERVICE_SCREEN_FIT_H
#define SERVICE_SCREEN_FIT_H

#include <glib.h>

struct call;
struct vm;
struct link_message;

enum { SCREEN_FIT_WIDTH_MIN = 640, SCREEN_FIT_HEIGHT_MIN = 480 };

/* Answers the call later, or at once. `is_clipped`: sides beyond the setting display.maximum count as those. */
void screen_fit(struct call *call, struct vm *vm, guint width, guint height, gboolean is_clipped);

/* "screen-fitted". */
void screen_fit_done(struct vm *vm, const struct link_message *message);
/* The machine ended. */
void screen_fit_abandon(struct vm *vm);

#endif
