/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The viewer's side of TLS and WebSocket, for tests: streams as the server has them (server/stream.h), so
 * that the server's own pump can carry a plain viewer over them.
 */
#ifndef TESTS_SECURITY_CLIENT_H
#define TESTS_SECURITY_CLIENT_H

#include "server/stream.h"

/* Both: *stream becomes the layer; 0, or negative errno. Any certificate will do. */
int client_tls(struct rd_stream **stream);
/* After the answer to the upgrade. */
int client_websocket(struct rd_stream **stream);

#endif
