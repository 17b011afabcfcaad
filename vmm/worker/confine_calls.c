/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which system calls a worker may make: one line each, a column for each kind of thread.
 *
 * A  every thread, while the machine is built and until it has a filter of its own
 *
 * M  the main thread, which runs the chips' loop
 *
 * V  a VP
 *
 * S  the starter of VPs and of threads of disks (starter.h): all that those may do, and start threads
 *
 * K  a thread that makes blocking calls on disk images (disk/io_threads.c)
 *
 * D  a thread with a loop of its own: VMBus and what hangs on it
 *
 * No thread can open a file, make a process or a socket, send a signal to another process, or make memory
 * executable. Calls that are made often stand first: a kernel before 5.11 goes through the filter line by
 * line.
 */
#include "worker/confine_priv.h"

#include <sys/syscall.h>

enum {
	A = 1 << CONFINE_ALL,
	M = 1 << CONFINE_MAIN,
	V = 1 << CONFINE_VP,
	S = 1 << CONFINE_STARTER,
	K = 1 << CONFINE_DISK,
	D = 1 << CONFINE_DEVICE,
};

/* clang-format off */
const struct call_rule confine_rules[] = {
	/* waiting, waking, time */
	{ SYS_futex,            A | M | V | S | K | D },
	{ SYS_timer_settime,    A | V | S },		/* the APIC timer */
	{ SYS_rt_sigreturn,     A | M | V | S | K | D },
	{ SYS_epoll_wait,       A | M | D },
	{ SYS_epoll_pwait,      A },
	{ SYS_read,             A | M | S | K | D },
	{ SYS_write,            A | M | V | S | K | D },	/* eventfd; last words */
	{ SYS_timerfd_settime,  A | M | V | S | K | D },
	{ SYS_ioctl,            A | M | V | S | K | D,     CHECK_IOCTL },
	{ SYS_sched_yield,      A | V | S },
	{ SYS_clock_gettime,    A | M | V | S | K | D },	/* a host without a usable TSC */
	{ SYS_clock_nanosleep,  A | M | S | K | D },
	{ SYS_restart_syscall,  A | M | V | S | K | D },	/* after SIGSTOP and SIGCONT */
	{ SYS_io_uring_enter,   A | M | D },

	/* descriptors that we have; the device thread gets images that are added while the machine runs */
	{ SYS_readv,            A },
	{ SYS_writev,           A | M | V | S | K | D },	/* an assertion that fails says so */
	{ SYS_pread64,          A | M | S | K | D },
	{ SYS_pwrite64,         A },
	{ SYS_preadv,           A | M | S | K | D },
	{ SYS_pwritev,          A },
	{ SYS_pwritev2,         A | M | S | K | D },
	{ SYS_fdatasync,        A | M | S | K | D },
	{ SYS_fallocate,        A | M | S | K | D },
	{ SYS_ftruncate,        A | M | S | K | D },
	{ SYS_lseek,            A | M | D },
	{ SYS_newfstatat,       A | M | D },		/* fstat(); the root folder is empty */
	{ SYS_fstat,            A },
	{ SYS_fcntl,            A | M | D,                 CHECK_FCNTL },
	{ SYS_close,            A | M | D },
	{ SYS_dup3,             A | M },
	{ SYS_epoll_ctl,        A | M | D },
	{ SYS_epoll_create1,    A },
	{ SYS_eventfd2,         A | M },
	{ SYS_timerfd_create,   A },
	{ SYS_memfd_create,     A },
	{ SYS_poll,             A | M | V | S },

	/* sockets that we have */
	{ SYS_recvmsg,          A | M | D },
	{ SYS_sendmsg,          A | M | D },
	{ SYS_recvfrom,         A | M | D },
	{ SYS_sendto,           A | M | V | S | D },
	{ SYS_accept4,          A | M | D },
	{ SYS_shutdown,         A | M | D },		/* hvsock: the end of one direction */
	{ SYS_getsockopt,       A | M },
	{ SYS_socketpair,       A | M | D,                 CHECK_UNIX },	/* hvsock */

	/* memory */
	{ SYS_mmap,             M | V | S | K | D,         CHECK_NOT_EXECUTABLE },
	/* the translator's code cache */
	{ SYS_mmap,             A,                         CHECK_NOT_WRITE_AND_RUN },
	{ SYS_mprotect,         A | M | V | S | K | D,     CHECK_NOT_EXECUTABLE },
	{ SYS_munmap,           A | M | V | S | K | D },
	{ SYS_mremap,           A },
	{ SYS_madvise,          A | M | V | S | K | D },
	{ SYS_brk,              A | M | V | S | K | D },

	/* the process and its threads */
	{ SYS_clone,            A | S,                     CHECK_NEW_THREAD },
	{ SYS_clone3,           A | S,                     CHECK_ABSENT },
	{ SYS_set_robust_list,  A | S },
	{ SYS_rseq,             A | S },
	{ SYS_prctl,            A | S | K,                 CHECK_PRCTL },
	{ SYS_seccomp,          A | S,                     CHECK_FURTHER_FILTER },
	{ SYS_arch_prctl,       A | V | S,                 CHECK_SET_GS },
	{ SYS_sigaltstack,      A | V | S },
	{ SYS_rt_sigaction,     A | M | V | S,             CHECK_NOT_SIGSYS },
	{ SYS_rt_sigprocmask,   A | M | V | S | K | D },
	{ SYS_rt_sigsuspend,    A | V | S },
	{ SYS_timer_create,     A | V | S },
	{ SYS_timer_delete,     A | M },
	{ SYS_gettid,           A | M | V | S | K | D },
	{ SYS_getpid,           A | M | V | S | K | D },	/* abort() */
	{ SYS_tgkill,           A | M | V | S | K | D,     CHECK_OWN_PROCESS },
	{ SYS_getrandom,        A | M | S | K | D },	/* the GUIDs of an image that is written */
	{ SYS_sched_getaffinity, A },
	{ SYS_prlimit64,        A,                         CHECK_OURSELVES },
	{ SYS_exit,             A | M | V | S | K | D },
	{ SYS_exit_group,       A | M | V | S | K | D },

	/* rings for images while the machine is built; later ones are read by threads */
	{ SYS_io_uring_setup,   A },
	{ SYS_io_uring_register, A },
	{ SYS_io_uring_setup,   M,                         CHECK_REFUSE },
	{ SYS_sched_getaffinity, M | V | S | K | D,    CHECK_REFUSE },
	/* malloc() counts the processors */
	{ SYS_openat,           A | M | V | S | K | D,     CHECK_REFUSE },
};
/* clang-format on */

const size_t confine_rules_count = sizeof(confine_rules) / sizeof(confine_rules[0]);

const char *confine_kind_name(enum confine_kind kind)
{
	static const char *const names[CONFINE_KINDS] = {
		"start", "main", "vp", "starter", "disk", "device"
	};

	return names[kind];
}
