/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WebSocket frames over a stream (RFC 6455), the server's side after the greeting (http.h): binary messages
 * as one stream of bytes.
 */
#ifndef RD_STREAM_WEBSOCKET_H
#define RD_STREAM_WEBSOCKET_H

#include "server/stream.h"

/*
 * `first`: what came behind the greeting already. *stream becomes the layer; on failure it stays what it was.
 */
int rd_stream_websocket(struct rd_stream **stream, const void *first, size_t size);

#endif
