/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that starts the threads of VPs. A thread has the system call filters of whoever started it below
 * its own, and VPs come anew at each reset: without the starter the main thread would have to be allowed all
 * that a VP is.
 *
 * Threads    starter_new() before the main thread is confined; starter_run() from the main thread.
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
