/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans look at files as the doing would: with the caller's rights, and with its sentences. They make nothing.
 */
#ifndef SERVICE_PLAN_FILES_H
#define SERVICE_PLAN_FILES_H

#include "service/caller_files.h"
#include "service/call.h"

/*
 * Takes an array of struct caller_file, as it would be opened: what is to be made is only asked for. Answers later: the first problem,
 * behind `prefix` (NULL: none), or by `answer`.
 */
void plan_files_check(struct call *call, GPtrArray *files, const char *prefix,
		      void (*answer)(struct call *call));
/* For caller_files_open(): what the array would make is only asked for; what would be in a folder that it makes leaves it. */
void plan_files_ask(GPtrArray *files);
/* An answer for calls that return the path of a job. */
void plan_files_no_job(struct call *call);

#endif
