/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC's timer (SDM 3, 11.5.4). Nothing counts: the deadline in guest TSC ticks says all, and the
 * current count is computed from it. A masked timer runs on without waking anybody.
 */
#include "core/apic_priv.h"

enum { PERIODIC_MAX_HZ = 20000 }; /* a shorter period would only eat the host */

/* a * b / c, saturated; without libgcc's 128-bit division, which the engine may not call. */
static uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t low, high, rest;

	__asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(a), "r"(b) : "cc");
	if (high >= c)
		return UINT64_MAX;
	__asm__("divq %4" : "=a"(low), "=d"(rest) : "0"(low), "1"(high), "r"(c) : "cc");
	return low;
}

static uint64_t tsc_hz(struct apic *apic)
{
	return apic->ops->tsc_hz(apic);
}

/* SDM 3, figure 11-10: bits 0, 1 and 3; 7 = by one. */
static uint64_t divisor(const struct apic *apic)
{
	uint32_t code = (apic->timer_divide & 3) | (apic->timer_divide >> 1 & 4);

	return 1ull << ((code + 1) & 7);
}

static uint64_t counts_to_ticks(struct apic *apic, uint64_t counts)
{
	return mul_div(counts * divisor(apic), tsc_hz(apic), APIC_BUS_HZ);
}

static uint64_t ticks_to_counts(struct apic *apic, uint64_t ticks)
{
	return mul_div(ticks, APIC_BUS_HZ, tsc_hz(apic)) / divisor(apic);
}

static uint32_t mode(const struct apic *apic)
{
	return apic->lvt[LVT_TIMER] & LVT_TIMER_MODE;
}

static bool is_masked(const struct apic *apic)
{
	return apic->lvt[LVT_TIMER] & LVT_MASKED;
}

static uint64_t period(struct apic *apic)
{
	uint64_t ticks = counts_to_ticks(apic, apic->timer_initial);

	return ticks ? ticks : 1;
}

/* Moves a periodic timer's deadline beyond `now`; ticks that were missed are lost, not made up for. */
static void periodic_advance(struct apic *apic, uint64_t now)
{
	uint64_t step = period(apic), deadline = apic->timer_deadline;

	if (deadline <= now)
		deadline += ((now - deadline) / step + 1) * step;
	apic->timer_deadline = deadline;
}

static void arm(struct apic *apic)
{
	uint64_t deadline = apic->timer_deadline;

	if (!deadline || is_masked(apic)) {
		apic->ops->set_timer(apic, UINT64_MAX);
		return;
	}
	if (mode(apic) == LVT_TIMER_PERIODIC) {
		uint64_t soonest = apic->ops->read_tsc(apic) + tsc_hz(apic) / PERIODIC_MAX_HZ;

		if (period(apic) < tsc_hz(apic) / PERIODIC_MAX_HZ && deadline < soonest)
			deadline = soonest;
	}
	apic->ops->set_timer(apic, deadline);
}

static void stop(struct apic *apic)
{
	apic->timer_deadline = 0;
	apic->ops->set_timer(apic, UINT64_MAX);
}

/* A deadline in the past is a timer that fires now; 0 means stopped, so never that. */
static void start(struct apic *apic, uint64_t ticks)
{
	uint64_t now = apic->ops->read_tsc(apic), deadline = now + ticks;

	if (deadline < now)
		deadline = UINT64_MAX - 1;
	apic->timer_deadline = deadline ? deadline : 1;
	arm(apic);
}

void apic_timer_reset(struct apic *apic)
{
	apic->timer_initial = 0;
	apic->timer_divide = 0;
	stop(apic);
}

void apic_timer_lvt_changed(struct apic *apic, uint32_t old_lvt)
{
	bool was_deadline = (old_lvt & LVT_TIMER_MODE) == LVT_TIMER_DEADLINE;
	bool is_deadline = mode(apic) == LVT_TIMER_DEADLINE;

	if (was_deadline != is_deadline) {
		apic->timer_initial = 0;
		stop(apic);
	} else if ((old_lvt ^ apic->lvt[LVT_TIMER]) & (LVT_MASKED | LVT_TIMER_MODE)) {
		if (apic->timer_deadline && mode(apic) == LVT_TIMER_PERIODIC)
			periodic_advance(apic, apic->ops->read_tsc(apic));
		else if (apic->timer_deadline && (old_lvt & LVT_MASKED) && !is_deadline &&
			 apic->timer_deadline <= apic->ops->read_tsc(apic))
			apic->timer_deadline = 0; /* reached 0 while it was masked: that interrupt is lost */
		arm(apic);
	}
}

void apic_timer_set_initial(struct apic *apic, uint32_t count)
{
	if (mode(apic) == LVT_TIMER_DEADLINE)
		return;
	apic->timer_initial = count;
	if (count)
		start(apic, counts_to_ticks(apic, count));
	else
		stop(apic);
}

static uint64_t ticks_left(struct apic *apic)
{
	uint64_t now = apic->ops->read_tsc(apic);

	if (mode(apic) == LVT_TIMER_PERIODIC && apic->timer_deadline <= now)
		return period(apic) - (now - apic->timer_deadline) % period(apic);
	return apic->timer_deadline > now ? apic->timer_deadline - now : 0;
}

uint32_t apic_timer_current(struct apic *apic)
{
	uint64_t count;

	if (!apic->timer_deadline || mode(apic) == LVT_TIMER_DEADLINE)
		return 0;
	count = ticks_to_counts(apic, ticks_left(apic));
	return count > apic->timer_initial ? apic->timer_initial : (uint32_t)count;
}

/* A running count goes on from where it is, at the new pace. */
void apic_timer_set_divide(struct apic *apic, uint32_t divide)
{
	uint32_t count = apic_timer_current(apic);

	if (divide == apic->timer_divide)
		return;
	apic->timer_divide = divide;
	if (apic->timer_deadline && mode(apic) != LVT_TIMER_DEADLINE)
		start(apic, counts_to_ticks(apic, count));
}

uint64_t apic_timer_get_deadline(const struct apic *apic)
{
	return mode(apic) == LVT_TIMER_DEADLINE ? apic->timer_deadline : 0;
}

void apic_timer_set_deadline(struct apic *apic, uint64_t deadline)
{
	if (mode(apic) != LVT_TIMER_DEADLINE)
		return;
	apic->timer_deadline = deadline;
	arm(apic);
}

void apic_timer_restore(struct apic *apic, uint32_t count, uint64_t deadline)
{
	if (mode(apic) == LVT_TIMER_DEADLINE)
		apic_timer_set_deadline(apic, deadline);
	else if (count)
		start(apic, counts_to_ticks(apic, count));
	else
		stop(apic);
}

void apic_timer_expired(struct apic *apic)
{
	uint64_t now = apic->ops->read_tsc(apic);

	if (!apic->timer_deadline || is_masked(apic))
		return;
	if (now < apic->timer_deadline) {
		arm(apic);
		return;
	}
	if (mode(apic) == LVT_TIMER_PERIODIC) {
		periodic_advance(apic, now);
		arm(apic);
	} else {
		apic->timer_deadline = 0;
	}
	if ((apic->lvt[LVT_TIMER] & 0xff) < VECTOR_MIN)
		apic_error(apic, ESR_RECEIVE_ILLEGAL_VECTOR);
	else
		apic_post_vector(apic, (uint8_t)apic->lvt[LVT_TIMER], false);
}

void apic_tsc_jumped(struct apic *apic, uint64_t delta)
{
	if (!apic->timer_deadline)
		return;
	if (mode(apic) != LVT_TIMER_DEADLINE) {
		apic->timer_deadline += delta;
		if (!apic->timer_deadline)
			apic->timer_deadline = 1;
	}
	arm(apic);
}
