/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "security_client.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 20 };

/* --- TLS --------------------------------------------------------------------------------------------- */

struct tls {
	struct rd_stream stream;
	struct rd_stream *below;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	bool has_unsent;
};

static int tls_error(ssize_t n)
{
	return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? -EAGAIN : -EPIPE;
}

static int tls_read(struct rd_stream *stream, void *buffer, size_t size)
{
	ssize_t n;

	do /* a ticket of TLS 1.3 looks like an interruption */
		n = gnutls_record_recv(((struct tls *)stream)->session, buffer, size);
	while (n == GNUTLS_E_INTERRUPTED);
	return n > 0 ? (int)n : n == 0 ? -EPIPE : tls_error(n);
}

static int tls_flush(struct rd_stream *stream)
{
	struct tls *tls = (struct tls *)stream;
	ssize_t n = tls->has_unsent ? gnutls_record_send(tls->session, NULL, 0) : 0;

	if (n < 0)
		return tls_error(n);
	tls->has_unsent = false;
	return 0;
}

static int tls_write(struct rd_stream *stream, const void *data, size_t size)
{
	struct tls *tls = (struct tls *)stream;
	int r = tls_flush(stream);
	ssize_t n;

	if (r < 0)
		return r;
	size = size > 16384 ? 16384 : size;
	n = gnutls_record_send(tls->session, data, size);
	if (n >= 0)
		return (int)n;
	tls->has_unsent = tls_error(n) == -EAGAIN;
	return tls->has_unsent ? (int)size : -EPIPE;
}

static int tls_socket(const struct rd_stream *stream)
{
	return rd_stream_socket(((const struct tls *)stream)->below);
}

static void tls_free(struct rd_stream *stream)
{
	struct tls *tls = (struct tls *)stream;

	gnutls_deinit(tls->session);
	gnutls_certificate_free_credentials(tls->credentials);
	rd_stream_free(tls->below);
	free(tls);
}

static const struct rd_stream_ops tls_ops = { tls_read, tls_write, tls_flush, tls_socket, tls_free };

int client_tls(struct rd_stream **stream)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int n, r = 0;

	tls->stream.ops = &tls_ops;
	tls->below = *stream;
	gnutls_certificate_allocate_credentials(&tls->credentials);
	gnutls_init(&tls->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
	gnutls_set_default_priority(tls->session);
	gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
	fcntl(rd_stream_socket(*stream), F_SETFL, O_NONBLOCK);
	gnutls_transport_set_int(tls->session, rd_stream_socket(*stream));
	while (r == 0 && (n = gnutls_handshake(tls->session)) < 0)
		r = gnutls_error_is_fatal(n)
			? -EPROTO
			: rd_stream_wait(*stream,
					 gnutls_record_get_direction(tls->session) ? POLLOUT : POLLIN,
					 rd_seconds(SECONDS));
	if (r == 0)
		*stream = &tls->stream;
	return r;
}

/* --- WebSocket --------------------------------------------------------------------------------------- */

struct websocket {
	struct rd_stream stream;
	struct rd_stream *below;
	uint64_t left;
	uint8_t head[4]; /* of the frame that comes: our server's have two or four bytes */
	size_t head_size;
	unsigned turn;
};

static int need(struct websocket *ws, size_t size)
{
	while (ws->head_size < size) {
		int n = ws->below->ops->read(ws->below, ws->head + ws->head_size, size - ws->head_size);

		if (n < 0)
			return n;
		ws->head_size += (size_t)n;
	}
	return 0;
}

static int take_head(struct websocket *ws)
{
	int r = need(ws, 2);

	if (r == 0 && ws->head[1] == 126)
		r = need(ws, 4);
	if (r < 0)
		return r;
	if (ws->head[0] != 0x82 && ws->head[0] != 0x8a) /* binary, or a pong */
		return -EPROTO;
	ws->left = ws->head[1] == 126 ? (uint64_t)ws->head[2] << 8 | ws->head[3] : ws->head[1];
	ws->head_size = 0;
	return 0;
}

static int websocket_read(struct rd_stream *stream, void *buffer, size_t size)
{
	struct websocket *ws = (struct websocket *)stream;
	int n;

	while (ws->left == 0) {
		uint8_t skipped[125];
		bool is_pong;

		n = take_head(ws);
		if (n < 0)
			return n;
		is_pong = ws->head[0] == 0x8a;
		if (is_pong && rd_stream_read_exact(ws->below, skipped, ws->left, rd_seconds(SECONDS)) == 0)
			ws->left = 0;
	}
	n = ws->below->ops->read(ws->below, buffer, size > ws->left ? (size_t)ws->left : size);
	if (n > 0)
		ws->left -= (uint64_t)n;
	return n;
}

/* Each frame in another way: short, long, very long lengths, in two parts, with a ping between. */
static int websocket_write(struct rd_stream *stream, const void *data, size_t size)
{
	static const uint8_t mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	struct websocket *ws = (struct websocket *)stream;
	uint8_t frame[64 + 1000], *at = frame;
	bool is_split = ws->turn++ % 3 == 1;
	int r;

	size = size > 1000 ? 1000 : size;
	*at++ = is_split ? 0x02 : 0x82;
	if (ws->turn % 2 && size < 126) {
		*at++ = 0x80 | (uint8_t)size;
	} else {
		uint64_t length = htobe64(size);

		*at++ = 0x80 | 127;
		memcpy(at, &length, 8);
		at += 8;
	}
	memcpy(at, mask, 4);
	at += 4;
	for (size_t i = 0; i < size; i++)
		*at++ = ((const uint8_t *)data)[i] ^ mask[i % 4];
	if (is_split) { /* a ping, then the empty rest */
		static const uint8_t rest[] = { 0x89, 0x82, 0, 0, 0, 0, 'h', 'i', 0x80, 0x80, 9, 9, 9, 9 };

		memcpy(at, rest, sizeof(rest));
		at += sizeof(rest);
	}
	r = rd_stream_write(ws->below, frame, (size_t)(at - frame), rd_seconds(SECONDS));
	return r < 0 ? r : (int)size;
}

static int websocket_flush(struct rd_stream *stream)
{
	struct rd_stream *below = ((struct websocket *)stream)->below;

	return below->ops->flush(below);
}

static int websocket_socket(const struct rd_stream *stream)
{
	return rd_stream_socket(((const struct websocket *)stream)->below);
}

static void websocket_free(struct rd_stream *stream)
{
	rd_stream_free(((struct websocket *)stream)->below);
	free(stream);
}

static const struct rd_stream_ops websocket_ops = { websocket_read, websocket_write, websocket_flush,
						    websocket_socket, websocket_free };

int client_websocket(struct rd_stream **stream)
{
	struct websocket *ws = calloc(1, sizeof(*ws));

	ws->stream.ops = &websocket_ops;
	ws->below = *stream;
	*stream = &ws->stream;
	return 0;
}
