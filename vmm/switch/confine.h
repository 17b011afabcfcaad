/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the process of a switch may do from now on: use sockets of the Internet, the descriptors it has or is
 * given, and read where the host's resolver is told (resolv.conf), which changes under way, and what lies in one
 * folder, if one is given. No other file, no other process, no program. What is forbidden fails (EPERM) or, where no code of ours could mean it, ends
 * the process.
 */
#ifndef SWITCH_CONFINE_H
#define SWITCH_CONFINE_H

/*
 * With one thread. `folder` (NULL: none) becomes the current one, so that those above it need not be open to this process;
 * `ret_folder_error`: 0, or why its files cannot be read. Negative errno: the process must not go on.
 */
int switch_confine(const char *folder, int *ret_folder_error);

#endif
