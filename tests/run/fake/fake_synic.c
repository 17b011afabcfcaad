/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hyper-V's interface of the scripted hypervisor: its guests know nothing of it. */
#include <hv/hv.h>
#include <hv/synic.h>

int hv_connect_messages(struct hv_partition *partition, uint32_t connection, hv_message_fn fn, void *opaque)
{
	return 0;
}

int hv_connect_events(struct hv_partition *partition, uint32_t connection, hv_event_fn fn, void *opaque)
{
	return 0;
}

void hv_disconnect(struct hv_partition *partition, uint32_t connection)
{
}

void hv_set_guest_ops(struct hv_partition *partition, const struct hv_guest_ops *ops, void *opaque)
{
}

int hv_post_message(struct hv_partition *partition, unsigned vp, unsigned sint, uint32_t type,
		    const void *payload, size_t size)
{
	return 0;
}

void hv_drop_messages(struct hv_partition *partition, unsigned vp, unsigned sint)
{
}

int hv_signal_event(struct hv_partition *partition, unsigned vp, unsigned sint, unsigned flag)
{
	return 0;
}

uint64_t hv_reference_time(const struct hv_partition *partition)
{
	return 0;
}
