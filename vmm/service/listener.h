/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API's socket: accepts clients within limits, authenticates them by EXTERNAL, and gives them their
 * objects. A connection that does not finish its authentication in time is closed.
 */
#ifndef SERVICE_LISTENER_H
#define SERVICE_LISTENER_H

#include <glib.h>

struct service;
struct listener;

struct listener *listener_new(struct service *service, GError **error);
/* Closes all connections too. */
struct listener *listener_free(struct listener *listener);

#endif
