/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/disk_files.h"
#include "cli/disk_image.h"
#include "cli/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *disk_file_reason(int error, gboolean is_writable)
{
	switch (error) {
	case ENOENT: return "there is no such file or folder; check the name";
	case ENOTDIR: return "a part of this path is no folder; check the name";
	case EISDIR: return "this is a folder; name a file";
	case EACCES:
	case EPERM:
		return is_writable
			   ? "you may not change it; ask its owner for the right, or run this as one who may"
			   : "you may not read it; ask its owner for the right, or run this as one who may";
	case EROFS: return "its file system is read only; copy it to another one";
	case EEXIST: return "this exists already; choose another name, or remove it first";
	case ENAMETOOLONG: return "the name is too long; choose a shorter one";
	case ETXTBSY:
	case EBUSY: return "it is in use; stop what uses it and try again";
	case ENOSPC: return "there is no space left; free some, or choose another place";
	case EDQUOT: return "your quota is used up; free some space, or choose another place";
	case EINVAL: return "this is neither a file nor a block device; name a disk image";
	default: return g_strerror(error);
	}
}

int disk_file_open(const char *path, gboolean is_writable)
{
	int fd = disk_image_open(path, is_writable);

	if (fd >= 0)
		return fd;
	say("%s: %s", path, disk_file_reason(-fd, is_writable));
	return -1;
}

/* --- new files ------------------------------------------------------------------------------------- */

gboolean new_file_check(const char *path)
{
	char *folder = g_path_get_dirname(path);
	struct stat st;
	int error = 0;

	if (lstat(path, &st) == 0)
		error = EEXIST;
	else if (errno != ENOENT || !*path || g_str_has_suffix(path, "/"))
		error = errno == ENOENT ? EISDIR : errno;
	else if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
		error = errno;
	if (error == EEXIST || error == EISDIR)
		say("%s: %s", path, disk_file_reason(error, TRUE));
	else if (error)
		say("%s: %s", folder,
		    error == EACCES ? "you may not create files in this folder; choose another one"
				    : disk_file_reason(error, TRUE));
	g_free(folder);
	return error == 0;
}

static void describe_fd(char text[64], int fd)
{
	g_snprintf(text, 64, "/proc/self/fd/%d", fd);
}

static int create_unnamed(const char *path)
{
	char *folder = g_path_get_dirname(path), link[64];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	g_free(folder);
	if (fd < 0)
		return -1;
	describe_fd(link, fd);
	if (access(link, F_OK) == 0)
		return fd;
	close(fd); /* no /proc: it could never get a name */
	return -1;
}

gboolean new_file_create(struct new_file *file, const char *path)
{
	*file = (struct new_file){ .path = g_strdup(path), .fd = -1 };
	if (!new_file_check(path))
		return FALSE;
	file->fd = create_unnamed(path);
	if (file->fd >= 0)
		return TRUE;
	file->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	file->is_named = file->fd >= 0;
	if (file->fd < 0)
		say("%s: %s", path, disk_file_reason(errno, TRUE));
	return file->fd >= 0;
}

static int give_name(struct new_file *file)
{
	char link[64], *folder;
	int fd;

	if (fsync(file->fd) < 0)
		return -errno;
	describe_fd(link, file->fd);
	if (!file->is_named && linkat(AT_FDCWD, link, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	folder = g_path_get_dirname(file->path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_free(folder);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return 0;
}

gboolean new_file_keep(struct new_file *file)
{
	int r = give_name(file);

	if (r < 0)
		say("%s: %s", file->path, disk_file_reason(-r, TRUE));
	else
		file->is_named = FALSE; /* closing leaves it */
	return r == 0;
}

void new_file_close(struct new_file *file)
{
	if (file->is_named)
		unlink(file->path);
	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	*file = (struct new_file){ .fd = -1 };
}

/* --- chains ---------------------------------------------------------------------------------------- */

static int open_parent(void *userdata, const char *path, bool is_writable)
{
	return disk_image_open(path, is_writable);
}

static const char *parent_reason(void *userdata, int error, bool is_writable)
{
	return disk_file_reason(error, is_writable);
}

void disk_files_init_chain(struct disk_chain *chain)
{
	*chain = (struct disk_chain){ .open = open_parent, .reason = parent_reason };
}

/* --- what a child says about its parent ------------------------------------------------------------ */

static char *real_folder(const char *path)
{
	char *folder = g_path_get_dirname(path), *real = realpath(folder, NULL);

	g_free(folder);
	return real;
}

gboolean disk_parent_paths(const char *child_path, const char *parent_path, char **ret_relative,
			   char **ret_absolute)
{
	char *folder = real_folder(child_path), *parent = realpath(parent_path, NULL);
	char *relative = folder && parent ? disk_chain_relative(folder, parent) : NULL;
	gboolean is_known = relative != NULL;

	if (is_known) {
		*ret_relative = g_strdup(relative);
		*ret_absolute = g_strdup(parent);
	} else {
		say("%s: %s", folder ? parent_path : child_path, disk_file_reason(errno, FALSE));
	}
	free(relative);
	free(folder);
	free(parent);
	return is_known;
}
