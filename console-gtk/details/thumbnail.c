/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "details/thumbnail.h"

#include "machine_columns.h"

#include "client/thumbnail.h"
#include "client/wording.h"

#include <string.h>

enum { WIDTH = 192, HEIGHT = 144, ICON = 48 };

struct thumbnail {
	GtkWidget *image, *picture;
	struct gui_machine *machine; /* whose screen it is; NULL: none */
	guint worker;		     /* another process of the machine has another screen */
	struct vmc_thumbnail *screen;
};

static void forget(struct thumbnail *thumbnail)
{
	thumbnail->screen = vmc_thumbnail_free(thumbnail->screen);
	gui_machine_free(thumbnail->machine);
	thumbnail->machine = NULL;
	if (thumbnail->picture)
		gtk_picture_set_paintable(GTK_PICTURE(thumbnail->picture), NULL);
}

static void free_thumbnail(gpointer opaque)
{
	struct thumbnail *thumbnail = opaque;

	thumbnail->picture = NULL;
	forget(thumbnail);
	g_free(thumbnail);
}

/* `scale`: pixels of the monitor for one of the window. */
static GdkPaintable *paintable_of(const guint32 *pixels, guint width, guint height, int scale)
{
	const gsize count = (gsize)width * height;
	guint32 *copy = g_new(guint32, count);
	GtkSnapshot *snapshot = gtk_snapshot_new();
	graphene_rect_t area =
	    GRAPHENE_RECT_INIT(0, 0, (float)width / (float)scale, (float)height / (float)scale);
	GdkTexture *texture;
	GBytes *bytes;

	for (gsize i = 0; i < count; i++)
		copy[i] = pixels[i] | 0xff000000;
	bytes = g_bytes_new_take(copy, count * sizeof(*copy));
	texture =
	    gdk_memory_texture_new((int)width, (int)height, GDK_MEMORY_DEFAULT, bytes, width * sizeof(*copy));
	gtk_snapshot_append_texture(snapshot, texture, &area);
	g_object_unref(texture);
	g_bytes_unref(bytes);
	return gtk_snapshot_free_to_paintable(snapshot, &area.size);
}

static void on_changed(gpointer opaque)
{
	struct thumbnail *thumbnail = opaque;
	int scale = gtk_widget_get_scale_factor(thumbnail->picture);
	guint width, height;
	const guint32 *pixels = vmc_thumbnail_pixels(thumbnail->screen, &width, &height);
	GdkPaintable *picture = pixels && width && height ? paintable_of(pixels, width, height, scale) : NULL;

	gtk_picture_set_paintable(GTK_PICTURE(thumbnail->picture), picture);
	gtk_widget_set_visible(thumbnail->image, picture == NULL);
	g_clear_object(&picture);
}

static gboolean is_same(const struct thumbnail *thumbnail, const struct gui_machine *machine, guint worker)
{
	return thumbnail->machine && thumbnail->machine->host == machine->host &&
	       strcmp(thumbnail->machine->path, machine->path) == 0 && thumbnail->worker == worker;
}

/* Looks at the screen of a machine that has one. */
static void follow(struct thumbnail *thumbnail, const struct gui_machine *machine)
{
	VmcObject *object = machine ? gui_machine_object(machine) : NULL;
	guint worker = object ? (guint)vmc_object_number(object, "WorkerPid") : 0;
	int scale = gtk_widget_get_scale_factor(thumbnail->picture);

	if (!worker || !is_same(thumbnail, machine, worker)) {
		forget(thumbnail);
		gtk_widget_set_visible(thumbnail->image, TRUE);
	}
	if (!worker || !gtk_widget_get_mapped(thumbnail->picture))
		return;
	if (!thumbnail->screen) {
		thumbnail->machine = gui_machine_copy(machine);
		thumbnail->worker = worker;
		thumbnail->screen = vmc_thumbnail_new(machine->host, object, (guint)(WIDTH * scale),
						      (guint)(HEIGHT * scale), on_changed, thumbnail);
	}
	vmc_thumbnail_look(thumbnail->screen);
}

GtkWidget *gui_thumbnail_new(struct gui_app *app)
{
	/* The picture is laid over a space of its own size, and asks for none. */
	GtkWidget *frame = gtk_overlay_new(), *space = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0);
	struct thumbnail *thumbnail = g_new0(struct thumbnail, 1);

	thumbnail->image = gtk_image_new();
	thumbnail->picture = gtk_picture_new();
	gtk_picture_set_can_shrink(GTK_PICTURE(thumbnail->picture), TRUE);
	gtk_widget_add_css_class(frame, "thumbnail");
	gtk_widget_set_size_request(space, WIDTH, HEIGHT);
	gtk_widget_set_halign(frame, GTK_ALIGN_START);
	gtk_image_set_pixel_size(GTK_IMAGE(thumbnail->image), ICON);
	gtk_overlay_set_child(GTK_OVERLAY(frame), space);
	gtk_overlay_add_overlay(GTK_OVERLAY(frame), thumbnail->picture);
	gtk_overlay_add_overlay(GTK_OVERLAY(frame), thumbnail->image);
	g_object_set_data_full(G_OBJECT(frame), "thumbnail", thumbnail, free_thumbnail);
	return frame;
}

void gui_thumbnail_show(GtkWidget *frame, const struct gui_machine *machine)
{
	struct thumbnail *thumbnail = g_object_get_data(G_OBJECT(frame), "thumbnail");
	const char *state = machine ? gui_machine_state(machine) : "off";
	char *text = vmc_state_text(state), *label = g_strdup_printf("Screen: %s", text);

	follow(thumbnail, machine);
	gtk_image_set_from_icon_name(GTK_IMAGE(thumbnail->image), gui_state_icon(state));
	gtk_accessible_update_property(GTK_ACCESSIBLE(thumbnail->image), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
				       -1);
	gtk_accessible_update_property(GTK_ACCESSIBLE(thumbnail->picture), GTK_ACCESSIBLE_PROPERTY_LABEL,
				       label, -1);
	g_free(text);
	g_free(label);
}
