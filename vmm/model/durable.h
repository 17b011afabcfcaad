/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files that are there as a whole or not at all, also after a power failure.
 *
 * durable_write(): a temporary file, fsync, rename, fsync of the folder. Its name begins with
 * DURABLE_TEMPORARY and is left over only by a process that died; durable_clean() removes those.
 */
#ifndef MODEL_DURABLE_H
#define MODEL_DURABLE_H

#include <glib.h>
#include <sys/types.h>

#define DURABLE_TEMPORARY ".new-"

/* The file `name` in `folder` has this content afterwards, mode 0600; -errno: it is as it was. */
int durable_write(int folder, const char *name, const char *data, gsize size);
/* The same, in a folder that belongs to somebody, who gets the file, too; (uid_t)-1: nobody does. */
int durable_write_for(int folder, const char *name, const char *data, gsize size, uid_t uid, gid_t gid);
/* Moves it durably; the target must not exist (-EEXIST). */
int durable_move(int from, const char *name, int to, const char *new_name);
/* Removes it durably. 0 when it was not there. */
int durable_remove(int folder, const char *name);
/* Reads a regular file, no link, of at most `max` bytes: -EFBIG, -EINVAL for no regular file. */
int durable_read(int folder, const char *name, gsize max, char **ret_data, gsize *ret_size);
void durable_clean(int folder);
/* Removes the files of a folder that has no folders in it, not durably. Closes `folder`. */
int durable_empty(int folder);

#endif
