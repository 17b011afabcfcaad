/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/proof.h"
#include "server/crypto.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* Both are always compared. */
static int decide(bool is_full, bool is_view_only, bool *ret_is_view_only)
{
	if (!is_full && !is_view_only)
		return -EACCES;
	*ret_is_view_only = !is_full;
	return 0;
}

static bool answers(const char *password, const uint8_t *challenge, const uint8_t *response)
{
	uint8_t right[RD_CHALLENGE_BYTES];

	if (rd_vnc_response(password, challenge, right) < 0)
		return false;
	return rd_is_equal(response, RD_CHALLENGE_BYTES, right, sizeof(right)) && *password;
}

int rd_proof_vnc(struct rd_stream *stream, const struct rd_security *security, uint64_t deadline_ns,
		 bool *ret_is_view_only)
{
	uint8_t challenge[RD_CHALLENGE_BYTES], response[RD_CHALLENGE_BYTES];
	bool is_full, is_view_only;
	int r = rd_random(challenge, sizeof(challenge));

	if (r == 0)
		r = rd_stream_write(stream, challenge, sizeof(challenge), deadline_ns);
	if (r == 0)
		r = rd_stream_read_exact(stream, response, sizeof(response), deadline_ns);
	if (r < 0)
		return r;
	is_full = answers(security->password, challenge, response);
	is_view_only = answers(security->view_password, challenge, response);
	return decide(is_full, is_view_only, ret_is_view_only);
}

static bool is_password(const char *password, const char *given, size_t size)
{
	return rd_is_equal(given, size, password, strlen(password)) && *password;
}

int rd_proof_plain(struct rd_stream *stream, const struct rd_security *security, uint64_t deadline_ns,
		   bool *ret_is_view_only)
{
	char name[RD_PASSWORD_MAX], password[RD_PASSWORD_MAX];
	bool is_full, is_view_only;
	uint32_t sizes[2];
	int r = rd_stream_read_exact(stream, sizes, sizeof(sizes), deadline_ns);

	if (r < 0)
		return r;
	sizes[0] = ntohl(sizes[0]);
	sizes[1] = ntohl(sizes[1]);
	if (sizes[0] > sizeof(name) || sizes[1] > sizeof(password))
		return -EPROTO;
	r = rd_stream_read_exact(stream, name, sizes[0], deadline_ns);
	if (r == 0)
		r = rd_stream_read_exact(stream, password, sizes[1], deadline_ns);
	if (r < 0)
		return r;
	is_full = is_password(security->password, password, sizes[1]);
	is_view_only = is_password(security->view_password, password, sizes[1]);
	explicit_bzero(password, sizeof(password));
	return decide(is_full, is_view_only, ret_is_view_only);
}
