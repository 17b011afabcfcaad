/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/vm_listen.h"
#include "model/model_error.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { LOOPBACK_NET = 127 };

static gboolean parse_address(const char *text, struct vm_listen *listen)
{
	gsize size = strlen(text);
	char *inner;

	if (inet_pton(AF_INET, text, listen->address) == 1) {
		listen->is_loopback = listen->address[0] == LOOPBACK_NET;
		return TRUE;
	}
	if (size < 4 || text[0] != '[' || text[size - 1] != ']')
		return FALSE;
	inner = g_strndup(text + 1, size - 2);
	listen->is_ipv6 = inet_pton(AF_INET6, inner, listen->address) == 1;
	g_free(inner);
	listen->is_loopback = memcmp(listen->address, &in6addr_loopback, sizeof(listen->address)) == 0;
	return listen->is_ipv6;
}

gboolean vm_listen_parse(const char *text, struct vm_listen *ret_listen, GError **error)
{
	const char *colon = strrchr(text, ':');
	struct vm_listen listen = { .port = 0 };
	char *address = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup("127.0.0.1");
	guint64 port = 0;
	gboolean is_good = strcmp(text, "none") == 0;

	if (!is_good)
		is_good = g_ascii_string_to_unsigned(colon ? colon + 1 : text, 10, 1, 65535, &port, NULL) &&
			  parse_address(address, &listen);
	g_free(address);
	if (!is_good) {
		g_set_error(
		    error, MODEL_ERROR, MODEL_ERROR_INVALID,
		    "display.listen: \"%s\" is no place to listen; give none, a port such as 5901 (of this "
		    "computer only), or ADDRESS:PORT such as 192.0.2.1:5901 or [::]:5901",
		    text);
		return FALSE;
	}
	listen.port = (guint16)port;
	*ret_listen = listen;
	return TRUE;
}
