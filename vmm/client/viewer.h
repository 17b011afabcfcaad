/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's screen, keyboard and mouse for a VNC viewer: a connected socket that speaks RFB without any
 * further proof, here or through ssh. What remote-display/client takes.
 *
 * It ends when the machine does, or when somebody disconnects this viewer; reset and pause do not end it.
 */
#ifndef CLIENT_VIEWER_H
#define CLIENT_VIEWER_H

#include "client/connection.h"

/*
 * The socket, to be closed; -1. `vm`: name or identity. `ret_id` (NULL is fine): its number in the list of
 * viewers; 0 through ssh, where it is not known.
 */
int vmc_viewer_open(struct vmc_connection *connection, const char *vm, gboolean is_view_only, guint *ret_id,
		    GError **error);

/* The same without waiting; `path` as vmc_object_path() has it. */
void vmc_viewer_open_async(struct vmc_connection *connection, const char *path, gboolean is_view_only,
			   GAsyncReadyCallback callback, gpointer opaque);
int vmc_viewer_open_finish(struct vmc_connection *connection, GAsyncResult *result, guint *ret_id,
			   GError **error);

#endif
