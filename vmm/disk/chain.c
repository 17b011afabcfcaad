/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differencing chains. A child's locator is hostile text: it leads only to images of the child's own format
 * whose identity matches, so it cannot be used to read other files; depth is limited and no file may appear twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/disk_priv.h"
#include "disk/guid.h"

/* `relative` next to the child's own file. */
static int join_path(const char *child_path, const char *relative, char *path, size_t size)
{
	const char *slash = child_path ? strrchr(child_path, '/') : NULL;
	int directory = slash ? (int)(slash - child_path) + 1 : 0;
	int length = snprintf(path, size, "%.*s%s", directory, directory ? child_path : "", relative);
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static int open_read_only(const char *path, int *ret_fd)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* The relative path first: chains are moved together more often than apart. */
static int open_by_paths(const struct disk *child, char path[DISK_PATH_MAX], int *ret_fd)
{
	int error = -ENOENT;
	if (child->link->relative_path[0]) {
		error = join_path(child->path, child->link->relative_path, path, DISK_PATH_MAX);
		if (!error)
			error = open_read_only(path, ret_fd);
		if (!error)
			return 0;
	}
	if (child->link->absolute_path[0] != '/')
		return error;
	snprintf(path, DISK_PATH_MAX, "%s", child->link->absolute_path);
	return open_read_only(path, ret_fd);
}

/* The same file twice in a chain, however it was reached: a cycle. */
static bool is_in_chain(const struct disk *child, const struct disk_source *source, int fd)
{
	struct stat parent, st;
	if (fstat(fd, &parent) < 0 || fstat(child->fd, &st) < 0)
		return true;
	return parent.st_dev == st.st_dev && parent.st_ino == st.st_ino;
}

static int check_parent(const struct disk *child, const struct disk *parent, struct disk_error *error)
{
	bool is_second = !guid_is_zero(&child->second_id) && guid_equal(&parent->data_id, &child->second_id);
	if (!guid_equal(&parent->data_id, &child->link->id) && !is_second)
		return disk_fail(
		    error, -ESTALE,
		    "%s was changed or replaced after %s was made from it; reconnect or merge is needed.",
		    disk_path(parent), disk_path(child));
	if (parent->logical_sector != child->logical_sector)
		return disk_fail(error, -EINVAL, "%s and its parent have different sector sizes.",
				 disk_path(child));
	return 0;
}

int chain_open_parent(struct disk *child, const struct disk_source *source)
{
	char path[DISK_PATH_MAX] = "";
	struct disk_open_options options = *source->options;
	struct disk *parent;
	int fd;
	if (source->depth + 1 >= DISK_CHAIN_MAX)
		return disk_fail(source->error, -ELOOP,
				 "The chain of %s has more than %d images, or is a circle.", disk_path(child),
				 DISK_CHAIN_MAX);
	int error = options.open_parent
			? options.open_parent(options.userdata, child->link, source->depth, &fd)
			: open_by_paths(child, path, &fd);
	if (error)
		return disk_fail(
		    source->error, error, "The parent of %s cannot be opened (%s): %s.", disk_path(child),
		    child->link->absolute_path[0] ? child->link->absolute_path : child->link->relative_path,
		    strerror(-error));
	if (is_in_chain(child, source, fd)) {
		close(fd);
		return disk_fail(source->error, -ELOOP, "%s is its own parent.", disk_path(child));
	}
	options.format = child->format;
	options.writable = false;
	options.path = path[0] ? path : NULL;
	if (options.open_parent && options.parent_name)
		options.path = options.parent_name(options.userdata, source->depth);
	error = disk_open_at_depth(source->io, fd, &options, source->depth + 1, &parent, source->error);
	if (error)
		return error;
	error = check_parent(child, parent, source->error);
	if (error) {
		disk_close(parent);
		return error;
	}
	child->parent = parent;
	return 0;
}
