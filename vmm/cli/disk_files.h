/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files for the disk helper, opened with this user's rights: existing images, new ones that have no name
 * until they are complete, and parents that an image names. Functions that return a bool or a descriptor say
 * what is wrong.
 */
#ifndef CLI_DISK_FILES_H
#define CLI_DISK_FILES_H

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

/* The images that were opened for one chain: no file may come twice. */
struct disk_chain {
	struct {
		char *path;
		dev_t device;
		ino_t inode;
	} images[65];
	guint count;
};

void disk_chain_clear(struct disk_chain *chain);
/* Place `depth` of the chain is this file now; what was behind it is forgotten. */
void disk_chain_set(struct disk_chain *chain, guint depth, const char *path, int fd);
/*
 * The parent of image depth-1 by what that says, first beside it, then by its absolute path. -1 and
 * *ret_text, *ret_error when it cannot be had. Free both texts.
 */
int disk_chain_open_parent(struct disk_chain *chain, guint depth, const char *relative, const char *absolute,
			   gboolean is_writable, char **ret_path, char **ret_text, int *ret_error);

/* What a child at `child_path` (which need not exist) says about where its parent is. FALSE: said. */
gboolean disk_parent_paths(const char *child_path, const char *parent_path, char **ret_relative,
			   char **ret_absolute);

#endif
