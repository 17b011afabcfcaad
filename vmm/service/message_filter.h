/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a client may send to the API's socket, before GDBus sees any of it: authentication by EXTERNAL as
 * itself, then D-Bus messages of a bounded size. GDBus alone would make room for 128 MiB for whoever
 * connects.
 *
 * Authentication  GDBus's own end of the socket has the credentials of this process, so the filter checks
 *                 what the client says about itself, and says what is true of this process instead.
 * Calls           Each is answered, also one of which the client says that it needs no answer (which the
 *                 specification allows): so `calls` tells what is still to come.
 * Limits          MESSAGE_MAX bytes a message, AUTH_LINE_MAX a line, AUTH_LINES_MAX lines.
 * Trust           None. What is against the rules ends the connection.
 * Source          D-Bus specification 0.41, "Authentication Protocol", "Message Format".
 */
#ifndef SERVICE_MESSAGE_FILTER_H
#define SERVICE_MESSAGE_FILTER_H

#include <glib.h>
#include <sys/types.h>

enum {
	MESSAGE_MAX = 1 << 20,
	AUTH_LINE_MAX = 128,
	AUTH_LINES_MAX = 16,
	MESSAGE_HEADER = 16,
};

struct message_filter {
	uid_t client, service;
	enum { FILTER_FIRST_BYTE, FILTER_LINES, FILTER_HEADER, FILTER_BODY } state;
	guint lines;
	gsize used; /* of `text` */
	guint8 text[AUTH_LINE_MAX];
	guint64 left; /* of a message, behind its header */
	guint calls;  /* that passed; their answers are for the owner to take off */
};

void message_filter_init(struct message_filter *filter, uid_t client, uid_t service);
/* Appends to `out` what may pass of `data`, of which nothing is kept waiting longer than to the end of a line
 * or a header. FALSE: the connection is to be closed. */
gboolean message_filter_pass(struct message_filter *filter, const guint8 *data, gsize size, GByteArray *out);
/* Of a message, by the MESSAGE_HEADER bytes that it begins with. */
guint64 message_size(const guint8 *header);
gboolean message_is_answer(const guint8 *header);
gboolean message_filter_is_authenticated(const struct message_filter *filter);

#endif
