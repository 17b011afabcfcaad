/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/pointer.h"

#include <math.h>

struct gui_pointer {
	GuiScreen *screen;
	struct rd_client *client;
	GtkEventController *motion, *scroll;
	GtkGesture *click;
	void (*on_click)(gpointer);
	gpointer opaque;
	unsigned x, y, buttons;
	double rest_x, rest_y; /* parts of a wheel's step */
	GdkCursor *shape;      /* of the guest's pointer; NULL: the desktop's own */
};

static void send(struct gui_pointer *pointer)
{
	if (pointer->client)
		rd_client_pointer(pointer->client, pointer->x, pointer->y, pointer->buttons);
}

static void move(struct gui_pointer *pointer, double x, double y)
{
	gui_screen_pixel_at(pointer->screen, x, y, &pointer->x, &pointer->y);
}

static void on_motion(GtkEventControllerMotion *motion, double x, double y, gpointer opaque)
{
	struct gui_pointer *pointer = opaque;

	move(pointer, x, y);
	send(pointer);
}

static unsigned button_of(GtkGesture *click)
{
	switch (gtk_gesture_single_get_current_button(GTK_GESTURE_SINGLE(click))) {
	case GDK_BUTTON_PRIMARY: return RD_BUTTON_LEFT;
	case GDK_BUTTON_MIDDLE: return RD_BUTTON_MIDDLE;
	case GDK_BUTTON_SECONDARY: return RD_BUTTON_RIGHT;
	default: return 0;
	}
}

static void on_pressed(GtkGestureClick *click, int presses, double x, double y, gpointer opaque)
{
	struct gui_pointer *pointer = opaque;

	pointer->on_click(pointer->opaque);
	move(pointer, x, y);
	pointer->buttons |= button_of(GTK_GESTURE(click));
	send(pointer);
}

static void on_released(GtkGestureClick *click, int presses, double x, double y, gpointer opaque)
{
	struct gui_pointer *pointer = opaque;

	move(pointer, x, y);
	pointer->buttons &= ~button_of(GTK_GESTURE(click));
	send(pointer);
}

/* Smooth devices give parts of steps, which add up. */
static int whole_steps(double *rest, double delta)
{
	double steps = trunc(*rest + delta);

	*rest += delta - steps;
	return (int)CLAMP(steps, -20, 20);
}

static gboolean on_scroll(GtkEventControllerScroll *scroll, double dx, double dy, gpointer opaque)
{
	struct gui_pointer *pointer = opaque;
	int right = whole_steps(&pointer->rest_x, dx), down = whole_steps(&pointer->rest_y, dy);

	if (pointer->client && (right || down))
		rd_client_scroll(pointer->client, pointer->x, pointer->y, right, down);
	return TRUE;
}

static void show_shape(struct gui_pointer *pointer)
{
	gtk_widget_set_cursor(GTK_WIDGET(pointer->screen), pointer->client ? pointer->shape : NULL);
}

void gui_pointer_set_client(struct gui_pointer *pointer, struct rd_client *client)
{
	if (pointer->client == client)
		return;
	pointer->client = client;
	pointer->buttons = 0;
	show_shape(pointer);
}

static void take_shape(struct gui_pointer *pointer, GdkCursor *shape)
{
	g_clear_object(&pointer->shape);
	pointer->shape = shape;
	show_shape(pointer);
}

void gui_pointer_set_shape(struct gui_pointer *pointer, const struct rd_client_pointer *shape)
{
	GdkTexture *texture;
	GBytes *bytes;

	if (shape->width == 0) {
		take_shape(pointer, gdk_cursor_new_from_name("none", NULL));
		return;
	}
	bytes = g_bytes_new(shape->pixels, (gsize)shape->width * shape->height * sizeof(*shape->pixels));
	texture = gdk_memory_texture_new((int)shape->width, (int)shape->height, GDK_MEMORY_DEFAULT, bytes,
					 shape->width * sizeof(*shape->pixels));
	take_shape(pointer, gdk_cursor_new_from_texture(texture, (int)shape->hot_x, (int)shape->hot_y, NULL));
	g_object_unref(texture);
	g_bytes_unref(bytes);
}

struct gui_pointer *gui_pointer_new(GuiScreen *screen, void (*on_click)(gpointer), gpointer opaque)
{
	struct gui_pointer *pointer = g_new0(struct gui_pointer, 1);

	pointer->screen = screen;
	pointer->on_click = on_click;
	pointer->opaque = opaque;
	pointer->motion = gtk_event_controller_motion_new();
	g_signal_connect(pointer->motion, "motion", G_CALLBACK(on_motion), pointer);
	gtk_widget_add_controller(GTK_WIDGET(screen), pointer->motion);
	pointer->click = gtk_gesture_click_new();
	gtk_gesture_single_set_button(GTK_GESTURE_SINGLE(pointer->click), 0);
	g_signal_connect(pointer->click, "pressed", G_CALLBACK(on_pressed), pointer);
	g_signal_connect(pointer->click, "released", G_CALLBACK(on_released), pointer);
	gtk_widget_add_controller(GTK_WIDGET(screen), GTK_EVENT_CONTROLLER(pointer->click));
	pointer->scroll = gtk_event_controller_scroll_new(GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);
	g_signal_connect(pointer->scroll, "scroll", G_CALLBACK(on_scroll), pointer);
	gtk_widget_add_controller(GTK_WIDGET(screen), pointer->scroll);
	return pointer;
}

struct gui_pointer *gui_pointer_free(struct gui_pointer *pointer)
{
	if (!pointer)
		return NULL;
	g_signal_handlers_disconnect_by_data(pointer->motion, pointer);
	g_signal_handlers_disconnect_by_data(pointer->click, pointer);
	g_signal_handlers_disconnect_by_data(pointer->scroll, pointer);
	g_clear_object(&pointer->shape);
	g_free(pointer);
	return NULL;
}
