/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file on its way into a guest: a job whose work the worker does. A machine has at most one.
 *
 * Threads    The job's thread only waits; all else is the main thread's.
 */
#ifndef SERVICE_GUEST_COPY_H
#define SERVICE_GUEST_COPY_H

#include <glib.h>

struct guest_copy;
struct job;
struct vm;
struct link_message;

struct guest_copy_request {
	const char *user;	   /* who asks */
	const char *path;	   /* of the file, for messages */
	const char *folder, *name; /* in the guest */
	gboolean may_overwrite, makes_folder;
};

/* Whether one could begin. */
gboolean guest_copy_check(const struct vm *vm, GError **error);
/* Takes `fd`. NULL with an error. */
struct job *guest_copy_start(struct vm *vm, const struct guest_copy_request *request, int fd, GError **error);

/* "copying", "copied". */
void guest_copy_progress(struct vm *vm, const struct link_message *message);
void guest_copy_done(struct vm *vm, const struct link_message *message);
/* The machine ended. */
void guest_copy_abandon(struct vm *vm);

#endif
