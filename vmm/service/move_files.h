/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a machine that moves: looked at, copied (or given one more name, where old and new place are one file system), and
 * whichever set is not needed removed.
 *
 * Differencing  A copy of a child is told where its parent is now; a parent that stays is named by its place.
 * Rights        As checkpoint_disks.h: the machine's own folder is the service's, all others are the caller's.
 * Threads       A job's.
 */
#ifndef SERVICE_MOVE_FILES_H
#define SERVICE_MOVE_FILES_H

#include "service/checkpoint_disks.h"
#include "service/copy.h"
#include "service/move_record.h"

struct move_files {
	struct move_record *record;
	struct checkpoint_disks *disks;
	struct identity *owner; /* of what an administrator moves; NULL: whoever makes it */
	const char *machine;	/* its name */
	int folder;		/* the new one; -1: not there yet */
	char *config_text;	/* of the copy of the configuration beside the disks; NULL: none */
	struct copy_progress progress;
};

/* The new folder, in which the record comes first. FALSE: a sentence; so for all. */
gboolean move_files_make_folder(struct move_files *files, struct vm_store *store, const char *id,
				GError **error);
/* All that are early, or late: what they are, and whose children. Before the first copy also whether there is room for them. */
gboolean move_files_look(struct move_files *files, struct job *job, gboolean is_late, GError **error);
gboolean move_files_copy(struct move_files *files, struct job *job, gboolean is_late, GError **error);
/* The new ones go again, or the old ones. What cannot be removed stays and is told: g_free(); NULL: nothing. */
char *move_files_remove(const struct move_record *record, struct checkpoint_disks *disks, gboolean old);

#endif
