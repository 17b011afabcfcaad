/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to a VP (TLFS 11.8): one slot for each SINT in the message page, and a queue behind it. The guest
 * empties the slot by storing 0 into its type, and writes EOM when the slot's flags say that more wait.
 */
#include "core/guest_page.h"
#include "core/hyperv_priv.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_PENDING = 1, ROOM_AT = HV_MESSAGE_QUEUE_MAX / 2 };

static bool has_waiting(const struct hyperv_vp *vp, unsigned sint)
{
	return vp->sints[sint].first || stimer_has_message(vp, sint);
}

void synic_drop_queue(struct synic_sint *sint)
{
	while (sint->first) {
		struct synic_queued *next = sint->first->next;

		free(sint->first);
		sint->first = next;
	}
	sint->last = &sint->first;
	sint->count = 0;
}

/* The next message: timers first, there is at most one of each. Only when has_waiting(). */
static void take_waiting(struct hyperv_vp *vp, unsigned sint, struct hyperv_message *ret_message)
{
	struct synic_sint *state = &vp->sints[sint];
	struct synic_queued *queued = state->first;

	if (stimer_take_message(vp, sint, ret_message))
		return;
	*ret_message = queued->message;
	state->first = queued->next;
	if (!state->first)
		state->last = &state->first;
	state->count--;
	free(queued);
}

/*
 * Whether the slot is ours. If not, the guest finds the flag that makes it write EOM; it may have emptied the
 * slot just before it could see that, so look again.
 */
static bool slot_is_free(struct hyperv_message *slot)
{
	_Atomic uint32_t *type = (_Atomic uint32_t *)&slot->type;

	if (!atomic_load(type))
		return true;
	atomic_fetch_or((_Atomic uint8_t *)&slot->flags, MESSAGE_PENDING);
	return !atomic_load(type);
}

/*
 * The type comes last: with it the slot is the guest's. A guest that has just freed the slot may read the new flags for the
 * old message's: it then writes an EOM too many, or needs none.
 */
static void slot_fill(struct hyperv_message *slot, const struct hyperv_message *message, bool more)
{
	slot->size = message->size;
	atomic_store((_Atomic uint8_t *)&slot->flags, more ? MESSAGE_PENDING : 0);
	slot->reserved = 0;
	slot->sender = message->sender;
	memcpy(slot->payload, message->payload, sizeof(slot->payload));
	atomic_store((_Atomic uint32_t *)&slot->type, message->type);
}

static bool put(struct hyperv_vp *vp, unsigned sint, struct hyperv_message *slot)
{
	struct hyperv_message message;

	if (!slot_is_free(slot))
		return false;
	take_waiting(vp, sint, &message);
	slot_fill(slot, &message, has_waiting(vp, sint));
	return true;
}

void synic_deliver(struct hyperv_vp *vp, unsigned sint)
{
	struct guest_page page;
	struct hyperv_message *slots;
	bool is_put;

	if (!has_waiting(vp, sint) || !(vp->scontrol & SCONTROL_ENABLE) || !(vp->simp & PAGE_MSR_ENABLE) ||
	    (vp->sints[sint].value & SINT_PROXY))
		return;
	slots = guest_page_begin(&page, vp->hyperv->partition, PAGE_MSR_GPA(vp->simp), true);
	if (!slots)
		return;
	is_put = put(vp, sint, &slots[sint]);
	guest_page_end(&page, sint * sizeof(*slots), sizeof(*slots));
	if (is_put)
		synic_raise(vp, sint);
}

void synic_deliver_all(struct hyperv_vp *vp)
{
	for (unsigned i = 0; i < HV_SINTS; i++)
		synic_deliver(vp, i);
}

/* --- room -------------------------------------------------------------------------------------------- */

uint32_t synic_take_room(struct hyperv_vp *vp)
{
	uint32_t sints = 0;

	for (unsigned i = 0; i < HV_SINTS; i++) {
		struct synic_sint *sint = &vp->sints[i];

		if (!sint->has_refused || sint->count > ROOM_AT)
			continue;
		sint->has_refused = false;
		sints |= 1u << i;
	}
	return sints;
}

void synic_tell_room(struct hyperv_vp *vp, uint32_t sints)
{
	const struct hv_guest_ops *ops = vp->hyperv->guest_ops;

	if (!ops || !ops->message_room)
		return;
	for (unsigned i = 0; i < HV_SINTS; i++)
		if (sints >> i & 1)
			ops->message_room(vp->hyperv->opaque, vp->index, i);
}

/* --- hv/synic.h -------------------------------------------------------------------------------------- */

static struct synic_queued *queued_new(uint32_t type, const void *payload, size_t size)
{
	struct synic_queued *queued = calloc(1, sizeof(*queued));

	if (!queued)
		return NULL;
	queued->message.type = type;
	queued->message.size = (uint8_t)size;
	if (size)
		memcpy(queued->message.payload, payload, size);
	return queued;
}

static int enqueue(struct synic_sint *sint, struct synic_queued *queued)
{
	if (sint->count == HV_MESSAGE_QUEUE_MAX) {
		sint->has_refused = true;
		return -EAGAIN;
	}
	*sint->last = queued;
	sint->last = &queued->next;
	sint->count++;
	return 0;
}

int hv_post_message(struct hv_partition *partition, unsigned vp, unsigned sint, uint32_t type,
		    const void *payload, size_t size)
{
	struct hyperv *hyperv = partition->hyperv;
	struct synic_queued *queued;
	struct hyperv_vp *state;
	int r;

	if (!hyperv)
		return -EOPNOTSUPP;
	if (vp >= hyperv->vp_count || sint >= HV_SINTS || !type || size > HV_MESSAGE_PAYLOAD_MAX)
		return -EINVAL;
	queued = queued_new(type, payload, size);
	if (!queued)
		return -ENOMEM;
	state = &hyperv->vps[vp];
	pthread_mutex_lock(&state->lock);
	r = enqueue(&state->sints[sint], queued);
	if (r == 0)
		synic_deliver(state, sint);
	pthread_mutex_unlock(&state->lock);
	if (r < 0)
		free(queued);
	return r;
}

void hv_drop_messages(struct hv_partition *partition, unsigned vp, unsigned sint)
{
	struct hyperv *hyperv = partition->hyperv;

	if (!hyperv || vp >= hyperv->vp_count || sint >= HV_SINTS)
		return;
	pthread_mutex_lock(&hyperv->vps[vp].lock);
	synic_drop_queue(&hyperv->vps[vp].sints[sint]);
	pthread_mutex_unlock(&hyperv->vps[vp].lock);
}
