/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "toast.h"

#include "named.h"

enum { SHOWN_MS = 12000 };

static void forget(struct gui_toast *toast)
{
	g_clear_handle_id(&toast->timer, g_source_remove);
	if (toast->free_opaque)
		toast->free_opaque(toast->opaque);
	toast->free_opaque = NULL;
	toast->fn = NULL;
}

static void hide(struct gui_toast *toast)
{
	gtk_revealer_set_reveal_child(GTK_REVEALER(toast->revealer), FALSE);
	forget(toast);
}

static gboolean on_timer(gpointer opaque)
{
	struct gui_toast *toast = opaque;

	toast->timer = 0;
	hide(toast);
	return G_SOURCE_REMOVE;
}

static void on_clicked(GtkButton *button, gpointer opaque)
{
	struct gui_toast *toast = opaque;

	if (toast->fn)
		toast->fn(GTK_WIDGET(gtk_widget_get_root(GTK_WIDGET(button))), toast->opaque);
	hide(toast);
}

void gui_toast_init(struct gui_toast *toast, GtkWidget *overlay)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
	GtkWidget *close = gtk_button_new_from_icon_name("window-close-symbolic");

	*toast = (struct gui_toast){ .revealer = gtk_revealer_new() };
	toast->label = gtk_label_new(NULL);
	gtk_label_set_ellipsize(GTK_LABEL(toast->label), PANGO_ELLIPSIZE_END);
	toast->button = gtk_button_new();
	gtk_button_set_use_underline(GTK_BUTTON(toast->button), TRUE);
	gtk_widget_add_css_class(toast->button, "suggested-action");
	gtk_button_set_has_frame(GTK_BUTTON(close), FALSE);
	gtk_widget_set_tooltip_text(close, "Dismiss");
	gtk_accessible_update_property(GTK_ACCESSIBLE(close), GTK_ACCESSIBLE_PROPERTY_LABEL, "Dismiss", -1);
	gtk_widget_add_css_class(box, "toast");
	gtk_box_append(GTK_BOX(box), toast->label);
	gtk_box_append(GTK_BOX(box), toast->button);
	gtk_box_append(GTK_BOX(box), close);
	gtk_revealer_set_child(GTK_REVEALER(toast->revealer), box);
	gui_tell_hidden(box);
	gtk_widget_set_halign(toast->revealer, GTK_ALIGN_CENTER);
	gtk_widget_set_valign(toast->revealer, GTK_ALIGN_END);
	g_signal_connect(toast->button, "clicked", G_CALLBACK(on_clicked), toast);
	g_signal_connect_swapped(close, "clicked", G_CALLBACK(hide), toast);
	gtk_overlay_add_overlay(GTK_OVERLAY(overlay), toast->revealer);
}

void gui_toast_deinit(struct gui_toast *toast)
{
	forget(toast);
}

void gui_toast_show(struct gui_toast *toast, const char *text, const char *label,
		    void (*fn)(GtkWidget *window, gpointer opaque), gpointer opaque,
		    GDestroyNotify free_opaque)
{
	forget(toast);
	toast->fn = fn;
	toast->opaque = opaque;
	toast->free_opaque = free_opaque;
	gtk_label_set_text(GTK_LABEL(toast->label), text);
	gtk_widget_set_visible(toast->button, label != NULL);
	if (label)
		gui_button_set_label(toast->button, label);
	gtk_revealer_set_reveal_child(GTK_REVEALER(toast->revealer), TRUE);
	toast->timer = g_timeout_add(SHOWN_MS, on_timer, toast);
}
