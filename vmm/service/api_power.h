/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Methods of org.bulkhead.VirtualMachine1 that have a file of their own, and what all of them begin with. */
#ifndef SERVICE_API_POWER_H
#define SERVICE_API_POWER_H

#include <glib.h>

struct call;
struct vm;

void api_start(struct call *call);
void api_shut_down(struct call *call);
void api_turn_off(struct call *call);
void api_pause(struct call *call);
void api_resume(struct call *call);
void api_reset(struct call *call);
void api_save(struct call *call);
void api_delete_saved(struct call *call);
void api_resize_disk(struct call *call); /* api_vm_disk.c */

/* api_checkpoints.c */
void api_checkpoint(struct call *call);
void api_revert(struct call *call);

/* The machine of a call; it may be gone since. FALSE: answered. */
gboolean api_get_vm(struct call *call, struct vm **ret_vm);
/* Whether no job keeps it still. FALSE: answered. */
gboolean api_check_idle(struct call *call, struct vm *vm, gboolean must_be_off);
/* Answers, and frees the error. */
void api_fail(struct call *call, GError *error);

#endif
