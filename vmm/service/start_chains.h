/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parents of a machine's differencing disks, at each start: the disk helper says which they are, and they are
 * opened with the rights of who starts it, for reading. The worker opens nothing by itself.
 */
#ifndef SERVICE_START_CHAINS_H
#define SERVICE_START_CHAINS_H

#include "service/start_files.h"

/* `error` NULL: all chains are complete. */
typedef void (*start_chains_fn)(gpointer opaque, const GError *error);

/*
 * Once the files of `files` are open; these and `who` stay until the answer, which comes later, or at once when no
 * disk can have parents. What is found is in the files then.
 */
void start_chains_find(struct start_files *files, const struct vm *vm, const struct identity *who,
		       start_chains_fn fn, gpointer opaque);

/*
 * The same for one disk that comes to a running machine; `fd` stays. What is left in `chain` afterwards goes; it is
 * empty when the disk has no parent.
 */
typedef void (*start_chain_fn)(gpointer opaque, struct worker_chain *chain, const GError *error);
void start_chain_find_one(const struct vm *vm, const struct vm_disk *disk, int fd, const struct identity *who,
			  start_chain_fn fn, gpointer opaque);

#endif
