/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call whose answer comes later, with the service's own sentence when it fails: under the calls of both
 * consoles, which drop what comes for a window that is gone.
 *
 * Threads    The main context's; the answer comes from its loop, never before vmc_ask() is over, and once.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/connection.h"

/* One of `result` (a tuple) and `error` is NULL; neither is the callee's. */
typedef void (*vmc_answer_fn)(GVariant *result, const GError *error, gpointer opaque);

/* `connection` NULL: the answer is that there is none. `parameters` floating, or NULL. */
void vmc_ask(struct vmc_connection *connection, const char *path, const char *interface, const char *method,
	     GVariant *parameters, vmc_answer_fn fn, gpointer opaque);

#endif
