/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk/disk_limits.h"
#include "disk/job.h"

int job_progress(const struct disk_job *job, uint64_t done, uint64_t total, struct disk_error *error)
{
	if (!job || !job->on_progress || job->on_progress(job->userdata, done, total))
		return 0;
	return disk_fail(error, -ECANCELED, "Canceled.");
}

/* Length of the common folder part, including its last slash. */
static size_t common_folder(const char *a, const char *b)
{
	size_t length = 0;
	for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
		if (a[i] == '/')
			length = i + 1;
	}
	return length;
}

static int build_relative(const char *child, const char *parent, char relative[DISK_PATH_MAX])
{
	size_t common = common_folder(child, parent);
	size_t used = 0;
	for (const char *at = child + common; (at = strchr(at, '/')); at++)
		used +=
		    (size_t)snprintf(relative + used, used < DISK_PATH_MAX ? DISK_PATH_MAX - used : 0, "../");
	if (!used)
		used = (size_t)snprintf(relative, DISK_PATH_MAX, "./");
	if (used + strlen(parent + common) >= DISK_PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(relative + used, parent + common);
	return 0;
}

int job_parent_paths(const char *child_path, const char *parent_path, char relative[4096],
		     char absolute[4096])
{
	char *child = realpath(child_path, NULL), *parent = realpath(parent_path, NULL);
	int error = child && parent ? 0 : -errno;
	if (!error && strlen(parent) >= DISK_PATH_MAX)
		error = -ENAMETOOLONG;
	if (!error)
		error = build_relative(child, parent, relative);
	if (!error)
		strcpy(absolute, parent);
	free(child);
	free(parent);
	return error;
}
