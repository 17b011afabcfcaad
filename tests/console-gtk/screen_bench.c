/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: screen_bench BULKHEAD_DISPLAY
 * How many pictures a second of a 1920x1080 guest arrive on the screen through bulkhead-display, the viewer
 * core and the connection window's widget, while the guest draws 60: all of the screen anew each time, or a
 * quarter of it.
 */
#include "connection/screen.h"
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { WIDTH = 1920, HEIGHT = 1080, PICTURES = 6, SECONDS = 5, DRAW_US = 16667, BAR = 30 };

struct bench {
	struct rig *rig;
	struct rd_client *client;
	GuiScreen *screen;
	GThread *guest;
	GMainLoop *loop;
	uint32_t *pictures[PICTURES];
	unsigned width, height; /* of what the guest draws */
	int has_ended;		/* atomic */
	unsigned shown;
	gboolean has_changed;
};

/* Bands that move over a ground with some grain, as films have: neither constant nor noise. */
static uint32_t *make_picture(unsigned number)
{
	uint32_t *picture = g_new(uint32_t, (size_t)WIDTH * HEIGHT), grain = number + 1;

	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++) {
			unsigned moved = x + number * 37, band = (moved / 64 + y / 48) % 5;

			grain = grain * 1664525 + 1013904223;
			picture[(size_t)y * WIDTH + x] = ((moved * 255 / WIDTH + (grain >> 30)) & 0xff)
							     << 16 |
							 ((y * 255 / HEIGHT) & 0xff) << 8 | band * 40;
		}
	return picture;
}

/* The guest: sixty pictures a second, whether somebody sees them or not. */
static gpointer run_guest(gpointer opaque)
{
	struct bench *bench = opaque;

	for (unsigned i = 0; !g_atomic_int_get(&bench->has_ended); i++) {
		rig_draw(bench->rig, 0, 0, bench->width, bench->height, bench->pictures[i % PICTURES], WIDTH);
		g_usleep(DRAW_US);
	}
	return NULL;
}

static void on_resized(void *opaque, unsigned width, unsigned height)
{
	gui_screen_resize(((struct bench *)opaque)->screen, width, height);
}

static void on_damaged(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	struct bench *bench = opaque;
	struct rd_client_frame frame;

	rd_client_lock(bench->client, &frame);
	gui_screen_draw(bench->screen, &frame, rects, count);
	rd_client_unlock(bench->client);
	bench->has_changed = TRUE;
}

static void on_ended(void *opaque, const char *reason)
{
	fprintf(stderr, "screen_bench: %s\n", reason);
	exit(1);
}

static void on_painted(GdkFrameClock *clock, gpointer opaque)
{
	struct bench *bench = opaque;

	bench->shown += bench->has_changed;
	bench->has_changed = FALSE;
}

static gboolean on_time(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static void run_for(struct bench *bench, unsigned seconds)
{
	g_timeout_add_seconds(seconds, on_time, bench->loop);
	g_main_loop_run(bench->loop);
}

static double cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static gboolean measure(struct bench *bench, const char *what, unsigned width, unsigned height)
{
	double began, cpu, rate;
	GThread *guest;

	bench->width = width;
	bench->height = height;
	g_atomic_int_set(&bench->has_ended, FALSE);
	guest = g_thread_new("guest", run_guest, bench);
	run_for(bench, 1);
	bench->shown = 0;
	began = (double)g_get_monotonic_time() / 1e6;
	cpu = cpu_s();
	run_for(bench, SECONDS);
	rate = bench->shown / ((double)g_get_monotonic_time() / 1e6 - began);
	printf("%s of 1920x1080 drawn 60 times a second: %.1f shown a second, bar %d, ratio %.2f; %.1f ms of "
	       "processor each "
	       "(guest included)\n",
	       what, rate, BAR, rate / BAR, (cpu_s() - cpu) * 1000 / MAX(bench->shown, 1));
	g_atomic_int_set(&bench->has_ended, TRUE);
	g_thread_join(guest);
	return rate >= BAR;
}

int main(int argc, char **argv)
{
	static const struct rd_client_ops ops = { .resized = on_resized,
						  .damaged = on_damaged,
						  .ended = on_ended };
	struct bench bench = { .loop = g_main_loop_new(NULL, FALSE) };
	GtkWidget *window;
	gboolean is_good;

	if (argc != 2 || !gtk_init_check())
		return 2;
	for (unsigned i = 0; i < PICTURES; i++)
		bench.pictures[i] = make_picture(i);
	bench.rig = rig_new(argv[1], WIDTH, HEIGHT);
	bench.screen = GUI_SCREEN(gui_screen_new());
	window = gtk_window_new();
	gtk_window_set_decorated(GTK_WINDOW(window), FALSE);
	gtk_window_set_default_size(GTK_WINDOW(window), WIDTH, HEIGHT);
	gtk_window_set_child(GTK_WINDOW(window), GTK_WIDGET(bench.screen));
	gtk_window_present(GTK_WINDOW(window));
	g_signal_connect(gtk_widget_get_frame_clock(window), "after-paint", G_CALLBACK(on_painted), &bench);
	bench.client =
	    rd_client_new(&(struct rd_client_config){ .socket = rig_add_viewer(bench.rig, 1, false),
						      .link = RD_LINK_LOCAL,
						      .ops = &ops,
						      .opaque = &bench });
	is_good = measure(&bench, "all", WIDTH, HEIGHT);
	is_good &= measure(&bench, "a quarter", WIDTH / 2, HEIGHT / 2);
	rd_client_free(bench.client);
	gtk_window_destroy(GTK_WINDOW(window));
	return is_good ? 0 : 3;
}
