/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files for the disk helper, opened with this user's rights: existing images, new ones that have no name
 * until they are complete, and parents that an image names. Functions that return a bool or a descriptor say
 * what is wrong.
 */
#ifndef CLI_DISK_FILES_H
#define CLI_DISK_FILES_H

#include "link/disk_chain.h"

#include <glib.h>
#include <sys/types.h>

/* A descriptor of a regular file or block device; -1: said. */
int disk_file_open(const char *path, gboolean is_writable);
/* Why errno says that `path` cannot be opened or made, and what to do: "no such file; check the name". */
const char *disk_file_reason(int error, gboolean is_writable);

/*
 * A file that appears under its name when it is complete, and never over an existing one: until then it has
 * no name at all where the file system can do that (so even SIGKILL leaves nothing), else its own name.
 */
struct new_file {
	char *path;
	int fd;
	gboolean is_named;
};

gboolean new_file_check(const char *path); /* whether it could be made, without making it */
gboolean new_file_create(struct new_file *file, const char *path);
gboolean new_file_keep(struct new_file *file); /* durable, under its name */
void new_file_close(struct new_file *file);    /* removes what was not kept */

/* Parents are opened with this user's rights. */
void disk_files_init_chain(struct disk_chain *chain);

/* What a child at `child_path` (which need not exist) says about where its parent is. FALSE: said. */
gboolean disk_parent_paths(const char *child_path, const char *parent_path, char **ret_relative,
			   char **ret_absolute);

#endif
