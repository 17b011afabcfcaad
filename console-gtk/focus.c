/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "focus.h"

static void leave(GtkWidget *widget)
{
	GtkRoot *root = gtk_widget_get_root(widget);
	GtkWidget *focus = root ? gtk_root_get_focus(root) : NULL;

	if (focus && (focus == widget || gtk_widget_is_ancestor(focus, widget)))
		gtk_root_set_focus(root, NULL);
}

void gui_set_sensitive(GtkWidget *widget, gboolean is_sensitive)
{
	if (!is_sensitive && gtk_widget_get_sensitive(widget))
		leave(widget);
	gtk_widget_set_sensitive(widget, is_sensitive);
}

void gui_set_refused(GtkWidget *widget, const char *why)
{
	gui_set_sensitive(widget, why == NULL);
	gtk_widget_set_tooltip_text(widget, why);
}
