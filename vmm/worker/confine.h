/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker gives up its rights, for good, in two steps.
 *
 * confine_process()  right after exec, with one thread: namespaces with nothing in them, no capabilities, no
 *                    new privileges, limits, landlock with nothing allowed, and a filter of system calls that
 *                    all threads share: what building a machine needs.
 *
 * confine_thread()   each thread for itself, when the machine is built: what that kind of thread needs. The
 *                    main thread before the first VP runs, every other thread as the first thing it does.
 *
 * Which calls each kind may make is the table in confine_calls.c: there to add a call. A thread has the
 * filter of whoever started it below its own, so it cannot have more rights than that one has at the time:
 * VPs and threads of disks come from the starter. A call that is not allowed ends the process by SIGSYS; its
 * last words name the call and the thread, on the link and in the result file.
 *
 * Threads    confine_process() while there is one only.
 *
 * Errors     Negative errno: the process must not go on. What a kernel or a user does not have (namespaces,
 *            landlock) is no error, and stands in the report.
 */
#ifndef WORKER_CONFINE_H
#define WORKER_CONFINE_H

enum confine_kind {
	CONFINE_ALL, /* every thread, from the first step on */
	CONFINE_MAIN,
	CONFINE_VP,
	CONFINE_STARTER, /* starts VPs (starter.h) */
	CONFINE_DISK,	 /* makes blocking calls on disk images */
	CONFINE_DEVICE,	 /* runs a loop of its own: VMBus, network */
	CONFINE_KINDS,
};

struct confine_report {
	int landlock;	/* its version; 0: this kernel has none */
	int root_error; /* 0: no file is visible; else the negative errno why */
};

int confine_process(struct confine_report *ret_report);
int confine_thread(enum confine_kind kind);
/* Limits the address space to what this machine may need. */
int confine_memory(unsigned long long memory_mib, unsigned processors);
/* Where the last words go besides the link and stderr; -1: nowhere. */
void confine_set_result(int fd);

#endif
