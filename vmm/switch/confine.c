/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/confine.h"

#include "link/resource_limits.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 1200 }; /* sockets of the NAT, ports, the link */

static int set_limits(void)
{
	static const struct resource_limit limits[] = { { RLIMIT_CORE, 0 },
							{ RLIMIT_NOFILE, DESCRIPTORS_MAX },
							{ RLIMIT_FSIZE, 0 } };

	return limits_lower(limits, sizeof(limits) / sizeof(limits[0]));
}

/* -1: none, or it cannot be opened. */
static int enter_folder(const char *folder, int *ret_error)
{
	int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	*ret_error = folder && (fd < 0 || fchdir(fd) < 0) ? -errno : 0;
	return fd;
}

#ifdef CONFINE_FOR_SANITIZERS /* their own system calls and files do not fit into the confinement */
int switch_confine(const char *folder, int *ret_folder_error)
{
	int fd = enter_folder(folder, ret_folder_error);

	if (fd >= 0)
		close(fd);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : set_limits();
}
#else

/* --- files ----------------------------------------------------------------------------------------- */

static void allow_beneath(int ruleset, int fd)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
						   .parent_fd = fd };

	if (fd >= 0)
		(void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static void allow_reading(int ruleset, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	allow_beneath(ruleset, fd);
	if (fd >= 0)
		close(fd);
}

/*
 * The file, and the folder in which it lies: who changes it puts a new one in its place. Root gets no more of
 * /etc than the file, for there it could read what others must not. A host without it is no error: guests
 * have no resolver then.
 */
static void allow_resolver(int ruleset)
{
	char path[PATH_MAX], *slash;

	if (!realpath("/etc/resolv.conf", path))
		return;
	allow_reading(ruleset, path);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (slash != path && (strcmp(path, "/etc") != 0 || geteuid() != 0))
		allow_reading(ruleset, path);
}

static int forbid_files(int folder)
{
	static const unsigned file_rights[] = { 0, 13, 14, 15, 15, 16 }; /* by ABI: landlock.rst */
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t files;
	int ruleset, r = 0;

	if (abi <= 0)
		return 0; /* a kernel without landlock: seccomp alone has to do */
	files = ((uint64_t)1 << file_rights[abi > 5 ? 5 : abi]) - 1;
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &files, sizeof(files), 0);
	if (ruleset < 0)
		return -errno;
	allow_resolver(ruleset);
	allow_beneath(ruleset, folder);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = -errno;
	close(ruleset);
	return r;
}

/* --- system calls ---------------------------------------------------------------------------------- */

/* clang-format off */
static const int allowed_calls[] = {
	/* sockets; socket() itself below */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(shutdown),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fcntl),
	/* resolv.conf: which files, landlock says; see openat below */
	SCMP_SYS(newfstatat), SCMP_SYS(fstat), SCMP_SYS(lseek),
	/* waiting, time */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(restart_syscall), SCMP_SYS(futex),
	/* memory: never executable, see below */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	/* the process itself */
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* Whoever tries these is not our code any more. Everything else that is not allowed fails with EPERM. */
static const int deadly_calls[] = {
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_writev), SCMP_SYS(process_vm_readv),
	SCMP_SYS(io_uring_setup), SCMP_SYS(bpf), SCMP_SYS(mount), SCMP_SYS(kill), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(clone), SCMP_SYS(clone3),
};
/* clang-format on */

static int allow_with(scmp_filter_ctx filter, int call, unsigned count, const struct scmp_arg_cmp *conditions)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, conditions);
}

static int allow_conditional(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp ipv4 = SCMP_A0(SCMP_CMP_EQ, AF_INET), ipv6 = SCMP_A0(SCMP_CMP_EQ, AF_INET6);
	const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp read_only = SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT, O_RDONLY);
	const struct scmp_arg_cmp waiting = SCMP_A1(SCMP_CMP_EQ, FIONREAD),
				  blocking = SCMP_A1(SCMP_CMP_EQ, FIONBIO);
	const struct {
		int call;
		struct scmp_arg_cmp condition;
	} rules[] = {
		{ SCMP_SYS(socket), ipv4 },	    { SCMP_SYS(socket), ipv6 },
		{ SCMP_SYS(mmap), not_executable }, { SCMP_SYS(mprotect), not_executable },
		{ SCMP_SYS(openat), read_only },    { SCMP_SYS(ioctl), waiting },
		{ SCMP_SYS(ioctl), blocking },
	};
	int r = 0;

	for (unsigned i = 0; r == 0 && i < sizeof(rules) / sizeof(rules[0]); i++)
		r = allow_with(filter, rules[i].call, 1, &rules[i].condition);
	return r;
}

static int add_rules(scmp_filter_ctx filter)
{
	int r = allow_conditional(filter);

	for (unsigned i = 0; r == 0 && i < sizeof(allowed_calls) / sizeof(allowed_calls[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed_calls[i], 0);
	for (unsigned i = 0; r == 0 && i < sizeof(deadly_calls) / sizeof(deadly_calls[0]); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly_calls[i], 0);
	return r;
}

static int forbid_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (!filter)
		return -ENOMEM;
	r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: frames cost calls */
	if (r == 0)
		r = add_rules(filter);
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

int switch_confine(const char *folder, int *ret_folder_error)
{
	int fd = enter_folder(folder, ret_folder_error);
	int r = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : set_limits();

	if (r == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		r = -errno;
	if (r == 0)
		r = forbid_files(fd);
	if (fd >= 0)
		close(fd);
	return r < 0 ? r : forbid_calls();
}
#endif
