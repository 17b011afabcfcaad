/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clock of a virtual machine over the host's clocks and an event loop. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "io_bus.h"
#include "loop/loop.h"
#include "state/state.h"
#include "vm_clock.h"

struct host_clock {
	struct vm_clock base;
	struct loop *loop;
	struct io_bus *bus;
	/* Under the bus lock: */
	struct host_timer *timers;
	int64_t behind_ns;   /* the loop's clock minus ours: how long the machine stood still in all */
	uint64_t stopped_at; /* of the loop's clock; 0: it goes */
};

struct host_timer {
	struct vm_timer base;
	struct loop_timer *timer;
	vm_timer_fn fn;
	void *opaque;
	uint64_t deadline; /* under the bus lock */
	struct host_timer *next, **place;
};

static uint64_t host_now(struct vm_clock *clock)
{
	const struct host_clock *host = (struct host_clock *)clock;

	return (host->stopped_at ? host->stopped_at : loop_now()) - (uint64_t)host->behind_ns;
}

static void arm(struct host_timer *timer)
{
	const struct host_clock *host = (struct host_clock *)timer->base.clock;
	uint64_t deadline = timer->deadline;

	if (host->stopped_at || deadline == VM_CLOCK_NEVER)
		deadline = LOOP_NEVER;
	else if (host->behind_ns < 0) /* a saved machine's clock may be ahead of a host that has just begun */
		deadline = deadline > -(uint64_t)host->behind_ns ? deadline + (uint64_t)host->behind_ns : 0;
	else if (deadline > LOOP_NEVER - (uint64_t)host->behind_ns)
		deadline = LOOP_NEVER;
	else
		deadline += (uint64_t)host->behind_ns;
	loop_timer_set(timer->timer, deadline);
}

static int64_t host_wall(struct vm_clock *clock)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/*
 * The loop may have taken this timer out just before a VP set it anew under the bus lock: then the
 * deadline tells, and the loop has the new one already.
 */
static void on_loop_timer(void *opaque)
{
	struct host_timer *timer = opaque;
	struct host_clock *host = (struct host_clock *)timer->base.clock;
	struct io_bus *bus = host->bus;

	io_bus_lock(bus);
	if (!host->stopped_at && timer->deadline <= host_now(&host->base)) {
		timer->deadline = VM_CLOCK_NEVER;
		timer->fn(timer->opaque);
	}
	io_bus_unlock(bus);
}

static int host_timer_new(struct vm_clock *clock, vm_timer_fn fn, void *opaque, struct vm_timer **ret_timer)
{
	struct host_clock *host = (struct host_clock *)clock;
	struct host_timer *timer = calloc(1, sizeof(*timer));
	int r;

	if (!timer)
		return -ENOMEM;
	timer->base.clock = clock;
	timer->fn = fn;
	timer->opaque = opaque;
	timer->deadline = VM_CLOCK_NEVER;
	r = loop_timer_new(host->loop, on_loop_timer, timer, &timer->timer);
	if (r < 0) {
		free(timer);
		return r;
	}
	io_bus_lock(host->bus);
	timer->next = host->timers;
	timer->place = &host->timers;
	if (timer->next)
		timer->next->place = &timer->next;
	host->timers = timer;
	io_bus_unlock(host->bus);
	*ret_timer = &timer->base;
	return 0;
}

static void host_timer_set(struct vm_timer *base, uint64_t deadline_ns)
{
	struct host_timer *timer = (struct host_timer *)base;

	if (timer->deadline == deadline_ns)
		return;
	timer->deadline = deadline_ns;
	arm(timer);
}

static void host_timer_free(struct vm_timer *base)
{
	struct host_timer *timer = (struct host_timer *)base;

	struct io_bus *bus = ((struct host_clock *)base->clock)->bus;

	io_bus_lock(bus);
	*timer->place = timer->next;
	if (timer->next)
		timer->next->place = timer->place;
	io_bus_unlock(bus);
	loop_timer_free(timer->timer);
	free(timer);
}

static const struct vm_clock_ops host_clock_ops = {
	.now = host_now,
	.wall = host_wall,
	.timer_new = host_timer_new,
	.timer_set = host_timer_set,
	.timer_free = host_timer_free,
};

int vm_clock_new(struct loop *loop, struct io_bus *bus, struct vm_clock **ret_clock)
{
	struct host_clock *host = calloc(1, sizeof(*host));

	if (!host)
		return -ENOMEM;
	host->base.ops = &host_clock_ops;
	host->loop = loop;
	host->bus = bus;
	*ret_clock = &host->base;
	return 0;
}

struct vm_clock *vm_clock_free(struct vm_clock *clock)
{
	free(clock);
	return NULL;
}

void vm_clock_stop(struct vm_clock *clock)
{
	struct host_clock *host = (struct host_clock *)clock;

	io_bus_lock(host->bus);
	if (!host->stopped_at)
		host->stopped_at = loop_now();
	for (struct host_timer *timer = host->timers; timer; timer = timer->next)
		arm(timer);
	io_bus_unlock(host->bus);
}

void vm_clock_go_on(struct vm_clock *clock)
{
	struct host_clock *host = (struct host_clock *)clock;

	io_bus_lock(host->bus);
	if (host->stopped_at)
		host->behind_ns += (int64_t)(loop_now() - host->stopped_at);
	host->stopped_at = 0;
	for (struct host_timer *timer = host->timers; timer; timer = timer->next)
		arm(timer);
	io_bus_unlock(host->bus);
}

void vm_clock_state(struct vm_clock *clock, struct state *state)
{
	struct host_clock *host = (struct host_clock *)clock;
	uint64_t now = host_now(clock);

	if (!state_begin(state, "clock", 1))
		return;
	state_u64(state, &now);
	state_end(state);
	if (!state_is_reading(state) || now > INT64_MAX)
		return;
	host->stopped_at = loop_now();
	host->behind_ns = (int64_t)host->stopped_at - (int64_t)now;
}
