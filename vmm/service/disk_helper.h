/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the confined disk helper for the service, in a job's thread: the service itself never touches what is
 * inside an image.
 */
#ifndef SERVICE_DISK_HELPER_H
#define SERVICE_DISK_HELPER_H

#include "service/job.h"

/*
 * Makes a dynamically expanding VHDX of `bytes` in the empty file `fd`; `name` is for messages. Ends early
 * when the job is cancelled.
 */
gboolean disk_helper_create(struct job *job, int fd, const char *name, guint64 bytes, GError **error);

#endif
