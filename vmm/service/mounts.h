/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual disks that are attached to this computer as /dev/nbdN. The kernel keeps the list: what it says of each device
 * names the service, the user and the file, so that one service finds what another has attached.
 */
#ifndef SERVICE_MOUNTS_H
#define SERVICE_MOUNTS_H

#include <glib.h>

struct mount {
	guint index;
	char *device; /* "/dev/nbd0" */
	char *user, *file;
	gboolean is_read_only;
};

/* `sys`, `mountinfo`: "/sys" and "/proc/self/mountinfo"; others for tests. */
GPtrArray *mounts_list(const char *sys); /* struct mount; g_ptr_array_unref() */
/* Among them, by device or file; NULL. */
const struct mount *mounts_find(const GPtrArray *mounts, const char *name);
/* What uses it or one of its partitions: a mount point, or "/dev/dm-0"; NULL: nothing. g_free(). */
char *mounts_user_of(const struct mount *mount, const char *sys, const char *mountinfo);

/* What the kernel is to say of a device: "bulkhead USER FILE". g_free(). */
char *mounts_identifier(const char *user, const char *file);

#endif
