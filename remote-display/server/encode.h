/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Encoders of ours that libvncserver calls in place of its own, as they come first in the order in which
 * symbols are looked up: hextile (RFC 6143, 7.7.4) and zlib.
 *
 * Threads    The viewer's thread only; each thread has a buffer of its own.
 * Trust      Pixels may change while they are read: each is read once. The viewer's pixel format was
 *            checked (rfb_message.h); libvncserver's tables translate to it.
 * Limits     Hextile writes what it has before its buffer is full, zlib packs at most 4 Mpixel at once;
 *            1 MiB stays, and goes with the viewer.
 */
#ifndef RD_ENCODE_H
#define RD_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct _rfbClientRec;

/* What goes to the viewer, gathered so that the socket is written to seldom. */
struct rd_encode {
	uint8_t *bytes;
	size_t used, size;
};

/* This thread's, empty, with room for `size`; NULL: no memory. */
struct rd_encode *rd_encode_begin(size_t size);
bool rd_encode_reserve(struct rd_encode *encode, size_t more);
/* The rectangle's header, RD_ENCODE_HEADER bytes. */
enum { RD_ENCODE_HEADER = 12 };
void rd_encode_rect(struct rd_encode *encode, int x, int y, int width, int height, int32_t encoding);
/* All that was gathered, behind what the library has gathered. */
bool rd_encode_write(struct rd_encode *encode, struct _rfbClientRec *client);
/* Behind a rectangle that may have been large. */
void rd_encode_trim(void);
void rd_encode_release(void);

/* Pixels in the viewer's format, lines without a gap. */
void rd_encode_translate(const struct _rfbClientRec *client, int x, int y, int width, int height,
			 void *ret_pixels);

#endif
