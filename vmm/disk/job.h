/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the jobs: progress and paths. */
#ifndef DISK_JOB_H
#define DISK_JOB_H

#include "disk/disk_job.h"
#include "disk/disk_priv.h"

/* 0, or -ECANCELED. */
int job_progress(const struct disk_job *job, uint64_t done, uint64_t total, struct disk_error *error);
/* What to write into the child at `child_path` so that it finds `parent_path`: from folder to folder, and from the root. */
int job_parent_paths(const char *child_path, const char *parent_path, char relative[4096],
		     char absolute[4096]);

#endif
