/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Landlock with nothing allowed: for every process of ours that works on open descriptors only. */
#ifndef LINK_LANDLOCK_H
#define LINK_LANDLOCK_H

/*
 * From now on this thread, and those that it starts, open no file, make no name, bind and connect no TCP
 * port, and reach no abstract socket and no process outside; as much of that as the kernel knows. Needs
 * no-new-privileges first. Returns the version of landlock that does it, 0 on a kernel without it, or a
 * negative errno.
 */
int landlock_forbid_all(void);

#endif
