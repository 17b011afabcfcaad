/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client that is connected: who it is by its socket's credentials, and what it has under way. */
#ifndef SERVICE_PEER_H
#define SERVICE_PEER_H

#include "service/identity.h"

#include <gio/gio.h>

struct service;

struct peer {
	struct service *service;
	uid_t uid;
	gid_t gid;
	GDBusConnection *connection; /* NULL until it is authenticated */
	GSocketConnection *stream;   /* GDBus's end of the gate */
	struct gate *gate;
	guint authentication_timeout;
	guint references;
	gboolean is_gone;
	guint calls; /* without an answer yet */
	guint refusals, refusals_hidden;
	gint64 refusals_since;
	struct identity *identity; /* for signals; at most a second old */
	gint64 identity_time;
	guint registrations[8], registration_count;
	guint subtrees[2];
};

struct peer *peer_ref(struct peer *peer);
struct peer *peer_unref(struct peer *peer);
/* FALSE: too many are under way. Otherwise it holds a reference until peer_end_call(). */
gboolean peer_begin_call(struct peer *peer);
void peer_end_call(struct peer *peer);
gboolean peer_may_log_refusal(struct peer *peer, guint *ret_hidden);
const struct identity *peer_identity(struct peer *peer);

#endif
