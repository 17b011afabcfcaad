/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main window: hosts at the left; virtual machines, checkpoints and details in the middle; actions at the
 * right; jobs and messages at the bottom.
 */
#ifndef GUI_MAIN_WINDOW_H
#define GUI_MAIN_WINDOW_H

#include "app.h"
#include "machine.h"

struct gui_main;

struct gui_main *gui_main_new(struct gui_app *app);
struct gui_main *gui_main_free(struct gui_main *main);
GtkWidget *gui_main_window(struct gui_main *main);
VmcHost *gui_main_host(struct gui_main *main); /* the one that is shown; NULL */
/* struct gui_machine *; free it with g_ptr_array_unref(). */
GPtrArray *gui_main_targets(gpointer main);
void gui_main_select(struct gui_main *main, const char *path);

void gui_main_search(struct gui_main *main);
/* Into which group the selected machines go, and which group is shown. */
void gui_main_ask_group(struct gui_main *main);

/* A message that goes by itself; `label` NULL: without a button. */
void gui_main_toast(struct gui_main *main, const char *text, const char *label,
		    void (*fn)(GtkWidget *window, gpointer opaque), gpointer opaque,
		    GDestroyNotify free_opaque);

#endif
