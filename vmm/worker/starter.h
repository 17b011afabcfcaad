/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that starts the threads of VPs and of disks. A thread has the system call filters of whoever
 * started it below its own, and these come while the machine runs, too: at a reset, with a disc. Without the
 * starter the main thread would have to be allowed all that they are, and to start threads.
 *
 * Threads    starter_new() before the main thread is confined; starter_run() from any.
 */
#ifndef WORKER_STARTER_H
#define WORKER_STARTER_H

#include <pthread.h>
#include <stddef.h>

/* Once; again does nothing. Negative errno. */
int starter_new(void);
/* As pthread_create(), by the starter if there is one. Negative errno. */
int starter_run(pthread_t *ret_thread, size_t stack_bytes, void *(*fn)(void *opaque), void *opaque);

#endif
