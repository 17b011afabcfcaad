/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk images through the service (org.bulkhead.Disks1), without waiting: what the consoles' disk wizards use.
 *
 *   struct vmc_disk_draft *draft = vmc_disk_draft_new("create", is_remote);
 *   vmc_disk_draft_set(draft, "file", ...); ... vmc_disk_draft_check(draft, &field, &error);
 *   vmc_disks_start(connection, draft, FALSE, on_started, userdata);
 *   on_started: vmc_disks_start_finish() gives the job's path: vmc_inventory_find(inventory, path) is the object with
 *   its State, Progress and Error; vmc_disks_cancel() ends it.
 *
 * Threads    The main context's. A connection that ends answers all with an error.
 */
#ifndef CLIENT_DISKS_H
#define CLIENT_DISKS_H

#include "client/connection.h"
#include "client/disk_draft.h"

/* The draft may go at once. */
void vmc_disks_start(struct vmc_connection *connection, const struct vmc_disk_draft *draft, gboolean is_plan,
		     GAsyncReadyCallback callback, gpointer opaque);
/* `ret_job` (g_free): "/" for a plan; `ret_steps` (g_strfreev): what is, or would be, done. Both may be NULL. */
gboolean vmc_disks_start_finish(struct vmc_connection *connection, GAsyncResult *result, char **ret_job,
				char ***ret_steps, GError **error);

/* What an image is, with its parents: drafts of "inspect". */
void vmc_disks_inspect(struct vmc_connection *connection, const struct vmc_disk_draft *draft,
		       GAsyncReadyCallback callback, gpointer opaque);
/* aa{sv} as org.bulkhead.Disks1 has it, first the image itself; unref it. NULL: a sentence. */
GVariant *vmc_disks_inspect_finish(struct vmc_connection *connection, GAsyncResult *result, GError **error);

/* Why such a list's disk cannot be compacted, resized, merged, reconnected (`verb`): static; NULL: it can, or that is
 * not known. `images` may be NULL. */
const char *vmc_disk_refusal(GVariant *images, const char *verb);

/* One image of such a list as lines for people: "format", "VHDX, dynamically expanding"; "size", "40 GiB"...
 * NULL-terminated pairs; g_strfreev(). */
char **vmc_disk_image_lines(GVariant *image);

void vmc_disks_cancel(struct vmc_connection *connection, const char *job, GAsyncReadyCallback callback,
		      gpointer opaque);

#endif
