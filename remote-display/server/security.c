/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/security.h"
#include "server/stream_tls.h"
#include "server/web.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PEM_MAX = 65536 };

struct counted {
	struct rd_security security; /* first */
	struct rd_tls *tls;
	struct rd_web *web;
	atomic_uint references;
};

static int read_file(int fd, char text[PEM_MAX], size_t *ret_size)
{
	size_t size = 0;
	ssize_t n = 0;

	while (size < PEM_MAX && (n = pread(fd, text + size, PEM_MAX - size, (off_t)size)) > 0)
		size += (size_t)n;
	if (n < 0)
		return -errno;
	*ret_size = size;
	return size < PEM_MAX ? 0 : -EINVAL;
}

static int load_tls(int certificate, int key, struct rd_tls **ret_tls)
{
	char *text = malloc(2 * (size_t)PEM_MAX);
	size_t certificate_size = 0, key_size = 0;
	int r;

	if (!text)
		return -ENOMEM;
	r = read_file(certificate, text, &certificate_size);
	if (r == 0)
		r = read_file(key, text + PEM_MAX, &key_size);
	if (r == 0)
		r = rd_tls_new(text, certificate_size, text + PEM_MAX, key_size, ret_tls);
	explicit_bzero(text, 2 * (size_t)PEM_MAX);
	free(text);
	return r;
}

static int check(const struct rd_security_parts *parts)
{
	if (strlen(parts->password) > RD_PASSWORD_MAX || strlen(parts->view_password) > RD_PASSWORD_MAX)
		return -EINVAL;
	if (!*parts->password && !*parts->view_password)
		return -EINVAL;
	return parts->needs_tls && parts->certificate < 0 ? -EINVAL : 0;
}

int rd_security_new(const struct rd_security_parts *parts, struct rd_security **ret_security)
{
	struct counted *counted = calloc(1, sizeof(*counted));
	int r = counted ? check(parts) : -ENOMEM;

	if (r == 0 && parts->certificate >= 0)
		r = load_tls(parts->certificate, parts->key, &counted->tls);
	if (r == 0 && parts->web >= 0)
		r = rd_web_new(parts->web, &counted->web);
	if (r < 0) {
		if (counted)
			rd_tls_free(counted->tls);
		free(counted);
		return r;
	}
	atomic_init(&counted->references, 1);
	counted->security.tls = counted->tls;
	counted->security.web = counted->web;
	counted->security.needs_tls = parts->needs_tls;
	strcpy(counted->security.password, parts->password);
	strcpy(counted->security.view_password, parts->view_password);
	*ret_security = &counted->security;
	return 0;
}

struct rd_security *rd_security_ref(struct rd_security *security)
{
	if (security)
		atomic_fetch_add(&((struct counted *)security)->references, 1);
	return security;
}

struct rd_security *rd_security_unref(struct rd_security *security)
{
	struct counted *counted = (struct counted *)security;

	if (!security || atomic_fetch_sub(&counted->references, 1) > 1)
		return NULL;
	rd_tls_free(counted->tls);
	rd_web_free(counted->web);
	explicit_bzero(counted, sizeof(*counted));
	free(counted);
	return NULL;
}
