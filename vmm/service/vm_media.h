/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Discs of a running machine: changed by a caller, ejected by the guest. */
#ifndef SERVICE_VM_MEDIA_H
#define SERVICE_VM_MEDIA_H

#include "service/call.h"
#include "service/vm.h"

/* The place of the one DVD drive whose disc differs in `config`; -1: none does, -2: more than one. */
int vm_media_find_change(const struct vm *vm, const struct vm_config *config);

/*
 * Opens the disc with the caller's rights, hands it to the worker, waits for its answer, and then keeps the
 * configuration, which it takes. Answers the call.
 */
void vm_media_change(struct call *call, struct vm *vm, struct vm_config *config, int index);

/* FALSE: the message is about something else. */
gboolean vm_media_handle(struct vm *vm, struct link_message *message);
/* The machine ended: a change that waits for its answer fails. */
void vm_media_abandon(struct vm *vm);

#endif
