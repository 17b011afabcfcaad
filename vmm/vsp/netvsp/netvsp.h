/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A synthetic network adapter: the provider (VSP) that Linux's hv_netvsc drives, on a port of a virtual
 * switch.
 *
 * Purpose    NVSP 1 to 6.1 and RNDIS over one channel and its subchannels; checksum and segmentation
 *            offloads both ways, VLAN tags, receive side scaling, link state, statistics. Frames go to
 *            and come from the port's socket (net/port.h).
 * Threads    The bus's loop, all of it.
 * Ownership  The port's descriptor belongs to the adapter.
 * Limits     netvsp_limits below. Nothing grows with what the guest does: when a ring or the socket is
 *            full, reading of the other one stops.
 * Trust      The guest's messages, buffers and frames are checked on private copies. What makes no
 *            sense is refused or dropped and counted; frames from the switch are not trusted either.
 */
#ifndef NETVSP_NETVSP_H
#define NETVSP_NETVSP_H

#include "net/port.h"
#include "vmbus/vmbus.h"

#include <stdatomic.h>

enum netvsp_limits {
	NETVSP_QUEUES_MAX = 8, /* channels, the primary included */
	NETVSP_MTU_MAX = 65521,
	NETVSP_SEND_SECTION = 6144,
	NETVSP_PACKETS_MAX = 8, /* frames in one transmission */
	NETVSP_TRANSMIT_MAX = 72 * 1024,
	NETVSP_LSO_MAX = 62780,
	NETVSP_MULTICAST_MAX = 32,
};

struct netvsp;

struct netvsp_config {
	struct vmbus *bus;
	struct loop *loop; /* the bus's */
	struct vmbus_guid instance;
	struct frame_mac mac;
	bool may_spoof;	 /* the guest may send from other addresses, and change its own */
	unsigned queues; /* at most; 1 without subchannels */
	int port_fd;	 /* the adapter's end of a port, prepared by who made it (net/port.h); -1: no cable */
	/* A sentence on what the guest did wrong or what became of the port; may be NULL. */
	void (*log)(void *opaque, const char *text);
	/* The offer was taken back (netvsp_rescind()) and the guest let go of it. May be NULL. */
	void (*on_released)(void *opaque);
	void *opaque;
	/* NETVSP_COUNTERS of them, which adapters may share; NULL: nothing is counted */
	_Atomic uint64_t *counters;
};

enum netvsp_counter {
	NETVSP_COUNT_RECEIVED_PACKETS, /* by the guest */
	NETVSP_COUNT_RECEIVED_BYTES,
	NETVSP_COUNT_SENT_PACKETS,
	NETVSP_COUNT_SENT_BYTES,
	NETVSP_COUNT_DROPPED_PACKETS, /* both ways */
	NETVSP_COUNTERS,
};

struct netvsp_stats {
	uint64_t frames_in, bytes_in;	/* to the guest */
	uint64_t frames_out, bytes_out; /* from the guest */
	uint64_t no_buffer;		/* dropped: the guest had no room */
	uint64_t filtered;		/* not for this adapter */
	uint64_t bad_out;		/* dropped: broken, or not the adapter's address */
	uint64_t no_cable;		/* dropped: the port is gone or down */
};

int netvsp_new(const struct netvsp_config *config, struct netvsp **ret_adapter);
/* While the bus is stopped, or after on_released(). NULL is fine; returns NULL. */
struct netvsp *netvsp_free(struct netvsp *adapter);
void netvsp_rescind(struct netvsp *adapter);
/* Another port (or none: -1) instead of the present one; the guest sees its cable pulled and put in again. */
int netvsp_set_port(struct netvsp *adapter, int port_fd);
void netvsp_get_stats(const struct netvsp *adapter, struct netvsp_stats *ret_stats);

#endif
