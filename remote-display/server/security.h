/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service said viewers by TCP must prove, counted by those who use it: the service may say
 * something else while viewers are there.
 */
#ifndef RD_SECURITY_H
#define RD_SECURITY_H

#include "server/handshake.h"

struct rd_security_parts {
	int certificate, key; /* PEM files, or -1 both */
	int web;	      /* web.h, or -1 */
	bool needs_tls;
	const char *password, *view_password; /* "": none */
};

/* The descriptors stay the caller's. -EINVAL: it would let everybody in, or nobody. */
int rd_security_new(const struct rd_security_parts *parts, struct rd_security **ret_security);
struct rd_security *rd_security_ref(struct rd_security *security); /* NULL is fine */
struct rd_security *rd_security_unref(struct rd_security *security);

#endif
