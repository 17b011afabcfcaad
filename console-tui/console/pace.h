/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often the guest's screen is drawn: the first change at once, all that come within a tenth of a second together, and one picture at a
 * time. The last change is always drawn. Each function tells whether a picture is to be begun now, of what the screen has then; whoever
 * gets TRUE calls pace_drawn() when it is there, and pace_rested() PACE_MS after it was begun.
 */
#ifndef CONSOLE_PACE_H
#define CONSOLE_PACE_H

#include <glib.h>

enum { PACE_MS = 100 };

struct pace {
	gboolean is_dirty, is_drawing, is_resting;
};

gboolean pace_changed(struct pace *pace);
gboolean pace_drawn(struct pace *pace);
gboolean pace_rested(struct pace *pace);

#endif
