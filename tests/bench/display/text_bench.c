/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long reading a 1920x1080 screen of text takes: for the first time, when all of it changed, when one
 * line did, when nothing did; and a picture without text. usage: text_bench PICTURE.ppm.gz
 */
#include "text/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

enum { WIDTH = 1920, HEIGHT = 1080, LINE = 16, ROUNDS = 15 };
static const double changed_max_ms = 10;

static uint32_t pixels[WIDTH * HEIGHT];
static const struct rd_picture picture = { pixels, WIDTH, HEIGHT, WIDTH };

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool read_picture(const char *path)
{
	gzFile file = gzopen(path, "rb");
	char line[64];
	unsigned width = 0, height = 0;

	if (!file || !gzgets(file, line, sizeof(line)) || !gzgets(file, line, sizeof(line)) ||
	    sscanf(line, "%u %u", &width, &height) != 2 || width != WIDTH || height != HEIGHT ||
	    !gzgets(file, line, sizeof(line)))
		return false;
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		uint8_t rgb[3] = { 0 };

		gzread(file, rgb, 3);
		pixels[i] = (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	}
	gzclose(file);
	return true;
}

/* The console's text fills a part only: it is repeated to the right and below. */
static void fill_screen(void)
{
	for (unsigned y = 0; y < HEIGHT; y++)
		for (unsigned x = 0; x < WIDTH; x++)
			pixels[y * WIDTH + x] = pixels[y % (20 * LINE) * WIDTH + x % 512];
}

static void scroll(void)
{
	static uint32_t first[LINE * WIDTH];

	memcpy(first, pixels, sizeof(first));
	memmove(pixels, pixels + LINE * WIDTH, (HEIGHT / LINE - 1) * LINE * WIDTH * 4);
	memcpy(pixels + (HEIGHT / LINE - 1) * LINE * WIDTH, first, sizeof(first));
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double measure(struct rd_text_reader *reader, void (*change)(void))
{
	double ms[ROUNDS];

	for (unsigned i = 0; i < ROUNDS; i++) {
		const struct rd_text *text;

		if (change)
			change();
		ms[i] = cpu_ms();
		if (rd_text_reader_read(reader, &picture, &text) < 0)
			exit(1);
		ms[i] = cpu_ms() - ms[i];
	}
	qsort(ms, ROUNDS, sizeof(ms[0]), compare);
	return ms[ROUNDS / 2];
}

static void swap_lines(void)
{
	for (unsigned x = 0; x < LINE * WIDTH; x++) {
		uint32_t pixel = pixels[x];

		pixels[x] = pixels[LINE * WIDTH + x];
		pixels[LINE * WIDTH + x] = pixel;
	}
}

static void draw_film(void)
{
	static unsigned number;

	number++;
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
		pixels[i] = (i % WIDTH + number) * (i / WIDTH + number) / 64 * 0x10101u;
}

int main(int argc, char **argv)
{
	static struct rd_fonts fonts;
	struct rd_text_reader *reader;
	const struct rd_text *text;
	double start = cpu_ms(), all;

	if (argc != 2 || !read_picture(argv[1]))
		return 1;
	fill_screen();
	start = cpu_ms();
	rd_fonts_init(&fonts);
	rd_fonts_add_installed(&fonts);
	printf("%u fonts: %.1f ms\n", fonts.count, cpu_ms() - start);
	reader = rd_text_reader_new(&fonts);
	start = cpu_ms();
	if (rd_text_reader_read(reader, &picture, &text) < 0 || text->columns == 0)
		return 1;
	printf("first time, %u x %u cells: %.1f ms\n", text->columns, text->rows, cpu_ms() - start);
	all = measure(reader, scroll);
	printf("all changed: %.2f ms (bar %.0f)\n", all, changed_max_ms);
	printf("two lines changed: %.2f ms\n", measure(reader, swap_lines));
	printf("nothing changed: %.2f ms\n", measure(reader, NULL));
	draw_film();
	start = cpu_ms();
	if (rd_text_reader_read(reader, &picture, &text) < 0)
		return 1;
	printf("a film, first picture: %.1f ms\n", cpu_ms() - start);
	printf("a film: %.2f ms\n", measure(reader, draw_film));
	rd_text_reader_free(reader);
	rd_fonts_deinit(&fonts);
	return all <= changed_max_ms ? 0 : 3;
}
