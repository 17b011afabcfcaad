/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch: ports of virtual machines, one uplink (a NAT, or a wire to a real network) or none, and who
 * gets which frame.
 *
 * Purpose    Takes frames from the ports' sockets, checks that each port only says who it is, learns
 *            stations, and passes frames on, tagged and checksummed as the other side expects.
 * Threads    One.
 * Ownership  A port's descriptor belongs to the switch once vswitch_port_add() has succeeded.
 * Limits     VSWITCH_PORTS_MAX ports; VSWITCH_QUEUE_MAX bytes wait for a port that does not read, then
 *            frames to it are dropped and counted; so many frames of one port in a turn.
 * Trust      None: guests and workers may send anything.
 *
 * VLANs      A port is in one VLAN (0: untagged) and sees its frames without a tag; a trunk also sees
 *            and sends frames of other VLANs, with their tags. The uplink is in VLAN 0.
 */
#ifndef SWITCH_VSWITCH_H
#define SWITCH_VSWITCH_H

#include "net/port.h"
#include "switch/mac_table.h"

enum {
	VSWITCH_PORTS_MAX = MAC_TABLE_PORTS,
	VSWITCH_QUEUE_MAX = 2 << 20,
	VSWITCH_TURN_FRAMES = 64,
	VSWITCH_NAME_MAX = 100,
};

struct vswitch;

struct vswitch_port_config {
	uint32_t id; /* the owner's number of it */
	int fd;
	struct frame_mac mac;
	uint16_t vlan;
	bool is_trunk;
	bool may_spoof; /* any source address */
	bool is_up;
	bool has_dhcp_guard;   /* it is no DHCP server for others */
	bool has_router_guard; /* and no router */
	uint64_t max_kbps;     /* of what it sends; 0: no limit */
};

struct vswitch_port_stats {
	uint64_t frames_in, bytes_in; /* from the machine */
	uint64_t frames_out, bytes_out;
	uint64_t spoofed;  /* dropped: not the port's address, or not its VLAN */
	uint64_t guarded;  /* dropped: what only a DHCP server or a router says */
	uint64_t overflow; /* dropped: the machine does not read */
};

struct vswitch_frame {
	uint8_t *data; /* may be changed */
	size_t size;
	unsigned flags;	  /* enum port_flags */
	unsigned segment; /* of struct port_header */
	bool takes_large; /* whoever sent it takes large segments, too */
};

struct vswitch_ops {
	/* For the uplink, with good checksums; with a tag for a wire when it is not in the wire's VLAN. */
	void (*to_uplink)(void *opaque, const struct vswitch_frame *frame);
	/* Whether the uplink is meant by this address, which is no group. */
	bool (*is_uplink)(void *opaque, const struct frame_mac *mac);
	/* The worker closed its end; the port is gone. */
	void (*port_gone)(void *opaque, uint32_t id);
};

enum vswitch_uplink {
	VSWITCH_UPLINK_STATION, /* one station, or none: the NAT; in one VLAN */
	VSWITCH_UPLINK_WIRE, /* the way to all stations that are no port's; of other VLANs with their tags */
};

/* Milliseconds of a clock that only goes forward. */
uint64_t vswitch_now_ms(void);

int vswitch_new(const struct vswitch_ops *ops, void *opaque, struct vswitch **ret_switch);
struct vswitch *vswitch_free(struct vswitch *sw);
/* VSWITCH_UPLINK_STATION in VLAN 0 at first. */
void vswitch_set_uplink(struct vswitch *sw, enum vswitch_uplink kind, unsigned vlan);

/* -EEXIST for an id in use, -ENOSPC, -EINVAL, what port_prepare() says. */
int vswitch_port_add(struct vswitch *sw, const struct vswitch_port_config *config);
/* All but id and descriptor, which is not looked at. -ENOENT. */
int vswitch_port_change(struct vswitch *sw, const struct vswitch_port_config *config);
int vswitch_port_get(const struct vswitch *sw, uint32_t id, struct vswitch_port_config *ret_config,
		     struct vswitch_port_stats *ret_stats);
int vswitch_port_remove(struct vswitch *sw, uint32_t id);

/* A frame from the uplink: to the port of that station, or to all for a group address, never to strangers. */
void vswitch_from_uplink(struct vswitch *sw, const uint8_t *frame, size_t size, unsigned segment);

/* From a wire: any frame; `frame` may be changed. */
void vswitch_from_wire(struct vswitch *sw, uint8_t *frame, size_t size, unsigned flags, unsigned segment);

/* When a port that used up its bandwidth may send again: milliseconds, or -1. */
int vswitch_poll_timeout(struct vswitch *sw);
/* For poll(): port `index`'s descriptor and events; -1 when there is none. */
int vswitch_poll_fd(const struct vswitch *sw, unsigned index, short *ret_events);
/* What poll() said about it. */
void vswitch_poll_done(struct vswitch *sw, unsigned index, short revents);

#endif
