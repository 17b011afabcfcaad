/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock_bench US: how many frames a second GTK gives to a window that wants each one and works so long for each, in microseconds:
 * what a benchmark of the desktop manager can reach at most where the screen does not tell when it shows them.
 */
#include <gtk/gtk.h>
#include <stdlib.h>

enum { RUN_MS = 4000 };

static gint64 first_us, last_us;
static gint64 work_us;
static int frames;

static gboolean on_tick(GtkWidget *window, GdkFrameClock *clock, gpointer unused)
{
	last_us = g_get_monotonic_time();
	first_us = first_us ? first_us : last_us;
	frames++;
	while (g_get_monotonic_time() < last_us + work_us)
		;
	gtk_widget_queue_draw(window);
	return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	GtkWidget *window;

	work_us = argc > 1 ? atol(argv[1]) : 0;
	gtk_init();
	window = gtk_window_new();
	gtk_widget_add_tick_callback(window, on_tick, NULL, NULL);
	gtk_window_maximize(GTK_WINDOW(window)); /* under the pointer */
	gtk_window_present(GTK_WINDOW(window));
	g_timeout_add(RUN_MS, G_SOURCE_FUNC(g_main_loop_quit), loop);
	g_main_loop_run(loop);
	printf("%.2f\n", frames > 1 ? (frames - 1) * 1e6 / (double)(last_us - first_us) : 0);
	return 0;
}
