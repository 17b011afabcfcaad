/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of a switch, for vswitch.c and forward.c. */
#ifndef SWITCH_VSWITCH_PRIV_H
#define SWITCH_VSWITCH_PRIV_H

#include "switch/vswitch.h"

struct queued_frame {
	struct queued_frame *next;
	struct port_header header;
	size_t size;
	uint8_t data[];
};

struct vswitch_port {
	bool is_used;
	struct vswitch_port_config config;
	bool takes_large;
	struct queued_frame *first, **last;
	size_t queued;	/* bytes, with what each entry costs */
	int64_t credit; /* bits that it may send, of a limited port; refilled with time */
	uint64_t credit_ms;
	struct vswitch_port_stats stats;
};

struct vswitch {
	const struct vswitch_ops *ops;
	void *opaque;
	enum vswitch_uplink uplink;
	unsigned uplink_vlan;
	struct mac_table macs;
	struct vswitch_port ports[VSWITCH_PORTS_MAX];
	uint8_t frame[FRAME_VLAN_TAG + FRAME_MAX]; /* in front: room for a tag */
};

/* Sends it, or queues it, or drops and counts it. */
void port_output(struct vswitch_port *port, const struct port_header *header, const struct iovec *parts,
		 unsigned count);
/* What one port sent, in vswitch->frame behind the room for a tag. */
void forward_from_port(struct vswitch *sw, unsigned index, const struct port_header *header, size_t size);

#endif
