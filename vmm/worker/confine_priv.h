/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the confinement: confine.c the steps, confine_calls.c the table of system calls, confine_filter.c
 * makes a filter of it, last_words.c what is said when one was forbidden.
 */
#ifndef WORKER_CONFINE_PRIV_H
#define WORKER_CONFINE_PRIV_H

#include "worker/confine.h"

#include <stddef.h>

/* What else a call must look like, to be allowed. */
enum call_check {
	CHECK_NOTHING,
	CHECK_NOT_EXECUTABLE,	 /* memory: no PROT_EXEC */
	CHECK_NOT_WRITE_AND_RUN, /* memory: not PROT_WRITE and PROT_EXEC at once */
	CHECK_NEW_THREAD,	 /* clone: exactly the flags of pthread_create() */
	CHECK_OWN_PROCESS,	 /* tgkill */
	CHECK_OURSELVES,	 /* prlimit: not of another process */
	CHECK_NOT_SIGSYS,	 /* rt_sigaction: the handler of forbidden calls stays */
	CHECK_FURTHER_FILTER,	 /* seccomp: can only forbid more */
	CHECK_PRCTL,		 /* names of threads and of memory; who outlives whom */
	CHECK_SET_GS,		 /* arch_prctl */
	CHECK_UNIX,		 /* socketpair */
	CHECK_FCNTL,		 /* flags, copies, locks, seals */
	CHECK_IOCTL,		 /* sizes of block devices, bytes waiting, KVM */
	CHECK_REFUSE,		 /* fails with EACCES, and nobody dies: libraries try it */
	CHECK_ABSENT,		 /* fails with ENOSYS: libc knows another way */
};

struct call_rule {
	int call;
	unsigned kinds; /* bits 1 << CONFINE_* */
	enum call_check check;
};

extern const struct call_rule confine_rules[];
extern const size_t confine_rules_count;
const char *confine_kind_name(enum confine_kind kind);

/* Every call of this kind of thread goes through a new filter. */
int confine_filter_load(enum confine_kind kind);

/* Catches SIGSYS and SIGABRT. */
void last_words_init(void);
void last_words_set_kind(enum confine_kind kind);

#endif
