/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first words between a viewer and us (RFC 6143, 7.1 and 7.2; VeNCrypt): version, security, result.
 *
 * Purpose    All that an unknown viewer sends is read here, with small buffers and deadlines, before
 * libvncserver sees a byte of it. Threads    The viewer's own. Errors     Negative errno; the viewer was told
 * why, where the protocol has a word for it.
 */
#ifndef RD_HANDSHAKE_H
#define RD_HANDSHAKE_H

#include "server/stream.h"

enum { RD_HANDSHAKE_SECONDS = 20 };

struct rd_security; /* what this viewer must prove; NULL: its socket proves it */

/* *stream may become another one, with TLS. Returns 0 when the viewer may see the screen and ClientInit is
 * next. */
int rd_handshake(struct rd_stream **stream, const struct rd_security *security);

#endif
