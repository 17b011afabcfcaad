/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checkpoints of the selected machine as a tree that ends in "Now", with what can be done with one in its
 * menu (right button, Menu key), by the keys F2 and Delete, and in the actions "checkpoint.*" of the window.
 *
 * The rows and the rules are those of client/checkpoints.h.
 */
#ifndef GUI_CHECKPOINT_LIST_H
#define GUI_CHECKPOINT_LIST_H

#include "app.h"
#include "machine.h"

struct gui_checkpoint_list;

/* Its actions are those of `window`. */
struct gui_checkpoint_list *gui_checkpoint_list_new(struct gui_app *app, GtkWidget *window);
struct gui_checkpoint_list *gui_checkpoint_list_free(struct gui_checkpoint_list *list);
GtkWidget *gui_checkpoint_list_widget(struct gui_checkpoint_list *list);
/* NULL: none is selected. Also after each change of the machine. */
void gui_checkpoint_list_show(struct gui_checkpoint_list *list, const struct gui_machine *machine);
/* For menus: "checkpoint.apply" and the others. */
GMenu *gui_checkpoint_menu(void);

#endif
