/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the child of caller_files.c does: for each file a packet of an errno, and a descriptor when that is 0. */
#ifndef SERVICE_CALLER_CHILD_H
#define SERVICE_CALLER_CHILD_H

#include "service/caller_files.h"

void caller_child_run(const struct identity *who, const GPtrArray *files);

#endif
