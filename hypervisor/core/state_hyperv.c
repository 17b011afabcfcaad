/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Hyper-V interface of a partition keeps: MSRs, hidden pages, timers, messages that wait. */
#include "core/guest_page.h"
#include "core/hyperv_priv.h"
#include "core/state_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct saved_hyperv {
	uint64_t guest_os_id, hypercall, reference_tsc, tsc_invariant;
	uint64_t crash[5];
	uint64_t clock_hz, clock_scale; /* the guest's reference TSC page holds it */
	uint32_t tsc_sequence, tsc_was_written;
};

struct saved_timer {
	uint64_t config, count, expiration, message_expiration;
	uint64_t has_message;
};

struct saved_hyperv_vp {
	uint64_t scontrol, siefp, simp, assist_page;
	uint64_t sints[HV_SINTS];
	struct saved_timer timers[STIMER_COUNT];
};

struct saved_overlay {
	uint64_t gpa;
	uint32_t users, has_hidden;
	uint8_t hidden[GUEST_PAGE_BYTES];
};

struct saved_message {
	uint32_t sint, reserved;
	struct hyperv_message message;
};

/* --- saving -------------------------------------------------------------------------------------------- */

static void put_partition(struct state_writer *writer, struct hyperv *hyperv)
{
	struct saved_hyperv saved = {
		.guest_os_id = atomic_load(&hyperv->guest_os_id),
		.hypercall = atomic_load(&hyperv->hypercall),
		.reference_tsc = hyperv->reference_tsc,
		.tsc_invariant = hyperv->tsc_invariant,
		.clock_hz = hyperv->clock.tsc_hz,
		.clock_scale = hyperv->clock.scale,
		.tsc_sequence = hyperv->tsc_sequence,
		.tsc_was_written = hyperv->tsc_was_written,
	};

	memcpy(saved.crash, hyperv->crash, sizeof(saved.crash));
	state_put_section(writer, STATE_HYPERV, 0, &saved, sizeof(saved));
}

static void put_overlays(struct state_writer *writer, struct overlay_table *table)
{
	for (unsigned i = 0; i < OVERLAYS_MAX; i++) {
		const struct overlay *overlay = &table->overlays[i];
		struct saved_overlay saved = { .gpa = overlay->gpa,
					       .users = overlay->users,
					       .has_hidden = overlay->hidden != NULL };

		if (!overlay->users)
			continue;
		if (overlay->hidden)
			memcpy(saved.hidden, overlay->hidden, sizeof(saved.hidden));
		state_put_section(writer, STATE_HYPERV_OVERLAY, 0, &saved, sizeof(saved));
	}
}

static void put_messages(struct state_writer *writer, const struct hyperv_vp *vp, unsigned sint)
{
	for (const struct synic_queued *queued = vp->sints[sint].first; queued; queued = queued->next) {
		struct saved_message saved = { .sint = sint, .message = queued->message };

		state_put_section(writer, STATE_HYPERV_MESSAGE, vp->index, &saved, sizeof(saved));
	}
}

static void put_vp(struct state_writer *writer, const struct hyperv_vp *vp)
{
	struct saved_hyperv_vp saved = {
		.scontrol = vp->scontrol, .siefp = vp->siefp, .simp = vp->simp, .assist_page = vp->assist_page
	};

	for (unsigned i = 0; i < HV_SINTS; i++)
		saved.sints[i] = vp->sints[i].value;
	for (unsigned i = 0; i < STIMER_COUNT; i++) {
		const struct stimer *timer = &vp->timers[i];

		saved.timers[i] = (struct saved_timer){ timer->config, timer->count, timer->expiration,
							timer->message_expiration, timer->has_message };
	}
	state_put_section(writer, STATE_HYPERV_VP, vp->index, &saved, sizeof(saved));
	for (unsigned i = 0; i < HV_SINTS; i++)
		put_messages(writer, vp, i);
}

void state_put_hyperv(struct state_writer *writer, struct hv_partition *partition)
{
	struct hyperv *hyperv = partition->hyperv;

	pthread_mutex_lock(&hyperv->lock);
	put_partition(writer, hyperv);
	pthread_mutex_unlock(&hyperv->lock);
	pthread_mutex_lock(&hyperv->overlays.lock);
	put_overlays(writer, &hyperv->overlays);
	pthread_mutex_unlock(&hyperv->overlays.lock);
	for (unsigned i = 0; i < hyperv->vp_count; i++) {
		pthread_mutex_lock(&hyperv->vps[i].lock);
		put_vp(writer, &hyperv->vps[i]);
		pthread_mutex_unlock(&hyperv->vps[i].lock);
	}
}

/* --- restoring ----------------------------------------------------------------------------------------- */

static int take_partition(struct hyperv *hyperv, const void *data, size_t size)
{
	struct saved_hyperv saved;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(&saved, data, sizeof(saved));
	if (!saved.clock_hz || !saved.clock_scale)
		return -EINVAL;
	atomic_store(&hyperv->guest_os_id, saved.guest_os_id);
	atomic_store(&hyperv->hypercall, saved.hypercall);
	hyperv->reference_tsc = saved.reference_tsc;
	hyperv->tsc_invariant = saved.tsc_invariant & 1;
	hyperv->clock = (struct reference_clock){ saved.clock_hz, saved.clock_scale };
	hyperv->tsc_sequence = saved.tsc_sequence;
	hyperv->tsc_was_written = saved.tsc_was_written;
	memcpy(hyperv->crash, saved.crash, sizeof(hyperv->crash));
	return 0;
}

/* The guest's memory shows the overlays already. */
static int take_overlay(struct overlay_table *table, const void *data, size_t size)
{
	struct overlay *overlay = table->overlays;
	struct saved_overlay saved;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(&saved, data, sizeof(saved));
	while (overlay < table->overlays + OVERLAYS_MAX && overlay->users)
		overlay++;
	if (overlay == table->overlays + OVERLAYS_MAX || !saved.users || saved.users > OVERLAYS_MAX)
		return -EINVAL;
	if (saved.has_hidden) {
		overlay->hidden = malloc(GUEST_PAGE_BYTES);
		if (!overlay->hidden)
			return -ENOMEM;
		memcpy(overlay->hidden, saved.hidden, GUEST_PAGE_BYTES);
	}
	overlay->gpa = saved.gpa & ~(uint64_t)(GUEST_PAGE_BYTES - 1);
	overlay->users = saved.users;
	return 0;
}

static int take_vp(struct hyperv_vp *vp, const void *data, size_t size)
{
	struct saved_hyperv_vp saved;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(&saved, data, sizeof(saved));
	vp->scontrol = saved.scontrol;
	vp->siefp = saved.siefp;
	vp->simp = saved.simp;
	vp->assist_page = saved.assist_page;
	for (unsigned i = 0; i < HV_SINTS; i++)
		vp->sints[i].value = saved.sints[i];
	for (unsigned i = 0; i < STIMER_COUNT; i++)
		vp->timers[i] = (struct stimer){
			.config = saved.timers[i].config & STIMER_VALID,
			.count = saved.timers[i].count,
			.expiration = saved.timers[i].expiration,
			.message_expiration = saved.timers[i].message_expiration,
			.has_message = saved.timers[i].has_message,
		};
	return 0;
}

static int take_message(struct hyperv_vp *vp, const void *data, size_t size)
{
	struct saved_message saved;
	struct synic_queued *queued;

	if (size != sizeof(saved))
		return -EINVAL;
	memcpy(&saved, data, sizeof(saved));
	if (saved.sint >= HV_SINTS || vp->sints[saved.sint].count == HV_MESSAGE_QUEUE_MAX ||
	    !saved.message.type || saved.message.size > HV_MESSAGE_PAYLOAD_MAX)
		return -EINVAL;
	queued = calloc(1, sizeof(*queued));
	if (!queued)
		return -ENOMEM;
	queued->message = saved.message;
	*vp->sints[saved.sint].last = queued;
	vp->sints[saved.sint].last = &queued->next;
	vp->sints[saved.sint].count++;
	return 0;
}

int state_take_hyperv(struct hv_partition *partition, const struct state_section *section, const void *data)
{
	struct hyperv *hyperv = partition->hyperv;
	struct hyperv_vp *vp = &hyperv->vps[section->index];

	switch (section->kind) {
	case STATE_HYPERV: return take_partition(hyperv, data, section->size);
	case STATE_HYPERV_OVERLAY: return take_overlay(&hyperv->overlays, data, section->size);
	case STATE_HYPERV_VP: return take_vp(vp, data, section->size);
	case STATE_HYPERV_MESSAGE: return take_message(vp, data, section->size);
	default: return -EINVAL;
	}
}

/* The trap in it is the engine's own. */
static void write_hypercall_page(struct hyperv *hyperv)
{
	uint64_t hypercall = atomic_load(&hyperv->hypercall);
	const struct hv_engine_ops *ops = hyperv->partition->ops;

	if (hypercall & PAGE_MSR_ENABLE)
		guest_write(hyperv->partition, PAGE_MSR_GPA(hypercall), ops->hypercall_code,
			    sizeof(ops->hypercall_code));
}

void state_start_hyperv(struct hv_partition *partition)
{
	struct hyperv *hyperv = partition->hyperv;

	write_hypercall_page(hyperv);
	for (unsigned i = 0; i < hyperv->vp_count; i++) {
		struct hyperv_vp *vp = &hyperv->vps[i];

		pthread_mutex_lock(&vp->lock);
		synic_restart(vp);
		pthread_mutex_unlock(&vp->lock);
	}
}
