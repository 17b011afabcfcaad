/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter program (Documentation/userspace-api/seccomp_filter.rst) from the table of calls. */
#include "worker/confine_priv.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	INSTRUCTIONS_MAX = 512,
	X32_BIT = 0x40000000, /* calls of the x32 ABI */
	KVM_REQUEST = 0xae00, /* second byte of every request of linux/kvm.h */
	NEW_THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
		     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#define F_GET_SEALS 1034
#endif

struct program {
	struct sock_filter code[INSTRUCTIONS_MAX];
	unsigned count;
};

static void emit(struct program *program, uint16_t code, uint8_t if_true, uint8_t if_false, uint32_t k)
{
	if (program->count < INSTRUCTIONS_MAX)
		program->code[program->count] = (struct sock_filter){ code, if_true, if_false, k };
	program->count++;
}

static void load(struct program *program, size_t offset)
{
	emit(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* The low half: all that the kernel looks at in these arguments. */
static void load_argument(struct program *program, unsigned index)
{
	load(program, offsetof(struct seccomp_data, args) + sizeof(uint64_t) * index);
}

static void end(struct program *program, uint32_t action)
{
	emit(program, BPF_RET | BPF_K, 0, 0, action);
}

/* Goes on when they differ. */
static void if_equal(struct program *program, uint32_t value, uint32_t action)
{
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value);
	end(program, action);
}

static void mask(struct program *program, uint32_t bits)
{
	emit(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, bits);
}

static void allow_one_of(struct program *program, const uint32_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if_equal(program, values[i], SECCOMP_RET_ALLOW);
}

static void check_ioctl(struct program *program)
{
	static const uint32_t requests[] = { FIONREAD, FIONBIO, (uint32_t)BLKGETSIZE64, BLKSSZGET,
					     BLKPBSZGET };

	load_argument(program, 1);
	allow_one_of(program, requests, sizeof(requests) / sizeof(requests[0]));
	mask(program, 0xff00);
	if_equal(program, KVM_REQUEST, SECCOMP_RET_ALLOW);
}

static void check_fcntl(struct program *program)
{
	static const uint32_t commands[] = { F_GETFD,	  F_SETFD,	   F_GETFL,
					     F_SETFL,	  F_DUPFD_CLOEXEC, F_OFD_SETLK,
					     F_OFD_GETLK, F_ADD_SEALS,	   F_GET_SEALS };

	load_argument(program, 1);
	allow_one_of(program, commands, sizeof(commands) / sizeof(commands[0]));
}

static void check_filter(struct program *program)
{
	static const uint32_t flags[] = { 0, SECCOMP_FILTER_FLAG_SPEC_ALLOW };

	load_argument(program, 0);
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SECCOMP_SET_MODE_FILTER);
	end(program, SECCOMP_RET_TRAP);
	load_argument(program, 1);
	allow_one_of(program, flags, 2);
}

/* Falls through to the end when the call is not allowed. */
static void check(struct program *program, enum call_check check)
{
	static const uint32_t options[] = { PR_SET_NAME, PR_SET_VMA, PR_SET_PDEATHSIG };

	switch (check) {
	case CHECK_NOTHING: end(program, SECCOMP_RET_ALLOW); break;
	case CHECK_REFUSE: end(program, SECCOMP_RET_ERRNO | EACCES); break;
	case CHECK_ABSENT: end(program, SECCOMP_RET_ERRNO | ENOSYS); break;
	case CHECK_NOT_EXECUTABLE:
		load_argument(program, 2);
		mask(program, PROT_EXEC);
		if_equal(program, 0, SECCOMP_RET_ALLOW);
		break;
	case CHECK_NOT_WRITE_AND_RUN:
		load_argument(program, 2);
		mask(program, PROT_WRITE | PROT_EXEC);
		if_equal(program, PROT_WRITE | PROT_EXEC, SECCOMP_RET_TRAP);
		end(program, SECCOMP_RET_ALLOW);
		break;
	case CHECK_NEW_THREAD:
		load_argument(program, 0);
		if_equal(program, NEW_THREAD, SECCOMP_RET_ALLOW);
		break;
	case CHECK_OWN_PROCESS:
		load_argument(program, 0);
		if_equal(program, (uint32_t)getpid(), SECCOMP_RET_ALLOW);
		break;
	case CHECK_OURSELVES:
		load_argument(program, 0);
		if_equal(program, 0, SECCOMP_RET_ALLOW);
		break;
	case CHECK_NOT_SIGSYS:
		load_argument(program, 0);
		if_equal(program, SIGSYS, SECCOMP_RET_TRAP);
		end(program, SECCOMP_RET_ALLOW);
		break;
	case CHECK_PRCTL:
		load_argument(program, 0);
		allow_one_of(program, options, 3);
		break;
	case CHECK_SET_GS:
		load_argument(program, 0);
		if_equal(program, ARCH_SET_GS, SECCOMP_RET_ALLOW);
		break;
	case CHECK_UNIX:
		load_argument(program, 0);
		if_equal(program, AF_UNIX, SECCOMP_RET_ALLOW);
		break;
	case CHECK_FURTHER_FILTER: check_filter(program); break;
	case CHECK_FCNTL: check_fcntl(program); break;
	case CHECK_IOCTL: check_ioctl(program); break;
	}
}

static void add_rule(struct program *program, const struct call_rule *rule)
{
	unsigned jump = program->count;

	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, (uint32_t)rule->call);
	check(program, rule->check);
	if (rule->check != CHECK_NOTHING)
		end(program, SECCOMP_RET_TRAP);
	if (program->count <= INSTRUCTIONS_MAX)
		program->code[jump].jf = (uint8_t)(program->count - jump - 1);
}

static int make(enum confine_kind kind, struct program *program)
{
	program->count = 0;
	load(program, offsetof(struct seccomp_data, arch));
	emit(program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
	end(program, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	emit(program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
	end(program, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < confine_rules_count; i++)
		if (confine_rules[i].kinds & 1u << kind)
			add_rule(program, &confine_rules[i]);
	end(program, SECCOMP_RET_TRAP);
	return program->count <= INSTRUCTIONS_MAX ? 0 : -E2BIG;
}

/*
 * SPEC_ALLOW: kernels before 5.16 would switch speculative store bypass off for a thread with a filter, which
 * slows guest code much. The guest may well guess at this process's memory: all there is of interest is its
 * own. A forbidden call traps: the handler cannot be changed any more (CHECK_NOT_SIGSYS), and a thread that
 * blocks the signal dies of it.
 */
int confine_filter_load(enum confine_kind kind)
{
	struct program program;
	struct sock_fprog filter = { .filter = program.code };
	int r = make(kind, &program);

	if (r < 0)
		return r;
	filter.len = (unsigned short)program.count;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) < 0
		   ? -errno
		   : 0;
}
