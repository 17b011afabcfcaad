/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conversation between whoever wants something done to a disk image and the confined helper
 * (bulkhead-disk), over descriptor DISK_LINK_FD of the helper. One helper does one request and exits.
 *
 *   to the helper, once and first: what is to be done. Descriptors are open files, `...-name` what messages
 *   call them
 *     create      to, to-name; format (auto: the parent's), type, size, block-size, sector-size (0: the default);
 *                 differencing: parent, parent-name, and relative, absolute: what the child says about where it
 *                 is
 *     convert     file, file-name, file-format, file-guess; to, to-name, format, type, block-size, sector-size
 *     inspect     file, ...
 *     chain       file, ...: opens it with all of its parents, which are asked for on the way
 *     check       file, ... (writable with repair: 1)
 *     compact     file, ... (writable)
 *     resize      file, ... (writable); size; force: 1 cuts data off
 *     merge       file, ... (writable): into its parent
 *     reconnect   file, ... (writable); parent, parent-name; relative, absolute; force: whatever its identity is
 *     serve-nbd   file, ... (writable unless read-only: 1); nbd: a connected stream socket; negotiate: 1 (a client
 *                 other than the kernel). Serves the disk as NBD until the client goes, also without this link
 *                 file-format is auto, raw, iso, vhd or vhdx; with file-guess: 1 it was guessed from the name,
 *                 and the helper refuses when the content looks like another one
 *   to the helper, afterwards
 *     parent      answers open-parent: file, file-name; or error (an errno) and text (a sentence, may be absent)
 *     cancel      at any time: the job ends with a clean undo. So it does when the link closes
 *   from the helper
 *     open-parent depth: 1 for the first image's parent; relative, absolute: what its child says; writable: 1
 *     progress    stage: a word; done, total
 *     image       one image of the chain, first the one asked for: inspect, check
 *     serving     serve-nbd: size, sector-size, read-only, flags (of NBD): it can be attached now
 *     result      error: 0 or an errno; text: a sentence. Nothing follows
 */
#ifndef LINK_DISK_LINK_H
#define LINK_DISK_LINK_H

#include "link/link.h"

enum { DISK_LINK_FD = 3 };

enum disk_link_limits {
	DISK_LINK_NAME_MAX = 4096, /* bytes of a file name */
	DISK_LINK_CHAIN_MAX = 64,
};

#endif
