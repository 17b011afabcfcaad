/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/stream_tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Nothing older than 1.2; no renegotiation: a viewer has no use for it. */
static const char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SAFE_RENEGOTIATION";

struct rd_tls {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
};

struct tls_stream {
	struct rd_stream stream;
	struct rd_stream *below;
	gnutls_session_t session;
	bool has_unsent; /* GnuTLS keeps a record that the socket did not take */
};

/* --- certificate and key ----------------------------------------------------------------------------- */

int rd_tls_new(const char *certificate, size_t certificate_size, const char *key, size_t key_size,
	       struct rd_tls **ret_tls)
{
	gnutls_datum_t certificate_data = { (unsigned char *)(uintptr_t)certificate,
					    (unsigned)certificate_size };
	gnutls_datum_t key_data = { (unsigned char *)(uintptr_t)key, (unsigned)key_size };
	struct rd_tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0 ||
	    gnutls_certificate_set_x509_key_mem(tls->credentials, &certificate_data, &key_data,
						GNUTLS_X509_FMT_PEM) < 0 ||
	    gnutls_priority_init(&tls->priority, priorities, NULL) < 0) {
		rd_tls_free(tls);
		return -EINVAL;
	}
	*ret_tls = tls;
	return 0;
}

struct rd_tls *rd_tls_free(struct rd_tls *tls)
{
	if (!tls)
		return NULL;
	if (tls->credentials)
		gnutls_certificate_free_credentials(tls->credentials);
	if (tls->priority)
		gnutls_priority_deinit(tls->priority);
	free(tls);
	return NULL;
}

/* --- between GnuTLS and the stream below ------------------------------------------------------------- */

static ssize_t fail(struct tls_stream *tls, int r)
{
	gnutls_transport_set_errno(tls->session, -r);
	return -1;
}

static ssize_t pull(gnutls_transport_ptr_t opaque, void *buffer, size_t size)
{
	struct tls_stream *tls = opaque;
	int n = tls->below->ops->read(tls->below, buffer, size);

	if (n == -EPIPE)
		return 0;
	return n < 0 ? fail(tls, n) : n;
}

static ssize_t push(gnutls_transport_ptr_t opaque, const void *data, size_t size)
{
	struct tls_stream *tls = opaque;
	int n = tls->below->ops->write(tls->below, data, size);

	return n < 0 ? fail(tls, n) : n;
}

/* --- the stream -------------------------------------------------------------------------------------- */

static bool is_again(ssize_t n)
{
	return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED;
}

static int tls_read(struct rd_stream *stream, void *buffer, size_t size)
{
	struct tls_stream *tls = (struct tls_stream *)stream;
	ssize_t n = gnutls_record_recv(tls->session, buffer, size);

	if (n > 0)
		return (int)n;
	if (n == 0 || n == GNUTLS_E_PREMATURE_TERMINATION)
		return -EPIPE;
	return is_again(n) ? -EAGAIN : -EPROTO;
}

static int tls_flush(struct rd_stream *stream)
{
	struct tls_stream *tls = (struct tls_stream *)stream;
	ssize_t n;

	if (tls->has_unsent) {
		n = gnutls_record_send(tls->session, NULL, 0);
		if (n < 0)
			return is_again(n) ? -EAGAIN : -EPIPE;
		tls->has_unsent = false;
	}
	return tls->below->ops->flush(tls->below);
}

/* A record that does not go at once is encrypted already, and GnuTLS's to keep (gnutls_record_send()). */
static int tls_write(struct rd_stream *stream, const void *data, size_t size)
{
	struct tls_stream *tls = (struct tls_stream *)stream;
	size_t most = gnutls_record_get_max_size(tls->session);
	int r = tls_flush(stream);
	ssize_t n;

	if (r < 0)
		return r;
	if (size > most)
		size = most;
	n = gnutls_record_send(tls->session, data, size);
	if (n >= 0)
		return (int)n;
	if (!is_again(n))
		return -EPIPE;
	tls->has_unsent = true;
	return (int)size;
}

static int tls_socket(const struct rd_stream *stream)
{
	return rd_stream_socket(((const struct tls_stream *)stream)->below);
}

static void tls_free(struct rd_stream *stream)
{
	struct tls_stream *tls = (struct tls_stream *)stream;

	gnutls_deinit(tls->session);
	rd_stream_free(tls->below);
	free(tls);
}

static const struct rd_stream_ops tls_ops = {
	.read = tls_read,
	.write = tls_write,
	.flush = tls_flush,
	.socket = tls_socket,
	.free = tls_free,
};

/* --- its beginning ----------------------------------------------------------------------------------- */

static int greet(struct tls_stream *tls, uint64_t deadline_ns)
{
	int n;

	while ((n = gnutls_handshake(tls->session)) < 0) {
		short events = gnutls_record_get_direction(tls->session) ? POLLOUT : POLLIN;
		int r;

		if (is_again(n)) {
			r = rd_stream_wait(tls->below, events, deadline_ns);
			if (r < 0)
				return r;
		} else if (gnutls_error_is_fatal(n)) {
			return -EPROTO;
		} else if (rd_now() >= deadline_ns) { /* warnings without end */
			return -ETIMEDOUT;
		}
	}
	return 0;
}

int rd_stream_tls(struct rd_stream **stream, const struct rd_tls *context, uint64_t deadline_ns)
{
	struct tls_stream *tls = calloc(1, sizeof(*tls));
	int r = -ENOMEM;

	if (!tls)
		return r;
	tls->stream.ops = &tls_ops;
	tls->below = *stream;
	if (gnutls_init(&tls->session,
			GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS) == 0) {
		gnutls_transport_set_ptr(tls->session, tls);
		gnutls_transport_set_pull_function(tls->session, pull);
		gnutls_transport_set_push_function(tls->session, push);
		if (gnutls_priority_set(tls->session, context->priority) == 0 &&
		    gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, context->credentials) == 0)
			r = greet(tls, deadline_ns);
		if (r < 0)
			gnutls_deinit(tls->session);
	}
	if (r < 0) {
		free(tls);
		return r;
	}
	*stream = &tls->stream;
	return 0;
}
