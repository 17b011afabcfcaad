/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What this host has for virtual machines: read from /proc, /sys and /dev when asked, without any service and
 * without rights. Each finding says what it is here, what it means, and how to get it.
 */
#ifndef CLIENT_HOST_CHECK_H
#define CLIENT_HOST_CHECK_H

#include <glib.h>

enum vmc_host_state {
	VMC_HOST_GOOD,
	VMC_HOST_LIMITED, /* works, with less */
	VMC_HOST_MISSING, /* what it means is not to be had */
	VMC_HOST_STATES,
};

struct vmc_host_finding {
	const char *key;  /* for programs: "hardware-virtualization" */
	const char *name; /* for people */
	const char *meaning;
	enum vmc_host_state state;
	char *text;
	char *remedy; /* NULL: nothing to do */
};

const char *vmc_host_state_name(enum vmc_host_state state);
/* struct vmc_host_finding, in the order to show them. `root` is "/", but in tests: there only files are
 * looked at, and no call is tried. */
GPtrArray *vmc_host_check(const char *root);
/* One more. Takes text and remedy. */
void vmc_host_add(GPtrArray *findings, const char *key, const char *name, const char *meaning,
		  enum vmc_host_state state, char *text, char *remedy);

/* Memory of this computer that guests can still have; 0: unknown. */
guint64 vmc_host_available_mib(void);

#endif
