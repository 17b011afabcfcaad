/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic timers (TLFS, chapter 12): four a VP, against partition reference time, that end in an interrupt
 * (direct mode) or in a message to a SINT. Nothing counts: the engine is told when the next one expires.
 */
#include "core/hyperv_priv.h"

#include <string.h>

/* A shorter period would only eat the host: the guest gets fewer ticks. */
enum { PERIOD_MIN = REFERENCE_HZ / 20000, VECTOR_MIN = 16 };

static uint64_t now_of(const struct hyperv_vp *vp)
{
	return hv_reference_time(vp->hyperv->partition);
}

/* --- the next expiration ----------------------------------------------------------------------------- */

static uint64_t next_expiration(const struct hyperv_vp *vp)
{
	uint64_t next = STIMER_NEVER;

	for (unsigned i = 0; i < STIMER_COUNT; i++)
		if (vp->timers[i].expiration < next)
			next = vp->timers[i].expiration;
	return next;
}

static void arm(struct hyperv_vp *vp)
{
	struct hv_vp *target = atomic_load(&vp->vp);
	uint64_t next = next_expiration(vp);

	if (!target)
		return;
	if (next != STIMER_NEVER)
		next = reference_time_to_tsc(&vp->hyperv->clock, next);
	target->partition->ops->set_timer(target, next);
}

static uint64_t period_of(const struct stimer *timer)
{
	return timer->count < PERIOD_MIN ? PERIOD_MIN : timer->count;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - 1 - b ? UINT64_MAX - 1 : a + b;
}

static void start(struct stimer *timer, uint64_t now)
{
	timer->expiration = STIMER_NEVER;
	if (!(timer->config & STIMER_DIRECT) && STIMER_SINT(timer->config) == 0)
		timer->config &= ~STIMER_ENABLE; /* SINT 0 is for intercepts */
	if (!(timer->config & STIMER_ENABLE) || !timer->count)
		return;
	if (timer->config & STIMER_PERIODIC)
		timer->expiration = add_saturated(now, period_of(timer));
	else
		timer->expiration = timer->count == STIMER_NEVER ? STIMER_NEVER - 1 : timer->count;
}

/* --- expiry ------------------------------------------------------------------------------------------ */

/* Periods that have passed unseen are lost, whether or not the timer is lazy; the beat is kept. */
static void advance(struct stimer *timer, uint64_t now)
{
	uint64_t period = period_of(timer);

	if (!(timer->config & STIMER_PERIODIC)) {
		timer->config &= ~STIMER_ENABLE;
		timer->expiration = STIMER_NEVER;
	} else {
		timer->expiration =
		    add_saturated(timer->expiration, ((now - timer->expiration) / period + 1) * period);
	}
}

static void expire(struct hyperv_vp *vp, struct stimer *timer, uint64_t now)
{
	timer->message_expiration = timer->expiration;
	advance(timer, now);
	if (timer->config & STIMER_DIRECT) {
		synic_post_vector(vp, STIMER_VECTOR(timer->config));
	} else {
		timer->has_message = true;
		synic_deliver(vp, STIMER_SINT(timer->config));
	}
}

static void expire_due(struct hyperv_vp *vp)
{
	uint64_t now = now_of(vp);

	for (unsigned i = 0; i < STIMER_COUNT; i++)
		if (vp->timers[i].expiration <= now)
			expire(vp, &vp->timers[i], now);
	arm(vp);
}

void stimer_restart(struct hyperv_vp *vp)
{
	arm(vp);
}

void hyperv_timer_expired(struct hv_vp *vp)
{
	struct hyperv_vp *state = vp->hyperv;

	pthread_mutex_lock(&state->lock);
	expire_due(state);
	pthread_mutex_unlock(&state->lock);
}

/* --- messages ---------------------------------------------------------------------------------------- */

static bool waits_for(const struct stimer *timer, unsigned sint)
{
	return timer->has_message && STIMER_SINT(timer->config) == sint;
}

bool stimer_has_message(const struct hyperv_vp *vp, unsigned sint)
{
	for (unsigned i = 0; i < STIMER_COUNT; i++)
		if (waits_for(&vp->timers[i], sint))
			return true;
	return false;
}

static void message_fill(struct hyperv_message *message, uint32_t index, uint64_t expiration, uint64_t now)
{
	struct hyperv_timer_payload payload = { .index = index, .expiration = expiration, .delivery = now };

	memset(message, 0, sizeof(*message));
	message->type = (uint32_t)HYPERV_MESSAGE_TIMER;
	message->size = sizeof(payload);
	memcpy(message->payload, &payload, sizeof(payload));
}

bool stimer_take_message(struct hyperv_vp *vp, unsigned sint, struct hyperv_message *ret_message)
{
	for (unsigned i = 0; i < STIMER_COUNT; i++) {
		struct stimer *timer = &vp->timers[i];

		if (!waits_for(timer, sint))
			continue;
		timer->has_message = false;
		message_fill(ret_message, i, timer->message_expiration, now_of(vp));
		return true;
	}
	return false;
}

/* --- MSRs -------------------------------------------------------------------------------------------- */

static void count_write(struct stimer *timer, uint64_t value)
{
	timer->count = value;
	if (!value)
		timer->config &= ~STIMER_ENABLE;
	else if (timer->config & STIMER_AUTOENABLE)
		timer->config |= STIMER_ENABLE;
}

bool stimer_msr_write(struct hyperv_vp *vp, uint32_t index, uint64_t value)
{
	unsigned number = index - HYPERV_STIMER0_CONFIG;
	struct stimer *timer = &vp->timers[number / 2];

	timer->has_message = false;
	if (number % 2)
		count_write(timer, value);
	else
		timer->config = value & STIMER_VALID;
	start(timer, now_of(vp));
	expire_due(vp);
	return true;
}

bool stimer_msr_read(struct hyperv_vp *vp, uint32_t index, uint64_t *ret_value)
{
	unsigned number = index - HYPERV_STIMER0_CONFIG;
	const struct stimer *timer = &vp->timers[number / 2];

	*ret_value = number % 2 ? timer->count : timer->config;
	return true;
}

void stimer_reset(struct hyperv_vp *vp)
{
	for (unsigned i = 0; i < STIMER_COUNT; i++)
		vp->timers[i] = (struct stimer){ .expiration = STIMER_NEVER };
	arm(vp);
}
