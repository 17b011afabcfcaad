/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/caller_files.h"
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CHILD_SOCKET = 3 };

struct opening {
	GPtrArray *files;
	guint next;
	caller_files_fn fn;
	gpointer opaque;
	int socket;
	pid_t pid;
	guint watch, timeout;
};

static void free_file(gpointer pointer)
{
	struct caller_file *file = pointer;

	if (file->fd >= 0)
		close(file->fd);
	g_free(file->path);
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
	file->need = need;
	file->fd = -1;
	g_ptr_array_add(files, file);
	return file;
}

int caller_file_take(struct caller_file *file)
{
	int fd = file->fd;

	file->fd = -1;
	return fd;
}

/* --- in the child: only what is async-signal-safe ------------------------------------------------------ */

static const struct {
	int flags;
	gboolean is_folder;
} needs[FILE_NEEDS] = {
	[FILE_READ] = { O_RDONLY, FALSE },
	[FILE_WRITE] = { O_RDWR, FALSE },
	[FILE_APPEND] = { O_WRONLY | O_CREAT, FALSE },
	[FILE_FOLDER] = { O_RDONLY | O_DIRECTORY, TRUE },
	[FILE_NEW_FOLDER] = { O_RDONLY | O_DIRECTORY | O_NOFOLLOW, TRUE },
};

static int open_one(const struct caller_file *file)
{
	struct stat st;
	int fd;

	if (file->need == FILE_NEW_FOLDER && mkdir(file->path, 0700) < 0)
		return -errno;
	/* Not blocking: a FIFO without a writer must not keep us waiting. */
	fd = open(file->path, needs[file->need].flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (needs[file->need].is_folder)
		return fd;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISBLK(st.st_mode) && !file->may_be_device)
		return -ENOTBLK; /* as a sign only: here it is one, and should not be */
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -ENOTSUP;
	if (fcntl(fd, F_SETFL, file->need == FILE_APPEND ? O_APPEND : 0) < 0)
		return -errno;
	return fd;
}

static void send_result(int result)
{
	int error = result < 0 ? -result : 0;
	struct iovec part = { .iov_base = &error, .iov_len = sizeof(error) };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct cmsghdr *c;

	if (result >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &result, sizeof(int));
	}
	if (sendmsg(CHILD_SOCKET, &header, MSG_NOSIGNAL) < 0)
		_exit(1);
}

/* Raw calls: this process has one thread, and libc's locks may be held by one that is not here. */
static int become(const struct identity *who)
{
	if (geteuid() != 0 || who->uid == 0)
		return 0; /* a user's own service has only that user's rights */
	if (syscall(SYS_setgroups, (size_t)who->gids->len, who->gids->data) < 0 ||
	    syscall(SYS_setresgid, who->gid, who->gid, who->gid) < 0 ||
	    syscall(SYS_setresuid, who->uid, who->uid, who->uid) < 0)
		return -EPERM;
	return 0;
}

__attribute__((noreturn)) static void run_child(const struct identity *who, const GPtrArray *files,
						int socket)
{
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	dup2(socket, CHILD_SOCKET);
	close_range(CHILD_SOCKET + 1, ~0u, 0);
	r = become(who);
	umask(077);
	for (guint i = 0; i < files->len && r >= 0; i++) {
		r = open_one(files->pdata[i]);
		send_result(r);
		if (r >= 0)
			close(r);
	}
	if (r == -EPERM && files->len > 0)
		send_result(r);
	_exit(0);
}

/* --- in the service ------------------------------------------------------------------------------------ */

static void finish(struct opening *opening)
{
	GPtrArray *files = opening->files;

	if (opening->next < files->len) {
		struct caller_file *file = files->pdata[opening->next];

		if (file->error == 0)
			file->error = ETIMEDOUT;
	}
	if (opening->watch)
		g_source_remove(opening->watch);
	if (opening->timeout)
		g_source_remove(opening->timeout);
	if (opening->socket >= 0)
		close(opening->socket);
	opening->fn(opening->opaque, files);
	g_free(opening);
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

static gboolean on_result(int socket, GIOCondition condition, gpointer opaque)
{
	struct opening *opening = opaque;
	struct caller_file *file = opening->files->pdata[opening->next];
	int error = 0, fd = -1;

	if (!receive_one(socket, &error, &fd)) {
		file->error = EIO; /* the child died */
	} else if (error == 0) {
		file->fd = fd;
		if (++opening->next < opening->files->len)
			return G_SOURCE_CONTINUE;
	} else {
		file->error = error;
	}
	opening->watch = 0;
	finish(opening);
	return G_SOURCE_REMOVE;
}

static gboolean on_timeout(gpointer opaque)
{
	struct opening *opening = opaque;

	opening->timeout = 0;
	kill(opening->pid, SIGKILL);
	finish(opening);
	return G_SOURCE_REMOVE;
}

static void on_child_gone(GPid pid, int status, gpointer opaque)
{
	g_spawn_close_pid(pid);
}

static int start_child(struct opening *opening, const struct identity *who)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return errno;
	opening->pid = fork();
	if (opening->pid == 0)
		run_child(who, opening->files, pair[1]);
	close(pair[1]);
	opening->socket = pair[0];
	if (opening->pid < 0)
		return errno;
	g_child_watch_add(opening->pid, on_child_gone, NULL);
	return 0;
}

void caller_files_open(const struct identity *who, GPtrArray *files, caller_files_fn fn, gpointer opaque)
{
	struct opening *opening = g_new0(struct opening, 1);
	int error = 0;

	*opening = (struct opening){ .files = files, .fn = fn, .opaque = opaque, .socket = -1 };
	if (files->len > CALLER_FILES_MAX)
		error = E2BIG;
	else if (files->len > 0)
		error = start_child(opening, who);
	if (error)
		((struct caller_file *)files->pdata[0])->error = error;
	if (error || files->len == 0) {
		finish(opening);
		return;
	}
	opening->watch = g_unix_fd_add(opening->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_result, opening);
	opening->timeout = g_timeout_add_seconds(SERVICE_FILES_TIMEOUT_S, on_timeout, opening);
}

static char *describe(const struct caller_file *file, const struct identity *who)
{
	switch (file->error) {
	case ENOENT:
	case ENOTDIR: return g_strdup_printf("%s: there is no such file; check the path", file->path);
	case EACCES:
	case EPERM:
		return g_strdup_printf(
		    "%s: %s has no permission on this file; change its permissions, or name another",
		    file->path, who->user);
	case EISDIR: return g_strdup_printf("%s: this is a folder; give a file", file->path);
	case ENOTBLK:
		return g_strdup_printf(
		    "%s: this is a physical disk; attach it as one, with pass-through, or give a file",
		    file->path);
	case ENOTSUP: return g_strdup_printf("%s: this is no regular file; give one", file->path);
	case EEXIST:
		return g_strdup_printf("%s: this exists already; remove it, or give another path",
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
