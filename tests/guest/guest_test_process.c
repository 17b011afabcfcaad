/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes, signals, time, debugging, 32-bit programs; see guest_test.c. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guest_test.h"

static int test_fork_exec(void)
{
	for (int i = 0; i < 20; i++) {
		int status = 0;
		pid_t child = fork();

		if (!child) {
			execl("/proc/self/exe", "guest_test", "--exit", "42", NULL);
			_exit(1);
		}
		if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 42)
			return fail("round %d: status %#x", i, status);
	}
	return PASS;
}

static int test_copy_on_write(void)
{
	uint32_t *p = pages(64, PROT_READ | PROT_WRITE);
	int status;
	pid_t child;

	for (unsigned i = 0; i < 64; i++)
		p[i * 1024] = i;
	child = fork();
	if (!child) {
		for (unsigned i = 0; i < 64; i++)
			p[i * 1024] += 1000;
		for (unsigned i = 0; i < 64; i++)
			if (p[i * 1024] != i + 1000)
				_exit(1);
		_exit(0);
	}
	waitpid(child, &status, 0);
	for (unsigned i = 0; i < 64; i++)
		if (p[i * 1024] != i)
			return fail("parent's page %u holds %u", i, p[i * 1024]);
	return status ? fail("child's status %#x", status) : PASS;
}

static int test_pipes(void)
{
	enum { SIZE = 1 << 20 };
	int fds[2], status;
	uint32_t sum = 0, expected = 0, seed = 1;
	uint8_t buffer[3000];
	ssize_t got, total = 0;

	if (pipe(fds))
		return fail("pipe: %s", strerror(errno));
	pid_t child = fork();

	if (!child) {
		uint8_t *data = malloc(SIZE);

		for (size_t i = 0; i < SIZE; i++)
			data[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		for (size_t at = 0; at < SIZE; at += (size_t)got) {
			got = write(fds[1], data + at, SIZE - at);
			if (got <= 0)
				_exit(1);
		}
		_exit(0);
	}
	close(fds[1]);
	for (size_t i = 0; i < SIZE; i++)
		expected = expected * 31 + ((seed = seed * 1664525 + 1013904223) >> 24);
	while ((got = read(fds[0], buffer, sizeof(buffer))) > 0) {
		total += got;
		for (ssize_t i = 0; i < got; i++)
			sum = sum * 31 + buffer[i];
	}
	close(fds[0]);
	waitpid(child, &status, 0);
	return total == SIZE && sum == expected && !status ? PASS : fail("%zd bytes, sum %#x", total, sum);
}

static volatile sig_atomic_t signals_seen;

static void on_signal(int signal)
{
	(void)signal;
	signals_seen++;
}

static int test_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	static uint8_t stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) }, none = { .ss_flags = SS_DISABLE };

	sigaction(SIGUSR1, &action, NULL);
	for (int i = 0; i < 2000; i++)
		raise(SIGUSR1);
	if (signals_seen != 2000)
		return fail("%d of 2000", (int)signals_seen);
	sigaltstack(&alternate, NULL);
	action.sa_flags = SA_ONSTACK;
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
	sigaltstack(&none, NULL);
	return signals_seen == 2001 ? PASS : fail("alternate stack");
}

static int test_time(void)
{
	struct timespec a, b, last, pause = { 0, 20000000 };

	clock_gettime(CLOCK_MONOTONIC, &last);
	for (int i = 0; i < 20000; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		if (a.tv_sec < last.tv_sec || (a.tv_sec == last.tv_sec && a.tv_nsec < last.tv_nsec))
			return fail("time went back");
		last = a;
	}
	for (int i = 0; i < 5; i++) {
		clock_gettime(CLOCK_MONOTONIC, &a);
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &b);
		long ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;

		/* never early; late only as far as a loaded host makes it */
		if (ms < 20 || ms > 2000)
			return fail("a pause of 20 ms took %ld ms", ms);
	}
	return PASS;
}

static uint64_t single_step_child(pid_t child, uint64_t *ret_steps)
{
	struct user_regs_struct regs = { 0 };
	int status;

	waitpid(child, &status, 0); /* SIGSTOP of its own */
	for (*ret_steps = 0; *ret_steps < 5000; ++*ret_steps) {
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) || waitpid(child, &status, 0) != child ||
		    WIFEXITED(status))
			break;
		ptrace(PTRACE_GETREGS, child, NULL, &regs);
		if (WSTOPSIG(status) != SIGTRAP)
			return 0;
		if (regs.r12 == 0x600dcafe && regs.rax == 100)
			break;
	}
	return regs.rax;
}

static int test_ptrace(void)
{
	uint64_t steps, rax;
	pid_t child = fork();

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		__asm__ volatile("mov $0x600dcafe, %%r12d\n\txor %%eax, %%eax\n1:\tinc %%eax\n\tcmp $100, "
				 "%%eax\n\tjne 1b\n\tnop"
				 :
				 :
				 : "rax", "r12", "cc");
		_exit(0);
	}
	rax = single_step_child(child, &steps);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	/* 100 times inc, cmp, jne, minus the part after the last inc; plus the way out of raise() */
	return rax == 100 && steps >= 298 && steps < 5000 ? PASS
							  : fail("rax %lu after %lu steps", rax, steps);
}

/* A hardware data breakpoint, set through ptrace. */
static volatile uint64_t watched;

static int test_watchpoint(void)
{
	int status;
	pid_t child = fork();
	long offset = offsetof(struct user, u_debugreg);

	if (!child) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		watched = 7;
		_exit(3);
	}
	waitpid(child, &status, 0);
	if (ptrace(PTRACE_POKEUSER, child, offset, (void *)&watched) ||
	    ptrace(PTRACE_POKEUSER, child, offset + 7 * 8, (void *)0x90101ul)) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		return fail("POKEUSER: %s", strerror(errno));
	}
	ptrace(PTRACE_CONT, child, NULL, NULL);
	waitpid(child, &status, 0);
	bool hit = WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
	uint64_t value = hit ? (uint64_t)ptrace(PTRACE_PEEKDATA, child, (void *)&watched, NULL) : 0;

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return hit && value == 7 ? PASS : fail("status %#x, value %lu", status, value);
}

static int test_32bit(void)
{
	int status = system("/bin/guest_test32 >/dev/null");

	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? PASS
							     : fail("guest_test32: status %#x", status);
}

static int test_fs_gs(void)
{
	static uint64_t area[2] = { 0x1122334455667788, 0x99aabbccddeeff00 };
	uint64_t value, base = 0;

	if (syscall(SYS_arch_prctl, 0x1001 /* ARCH_SET_GS */, area))
		return fail("arch_prctl: %s", strerror(errno));
	__asm__ volatile("movq %%gs:8, %0" : "=r"(value));
	if (value != area[1])
		return fail("gs:8 is %#lx", value);
	sched_yield();
	__asm__ volatile("movq %%gs:0, %0" : "=r"(value));
	syscall(SYS_arch_prctl, 0x1004 /* ARCH_GET_GS */, &base);
	return value == area[0] && base == (uint64_t)area ? PASS
							  : fail("gs base %#lx, gs:0 %#lx", base, value);
}

const struct guest_test process_tests[] = {
	{ "fork-exec", test_fork_exec },
	{ "copy-on-write", test_copy_on_write },
	{ "pipes", test_pipes },
	{ "signals", test_signals },
	{ "time", test_time },
	{ "ptrace", test_ptrace },
	{ "watchpoint", test_watchpoint },
	{ "32bit", test_32bit },
	{ "fs-gs", test_fs_gs },
	{ NULL, NULL },
};
