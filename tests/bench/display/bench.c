/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bulkhead-display beside QEMU's VNC server, with the same viewer and the same pictures.
 * usage: display_bench BULKHEAD_DISPLAY FOLDER [--quick] [--only TEXT]
 *
 * A frame is drawn when the viewer has the one before, so that both servers send the same pictures. Processor
 * time is the server's process; of QEMU's, what the same drawing costs without a viewer is taken away.
 */
#include "content.h"
#include "side.h"

#include "client/client.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SIDES = 2,
	ROUNDS = 3,
	TIMEOUT_S = 60,
	CONNECTS = 9,
	CHANGES = 9,
	IDLE_S = 4,
	RATE_S = 4,
	FRAME_US = 16667
};

/* At most QEMU's, and what two measurements of the same differ by. */
static const double bytes_max = 1.02, cpu_max = 1.10;

static uint32_t picture[WIDTH * HEIGHT];
static struct side *sides[SIDES]; /* ours first */
static const char *only;
static bool is_quick;
static unsigned missed, met;

static void give_up(const char *what)
{
	fprintf(stderr, "bench/display: %s\n", what);
	exit(1);
}

static double cpu_ms(const struct side *side)
{
	struct timespec used = { 0, 0 };
	clockid_t clock;

	if (clock_getcpuclockid(side->pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
		give_up("no processor time of the server");
	return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static double now_ms(void)
{
	return (double)g_get_monotonic_time() / 1e3;
}

/* --- the viewer -------------------------------------------------------------------------------------- */

struct viewer {
	struct rd_client *client;
	bool has_changed;
	const char *reason;
};

static void on_damaged(void *opaque, const struct rd_client_rect *rects, unsigned count)
{
	((struct viewer *)opaque)->has_changed = true;
}

static void on_ended(void *opaque, const char *reason)
{
	give_up(reason);
}

static const struct rd_client_ops ops = { .damaged = on_damaged, .ended = on_ended };

static void open_viewer(struct viewer *viewer, struct side *side, const char *encodings)
{
	struct rd_client_config config = { .socket = side->connect(side),
					   .link = RD_LINK_LOCAL,
					   .encodings = encodings,
					   .ops = &ops,
					   .opaque = viewer };

	*viewer = (struct viewer){ 0 };
	viewer->client = rd_client_new(&config);
}

static void close_viewer(struct viewer *viewer, struct side *side)
{
	rd_client_free(viewer->client);
	side->disconnected(side);
}

static bool is_equal(struct viewer *viewer)
{
	struct rd_client_frame frame;
	bool equal;

	rd_client_lock(viewer->client, &frame);
	equal = frame.width == WIDTH && frame.height == HEIGHT && frame.stride == WIDTH;
	for (size_t i = 0; equal && i < WIDTH * HEIGHT; i++)
		equal = (frame.pixels[i] & 0xffffff) == picture[i];
	rd_client_unlock(viewer->client);
	return equal;
}

static gboolean on_time(gpointer unused)
{
	(void)unused;
	give_up("the viewer's picture does not become the server's");
	return G_SOURCE_REMOVE;
}

static void wait_until_equal(struct viewer *viewer)
{
	guint timer = g_timeout_add_seconds(TIMEOUT_S, on_time, NULL);

	while (!is_equal(viewer)) {
		viewer->has_changed = false;
		while (!viewer->has_changed)
			g_main_context_iteration(NULL, TRUE);
	}
	g_source_remove(timer);
}

static uint64_t bytes_of(struct viewer *viewer)
{
	struct rd_client_statistics statistics;

	rd_client_get_statistics(viewer->client, &statistics);
	return statistics.bytes;
}

static gboolean on_pause_over(gpointer is_over)
{
	*(gboolean *)is_over = TRUE;
	return G_SOURCE_REMOVE;
}

static void pause_ms(unsigned ms)
{
	gboolean is_over = FALSE;

	g_timeout_add(ms, on_pause_over, &is_over);
	while (!is_over)
		g_main_context_iteration(NULL, TRUE);
}

/* --- results ----------------------------------------------------------------------------------------- */

static bool is_wanted(const char *row)
{
	return !only || strstr(row, only);
}

/* At most `limit`. */
static void bar(const char *row, const char *what, double value, double limit)
{
	if (value <= limit) {
		met++;
		return;
	}
	missed++;
	printf("    MISSED  %s: %s %.2f, bar %.2f\n", row, what, value, limit);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/* --- bytes and processor time of the same pictures --------------------------------------------------- */

struct cost {
	double kib, cpu; /* a frame; ms */
};

static void draw_frame(struct side *side, const struct content *content, unsigned number)
{
	unsigned top, lines;

	content->draw(picture, number, &top, &lines);
	side->draw(side, picture, top, lines);
}

static double cost_of_drawing(struct side *side, const struct content *content, unsigned frames)
{
	double before;

	draw_frame(side, content, 0);
	before = cpu_ms(side);
	for (unsigned i = 1; i <= frames; i++)
		draw_frame(side, content, i);
	return (cpu_ms(side) - before) / frames;
}

static struct cost measure(struct side *side, const struct content *content, const char *encoding)
{
	unsigned frames = is_quick ? 5 : content->frames;
	double drawing = cost_of_drawing(side, content, frames), cpu;
	struct viewer viewer;
	uint64_t bytes;

	draw_frame(side, content, 0);
	open_viewer(&viewer, side, encoding);
	wait_until_equal(&viewer);
	pause_ms(300);
	bytes = bytes_of(&viewer);
	cpu = cpu_ms(side);
	for (unsigned i = 1; i <= frames; i++) {
		draw_frame(side, content, i);
		wait_until_equal(&viewer);
	}
	bytes = bytes_of(&viewer) - bytes;
	cpu = (cpu_ms(side) - cpu) / frames - drawing;
	close_viewer(&viewer, side);
	return (struct cost){ (double)bytes / 1024 / frames, cpu > 0 ? cpu : 0 };
}

/* In turn, so that what else the host does falls on both; the middle of the rounds. */
static void measure_both(const struct content *content, const char *encoding, struct cost ret_costs[SIDES])
{
	double kib[SIDES][ROUNDS], cpu[SIDES][ROUNDS];
	unsigned rounds = is_quick ? 1 : ROUNDS;

	for (unsigned i = 0; i < rounds; i++)
		for (unsigned k = 0; k < SIDES; k++) {
			struct cost cost = measure(sides[k], content, encoding);

			kib[k][i] = cost.kib;
			cpu[k][i] = cost.cpu;
		}
	for (unsigned k = 0; k < SIDES; k++)
		ret_costs[k] = (struct cost){ median(kib[k], rounds), median(cpu[k], rounds) };
}

static void compare_contents(void)
{
	static const char *const encodings[] = { "raw", "hextile raw", "zlib raw", "zrle raw", "tight raw" };

	printf("%-22s | %10s %10s %6s | %9s %9s %6s\n", "a frame", "KiB ours", "qemu", "ratio", "cpu ours",
	       "qemu ms", "ratio");
	for (unsigned i = 0; i < content_count; i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(encodings); j++) {
			char *row = g_strdup_printf("%s, %.*s", contents[i].name,
						    (int)strcspn(encodings[j], " "), encodings[j]);
			struct cost costs[SIDES];

			if (is_wanted(row))
				measure_both(&contents[i], encodings[j], costs);
			if (is_wanted(row)) {
				printf("%-22s | %10.1f %10.1f %6.2f | %9.2f %9.2f %6.2f\n", row, costs[0].kib,
				       costs[1].kib, costs[0].kib / costs[1].kib, costs[0].cpu, costs[1].cpu,
				       costs[0].cpu / costs[1].cpu);
				bar(row, "bytes to QEMU's", costs[0].kib / costs[1].kib, bytes_max);
				bar(row, "processor time to QEMU's", costs[0].cpu / costs[1].cpu, cpu_max);
				fflush(stdout);
			}
			g_free(row);
		}
}

/* --- the rest ---------------------------------------------------------------------------------------- */

static void measure_idle(void)
{
	double bytes[SIDES], cpu[SIDES];

	for (unsigned i = 0; i < SIDES; i++) {
		struct viewer viewer;

		draw_frame(sides[i], &contents[0], 0);
		open_viewer(&viewer, sides[i], NULL);
		wait_until_equal(&viewer);
		pause_ms(1000);
		bytes[i] = (double)bytes_of(&viewer);
		cpu[i] = cpu_ms(sides[i]);
		pause_ms(IDLE_S * 1000);
		bytes[i] = (double)bytes_of(&viewer) - bytes[i];
		cpu[i] = (cpu_ms(sides[i]) - cpu[i]) / IDLE_S;
		close_viewer(&viewer, sides[i]);
	}
	printf("idle, %d s: %.0f bytes, %.3f ms of processor a second (qemu: %.0f, %.3f)\n", IDLE_S, bytes[0],
	       cpu[0], bytes[1], cpu[1]);
	bar("idle", "bytes", bytes[0], 0);
	bar("idle", "ms a second", cpu[0], 0.5);
}

static void measure_first_picture(void)
{
	double ms[SIDES][CONNECTS];

	for (unsigned i = 0; i < SIDES; i++) {
		draw_frame(sides[i], &contents[2], 0);
		for (unsigned j = 0; j < CONNECTS; j++) {
			struct viewer viewer;
			double start = now_ms();

			open_viewer(&viewer, sides[i], NULL);
			wait_until_equal(&viewer);
			ms[i][j] = now_ms() - start;
			close_viewer(&viewer, sides[i]);
		}
		median(ms[i], CONNECTS);
	}
	printf("first picture after connect: median %.1f ms, worst %.1f (qemu: %.1f, %.1f)\n",
	       ms[0][CONNECTS / 2], ms[0][CONNECTS - 1], ms[1][CONNECTS / 2], ms[1][CONNECTS - 1]);
	bar("first picture", "median, ms", ms[0][CONNECTS / 2], 100);
}

static void measure_change(void)
{
	double ms[SIDES][CHANGES];

	for (unsigned i = 0; i < SIDES; i++) {
		struct viewer viewer;

		draw_frame(sides[i], &contents[4], 0);
		open_viewer(&viewer, sides[i], NULL);
		wait_until_equal(&viewer);
		for (unsigned j = 0; j < CHANGES; j++) {
			unsigned top, lines;
			double start;

			pause_ms(100);
			contents[4].draw(picture, j + 1, &top, &lines);
			start = now_ms();
			sides[i]->draw(sides[i], picture, top, lines);
			wait_until_equal(&viewer);
			ms[i][j] = now_ms() - start;
		}
		median(ms[i], CHANGES);
		close_viewer(&viewer, sides[i]);
	}
	printf("whole screen to the last pixel: median %.1f ms, worst %.1f (qemu: %.1f, %.1f)\n",
	       ms[0][CHANGES / 2], ms[0][CHANGES - 1], ms[1][CHANGES / 2], ms[1][CHANGES - 1]);
	bar("whole screen to the last pixel", "median, ms", ms[0][CHANGES / 2], 50);
}

/* 60 frames a second are drawn, from a few that were made before. */
static void measure_rate(const struct content *content)
{
	enum { FRAMES = 8 };
	struct {
		unsigned top, lines;
		uint32_t *pixels;
	} frames[FRAMES];
	struct rd_client_statistics before, after;
	struct viewer viewer;
	gint64 start;
	double cpu, seconds;

	for (unsigned i = 0; i < FRAMES; i++) {
		content->draw(picture, i, &frames[i].top, &frames[i].lines);
		frames[i].pixels = g_memdup2(picture, sizeof(picture));
	}
	content->draw(picture, 0, &frames[0].top, &frames[0].lines);
	sides[0]->draw(sides[0], picture, 0, HEIGHT);
	open_viewer(&viewer, sides[0], NULL);
	wait_until_equal(&viewer);
	rd_client_get_statistics(viewer.client, &before);
	cpu = cpu_ms(sides[0]);
	start = g_get_monotonic_time();
	for (unsigned i = 0; g_get_monotonic_time() < start + RATE_S * 1000000; i++) {
		sides[0]->draw(sides[0], frames[i % FRAMES].pixels, frames[1].top, frames[1].lines);
		while (g_get_monotonic_time() < start + (gint64)(i + 1) * FRAME_US) {
			g_main_context_iteration(NULL, FALSE);
			g_usleep(1000);
		}
	}
	seconds = (double)(g_get_monotonic_time() - start) / 1e6;
	cpu = (cpu_ms(sides[0]) - cpu) / seconds / 1000;
	rd_client_get_statistics(viewer.client, &after);
	close_viewer(&viewer, sides[0]);
	for (unsigned i = 0; i < FRAMES; i++)
		g_free(frames[i].pixels);
	printf("%s, 60 frames a second are drawn: %.1f updates a second, %.2f cores, %.1f MiB a second\n",
	       content->name, (double)(after.updates - before.updates) / seconds, cpu,
	       (double)(after.bytes - before.bytes) / seconds / 1048576);
	bar(content->name, "30 to updates a second",
	    30 * seconds / (double)(after.updates - before.updates + 1), 1);
	bar(content->name, "cores", cpu, 0.5);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		give_up("usage: display_bench BULKHEAD_DISPLAY FOLDER [--quick] [--only TEXT]");
	for (int i = 3; i < argc; i++) {
		is_quick |= strcmp(argv[i], "--quick") == 0;
		if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
			only = argv[++i];
	}
	sides[0] = side_new_ours(argv[1]);
	sides[1] = side_new_qemu(argv[2]);
	compare_contents();
	if (is_wanted("idle"))
		measure_idle();
	if (is_wanted("first picture"))
		measure_first_picture();
	if (is_wanted("whole screen"))
		measure_change();
	for (unsigned i = 2; i < content_count; i++)
		if (is_wanted("rate"))
			measure_rate(&contents[i]);
	for (unsigned i = 0; i < SIDES; i++)
		sides[i]->free(sides[i]);
	printf("%u bars met, %u missed\n", met, missed);
	return missed ? 3 : 0;
}
