/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	VERSION_SIZE = 12,
	SECURITY_NONE = 1,
	RESULT_OK = 0,
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

static int offer_none(struct rd_stream *stream, unsigned minor, uint64_t deadline_ns)
{
	static const uint8_t list[] = { 1, SECURITY_NONE };
	uint32_t type = htonl(SECURITY_NONE), result = htonl(RESULT_OK);
	uint8_t choice;
	int r;

	if (minor == 3)
		return rd_stream_write(stream, &type, sizeof(type), deadline_ns);
	r = rd_stream_write(stream, list, sizeof(list), deadline_ns);
	if (r == 0)
		r = rd_stream_read_exact(stream, &choice, 1, deadline_ns);
	if (r < 0)
		return r;
	if (choice != SECURITY_NONE)
		return -EPROTO;
	return minor >= 8 ? rd_stream_write(stream, &result, sizeof(result), deadline_ns) : 0;
}

int rd_handshake(struct rd_stream **stream, const struct rd_security *security)
{
	uint64_t deadline_ns = rd_now() + RD_HANDSHAKE_SECONDS * 1000000000ull;
	unsigned minor = 8;
	int r = rd_stream_write(*stream, our_version, VERSION_SIZE, deadline_ns);

	if (r == 0)
		r = read_version(*stream, deadline_ns, &minor);
	if (r < 0)
		return r;
	return security ? -EACCES : offer_none(*stream, minor, deadline_ns);
}
