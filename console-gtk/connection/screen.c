/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/screen.h"

#include <math.h>

enum { TILE = 256, SMALLEST = 160 };

struct _GuiScreen {
	GtkWidget parent;
	unsigned width, height, columns, rows;
	GdkTexture **tiles; /* columns * rows; NULL: black */
	int zoom;
};

G_DEFINE_TYPE(GuiScreen, gui_screen, GTK_TYPE_WIDGET)

/* --- tiles ------------------------------------------------------------------------------------------- */

static void free_tiles(GuiScreen *screen)
{
	for (unsigned i = 0; i < screen->columns * screen->rows; i++)
		g_clear_object(&screen->tiles[i]);
	g_clear_pointer(&screen->tiles, g_free);
	screen->columns = screen->rows = 0;
}

/* A copy with alpha, since textures of this version of GTK have it always. */
static GdkTexture *make_tile(const struct rd_client_frame *frame, unsigned left, unsigned top)
{
	unsigned width = MIN(TILE, frame->width - left), height = MIN(TILE, frame->height - top);
	guint32 *pixels = g_new(guint32, (gsize)width * height);
	GdkTexture *texture;
	GBytes *bytes;

	for (unsigned y = 0; y < height; y++) {
		const guint32 *from = frame->pixels + (gsize)(top + y) * frame->stride + left;
		guint32 *to = pixels + (gsize)y * width;

		for (unsigned x = 0; x < width; x++)
			to[x] = from[x] | 0xff000000;
	}
	bytes = g_bytes_new_take(pixels, (gsize)width * height * sizeof(*pixels));
	texture = gdk_memory_texture_new((int)width, (int)height, GDK_MEMORY_DEFAULT, bytes,
					 width * sizeof(*pixels));
	g_bytes_unref(bytes);
	return texture;
}

static void draw_tile(GuiScreen *screen, const struct rd_client_frame *frame, unsigned column, unsigned row)
{
	GdkTexture **tile = &screen->tiles[row * screen->columns + column];

	g_clear_object(tile);
	*tile = make_tile(frame, column * TILE, row * TILE);
}

void gui_screen_draw(GuiScreen *screen, const struct rd_client_frame *frame,
		     const struct rd_client_rect *rects, unsigned count)
{
	gsize tiles = (gsize)screen->columns * screen->rows;
	gboolean *is_old;

	if (frame->width != screen->width || frame->height != screen->height || tiles == 0)
		return; /* a resize is on its way */
	is_old = g_new0(gboolean, tiles);
	for (unsigned i = 0; i < count; i++) {
		unsigned right = MIN(rects[i].x + rects[i].width, frame->width),
			 bottom = MIN(rects[i].y + rects[i].height, frame->height);

		for (unsigned row = rects[i].y / TILE; row * TILE < bottom; row++)
			for (unsigned column = rects[i].x / TILE; column * TILE < right; column++)
				is_old[row * screen->columns + column] = TRUE;
	}
	for (gsize i = 0; i < tiles; i++)
		if (is_old[i])
			draw_tile(screen, frame, (unsigned)(i % screen->columns),
				  (unsigned)(i / screen->columns));
	g_free(is_old);
	gtk_widget_queue_draw(GTK_WIDGET(screen));
}

void gui_screen_resize(GuiScreen *screen, unsigned width, unsigned height)
{
	if (width == screen->width && height == screen->height)
		return;
	free_tiles(screen);
	screen->width = width;
	screen->height = height;
	screen->columns = (width + TILE - 1) / TILE;
	screen->rows = (height + TILE - 1) / TILE;
	screen->tiles = g_new0(GdkTexture *, (gsize)screen->columns * screen->rows);
	gtk_widget_queue_resize(GTK_WIDGET(screen));
}

/* --- where it lies ----------------------------------------------------------------------------------- */

/* Pixels of the widget for one of the guest, and where the guest's screen begins. */
static double place(GuiScreen *screen, double *ret_left, double *ret_top)
{
	GtkWidget *widget = GTK_WIDGET(screen);
	double width = gtk_widget_get_width(widget), height = gtk_widget_get_height(widget), scale;
	double device = gtk_widget_get_scale_factor(widget);

	if (screen->zoom == GUI_ZOOM_FIT)
		scale = MIN(width / MAX(screen->width, 1), height / MAX(screen->height, 1));
	else
		scale = screen->zoom / 100.0 / device;
	/* Nearly the size of a pixel is meant to be that: nothing gets blurred by a frame of two pixels. */
	if (fabs(scale * device - 1) < 0.01)
		scale = 1 / device;
	*ret_left = floor(MAX(0, (width - screen->width * scale) / 2));
	*ret_top = floor(MAX(0, (height - screen->height * scale) / 2));
	return scale;
}

gboolean gui_screen_pixel_at(GuiScreen *screen, double x, double y, unsigned *ret_x, unsigned *ret_y)
{
	double left, top, scale = place(screen, &left, &top), px, py;

	px = (x - left) / scale;
	py = (y - top) / scale;
	*ret_x = (unsigned)CLAMP(px, 0, MAX(screen->width, 1) - 1);
	*ret_y = (unsigned)CLAMP(py, 0, MAX(screen->height, 1) - 1);
	return px >= 0 && py >= 0 && px < screen->width && py < screen->height;
}

void gui_screen_get_size(GuiScreen *screen, unsigned *ret_width, unsigned *ret_height)
{
	*ret_width = screen->width;
	*ret_height = screen->height;
}

void gui_screen_set_zoom(GuiScreen *screen, int percent)
{
	screen->zoom = percent;
	gtk_widget_queue_resize(GTK_WIDGET(screen));
}

int gui_screen_zoom(GuiScreen *screen)
{
	return screen->zoom;
}

/* --- the widget -------------------------------------------------------------------------------------- */

static void gui_screen_snapshot(GtkWidget *widget, GtkSnapshot *snapshot)
{
	GuiScreen *screen = GUI_SCREEN(widget);
	double left, top, scale = place(screen, &left, &top);

	for (unsigned i = 0; i < screen->columns * screen->rows; i++) {
		GdkTexture *tile = screen->tiles[i];
		double x = (i % screen->columns) * TILE * scale, y = (i / screen->columns) * TILE * scale;

		if (tile)
			gtk_snapshot_append_texture(
			    snapshot, tile,
			    &GRAPHENE_RECT_INIT((float)(left + x), (float)(top + y),
						(float)(gdk_texture_get_width(tile) * scale),
						(float)(gdk_texture_get_height(tile) * scale)));
	}
}

static void gui_screen_measure(GtkWidget *widget, GtkOrientation orientation, int for_size, int *minimum,
			       int *natural, int *minimum_baseline, int *natural_baseline)
{
	GuiScreen *screen = GUI_SCREEN(widget);
	int pixels = (int)(orientation == GTK_ORIENTATION_HORIZONTAL ? screen->width : screen->height);
	int device = gtk_widget_get_scale_factor(widget);

	*natural = pixels ? pixels / device : 2 * SMALLEST;
	*minimum = SMALLEST;
	if (screen->zoom != GUI_ZOOM_FIT)
		*minimum = *natural = MAX(SMALLEST, (pixels * screen->zoom + 99) / 100 / device);
	if (*natural < *minimum)
		*natural = *minimum;
}

static void gui_screen_dispose(GObject *object)
{
	free_tiles(GUI_SCREEN(object));
	G_OBJECT_CLASS(gui_screen_parent_class)->dispose(object);
}

static void gui_screen_class_init(GuiScreenClass *class)
{
	GTK_WIDGET_CLASS(class)->snapshot = gui_screen_snapshot;
	GTK_WIDGET_CLASS(class)->measure = gui_screen_measure;
	G_OBJECT_CLASS(class)->dispose = gui_screen_dispose;
	gtk_widget_class_set_css_name(GTK_WIDGET_CLASS(class), "guest-screen");
	gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_IMG);
}

static void gui_screen_init(GuiScreen *screen)
{
	GtkWidget *widget = GTK_WIDGET(screen);

	gtk_widget_set_focusable(widget, TRUE);
	gtk_widget_set_hexpand(widget, TRUE);
	gtk_widget_set_vexpand(widget, TRUE);
	gtk_widget_add_css_class(widget, "guest-screen");
	gtk_widget_set_overflow(widget, GTK_OVERFLOW_HIDDEN);
	gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, "Guest screen",
				       -1);
}

GtkWidget *gui_screen_new(void)
{
	return g_object_new(GUI_TYPE_SCREEN, NULL);
}
