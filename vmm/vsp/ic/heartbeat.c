/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/heartbeat.h"
#include "vsp/ic/ic.h"

#include "loop/loop.h"
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_NS 2000000000u

/* A translated guest under load may be slow; Hyper-V has the same order of patience. */
enum { MISSES_MAX = 6 };

struct heartbeat {
	struct ic ic;
	struct loop_timer *timer;
	uint64_t sequence;
	unsigned misses;
	enum heartbeat_state state;
	void (*on_state)(void *opaque, enum heartbeat_state state);
	void *opaque;
};

static void set_state(struct heartbeat *heartbeat, enum heartbeat_state state)
{
	if (heartbeat->state == state)
		return;
	heartbeat->state = state;
	heartbeat->on_state(heartbeat->opaque, state);
}

static void ask(struct heartbeat *heartbeat)
{
	struct ic_heartbeat body = { .sequence = heartbeat->sequence };

	if (ic_request(&heartbeat->ic, &body, sizeof(body)) == -EBUSY && ++heartbeat->misses >= MISSES_MAX)
		set_state(heartbeat, HEARTBEAT_LOST);
	loop_timer_set(heartbeat->timer, loop_now() + PERIOD_NS);
}

static void on_timer(void *opaque)
{
	ask(opaque);
}

static void on_ready(void *opaque, struct ic_version version)
{
	struct heartbeat *heartbeat = opaque;

	heartbeat->misses = 0;
	ask(heartbeat);
}

static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct heartbeat *heartbeat = opaque;
	struct ic_heartbeat answer;

	memcpy(&answer, body, sizeof(answer));
	heartbeat->sequence = answer.sequence == heartbeat->sequence + 1 ? answer.sequence + 1 : 0;
	heartbeat->misses = 0;
	set_state(heartbeat, HEARTBEAT_OK);
}

static void on_gone(void *opaque)
{
	struct heartbeat *heartbeat = opaque;

	loop_timer_set(heartbeat->timer, LOOP_NEVER);
	set_state(heartbeat, HEARTBEAT_NONE);
}

static void sequence_state(void *opaque, struct state *state)
{
	struct heartbeat *heartbeat = opaque;

	state_u64(state, &heartbeat->sequence);
}

static const struct ic_service service = {
	.type = IC_HEARTBEAT,
	.type_guid = "57164f39-9115-4e78-ab55-382f3bd5422d",
	.instance_guid = "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0",
	.framework = { { 3, 0 }, { 1, 0 } },
	.message = { { 3, 0 }, { 1, 0 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
	.state = sequence_state,
};

int heartbeat_new(struct vmbus *bus, struct loop *loop,
		  void (*on_state)(void *opaque, enum heartbeat_state state), void *opaque,
		  struct heartbeat **ret_heartbeat)
{
	struct heartbeat *heartbeat = calloc(1, sizeof(*heartbeat));
	int r;

	if (!heartbeat)
		return -ENOMEM;
	heartbeat->on_state = on_state;
	heartbeat->opaque = opaque;
	r = loop_timer_new(loop, on_timer, heartbeat, &heartbeat->timer);
	if (r == 0)
		r = ic_init(&heartbeat->ic, bus, &service, heartbeat);
	if (r < 0) {
		heartbeat_free(heartbeat);
		return r;
	}
	*ret_heartbeat = heartbeat;
	return 0;
}

struct heartbeat *heartbeat_free(struct heartbeat *heartbeat)
{
	if (!heartbeat)
		return NULL;
	ic_deinit(&heartbeat->ic);
	loop_timer_free(heartbeat->timer);
	free(heartbeat);
	return NULL;
}

void heartbeat_resumed(struct heartbeat *heartbeat)
{
	heartbeat->misses = 0;
}

struct ic *heartbeat_ic(struct heartbeat *heartbeat)
{
	return &heartbeat->ic;
}
