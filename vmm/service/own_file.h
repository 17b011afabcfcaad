/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New files in a machine's own folder, which only the service writes to. They have no name until they are complete,
 * where the file system can do that: whenever the service dies, nothing half made is left.
 *
 * Threads   Any.
 */
#ifndef SERVICE_OWN_FILE_H
#define SERVICE_OWN_FILE_H

/* A descriptor for reading and writing; -EEXIST and so on. */
int own_file_new(int folder, const char *name);
/* Durable, under its name. Negative errno. */
int own_file_keep(int folder, int fd, const char *name);
/* Removes what has a name but was not kept. */
void own_file_undo(int folder, int fd, const char *name);

#endif
