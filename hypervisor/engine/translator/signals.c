/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host signals that guest instructions cause: #DE, #MF, #XM arrive as SIGFPE, misaligned vector operands as
 * SIGSEGV, in translated code or in a stub of the vector unit. The guest's stack pointer is in RSP then, so
 * handlers run on a stack of their own. What guest code did not cause goes to whoever was there before.
 */
#include "engine/translator/signals.h"
#include "engine/translator/sys.h"

#include <asm/prctl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

enum { SIGNAL_STACK_BYTES = 64 * 1024 };

static const int fault_signals[] = { SIGSEGV, SIGFPE, SIGILL, SIGBUS };
static struct sigaction previous[4];
static _Thread_local struct vcpu *current;

static void pass_on(int signal, siginfo_t *info, void *context)
{
	for (unsigned i = 0; i < 4; i++) {
		if (fault_signals[i] != signal)
			continue;
		if (previous[i].sa_flags & SA_SIGINFO) {
			previous[i].sa_sigaction(signal, info, context);
		} else if (previous[i].sa_handler != SIG_DFL && previous[i].sa_handler != SIG_IGN) {
			previous[i].sa_handler(signal);
		} else { /* die of it: not every such signal comes again when the instruction does */
			sigaction(signal, &previous[i], NULL);
			sys_call4(SYS_tgkill, sys_call4(SYS_getpid, 0, 0, 0, 0),
				  sys_call4(SYS_gettid, 0, 0, 0, 0), signal, 0);
		}
	}
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	ucontext_t *frame = context;
	greg_t *regs = frame->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)regs[REG_RIP], go_on;
	if (current && vcpu_on_fault(current, pc, signal, (uint64_t)regs[REG_EFL], &go_on)) {
		regs[REG_RIP] = (greg_t)go_on;
		return;
	}
	pass_on(signal, info, context);
}

static void on_timer(int signal, siginfo_t *info, void *context)
{
	struct vcpu *cpu = info->si_value.sival_ptr;
	if (info->si_code == SI_TIMER && cpu && cpu == current)
		vcpu_on_timer(cpu);
}

static int install(int signal, void (*handler)(int, siginfo_t *, void *), struct sigaction *old)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
	action.sa_sigaction = handler;
	sigfillset(&action.sa_mask);
	return sigaction(signal, &action, old) < 0 ? -errno : 0;
}

static int install_result;

static void install_all(void)
{
	for (unsigned i = 0; i < 4 && install_result == 0; i++)
		install_result = install(fault_signals[i], on_fault, &previous[i]);
	if (install_result == 0)
		install_result = install(SIGRTMIN + 5, on_timer, NULL);
}

int signals_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, install_all);
	return install_result;
}

/*
 * A handler without SA_ONSTACK would write its frame where the guest's RSP points: no signal but ours may
 * reach this thread, not even those that libc keeps to itself, so past libc.
 */
static int block_other_signals(void)
{
	uint64_t mask = ~0ull & ~(1ull << (SIGRTMIN + 5 - 1));
	/* the end of the process, which its handler (SA_ONSTACK too) explains */
	mask &= ~(1ull << (SIGSYS - 1));
	for (unsigned i = 0; i < 4; i++)
		mask &= ~(1ull << (fault_signals[i] - 1));
	return (int)sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof(mask));
}

int signals_bind_thread(struct vcpu *cpu, void **ret_stack)
{
	int r = block_other_signals();
	if (r < 0)
		return r;
	void *memory =
	    mmap(NULL, SIGNAL_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	stack_t stack = { .ss_sp = memory, .ss_size = SIGNAL_STACK_BYTES, .ss_flags = (int)SS_AUTODISARM };
	if (sigaltstack(&stack, NULL) < 0 || sys_call4(SYS_arch_prctl, ARCH_SET_GS, (long)cpu, 0, 0) < 0) {
		r = -errno;
		munmap(memory, SIGNAL_STACK_BYTES);
		return r;
	}
	current = cpu;
	*ret_stack = memory;
	return 0;
}

void signals_unbind(struct vcpu *cpu, void *stack)
{
	if (!stack)
		return;
	if (current == cpu) {
		stack_t off = { .ss_flags = SS_DISABLE };
		sigaltstack(&off, NULL);
		current = NULL;
	}
	munmap(stack, SIGNAL_STACK_BYTES);
}

int signals_timer_create(struct vcpu *cpu, int *ret_timer)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMIN + 5 };
	event.sigev_value.sival_ptr = cpu;
	event._sigev_un._tid = (pid_t)sys_call4(SYS_gettid, 0, 0, 0, 0);
	return (int)sys_call4(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)ret_timer, 0);
}
