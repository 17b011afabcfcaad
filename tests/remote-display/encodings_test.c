/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures of all kinds come to viewers of all pixel formats as they are: hextile, decoded here by the text
 * of RFC 6143, 7.7.4. usage: encodings_test PROGRAM [SEED]
 */
#include "rig.h"
#include "../run/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { TILE = 16, SECONDS = 60, PICTURES = 12, SIDE_MAX = 300, PLAIN = 0, HEXTILE = 5, ZLIB = 6 };
enum { RAW = 1, BACKGROUND = 2, FOREGROUND = 4, SUBRECTS = 8, COLOURED = 16 };

struct format {
	const char *name;
	unsigned bits, is_big_endian, red_max, green_max, blue_max, red_shift, green_shift, blue_shift;
};

static const struct format formats[] = {
	{ "32 bits", 32, 0, 255, 255, 255, 16, 8, 0 },
	{ "32 bits, big-endian", 32, 1, 255, 255, 255, 16, 8, 0 },
	{ "32 bits, BGR", 32, 0, 255, 255, 255, 0, 8, 16 },
	{ "16 bits", 16, 0, 31, 63, 31, 11, 5, 0 },
	{ "16 bits, big-endian", 16, 1, 31, 63, 31, 11, 5, 0 },
	{ "8 bits", 8, 0, 7, 7, 3, 0, 3, 6 },
};

static uint32_t random_state;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)random_state * below >> 32);
}

/* --- a viewer ---------------------------------------------------------------------------------------- */

static int fd;
static const struct format *format;
static uint32_t shown[SIDE_MAX * SIDE_MAX];
static unsigned width, height, kinds[32]; /* tiles with these flags */

static void get(void *buffer, size_t size)
{
	char *at = buffer;

	while (size > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n = poll(&wait, 1, SECONDS * 1000) == 1 ? read(fd, at, size) : 0;

		if (n <= 0) {
			printf("FAIL the server said less than it should (%s)\n", format->name);
			exit(1);
		}
		at += n;
		size -= (size_t)n;
	}
}

static void put(const void *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		exit(1);
}

static unsigned get_byte(void)
{
	uint8_t byte;

	get(&byte, 1);
	return byte;
}

static uint32_t pixel_of(const uint8_t *bytes)
{
	unsigned count = format->bits / 8;
	uint32_t pixel = 0;

	for (unsigned i = 0; i < count; i++)
		pixel = pixel << 8 | bytes[format->is_big_endian ? i : count - 1 - i];
	return pixel;
}

static uint32_t get_pixel(void)
{
	uint8_t bytes[4];

	get(bytes, format->bits / 8);
	return pixel_of(bytes);
}

static void connect_viewer(struct rig *rig, unsigned id, uint8_t encoding)
{
	uint8_t bytes[256], set[20] = { 0 }, encodings[8] = { 2, 0, 0, 1, 0, 0, 0, encoding };
	uint32_t size;

	fd = rig_add_viewer(rig, id, false);
	get(bytes, 12);
	put("RFB 003.008\n", 12);
	get(bytes, 2);
	put("\1", 1);
	get(bytes, 4);
	put("\1", 1);
	get(bytes, 4);
	width = (unsigned)bytes[0] << 8 | bytes[1];
	height = (unsigned)bytes[2] << 8 | bytes[3];
	get(bytes, 16);
	get(&size, 4);
	get(bytes, ntohl(size) & 0xff);
	set[4] = (uint8_t)format->bits;
	set[5] = format->bits == 32 ? 24 : (uint8_t)format->bits;
	set[6] = (uint8_t)format->is_big_endian;
	set[7] = 1;
	set[9] = (uint8_t)format->red_max;
	set[11] = (uint8_t)format->green_max;
	set[13] = (uint8_t)format->blue_max;
	set[14] = (uint8_t)format->red_shift;
	set[15] = (uint8_t)format->green_shift;
	set[16] = (uint8_t)format->blue_shift;
	put(set, sizeof(set));
	put(encodings, sizeof(encodings));
}

static void fill(unsigned x, unsigned y, unsigned w, unsigned h, uint32_t pixel)
{
	if (x + w > width || y + h > height) {
		printf("FAIL a rectangle outside of the picture\n");
		exit(1);
	}
	for (unsigned line = y; line < y + h; line++)
		for (unsigned column = x; column < x + w; column++)
			shown[line * SIDE_MAX + column] = pixel;
}

static void get_subrects(unsigned x, unsigned y, unsigned w, unsigned h, bool is_coloured,
			 uint32_t foreground)
{
	for (unsigned left = get_byte(); left > 0; left--) {
		uint32_t pixel = is_coloured ? get_pixel() : foreground;
		unsigned at = get_byte(), size = get_byte();

		CHECK((at >> 4) + (size >> 4) < w && (at & 15) + (size & 15) < h);
		fill(x + (at >> 4), y + (at & 15), (size >> 4) + 1, (size & 15) + 1, pixel);
	}
}

static void get_hextile(unsigned x, unsigned y, unsigned w, unsigned h)
{
	uint32_t background = 0, foreground = 0;
	bool has_background = false, has_foreground = false;

	for (unsigned top = 0; top < h; top += TILE)
		for (unsigned left = 0; left < w; left += TILE) {
			unsigned columns = w - left < TILE ? w - left : TILE,
				 lines = h - top < TILE ? h - top : TILE;
			unsigned flags = get_byte();

			kinds[flags & 31]++;
			if (flags & RAW) {
				for (unsigned i = 0; i < columns * lines; i++)
					fill(x + left + i % columns, y + top + i / columns, 1, 1,
					     get_pixel());
				has_background = has_foreground = false; /* what some viewers do */
				continue;
			}
			if (flags & BACKGROUND)
				background = get_pixel();
			if (flags & FOREGROUND)
				foreground = get_pixel();
			has_background |= (flags & BACKGROUND) != 0;
			has_foreground = (has_foreground || flags & FOREGROUND) && !(flags & COLOURED);
			CHECK(has_background && (has_foreground || !(flags & SUBRECTS) || flags & COLOURED));
			fill(x + left, y + top, columns, lines, background);
			if (flags & SUBRECTS)
				get_subrects(x + left, y + top, columns, lines, flags & COLOURED, foreground);
		}
}

static void show(unsigned x, unsigned y, unsigned w, unsigned h, const uint8_t *pixels)
{
	for (unsigned i = 0; i < w * h; i++)
		fill(x + i % w, y + i / w, 1, 1, pixel_of(pixels + i * (format->bits / 8)));
}

static z_stream stream; /* the viewer's */
static unsigned whole;	/* rectangles of more pixels than the library's parts have */

static void get_zlib(unsigned x, unsigned y, unsigned w, unsigned h)
{
	static uint8_t packed[SIDE_MAX * SIDE_MAX * 8], pixels[SIDE_MAX * SIDE_MAX * 4];
	uint32_t size;
	int r;

	get(&size, sizeof(size));
	size = ntohl(size);
	if (size > sizeof(packed) || w * h > SIDE_MAX * SIDE_MAX) {
		printf("FAIL %u bytes of %u x %u pixels\n", size, w, h);
		exit(1);
	}
	get(packed, size);
	stream.next_in = packed;
	stream.avail_in = size;
	stream.next_out = pixels;
	stream.avail_out = sizeof(pixels);
	r = inflate(&stream, Z_SYNC_FLUSH);
	CHECK(r == Z_OK && stream.avail_in == 0);
	CHECK(stream.next_out == pixels + w * h * (format->bits / 8));
	show(x, y, w, h, pixels);
	whole += w * h > 128 * 256;
}

static void get_plain(unsigned x, unsigned y, unsigned w, unsigned h)
{
	uint8_t pixels[16];

	CHECK(w * h * (format->bits / 8) <= sizeof(pixels)); /* more would not go as it is */
	get(pixels, w * h * (format->bits / 8));
	show(x, y, w, h, pixels);
}

static void get_rect(void)
{
	uint8_t rect[12];
	unsigned x, y, w, h;

	get(rect, sizeof(rect));
	x = (unsigned)rect[0] << 8 | rect[1];
	y = (unsigned)rect[2] << 8 | rect[3];
	w = (unsigned)rect[4] << 8 | rect[5];
	h = (unsigned)rect[6] << 8 | rect[7];
	if (rect[11] == HEXTILE)
		get_hextile(x, y, w, h);
	else if (rect[11] == ZLIB)
		get_zlib(x, y, w, h);
	else if (rect[11] == PLAIN)
		get_plain(x, y, w, h);
	else
		exit(printf("FAIL encoding %u\n", rect[11]) > 0);
}

static void get_update(void)
{
	uint8_t request[10] = { 3,
				1,
				0,
				0,
				0,
				0,
				(uint8_t)(width >> 8),
				(uint8_t)width,
				(uint8_t)(height >> 8),
				(uint8_t)height };
	uint8_t head[4];

	put(request, sizeof(request));
	get(head, 4);
	CHECK(head[0] == 0);
	for (unsigned left = (unsigned)head[2] << 8 | head[3]; left > 0; left--)
		get_rect();
}

/* --- pictures ---------------------------------------------------------------------------------------- */

static uint32_t picture[SIDE_MAX * SIDE_MAX];

/* Areas of few and of many colours, of large and of small spots; neighbours that differ in one bit. */
static void draw_any(void)
{
	unsigned x = any(width), y = any(height), w = 1 + any(width - x), h = 1 + any(height - y);
	unsigned colours = 1 + any(any(2) ? 3 : 300), spot = 1 + any(any(2) ? 3 : 40);
	uint32_t base = any(1u << 24), seed = any(1u << 24);

	for (unsigned line = y; line < y + h; line++)
		for (unsigned column = x; column < x + w; column++) {
			uint32_t n = (line / spot * 977 + column / spot + seed) * 2654435761u;

			picture[line * SIDE_MAX + column] = (base ^ (n >> 8) % colours * 0x10101) & 0xffffff;
		}
}

/* As libvncserver's tables have it: rounded to the nearest value of each colour. */
static uint32_t expected(uint32_t pixel)
{
	uint32_t red = pixel >> 16 & 0xff, green = pixel >> 8 & 0xff, blue = pixel & 0xff;

	return (red * format->red_max + 127) / 255 << format->red_shift |
	       (green * format->green_max + 127) / 255 << format->green_shift |
	       (blue * format->blue_max + 127) / 255 << format->blue_shift;
}

static bool is_equal(void)
{
	uint32_t mask = format->bits == 32 ? 0xffffff : ~0u;

	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++)
			if ((shown[y * SIDE_MAX + x] & mask) != expected(picture[y * SIDE_MAX + x]))
				return false;
	return true;
}

static void test_pictures(struct rig *rig, unsigned id, uint8_t encoding)
{
	connect_viewer(rig, id, encoding);
	stream = (z_stream){ 0 };
	CHECK(inflateInit(&stream) == Z_OK);
	for (unsigned i = 0; i < PICTURES; i++) {
		for (unsigned k = 0; k < 6; k++)
			draw_any();
		rig_draw(rig, 0, 0, width, height, picture, SIDE_MAX);
		while (!is_equal()) /* what never becomes so ends in get(), as nothing comes any more */
			get_update();
	}
	inflateEnd(&stream);
	close(fd);
	rig_expect_gone(rig, id);
}

int main(int argc, char **argv)
{
	static const unsigned sizes[][2] = { { 300, 161 }, { 129, 299 }, { 64, 47 } };
	struct rig *rig;
	unsigned id = 0;

	if (argc < 2)
		return 2;
	random_state = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 0) : (uint32_t)getpid();
	printf("seed %u\n", random_state);
	fflush(stdout);
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		rig = rig_new(argv[1], sizes[i][0], sizes[i][1]);
		for (unsigned k = 0; k < sizeof(formats) / sizeof(formats[0]); k++) {
			format = &formats[k];
			test_pictures(rig, ++id, HEXTILE);
			test_pictures(rig, ++id, ZLIB);
		}
		rig_free(rig);
	}
	CHECK(kinds[RAW] && kinds[0] && kinds[BACKGROUND] && kinds[SUBRECTS] &&
	      kinds[SUBRECTS | BACKGROUND] && kinds[SUBRECTS | FOREGROUND] &&
	      kinds[SUBRECTS | BACKGROUND | FOREGROUND] && kinds[SUBRECTS | BACKGROUND | COLOURED] &&
	      kinds[SUBRECTS | COLOURED]);
	CHECK(whole > 0);
	return check_result();
}
