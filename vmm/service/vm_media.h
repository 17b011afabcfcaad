/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives of a running machine: discs that a caller changes or the guest ejects; disks and drives of SCSI controllers
 * that come, go and grow. One such change at a time.
 */
#ifndef SERVICE_VM_MEDIA_H
#define SERVICE_VM_MEDIA_H

#include "service/call.h"
#include "service/vm.h"

enum media_kind {
	MEDIA_NONE,
	MEDIA_DISC,   /* another one, or none, in a DVD drive */
	MEDIA_ADD,    /* one more unit of a SCSI controller */
	MEDIA_REMOVE, /* one less */
	MEDIA_GROW,
	MEDIA_SEVERAL, /* more than one change: refused */
};

/* What differs in `config` from the machine's own, and where (a drive of either; NULL for none). */
enum media_kind vm_media_find_change(const struct vm *vm, const struct vm_config *config,
				     const struct vm_disk **ret_disk);

/*
 * Opens what is needed with the caller's rights, hands it to the worker, waits for its answer, and then keeps the
 * configuration, which it takes. Answers the call. `disk` is one of vm_media_find_change().
 */
void vm_media_change(struct call *call, struct vm *vm, struct vm_config *config, enum media_kind kind,
		     const struct vm_disk *disk);
/* Tells the worker that a disk of the machine is to have this size. Answers the call. */
void vm_media_grow(struct call *call, struct vm *vm, const struct vm_disk *disk, guint64 bytes);

/* FALSE: the message is about something else. */
gboolean vm_media_handle(struct vm *vm, struct link_message *message);
/* The machine ended: a change that waits for its answer fails. */
void vm_media_abandon(struct vm *vm);

/* The limits of disks that run and were others before go to the worker. */
void vm_media_follow_limits(struct vm *vm, const struct vm_config *before);

#endif
