/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The display process gives up its rights before it hears of any machine or viewer: empty namespaces, no
 * capabilities, no new privileges, limits, landlock with nothing allowed, and a short list of system calls:
 * it has sockets, memory and threads, opens nothing and makes no socket but a pair.
 *
 * Threads    While there is one only; those that it starts have the same.
 * Errors     Negative errno: the process must not go on. What a kernel or a user does not have
 *            (namespaces, landlock) is no error.
 */
#ifndef RD_CONFINE_H
#define RD_CONFINE_H

int rd_confine(void);

#endif
