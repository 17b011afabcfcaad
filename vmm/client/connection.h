/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection to a management service: on this computer, or on another through ssh.
 *
 * Place      NULL or "": this computer: $BULKHEAD_RUNTIME, else the user's own service, else the
 *            system's. "user@host" or "host": `ssh host bulkhead bridge` there, which authenticates
 *            with that user's rights.
 * Calls      vmc_call() waits; consoles that must not wait use vmc_call_async(). Errors are
 *            API_ERROR_*, with the service's sentence; what goes wrong on the way there is
 *            API_ERROR_FAILED.
 * Threads    The thread that made it.
 */
#ifndef CLIENT_CONNECTION_H
#define CLIENT_CONNECTION_H

#include "api/api.h"
#include "api/api_error.h"

#include <gio/gio.h>

struct vmc_connection;

struct vmc_connection *vmc_connect(const char *place, GError **error);
/* The same for a console with a screen of its own, on which ssh must not write: its words are kept. */
struct vmc_connection *vmc_connect_silently(const char *place, GError **error);
/* The last line of what ssh said, such as why it does not get there; free it. NULL: nothing. */
char *vmc_last_words(const struct vmc_connection *connection);
/* For another ssh to the same host: where it is to write, so that vmc_last_words() has its words and none of before. The caller's;
 * -1: where ours goes. */
int vmc_take_words(struct vmc_connection *connection);
struct vmc_connection *vmc_disconnect(struct vmc_connection *connection);
GDBusConnection *vmc_bus(const struct vmc_connection *connection);
const char *vmc_place(const struct vmc_connection *connection); /* "" for this computer */

/* The socket of this computer's service that would be used; free it. NULL: none is there. */
char *vmc_find_socket(void);

/* `parameters` floating; the result is a tuple. timeout_ms -1: as long as it takes. */
GVariant *vmc_call(struct vmc_connection *connection, const char *path, const char *interface,
		   const char *method, GVariant *parameters, GError **error);
void vmc_call_async(struct vmc_connection *connection, const char *path, const char *interface,
		    const char *method, GVariant *parameters, GAsyncReadyCallback callback, gpointer opaque);
/* `connection` may be NULL: it can be over before the answer comes. */
GVariant *vmc_call_finish(struct vmc_connection *connection, GAsyncResult *result, GError **error);

/* Takes an error of GDBus: the service's own sentence, without GDBus's prefix. */
void vmc_propagate(GError **error, GError *local);

/* a{sv} for the last argument of methods that change something; floating. */
GVariant *vmc_options(gboolean is_plan);
/* The same with "force". */
GVariant *vmc_options_forced(gboolean is_plan, gboolean is_forced);
/* The object path of a machine by its name or identity; free it. */
char *vmc_find_vm(struct vmc_connection *connection, const char *name, GError **error);

#endif
