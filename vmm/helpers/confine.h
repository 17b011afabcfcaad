/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives up every right that work on open descriptors does not need, for good: after it this process (and
 * whatever an image makes of it) can compute, and read and write the files it was given. Nothing else.
 *
 *   confine_files()  no new privileges, no core file, few descriptors, bounded memory; landlock: no file can
 * be opened and no network reached. For threads that are started later as well. confine_calls()  seccomp for
 * all threads: the system calls of vmm/disk's thread engine. io_uring is not among them, because its
 * operations pass by seccomp.
 *
 * Errors     Negative errno: the process must not go on. A kernel without landlock is fine; seccomp is
 *            a must.
 */
#ifndef HELPERS_CONFINE_H
#define HELPERS_CONFINE_H

int confine_files(void);
int confine_calls(void);

#endif
