/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/counters_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int open_file(int folder, const char *id, int flags)
{
	char *name = g_strconcat(id, ".counters", NULL);
	int fd, r;

	/* A worker that is about to end may still have the old one: never the same file. */
	if (flags & O_CREAT)
		unlinkat(folder, name, 0);
	fd = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 ? -errno : fd;
	g_free(name);
	return r;
}

int counters_file_make(int folder, const char *id, int *ret_fd, int *ret_worker_fd)
{
	int worker_fd = open_file(folder, id, O_RDWR | O_CREAT | O_EXCL), fd = -1, r;

	if (worker_fd < 0)
		return worker_fd;
	r = worker_counters_prepare(worker_fd);
	if (r == 0)
		r = fd = counters_file_open(folder, id);
	if (r < 0) {
		close(worker_fd);
		return r;
	}
	*ret_fd = fd;
	*ret_worker_fd = worker_fd;
	return 0;
}

int counters_file_open(int folder, const char *id)
{
	return open_file(folder, id, O_RDONLY);
}
