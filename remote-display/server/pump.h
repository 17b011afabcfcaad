/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A thread between a stream with layers and a plain socket, for who can read and write sockets only (rfb.h).
 *
 * Threads    Made and freed on the viewer's thread; the stream is the pump's meanwhile.
 * Pacing     It keeps at most RD_PUMP_BYTES each way: who writes faster than the viewer takes has to wait.
 */
#ifndef RD_PUMP_H
#define RD_PUMP_H

#include "server/stream.h"

enum { RD_PUMP_BYTES = 65536 };

struct rd_pump;

/* `ret_socket`: the plain side, the caller's; its end ends the pump, and the viewer's end ends it. */
int rd_pump_new(struct rd_stream *stream, struct rd_pump **ret_pump, int *ret_socket);
/* After the plain side was closed: sends what is left, for a moment. NULL is fine; returns NULL. */
struct rd_pump *rd_pump_free(struct rd_pump *pump);

#endif
