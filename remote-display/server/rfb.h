/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One viewer's share of the RFB protocol (RFC 6143): the one place that knows libvncserver.
 *
 * Purpose    Each viewer has a libvncserver screen of its own over the same pixels, on a thread of its
 *            own, so that a slow one holds up nobody.
 * Start      libvncserver would wait 100 ms for a WebSocket's greeting and could not speak TLS: it
 *            greets a socket pair, where all its questions are answered by us; then the viewer's own
 *            socket takes the pair's place.
 * Threads    All on the viewer's thread, the callbacks too.
 * Trust      The viewer's messages are libvncserver's to check; file transfer, chat and other extras
 *            are off.
 */
#ifndef RD_RFB_H
#define RD_RFB_H

#include "server/screen.h"

#include <stddef.h>

struct rd_rfb;

struct rd_rfb_ops {
	void (*key)(void *opaque, uint16_t code,
		    bool is_down); /* make code of set 1, E000h | code with prefix */
	void (*keysym)(void *opaque, uint32_t keysym,
		       bool is_down); /* of a viewer that knows no scan codes */
	void (*pointer)(void *opaque, uint32_t x, uint32_t y,
			unsigned buttons);			   /* RFB's buttons: 3, 4 are the wheel */
	void (*text)(void *opaque, const char *utf8, size_t size); /* the viewer's clipboard */
	void (*size)(void *opaque, uint32_t width,
		     uint32_t height); /* what the viewer wants the screen's to be */
};

struct rd_rfb_config {
	struct rd_screen *screen;
	const char *name; /* of the machine, for the viewer's title */
	bool is_view_only;
	const struct rd_rfb_ops *ops;
	void *opaque;
};

/*
 * For a viewer that has sent ClientInit on `socket`: answers with ServerInit. The socket is the caller's and
 * lives longer.
 */
int rd_rfb_new(const struct rd_rfb_config *config, int socket, struct rd_rfb **ret_rfb);
struct rd_rfb *rd_rfb_free(struct rd_rfb *rfb); /* NULL is fine; returns NULL */
/* Until the viewer goes, or its socket is shut down. */
void rd_rfb_run(struct rd_rfb *rfb);

#endif
