/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The draft of a machine, or of a change: options as people give them become settings of the API. */
#ifndef CLIENT_DRAFT_H
#define CLIENT_DRAFT_H

#include <glib.h>

struct vmc_draft;

/* `is_remote`: for another computer, so that file names must be whole paths there. */
struct vmc_draft *vmc_draft_new(gboolean is_remote);
struct vmc_draft *vmc_draft_free(struct vmc_draft *draft);
/*
 * name without dashes: memory, processors, cpu, generation, kernel, initrd, append, engine, serial, boot, notes,
 * auto-start, auto-stop, disk, cdrom, detach (draft_drives.h), drive, adapter (draft_devices.h), switch ("none": the adapters go), or set
 * (NAME=VALUE of any setting). File names are made absolute. FALSE: a sentence.
 */
gboolean vmc_draft_add(struct vmc_draft *draft, const char *name, const char *value, GError **error);
gboolean vmc_draft_is_empty(const struct vmc_draft *draft);
/*
 * a{sv}; floating. `existing`: the settings of the machine that is changed (a{sv}), whose drives and adapters
 * stay and get the new ones beside them; NULL for a new machine. NULL: a sentence.
 */
GVariant *vmc_draft_settings(const struct vmc_draft *draft, GVariant *existing, GError **error);

/* Every setting that `set` knows, with what people call it: for help. NULL-terminated pairs; free with
 * g_strfreev(). */
char **vmc_draft_list_settings(void);

#endif
