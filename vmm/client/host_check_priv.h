/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the host check. */
#ifndef CLIENT_HOST_CHECK_PRIV_H
#define CLIENT_HOST_CHECK_PRIV_H

#include <glib.h>

struct host {
	const char *root;
	gboolean is_live; /* this computer: calls may be tried */
	char *cpuinfo;
};

/* Without white space at its end; NULL. */
char *host_read(const struct host *host, const char *path);
gboolean host_exists(const struct host *host, const char *path);

void host_check_confinement(const struct host *host, GPtrArray *findings);
void host_check_packages(const struct host *host, GPtrArray *findings);

#endif
