/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads that make blocking calls on images, where io_uring is not to be had. */
#ifndef DISK_IO_THREADS_H
#define DISK_IO_THREADS_H

/* `fn` is the first thing that each of them calls; set it before the first disk is opened. A process that
 * confines its threads does it there. */
void disk_on_thread_start(void (*fn)(void));

#endif
