/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/stream_websocket.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	FINAL = 0x80,
	RESERVED = 0x70,
	OPCODE = 0x0f,
	CONTINUATION = 0,
	BINARY = 2,
	CLOSE = 8,
	PING = 9,
	PONG = 10,
	CONTROL = 8, /* this bit of an opcode */
	MASKED = 0x80,
	CONTROL_MAX = 125, /* bytes of a control frame */
	HEADER_MAX = 14,
	IN_BYTES = 16384,
	PAYLOAD_MAX = 32768, /* of the frames that we send */
	OUT_BYTES = PAYLOAD_MAX + HEADER_MAX + CONTROL_MAX + 2,
	FRAMES_AT_ONCE = 64, /* without a byte for us: then others come first */
};
#define FRAME_MAX ((uint64_t)1 << 31)

struct websocket {
	struct rd_stream stream;
	struct rd_stream *below;

	uint8_t in[IN_BYTES];
	size_t in_first, in_end;
	uint64_t left; /* of the present frame's payload */
	uint8_t opcode, mask[4];
	unsigned mask_at;
	uint8_t control[CONTROL_MAX]; /* payload of a control frame */
	size_t control_size;
	bool is_closing;

	uint8_t out[OUT_BYTES];
	size_t out_first, out_end;
};

/* --- sending ----------------------------------------------------------------------------------------- */

static int websocket_flush(struct rd_stream *stream)
{
	struct websocket *ws = (struct websocket *)stream;

	while (ws->out_first < ws->out_end) {
		int n =
		    ws->below->ops->write(ws->below, ws->out + ws->out_first, ws->out_end - ws->out_first);

		if (n < 0)
			return n;
		ws->out_first += (size_t)n;
	}
	ws->out_first = ws->out_end = 0;
	return ws->below->ops->flush(ws->below);
}

/* There is room. */
static void put_frame(struct websocket *ws, uint8_t opcode, const void *data, size_t size)
{
	uint8_t *at = ws->out + ws->out_end;

	*at++ = FINAL | opcode;
	if (size <= CONTROL_MAX) {
		*at++ = (uint8_t)size;
	} else {
		uint16_t size_16 = htobe16((uint16_t)size);

		*at++ = CONTROL_MAX + 1;
		memcpy(at, &size_16, sizeof(size_16));
		at += sizeof(size_16);
	}
	memcpy(at, data, size);
	ws->out_end = (size_t)(at + size - ws->out);
}

static int websocket_write(struct rd_stream *stream, const void *data, size_t size)
{
	struct websocket *ws = (struct websocket *)stream;
	int r = websocket_flush(stream);

	if (r < 0)
		return r;
	if (size > PAYLOAD_MAX)
		size = PAYLOAD_MAX;
	put_frame(ws, BINARY, data, size);
	r = websocket_flush(stream);
	return r < 0 && r != -EAGAIN ? r : (int)size;
}

/* --- receiving --------------------------------------------------------------------------------------- */

static int fill(struct websocket *ws)
{
	int n;

	memmove(ws->in, ws->in + ws->in_first, ws->in_end - ws->in_first);
	ws->in_end -= ws->in_first;
	ws->in_first = 0;
	n = ws->below->ops->read(ws->below, ws->in + ws->in_end, IN_BYTES - ws->in_end);
	if (n > 0)
		ws->in_end += (size_t)n;
	return n;
}

static int check_header(const struct websocket *ws, uint8_t first, uint8_t second, uint64_t length)
{
	uint8_t opcode = first & OPCODE;

	if (first & RESERVED || !(second & MASKED) || length > FRAME_MAX)
		return -EPROTO;
	if (opcode & CONTROL)
		return opcode <= PONG && first & FINAL && length <= CONTROL_MAX ? 0 : -EPROTO;
	return opcode == BINARY || opcode == CONTINUATION ? 0 : -EPROTO;
}

/* Takes a frame's header; -EAGAIN: there is none yet. */
static int take_header(struct websocket *ws)
{
	const uint8_t *at = ws->in + ws->in_first;
	size_t have = ws->in_end - ws->in_first, size;
	uint64_t length;
	int r;

	if (have < 2)
		return -EAGAIN;
	length = at[1] & 0x7f;
	size = 2 + (length == 126 ? 2 : length == 127 ? 8 : 0);
	if (have < size + sizeof(ws->mask))
		return -EAGAIN;
	if (length == 126) {
		uint16_t length_16;

		memcpy(&length_16, at + 2, sizeof(length_16));
		length = be16toh(length_16);
	} else if (length == 127) {
		memcpy(&length, at + 2, sizeof(length));
		length = be64toh(length);
	}
	r = check_header(ws, at[0], at[1], length);
	if (r < 0)
		return r;
	memcpy(ws->mask, at + size, sizeof(ws->mask));
	ws->mask_at = 0;
	ws->opcode = at[0] & OPCODE;
	ws->left = length;
	ws->control_size = 0;
	ws->in_first += size + sizeof(ws->mask);
	return 0;
}

static size_t take_payload(struct websocket *ws, uint8_t *to, size_t size)
{
	size_t have = ws->in_end - ws->in_first;

	if (size > ws->left)
		size = (size_t)ws->left;
	if (size > have)
		size = have;
	for (size_t i = 0; i < size; i++)
		to[i] = ws->in[ws->in_first + i] ^ ws->mask[ws->mask_at++ & 3];
	ws->in_first += size;
	ws->left -= size;
	return size;
}

/* A ping that finds no room is not answered: the viewer does not read. */
static int end_control(struct websocket *ws)
{
	bool has_room = ws->out_end + CONTROL_MAX + 2 <= OUT_BYTES;

	if (ws->opcode == PING && has_room)
		put_frame(ws, PONG, ws->control, ws->control_size);
	if (ws->opcode == CLOSE) {
		if (has_room && !ws->is_closing)
			put_frame(ws, CLOSE, ws->control, ws->control_size < 2 ? 0 : 2);
		ws->is_closing = true;
		(void)websocket_flush(&ws->stream);
		return -EPIPE;
	}
	return 0;
}

/* -EAGAIN: more has to come first; 0: the frame goes on, or another may follow. */
static int read_some(struct websocket *ws, uint8_t *to, size_t size, size_t *ret_size)
{
	*ret_size = 0;
	if (ws->left == 0) {
		int r = take_header(ws);

		if (r < 0)
			return r;
	}
	if (!(ws->opcode & CONTROL)) {
		*ret_size = take_payload(ws, to, size);
		return *ret_size == 0 && ws->left > 0 ? -EAGAIN : 0;
	}
	ws->control_size += take_payload(ws, ws->control + ws->control_size, CONTROL_MAX - ws->control_size);
	if (ws->left > 0)
		return -EAGAIN;
	return end_control(ws);
}

static int websocket_read(struct rd_stream *stream, void *buffer, size_t size)
{
	struct websocket *ws = (struct websocket *)stream;

	if (ws->is_closing)
		return -EPIPE;
	for (unsigned frames = 0; frames < FRAMES_AT_ONCE;) {
		size_t n;
		int r = read_some(ws, buffer, size, &n);

		if (n > 0)
			return (int)n;
		if (r == -EAGAIN) {
			r = fill(ws);
			if (r < 0)
				return r;
			continue;
		}
		if (r < 0)
			return r;
		frames++;
	}
	return -EPROTO; /* nothing but empty frames */
}

/* --- life -------------------------------------------------------------------------------------------- */

static int websocket_socket(const struct rd_stream *stream)
{
	return rd_stream_socket(((const struct websocket *)stream)->below);
}

static void websocket_free(struct rd_stream *stream)
{
	rd_stream_free(((struct websocket *)stream)->below);
	free(stream);
}

static const struct rd_stream_ops websocket_ops = {
	.read = websocket_read,
	.write = websocket_write,
	.flush = websocket_flush,
	.socket = websocket_socket,
	.free = websocket_free,
};

int rd_stream_websocket(struct rd_stream **stream, const void *first, size_t size)
{
	struct websocket *ws = size > IN_BYTES ? NULL : calloc(1, sizeof(*ws));

	if (!ws)
		return -ENOMEM;
	ws->stream.ops = &websocket_ops;
	ws->below = *stream;
	memcpy(ws->in, first, size);
	ws->in_end = size;
	*stream = &ws->stream;
	return 0;
}
