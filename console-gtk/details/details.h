/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the selected machine is and does: tabs Summary, Memory, Networking, Performance, Events. */
#ifndef GUI_DETAILS_H
#define GUI_DETAILS_H

#include "app.h"
#include "machine.h"

struct gui_details;

struct gui_details *gui_details_new(struct gui_app *app);
struct gui_details *gui_details_free(struct gui_details *details);
GtkWidget *gui_details_widget(struct gui_details *details);
/* NULL: none is selected. */
void gui_details_show(struct gui_details *details, const struct gui_machine *machine);
/* It changed, or a second went by. */
void gui_details_update(struct gui_details *details);

#endif
