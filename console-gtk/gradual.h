/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front of a long list, which grows while the main loop has nothing else to do, until it is all of it:
 * GTK makes up to 200 rows of a list at once, of which a screen shows some 40, and that is longer than one
 * wants to wait for a key.
 */
#ifndef GUI_GRADUAL_H
#define GUI_GRADUAL_H

#include <gtk/gtk.h>

/* `model` is taken, as gtk_slice_list_model_new() does. all_shown() is called whenever it has grown to all of
 * it; NULL: none. */
GtkSliceListModel *gui_gradual_new(GListModel *model, void (*all_shown)(gpointer opaque), gpointer opaque);
/* Before another content comes: its first rows are shown first. What was selected behind these is not any
 * more. */
void gui_gradual_restart(GtkSliceListModel *slice);
void gui_gradual_finish(GtkSliceListModel *slice); /* at once */

#endif
