/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved machines: memory and devices in a file of the machine's own folder, and the next start goes on from there.
 *
 * Files      storage/ID/saved-state, and saved-state.conf: which disks it needs, as they were then.
 *            While it is written the file is saved-state.new; it gets its name when it is whole and the
 *            worker has closed the disks. It goes when the machine that was started from it says that
 *            it runs.
 * Failures   Whatever dies, and whenever: either the saved state is whole, or the machine runs, or it
 *            is off as when its worker dies. vm_save_find() ends what was begun by another service.
 * Disks      A saved machine's disks must not change: a file system in its memory would meet another
 *            one on the disk. Device, size and time of the last change are compared, of the parents of
 *            differencing disks too (disk-parents is which those are, noted while it runs); a machine
 *            whose disks are others is started only by force. Disks of the host (pass-through) have no
 *            such time and are not compared.
 * Checkpoints Of one that runs: checkpoint_live.h. vm_start_from() starts from such a file as it is
 *            here, which stays.
 */
#ifndef SERVICE_VM_SAVE_H
#define SERVICE_VM_SAVE_H

#include "service/vm.h"

#include "model/vm_store.h"

#define VM_SAVE_FILE "saved-state"

struct start_files;
struct vm_saving;
struct worker_chain;
struct worker_config;

/* `error` is NULL when it went well. */
typedef void (*vm_saved_fn)(gpointer opaque, const GError *error);

/* What would be refused before anything is done. */
gboolean vm_save_check(struct vm *vm, GError **error);
/* As a job, with progress and cancel. fn comes once, later or at once, when it is saved or goes on as it was. */
void vm_save(struct vm *vm, const char *user, vm_saved_fn fn, gpointer opaque);
/* A machine that is off goes on from such a file, whose disks are as they were then (the caller sees to that). The file stays as it is. */
void vm_start_from(struct vm *vm, const struct identity *who, int fd, vm_started_fn fn, gpointer opaque);

/*
 * The saved state of a machine that is not running fits its disks under other names, too (saved_disks_follow()); all is well when there
 * is none. It may be called in a thread.
 */
gboolean vm_save_follow(struct vm_store *store, const char *id, const GPtrArray *from, const GPtrArray *to,
			GError **error);

/* Throws the saved state away: the machine is off then. */
gboolean vm_save_discard(struct vm *vm, const char *reason, GError **error);

/* --- for vm.c and vm_start.c --- */
/* At the service's start, and whenever a machine has lost its worker: a saved state makes it saved. */
void vm_save_find(struct vm *vm);
/* "saving" and "save-failed" of the worker. FALSE: the message is about something else. */
gboolean vm_save_handle(struct vm *vm, struct link_message *message);
/* The worker is gone, perhaps while it was saving. TRUE: the state that follows is settled here. */
gboolean vm_save_ended(struct vm *vm, gboolean is_saved, const char *reason);
/*
 * Its saved state, for the worker; -1: its disks are others, or it cannot be opened. Where `is_forced`, the disk that was changed is
 * only told in *ret_changed (NULL: none).
 */
int vm_save_open(const struct vm *vm, const struct start_files *files, gboolean is_forced, char **ret_changed,
		 GError **error);
/* Which files the disks of a machine that starts depend on; and those of one disk more. */
void vm_save_note_parents(const struct vm *vm, const struct worker_config *config);
void vm_save_note_more_parents(const struct vm *vm, const struct worker_chain *chain);
/* The machine that was started from it runs: it is not needed any more. */
void vm_save_used(struct vm *vm);
/* It did not start from it, and may have touched its disks in trying. */
void vm_save_not_used(struct vm *vm);

#endif
