/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tell.h"

static gint64 started_us(void)
{
	const char *text = g_getenv("BULKHEAD_GTK_TELL");

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

static gboolean tell(gpointer what)
{
	g_printerr("%s after %.1f ms\n", (const char *)what,
		   (double)(g_get_monotonic_time() - started_us()) / 1000);
	return G_SOURCE_REMOVE;
}

void gui_tell_after(const char *what)
{
	if (started_us())
		g_idle_add_full(G_PRIORITY_LOW, tell, (gpointer)what, NULL);
}

struct frames {
	const char *name;
	gint64 began;
};

static void on_before(GdkFrameClock *clock, gpointer opaque)
{
	((struct frames *)opaque)->began = g_get_monotonic_time();
}

static void on_after(GdkFrameClock *clock, gpointer opaque)
{
	const struct frames *frames = opaque;
	gint64 now = g_get_monotonic_time();

	g_printerr("frame %s at %" G_GINT64_FORMAT " us took %" G_GINT64_FORMAT " us\n", frames->name, now,
		   now - frames->began);
}

static void on_realize(GtkWidget *window, gpointer opaque)
{
	GdkFrameClock *clock = gtk_widget_get_frame_clock(window);

	g_signal_connect(clock, "before-paint", G_CALLBACK(on_before), opaque);
	g_signal_connect(clock, "after-paint", G_CALLBACK(on_after), opaque);
}

void gui_tell_frames(GtkWidget *window, const char *name)
{
	struct frames *frames;

	if (!started_us())
		return;
	frames = g_new0(struct frames, 1); /* as long as the program: windows of a benchmark are few */
	frames->name = name;
	g_signal_connect(window, "realize", G_CALLBACK(on_realize), frames);
}
