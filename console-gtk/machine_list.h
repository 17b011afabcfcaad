/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of a host's machines: columns that can be sorted, moved, resized and hidden, live values, a
 * filter, and a selection of several.
 */
#ifndef GUI_MACHINE_LIST_H
#define GUI_MACHINE_LIST_H

#include "app.h"

struct gui_machine_list;

struct gui_machine_list_events {
	void (*on_selection)(gpointer opaque);
	void (*on_open)(gpointer opaque); /* a double click, or Enter */
	/* At this place of gui_machine_list_widget(). */
	void (*on_menu)(double x, double y, gpointer opaque);
};

struct gui_machine_list *gui_machine_list_new(struct gui_app *app,
					      const struct gui_machine_list_events *events, gpointer opaque);
struct gui_machine_list *gui_machine_list_free(struct gui_machine_list *list);
GtkWidget *gui_machine_list_widget(struct gui_machine_list *list);
/* NULL: none. The selection stays, as far as its machines do. */
void gui_machine_list_set_host(struct gui_machine_list *list, VmcHost *host);
/* Words that must all be found in name, state, status, notes, address. */
void gui_machine_list_filter(struct gui_machine_list *list, const char *words);
/* Only members of this group; NULL or "": all. */
void gui_machine_list_show_group(struct gui_machine_list *list, const char *group);
/* VmcObject *; free it with g_ptr_array_unref(). */
GPtrArray *gui_machine_list_selected(struct gui_machine_list *list);
void gui_machine_list_select(struct gui_machine_list *list, const char *path);
/* The first one that is shown, when none is selected: then everything on the screen means something. */
void gui_machine_list_select_any(struct gui_machine_list *list);
guint gui_machine_list_shown(struct gui_machine_list *list);
/* Entries for each column, to show and hide it: a section of a menu. */
GMenuModel *gui_machine_list_column_menu(struct gui_machine_list *list);
GActionGroup *gui_machine_list_column_actions(struct gui_machine_list *list); /* not owned */

#endif
