/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in a folder that a caller chose: made with the caller's rights, and under their names only when they
 * are complete.
 *
 * Threads    new_files_keep() waits for the file system: a job's thread. All else on the main thread,
 *            and never at once.
 */
#ifndef SERVICE_NEW_FILES_H
#define SERVICE_NEW_FILES_H

#include "service/identity.h"

struct new_files;

/* `makes_folder`: it must not exist yet. */
struct new_files *new_files_new(const struct identity *who, const char *folder, gboolean makes_folder);
struct new_files *new_files_free(struct new_files *files);
/* Paths in the folder; which one it is: 0, 1... */
void new_files_add(struct new_files *files, const char *path);
/* `fn` comes later; `problem` NULL: all of them are open, for reading and writing. */
void new_files_open(struct new_files *files, void (*fn)(gpointer opaque, const char *problem),
		    gpointer opaque);
int new_files_fd(const struct new_files *files, guint index);
gboolean new_files_keep(struct new_files *files, guint index, GError **error);
/* Instead of new_files_free(): all of it goes again, also what was kept, and the folder that was made. */
void new_files_undo(struct new_files *files);

#endif
