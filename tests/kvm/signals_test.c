/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both engines in one process, in each order, as vp_test has them when a guest moves: what KVM's engine
 * installs leaves the translator's signals alone. A signal's frame may never come to lie where a guest's RSP
 * points, which would be a write of the guest's choice (or the end of the process): the guest's RSP is here
 * the address of a page of this process's, which must stay as it is while timers expire in the midst of
 * translated code. Needs no /dev/kvm.
 */
#include "engine/kvm/kvm.h"
#include "real_mode_guest.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	MEMORY = 1 << 20,
	HANDLER = 0x2000,
	VECTOR = 0x50,
	EXPIRATIONS = 50,
	LIMIT_S = 40,
	CANARY_BYTES = 1 << 16,
	CANARY = 0xa5
};

/* The local timer, once; then it waits without HLT, so that the signal finds translated code. */
static const uint8_t wait_for_timer[] = {
	0xfa,				      /* cli */
	0x66, 0xb9, 0x1b,   0x00, 0x00, 0x00, /* mov ecx, 1bh: IA32_APIC_BASE */
	0x66, 0xb8, 0x00,   0x0d, 0xe0, 0xfe, /* mov eax, fee00d00h: x2APIC */
	0x66, 0x31, 0xd2,		      /* xor edx, edx */
	0x0f, 0x30,			      /* wrmsr */
	0x66, 0xb9, 0x0f,   0x08, 0x00, 0x00, /* mov ecx, 80fh: spurious vector, enable */
	0x66, 0xb8, 0xff,   0x01, 0x00, 0x00, /* mov eax, 1ffh */
	0x0f, 0x30,			      /* wrmsr */
	0x66, 0xb9, 0x32,   0x08, 0x00, 0x00, /* mov ecx, 832h: LVT timer */
	0x66, 0xb8, VECTOR, 0x00, 0x00, 0x00, /* mov eax, vector: once */
	0x0f, 0x30,			      /* wrmsr */
	0x66, 0xb9, 0x38,   0x08, 0x00, 0x00, /* mov ecx, 838h: initial count */
	0x66, 0xb8, 0x00,   0x00, 0x04, 0x00, /* mov eax, 40000h: long enough to be in the loop */
	0x0f, 0x30,			      /* wrmsr */
	0xfb,				      /* sti */
	0xeb, 0xfe,			      /* jmp $ */
};

static const uint8_t handler[] = {
	0x66, 0xb9,   0x0b, 0x08, 0x00, 0x00, /* mov ecx, 80bh: EOI */
	0x66, 0x31,   0xc0, 0x66, 0x31, 0xd2, /* xor eax, eax; xor edx, edx */
	0x0f, 0x30,			      /* wrmsr */
	0xb0, VECTOR, 0xe6, 0x50,	      /* mov al, vector; out 50h, al */
};

static uint8_t *canary;

/* Pages of this process's whose end's low 16 bits are a stack pointer that the guest can use. */
static bool make_canary(void)
{
	uint8_t *where =
	    mmap(NULL, 3 * CANARY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (where == MAP_FAILED)
		return false;
	where = (uint8_t *)(((uintptr_t)where + CANARY_BYTES - 1) & ~(uintptr_t)(CANARY_BYTES - 1));
	canary = where + STACK;
	memset(where, CANARY, 2 * CANARY_BYTES);
	return true;
}

static uint64_t changed_bytes(void)
{
	uint64_t changed = 0;

	for (unsigned i = 0; i < CANARY_BYTES; i++)
		changed += (canary - STACK)[i] != CANARY;
	return changed;
}

/* All other signals stay blocked on a VP's thread, an alarm's, too. */
static void *limit(void *argument)
{
	(void)argument;
	sleep(LIMIT_S);
	hv_vp_cancel(vp);
	return NULL;
}

/*
 * Before KVM had a signal of its own its handler, which asked for no other stack, took the translator's
 * place: a timer's frame of 2.6 KB was written here, or, where the guest's RSP was no address of this
 * process, the second such signal was its end.
 */
static void timers_expire(void)
{
	const uint16_t entry[2] = { HANDLER, 0 };

	memcpy(memory + VECTOR * sizeof(entry), entry, sizeof(entry));
	memcpy(memory + HANDLER, handler, sizeof(handler));
	hv_memory_written(partition, 0, STACK);
	for (unsigned i = 0; i < EXPIRATIONS && failures == 0; i++) {
		begin(wait_for_timer, sizeof(wait_for_timer), 0);
		set(HV_REG_RSP, (uintptr_t)canary);
		run(HV_EXIT_PORT, "the timer does not expire");
		check(exit_.port.port == 0x50 && exit_.port.data == VECTOR, "another OUT", exit_.port.port);
	}
	check(changed_bytes() == 0, "bytes where the guest's RSP points in this process", changed_bytes());
}

/* Whatever can come to this thread has a stack of its own. */
static void handlers(void)
{
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		struct sigaction action;

		if (sigismember(&blocked, signal) != 0 || sigaction(signal, NULL, &action) < 0 ||
		    (!(action.sa_flags & SA_SIGINFO) &&
		     (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)))
			continue;
		check(action.sa_flags & SA_ONSTACK, "a handler on the guest's stack, of signal",
		      (uint64_t)signal);
	}
}

/* What making a partition of the other engine does to the process's signals. */
static void as_kvm_does(void)
{
	check(kvm_kick_init() == 0, "KVM's signal", 0);
}

int main(void)
{
	pthread_t thread;

	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || !make_canary())
		return 1;
	as_kvm_does();
	for (unsigned round = 0; round < 2; round++) {
		if (!guest_new(HV_ENGINE_TRANSLATOR, MEMORY))
			return 1;
		if (round == 0)
			pthread_create(&thread, NULL, limit, NULL);
		as_kvm_does();
		timers_expire();
		handlers();
		guest_free();
	}
	printf("%u timers expired, %u failures\n", 2 * EXPIRATIONS, failures);
	return failures != 0;
}
