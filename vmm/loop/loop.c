/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The event loop: descriptors and calls from other threads. Timers are in loop_timers.c. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop_priv.h"

enum { EVENTS_PER_TURN = 32 };

static void wake(struct loop *loop)
{
	uint64_t one = 1;
	ssize_t n;

	do {
		n = write(loop->event_fd, &one, sizeof(one));
	} while (n < 0 && errno == EINTR);
	/* EAGAIN: the counter is full, so the loop wakes anyway. */
}

static void run_calls(struct loop *loop)
{
	struct loop_call *call, *last;
	bool is_last = false;

	pthread_mutex_lock(&loop->lock);
	/* What is queued from now on waits for the next turn, so that descriptors get theirs. */
	last = loop->calls ? (struct loop_call *)((char *)loop->calls_tail - offsetof(struct loop_call, next))
			   : NULL;
	while (!is_last && (call = loop->calls) != NULL) {
		void (*fn)(void *opaque) = call->fn;
		void *opaque = call->opaque;

		is_last = call == last;
		loop->calls = call->next;
		if (!loop->calls)
			loop->calls_tail = &loop->calls;
		call->is_queued = false;
		pthread_mutex_unlock(&loop->lock);
		fn(opaque); /* may free or queue the call again */
		pthread_mutex_lock(&loop->lock);
	}
	if (loop->calls)
		wake(loop);
	pthread_mutex_unlock(&loop->lock);
}

static void on_event_fd(void *opaque, int fd, uint32_t events)
{
	uint64_t count;
	ssize_t n = read(fd, &count, sizeof(count));

	(void)n; /* EAGAIN only: then there is nothing to do, and doing it does no harm */
	run_calls(opaque);
}

static void on_timer_fd(void *opaque, int fd, uint32_t events)
{
	loop_timers_fire(opaque);
}

static int watch_init(struct loop_watch *watch, struct loop *loop, int fd, uint32_t events, loop_fd_fn fn,
		      void *opaque)
{
	*watch = (struct loop_watch){ .loop = loop, .fd = fd, .fn = fn, .opaque = opaque };
	return loop_watch_set_events(watch, events);
}

int loop_new(struct loop **ret_loop)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	int r;

	if (!loop)
		return -ENOMEM;
	pthread_mutex_init(&loop->lock, NULL);
	loop->calls_tail = &loop->calls;
	loop->programmed = LOOP_NEVER;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r = loop->epoll_fd < 0 || loop->event_fd < 0 || loop->timer_fd < 0 ? -errno : 0;
	if (r == 0)
		r = watch_init(&loop->event_watch, loop, loop->event_fd, EPOLLIN, on_event_fd, loop);
	if (r == 0)
		r = watch_init(&loop->timer_watch, loop, loop->timer_fd, EPOLLIN, on_timer_fd, loop);
	if (r < 0) {
		loop_free(loop);
		return r;
	}
	*ret_loop = loop;
	return 0;
}

static void free_dead(struct loop *loop)
{
	while (loop->dead) {
		struct loop_watch *watch = loop->dead;

		loop->dead = watch->next_dead;
		free(watch);
	}
}

struct loop *loop_free(struct loop *loop)
{
	if (!loop)
		return NULL;
	free_dead(loop);
	if (loop->timer_fd >= 0)
		close(loop->timer_fd);
	if (loop->event_fd >= 0)
		close(loop->event_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
	pthread_mutex_destroy(&loop->lock);
	free(loop->heap);
	free(loop);
	return NULL;
}

static int turn(struct loop *loop, int timeout_ms)
{
	struct epoll_event events[EVENTS_PER_TURN];
	int n = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, timeout_ms);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < n; i++) {
		struct loop_watch *watch = events[i].data.ptr;

		if (!watch->is_dead && watch->events)
			watch->fn(watch->opaque, watch->fd, events[i].events);
	}
	free_dead(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	int r = 0;

	while (r == 0 && !atomic_load(&loop->quit))
		r = turn(loop, -1);
	atomic_store(&loop->quit, false);
	return r;
}

int loop_run_pending(struct loop *loop)
{
	return turn(loop, 0);
}

void loop_quit(struct loop *loop)
{
	atomic_store(&loop->quit, true);
	wake(loop);
}

int loop_watch_new(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *opaque,
		   struct loop_watch **ret_watch)
{
	struct loop_watch *watch = malloc(sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	r = watch_init(watch, loop, fd, events, fn, opaque);
	if (r < 0) {
		free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

int loop_watch_set_events(struct loop_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int operation;

	if (events == watch->events)
		return 0;
	if (events == 0)
		operation = EPOLL_CTL_DEL;
	else
		operation = watch->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(watch->loop->epoll_fd, operation, watch->fd, &event) < 0)
		return -errno;
	watch->events = events;
	return 0;
}

struct loop_watch *loop_watch_free(struct loop_watch *watch)
{
	if (!watch)
		return NULL;
	loop_watch_set_events(watch, 0);
	watch->is_dead = true;
	watch->next_dead = watch->loop->dead;
	watch->loop->dead = watch;
	return NULL;
}

void loop_call(struct loop *loop, struct loop_call *call)
{
	bool was_empty;

	pthread_mutex_lock(&loop->lock);
	if (call->is_queued) {
		pthread_mutex_unlock(&loop->lock);
		return;
	}
	was_empty = !loop->calls;
	call->is_queued = true;
	call->next = NULL;
	*loop->calls_tail = call;
	loop->calls_tail = &call->next;
	pthread_mutex_unlock(&loop->lock);
	if (was_empty)
		wake(loop);
}

void loop_call_cancel(struct loop *loop, struct loop_call *call)
{
	struct loop_call **link;

	pthread_mutex_lock(&loop->lock);
	for (link = &loop->calls; call->is_queued && *link; link = &(*link)->next) {
		if (*link != call)
			continue;
		*link = call->next;
		if (!*link)
			loop->calls_tail = link;
		call->is_queued = false;
		break;
	}
	pthread_mutex_unlock(&loop->lock);
}

struct sync_call {
	void (*fn)(void *opaque);
	void *opaque;
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool is_done;
};

static void run_sync_call(void *opaque)
{
	struct sync_call *sync = opaque;

	sync->fn(sync->opaque);
	pthread_mutex_lock(&sync->lock);
	sync->is_done = true;
	pthread_cond_signal(&sync->done);
	pthread_mutex_unlock(&sync->lock);
}

void loop_call_sync(struct loop *loop, void (*fn)(void *opaque), void *opaque)
{
	struct sync_call sync = { .fn = fn, .opaque = opaque };
	struct loop_call call = { .fn = run_sync_call, .opaque = &sync };

	pthread_mutex_init(&sync.lock, NULL);
	pthread_cond_init(&sync.done, NULL);
	loop_call(loop, &call);
	pthread_mutex_lock(&sync.lock);
	while (!sync.is_done)
		pthread_cond_wait(&sync.done, &sync.lock);
	pthread_mutex_unlock(&sync.lock);
	pthread_cond_destroy(&sync.done);
	pthread_mutex_destroy(&sync.lock);
}
