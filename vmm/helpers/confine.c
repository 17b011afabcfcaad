/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "helpers/confine.h"

#include "link/landlock.h"
#include "link/resource_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	DESCRIPTORS_MAX = 256, /* a chain of 64 images and the thread engine's own */
};
#define MEMORY_MAX                                                                                           \
	((rlim_t)8 << 30) /* address space: thread stacks and arenas count although they are not touched */

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

#ifndef CONFINE_FOR_SANITIZERS
static int forbid_looking_in(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

#endif

int confine_files(void)
{
	int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : set_limits();

#ifndef CONFINE_FOR_SANITIZERS /* these look at their own process when they report */
	if (r == 0)
		r = forbid_looking_in();
	if (r == 0) /* without landlock seccomp alone has to do */
		r = landlock_forbid_all();
	if (r > 0)
		r = 0;
#endif
	return r;
}

#ifdef CONFINE_FOR_SANITIZERS
int confine_calls(void)
{
	return 0;
}
#else

/* clang-format off */
static const int allowed_calls[] = {
	/* the files */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(fallocate), SCMP_SYS(ftruncate), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(lseek), SCMP_SYS(sync_file_range), SCMP_SYS(close),
	/* the link; no socket is made */
	SCMP_SYS(recvmsg), SCMP_SYS(sendmsg),
	/* waiting */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	SCMP_SYS(timerfd_settime), SCMP_SYS(futex), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(sched_yield),
	SCMP_SYS(restart_syscall),
	/* memory: never executable, see below */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* the process itself */
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Whoever tries these is not our code any more. Everything else that is not allowed fails with EPERM. */
static const int deadly_calls[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_writev),
	SCMP_SYS(io_uring_setup), SCMP_SYS(bpf), SCMP_SYS(mount), SCMP_SYS(kill), SCMP_SYS(connect),
	SCMP_SYS(bind),
};
/* clang-format on */

static int allow_with(scmp_filter_ctx filter, int call, struct scmp_arg_cmp condition)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition);
}

static int allow_conditional(scmp_filter_ctx filter)
{
	static const int controls[] = {
		F_OFD_SETLK, F_OFD_GETLK, F_GETFL, F_GETFD, F_SETFD, F_DUPFD_CLOEXEC
	};
	static const unsigned long requests[] = { BLKGETSIZE64, BLKSSZGET, BLKPBSZGET };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(controls) / sizeof(controls[0]); i++)
		r = allow_with(filter, SCMP_SYS(fcntl),
			       SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, (unsigned)controls[i]));
	for (size_t i = 0; r == 0 && i < sizeof(requests) / sizeof(requests[0]); i++)
		r = allow_with(filter, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, requests[i]));
	if (r == 0)
		r = allow_with(filter, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (r == 0)
		r = allow_with(filter, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return r;
}

static int fill(scmp_filter_ctx filter)
{
	int r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; r == 0 && i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0, NULL);
	for (size_t i = 0; r == 0 && i < sizeof(deadly_calls) / sizeof(deadly_calls[0]); i++)
		r = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, deadly_calls[i], 0, NULL);
	return r == 0 ? allow_conditional(filter) : r;
}

int confine_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = fill(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}
#endif
