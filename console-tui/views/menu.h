/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of things to choose from: menus, choices of a field, things to tick. */
#ifndef VIEWS_MENU_H
#define VIEWS_MENU_H

#include "app/app.h"

struct menu_item {
	char *label;
	char *command; /* of the key table, or whatever the function understands; NULL: a line between */
	char *refusal; /* why it cannot be chosen; NULL: it can */
	char *key;     /* shown at the right; NULL */
	int tick;      /* 0: none to show; 1: off; 2: on */
};

/* `fn` NULL: the command is run as if its key was pressed. With `stays` the menu is there until Esc, and
 * ticks turn. */
typedef void (*menu_fn)(struct tui_view *owner, const char *command, gboolean is_on);

struct menu;

struct menu *menu_new(struct tui_view *owner, const char *title, menu_fn fn, gboolean stays);
/* Copies. */
void menu_add(struct menu *menu, const char *label, const char *command, const char *refusal);
void menu_add_tick(struct menu *menu, const char *label, const char *command, gboolean is_on);
/* A command of the key table, with its key; the label is `label` or its help. */
void menu_add_binding(struct menu *menu, const char *label, const char *command, const char *refusal);
/* Where the choice begins: the item with this command, if there is one; else the first one. */
void menu_select(struct menu *menu, const char *command);
/* Shows it; x, y: its corner, or -1: in the middle. Left and Right tell `on_side` (may be NULL). */
void menu_open(struct menu *menu, int x, int y, void (*on_side)(struct tui_view *owner, int direction));

#endif
