/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/handshake.h"
#include "server/http.h"
#include "server/proof.h"
#include "server/stream_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	VERSION_SIZE = 12,
	SECURITY_INVALID = 0,
	SECURITY_NONE = 1,
	SECURITY_VNC = 2,
	SECURITY_VENCRYPT = 19,
	X509_VNC = 261, /* subtypes of VeNCrypt */
	X509_PLAIN = 262,
	RESULT_OK = 0,
	RESULT_FAILED = 1,
	TLS_HANDSHAKE = 0x16,
};

static const char our_version[] = "RFB 003.008\n";

/* 3 (RFB 3.3), 7 or 8; other numbers mean 3.3 (RFC 6143, 7.1.1). */
static int read_version(struct rd_stream *stream, uint64_t deadline_ns, unsigned *ret_minor)
{
	char text[VERSION_SIZE + 1] = "";
	unsigned major, minor;
	int r = rd_stream_read_exact(stream, text, VERSION_SIZE, deadline_ns);

	if (r < 0)
		return r;
	if (sscanf(text, "RFB %3u.%3u\n", &major, &minor) != 2 || major < 3)
		return -EPROTO;
	*ret_minor = major > 3 || minor >= 8 ? 8 : minor == 7 ? 7 : 3;
	return 0;
}

static int write_32(struct rd_stream *stream, uint32_t value, uint64_t deadline_ns)
{
	value = htonl(value);
	return rd_stream_write(stream, &value, sizeof(value), deadline_ns);
}

static int write_8(struct rd_stream *stream, uint8_t value, uint64_t deadline_ns)
{
	return rd_stream_write(stream, &value, 1, deadline_ns);
}

static int write_text(struct rd_stream *stream, const char *text, uint64_t deadline_ns)
{
	int r = write_32(stream, (uint32_t)strlen(text), deadline_ns);

	return r < 0 ? r : rd_stream_write(stream, text, strlen(text), deadline_ns);
}

/* Which of the offered types the viewer wants. RFB 3.3: the server decides, and has put its best first. */
static int choose(struct rd_stream *stream, unsigned minor, const uint8_t *types, uint8_t count,
		  uint64_t deadline_ns, uint8_t *ret_type)
{
	int r;

	if (minor == 3) {
		*ret_type = types[count - 1];
		return write_32(stream, *ret_type, deadline_ns);
	}
	r = write_8(stream, count, deadline_ns);
	if (r == 0)
		r = rd_stream_write(stream, types, count, deadline_ns);
	if (r == 0)
		r = rd_stream_read_exact(stream, ret_type, 1, deadline_ns);
	if (r == 0 && !memchr(types, *ret_type, count))
		r = -EPROTO;
	return r;
}

static int refuse(struct rd_stream *stream, unsigned minor, const char *why, uint64_t deadline_ns)
{
	int r = minor == 3 ? write_32(stream, SECURITY_INVALID, deadline_ns)
			   : write_8(stream, SECURITY_INVALID, deadline_ns);

	if (r == 0)
		(void)write_text(stream, why, deadline_ns);
	return -EPROTO;
}

static int tell_result(struct rd_stream *stream, unsigned minor, int result, uint64_t deadline_ns)
{
	int r;

	if (result < 0 && result != -EACCES)
		return result;
	r = write_32(stream, result == 0 ? RESULT_OK : RESULT_FAILED, deadline_ns);
	if (r == 0 && result < 0 && minor >= 8)
		r = write_text(stream, "This is not the password.", deadline_ns);
	return result < 0 ? result : r;
}

/* --- a socket that was handed over ------------------------------------------------------------------- */

static int offer_none(struct rd_stream *stream, unsigned minor, uint64_t deadline_ns)
{
	static const uint8_t types[] = { SECURITY_NONE };
	uint8_t type;
	int r = choose(stream, minor, types, 1, deadline_ns, &type);

	return r < 0 || minor < 8 ? r : write_32(stream, RESULT_OK, deadline_ns);
}

/* --- VeNCrypt ---------------------------------------------------------------------------------------- */

/* Version 0.2, then the subtypes. */
static int choose_subtype(struct rd_stream *stream, uint64_t deadline_ns, uint32_t *ret_subtype)
{
	static const uint8_t version[2] = { 0, 2 };
	const uint32_t subtypes[] = { htonl(X509_PLAIN), htonl(X509_VNC) };
	uint8_t theirs[2] = { 0 };
	int r = rd_stream_write(stream, version, sizeof(version), deadline_ns);

	if (r == 0)
		r = rd_stream_read_exact(stream, theirs, sizeof(theirs), deadline_ns);
	if (r < 0)
		return r;
	r = write_8(stream, memcmp(theirs, version, sizeof(version)) != 0, deadline_ns);
	if (r == 0 && memcmp(theirs, version, sizeof(version)) != 0)
		return -EPROTO;
	if (r == 0)
		r = write_8(stream, 2, deadline_ns);
	if (r == 0)
		r = rd_stream_write(stream, subtypes, sizeof(subtypes), deadline_ns);
	if (r == 0)
		r = rd_stream_read_exact(stream, ret_subtype, sizeof(*ret_subtype), deadline_ns);
	if (r < 0)
		return r;
	*ret_subtype = ntohl(*ret_subtype);
	return *ret_subtype == X509_PLAIN || *ret_subtype == X509_VNC ? 0 : -EPROTO;
}

static int vencrypt(struct rd_stream **stream, const struct rd_security *security, uint64_t deadline_ns,
		    bool *ret_is_view_only)
{
	uint32_t subtype;
	int r = choose_subtype(*stream, deadline_ns, &subtype);

	if (r == 0)
		r = write_8(*stream, 1, deadline_ns);
	if (r == 0)
		r = rd_stream_tls(stream, security->tls, deadline_ns);
	if (r < 0)
		return r;
	return subtype == X509_PLAIN ? rd_proof_plain(*stream, security, deadline_ns, ret_is_view_only)
				     : rd_proof_vnc(*stream, security, deadline_ns, ret_is_view_only);
}

/* --- by TCP ------------------------------------------------------------------------------------------ */

/* What RFB 3.3 gets stands last: it knows no VeNCrypt. */
static int prove(struct rd_stream **stream, const struct rd_security *security, bool is_encrypted,
		 unsigned minor, uint64_t deadline_ns, bool *ret_is_view_only)
{
	uint8_t types[2], count = 0, type;
	int r;

	if (security->tls && !is_encrypted && minor > 3)
		types[count++] = SECURITY_VENCRYPT;
	if (is_encrypted || !security->needs_tls)
		types[count++] = SECURITY_VNC;
	if (count == 0)
		return refuse(*stream, minor, "This screen wants an encrypted connection (VeNCrypt, X509).",
			      deadline_ns);
	r = choose(*stream, minor, types, count, deadline_ns, &type);
	if (r < 0)
		return r;
	r = type == SECURITY_VNC ? rd_proof_vnc(*stream, security, deadline_ns, ret_is_view_only)
				 : vencrypt(stream, security, deadline_ns, ret_is_view_only);
	return tell_result(*stream, minor, r, deadline_ns);
}

/* A browser speaks first: "GET ", or the beginning of TLS (RFC 8446, 5.1). Everybody else waits for us. */
static int admit_browser(struct rd_stream **stream, const struct rd_security *security,
			 bool *ret_is_encrypted)
{
	uint8_t first = 0;
	int r = rd_stream_peek(*stream, &first, 1, rd_now() + RD_BROWSER_MS * 1000000ull);

	if (r <= 0)
		return r;
	if (first == TLS_HANDSHAKE && security->tls) {
		*ret_is_encrypted = true;
		r = rd_stream_tls(stream, security->tls, rd_seconds(RD_HANDSHAKE_SECONDS));
		return r < 0 ? r : rd_http_serve(stream, security->web);
	}
	if (first != 'G')
		return 0;
	if (!security->needs_tls)
		return rd_http_serve(stream, security->web);
	rd_http_refuse(*stream);
	return -EPROTO;
}

int rd_handshake(struct rd_stream **stream, const struct rd_security *security, bool *ret_is_view_only)
{
	bool is_encrypted = false;
	unsigned minor = 8;
	uint64_t deadline_ns;
	int r = security ? admit_browser(stream, security, &is_encrypted) : 0;

	deadline_ns = rd_seconds(RD_HANDSHAKE_SECONDS);
	if (r == 0)
		r = rd_stream_write(*stream, our_version, VERSION_SIZE, deadline_ns);
	if (r == 0)
		r = read_version(*stream, deadline_ns, &minor);
	if (r < 0)
		return r;
	return security ? prove(stream, security, is_encrypted, minor, deadline_ns, ret_is_view_only)
			: offer_none(*stream, minor, deadline_ns);
}
