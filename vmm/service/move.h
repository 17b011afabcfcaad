/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's files go to another folder of this host: its disks with those of its checkpoints, and what else is in its own folder.
 *
 * Order      The record says what is begun (move_record.h); copies or second names are made, complete and durable; the record says that
 *            they count, and configurations are written; the old ones go. What was left over by a service that died is done by the next.
 * Running    What it does not write to is copied while it runs; then it is saved, the rest follows, and it goes on.
 * Stays      Physical disks, disks that another machine has too, parents that no configuration names, discs and kernels of others' folders;
 *            and its configuration and saved state, which are the inventory's.
 * Threads    Main.
 */
#ifndef SERVICE_MOVE_H
#define SERVICE_MOVE_H

#include "service/call.h"
#include "service/vm.h"

/* VirtualMachine1.Move. */
void api_move(struct call *call);

/* Whether it is in a state, and has nothing going on, in which it can move. */
gboolean move_check_state(struct vm *vm, GError **error);

/* At the service's start: the names in a configuration that are not what a move has made of them, before its machine is there... */
void move_settle_config(struct service *service, struct vm_config *config);
/* ...and after its checkpoints are; files that are left over go in a moment. */
void move_settle(struct vm *vm);

#endif
