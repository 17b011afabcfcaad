/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A message at the bottom of a window that goes by itself, with one button at most: "Undo". */
#ifndef GUI_TOAST_H
#define GUI_TOAST_H

#include <gtk/gtk.h>

struct gui_toast {
	GtkWidget *revealer, *label, *button;
	guint timer;
	void (*fn)(GtkWidget *window, gpointer opaque);
	gpointer opaque;
	GDestroyNotify free_opaque;
};

/* `overlay`: a GtkOverlay that holds all of the window. */
void gui_toast_init(struct gui_toast *toast, GtkWidget *overlay);
void gui_toast_deinit(struct gui_toast *toast);
void gui_toast_show(struct gui_toast *toast, const char *text, const char *label,
		    void (*fn)(GtkWidget *window, gpointer opaque), gpointer opaque,
		    GDestroyNotify free_opaque);

#endif
