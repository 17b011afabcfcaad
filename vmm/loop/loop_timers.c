/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers of the event loop: a binary heap over one timerfd. */
#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop_priv.h"

uint64_t loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void heap_put(struct loop *loop, size_t index, struct loop_timer *timer)
{
	loop->heap[index] = timer;
	timer->index = index;
}

static void sift_up(struct loop *loop, size_t index)
{
	struct loop_timer *timer = loop->heap[index];

	while (index > 0) {
		size_t parent = (index - 1) / 2;

		if (loop->heap[parent]->deadline <= timer->deadline)
			break;
		heap_put(loop, index, loop->heap[parent]);
		index = parent;
	}
	heap_put(loop, index, timer);
}

static void sift_down(struct loop *loop, size_t index)
{
	struct loop_timer *timer = loop->heap[index];

	for (;;) {
		size_t child = index * 2 + 1;

		if (child >= loop->heap_count)
			break;
		if (child + 1 < loop->heap_count &&
		    loop->heap[child + 1]->deadline < loop->heap[child]->deadline)
			child++;
		if (timer->deadline <= loop->heap[child]->deadline)
			break;
		heap_put(loop, index, loop->heap[child]);
		index = child;
	}
	heap_put(loop, index, timer);
}

static void heap_remove(struct loop *loop, struct loop_timer *timer)
{
	size_t index = timer->index;
	struct loop_timer *last;

	if (index == TIMER_IDLE)
		return;
	timer->index = TIMER_IDLE;
	last = loop->heap[--loop->heap_count];
	if (last == timer)
		return;
	heap_put(loop, index, last);
	sift_up(loop, index);
	sift_down(loop, last->index);
}

static void heap_insert(struct loop *loop, struct loop_timer *timer)
{
	heap_put(loop, loop->heap_count++, timer);
	sift_up(loop, timer->index);
}

/*
 * Only ever earlier: a deadline that moved away costs one wake-up without work instead of a system call each
 * time (a timer that is set anew again and again, as the PIT's, moves away each time).
 */
static void program(struct loop *loop)
{
	struct itimerspec spec = { 0 };
	uint64_t deadline;

	if (loop->heap_count == 0)
		return;
	deadline = loop->heap[0]->deadline;
	if (deadline >= loop->programmed)
		return;
	loop->programmed = deadline;
	if (deadline == 0)
		deadline = 1; /* 0 would disarm */
	spec.it_value.tv_sec = (time_t)(deadline / 1000000000u);
	spec.it_value.tv_nsec = (long)(deadline % 1000000000u);
	timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

int loop_timer_new(struct loop *loop, loop_timer_fn fn, void *opaque, struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));
	int r = 0;

	if (!timer)
		return -ENOMEM;
	timer->loop = loop;
	timer->fn = fn;
	timer->opaque = opaque;
	timer->index = TIMER_IDLE;
	pthread_mutex_lock(&loop->lock);
	if (loop->timer_count == loop->heap_size) {
		size_t size = loop->heap_size ? loop->heap_size * 2 : 16;
		struct loop_timer **heap = realloc(loop->heap, size * sizeof(*heap));

		if (heap) {
			loop->heap = heap;
			loop->heap_size = size;
		} else {
			r = -ENOMEM;
		}
	}
	if (r == 0)
		loop->timer_count++;
	pthread_mutex_unlock(&loop->lock);
	if (r < 0) {
		free(timer);
		return r;
	}
	*ret_timer = timer;
	return 0;
}

void loop_timer_set(struct loop_timer *timer, uint64_t deadline_ns)
{
	struct loop *loop = timer->loop;

	pthread_mutex_lock(&loop->lock);
	heap_remove(loop, timer);
	/*
	 * The past comes after what is due already: who sets it again and again must not starve the others.
	 */
	timer->deadline = deadline_ns > loop->turn_time ? deadline_ns : loop->turn_time + 1;
	if (deadline_ns != LOOP_NEVER) {
		heap_insert(loop, timer);
		program(loop);
	}
	pthread_mutex_unlock(&loop->lock);
}

struct loop_timer *loop_timer_free(struct loop_timer *timer)
{
	struct loop *loop;

	if (!timer)
		return NULL;
	loop = timer->loop;
	pthread_mutex_lock(&loop->lock);
	heap_remove(loop, timer);
	loop->timer_count--;
	pthread_mutex_unlock(&loop->lock);
	free(timer);
	return NULL;
}

void loop_timers_fire(struct loop *loop)
{
	uint64_t count, now = loop_now();

	if (read(loop->timer_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	pthread_mutex_lock(&loop->lock);
	loop->programmed = LOOP_NEVER;
	loop->turn_time = now;
	while (loop->heap_count > 0 && loop->heap[0]->deadline <= now) {
		struct loop_timer *timer = loop->heap[0];
		loop_timer_fn fn = timer->fn;
		void *opaque = timer->opaque;

		heap_remove(loop, timer);
		pthread_mutex_unlock(&loop->lock);
		fn(opaque); /* may free the timer */
		pthread_mutex_lock(&loop->lock);
	}
	program(loop);
	pthread_mutex_unlock(&loop->lock);
}
