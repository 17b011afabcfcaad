/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a viewer proves that it knows a password. -EACCES: it does not. */
#ifndef RD_PROOF_H
#define RD_PROOF_H

#include "server/handshake.h"

/* VNC authentication (RFC 6143, 7.2.2). */
int rd_proof_vnc(struct rd_stream *stream, const struct rd_security *security, uint64_t deadline_ns,
		 bool *ret_is_view_only);
/* VeNCrypt's Plain: a name, which is nobody's here, and the password as it is. */
int rd_proof_plain(struct rd_stream *stream, const struct rd_security *security, uint64_t deadline_ns,
		   bool *ret_is_view_only);

#endif
