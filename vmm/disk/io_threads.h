/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads that make blocking calls on images, where io_uring is not to be had. */
#ifndef DISK_IO_THREADS_H
#define DISK_IO_THREADS_H

#include <pthread.h>

/*
 * For a process that confines its threads: `start` makes them instead of pthread_create() (negative errno),
 * and `on_start` is the first thing that each of them calls. Set both before the first disk is opened.
 */
void disk_set_threads(int (*start)(pthread_t *ret_thread, void *(*fn)(void *opaque), void *opaque),
		      void (*on_start)(void));

#endif
