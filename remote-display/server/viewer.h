/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One present viewer: its thread, from the first byte to the last.
 *
 * Threads    The main thread, but for the callbacks, which come on the viewer's thread.
 * Ownership  rd_viewer_new() takes the socket, also when it fails.
 */
#ifndef RD_VIEWER_H
#define RD_VIEWER_H

#include "server/handshake.h"
#include "server/rfb.h"

struct rd_viewer;

struct rd_viewer_ops {
	const struct rd_rfb_ops *rfb; /* with the opaque of this viewer's config */
	/* It may look now; or it may not, and goes: as rd_handshake(). */
	void (*let_in)(void *opaque, bool is_view_only);
	void (*refused)(void *opaque, int error);
	/* The last that comes: rd_viewer_free() from the main thread is due. */
	void (*ended)(void *opaque);
};

struct rd_viewer_config {
	struct rd_screen *screen;
	const char *name;
	bool is_view_only;
	const struct rd_security *security; /* NULL: its socket proves all */
	const struct rd_viewer_ops *ops;
	void *opaque;
};

int rd_viewer_new(const struct rd_viewer_config *config, int socket, struct rd_viewer **ret_viewer);
/* It ends soon: ended() follows. */
void rd_viewer_disconnect(struct rd_viewer *viewer);
/*
 * Disconnects it and waits for its thread, which may take seconds before ended() came. NULL is fine;
 * returns NULL.
 */
struct rd_viewer *rd_viewer_free(struct rd_viewer *viewer);

#endif
