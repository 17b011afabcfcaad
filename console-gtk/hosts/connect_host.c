/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Adding another host to the list. */
#include "hosts/host_windows.h"

#include "dialog.h"

static void on_place(GtkWidget *window, const char *place, gpointer app)
{
	if (*place == '-' || !*place)
		gui_show_error(window, "This is no host; give USER@HOST.");
	else
		gui_app_add_host(app, place);
}

void gui_connect_host_open(struct gui_app *app, GtkWidget *window)
{
	gui_ask(window,
		&(struct gui_question){
		    .title = "Connect to Host",
		    .text =
			"Another computer with Bulkhead, reached through ssh with your keys; what you may do "
			"there is what that user may.",
		    .label = "_Connect",
		    .entry = "",
		    .entry_label = "_USER@HOST:" },
		on_place, app, NULL);
}
