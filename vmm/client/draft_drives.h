/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drives of a draft: as people name them, and as the list that the API wants. */
#ifndef CLIENT_DRAFT_DRIVES_H
#define CLIENT_DRAFT_DRIVES_H

#include <glib.h>

struct draft_drives;

/* `is_remote`: files are of another computer, where only whole paths mean something. */
struct draft_drives *draft_drives_new(gboolean is_remote);
/* The absolute path; NULL: a sentence. */
char *draft_path(const char *path, gboolean is_remote, GError **error);
struct draft_drives *draft_drives_free(struct draft_drives *drives);
gboolean draft_drives_is_empty(const struct draft_drives *drives);

/* FILE[,controller=ide|scsi[:NUMBER]][,readonly][,physical], or new:SIZE[,controller=...], or own:NAME[,...] for a file that is
 * in the machine's own folder. */
gboolean draft_drives_add_disk(struct draft_drives *drives, const char *value, GError **error);
/* FILE, or "none" for an empty drive. */
gboolean draft_drives_add_disc(struct draft_drives *drives, const char *value, GError **error);
/* The file of a drive that is to go, or "ide:0:1" for its place. */
gboolean draft_drives_detach(struct draft_drives *drives, const char *value, GError **error);

/*
 * aa{sv}, floating. `existing` (NULL: a new machine) stays, but for what is detached; a disc goes into the
 * first DVD drive that is there already, everything else gets a place of its own. NULL: a sentence.
 */
GVariant *draft_drives_list(const struct draft_drives *drives, GVariant *existing, gboolean prefers_ide,
			    GError **error);

/* FALSE, with a sentence in `error` (which may be NULL); for all of a draft. */
gboolean draft_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
