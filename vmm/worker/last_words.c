/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a worker says that dies: async-signal-safe, and with write() alone, which every thread may call. Who
 * was broken into may say anything here; it is text for people, and the service shows it as that.
 */
#include "worker/confine_priv.h"

#include "link/worker_link.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result_fd = -1;
static _Thread_local enum confine_kind thread_kind;

static const char *const call_names[] = {
#include "worker/syscall_names.h"
};

struct words {
	char text[256];
	size_t size;
};

static void add_bytes(struct words *words, const char *text, size_t size)
{
	size_t room = sizeof(words->text) - words->size;

	if (size > room)
		size = room;
	memcpy(words->text + words->size, text, size);
	words->size += size;
}

static void add(struct words *words, const char *text)
{
	add_bytes(words, text, strlen(text));
}

static void add_number(struct words *words, unsigned number)
{
	char digits[12];
	unsigned i = sizeof(digits) - 1;

	digits[i] = '\0';
	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	add(words, digits + i);
}

static bool send(int fd, const char *before, const struct words *middle, const char *after)
{
	struct words all = { .size = 0 };

	add(&all, before);
	add_bytes(&all, middle->text, middle->size);
	add(&all, after);
	return fd >= 0 && write(fd, all.text, all.size) > 0;
}

/*
 * As "ended" on the link and as the result file has it (link/worker_link.h); on stderr when nobody is there.
 */
static void say(const struct words *words)
{
	bool is_heard = send(result_fd, "failure\n", words, "\n");

	if (!send(WORKER_LINK_FD, "bulkhead 1 ended\ncause=failure\ntext=", words, "\n") && !is_heard)
		send(STDERR_FILENO, "bulkhead-vmwp: ", words, "\n");
}

/* SIGSYS is blocked now: the next forbidden call ends the process. */
static void on_forbidden_call(int signal, siginfo_t *info, void *context)
{
	struct words words = { .size = 0 };
	unsigned call = (unsigned)info->si_syscall;

	add(&words, "worker failed: forbidden system call ");
	if (call < sizeof(call_names) / sizeof(call_names[0]) && call_names[call])
		add(&words, call_names[call]);
	else
		add_number(&words, call);
	add(&words, " on thread ");
	add(&words, confine_kind_name(thread_kind));
	add(&words, "; please report this");
	say(&words);
	syscall(SYS_kill, getpid(), SIGSYS);
	_exit(126);
}

/* The first process of a PID namespace does not die of a signal that it sends itself: abort() goes on after
 * this, and ends it by a fault. */
static void on_abort(int signal)
{
	struct words words = { .size = 0 };

	add(&words, "worker failed: the worker process died of signal 6 (Aborted)");
	say(&words);
}

void last_words_init(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_sigaction = on_forbidden_call };
	struct sigaction abort_action = { .sa_flags = SA_ONSTACK | (int)SA_RESETHAND,
					  .sa_handler = on_abort };

	sigfillset(&action.sa_mask);
	sigaction(SIGSYS, &action, NULL);
	sigaction(SIGABRT, &abort_action, NULL);
}

/* A thread that blocks SIGSYS would die of it too, but without a word. */
void last_words_set_kind(enum confine_kind kind)
{
	sigset_t forbidden;

	sigemptyset(&forbidden);
	sigaddset(&forbidden, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &forbidden, NULL);
	thread_kind = kind;
}

void confine_set_result(int fd)
{
	result_fd = fd;
}
