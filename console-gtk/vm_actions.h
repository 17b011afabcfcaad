/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The actions on machines of one window, as a GActionGroup made of the table in client/action.h: menus,
 * context menus, toolbar, actions pane and keys all refer to them by name. An action is enabled when it can
 * be done with every target; its buttons tell in their tooltips why it cannot.
 */
#ifndef GUI_VM_ACTIONS_H
#define GUI_VM_ACTIONS_H

#include "app.h"
#include "machine.h"

struct gui_vm_actions;

/* struct gui_machine *, with gui_machine_free() as its free function; taken. */
typedef GPtrArray *(*gui_targets_fn)(gpointer opaque);

/* `prefix`: "vm", under which the group is put into `window`. */
struct gui_vm_actions *gui_vm_actions_new(struct gui_app *app, GtkWidget *window, const char *prefix,
					  gui_targets_fn targets, gpointer opaque);
struct gui_vm_actions *gui_vm_actions_free(struct gui_vm_actions *actions);
/* After the targets, their states or rights changed. */
void gui_vm_actions_update(struct gui_vm_actions *actions);
/* NULL: it can be done. Free it. */
char *gui_vm_actions_refusal(struct gui_vm_actions *actions, const char *name);

/*
 * A button for an action, which lives as long as the window; `has_label`: with its word, else only the icon.
 */
GtkWidget *gui_vm_actions_button(struct gui_vm_actions *actions, const char *name, gboolean has_label);
/* A menu of these actions, NULL-terminated, with NULL before the end of a section: "a", "b", "-", "c". */
GMenu *gui_vm_actions_menu(const char *prefix, const char *const *names);
/* For gtk_application_set_accels_for_action(). */
void gui_vm_actions_set_keys(GtkApplication *gtk, const char *prefix);

#endif
