/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/own_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int own_file_new(int folder, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd < 0 ? -errno : fd;
}

int own_file_keep(int folder, int fd, const char *name)
{
	char link[64];
	struct stat st;

	if (fsync(fd) < 0 || fstat(fd, &st) < 0)
		return -errno;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (st.st_nlink == 0 && linkat(AT_FDCWD, link, folder, name, AT_SYMLINK_FOLLOW) < 0)
		return -errno;
	return fsync(folder) < 0 ? -errno : 0;
}

void own_file_undo(int folder, int fd, const char *name)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_nlink > 0)
		unlinkat(folder, name, 0);
}
