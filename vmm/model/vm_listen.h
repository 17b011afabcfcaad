/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a machine's screen is offered by TCP: "none", "PORT" (the loopback), "192.0.2.1:5901",
 * "[2001:db8::1]:5901".
 */
#ifndef MODEL_VM_LISTEN_H
#define MODEL_VM_LISTEN_H

#include <glib.h>

struct vm_listen {
	guint16 port;	  /* 0: nowhere */
	gboolean is_ipv6; /* else only the first four bytes count */
	guint8 address[16];
	gboolean is_loopback; /* nobody else than this computer reaches it */
};

/* MODEL_ERROR_INVALID */
gboolean vm_listen_parse(const char *text, struct vm_listen *ret_listen, GError **error);

#endif
