/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A forked child of the service for system calls that may hang (a file system that does not answer) or that
 * need a caller's rights. It tells what it finds in packets, and is killed when it takes too long.
 *
 * In it     Only what is async-signal-safe: the service has other threads. It dies with the thread that forked.
 */
#ifndef SERVICE_CHILD_H
#define SERVICE_CHILD_H

#include <glib.h>
#include <sys/types.h>

enum {
	CHILD_SOCKET = 3, /* SOCK_SEQPACKET, to the service */
	CHILD_GIVEN = 4,  /* the descriptor that it was given; all others are closed */
};

struct child_ops {
	void (*run)(gpointer opaque); /* in the child, which ends after it */
	/*
	 * In the service, for each packet (and for the end: receiving fails then). FALSE: that was the last one.
	 */
	gboolean (*on_packet)(gpointer opaque, int socket);
	/* Once. `is_late`: it did not answer in time. */
	void (*on_end)(gpointer opaque, gboolean is_late);
};

/* `given` -1: none. 0, and on_end() comes later from the main loop; or an errno, and it does not. */
int child_start(const struct child_ops *ops, gpointer opaque, int given);
/* The same, waiting: for the threads of jobs. on_end() comes before it returns. */
int child_run(const struct child_ops *ops, gpointer opaque, int given);

#endif
