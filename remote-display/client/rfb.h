/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvncclient, wrapped: one connection and what it tells. Used by client.c only.
 *
 * Threads    One, the connection's; it blocks. The callbacks come on it, inside of
 *            rd_rfb_client_connect() and _receive(). rd_rfb_client_new() may be called on another
 *            thread before.
 * Limits     As in client.h.
 * Trust      The server is hostile.
 */
#ifndef RD_CLIENT_RFB_H
#define RD_CLIENT_RFB_H

#include "client/client.h"

struct rd_rfb_client_ops {
	/* False: it does not fit, the connection ends. */
	bool (*resized)(void *opaque, unsigned width, unsigned height);
	/* One rectangle of an update has come; a chance to send something. */
	void (*drawn)(void *opaque, struct rd_client_rect rect);
	void (*update_finished)(void *opaque);
	void (*pointer_changed)(void *opaque, const struct rd_client_pointer *pointer);
	void (*pointer_moved)(void *opaque, unsigned x, unsigned y);
	/* Latin-1, `size` bytes. */
	void (*clipboard)(void *opaque, const char *text, size_t size);
	void (*leds)(void *opaque, unsigned leds);
	void (*bell)(void *opaque);
	void (*latency)(void *opaque, unsigned microseconds);
};

struct rd_rfb_client;

/* The texts and the socket of `config` must stay while it lives; the socket is closed by _free(). NULL: no
 * memory. */
struct rd_rfb_client *rd_rfb_client_new(const struct rd_client_config *config,
					const struct rd_rfb_client_ops *ops, void *opaque);
struct rd_rfb_client *rd_rfb_client_free(struct rd_rfb_client *rfb);

/* Greeting, security, formats, the first request. False: rd_rfb_client_reason() tells why. */
bool rd_rfb_client_connect(struct rd_rfb_client *rfb);
const char *rd_rfb_client_name(const struct rd_rfb_client *rfb); /* as the server sent it */
/* Takes one message; waits for its end. False: it is over. */
bool rd_rfb_client_receive(struct rd_rfb_client *rfb);
/* Bytes lie in the library's buffer: receive without waiting for the socket. */
bool rd_rfb_client_has_more(const struct rd_rfb_client *rfb);
/* A sentence. */
const char *rd_rfb_client_reason(const struct rd_rfb_client *rfb);
/* Where the picture is drawn, 0x00RRGGBB, its width a line; NULL before the first size. */
const uint32_t *rd_rfb_client_pixels(const struct rd_rfb_client *rfb);

/* Each: false when the connection is broken. */
bool rd_rfb_client_key(struct rd_rfb_client *rfb, uint16_t code, uint32_t keysym, bool is_down);
bool rd_rfb_client_pointer(struct rd_rfb_client *rfb, unsigned x, unsigned y, unsigned buttons);
bool rd_rfb_client_clipboard(struct rd_rfb_client *rfb, const char *text, size_t size); /* Latin-1 */
bool rd_rfb_client_can_resize(const struct rd_rfb_client *rfb);
bool rd_rfb_client_resize(struct rd_rfb_client *rfb, unsigned width, unsigned height);
bool rd_rfb_client_set_visible(struct rd_rfb_client *rfb, bool is_visible);
/* Now and then: asks for the time to the server and back, if it can tell. */
bool rd_rfb_client_measure(struct rd_rfb_client *rfb);

#endif
