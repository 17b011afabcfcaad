/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "details/thumbnail.h"

#include "machine_columns.h"

#include "client/wording.h"

enum { WIDTH = 192, HEIGHT = 144, ICON = 48 };

GtkWidget *gui_thumbnail_new(struct gui_app *app)
{
	GtkWidget *frame = gtk_overlay_new(), *image = gtk_image_new(), *picture = gtk_picture_new();

	gtk_widget_add_css_class(frame, "thumbnail");
	gtk_widget_set_size_request(frame, WIDTH, HEIGHT);
	gtk_image_set_pixel_size(GTK_IMAGE(image), ICON);
	gtk_overlay_set_child(GTK_OVERLAY(frame), picture);
	gtk_overlay_add_overlay(GTK_OVERLAY(frame), image);
	g_object_set_data(G_OBJECT(frame), "image", image);
	return frame;
}

void gui_thumbnail_show(GtkWidget *thumbnail, const struct gui_machine *machine)
{
	GtkWidget *image = g_object_get_data(G_OBJECT(thumbnail), "image");
	const char *state = machine ? gui_machine_state(machine) : "off";
	char *text = vmc_state_text(state), *label = g_strdup_printf("Screen: %s", text);

	gtk_image_set_from_icon_name(GTK_IMAGE(image), gui_state_icon(state));
	gtk_accessible_update_property(GTK_ACCESSIBLE(image), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_free(text);
	g_free(label);
}
