/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What benchmarks want to know, on standard error, while BULKHEAD_GTK_TELL holds when the program was
 * started, in microseconds of the monotonic clock. Without it, nothing is measured. */
#ifndef GUI_TELL_H
#define GUI_TELL_H

#include <gtk/gtk.h>

/* "WHAT after N ms", as soon as all that waits to be done and drawn is. */
void gui_tell_after(const char *what);

/* "frame NAME at T us took N us", for each one that the window draws from now on. */
void gui_tell_frames(GtkWidget *window, const char *name);

#endif
