/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts the processes that talk over a link: workers and helpers.
 *
 * Purpose    The process gets /dev/null for input and output, stderr (`log`, or ours), its end of a new
 *            socket pair as descriptor SPAWN_LINK_FD, no other descriptor, an empty environment, a session
 *            of its own, no signal ignored or blocked.
 *
 * Isolated   It begins in a user namespace and a PID namespace of its own, where the kernel allows that to
 *            this user: it is root there, with all capabilities over nothing, and makes its other
 *            namespaces itself (worker/confine.h). Only a PID namespace has to be made by who spawns.
 *
 * Identity   With `uid` and `gid`: no supplementary groups. Only root can give them; where even root
 *            cannot (in a container), it is ours. What became of all this is read from the live process.
 *
 * Threads    Any. Waits until exec has happened (well below a millisecond), so that its error is ours.
 *
 * Errors     Negative errno: no process is left then.
 */
#ifndef LINK_SPAWN_H
#define LINK_SPAWN_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { SPAWN_LINK_FD = 3 };
#define SPAWN_SAME_ID ((uid_t)-1)

struct spawn {
	const char *path;
	int log; /* -1: our stderr */
	bool is_isolated;
	uid_t uid, gid; /* SPAWN_SAME_ID: ours */
};

struct spawned {
	pid_t pid;
	int link;	     /* SOCK_SEQPACKET, blocking */
	int isolation_error; /* 0, or the negative errno why it is less isolated than was asked */
};

void spawn_init(struct spawn *spawn, const char *path);
int spawn_process(const struct spawn *spawn, struct spawned *ret_spawned);

/*
 * Looks for one of our programs beside this one, in `folder` of the build, in libexec beside this program's
 * folder, and where it was to be installed.
 */
bool spawn_find(const char *program, const char *folder, char ret_path[PATH_MAX]);

#endif
