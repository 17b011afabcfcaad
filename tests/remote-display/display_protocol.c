/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bulkhead-display says and hears besides pixels and keys: sizes both ways, the guest's pointer, lamps,
 * clipboard text that is typed, fences and continuous updates. usage: protocol_test PROGRAM
 */
#include "hand_machine.h"
#include "../run/check.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum {
	RAW = 0,
	CURSOR = -239,
	POINTER_POS = -232,
	DESKTOP_SIZE = -223,
	QEMU_LEDS = -261,
	EXTENDED_SIZE = -308,
	FENCE = -312,
	CONTINUOUS = -313,
	EXTENDED_CLIPBOARD = -1063131698,
	CLIPBOARD_TEXT = 1 << 0,
	CLIPBOARD_PROVIDE = 1 << 28,
	QUIET_MS = 300,
};

static struct hand_machine machine;

static void get(int fd, void *buffer, size_t size)
{
	char *at = buffer;

	while (size > 0) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t n = poll(&wait, 1, HAND_SECONDS * 1000) == 1 ? read(fd, at, size) : 0;

		if (n <= 0) {
			printf("FAIL the server said less than it should\n");
			exit(1);
		}
		at += n;
		size -= (size_t)n;
	}
}

static void put(int fd, const void *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size) {
		printf("FAIL the server does not listen\n");
		exit(1);
	}
}

static bool is_quiet(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	return poll(&wait, 1, QUIET_MS) == 0;
}

/* --- a viewer ---------------------------------------------------------------------------------------- */

static int begin(unsigned id, bool is_view_only)
{
	int fd = hand_viewer(&machine, id, is_view_only, false);
	char bytes[256];
	uint32_t size;

	get(fd, bytes, 12);
	put(fd, "RFB 003.008\n", 12);
	get(fd, bytes, 2);
	put(fd, "\1", 1);
	get(fd, bytes, 4);
	put(fd, "\1", 1);
	get(fd, bytes, 20);
	get(fd, &size, 4);
	get(fd, bytes, ntohl(size));
	link_message_free(hand_hear(&machine, "viewer-in"));
	return fd;
}

static void end(int fd)
{
	close(fd);
	link_message_free(hand_hear(&machine, "viewer-gone"));
}

static void set_encodings(int fd, const int32_t *encodings, unsigned count)
{
	struct {
		uint8_t type, padding;
		uint16_t count;
		uint32_t encodings[8];
	} message = { .type = 2, .count = htons((uint16_t)count) };

	for (unsigned i = 0; i < count; i++)
		message.encodings[i] = htonl((uint32_t)encodings[i]);
	put(fd, &message, 4 + 4 * count);
}

static void request(int fd, bool is_incremental)
{
	uint8_t message[10] = { 3, is_incremental, 0, 0, 0, 0, HAND_WIDTH >> 8, HAND_WIDTH & 0xff,
				0, HAND_HEIGHT };

	put(fd, message, sizeof(message));
}

struct rect {
	uint16_t x, y, width, height;
	int32_t encoding;
	uint8_t payload[HAND_WIDTH * HAND_HEIGHT * 4 + 64];
};

static size_t payload_size(const struct rect *rect)
{
	size_t pixels = (size_t)rect->width * rect->height;

	switch (rect->encoding) {
	case RAW: return pixels * 4;
	case CURSOR: return pixels * 4 + (size_t)(rect->width + 7) / 8 * rect->height;
	case QEMU_LEDS: return 1;
	case EXTENDED_SIZE: return 4 + 16;
	default: return 0;
	}
}

static void get_rect(int fd, struct rect *rect)
{
	get(fd, rect, 12);
	rect->x = ntohs(rect->x);
	rect->y = ntohs(rect->y);
	rect->width = ntohs(rect->width);
	rect->height = ntohs(rect->height);
	rect->encoding = (int32_t)ntohl((uint32_t)rect->encoding);
	if (payload_size(rect) > sizeof(rect->payload)) {
		printf("FAIL a large rectangle\n");
		exit(1);
	}
	get(fd, rect->payload, payload_size(rect));
}

/* Reads updates until one has a rectangle of this encoding; asks again and again. */
static void await(int fd, int32_t encoding, struct rect *ret_rect)
{
	static struct rect rect;
	bool has_it = false;

	while (!has_it) {
		uint8_t head[4];

		get(fd, head, 4);
		CHECK(head[0] == 0);
		for (unsigned left = (unsigned)head[2] << 8 | head[3]; left > 0; left--) {
			get_rect(fd, &rect);
			if (rect.encoding == encoding) {
				*ret_rect = rect;
				has_it = true;
			}
		}
		request(fd, true);
	}
}

/* --- sizes ------------------------------------------------------------------------------------------- */

static void want_size(int fd, unsigned width, unsigned height)
{
	uint8_t message[24] = {
		251, 0, (uint8_t)(width >> 8), (uint8_t)width, (uint8_t)(height >> 8), (uint8_t)height, 1
	};

	message[16] = (uint8_t)(width >> 8);
	message[17] = (uint8_t)width;
	message[18] = (uint8_t)(height >> 8);
	message[19] = (uint8_t)height;
	put(fd, message, sizeof(message));
}

static void set_console(const struct framebuffer_console *console, const uint32_t *argb)
{
	framebuffer_set_console(machine.framebuffer, console, argb);
	hand_drawn(&machine);
}

static void test_sizes(void)
{
	static const int32_t encodings[] = { RAW, EXTENDED_SIZE, DESKTOP_SIZE, QEMU_LEDS };
	static struct rect rect;
	struct framebuffer_console console = { .takes_size = 1, .has_leds = 1 };
	struct display_message message;
	int fd = begin(1, false), looker;

	set_encodings(fd, encodings, 4);
	request(fd, false);
	await(fd, RAW, &rect);
	want_size(fd, 800, 600);
	await(fd, EXTENDED_SIZE, &rect);
	CHECK(rect.x == 1 && rect.y == 1); /* the viewer's wish; prohibited: this guest cannot */
	set_console(&console, NULL);
	await(fd, QEMU_LEDS, &rect); /* now it has heard that the guest can */
	want_size(fd, 800, 600);
	await(fd, EXTENDED_SIZE, &rect);
	CHECK(rect.x == 1 && rect.y == 4 && rect.width == HAND_WIDTH &&
	      rect.height == HAND_HEIGHT); /* handed on */
	CHECK(hand_expect(&machine, DISPLAY_SIZE, &message) && message.values[0] == 800 &&
	      message.values[1] == 600);
	want_size(fd, 60000, 600);
	await(fd, EXTENDED_SIZE, &rect);
	CHECK(rect.x == 1 && rect.y == 2); /* out of resources */

	looker = begin(2, true);
	set_encodings(looker, encodings, 4);
	request(looker, false);
	await(looker, RAW, &rect);
	want_size(looker, 800, 600);
	await(looker, EXTENDED_SIZE, &rect);
	CHECK(rect.x == 1 && rect.y == 1);
	end(looker);
	end(fd);
}

/* --- lamps and pointer ------------------------------------------------------------------------------- */

static void test_leds(void)
{
	static const int32_t encodings[] = { RAW, QEMU_LEDS };
	static struct rect rect;
	struct framebuffer_console console = { .has_leds = 1 };
	int fd = begin(3, false);

	set_encodings(fd, encodings, 2);
	request(fd, false);
	for (unsigned leds = 1; leds < 8; leds++) {
		console.leds = leds;
		set_console(&console, NULL);
		await(fd, QEMU_LEDS, &rect);
		if (rect.payload[0] != leds && leds == 1) /* those of before came first */
			await(fd, QEMU_LEDS, &rect);
		CHECK(rect.payload[0] == leds);
	}
	end(fd);
}

static void test_pointer(void)
{
	static const int32_t encodings[] = { RAW, CURSOR, POINTER_POS };
	static const uint32_t shape[3 * 2] = {
		0xff112233, 0, 0xffffffff, 0x10ffffff, 0xff000001, 0xff000002
	};
	static struct rect rect;
	struct framebuffer_console console = { .pointer = { .has_shape = 1,
							    .is_visible = 1,
							    .width = 3,
							    .height = 2,
							    .hot_x = 2,
							    .hot_y = 1,
							    .x = 100,
							    .y = 50 } };
	int fd = begin(4, false);
	uint32_t first;

	set_encodings(fd, encodings, 3);
	request(fd, false);
	await(fd, CURSOR, &rect);
	CHECK(rect.width == 0); /* none */
	set_console(&console, shape);
	await(fd, CURSOR, &rect);
	CHECK(rect.width == 3 && rect.height == 2 && rect.x == 2 && rect.y == 1);
	memcpy(&first, rect.payload, 4);
	CHECK((first & 0xffffff) == 0x112233 && rect.payload[24] == 0xa0 && rect.payload[25] == 0x60);
	console.pointer.x = 7;
	set_console(&console, NULL);
	await(fd, POINTER_POS, &rect);
	while (rect.x != 7) /* that of before may come first */
		await(fd, POINTER_POS, &rect);
	CHECK(rect.y == 50);
	console.pointer.is_visible = 0;
	set_console(&console, NULL);
	await(fd, CURSOR, &rect);
	CHECK(rect.width == 0);
	end(fd);
}

/* --- text -------------------------------------------------------------------------------------------- */

static void cut(int fd, const char *text)
{
	struct {
		uint8_t type, padding[3];
		uint32_t size;
	} message = { .type = 6, .size = htonl((uint32_t)strlen(text)) };

	put(fd, &message, sizeof(message));
	put(fd, text, strlen(text));
}

static bool types(const char *keys)
{
	char got[256] = "";

	while (strlen(got) < strlen(keys)) {
		struct display_message message;

		if (!hand_expect(&machine, DISPLAY_KEY, &message))
			return false;
		sprintf(got + strlen(got), "%c%x ", message.values[1] ? '+' : '-',
			(unsigned)message.values[0]);
	}
	if (strcmp(got, keys) != 0)
		printf("typed %s instead of %s\n", got, keys);
	return strcmp(got, keys) == 0;
}

static void set_keyboard(const char *layout, bool types_clipboard)
{
	struct link_message *message = hand_message("keyboard");

	link_add(message, "layout", layout);
	link_add_number(message, "types-clipboard", types_clipboard);
	hand_tell(&machine, message);
}

/*
 * The extended clipboard: the server says what it takes (a message of negative size), the viewer provides text, UTF-8
 * behind its size, zlib over all: flushed, not ended, as TigerVNC does it and libvncserver wants it.
 */
static void cut_utf8(int fd, const char *text)
{
	static const int32_t encodings[] = { RAW, EXTENDED_CLIPBOARD };
	uint32_t size = htonl((uint32_t)strlen(text) + 1), flags = htonl(CLIPBOARD_PROVIDE | CLIPBOARD_TEXT);
	uint8_t head[8], plain[64], message[128] = { 6 };
	z_stream stream = { .next_in = plain, .next_out = message + 12, .avail_out = sizeof(message) - 12 };
	size_t packed;

	set_encodings(fd, encodings, 2);
	get(fd, head, sizeof(head));
	CHECK(head[0] == 3 && head[4] >= 0x80);
	memcpy(&size, head + 4, 4);
	get(fd, plain, (size_t) - (int32_t)ntohl(size));
	size = htonl((uint32_t)strlen(text) + 1);
	memcpy(plain, &size, 4);
	memcpy(plain + 4, text, strlen(text) + 1);
	stream.avail_in = (uInt)strlen(text) + 5;
	CHECK(deflateInit(&stream, 6) == Z_OK && deflate(&stream, Z_SYNC_FLUSH) == Z_OK);
	packed = sizeof(message) - 12 - stream.avail_out;
	deflateEnd(&stream);
	size = htonl((uint32_t) - (int32_t)(4 + packed));
	memcpy(message + 4, &size, 4);
	memcpy(message + 8, &flags, 4);
	put(fd, message, 12 + packed);
}

static void test_text(void)
{
	int fd = begin(5, false), looker = begin(6, true);

	cut(looker, "no"); /* it may only look */
	cut(fd, "aB\r\n\x01!");
	CHECK(types("+1e -1e +2a +30 -30 -2a +1c -1c +2a +2 -2 -2a "));
	set_keyboard("de", true);
	end(begin(7, true)); /* so the layout is known there */
	cut(fd, "z\xe4@");
	CHECK(types("+15 -15 +28 -28 +e038 +10 -10 -e038 "));
	cut_utf8(fd, "\xc3\xb6\xe2\x82\xac\xf0\x9f\x98\x80x"); /* what has no key is left out */
	CHECK(types("+27 -27 +e038 +12 -12 -e038 +2d -2d "));
	set_keyboard("us", false);
	end(begin(10, true));
	cut(fd, "q");
	put(fd, "\4\1\0\0\0\0\xff\x1b\4\0\0\0\0\0\xff\x1b", 16); /* Escape: it comes, the text does not */
	CHECK(types("+1 -1 "));
	set_keyboard("us", true);
	end(looker);
	end(fd);
}

/* --- the pace ---------------------------------------------------------------------------------------- */

struct fence {
	uint8_t type, padding[3];
	uint32_t flags;
	uint8_t size, payload[7];
};

static void get_fence(int fd, struct fence *fence)
{
	get(fd, fence, 9);
	CHECK(fence->type == 248 && fence->size <= sizeof(fence->payload));
	get(fd, fence->payload, fence->size);
	fence->flags = ntohl(fence->flags);
}

static void answer(int fd, const struct fence *fence)
{
	struct fence back = *fence;

	back.flags = htonl(fence->flags & 7);
	put(fd, &back, 9u + back.size);
}

/* One update and the fence behind it; whether all pixels have this colour. */
static bool get_update(int fd, uint32_t colour, struct fence *ret_fence)
{
	static struct rect rect;
	bool is_equal = true;
	uint8_t head[4];

	get(fd, head, 4);
	CHECK(head[0] == 0);
	for (unsigned left = (unsigned)head[2] << 8 | head[3]; left > 0; left--) {
		get_rect(fd, &rect);
		for (size_t i = 0; i < (size_t)rect.width * rect.height; i++) {
			uint32_t pixel;

			memcpy(&pixel, rect.payload + 4 * i, 4);
			is_equal &= (pixel & 0xffffff) == colour;
		}
	}
	get_fence(fd, ret_fence);
	CHECK(ret_fence->flags >> 31);
	return is_equal;
}

static void test_pace(void)
{
	static const int32_t encodings[] = { RAW, FENCE, CONTINUOUS };
	uint8_t on[10] = { 150, 1, 0, 0, 0, 0, HAND_WIDTH >> 8, HAND_WIDTH & 0xff, 0, HAND_HEIGHT }, byte;
	struct fence fence, fences[3];
	int fd = begin(8, false);

	set_encodings(fd, encodings, 3);
	get_fence(fd, &fence);
	CHECK(fence.flags == 1u << 31);
	get(fd, &byte, 1);
	CHECK(byte == 150); /* both are announced */
	put(fd, "\xf8\0\0\0\x80\0\0\5\7payload", 16);
	get_fence(fd, &fence);
	CHECK(fence.flags == 5 && fence.size == 7 && memcmp(fence.payload, "payload", 7) == 0);

	put(fd, on, sizeof(on));
	(void)get_update(fd, 0, &fences[0]); /* the first picture, without a request */
	for (unsigned i = 1; i < 3; i++) {
		hand_fill(&machine, i);
		CHECK(get_update(fd, i, &fences[i]));
	}
	hand_fill(&machine, 3); /* the window is full: nothing comes */
	hand_fill(&machine, 4);
	CHECK(is_quiet(fd));
	answer(fd, &fences[2]);
	CHECK(get_update(fd, 4, &fences[0])); /* the newest, not the next */
	answer(fd, &fences[0]);
	CHECK(is_quiet(fd)); /* and nothing while nothing changes */
	on[1] = 0;
	put(fd, on, sizeof(on));
	get(fd, &byte, 1);
	CHECK(byte == 150);
	hand_fill(&machine, 5);
	CHECK(is_quiet(fd));
	end(fd);
}

/* --- order ------------------------------------------------------------------------------------------- */

/* Two spots change; which of them an update has first. */
static bool is_lower_first(int fd, uint32_t colour)
{
	static struct rect rect;
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS,
					 .width = HAND_WIDTH,
					 .height = HAND_HEIGHT };
	uint8_t head[4];
	unsigned first;

	framebuffer_begin(machine.framebuffer, &mode);
	framebuffer_pixels(machine.framebuffer)[10 * FRAMEBUFFER_STRIDE] = colour;
	framebuffer_pixels(machine.framebuffer)[150 * FRAMEBUFFER_STRIDE] = colour;
	framebuffer_mark(machine.framebuffer, 0, 0, HAND_WIDTH, HAND_HEIGHT);
	framebuffer_end(machine.framebuffer, true);
	hand_drawn(&machine);
	get(fd, head, 4);
	CHECK(head[3] == 2);
	get_rect(fd, &rect);
	first = rect.y;
	get_rect(fd, &rect);
	CHECK(first + rect.y == 160 && rect.height == 1);
	request(fd, true);
	return first == 150;
}

/* Downwards and upwards in turn, whatever else the viewer asks for in between. */
static void test_order(void)
{
	static const int32_t encodings[] = { RAW };
	static struct rect rect;
	int fd = begin(9, false);
	bool was;

	set_encodings(fd, encodings, 1);
	request(fd, false);
	await(fd, RAW, &rect);
	was = is_lower_first(fd, 0xa0);
	for (unsigned i = 1; i < 6; i++) {
		request(fd, true);
		CHECK(is_lower_first(fd, 0xa0 + i) == !was);
		was = !was;
	}
	end(fd);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	hand_machine_init(&machine, argv[1]);
	test_sizes();
	test_leds();
	test_pointer();
	test_text();
	test_pace();
	test_order();
	hand_machine_deinit(&machine);
	return check_result();
}
