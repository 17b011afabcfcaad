/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of a machine thread: descriptors, timers, calls from other threads.
 *
 * Purpose    One loop belongs to one thread, which sits in loop_run(). It sleeps in epoll_wait()
 *            without a timeout: an idle loop never wakes up.
 * Threads    Any thread: loop_call(), loop_call_sync(), loop_timer_set(), loop_quit(), loop_now().
 *            All else: the thread that runs the loop, or any thread while none runs it. Callbacks
 *            come on the loop's thread, with no lock of the loop held; they may add, change and free
 *            everything, themselves included.
 * Ownership  Free watches and timers before their loop. struct loop_call is the caller's and stays
 *            valid while it is queued.
 * Limits     What epoll and the descriptor limit allow; timers as memory allows.
 * Errors     Negative errno.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;

#define LOOP_NEVER UINT64_MAX

int loop_new(struct loop **ret_loop);
struct loop *loop_free(struct loop *loop); /* NULL is fine; returns NULL */

/* Runs callbacks until loop_quit(). 0, or the error of epoll_wait(). A quit that came before makes it return
 * at once. */
int loop_run(struct loop *loop);
/* What is due now, without waiting (loop_run() is this in a circle, with waiting). */
int loop_run_pending(struct loop *loop);
void loop_quit(struct loop *loop);

/* CLOCK_MONOTONIC in ns: the time that deadlines are measured by. */
uint64_t loop_now(void);

/* --- descriptors: `events` are EPOLLIN and EPOLLOUT (level-triggered); EPOLLERR and EPOLLHUP always come --- */

typedef void (*loop_fd_fn)(void *opaque, int fd, uint32_t events);
/* The descriptor stays the caller's; close it after loop_watch_free(). -EPERM for a regular file, which is
 * always ready. */
int loop_watch_new(struct loop *loop, int fd, uint32_t events, loop_fd_fn fn, void *opaque,
		   struct loop_watch **ret_watch);
/* 0 silences the watch fully (even EPOLLHUP, which would otherwise spin). */
int loop_watch_set_events(struct loop_watch *watch, uint32_t events);
struct loop_watch *loop_watch_free(struct loop_watch *watch);

/* --- timers: one-shot -------------------------------------------------------------------------------- */

typedef void (*loop_timer_fn)(void *opaque);
int loop_timer_new(struct loop *loop, loop_timer_fn fn, void *opaque, struct loop_timer **ret_timer);
/* Replaces the deadline (absolute, loop_now() time; the past = as soon as possible; LOOP_NEVER = stop). When
   set from another thread, a callback of the old deadline may be under way. */
void loop_timer_set(struct loop_timer *timer, uint64_t deadline_ns);
struct loop_timer *loop_timer_free(struct loop_timer *timer);

/* --- calls from other threads ------------------------------------------------------------------------ */

struct loop_call {
	void (*fn)(void *opaque);
	void *opaque;
	struct loop_call *next; /* private */
	bool is_queued;		/* private */
};

/* Runs call->fn on the loop's thread soon; nothing happens when it is queued already. Never fails, never
 * blocks. */
void loop_call(struct loop *loop, struct loop_call *call);
/* Takes it out of the queue. On the loop's thread: it will not run afterwards. */
void loop_call_cancel(struct loop *loop, struct loop_call *call);
/* Runs fn on the loop's thread and waits until it has returned. Not on the loop's own thread; the loop must
 * be running. */
void loop_call_sync(struct loop *loop, void (*fn)(void *opaque), void *opaque);

#endif
