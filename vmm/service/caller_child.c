/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The half of caller_files.c that runs in the child: only what is async-signal-safe. */
#include "service/caller_child.h"
#include "service/child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static const int flags[FILE_NEEDS] = {
	[FILE_READ] = O_RDONLY,
	[FILE_WRITE] = O_RDWR,
	[FILE_APPEND] = O_WRONLY | O_CREAT,
	[FILE_FOLDER] = O_RDONLY | O_DIRECTORY,
	[FILE_NEW_FOLDER] = O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
	[FILE_MOVABLE] = O_RDONLY,
	[FILE_CAN_APPEND] = O_WRONLY,
};

/* Under this path this process sees the descriptor that it was given, or has opened. */
#define GIVEN_PATH "/proc/self/fd/4"
_Static_assert(CHILD_GIVEN == 4, "the path above");

/* --- files that exist -------------------------------------------------------------------------------- */

static int check_kind(const struct caller_file *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
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

static int open_existing(const struct caller_file *file)
{
	gboolean is_folder = file->need == FILE_FOLDER || file->need == FILE_NEW_FOLDER;
	int fd;

	if (file->need == FILE_NEW_FOLDER && mkdir(file->path, 0700) < 0)
		return -errno;
	/* Not blocking: a FIFO without a writer must not keep us waiting. */
	fd = open(file->path, flags[file->need] | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	return is_folder ? fd : check_kind(file, fd);
}

/* In a sticky folder only the owners of file or folder may. */
static int open_movable(const struct caller_file *file)
{
	struct stat folder, st;
	int fd = open_existing(file);

	if (fd < 0)
		return fd;
	if (access(file->folder, W_OK | X_OK) < 0 || stat(file->folder, &folder) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((folder.st_mode & S_ISVTX) && geteuid() != 0 && st.st_uid != geteuid() &&
	    folder.st_uid != geteuid())
		return -EACCES;
	return fd;
}

/* --- new files --------------------------------------------------------------------------------------- */

static int check_absent(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0)
		return -EEXIST;
	return errno == ENOENT ? 0 : -errno;
}

static int open_new(const struct caller_file *file)
{
	int fd, r = check_absent(file->path);

	if (r < 0)
		return r;
	fd = open(file->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open(file->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
	return fd < 0 ? -errno : fd;
}

/* access() goes by the real user, whom this process is. */
static int ask_folder(const struct caller_file *file)
{
	int r, fd = open(file->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || access(file->folder, W_OK | X_OK) == 0)
		return fd < 0 ? -errno : fd;
	r = -errno;
	close(fd);
	return r;
}

static int ask_new(const struct caller_file *file)
{
	int r = check_absent(file->path);

	return r < 0 ? r : ask_folder(file);
}

static int ask_append(const struct caller_file *file)
{
	int r = open_existing(file);

	return r == -ENOENT ? ask_folder(file) : r;
}

/* The folder's descriptor: something has to be passed back. */
static int sync_folder(const struct caller_file *file)
{
	int fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
	else
		fd = open(file->folder, O_PATH | O_DIRECTORY | O_CLOEXEC); /* one that may not be listed */
	return fd < 0 ? -errno : fd;
}

static int give_name(const struct caller_file *file)
{
	struct stat st;

	if (fsync(CHILD_GIVEN) < 0 || fstat(CHILD_GIVEN, &st) < 0)
		return -errno;
	if (st.st_nlink == 0 && linkat(AT_FDCWD, GIVEN_PATH, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return sync_folder(file);
}

static int add_name(const struct caller_file *file)
{
	if (linkat(AT_FDCWD, GIVEN_PATH, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return sync_folder(file);
}

static int remove_folder(const struct caller_file *file)
{
	return rmdir(file->path) < 0 ? -errno : sync_folder(file);
}

/* Only while the name still means that file. */
static int remove_name(const struct caller_file *file)
{
	struct stat ours, there;

	if (fstat(CHILD_GIVEN, &ours) < 0 || lstat(file->path, &there) < 0)
		return -errno;
	if (ours.st_dev != there.st_dev || ours.st_ino != there.st_ino)
		return -ESTALE;
	return unlink(file->path) < 0 ? -errno : sync_folder(file);
}

/* --- sockets ----------------------------------------------------------------------------------------- */

static gboolean is_abandoned(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	gboolean is_refused = fd >= 0 &&
			      connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
			      errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return is_refused;
}

static int bind_socket(int fd, const struct sockaddr_un *address)
{
	struct stat st;

	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -errno;
	if (lstat(address->sun_path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (!is_abandoned(address))
		return -EADDRINUSE;
	if (unlink(address->sun_path) < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	return 0;
}

/* By its name inside of the folder: a path may be longer than an address. */
static int enter_folder(const struct caller_file *file, struct sockaddr_un *address)
{
	const char *name = strrchr(file->path, '/') + 1;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(name) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	memcpy(address->sun_path, name, strlen(name));
	return chdir(file->folder) < 0 ? -errno : 0;
}

static int listen_at(const struct caller_file *file)
{
	struct sockaddr_un address;
	int fd, r = enter_folder(file, &address);

	if (r < 0)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = bind_socket(fd, &address);
	if (r == 0 && listen(fd, 4) < 0)
		r = -errno;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* What bind_socket() would say. */
static int ask_listen(const struct caller_file *file)
{
	struct sockaddr_un address;
	struct stat st;
	int r = enter_folder(file, &address);

	if (r < 0)
		return r;
	if (lstat(address.sun_path, &st) < 0)
		return errno == ENOENT ? ask_folder(file) : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	return is_abandoned(&address) ? ask_folder(file) : -EADDRINUSE;
}

static int open_name(const struct caller_file *file)
{
	int fd = open(file->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int open_one(const struct caller_file *file)
{
	switch (file->need) {
	case FILE_NAME: return open_name(file);
	case FILE_NEW: return open_new(file);
	case FILE_CAN_BE_MADE: return ask_new(file);
	case FILE_CAN_APPEND: return ask_append(file);
	case FILE_CAN_LISTEN: return ask_listen(file);
	case FILE_KEEP: return give_name(file);
	case FILE_MOVABLE: return open_movable(file);
	case FILE_LINK: return add_name(file);
	case FILE_SOCKET: return listen_at(file);
	case FILE_REMOVE: return remove_name(file);
	case FILE_REMOVE_FOLDER: return remove_folder(file);
	default: return open_existing(file);
	}
}

/* --- telling ----------------------------------------------------------------------------------------- */

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

void caller_child_run(const struct identity *who, const GPtrArray *files)
{
	int r = become(who);

	umask(077);
	if (r < 0 && files->len > 0)
		send_result(r);
	for (guint i = 0; i < files->len && r >= 0; i++) {
		r = open_one(files->pdata[i]);
		send_result(r);
		if (r >= 0)
			close(r);
	}
}
