/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first words between a viewer and us (RFC 6143, 7.1 and 7.2; VeNCrypt): version, security, result; a
 * browser's, too.
 *
 * Purpose    All that an unknown viewer sends is read here, with small buffers and deadlines, before
 *            libvncserver sees a byte of it.
 * Who        A socket that was handed over proves all: no question is asked. Who comes by TCP proves a
 *            password, over TLS unless that was switched off for the loopback.
 * Threads    The viewer's own.
 * Errors     Negative errno; the viewer was told why, where the protocol has a word for it. -EACCES: a
 *            wrong password.
 */
#ifndef RD_HANDSHAKE_H
#define RD_HANDSHAKE_H

#include "server/stream.h"

#include <stdbool.h>

enum {
	RD_HANDSHAKE_SECONDS = 20,
	RD_PASSWORD_MAX = 128,
	RD_BROWSER_MS = 400, /* a browser speaks first; RFB's viewers wait for us */
};

struct rd_tls;
struct rd_web;

/* What a viewer must prove that comes by TCP. Shared by all threads, never changed. */
struct rd_security {
	const struct rd_tls *tls; /* NULL: no certificate */
	const struct rd_web *web; /* NULL: no page */
	bool needs_tls;
	char password[RD_PASSWORD_MAX + 1], view_password[RD_PASSWORD_MAX + 1]; /* "": nobody has it */
};

/*
 * `security` NULL: its socket proves it. *stream may become another one, with layers. Returns 0 when the
 * viewer may see the screen and ClientInit is next; *ret_is_view_only: by its password.
 */
int rd_handshake(struct rd_stream **stream, const struct rd_security *security, bool *ret_is_view_only);

#endif
