/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving: the device thread stands still, and the main thread reads and writes what is its own. */
#include "worker/synthetic_priv.h"

#include "state/state.h"
#include "vmbus/vmbus.h"

#include <errno.h>

#define HOLD_NS	     30000000000u /* for what is under way when a machine is to be saved */
#define HOLD_STEP_NS 1000000u

static void released(struct synthetic *synthetic)
{
	vmbus_hold(synthetic->bus, false);
	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++)
		if (synthetic->made[i] && synthetic_parts[i]->released)
			synthetic_parts[i]->released(synthetic->made[i]);
}

/* Here it stands, while the main thread reads what is the device thread's. */
static void stand_still(struct synthetic *synthetic)
{
	bool is_for_stop;

	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_held = synthetic->is_hold_wanted;
	pthread_mutex_unlock(&synthetic->lock);
	loop_call(synthetic->main_loop, &synthetic->held_call);
	pthread_mutex_lock(&synthetic->lock);
	while (synthetic->is_hold_wanted)
		pthread_cond_wait(&synthetic->changed, &synthetic->lock);
	synthetic->is_held = false;
	is_for_stop = synthetic->is_hold_for_stop;
	pthread_mutex_unlock(&synthetic->lock);
	if (!is_for_stop)
		released(synthetic);
}

static int quiesce(struct synthetic *synthetic)
{
	int all = vmbus_is_quiet(synthetic->bus);

	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++) {
		int r = synthetic->made[i] && synthetic_parts[i]->quiesce
			    ? synthetic_parts[i]->quiesce(synthetic->made[i])
			    : 1;

		if (r < 0)
			return r;
		all &= r;
	}
	return all;
}

static void give_up_hold(struct synthetic *synthetic, const char *error)
{
	synthetic->hold_error = error;
	released(synthetic);
	loop_call(synthetic->main_loop, &synthetic->held_call);
}

void synthetic_on_hold_timer(void *opaque)
{
	struct synthetic *synthetic = opaque;
	bool is_wanted;
	int r;

	pthread_mutex_lock(&synthetic->lock);
	is_wanted = synthetic->is_hold_wanted;
	pthread_mutex_unlock(&synthetic->lock);
	if (!is_wanted) { /* given up meanwhile */
		released(synthetic);
		return;
	}
	r = synthetic->partition ? quiesce(synthetic) : -ENODEV;
	if (r > 0)
		stand_still(synthetic);
	else if (r < 0)
		give_up_hold(synthetic, "a disk image cannot be flushed; look at its disk");
	else if (loop_now() > synthetic->hold_until)
		give_up_hold(synthetic, "a disk does not answer; look at its storage");
	else
		loop_timer_set(synthetic->hold_timer, loop_now() + HOLD_STEP_NS);
}

void synthetic_begin_hold(void *opaque)
{
	struct synthetic *synthetic = opaque;

	vmbus_hold(synthetic->bus, true);
	synthetic->hold_until = loop_now() + HOLD_NS;
	synthetic_on_hold_timer(synthetic);
}

/* The main thread. */
void synthetic_on_held(void *opaque)
{
	struct synthetic *synthetic = opaque;
	void (*held)(void *opaque, const char *error) = synthetic->on_held;

	synthetic->on_held = NULL;
	if (held)
		held(synthetic->held_opaque, synthetic->hold_error);
}

void synthetic_hold(struct synthetic *synthetic, bool lends, void (*held)(void *opaque, const char *error),
		    void *opaque)
{
	synthetic->on_held = held;
	synthetic->held_opaque = opaque;
	synthetic->hold_error = NULL;
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_hold_wanted = true;
	synthetic->is_hold_for_stop = false;
	synthetic->lends = lends;
	pthread_mutex_unlock(&synthetic->lock);
	loop_call(synthetic->loop, &synthetic->hold_call);
}

static void release(struct synthetic *synthetic, bool is_for_stop)
{
	synthetic->on_held = NULL;
	pthread_mutex_lock(&synthetic->lock);
	synthetic->is_hold_wanted = false;
	synthetic->is_hold_for_stop = is_for_stop;
	pthread_cond_broadcast(&synthetic->changed);
	pthread_mutex_unlock(&synthetic->lock);
}

void synthetic_release(struct synthetic *synthetic)
{
	release(synthetic, false);
}

void synthetic_release_to_stop(struct synthetic *synthetic)
{
	release(synthetic, true);
}

static void go_on(void *opaque)
{
	released(opaque);
}

void synthetic_go_on(struct synthetic *synthetic)
{
	loop_call_sync(synthetic->loop, go_on, synthetic);
}

bool synthetic_lends(const struct synthetic *synthetic)
{
	return synthetic->lends;
}

static void take_back(void *opaque)
{
	struct synthetic *synthetic = opaque;

	vmbus_batch_begin(synthetic->bus);
	vmbus_state(synthetic->bus, synthetic->state);
	vmbus_batch_end(synthetic->bus);
}

void synthetic_state(struct synthetic *synthetic, struct state *state)
{
	if (!state_is_reading(state)) {
		vmbus_state(synthetic->bus, state);
		return;
	}
	synthetic->state = state;
	loop_call_sync(synthetic->loop, take_back, synthetic);
}

void synthetic_memory_areas(struct synthetic *synthetic,
			    void (*fn)(void *opaque, const char *name, void *host, uint64_t size),
			    void *opaque)
{
	for (unsigned i = 0; i < SYNTHETIC_PARTS; i++) {
		uint64_t size;
		void *host = synthetic->made[i] && synthetic_parts[i]->memory
				 ? synthetic_parts[i]->memory(synthetic->made[i], &size)
				 : NULL;

		if (host)
			fn(opaque, synthetic_parts[i]->memory_name, host, size);
	}
}
