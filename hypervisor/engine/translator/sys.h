/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls and a lock that touch no vector register: usable while the guest's are live (cpu.h). The kernel preserves them.
 */
#ifndef HV_TRANSLATOR_SYS_H
#define HV_TRANSLATOR_SYS_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>

static inline long sys_call4(long number, long a, long b, long c, long d)
{
	long result;
	register long r10 __asm__("r10") = d;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

/* Sleeps while *word == value; may wake early (signals included). */
static inline void sys_futex_wait(_Atomic uint32_t *word, uint32_t value)
{
	sys_call4(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, 0);
}

static inline void sys_futex_wake(_Atomic uint32_t *word, int count)
{
	sys_call4(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, count, 0);
}

/* A mutual-exclusion lock: 0 free, 1 taken, 2 taken with waiters. */
struct sys_lock {
	_Atomic uint32_t state;
};

static inline void sys_lock(struct sys_lock *lock)
{
	uint32_t state = 0;
	if (atomic_compare_exchange_strong(&lock->state, &state, 1))
		return;
	while (atomic_exchange(&lock->state, 2))
		sys_futex_wait(&lock->state, 2);
}

static inline void sys_unlock(struct sys_lock *lock)
{
	if (atomic_exchange(&lock->state, 0) == 2)
		sys_futex_wake(&lock->state, 1);
}

#endif
