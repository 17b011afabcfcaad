/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several processors: atomics, fences, TLB shoot-down, the same work on all; see guest_test.c. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "guest_test.h"

enum { THREADS = 4, ROUNDS = 40000 };
static _Atomic uint64_t counter_add, counter_cas;
static uint64_t counter_locked;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t bits[64];

static void *count_thread(void *argument)
{
	unsigned self = (unsigned)(uintptr_t)argument;

	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t old = atomic_load(&counter_cas);

		atomic_fetch_add(&counter_add, 1);
		while (!atomic_compare_exchange_weak(&counter_cas, &old, old + 1))
			;
		__asm__ volatile("lock btsl %1, %0" : "+m"(*(uint32_t *)bits) : "r"(self) : "cc");
		__asm__ volatile("lock btrl %1, %0" : "+m"(*(uint32_t *)bits) : "r"(self) : "cc");
		if (i % 16 == 0) {
			pthread_mutex_lock(&lock);
			counter_locked++;
			pthread_mutex_unlock(&lock);
		}
	}
	return NULL;
}

static int test_atomics(void)
{
	pthread_t threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_thread, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (counter_add != THREADS * ROUNDS || counter_cas != THREADS * ROUNDS ||
	    counter_locked != THREADS * ROUNDS / 16)
		return fail("add %lu cas %lu mutex %lu", counter_add, counter_cas, counter_locked);
	return bits[0] ? fail("bits %#x", bits[0]) : PASS;
}

/* Store buffering (SDM volume 3, 8.2.3.4): with mfence between, both loads never see the old values. */
static _Atomic int sb_x, sb_y, sb_go;
static int sb_r1;

static void *store_buffer_thread(void *argument)
{
	(void)argument;
	for (int round = 1; round <= 3000; round++) {
		while (atomic_load(&sb_go) < round)
			sched_yield();
		atomic_store_explicit(&sb_x, round, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		sb_r1 = atomic_load_explicit(&sb_y, memory_order_relaxed);
		atomic_store(&sb_go, -round);
	}
	return NULL;
}

static int test_fences(void)
{
	pthread_t thread;
	int bad = 0;

	pthread_create(&thread, NULL, store_buffer_thread, NULL);
	for (int round = 1; round <= 3000; round++) {
		atomic_store(&sb_go, round);
		atomic_store_explicit(&sb_y, round, memory_order_relaxed);
		atomic_thread_fence(memory_order_seq_cst);
		int r2 = atomic_load_explicit(&sb_x, memory_order_relaxed);

		while (atomic_load(&sb_go) != -round)
			sched_yield();
		bad += sb_r1 != round && r2 != round;
	}
	pthread_join(thread, NULL);
	return bad ? fail("%d rounds reordered", bad) : PASS;
}

/* munmap and mprotect reach the other processors (TLB shoot-down). */
static void *volatile shoot_page;
static _Atomic int shoot_stop;

static void *shoot_thread(void *argument)
{
	(void)argument;
	while (!atomic_load(&shoot_stop)) {
		volatile uint32_t *p = shoot_page;
		uint32_t value = *p;

		if (value != 0x600d && value != 0)
			return (void *)(uintptr_t)value;
	}
	return NULL;
}

static int test_shootdown(void)
{
	pthread_t thread;
	void *result;

	shoot_page = pages(1, PROT_READ | PROT_WRITE);
	*(uint32_t *)shoot_page = 0x600d;
	pthread_create(&thread, NULL, shoot_thread, NULL);
	for (int round = 0; round < 200; round++) {
		/* move the page elsewhere and put a fresh one in its place, then dirty the moved one */
		uint32_t *moved =
		    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		moved[0] = 0x600d;
		if (mremap(moved, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, shoot_page) == MAP_FAILED)
			return fail("mremap: %s", strerror(errno));
		uint32_t *spoiled =
		    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		spoiled[0] = 0xbad;
		munmap(spoiled, 4096);
	}
	atomic_store(&shoot_stop, 1);
	pthread_join(thread, &result);
	return result ? fail("a stale page was read: %p", result) : PASS;
}

/* All processors at once: busy work on each, every result checked. */
static void *busy_thread(void *argument)
{
	uint64_t x = 88172645463325252ull, sum = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((int)(uintptr_t)argument, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return (void *)1;
	for (int i = 0; i < 2000000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sum += x;
	}
	return (void *)(uintptr_t)(sum != 0xb8b2104747db859a);
}

static int test_processors(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[64];
	void *result, *bad = NULL;

	for (long i = 0; i < count && i < 64; i++)
		pthread_create(&threads[i], NULL, busy_thread, (void *)i);
	for (long i = 0; i < count && i < 64; i++) {
		pthread_join(threads[i], &result);
		bad = result ? result : bad;
	}
	return bad ? fail("a processor computed something else") : PASS;
}

const struct guest_test smp_tests[] = {
	{ "atomics", test_atomics },
	{ "fences", test_fences },
	{ "shootdown", test_shootdown },
	{ "processors", test_processors },
	{ NULL, NULL },
};
