/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vector_native.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

struct vcpu;
bool vector_fault(struct vcpu *cpu, uint64_t pc, int signal,
		  uint64_t *ret_pc); /* vector.h clashes with <signal.h> */
void native_run(struct native_state *state, void *code);
extern const char native_faulted[];

static uint8_t *code;
static volatile int raised;

static void on_signal(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)regs[REG_RIP], go_on;
	if (vector_fault(NULL, pc, signal, &go_on)) {
		regs[REG_RIP] = (greg_t)go_on;
	} else if (pc >= (uint64_t)code && pc < (uint64_t)code + 16) {
		raised = (int)regs[REG_TRAPNO];
		regs[REG_RIP] = (greg_t)native_faulted;
	} else {
		static const char text[] = "signal outside a tested instruction\n";
		(void)!write(2, text, sizeof(text) - 1);
		_exit(1);
	}
}

int native_init(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	action.sa_sigaction = on_signal;
	sigaction(SIGFPE, &action, NULL);
	sigaction(SIGILL, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return code == MAP_FAILED ? -errno : 0;
}

int native_execute(struct native_state *state, const uint8_t *bytes, unsigned size)
{
	memcpy(code, bytes, size);
	code[size] = 0xc3;
	raised = NATIVE_NOTHING;
	native_run(state, code);
	return raised;
}
