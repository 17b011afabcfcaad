/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rfb_client.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	ENCODING_RAW = 0,
	ENCODING_DESKTOP_SIZE = -223,
	ENCODING_QEMU_KEY = -258,
	DEADLINE_MS = 5000,
};

static void fail(const char *what)
{
	printf("FAIL viewer: %s\n", what);
	exit(1);
}

static void read_exact(struct rfb_client *client, void *buffer, size_t size)
{
	char *at = buffer;

	while (size > 0) {
		struct pollfd wait = { .fd = client->fd, .events = POLLIN };
		ssize_t n = poll(&wait, 1, DEADLINE_MS) == 1 ? read(client->fd, at, size) : 0;

		if (n <= 0)
			fail("the server said less than it announced");
		at += n;
		size -= (size_t)n;
		client->bytes += (uint64_t)n;
	}
}

void rfb_client_send(struct rfb_client *client, const void *data, size_t size)
{
	if (send(client->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		fail("the server does not listen");
}

/* --- greeting ---------------------------------------------------------------------------------------- */

static void read_server_init(struct rfb_client *client)
{
	struct __attribute__((packed)) {
		uint16_t width, height;
		uint8_t format[16];
		uint32_t name_size;
	} init;
	static const uint8_t format[13] = { 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0 };
	uint32_t size;

	read_exact(client, &init, sizeof(init));
	client->width = ntohs(init.width);
	client->height = ntohs(init.height);
	size = ntohl(init.name_size);
	if (size >= sizeof(client->name))
		fail("a long name");
	read_exact(client, client->name, size);
	client->name[size] = '\0';
	if (memcmp(init.format, format, sizeof(format)) != 0)
		fail("the pixels are not 0x00RRGGBB");
}

static void send_encodings(struct rfb_client *client)
{
	struct __attribute__((packed)) {
		uint8_t type, padding;
		uint16_t count;
		uint32_t encodings[3];
	} message = { .type = 2, .count = htons(3) };

	message.encodings[0] = htonl((uint32_t)ENCODING_RAW);
	message.encodings[1] = htonl((uint32_t)ENCODING_DESKTOP_SIZE);
	message.encodings[2] = htonl((uint32_t)ENCODING_QEMU_KEY);
	rfb_client_send(client, &message, sizeof(message));
}

void rfb_client_init(struct rfb_client *client, int fd)
{
	char version[12];
	uint8_t count, type;
	uint32_t result;

	client->fd = fd;
	read_exact(client, version, sizeof(version));
	if (memcmp(version, "RFB 003.008\n", sizeof(version)) != 0)
		fail("the server speaks no RFB 3.8");
	rfb_client_send(client, version, sizeof(version));
	read_exact(client, &count, 1);
	if (count != 1)
		fail("more than one security type");
	read_exact(client, &type, 1);
	if (type != 1)
		fail("the server wants a proof on a socket that was handed over");
	rfb_client_send(client, "\1", 1);
	read_exact(client, &result, 4);
	if (result != 0)
		fail("refused");
	rfb_client_join(client, fd);
}

void rfb_client_join(struct rfb_client *client, int fd)
{
	*client = (struct rfb_client){ .fd = fd };
	rfb_client_send(client, "\1", 1);
	read_server_init(client);
	client->pixels = calloc((size_t)client->width * client->height, 4);
	send_encodings(client);
}

void rfb_client_deinit(struct rfb_client *client)
{
	close(client->fd);
	free(client->pixels);
}

/* --- updates ----------------------------------------------------------------------------------------- */

void rfb_client_request(struct rfb_client *client, bool is_incremental)
{
	struct __attribute__((packed)) {
		uint8_t type, is_incremental;
		uint16_t x, y, width, height;
	} message = {
		3, is_incremental, 0, 0, htons((uint16_t)client->width), htons((uint16_t)client->height)
	};

	rfb_client_send(client, &message, sizeof(message));
}

static void resize(struct rfb_client *client, unsigned width, unsigned height)
{
	client->width = width;
	client->height = height;
	free(client->pixels);
	client->pixels = calloc((size_t)width * height, 4);
}

static void read_rect(struct rfb_client *client)
{
	struct __attribute__((packed)) {
		uint16_t x, y, width, height;
		uint32_t encoding;
	} rect;
	unsigned x, y, width, height;

	read_exact(client, &rect, sizeof(rect));
	x = ntohs(rect.x);
	y = ntohs(rect.y);
	width = ntohs(rect.width);
	height = ntohs(rect.height);
	switch ((int32_t)ntohl(rect.encoding)) {
	case ENCODING_RAW:
		if (x + width > client->width || y + height > client->height)
			fail("a rectangle outside the screen");
		for (unsigned line = 0; line < height; line++)
			read_exact(client, client->pixels + (size_t)(y + line) * client->width + x,
				   (size_t)width * 4);
		client->rects++;
		return;
	case ENCODING_DESKTOP_SIZE: resize(client, width, height); return;
	case ENCODING_QEMU_KEY: client->has_qemu_keys = true; return;
	default: fail("an encoding that nobody asked for");
	}
}

bool rfb_client_receive(struct rfb_client *client, int timeout_ms)
{
	struct pollfd wait = { .fd = client->fd, .events = POLLIN };
	struct {
		uint8_t type, padding;
		uint16_t rects;
	} head;

	if (poll(&wait, 1, timeout_ms) != 1)
		return false;
	read_exact(client, &head, sizeof(head));
	if (head.type != 0)
		fail("a message that nobody asked for");
	for (unsigned left = ntohs(head.rects); left > 0; left--)
		read_rect(client);
	client->updates++;
	return true;
}

/* --- input ------------------------------------------------------------------------------------------- */

void rfb_client_key(struct rfb_client *client, uint32_t keysym, bool is_down)
{
	struct __attribute__((packed)) {
		uint8_t type, is_down;
		uint16_t padding;
		uint32_t keysym;
	} message = { 4, is_down, 0, htonl(keysym) };

	rfb_client_send(client, &message, sizeof(message));
}

void rfb_client_qemu_key(struct rfb_client *client, uint32_t keysym, uint32_t code, bool is_down)
{
	struct __attribute__((packed)) {
		uint8_t type, submessage;
		uint16_t is_down;
		uint32_t keysym, code;
	} message = { 255, 0, htons(is_down), htonl(keysym), htonl(code) };

	rfb_client_send(client, &message, sizeof(message));
}

void rfb_client_pointer(struct rfb_client *client, unsigned x, unsigned y, unsigned buttons)
{
	struct __attribute__((packed)) {
		uint8_t type, buttons;
		uint16_t x, y;
	} message = { 5, (uint8_t)buttons, htons((uint16_t)x), htons((uint16_t)y) };

	rfb_client_send(client, &message, sizeof(message));
}
