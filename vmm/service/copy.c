/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/copy.h"
#include "service/checkpoint_disks.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void free_file(gpointer pointer)
{
	struct copy_file *file = pointer;

	if (file->fd >= 0)
		close(file->fd);
	g_free(file->name);
	g_free(file->chain);
	g_free(file);
}

struct copy *copy_new(int folder)
{
	struct copy *copy = g_new0(struct copy, 1);

	copy->folder = folder;
	copy->files = g_ptr_array_new_with_free_func(free_file);
	return copy;
}

struct copy *copy_free(struct copy *copy)
{
	if (!copy)
		return NULL;
	if (copy->folder >= 0)
		close(copy->folder);
	g_ptr_array_unref(copy->files);
	if (copy->disks)
		checkpoint_disks_deinit(copy->disks);
	g_free(copy->disks);
	g_free(copy);
	return NULL;
}

struct copy_file *copy_add(struct copy *copy, int fd, const char *name)
{
	struct copy_file *file;

	for (guint i = 0; i < copy->files->len; i++)
		if (strcmp(((struct copy_file *)copy->files->pdata[i])->name, name) == 0) {
			close(fd);
			return NULL;
		}
	file = g_new0(struct copy_file, 1);
	file->fd = fd;
	file->name = g_strdup(name);
	g_ptr_array_add(copy->files, file);
	return file;
}

static int copy_bytes(int from, int to, off_t start, off_t size, char *buffer)
{
	while (size > 0) {
		ssize_t n = pread(from, buffer, (size_t)MIN(size, COPY_PIECE), start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0; /* it became shorter meanwhile */
		for (ssize_t written = 0; written < n;) {
			ssize_t w = pwrite(to, buffer + written, (size_t)(n - written), start + written);

			if (w < 0 && errno == EINTR)
				continue;
			if (w <= 0)
				return w < 0 ? -errno : -EIO;
			written += w;
		}
		start += n;
		size -= n;
	}
	return 0;
}

/* From one stretch of data to the next; a file system without holes has one stretch. */
int copy_data(int from, int to, off_t size, char *buffer, struct copy_progress *progress, GError **error)
{
	guint64 before = progress->done;

	for (off_t at = 0; at < size;) {
		off_t data = lseek(from, at, SEEK_DATA), hole;
		int r;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		hole = MIN(hole, data + COPY_PIECE);
		r = copy_bytes(from, to, data, hole - data, buffer);
		if (r < 0)
			return r;
		at = hole;
		if (!job_advance(progress->job, before + (guint64)at, progress->total, error))
			return -ECANCELED;
	}
	progress->done = before + (guint64)size;
	return 0;
}

static int copy_one(struct copy *copy, struct copy_file *file, char *buffer, struct copy_progress *progress,
		    GError **error)
{
	struct stat st;
	int to, r = 0;

	if (fstat(file->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	to = openat(copy->folder, file->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0)
		return -errno;
	file->is_made = TRUE;
	if (copy->gives_away && fchown(to, copy->uid, copy->gid) < 0)
		r = -errno;
	if (r == 0 && !file->chain && ftruncate(to, st.st_size) < 0)
		r = -errno;
	if (r == 0 && !file->chain)
		r = copy_data(file->fd, to, st.st_size, buffer, progress, error);
	else if (r == 0 && !checkpoint_disks_flatten(copy->disks, progress->job, file->fd, file->chain, to,
						     file->name, error))
		r = -ECANCELED; /* it said why */
	if (r == 0 && fsync(to) < 0)
		r = -errno;
	if (close(to) < 0 && r == 0)
		r = -errno;
	return r;
}

static guint64 total_size(const struct copy *copy)
{
	guint64 total = 0;
	struct stat st;

	for (guint i = 0; i < copy->files->len; i++)
		if (fstat(((struct copy_file *)copy->files->pdata[i])->fd, &st) == 0)
			total += (guint64)st.st_size;
	return total;
}

gboolean copy_run(struct copy *copy, struct job *job, GError **error)
{
	struct copy_progress progress = { .job = job, .total = total_size(copy) };
	char *buffer = g_malloc(COPY_PIECE);
	int r = 0;

	for (guint i = 0; i < copy->files->len && r == 0; i++) {
		struct copy_file *file = copy->files->pdata[i];

		r = copy_one(copy, file, buffer, &progress, error);
		if (r < 0 && r != -ECANCELED)
			g_set_error(error, API_ERROR, API_ERROR_FAILED,
				    "%s cannot be copied: %s; check the room on the disk", file->name,
				    g_strerror(-r));
	}
	if (r == 0 && fsync(copy->folder) < 0 && errno != EINVAL) {
		r = -errno;
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "the folder cannot be written: %s; check the disk", g_strerror(-r));
	}
	g_free(buffer);
	return r == 0;
}

void copy_undo(struct copy *copy)
{
	for (guint i = 0; i < copy->files->len; i++) {
		struct copy_file *file = copy->files->pdata[i];

		if (file->is_made)
			unlinkat(copy->folder, file->name, 0);
		file->is_made = FALSE;
	}
}
