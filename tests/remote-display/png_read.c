/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Portable Network Graphics, RFC 2083. */
#include "png_read.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FILE_MAX = 64 << 20, SIDE_MAX = 8192, COLOUR_RGB = 2, COLOUR_RGBA = 6 };

struct png {
	unsigned width, height, channels;
	uint8_t *packed; /* all IDAT */
	size_t packed_size;
};

static uint32_t get32(const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, 4);
	return ntohl(n);
}

static int take_header(struct png *png, const uint8_t *at, size_t size)
{
	if (size != 13 || at[8] != 8 || (at[9] != COLOUR_RGB && at[9] != COLOUR_RGBA) || at[12] != 0)
		return -1;
	png->width = get32(at);
	png->height = get32(at + 4);
	png->channels = at[9] == COLOUR_RGB ? 3 : 4;
	return png->width == 0 || png->width > SIDE_MAX || png->height == 0 || png->height > SIDE_MAX ? -1
												      : 0;
}

static int read_chunks(struct png *png, const uint8_t *data, size_t size)
{
	for (size_t at = 8; size - at >= 12;) {
		uint32_t length = get32(data + at);
		const uint8_t *kind = data + at + 4, *content = data + at + 8;

		if (length > size - at - 12)
			return -1;
		if (memcmp(kind, "IHDR", 4) == 0 && take_header(png, content, length) < 0)
			return -1;
		if (memcmp(kind, "IDAT", 4) == 0) {
			memcpy(png->packed + png->packed_size, content, length);
			png->packed_size += length;
		}
		if (memcmp(kind, "IEND", 4) == 0)
			return png->width ? 0 : -1;
		at += 12 + length;
	}
	return -1;
}

static uint8_t paeth(int left, int above, int corner)
{
	int estimate = left + above - corner;
	int a = abs(estimate - left), b = abs(estimate - above), c = abs(estimate - corner);

	return (uint8_t)(a <= b && a <= c ? left : b <= c ? above : corner);
}

/* In place; `above` is zeroes for the first line. */
static int unfilter(uint8_t filter, uint8_t *line, const uint8_t *above, size_t size, unsigned channels)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t left = i < channels ? 0 : line[i - channels],
			corner = i < channels ? 0 : above[i - channels];

		switch (filter) {
		case 0: break;
		case 1: line[i] = (uint8_t)(line[i] + left); break;
		case 2: line[i] = (uint8_t)(line[i] + above[i]); break;
		case 3: line[i] = (uint8_t)(line[i] + (left + above[i]) / 2); break;
		case 4: line[i] = (uint8_t)(line[i] + paeth(left, above[i], corner)); break;
		default: return -1;
		}
	}
	return 0;
}

static uint32_t *unpack(const struct png *png)
{
	size_t line_size = (size_t)png->width * png->channels;
	uLongf size = (line_size + 1) * png->height;
	uint8_t *raw = malloc(size), *zeroes = calloc(1, line_size);
	const uint8_t *above = zeroes;
	uint32_t *pixels = malloc((size_t)png->width * png->height * 4);
	bool is_good = raw && zeroes && pixels &&
		       uncompress(raw, &size, png->packed, png->packed_size) == Z_OK &&
		       size == (line_size + 1) * png->height;

	for (unsigned y = 0; is_good && y < png->height; y++) {
		uint8_t *line = raw + y * (line_size + 1) + 1;

		is_good = unfilter(line[-1], line, above, line_size, png->channels) == 0;
		for (unsigned x = 0; x < png->width; x++) {
			const uint8_t *at = line + x * png->channels;

			pixels[(size_t)y * png->width + x] =
			    (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
		}
		above = line;
	}
	if (!is_good) {
		free(pixels);
		pixels = NULL;
	}
	free(raw);
	free(zeroes);
	return pixels;
}

uint32_t *png_read(const char *path, unsigned *ret_width, unsigned *ret_height)
{
	static const uint8_t signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	uint8_t *data = malloc(FILE_MAX);
	struct png png = { .packed = malloc(FILE_MAX) };
	FILE *file = fopen(path, "re");
	size_t size = file && data ? fread(data, 1, FILE_MAX, file) : 0;
	uint32_t *pixels = NULL;

	if (png.packed && size > 8 && memcmp(data, signature, 8) == 0 && read_chunks(&png, data, size) == 0)
		pixels = unpack(&png);
	*ret_width = png.width;
	*ret_height = png.height;
	if (file)
		fclose(file);
	free(data);
	free(png.packed);
	return pixels;
}
