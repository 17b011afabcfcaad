/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A browser on the port of a machine's screen: the files of the page (web.h), and RFB over WebSocket (RFC
 * 6455).
 *
 * Trust      Requests have at most RD_HTTP_HEADER_MAX bytes and are read by a deadline. A page of
 *            another origin may not use a browser to get here.
 */
#ifndef RD_HTTP_H
#define RD_HTTP_H

#include "server/stream.h"

enum { RD_HTTP_HEADER_MAX = 8192, RD_HTTP_REQUESTS_MAX = 256, RD_HTTP_SECONDS = 20 };

struct rd_web;

/*
 * For a stream whose first bytes are "GET ". Serves files (`web` NULL: there are none) until the browser
 * asks for a WebSocket: *stream becomes that, and 0 comes back. -EPIPE: the browser went.
 */
int rd_http_serve(struct rd_stream **stream, const struct rd_web *web);
/* Says that this port wants https. */
void rd_http_refuse(struct rd_stream *stream);

#endif
