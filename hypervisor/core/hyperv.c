/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state of an enlightened partition: creation, VPs that come and go, what the worker connects. */
#include "core/hyperv_priv.h"

#include <errno.h>
#include <stdlib.h>

static void vp_state_init(struct hyperv *hyperv, unsigned index)
{
	struct hyperv_vp *vp = &hyperv->vps[index];

	vp->hyperv = hyperv;
	vp->index = index;
	pthread_mutex_init(&vp->lock, NULL);
	synic_init(vp);
}

int hyperv_new(struct hv_partition *partition)
{
	size_t size = sizeof(struct hyperv) + partition->vp_count * sizeof(struct hyperv_vp);
	struct hyperv *hyperv = calloc(1, size);

	if (!hyperv)
		return -ENOMEM;
	hyperv->partition = partition;
	hyperv->vp_count = partition->vp_count;
	reference_clock_init(&hyperv->clock, partition->ops->tsc_hz(partition));
	pthread_mutex_init(&hyperv->lock, NULL);
	overlay_table_init(&hyperv->overlays, partition);
	connection_table_init(&hyperv->connections);
	for (unsigned i = 0; i < hyperv->vp_count; i++)
		vp_state_init(hyperv, i);
	partition->hyperv = hyperv;
	return 0;
}

void hyperv_free(struct hv_partition *partition)
{
	struct hyperv *hyperv = partition->hyperv;

	if (!hyperv)
		return;
	for (unsigned i = 0; i < hyperv->vp_count; i++) {
		synic_deinit(&hyperv->vps[i]);
		pthread_mutex_destroy(&hyperv->vps[i].lock);
	}
	connection_table_deinit(&hyperv->connections);
	overlay_table_deinit(&hyperv->overlays);
	pthread_mutex_destroy(&hyperv->lock);
	free(hyperv);
	partition->hyperv = NULL;
}

void hyperv_vp_attach(struct hv_vp *vp)
{
	struct hyperv *hyperv = vp->partition->hyperv;

	if (!hyperv)
		return;
	vp->hyperv = &hyperv->vps[vp->index];
	atomic_store(&vp->hyperv->vp, vp);
}

void hyperv_vp_detach(struct hv_vp *vp)
{
	struct hyperv_vp *state = vp->hyperv;

	if (!state)
		return;
	pthread_mutex_lock(&state->lock); /* who posts an interrupt holds it */
	atomic_store(&state->vp, NULL);
	pthread_mutex_unlock(&state->lock);
}

void hyperv_vp_reset(struct hv_vp *vp)
{
	if (vp->hyperv)
		synic_reset(vp->hyperv);
}

/* --- hv/synic.h -------------------------------------------------------------------------------------- */

void hv_set_guest_ops(struct hv_partition *partition, const struct hv_guest_ops *ops, void *opaque)
{
	if (!partition->hyperv)
		return;
	partition->hyperv->guest_ops = ops;
	partition->hyperv->opaque = opaque;
}

int hv_connect_messages(struct hv_partition *partition, uint32_t connection, hv_message_fn fn, void *opaque)
{
	struct connection new = { .id = connection, .on_message = fn, .opaque = opaque };

	if (!partition->hyperv)
		return -EOPNOTSUPP;
	return fn ? connection_add(&partition->hyperv->connections, &new) : -EINVAL;
}

int hv_connect_events(struct hv_partition *partition, uint32_t connection, hv_event_fn fn, void *opaque)
{
	struct connection new = { .id = connection, .on_event = fn, .opaque = opaque };

	if (!partition->hyperv)
		return -EOPNOTSUPP;
	return fn ? connection_add(&partition->hyperv->connections, &new) : -EINVAL;
}

void hv_disconnect(struct hv_partition *partition, uint32_t connection)
{
	if (partition->hyperv)
		connection_remove(&partition->hyperv->connections, connection);
}

uint64_t hv_reference_time(const struct hv_partition *partition)
{
	const struct hyperv *hyperv = partition->hyperv;

	return hyperv ? reference_time_of(&hyperv->clock, partition->ops->read_tsc(partition)) : 0;
}
