/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/confine.h"

#include "link/isolate.h"
#include "link/landlock.h"
#include "link/resource_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum {
	DESCRIPTORS_MAX = 1024, /* libvncserver uses select(): no descriptor may lie beyond its sets */
	ARENAS = 4,		/* of malloc(): else libc reads a file of /sys to choose */
	NEW_THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};
/* Address space: 64 viewers with stacks, arenas and encoders; the framebuffer and its copy. */
#define MEMORY_MAX ((rlim_t)4 << 30)

static int set_limits(void)
{
	static const struct resource_limit limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
#ifndef CONFINE_FOR_SANITIZERS
		{ RLIMIT_AS, MEMORY_MAX },
#endif
	};

	return limits_lower(limits, sizeof(limits) / sizeof(limits[0]));
}

#ifdef CONFINE_FOR_SANITIZERS /* their own system calls and files do not fit into the confinement */
int rd_confine(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : set_limits();
}
#else

/* clang-format off */
static const int allowed_calls[] = {
	/* viewers, the machine, the link: sockets that we were given */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(writev), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(shutdown),
	SCMP_SYS(close), SCMP_SYS(dup3), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getpeername),
	SCMP_SYS(getsockname), SCMP_SYS(eventfd2), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(fstat), SCMP_SYS(pread64),
	SCMP_SYS(newfstatat), /* fstat(); the root folder is empty */
	/* waiting, time */
	SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield),
	/* memory: never executable, see below */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* the process and its threads */
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigaction), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Libraries try them, and know another way. */
static const struct {
	int call, code;
} refused_calls[] = {
	{ SCMP_SYS(openat), EACCES },		 /* malloc() counts the processors; gconv, locale */
	{ SCMP_SYS(sched_getaffinity), EPERM },
	{ SCMP_SYS(uname), EPERM },		 /* libvncserver: for a title that it does not use */
	{ SCMP_SYS(clone3), ENOSYS },
};
/* clang-format on */

static int allow_with(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

static int allow_conditional(scmp_filter_ctx filter)
{
	static const unsigned controls[] = { F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GET_SEALS };
	static const struct {
		int call;
		struct scmp_arg_cmp condition;
	} rules[] = {
		{ SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0) },
		{ SCMP_SYS(clone), SCMP_A0(SCMP_CMP_EQ, NEW_THREAD) },
		{ SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX) },
		{ SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME) },
		{ SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, FIONREAD) },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(rules) / sizeof(rules[0]); i++)
		r = allow_with(filter, rules[i].call, rules[i].condition);
	for (size_t i = 0; r == 0 && i < sizeof(controls) / sizeof(controls[0]); i++)
		r = allow_with(filter, SCMP_SYS(fcntl), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, controls[i]));
	return r;
}

static int fill(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: every read is a call */

	for (size_t i = 0; r == 0 && i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0, NULL);
	for (size_t i = 0; r == 0 && i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)refused_calls[i].code),
					   refused_calls[i].call, 0, NULL);
	return r == 0 ? allow_conditional(filter) : r;
}

/* Whoever tries another call is not our code any more. */
static int forbid_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int rd_confine(void)
{
	int root_error, r;

	mallopt(M_ARENA_MAX, ARENAS);
	r = isolate_process(&root_error);
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	r = set_limits();
	if (r == 0)
		r = landlock_forbid_all();
	return r < 0 ? r : forbid_calls();
}
#endif
