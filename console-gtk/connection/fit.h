/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's screen fits the window now: its driver is started again (API: Display1.FitScreen). By hand, or each time that the
 * window has another size, where the user has chosen that for the machine. The question what is lost comes once for each machine.
 */
#ifndef GUI_FIT_H
#define GUI_FIT_H

#include <glib.h>

struct gui_connection;

/* By hand: asks before, and says why it cannot be. */
void gui_fit_ask(struct gui_connection *connection);
/* Whether the machine's guest follows at once; set: after the question, if it was not answered before. */
gboolean gui_fit_is_at_once(struct gui_connection *connection);
void gui_fit_set_at_once(struct gui_connection *connection, gboolean is_on);
/* As it was chosen at last: when the window is filled. */
void gui_fit_restore(struct gui_connection *connection);

#endif
