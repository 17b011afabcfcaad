/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the files of machines that are off are there: a machine that lacks one is off-critical, with the
 * file's name as its reason, until it is back. Looked at when the inventory is loaded, after each change of
 * settings, and after a start that failed. A child looks, so that a file system that does not answer holds up
 * nobody; in system mode with the service's rights, since this says only whether they exist.
 */
#ifndef SERVICE_MISSING_FILES_H
#define SERVICE_MISSING_FILES_H

struct service;
struct vm;

/* vm NULL: all of them. The states change later. */
void missing_files_check(struct service *service, const struct vm *vm);

#endif
