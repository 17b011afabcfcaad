/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: descriptors, timers, calls, other threads, and that it sleeps when there is nothing to do.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "loop/loop.h"

static int failures;
static struct loop *loop;

static void check(bool ok, const char *what, int line)
{
	if (ok)
		return;
	failures++;
	printf("%s:%d: not true: %s\n", __FILE__, line, what);
}
#define CHECK(expression) check(expression, #expression, __LINE__)

enum { MS = 1000000 };

static void quit(void *opaque)
{
	loop_quit(loop);
}

/* Runs the loop for so long. */
static void run_for(uint64_t ns)
{
	struct loop_timer *timer;

	CHECK(loop_timer_new(loop, quit, NULL, &timer) == 0);
	loop_timer_set(timer, loop_now() + ns);
	CHECK(loop_run(loop) == 0);
	loop_timer_free(timer);
}

static unsigned reads;
static struct loop_watch *watches[2];

static void on_readable(void *opaque, int fd, uint32_t events)
{
	char byte;

	reads++;
	CHECK(events & EPOLLIN);
	CHECK(read(fd, &byte, 1) == 1);
}

static void on_readable_free_both(void *opaque, int fd, uint32_t events)
{
	reads++;
	watches[0] = loop_watch_free(watches[0]);
	watches[1] = loop_watch_free(watches[1]);
}

static void test_watches(void)
{
	int a[2], b[2], file = open("/proc/self/exe", O_RDONLY);

	CHECK(pipe(a) == 0 && pipe(b) == 0);
	CHECK(loop_watch_new(loop, a[0], EPOLLIN, on_readable, NULL, &watches[0]) == 0);
	CHECK(loop_watch_new(loop, file, EPOLLIN, on_readable, NULL, &watches[1]) == -EPERM);
	CHECK(write(a[1], "xyz", 3) == 3);
	run_for(10 * MS);
	CHECK(reads == 3);
	CHECK(loop_watch_set_events(watches[0], 0) == 0);
	CHECK(write(a[1], "z", 1) == 1);
	run_for(10 * MS);
	CHECK(reads == 3);
	CHECK(loop_watch_set_events(watches[0], EPOLLIN) == 0);
	run_for(10 * MS);
	CHECK(reads == 4);
	watches[0] = loop_watch_free(watches[0]);

	/* both are ready; the first callback frees both: the second must not come */
	reads = 0;
	CHECK(loop_watch_new(loop, a[0], EPOLLIN, on_readable_free_both, NULL, &watches[0]) == 0);
	CHECK(loop_watch_new(loop, b[0], EPOLLIN, on_readable_free_both, NULL, &watches[1]) == 0);
	CHECK(write(a[1], "a", 1) == 1 && write(b[1], "b", 1) == 1);
	run_for(10 * MS);
	CHECK(reads == 1);
	close(file);
	close(a[0]), close(a[1]), close(b[0]), close(b[1]);
}

enum { TIMERS = 200 };
static struct loop_timer *timers[TIMERS];
static uint64_t deadlines[TIMERS], last_deadline;
static unsigned fired;

static void on_timer(void *opaque)
{
	uint64_t deadline = *(uint64_t *)opaque;

	fired++;
	CHECK(loop_now() >= deadline);
	CHECK(deadline >= last_deadline); /* in order */
	last_deadline = deadline;
}

static void test_timers(void)
{
	uint64_t begin = loop_now() + 20 * MS;
	unsigned wanted = 0;

	for (unsigned i = 0; i < TIMERS; i++) {
		CHECK(loop_timer_new(loop, on_timer, &deadlines[i], &timers[i]) == 0);
		loop_timer_set(timers[i], begin + (uint64_t)(rand() % 1000) * 1000); /* replaced below */
		deadlines[i] = begin + (uint64_t)(rand() % 100) * MS / 2;
		loop_timer_set(timers[i], deadlines[i]);
		if (i % 7 == 0)
			loop_timer_set(timers[i], LOOP_NEVER);
		else
			wanted++;
	}
	for (unsigned i = 3; i < TIMERS; i += 50) {
		wanted -= i % 7 != 0;
		timers[i] = loop_timer_free(timers[i]);
	}
	run_for(100 * MS);
	CHECK(fired == wanted);
	for (unsigned i = 0; i < TIMERS; i++)
		loop_timer_free(timers[i]);
}

static struct loop_timer *busy;
static unsigned busy_fired;

static void on_busy(void *opaque)
{
	busy_fired++;
	loop_timer_set(busy, 0); /* the past, for ever: the others must still get their turn */
}

static void test_fairness(void)
{
	CHECK(loop_timer_new(loop, on_busy, NULL, &busy) == 0);
	loop_timer_set(busy, 0);
	run_for(5 * MS);
	CHECK(busy_fired > 0);
	loop_timer_free(busy);
}

static atomic_uint calls;
static unsigned sync_calls;

static void on_call(void *opaque)
{
	atomic_fetch_add(&calls, 1);
}

static void on_sync_call(void *opaque)
{
	sync_calls++;
}

static void on_call_cancel(void *opaque)
{
	loop_call_cancel(loop, opaque);
}

static void test_calls(void)
{
	struct loop_call second = { .fn = on_call };
	struct loop_call first = { .fn = on_call_cancel, .opaque = &second };
	struct loop_call third = { .fn = on_call };

	loop_call(loop, &third);
	loop_call(loop, &third);
	loop_call(loop, &third);
	run_for(5 * MS);
	CHECK(calls == 1);
	calls = 0;
	loop_call(loop, &first);
	loop_call(loop, &second); /* the first takes it away */
	loop_call(loop, &third);
	run_for(5 * MS);
	CHECK(calls == 1);
	loop_call_cancel(loop, &third);
}

static struct loop_timer *far;
static unsigned threads_left;

static void on_thread_end(void *opaque)
{
	if (--threads_left == 0)
		loop_quit(loop);
}

static void *other_thread(void *opaque)
{
	struct loop_call *call = opaque;

	for (unsigned i = 0; i < 2000; i++) {
		loop_call(loop, call);
		loop_timer_set(far, loop_now() + (uint64_t)(i % 100 + 1) * MS);
		if (i % 100 == 0)
			loop_call_sync(loop, on_sync_call, NULL);
	}
	loop_call_sync(loop, on_thread_end, NULL);
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[2];
	struct loop_call each[2] = { { .fn = on_call }, { .fn = on_call } };
	unsigned before = sync_calls;

	calls = 0;
	CHECK(loop_timer_new(loop, on_sync_call, NULL, &far) == 0);
	threads_left = 2;
	pthread_create(&threads[0], NULL, other_thread, &each[0]);
	pthread_create(&threads[1], NULL, other_thread, &each[1]);
	CHECK(loop_run(loop) == 0);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	CHECK(calls >= 2 && calls <= 4000);
	CHECK(sync_calls - before >= 40);
	loop_timer_free(far);
}

static void *wake_late(void *opaque)
{
	struct timespec pause = { .tv_nsec = 50 * MS };

	nanosleep(&pause, NULL);
	loop_timer_set(opaque,
		       loop_now()); /* from another thread, while the loop sleeps without a deadline */
	return NULL;
}

static void test_idle(void)
{
	struct loop_timer *timer;
	struct rusage before, after;
	pthread_t thread;

	CHECK(loop_timer_new(loop, quit, NULL, &timer) == 0);
	loop_timer_set(timer, loop_now() + 3600ull * 1000 * MS);
	loop_timer_set(timer, LOOP_NEVER);
	CHECK(loop_run_pending(loop) == 0);
	pthread_create(&thread, NULL, wake_late, timer);
	getrusage(RUSAGE_THREAD, &before);
	CHECK(loop_run(loop) == 0);
	getrusage(RUSAGE_THREAD, &after);
	CHECK(after.ru_nvcsw - before.ru_nvcsw <= 3);
	pthread_join(thread, NULL);
	loop_timer_free(timer);
	loop_quit(loop); /* a quit that comes before */
	CHECK(loop_run(loop) == 0);
}

int main(void)
{
	CHECK(loop_new(&loop) == 0);
	test_watches();
	test_timers();
	test_fairness();
	test_calls();
	test_threads();
	test_idle();
	loop = loop_free(loop);
	if (failures)
		printf("loop: %d checks failed\n", failures);
	return failures ? 1 : 0;
}
