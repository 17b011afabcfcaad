/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>

#include "fake.h"

int failures;

struct fake_timer {
	struct vm_timer base;
	vm_timer_fn fn;
	void *opaque;
	uint64_t deadline;
};

void expect(uint64_t got, uint64_t wanted, const char *what, const char *file, int line)
{
	if (got == wanted)
		return;
	failures++;
	if (failures <= 50)
		printf("%s:%d: %s is 0x%llx (%llu), not 0x%llx (%llu)\n", file, line, what,
		       (unsigned long long)got, (unsigned long long)got, (unsigned long long)wanted,
		       (unsigned long long)wanted);
}

int finish(const char *name)
{
	if (failures)
		printf("%s: %d checks failed\n", name, failures);
	return failures ? 1 : 0;
}

static uint64_t fake_now(struct vm_clock *clock)
{
	return ((struct fake_clock *)clock)->now;
}

static int64_t fake_wall(struct vm_clock *clock)
{
	struct fake_clock *fake = (struct fake_clock *)clock;

	return (int64_t)fake->now + fake->wall_minus_now;
}

static int fake_timer_new(struct vm_clock *clock, vm_timer_fn fn, void *opaque, struct vm_timer **ret_timer)
{
	struct fake_clock *fake = (struct fake_clock *)clock;
	struct fake_timer *timer = calloc(1, sizeof(*timer));

	if (!timer || fake->timer_count == FAKE_MAX_TIMERS)
		abort();
	timer->base.clock = clock;
	timer->fn = fn;
	timer->opaque = opaque;
	timer->deadline = VM_CLOCK_NEVER;
	fake->timers[fake->timer_count++] = timer;
	*ret_timer = &timer->base;
	return 0;
}

static void fake_timer_set(struct vm_timer *base, uint64_t deadline_ns)
{
	((struct fake_timer *)base)->deadline = deadline_ns;
}

static void fake_timer_free(struct vm_timer *base)
{
	struct fake_clock *fake = (struct fake_clock *)base->clock;

	for (unsigned i = 0; i < fake->timer_count; i++)
		if (&fake->timers[i]->base == base)
			fake->timers[i] = fake->timers[--fake->timer_count];
	free(base);
}

static const struct vm_clock_ops fake_clock_ops = {
	.now = fake_now,
	.wall = fake_wall,
	.timer_new = fake_timer_new,
	.timer_set = fake_timer_set,
	.timer_free = fake_timer_free,
};

void fake_clock_init(struct fake_clock *clock)
{
	/* Neither starts at 0, so that a missing subtraction shows. */
	*clock = (struct fake_clock){ .base.ops = &fake_clock_ops, .now = 1000 * NS_PER_SECOND };
	clock->wall_minus_now = 1700000000ll * 1000000000 - (int64_t)clock->now;
}

static struct fake_timer *earliest(const struct fake_clock *clock)
{
	struct fake_timer *best = NULL;

	for (unsigned i = 0; i < clock->timer_count; i++)
		if (clock->timers[i]->deadline != VM_CLOCK_NEVER &&
		    (!best || clock->timers[i]->deadline < best->deadline))
			best = clock->timers[i];
	return best;
}

static void run_timers(struct fake_clock *clock, uint64_t until)
{
	struct fake_timer *timer;
	unsigned limit = 1000000;

	while ((timer = earliest(clock)) != NULL && timer->deadline <= until) {
		if (limit-- == 0) {
			printf("timers fire for ever at %llu\n", (unsigned long long)clock->now);
			abort();
		}
		if (timer->deadline > clock->now)
			clock->now = timer->deadline;
		timer->deadline = VM_CLOCK_NEVER;
		clock->fired++;
		timer->fn(timer->opaque);
	}
}

void fake_clock_advance(struct fake_clock *clock, uint64_t ns)
{
	uint64_t until = clock->now + ns;

	run_timers(clock, until);
	clock->now = until;
}

void fake_clock_jump(struct fake_clock *clock, uint64_t ns)
{
	clock->now += ns;
	run_timers(clock, clock->now);
}

bool fake_clock_is_idle(const struct fake_clock *clock)
{
	return !earliest(clock);
}

static void set_fake_irq(void *opaque, unsigned input, bool level)
{
	struct fake_irq *irq = opaque;

	irq->rises += level && !irq->level;
	irq->level = level;
}

struct irq_line fake_irq_line(struct fake_irq *irq)
{
	return (struct irq_line){ .set = set_fake_irq, .opaque = irq };
}
