/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of system calls: few for each kind of thread, none twice, none that must never be there; and
 * whoever starts threads while the machine runs may do what they do, since they have its filter too.
 */
#include "worker/confine_priv.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { MAIN_MAX = 50, VP_MAX = 28 };

/* Who starts whom. */
static const enum confine_kind starts[][2] = {
	{ CONFINE_STARTER, CONFINE_VP },
	{ CONFINE_STARTER, CONFINE_DISK },
};

static unsigned failures;

static void fail(enum confine_kind kind, int call, const char *what)
{
	printf("FAILED: thread %s: system call %d %s\n", confine_kind_name(kind), call, what);
	failures++;
}

static const struct call_rule *find(enum confine_kind kind, int call)
{
	for (size_t i = 0; i < confine_rules_count; i++)
		if (confine_rules[i].call == call && confine_rules[i].kinds & 1u << kind)
			return &confine_rules[i];
	return NULL;
}

static bool is_allowed(const struct call_rule *rule)
{
	return rule && rule->check != CHECK_REFUSE && rule->check != CHECK_ABSENT;
}

static unsigned count(enum confine_kind kind)
{
	unsigned calls = 0;

	for (size_t i = 0; i < confine_rules_count; i++)
		calls += is_allowed(&confine_rules[i]) && confine_rules[i].kinds & 1u << kind;
	return calls;
}

static void check_kind(enum confine_kind kind)
{
	static const int never[] = {
		SYS_open,   SYS_openat2,  SYS_execve,  SYS_execveat,	SYS_fork,
		SYS_vfork,  SYS_ptrace,	  SYS_kill,    SYS_connect,	SYS_bind,
		SYS_socket, SYS_mount,	  SYS_unshare, SYS_setns,	SYS_bpf,
		SYS_setuid, SYS_capset,	  SYS_keyctl,  SYS_userfaultfd, SYS_process_vm_readv,
		SYS_chroot, SYS_unlinkat, SYS_tkill,
	};

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (find(kind, never[i]))
			fail(kind, never[i], "must not be there");
	for (size_t i = 0; i < confine_rules_count; i++) {
		const struct call_rule *rule = &confine_rules[i];

		if (!(rule->kinds & 1u << kind))
			continue;
		if (find(kind, rule->call) != rule)
			fail(kind, rule->call, "is there twice");
		if (is_allowed(rule) && !find(CONFINE_ALL, rule->call))
			fail(kind, rule->call, "is not in the filter that all threads have");
		for (unsigned k = 0; k < sizeof(starts) / sizeof(starts[0]); k++)
			if (starts[k][1] == kind && is_allowed(rule) &&
			    !is_allowed(find(starts[k][0], rule->call)))
				fail(starts[k][0], rule->call, "is missing, for a thread that it starts");
	}
	for (size_t i = 0; kind != CONFINE_ALL && i < confine_rules_count; i++)
		if (confine_rules[i].kinds & 1u << kind && confine_rules[i].check == CHECK_NOT_WRITE_AND_RUN)
			fail(kind, confine_rules[i].call, "may make memory executable");
}

int main(void)
{
	for (enum confine_kind kind = CONFINE_ALL; kind < CONFINE_KINDS; kind++) {
		check_kind(kind);
		printf("%s: %u calls\n", confine_kind_name(kind), count(kind));
	}
	if (count(CONFINE_MAIN) > MAIN_MAX || count(CONFINE_VP) > VP_MAX) {
		printf("FAILED: at most %d for the main thread, %d for VPs\n", MAIN_MAX, VP_MAX);
		failures++;
	}
	return failures ? 1 : 0;
}
