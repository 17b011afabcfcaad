/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine's serial port without waiting for it; the stream itself is stream.h's. */
#ifndef CLIENT_STREAM_OPEN_H
#define CLIENT_STREAM_OPEN_H

#include "client/stream.h"

/* `path` as vmc_object_path() has it; port, mode and history as vmc_stream_open_port() has them. */
void vmc_stream_open_port_async(struct vmc_connection *connection, const char *path, guint port,
				const char *mode, guint64 history, GAsyncReadyCallback callback,
				gpointer opaque);
/* COM 1. `path` as vmc_object_path() has it; mode and history as vmc_stream_open() has them. */
void vmc_stream_open_async(struct vmc_connection *connection, const char *path, const char *mode,
			   guint64 history, GAsyncReadyCallback callback, gpointer opaque);
gboolean vmc_stream_open_finish(GAsyncResult *result, struct vmc_stream *ret_stream, GError **error);

#endif
