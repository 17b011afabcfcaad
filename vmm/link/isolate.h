/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Namespaces with nothing in them, and no capabilities: for every process of ours that opens nothing. */
#ifndef LINK_ISOLATE_H
#define LINK_ISOLATE_H

/*
 * Once, with one thread, of a process that was spawned isolated (link/spawn.h): an empty root folder, no
 * network, no name of the host. `ret_root_error`: 0, or the negative errno why files are visible still (no
 * user namespaces here). Negative errno only when a right could not be given up: the process must not go on.
 */
int isolate_process(int *ret_root_error);

#endif
