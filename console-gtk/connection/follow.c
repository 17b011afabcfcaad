/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/follow.h"

enum {
	ASK_MS = 400,
	SIDE_MIN_X = 640,
	SIDE_MIN_Y = 480,
	FRAME = 48,
	ROUNDED = 8,
	GUEST_MIN = 64,
	SETTLE_MS = 200,
	TRIES = 6
};

struct gui_follow {
	struct gui_display *display;
	GtkWidget *screen, *scrolled;
	GdkSurface *surface; /* whose size is watched; NULL: none */
	gulong laid_out;
	guint timer, settling;
	unsigned tries; /* of the window to get its size */
	gboolean guest_follows, window_follows, is_waiting;
	/* NULL: its driver asks when it likes */
	void (*ask_at_once)(gpointer opaque, unsigned width, unsigned height);
	gpointer opaque;
	struct rd_client *asked;   /* whom; a new connection is asked anew */
	unsigned asked_x, asked_y; /* for what at last */
	unsigned guest_x, guest_y; /* what the window has followed */
};

/* --- the guest follows the window -------------------------------------------------------------------- */

/* But for what rounding leaves: a window that has followed the guest must not ask for the next smaller size. */
static gboolean is_guests_size(struct gui_follow *follow, unsigned x, unsigned y)
{
	unsigned guest_x, guest_y;

	gui_screen_get_size(GUI_SCREEN(follow->screen), &guest_x, &guest_y);
	return x <= guest_x && guest_x - x <= ROUNDED && y <= guest_y && guest_y - y <= ROUNDED;
}

void gui_follow_window_size(struct gui_follow *follow, unsigned *ret_width, unsigned *ret_height)
{
	int scale = gtk_widget_get_scale_factor(follow->scrolled),
	    zoom = gui_screen_zoom(GUI_SCREEN(follow->screen));
	int percent = zoom == GUI_ZOOM_FIT ? 100 : zoom;

	*ret_width = (unsigned)(gtk_widget_get_width(follow->scrolled) * scale * 100 / percent) & ~7u;
	*ret_height = (unsigned)(gtk_widget_get_height(follow->scrolled) * scale * 100 / percent) & ~1u;
}

static gboolean on_timer(gpointer opaque)
{
	struct gui_follow *follow = opaque;
	struct rd_client *client = gui_display_client(follow->display);
	gboolean is_asked;
	unsigned x, y;

	gui_follow_window_size(follow, &x, &y);
	is_asked = client == follow->asked && x == follow->asked_x && y == follow->asked_y;
	follow->timer = 0;
	if (!client || is_asked || follow->is_waiting || is_guests_size(follow, x, y) || x < SIDE_MIN_X ||
	    y < SIDE_MIN_Y || !rd_client_can_resize(client))
		return G_SOURCE_REMOVE;
	follow->asked = client;
	follow->asked_x = x;
	follow->asked_y = y;
	if (follow->ask_at_once)
		follow->ask_at_once(follow->opaque, x, y);
	else
		rd_client_resize(client, x, y);
	return G_SOURCE_REMOVE;
}

static void ask_soon(struct gui_follow *follow)
{
	if ((follow->guest_follows || follow->ask_at_once) && !follow->timer)
		follow->timer = g_timeout_add(ASK_MS, on_timer, follow);
}

static void on_layout(GdkSurface *surface, int width, int height, gpointer opaque)
{
	ask_soon(opaque);
}

void gui_follow_set_guest(struct gui_follow *follow, gboolean is_on)
{
	follow->guest_follows = is_on;
	ask_soon(follow);
}

void gui_follow_set_at_once(struct gui_follow *follow,
			    void (*ask)(gpointer opaque, unsigned width, unsigned height), gpointer opaque)
{
	follow->ask_at_once = ask;
	follow->opaque = opaque;
	follow->asked = NULL;
	ask_soon(follow);
}

void gui_follow_set_waiting(struct gui_follow *follow, gboolean is_waiting)
{
	follow->is_waiting = is_waiting;
	if (!is_waiting)
		ask_soon(follow);
}

/* --- the window follows the guest -------------------------------------------------------------------- */

static gboolean has_own_size(GtkWindow *window)
{
	return gtk_widget_get_mapped(GTK_WIDGET(window)) && !gtk_window_is_fullscreen(window) &&
	       !gtk_window_is_maximized(window);
}

static void limit_to_monitor(GtkWidget *window, int *width, int *height)
{
	GdkSurface *surface = gtk_native_get_surface(GTK_NATIVE(window));
	GdkMonitor *monitor = gdk_display_get_monitor_at_surface(gtk_widget_get_display(window), surface);
	GdkRectangle area;

	if (!monitor)
		return;
	gdk_monitor_get_geometry(monitor, &area);
	*width = MIN(*width, area.width - FRAME);
	*height = MIN(*height, area.height - FRAME);
}

static int least(GtkWidget *widget, GtkOrientation orientation)
{
	int least;

	gtk_widget_measure(widget, orientation, -1, &least, NULL, NULL, NULL);
	return least;
}

/* Of title, menus, toolbar and footer. What is allocated does not tell: window and content get their sizes one after
 * the other. */
static int height_around(GtkWidget *scrolled)
{
	GtkWidget *window = GTK_WIDGET(gtk_widget_get_root(scrolled)),
		  *box = gtk_window_get_child(GTK_WINDOW(window)), *part = scrolled;

	while (gtk_widget_get_parent(part) && gtk_widget_get_parent(part) != box)
		part = gtk_widget_get_parent(part);
	return least(window, GTK_ORIENTATION_VERTICAL) - least(part, GTK_ORIENTATION_VERTICAL);
}

/* Of the whole window. */
static void wanted_size(struct gui_follow *follow, GtkWidget *window, int *ret_width, int *ret_height)
{
	int zoom = gui_screen_zoom(GUI_SCREEN(follow->screen)), scale = gtk_widget_get_scale_factor(window);
	int percent = zoom == GUI_ZOOM_FIT ? 100 : zoom;

	*ret_width = ((int)follow->guest_x * percent / 100 + scale - 1) / scale;
	*ret_height =
	    ((int)follow->guest_y * percent / 100 + scale - 1) / scale + height_around(follow->scrolled);
	limit_to_monitor(window, ret_width, ret_height);
	*ret_width = MAX(*ret_width, least(window, GTK_ORIENTATION_HORIZONTAL));
	*ret_height = MAX(*ret_height, least(window, GTK_ORIENTATION_VERTICAL));
}

/* GTK 4.8 on X11 may take no notice of a size: that which it computed itself at last, although somebody has resized the window
 * since (compute_toplevel_size() of gdksurface-x11.c), and any, while a size that the window manager gave is not laid out. So a
 * window that does not get its size is told another one first, lower by a pixel. */
static gboolean on_settle(gpointer opaque)
{
	struct gui_follow *follow = opaque;
	GtkWidget *window = GTK_WIDGET(gtk_widget_get_root(follow->scrolled));
	gboolean is_there, is_over = follow->tries == 0 || !follow->window_follows;
	int width, height;

	if (!is_over && window && gtk_widget_get_mapped(follow->scrolled) &&
	    has_own_size(GTK_WINDOW(window))) {
		wanted_size(follow, window, &width, &height);
		is_there =
		    gtk_widget_get_width(follow->scrolled) == width &&
		    gtk_widget_get_height(follow->scrolled) == height - height_around(follow->scrolled);
		if (!is_there) {
			gtk_window_set_default_size(GTK_WINDOW(window), width,
						    height - (int)(follow->tries-- % 2 == 0));
			return G_SOURCE_CONTINUE;
		}
	}
	follow->settling = 0;
	return G_SOURCE_REMOVE;
}

static void resize_window(struct gui_follow *follow)
{
	GtkWidget *window = GTK_WIDGET(gtk_widget_get_root(follow->scrolled));
	int width, height;

	wanted_size(follow, window, &width, &height);
	gtk_window_set_default_size(GTK_WINDOW(window), width, height);
	follow->tries = TRIES;
	if (!follow->settling)
		follow->settling = g_timeout_add(SETTLE_MS, on_settle, follow);
}

void gui_follow_update(struct gui_follow *follow)
{
	GtkRoot *window = gtk_widget_get_root(follow->scrolled);
	unsigned x, y;

	if (!gui_display_client(follow->display))
		follow->asked = NULL;
	else if (gui_display_client(follow->display) != follow->asked)
		ask_soon(follow);
	gui_screen_get_size(GUI_SCREEN(follow->screen), &x, &y);
	/* A server that has no picture yet says 1 x 1: nothing to follow. */
	if (!follow->window_follows || x < GUEST_MIN || y < GUEST_MIN || !window ||
	    !gtk_widget_get_mapped(follow->scrolled) || !has_own_size(GTK_WINDOW(window)) ||
	    (x == follow->guest_x && y == follow->guest_y))
		return;
	follow->guest_x = x;
	follow->guest_y = y;
	resize_window(follow);
}

void gui_follow_set_window(struct gui_follow *follow, gboolean is_on)
{
	follow->window_follows = is_on;
	follow->guest_x = follow->guest_y = 0;
	gui_follow_update(follow);
}

/* --- making ------------------------------------------------------------------------------------------ */

static void on_unrealize(GtkWidget *scrolled, gpointer opaque)
{
	struct gui_follow *follow = opaque;

	if (follow->surface)
		g_clear_signal_handler(&follow->laid_out, follow->surface);
	g_clear_object(&follow->surface);
}

static void on_realize(GtkWidget *scrolled, gpointer opaque)
{
	struct gui_follow *follow = opaque;

	on_unrealize(scrolled, follow);
	follow->surface = g_object_ref(gtk_native_get_surface(gtk_widget_get_native(scrolled)));
	follow->laid_out = g_signal_connect(follow->surface, "layout", G_CALLBACK(on_layout), follow);
}

static void on_map(GtkWidget *scrolled, gpointer opaque)
{
	gui_follow_update(opaque);
}

struct gui_follow *gui_follow_new(struct gui_display *display, GtkWidget *scrolled)
{
	struct gui_follow *follow = g_new0(struct gui_follow, 1);

	follow->display = display;
	follow->screen = GTK_WIDGET(gui_display_screen(display));
	follow->scrolled = g_object_ref(scrolled);
	g_signal_connect(scrolled, "realize", G_CALLBACK(on_realize), follow);
	g_signal_connect(scrolled, "unrealize", G_CALLBACK(on_unrealize), follow);
	g_signal_connect(scrolled, "map", G_CALLBACK(on_map), follow);
	return follow;
}

struct gui_follow *gui_follow_free(struct gui_follow *follow)
{
	if (!follow)
		return NULL;
	g_clear_handle_id(&follow->timer, g_source_remove);
	g_clear_handle_id(&follow->settling, g_source_remove);
	g_signal_handlers_disconnect_by_data(follow->scrolled, follow);
	on_unrealize(follow->scrolled, follow);
	g_object_unref(follow->scrolled);
	g_free(follow);
	return NULL;
}
