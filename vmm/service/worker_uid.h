/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Under root, each machine's worker has a user ID (and the same group ID) of its own: the table "worker-uids"
 * in the data folder keeps who has which, from WORKER_UID_FIRST on (link/worker_identity.h). A machine keeps
 * its own for its life, and no two ever have the same at one time.
 */
#ifndef SERVICE_WORKER_UID_H
#define SERVICE_WORKER_UID_H

#include <glib.h>
#include <sys/types.h>

/* Reads the table. Entries of machines that `is_known` does not know are free again. */
void worker_uid_init(int folder, gboolean (*is_known)(gpointer opaque, const char *id), gpointer opaque);
/* Gives one, durably, if this machine has none. Negative errno. */
int worker_uid_get(const char *id, uid_t *ret_uid);

#endif
