/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, gsize size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		size -= (gsize)n;
	}
	return 0;
}

static int make_temporary(int folder, char *name, gsize size)
{
	for (unsigned i = 0; i < 100; i++) {
		int fd;

		g_snprintf(name, size, DURABLE_TEMPORARY "%08x", g_random_int());
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

static int sync_folder(int folder)
{
	/* Some file systems cannot sync a folder; they say EINVAL and need not. */
	return fsync(folder) < 0 && errno != EINVAL ? -errno : 0;
}

int durable_write(int folder, const char *name, const char *data, gsize size)
{
	return durable_write_for(folder, name, data, size, (uid_t)-1, (gid_t)-1);
}

int durable_write_for(int folder, const char *name, const char *data, gsize size, uid_t uid, gid_t gid)
{
	char temporary[32];
	int r, fd = make_temporary(folder, temporary, sizeof(temporary));

	if (fd < 0)
		return fd;
	/* By the descriptor: in a folder of somebody else's a name may mean another file a moment later. */
	r = uid != (uid_t)-1 && fchown(fd, uid, gid) < 0 ? -errno : 0;
	if (r == 0)
		r = write_all(fd, data, size);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(folder, temporary, 0);
		return r;
	}
	return sync_folder(folder);
}

int durable_move(int from, const char *name, int to, const char *new_name)
{
	int r;

	if (renameat2(from, name, to, new_name, RENAME_NOREPLACE) < 0)
		return -errno;
	r = sync_folder(to);
	return r < 0 ? r : sync_folder(from);
}

int durable_remove(int folder, const char *name)
{
	if (unlinkat(folder, name, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	return sync_folder(folder);
}

static int read_all(int fd, gsize max, char **ret_data, gsize *ret_size)
{
	GString *text = g_string_new(NULL);
	char part[16384];
	ssize_t n;

	for (;;) {
		n = read(fd, part, sizeof(part));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		g_string_append_len(text, part, n);
		if (text->len > max) {
			g_string_free(text, TRUE);
			return -EFBIG;
		}
	}
	if (n < 0) {
		n = -errno;
		g_string_free(text, TRUE);
		return (int)n;
	}
	*ret_size = text->len;
	*ret_data = g_string_free(text, FALSE);
	return 0;
}

int durable_read(int folder, const char *name, gsize max, char **ret_data, gsize *ret_size)
{
	struct stat st;
	int r, fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else
		r = S_ISREG(st.st_mode) ? read_all(fd, max, ret_data, ret_size) : -EINVAL;
	close(fd);
	return r;
}

void durable_clean(int folder)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(dir)))
		if (g_str_has_prefix(entry->d_name, DURABLE_TEMPORARY))
			unlinkat(folder, entry->d_name, 0);
	closedir(dir);
}

int durable_empty(int folder)
{
	DIR *dir = fdopendir(folder);
	struct dirent *entry;

	if (!dir) {
		close(folder);
		return -ENOMEM;
	}
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(folder, entry->d_name, 0);
	closedir(dir);
	return 0;
}
