/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Self tests that run as a program inside a guest: what a user program sees of the processor and of the
 * kernel above it. The same binary passes on real hardware, so every failure in a guest is the machine's.
 *
 *   guest_test [--list] [NAME]...    prints "ok NAME", "skip NAME: why" or "not ok NAME: why" for each test,
 * then "guest_test: N passed, N failed, N skipped"; exit status 1 when any failed
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_test.h"

static char why[256]; /* the reason of the last failure or skip */
sigjmp_buf fault_return;
volatile sig_atomic_t fault_signal;
volatile uintptr_t fault_address;
volatile int fault_code;

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return FAIL;
}

int skip(const char *reason)
{
	snprintf(why, sizeof(why), "%s", reason);
	return SKIP;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	fault_signal = signal;
	fault_code = info->si_code;
	fault_address = (uintptr_t)info->si_addr;
	siglongjmp(fault_return, 1);
}

void catch_faults(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}

void *pages(unsigned count, int protection)
{
	void *p = mmap(NULL, count * 4096ul, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(fail("no memory for %u pages", count));
	return p;
}

static const struct guest_test *const parts[] = {
	integer_tests, vector_tests, fault_tests, code_tests, smp_tests, process_tests,
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static bool wanted(const char *name, int count, char **names)
{
	if (!count)
		return true;
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Each test in a process of its own: a crash is that test's failure only. */
static int run_apart(int (*run)(void))
{
	int fds[2], status, result;
	ssize_t got;
	pid_t child;

	if (pipe(fds) || (child = fork()) < 0)
		return fail("cannot start: %s", strerror(errno));
	if (!child) {
		alarm(120);
		result = run();
		got = write(fds[1], why, sizeof(why));
		_exit(got == sizeof(why) ? result : FAIL);
	}
	close(fds[1]);
	got = read(fds[0], why, sizeof(why));
	close(fds[0]);
	waitpid(child, &status, 0);
	if (!WIFEXITED(status))
		return fail("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int run_one(const struct guest_test *test)
{
	static const char *const words[] = { "ok", "not ok", "skip" };
	int result;

	why[0] = 0;
	result = run_apart(test->run);
	if (result < 0 || result > SKIP)
		result = fail("exit status %d", result);
	printf("%s %s%s%s\n", words[result], test->name, result == PASS ? "" : ": ",
	       result == PASS ? "" : why);
	return result;
}

int main(int argc, char **argv)
{
	bool list = argc > 1 && !strcmp(argv[1], "--list");
	unsigned counts[3] = { 0 };

	if (argc > 2 && !strcmp(argv[1], "--exit"))
		return atoi(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned part = 0; part < PARTS; part++) {
		for (const struct guest_test *test = parts[part]; test->name; test++) {
			if (list)
				puts(test->name);
			else if (wanted(test->name, argc - 1, argv + 1))
				counts[run_one(test)]++;
		}
	}
	if (!list)
		printf("guest_test: %u passed, %u failed, %u skipped\n", counts[PASS], counts[FAIL],
		       counts[SKIP]);
	return counts[FAIL] != 0;
}
