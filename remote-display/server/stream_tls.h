/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS over a stream: the one place that knows GnuTLS's sessions. TLS 1.2 and later; our side shows an X.509
 * certificate, the viewer none.
 */
#ifndef RD_STREAM_TLS_H
#define RD_STREAM_TLS_H

#include "server/stream.h"

struct rd_tls; /* certificate and key; for all viewers, from all threads once it is made */

/* PEM texts. -EINVAL: they are no certificate and its key. */
int rd_tls_new(const char *certificate, size_t certificate_size, const char *key, size_t key_size,
	       struct rd_tls **ret_tls);
struct rd_tls *rd_tls_free(struct rd_tls *tls); /* NULL is fine; returns NULL */

/*
 * Greets by the deadline. *stream becomes the layer; on failure it stays what it was, and is good for
 * nothing more.
 */
int rd_stream_tls(struct rd_stream **stream, const struct rd_tls *tls, uint64_t deadline_ns);

#endif
