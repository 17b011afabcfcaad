/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside of the event loop: loop.c has descriptors and calls, loop_timers.c the timers. */
#ifndef LOOP_LOOP_PRIV_H
#define LOOP_LOOP_PRIV_H

#include <pthread.h>
#include <stddef.h>

#include "loop.h"

struct loop_watch {
	struct loop *loop;
	int fd;
	uint32_t events;
	bool is_dead; /* freed, but perhaps still in the batch of events being worked off */
	loop_fd_fn fn;
	void *opaque;
	struct loop_watch *next_dead;
};

struct loop_timer {
	struct loop *loop;
	loop_timer_fn fn;
	void *opaque;
	uint64_t deadline;
	size_t index; /* in the heap, TIMER_IDLE when not set */
};

#define TIMER_IDLE SIZE_MAX

struct loop {
	int epoll_fd;
	int event_fd;
	int timer_fd;
	struct loop_watch event_watch, timer_watch;
	struct loop_watch *dead;
	_Atomic bool quit;

	pthread_mutex_t lock; /* what follows; never held across a callback */
	struct loop_call *calls, **calls_tail;
	struct loop_timer **heap; /* binary heap, earliest first */
	size_t heap_count;
	size_t heap_size;    /* room in the array: enough for all timers, so that setting one never fails */
	size_t timer_count;  /* timers that exist */
	uint64_t turn_time;  /* when the timers were worked off last */
	uint64_t programmed; /* what timer_fd will fire at */
};

void loop_timers_fire(struct loop *loop);

#endif
