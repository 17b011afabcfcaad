/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/caller_child.h"
#include "service/child.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct opening {
	struct identity *who;
	GPtrArray *files;
	guint next;
	caller_files_fn fn; /* NULL: nobody is waiting for it */
	gpointer opaque;
};

static void free_file(gpointer pointer)
{
	struct caller_file *file = pointer;

	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
	g_free(file->folder);
	g_free(file);
}

GPtrArray *caller_files_new(void)
{
	return g_ptr_array_new_with_free_func(free_file);
}

struct caller_file *caller_files_add(GPtrArray *files, const char *path, enum file_need need)
{
	struct caller_file *file = g_new0(struct caller_file, 1);

	file->path = g_strdup(path);
	file->folder = g_path_get_dirname(path);
	file->need = need;
	file->fd = file->given = -1;
	g_ptr_array_add(files, file);
	return file;
}

int caller_file_take(struct caller_file *file)
{
	int fd = file->fd;

	file->fd = -1;
	return fd;
}

/* --- in the service ------------------------------------------------------------------------------------ */

static void run(gpointer opaque)
{
	struct opening *opening = opaque;

	caller_child_run(opening->who, opening->files);
}

static gboolean receive_one(int socket, int *ret_error, int *ret_fd)
{
	struct iovec part = { .iov_base = ret_error, .iov_len = sizeof(*ret_error) };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr header = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *c;

	*ret_fd = -1;
	if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != sizeof(*ret_error))
		return FALSE;
	c = CMSG_FIRSTHDR(&header);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(c), sizeof(int));
	if (*ret_fd < 0 && *ret_error == 0)
		*ret_error = EIO;
	return TRUE;
}

static gboolean on_packet(gpointer opaque, int socket)
{
	struct opening *opening = opaque;
	struct caller_file *file = opening->files->pdata[opening->next];
	int error = 0, fd = -1;

	if (!receive_one(socket, &error, &fd))
		error = EIO; /* the child died */
	file->error = error;
	file->fd = fd;
	return error == 0 && ++opening->next < opening->files->len;
}

static void on_end(gpointer opaque, gboolean is_late)
{
	struct opening *opening = opaque;

	if (is_late)
		((struct caller_file *)opening->files->pdata[opening->next])->error = ETIMEDOUT;
	if (opening->fn)
		opening->fn(opening->opaque, opening->files);
	identity_free(opening->who);
	g_free(opening);
}

static const struct child_ops ops = { .run = run, .on_packet = on_packet, .on_end = on_end };

static int given_of(const GPtrArray *files)
{
	for (guint i = 0; i < files->len; i++) {
		const struct caller_file *file = files->pdata[i];

		if (file->need == FILE_KEEP || file->need == FILE_LINK || file->need == FILE_REMOVE)
			return file->given;
	}
	return -1;
}

static void open_files(const struct identity *who, GPtrArray *files, caller_files_fn fn, gpointer opaque,
		       int (*start)(const struct child_ops *ops, gpointer opaque, int given))
{
	struct opening *opening = g_new0(struct opening, 1);
	int error = 0;

	*opening = (struct opening){ .who = identity_copy(who), .files = files, .fn = fn, .opaque = opaque };
	if (files->len > CALLER_FILES_MAX)
		error = E2BIG;
	else if (files->len > 0)
		error = start(&ops, opening, given_of(files));
	if (error)
		((struct caller_file *)files->pdata[0])->error = error;
	if (error || files->len == 0)
		on_end(opening, FALSE);
}

void caller_files_open(const struct identity *who, GPtrArray *files, caller_files_fn fn, gpointer opaque)
{
	open_files(who, files, fn, opaque, child_start);
}

void caller_files_open_now(const struct identity *who, GPtrArray *files)
{
	open_files(who, files, NULL, NULL, child_run);
}

static void on_folder_removed(gpointer opaque, GPtrArray *files)
{
	g_ptr_array_unref(files); /* one that is not empty, or gone, stays as it is */
}

void caller_files_remove_folder(const struct identity *who, const char *path, gboolean waits)
{
	GPtrArray *files = caller_files_new();

	caller_files_add(files, path, FILE_REMOVE_FOLDER);
	if (!waits) {
		caller_files_open(who, files, on_folder_removed, NULL);
		return;
	}
	caller_files_open_now(who, files);
	g_ptr_array_unref(files);
}

static const char *permission_text(const struct caller_file *file)
{
	switch (file->need) {
	case FILE_NEW:
	case FILE_NEW_FOLDER:
	case FILE_CAN_BE_MADE:
	case FILE_LINK:
	case FILE_SOCKET:
	case FILE_CAN_LISTEN:
	case FILE_KEEP: return "may make nothing in this folder; change its permissions, or name another";
	case FILE_MOVABLE: return "may not take this file out of its folder; change the permissions of both";
	case FILE_REMOVE_FOLDER: return "may not remove this folder; change the permissions of what it is in";
	case FILE_REMOVE: return "may not remove this file; change the permissions of its folder";
	default: return "has no permission on this file; change its permissions, or name another";
	}
}

/* What is missing or forbidden then is the folder that it is in. */
static gboolean is_made(const struct caller_file *file)
{
	return file->need == FILE_NEW || file->need == FILE_NEW_FOLDER || file->need == FILE_CAN_BE_MADE ||
	       file->need == FILE_SOCKET || file->need == FILE_CAN_LISTEN;
}

static char *describe(const struct caller_file *file, const struct identity *who)
{
	switch (file->error) {
	case ENOENT:
	case ENOTDIR:
		if (is_made(file))
			return g_strdup_printf("%s: there is no such folder; make it, or name another",
					       file->folder);
		return g_strdup_printf("%s: there is no such file; check the path", file->path);
	case EACCES:
	case EPERM:
		return g_strdup_printf("%s: %s %s", is_made(file) ? file->folder : file->path, who->user,
				       permission_text(file));
	case EADDRINUSE:
		return g_strdup_printf("%s: somebody listens here already; end it, or give another path",
				       file->path);
	case EISDIR: return g_strdup_printf("%s: this is a folder; give a file", file->path);
	case ENOTBLK:
		return g_strdup_printf(
		    "%s: this is a physical disk; attach it as one, with pass-through, or give a file",
		    file->path);
	case ENOTSUP: return g_strdup_printf("%s: this is no regular file; give one", file->path);
	case EEXIST:
		return g_strdup_printf("%s: this exists already; remove it, or give another path",
				       file->path);
	case ENOSPC:
		return g_strdup_printf("%s: there is no space left; free some, or choose another place",
				       file->path);
	case EROFS:
		return g_strdup_printf("%s: this file system is read-only; give another path", file->path);
	case ETIMEDOUT: return g_strdup_printf("%s: its file system does not answer; check it", file->path);
	default:
		return g_strdup_printf("%s: cannot be opened: %s; check the file and its disk", file->path,
				       g_strerror(file->error));
	}
}

char *caller_files_problem(const GPtrArray *files, const struct identity *who)
{
	for (guint i = 0; i < files->len; i++) {
		const struct caller_file *file = files->pdata[i];

		if (file->error)
			return describe(file, who);
	}
	return NULL;
}
