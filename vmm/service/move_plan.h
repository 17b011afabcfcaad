/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a move is to do with which files: by names alone. */
#ifndef SERVICE_MOVE_PLAN_H
#define SERVICE_MOVE_PLAN_H

#include "service/move_record.h"

/*
 * `folder`: the new one, which is not there yet; "": the machine's own. What the machine writes to, now that it runs, is late.
 * `stays` gets sentences (char *) about what is not moved; NULL: nobody wants to know.
 */
struct move_record *move_plan(const struct vm *vm, const char *user, const char *folder, GPtrArray *stays);

/* The same for another host: into plain names, also of what is in its own folder; disks of other machines too. */
struct move_record *move_plan_far(const struct vm *vm, const char *user);

#endif
