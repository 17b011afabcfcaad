/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/ic.h"
#include "vsp/ic/vss.h"

#include "loop/loop.h"
#include "state/state.h"

#include <errno.h>
#include <stdlib.h>

/* Hyper-V's order: hot backup, freeze, (the checkpoint), thaw. */
enum vss_state {
	VSS_IDLE,
	VSS_PREPARING,
	VSS_FREEZING,
	VSS_FROZEN,
	VSS_THAWING,
	VSS_SILENT /* preparing, and given up */
};

struct vss {
	struct ic ic;
	struct loop_timer *timer;
	const struct vss_ops *ops;
	void *opaque;
	enum vss_state state;
	bool is_thaw_wanted; /* it came while the guest was freezing */
	bool is_expired;
	unsigned frozen_ms; /* the longest */
};

static int ask(struct vss *vss, enum ic_vss_operation operation, enum vss_state state)
{
	struct ic_vss body = { .operation = (uint8_t)operation };
	int r = ic_request(&vss->ic, &body, sizeof(body));

	if (r == 0)
		vss->state = state;
	return r;
}

static void end(struct vss *vss)
{
	vss->state = VSS_IDLE;
	loop_timer_set(vss->timer, LOOP_NEVER);
}

static void on_frozen(struct vss *vss, bool is_good)
{
	vss->state = is_good ? VSS_FROZEN : VSS_IDLE;
	loop_timer_set(vss->timer, is_good ? loop_now() + vss->frozen_ms * UINT64_C(1000000) : LOOP_NEVER);
	vss->ops->on_frozen(vss->opaque, is_good ? 0 : -EIO);
	if (is_good && vss->is_thaw_wanted)
		vss_thaw(vss);
}

static void on_answer(void *opaque, uint32_t status, const void *body, size_t size)
{
	struct vss *vss = opaque;

	switch (vss->state) {
	case VSS_PREPARING:
		loop_timer_set(vss->timer, LOOP_NEVER);
		if (status != IC_OK || ask(vss, VSS_FREEZE, VSS_FREEZING) < 0)
			on_frozen(vss, false);
		return;
	case VSS_FREEZING: on_frozen(vss, status == IC_OK); return;
	case VSS_THAWING:
		end(vss);
		vss->ops->on_thawed(vss->opaque, vss->is_expired);
		return;
	case VSS_SILENT: end(vss); return;
	case VSS_IDLE:
	case VSS_FROZEN: return;
	}
}

static void on_timer(void *opaque)
{
	struct vss *vss = opaque;

	if (vss->state == VSS_PREPARING) {
		vss->state = VSS_SILENT;
		vss->ops->on_frozen(vss->opaque, -ETIMEDOUT);
		return;
	}
	vss->is_expired = true;
	ask(vss, VSS_THAW, VSS_THAWING);
}

static void on_ready(void *opaque, struct ic_version version)
{
	struct vss *vss = opaque;

	vss->ops->on_ready(vss->opaque, true);
}

static void on_gone(void *opaque)
{
	struct vss *vss = opaque;
	enum vss_state state = vss->state;

	end(vss);
	if (state == VSS_PREPARING || state == VSS_FREEZING)
		vss->ops->on_frozen(vss->opaque, -EIO);
	vss->ops->on_ready(vss->opaque, false);
}

/* Who wanted it frozen is gone: what stands still is let go as soon as its guest can hear it. */
static void on_state(void *opaque, struct state *state)
{
	struct vss *vss = opaque;

	state_enum_max(state, &vss->state, VSS_SILENT);
	if (!state_is_reading(state) || vss->state == VSS_IDLE)
		return;
	vss->is_thaw_wanted = vss->is_expired = true;
	vss->frozen_ms = 1;
	if (!vss->ic.is_ready)
		vss->state = VSS_IDLE;
	else if (vss->state == VSS_FROZEN)
		loop_timer_set(vss->timer, loop_now() + 1000000);
}

static const struct ic_service service = {
	.type = IC_VSS,
	.type_guid = "35fa2e29-ea23-4236-96ae-3a6ebacba440",
	.instance_guid = "2450ee40-33bf-4fbd-892e-9fb06e9214cf",
	.framework = { { 3, 0 } },
	.message = { { 5, 0 } },
	.on_ready = on_ready,
	.on_answer = on_answer,
	.on_gone = on_gone,
	.state = on_state,
};

int vss_new(struct vmbus *bus, struct loop *loop, const struct vss_ops *ops, void *opaque,
	    struct vss **ret_vss)
{
	struct vss *vss = calloc(1, sizeof(*vss));
	int r;

	if (!vss)
		return -ENOMEM;
	vss->ops = ops;
	vss->opaque = opaque;
	r = loop_timer_new(loop, on_timer, vss, &vss->timer);
	if (r == 0)
		r = ic_init(&vss->ic, bus, &service, vss);
	if (r < 0) {
		vss_free(vss);
		return r;
	}
	*ret_vss = vss;
	return 0;
}

struct vss *vss_free(struct vss *vss)
{
	if (!vss)
		return NULL;
	ic_deinit(&vss->ic);
	loop_timer_free(vss->timer);
	free(vss);
	return NULL;
}

int vss_freeze(struct vss *vss, unsigned frozen_ms)
{
	int r;

	if (vss->state != VSS_IDLE)
		return vss->state == VSS_FROZEN ? -EBUSY : -EINPROGRESS;
	vss->is_expired = vss->is_thaw_wanted = false;
	vss->frozen_ms = frozen_ms < VSS_FROZEN_MAX_MS ? frozen_ms : VSS_FROZEN_MAX_MS;
	r = ask(vss, VSS_HOT_BACKUP, VSS_PREPARING);
	if (r == 0)
		loop_timer_set(vss->timer, loop_now() + VSS_ANSWER_MS * UINT64_C(1000000));
	return r;
}

int vss_thaw(struct vss *vss)
{
	if (vss->state == VSS_PREPARING || vss->state == VSS_FREEZING) {
		vss->is_thaw_wanted = true;
		return 0;
	}
	return vss->state == VSS_FROZEN ? ask(vss, VSS_THAW, VSS_THAWING) : -EALREADY;
}

struct ic *vss_ic(struct vss *vss)
{
	return &vss->ic;
}
