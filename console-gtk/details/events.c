/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: what happened to this machine, and who did it. */
#include "details/tabs.h"
#include "events/events.h"

static GtkWidget *make(struct gui_app *app)
{
	return gui_event_list_new(app);
}

static void show(GtkWidget *page, const struct gui_machine *machine, GVariant *settings)
{
	VmcObject *object = machine ? gui_machine_object(machine) : NULL;

	gui_event_list_show(page, object ? machine->host : NULL, object ? vmc_object_text(object, "Id") : "",
			    "", "");
}

const struct gui_tab gui_tab_events = { "Even_ts", make, show };
