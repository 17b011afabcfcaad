/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/parent_files.h"
#include "service/caller_files.h"
#include "service/disks_in_use.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name in the machine's own folder; NULL: it is elsewhere. */
static const char *name_in_folder(const struct parent_files *files, const char *path)
{
	gsize length = files->folder && files->folder_fd >= 0 ? strlen(files->folder) : 0;

	if (!length || strncmp(path, files->folder, length) != 0 || path[length] != '/')
		return NULL;
	path += length + 1;
	return *path && !strchr(path, '/') ? path : NULL;
}

static int open_own(const struct parent_files *files, const char *name, bool is_writable)
{
	int fd = openat(files->folder_fd, name,
			(is_writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EISDIR;
}

static int open_theirs(struct parent_files *files, const char *path, bool is_writable)
{
	GPtrArray *list = caller_files_new();
	struct caller_file *file = caller_files_add(list, path, is_writable ? FILE_WRITE : FILE_READ);
	int error, fd;

	caller_files_open_now(files->who, list);
	error = file->error;
	fd = caller_file_take(file);
	g_ptr_array_unref(list);
	if (error == EACCES || error == EPERM)
		files->reason =
		    g_strdup_printf("%s has no permission on it; change its permissions", files->who->user);
	return fd < 0 ? -error : fd;
}

static int open_parent(void *userdata, const char *path, bool is_writable)
{
	struct parent_files *files = userdata;
	const char *own = name_in_folder(files, path), *machine;
	int fd;

	g_clear_pointer(&files->reason, g_free);
	fd = own ? open_own(files, own, is_writable) : open_theirs(files, path, is_writable);
	if (fd < 0)
		return fd;
	machine = files->in_use && is_writable ? disks_in_use_by(files->in_use, fd, TRUE) : NULL;
	if (machine) {
		files->reason =
		    g_strdup_printf("the virtual machine %s uses it; turn that off, then try again", machine);
		close(fd);
		return -EBUSY;
	}
	if (files->on_open)
		files->on_open(files->opaque, path, fd);
	return fd;
}

static const char *parent_reason(void *userdata, int error, bool is_writable)
{
	const struct parent_files *files = userdata;

	if (files->reason)
		return files->reason;
	switch (error) {
	case EISDIR: return "this is a folder; reconnect it with the right parent";
	case ENOTBLK: return "this is a physical disk; reconnect it with the right parent";
	case ETIMEDOUT: return "its file system does not answer; check it";
	case EROFS: return "its file system is read only; copy it to another one";
	default: return g_strerror(error);
	}
}

void parent_files_serve(struct parent_files *files, struct disk_chain *chain)
{
	chain->open = open_parent;
	chain->reason = parent_reason;
	chain->userdata = files;
}

void parent_files_deinit(struct parent_files *files)
{
	g_clear_pointer(&files->reason, g_free);
}

/* --- what a child says ------------------------------------------------------------------------------- */

/* The real path behind a descriptor: g_free() it. */
static char *real_path(int fd)
{
	char *link = g_strdup_printf("/proc/self/fd/%d", fd), *path = g_file_read_link(link, NULL);

	g_free(link);
	return path && *path == '/' ? path : NULL;
}

gboolean parent_paths_add(struct link_message *request, int child, int parent, const char *name,
			  GError **error)
{
	char *child_path = real_path(child), *parent_path = real_path(parent);
	char *folder = child_path ? g_path_get_dirname(child_path) : NULL;
	char *relative = folder && parent_path ? disk_chain_relative(folder, parent_path) : NULL;
	gboolean is_known = relative != NULL;

	if (is_known) {
		link_add(request, "relative", relative);
		link_add(request, "absolute", parent_path);
	} else {
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "%s: its folder cannot be told; is /proc mounted?", name);
	}
	free(relative);
	g_free(folder);
	g_free(child_path);
	g_free(parent_path);
	return is_known;
}
