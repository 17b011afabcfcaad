/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of a virtual machine: what its chips call "now", and their timers.
 *
 * Purpose    One source of time for PIT, RTC, PM timer and the others; tests put a clock of their own
 *            behind the table.
 * Time       vm_clock_now(): ns, monotonic, with the bus lock held. vm_clock_wall(): ns since 1970-01-01 UTC.
 * Threads    The clock made by vm_clock_new() calls a timer's function on the loop's thread with the
 *            bus lock held. All vm_timer_*() want the bus lock held; a timer that was set anew under
 *            the lock never fires for its old deadline. vm_timer_free(): on the loop's thread, or
 *            while the loop does not run; without the bus lock.
 */
#ifndef CHIPSET_VM_CLOCK_H
#define CHIPSET_VM_CLOCK_H

#include <stdint.h>

struct io_bus;
struct loop;
struct state;
struct vm_clock;
struct vm_timer;

#define VM_CLOCK_NEVER UINT64_MAX
#define NS_PER_SECOND  1000000000ull

typedef void (*vm_timer_fn)(void *opaque);

struct vm_clock_ops {
	uint64_t (*now)(struct vm_clock *clock);
	int64_t (*wall)(struct vm_clock *clock);
	int (*timer_new)(struct vm_clock *clock, vm_timer_fn fn, void *opaque, struct vm_timer **ret_timer);
	void (*timer_set)(struct vm_timer *timer, uint64_t deadline_ns);
	void (*timer_free)(struct vm_timer *timer);
};

/* The heads of an implementation's own structs. */
struct vm_clock {
	const struct vm_clock_ops *ops;
};
struct vm_timer {
	struct vm_clock *clock;
};

/* The host's clocks, with timers on `loop`; `bus` gives the lock. */
int vm_clock_new(struct loop *loop, struct io_bus *bus, struct vm_clock **ret_clock);
struct vm_clock *vm_clock_free(struct vm_clock *clock);
/*
 * The machine stands still, and goes on as if no time had passed: now() stays, and no timer fires meanwhile;
 * wall() is the host's at all times. Of a clock from vm_clock_new(), on the loop's thread, without the bus
 * lock. Twice is once.
 */
void vm_clock_stop(struct vm_clock *clock);
void vm_clock_go_on(struct vm_clock *clock);
/* Of a clock that stands still, under the bus lock. Taken back, it stands at the time that was saved; before all that has timers. */
void vm_clock_state(struct vm_clock *clock, struct state *state);

static inline uint64_t vm_clock_now(struct vm_clock *clock)
{
	return clock->ops->now(clock);
}

static inline int64_t vm_clock_wall(struct vm_clock *clock)
{
	return clock->ops->wall(clock);
}

static inline int vm_timer_new(struct vm_clock *clock, vm_timer_fn fn, void *opaque,
			       struct vm_timer **ret_timer)
{
	return clock->ops->timer_new(clock, fn, opaque, ret_timer);
}

/* One-shot at an absolute time; the past = soon; VM_CLOCK_NEVER = stop. */
static inline void vm_timer_set(struct vm_timer *timer, uint64_t deadline_ns)
{
	timer->clock->ops->timer_set(timer, deadline_ns);
}

static inline struct vm_timer *vm_timer_free(struct vm_timer *timer)
{
	if (timer)
		timer->clock->ops->timer_free(timer);
	return (struct vm_timer *)0;
}

/* value * mul / div without overflow in between. */
static inline uint64_t vm_clock_scale(uint64_t value, uint64_t mul, uint64_t div)
{
	return (uint64_t)((unsigned __int128)value * mul / div);
}

#endif
