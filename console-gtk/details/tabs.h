/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tabs of the details: one file each. */
#ifndef GUI_TABS_H
#define GUI_TABS_H

#include "app.h"
#include "machine.h"

struct gui_tab {
	const char *title; /* "_Summary" */
	GtkWidget *(*make)(struct gui_app *app);
	/* Each time that something changed, and once a second while it is seen. `machine` NULL: none is
	 * selected. `settings`: a{sv} of GetSettings; NULL: not known yet. */
	void (*show)(GtkWidget *page, const struct gui_machine *machine, GVariant *settings);
};

extern const struct gui_tab gui_tab_summary, gui_tab_memory, gui_tab_networking, gui_tab_performance,
    gui_tab_events;

#endif
