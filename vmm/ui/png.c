/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/png.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BYTES_PER_PIXEL = 3,
	MATCH_MAX = 258, /* 3.2.5 */
	SIDE_MAX = 16384,
};

/* --- a growing buffer; on lack of memory it stays as it is and says so at the end --------------------- */

struct buffer {
	uint8_t *data;
	size_t size, room;
	uint64_t bits; /* not written yet, lowest first */
	unsigned bit_count;
	bool has_failed;
};

static void put(struct buffer *buffer, const void *data, size_t size)
{
	if (buffer->size + size > buffer->room) {
		size_t room = (buffer->size + size) * 2;
		uint8_t *grown = realloc(buffer->data, room);

		if (!grown) {
			buffer->has_failed = true;
			return;
		}
		buffer->data = grown;
		buffer->room = room;
	}
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

static void put_be32(struct buffer *buffer, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
				  (uint8_t)value };

	put(buffer, bytes, sizeof(bytes));
}

static void put_bits(struct buffer *buffer, uint32_t value, unsigned count)
{
	buffer->bits |= (uint64_t)value << buffer->bit_count;
	buffer->bit_count += count;
	while (buffer->bit_count >= 8) {
		uint8_t byte = (uint8_t)buffer->bits;

		put(buffer, &byte, 1);
		buffer->bits >>= 8;
		buffer->bit_count -= 8;
	}
}

/* Huffman codes go highest bit first (RFC 1951, 3.1.1). */
static void put_code(struct buffer *buffer, uint32_t code, unsigned count)
{
	uint32_t turned = 0;

	for (unsigned i = 0; i < count; i++)
		turned |= (code >> i & 1) << (count - 1 - i);
	put_bits(buffer, turned, count);
}

/* --- deflate with fixed codes (3.2.6), and runs of one repeated pixel as the only matches --------------- */

static void put_symbol(struct buffer *buffer, unsigned symbol)
{
	if (symbol < 144)
		put_code(buffer, 0x30 + symbol, 8);
	else if (symbol < 256)
		put_code(buffer, 0x190 + symbol - 144, 9);
	else if (symbol < 280)
		put_code(buffer, symbol - 256, 7);
	else
		put_code(buffer, 0xc0 + symbol - 280, 8);
}

/* `length` 3..258 bytes that repeat those BYTES_PER_PIXEL before. */
static void put_match(struct buffer *buffer, unsigned length)
{
	static const uint16_t bases[] = { 3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,	 17,  19,  23, 27,
					  31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258 };
	unsigned code = 28, extra;

	while (bases[code] > length)
		code--;
	extra = code < 8 || code == 28 ? 0 : (code - 4) / 4;
	put_symbol(buffer, 257 + code);
	put_bits(buffer, length - bases[code], extra);
	put_code(buffer, BYTES_PER_PIXEL - 1, 5); /* distance 3: code 2, no extra bits */
}

static unsigned match_length(const uint8_t *data, size_t at, size_t size)
{
	unsigned length = 0;

	if (at < BYTES_PER_PIXEL)
		return 0;
	while (length < MATCH_MAX && at + length < size &&
	       data[at + length] == data[at + length - BYTES_PER_PIXEL])
		length++;
	return length;
}

static uint32_t adler32(const uint8_t *data, size_t size)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < size; i++) {
		a = (a + data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

/* RFC 1950. */
static void put_zlib(struct buffer *buffer, const uint8_t *data, size_t size)
{
	static const uint8_t head[] = { 0x78, 0x01 };

	put(buffer, head, sizeof(head));
	put_bits(buffer, 1, 1); /* the last block */
	put_bits(buffer, 1, 2); /* fixed codes */
	for (size_t i = 0; i < size;) {
		unsigned length = match_length(data, i, size);

		if (length < 3) {
			put_symbol(buffer, data[i++]);
			continue;
		}
		put_match(buffer, length);
		i += length;
	}
	put_symbol(buffer, 256);
	put_bits(buffer, 0, (8 - buffer->bit_count) & 7);
	put_be32(buffer, adler32(data, size));
}

/* --- PNG --------------------------------------------------------------------------------------------- */

static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void begin_chunk(struct buffer *buffer, const char type[static 4], size_t *ret_start)
{
	*ret_start = buffer->size;
	put_be32(buffer, 0);
	put(buffer, type, 4);
}

static void end_chunk(struct buffer *buffer, size_t start)
{
	size_t length = buffer->size - start - 8;

	if (buffer->has_failed)
		return;
	for (unsigned i = 0; i < 4; i++)
		buffer->data[start + i] = (uint8_t)(length >> (24 - 8 * i));
	put_be32(buffer, crc32(buffer->data + start + 4, length + 4));
}

/* Each line: filter 0, then the pixels. */
static uint8_t *lines_of(const uint32_t *pixels, uint32_t width, uint32_t height, size_t *ret_size)
{
	size_t line = 1 + (size_t)width * BYTES_PER_PIXEL;
	uint8_t *lines = malloc(line * height), *p = lines;

	if (!lines)
		return NULL;
	for (uint32_t y = 0; y < height; y++) {
		*p++ = 0;
		for (uint32_t x = 0; x < width; x++) {
			uint32_t pixel = pixels[(size_t)y * width + x];

			*p++ = (uint8_t)(pixel >> 16);
			*p++ = (uint8_t)(pixel >> 8);
			*p++ = (uint8_t)pixel;
		}
	}
	*ret_size = line * height;
	return lines;
}

static void build(struct buffer *buffer, const uint8_t *lines, size_t size, uint32_t width, uint32_t height)
{
	static const uint8_t sign[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
	static const uint8_t kind[] = { 8, 2, 0, 0, 0 }; /* bits, RGB */
	size_t start;

	put(buffer, sign, sizeof(sign));
	begin_chunk(buffer, "IHDR", &start);
	put_be32(buffer, width);
	put_be32(buffer, height);
	put(buffer, kind, sizeof(kind));
	end_chunk(buffer, start);
	begin_chunk(buffer, "IDAT", &start);
	put_zlib(buffer, lines, size);
	end_chunk(buffer, start);
	begin_chunk(buffer, "IEND", &start);
	end_chunk(buffer, start);
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

int png_write(int fd, const uint32_t *pixels, uint32_t width, uint32_t height)
{
	struct buffer buffer = { 0 };
	uint8_t *lines;
	size_t size;
	int r = -ENOMEM;

	if (width == 0 || height == 0 || width > SIDE_MAX || height > SIDE_MAX)
		return -EINVAL;
	lines = lines_of(pixels, width, height, &size);
	if (lines)
		build(&buffer, lines, size, width, height);
	if (lines && !buffer.has_failed)
		r = write_all(fd, buffer.data, buffer.size);
	free(lines);
	free(buffer.data);
	return r;
}
