/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test says that dies of a signal: which, at which address, the registers and the process's map, in
 * which an address of the code cache
 * ("bulkhead-code") or of the program stands as an offset. Before the first partition: the engine's handlers
 * pass on what is not the guest's.
 */
#ifndef TESTS_VP_LAST_WORDS_H
#define TESTS_VP_LAST_WORDS_H

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <ucontext.h>
#include <unistd.h>

/* In a handler, on a thread whose GS and vector registers may be a guest's: dprintf() is taken as good enough
 * for the end. */
static inline void last_words(int signal, siginfo_t *info, void *context)
{
	const ucontext_t *frame = context;
	char piece[512];
	ssize_t size;
	int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	dprintf(STDOUT_FILENO, "died of signal %d (code %d, address %p), thread %d\n", signal, info->si_code,
		info->si_addr, (int)gettid());
	for (int i = 0; i < NGREG; i++) /* r8..r15 rdi rsi rbp rbx rdx rax rcx rsp rip rflags cs.. err trap
					   mask cr2 (sys/ucontext.h) */
		dprintf(STDOUT_FILENO, "%llx%c", (unsigned long long)frame->uc_mcontext.gregs[i],
			i == NGREG - 1 ? '\n' : ' ');
	while (maps >= 0 && (size = read(maps, piece, sizeof(piece))) > 0)
		if (write(STDOUT_FILENO, piece, (size_t)size) < 0)
			break;
	sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
	raise(signal);
}

static inline void last_words_init(void)
{
#ifndef __SANITIZE_ADDRESS__ /* which has words of its own */
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK, .sa_sigaction = last_words };

	sigfillset(&action.sa_mask);
	for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
#endif
}

#endif
