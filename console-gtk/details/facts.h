/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and values under each other: what the tabs of the details are made of. */
#ifndef GUI_FACTS_H
#define GUI_FACTS_H

#include <gtk/gtk.h>

GtkWidget *gui_facts_new(const char *title);
/* The row of this name gets this value; an empty one hides it. The first time, it is made. */
void gui_facts_set(GtkWidget *facts, const char *name, const char *value);
void gui_facts_take(GtkWidget *facts, const char *name, char *value); /* and frees it */
void gui_facts_clear(GtkWidget *facts);

#endif
