/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who gets a frame: the guard at the entrance, VLANs, learned stations, flooding, the uplink. */
#include "switch/guard.h"
#include "switch/vswitch_priv.h"

#include "net/checksum.h"

#include <string.h>

enum {
	VLAN_ID = 0xFFF,
	ARP_SENDER_MAC = 8, /* RFC 826, for Ethernet and IPv4 */
	ARP_SIZE = 28,
};

/* A frame without its tag, and where it belongs. */
struct traffic {
	uint8_t *data; /* at least FRAME_VLAN_TAG bytes of room in front */
	size_t size;
	struct port_header header;
	unsigned vlan, priority; /* the tag's other bits, in their place */
	int from;		 /* port; -1: the uplink */
};

/* Takes the tag off. 802.1Q, 9.6: VLAN 0 is only a priority. */
static void take_tag(struct traffic *traffic)
{
	uint16_t tag;

	if (traffic->size < FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG ||
	    frame_get16(traffic->data + 12) != FRAME_VLAN)
		return;
	tag = frame_get16(traffic->data + 14);
	traffic->vlan = tag & VLAN_ID;
	traffic->priority = tag & ~VLAN_ID;
	memmove(traffic->data + FRAME_VLAN_TAG, traffic->data, 12);
	traffic->data += FRAME_VLAN_TAG;
	traffic->size -= FRAME_VLAN_TAG;
}

/*
 * Sets the VLAN inside the switch; false when the port may not send there. A tag behind the one that was taken off would stand in front
 * where the frame leaves without ours, on a wire or a trunk: a way into every other VLAN.
 */
static bool enter_vlan(const struct vswitch_port *port, struct traffic *traffic)
{
	if (!port->config.is_trunk && frame_is_tag(frame_get16(traffic->data + 12)))
		return false;
	if (traffic->vlan == 0)
		traffic->vlan = port->config.vlan;
	else if (!port->config.is_trunk && traffic->vlan != port->config.vlan)
		return false;
	return traffic->vlan != VLAN_ID; /* reserved */
}

static bool is_in_vlan(const struct vswitch_port *port, unsigned vlan)
{
	return port->config.vlan == vlan || (port->config.is_trunk && vlan != 0);
}

/* The port's own address, in the frame and in what it claims by ARP. */
static bool is_honest(const struct vswitch_port *port, const struct traffic *traffic)
{
	const uint8_t *frame = traffic->data;
	unsigned type;
	size_t offset;

	if (!frame_mac_is_station(frame_source(frame)))
		return false;
	if (port->config.may_spoof)
		return true;
	if (!frame_mac_equal(frame_source(frame), &port->config.mac))
		return false;
	type = guard_ethertype(frame, traffic->size, &offset);
	if (type != FRAME_ARP || traffic->size < offset + ARP_SIZE)
		return !frame_is_tag(type);
	return memcmp(frame + offset + ARP_SENDER_MAC, &port->config.mac, 6) == 0;
}

/* It is nobody's DHCP server and router, if it must not be. */
static bool is_guarded(const struct vswitch_port *port, const struct traffic *traffic)
{
	unsigned guards = (port->config.has_dhcp_guard ? GUARD_DHCP : 0) |
			  (port->config.has_router_guard ? GUARD_ROUTER : 0);

	return guards && (guard_look(traffic->data, traffic->size) & guards);
}

static void output(struct vswitch *sw, unsigned index, const struct traffic *traffic)
{
	struct vswitch_port *port = &sw->ports[index];
	uint8_t tag[FRAME_VLAN_TAG];
	struct iovec parts[] = { { .iov_base = traffic->data, .iov_len = 12 },
				 { .iov_base = tag, .iov_len = 0 },
				 { .iov_base = traffic->data + 12, .iov_len = traffic->size - 12 } };

	if (traffic->vlan != port->config.vlan) {
		frame_put16(tag, FRAME_VLAN);
		frame_put16(tag + 2, (uint16_t)(traffic->vlan | traffic->priority));
		parts[1].iov_len = sizeof(tag);
	}
	port_output(port, &traffic->header, parts, 3);
}

static bool is_for(const struct vswitch *sw, unsigned index, const struct traffic *traffic)
{
	return sw->ports[index].is_used && (int)index != traffic->from &&
	       is_in_vlan(&sw->ports[index], traffic->vlan);
}

static void flood(struct vswitch *sw, const struct traffic *traffic)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++)
		if (is_for(sw, i, traffic))
			output(sw, i, traffic);
}

/* Beside a wire no port gets what is for strangers: only whose address it is, or who may have any. */
static bool to_owner(struct vswitch *sw, const struct traffic *traffic)
{
	const struct frame_mac *to = frame_destination(traffic->data);
	bool is_owned = false;

	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++) {
		bool is_its = sw->ports[i].is_used && frame_mac_equal(&sw->ports[i].config.mac, to);

		if (is_for(sw, i, traffic) && (is_its || sw->ports[i].config.may_spoof))
			output(sw, i, traffic);
		is_owned |= is_its && is_in_vlan(&sw->ports[i], traffic->vlan);
	}
	return is_owned;
}

/* The guest left the checksum to its adapter: that is here. */
static void fill_checksum(struct traffic *traffic)
{
	struct frame_layout layout;

	if (!(traffic->header.flags & PORT_NO_CHECKSUM))
		return;
	if (frame_parse(traffic->data, traffic->size, false, &layout) && layout.transport) {
		checksum_fill_transport(traffic->data, &layout);
		traffic->header.flags |= PORT_GOOD_CHECKSUM;
	}
	traffic->header.flags &= (uint8_t)~PORT_NO_CHECKSUM;
}

static void send_to_uplink(struct vswitch *sw, const struct traffic *traffic)
{
	struct vswitch_frame frame = { .data = traffic->data,
				       .size = traffic->size,
				       .flags = traffic->header.flags,
				       .segment = traffic->header.segment,
				       .takes_large = sw->ports[traffic->from].takes_large };

	sw->ops->to_uplink(sw->opaque, &frame);
}

/* There is room in front. */
static void put_tag(struct traffic *traffic)
{
	traffic->data -= FRAME_VLAN_TAG;
	traffic->size += FRAME_VLAN_TAG;
	memmove(traffic->data, traffic->data + FRAME_VLAN_TAG, 12);
	frame_put16(traffic->data + 12, FRAME_VLAN);
	frame_put16(traffic->data + 14, (uint16_t)(traffic->vlan | traffic->priority));
}

/* The last that is done with a frame. */
static void to_uplink(struct vswitch *sw, struct traffic *traffic)
{
	bool is_in_its_vlan = traffic->vlan == sw->uplink_vlan;

	if (!sw->ops->to_uplink || (!is_in_its_vlan && sw->uplink != VSWITCH_UPLINK_WIRE))
		return;
	if (!is_in_its_vlan)
		put_tag(traffic);
	send_to_uplink(sw, traffic);
}

static void forward(struct vswitch *sw, struct traffic *traffic)
{
	const struct frame_mac *to = frame_destination(traffic->data);
	int port;

	fill_checksum(traffic);
	if (frame_is_group(to)) {
		flood(sw, traffic);
		to_uplink(sw, traffic);
		return;
	}
	if (sw->ops->is_uplink && sw->ops->is_uplink(sw->opaque, to)) {
		to_uplink(sw, traffic);
		return;
	}
	port = mac_table_find(&sw->macs, to, traffic->vlan, vswitch_now_ms());
	if (port == MAC_TABLE_NONE && sw->uplink != VSWITCH_UPLINK_WIRE)
		flood(sw, traffic);
	else if (port == MAC_TABLE_NONE && !to_owner(sw, traffic))
		to_uplink(sw, traffic);
	else if (port == MAC_TABLE_NONE)
		return;
	else if (port != traffic->from && is_in_vlan(&sw->ports[port], traffic->vlan))
		output(sw, (unsigned)port, traffic);
}

void forward_from_port(struct vswitch *sw, unsigned index, const struct port_header *header, size_t size)
{
	struct vswitch_port *port = &sw->ports[index];
	struct traffic traffic = {
		.data = sw->frame + FRAME_VLAN_TAG, .size = size, .header = *header, .from = (int)index
	};

	port->stats.frames_in++;
	port->stats.bytes_in += size;
	/* What a machine says about its own checksums binds nobody else. */
	traffic.header.flags &= PORT_NO_CHECKSUM;
	take_tag(&traffic);
	if (!port->config.is_up)
		return;
	if (!is_honest(port, &traffic) || !enter_vlan(port, &traffic)) {
		port->stats.spoofed++;
		return;
	}
	if (is_guarded(port, &traffic)) {
		port->stats.guarded++;
		return;
	}
	mac_table_learn(&sw->macs, frame_source(traffic.data), traffic.vlan, index, vswitch_now_ms());
	forward(sw, &traffic);
}

void vswitch_from_uplink(struct vswitch *sw, const uint8_t *frame, size_t size, unsigned segment)
{
	struct traffic traffic = {
		.data = (uint8_t *)frame, .size = size, .vlan = sw->uplink_vlan, .from = -1
	};
	int port;

	if (size < FRAME_ETHERNET_HEADER || size > FRAME_MAX)
		return;
	traffic.header = (struct port_header){ .kind = PORT_FRAME,
					       .flags = PORT_GOOD_CHECKSUM,
					       .segment = (uint16_t)segment };
	if (frame_is_group(frame_destination(frame))) {
		flood(sw, &traffic);
		return;
	}
	port = mac_table_find(&sw->macs, frame_destination(frame), sw->uplink_vlan, vswitch_now_ms());
	if (port != MAC_TABLE_NONE)
		output(sw, (unsigned)port, &traffic);
}

void vswitch_from_wire(struct vswitch *sw, uint8_t *frame, size_t size, unsigned flags, unsigned segment)
{
	struct traffic traffic = { .data = frame, .size = size, .from = -1 };
	int port;

	if (size < FRAME_ETHERNET_HEADER || size > FRAME_MAX || !frame_mac_is_station(frame_source(frame)))
		return;
	traffic.header =
	    (struct port_header){ .kind = PORT_FRAME, .flags = (uint8_t)flags, .segment = (uint16_t)segment };
	take_tag(&traffic);
	if (traffic.vlan == 0)
		traffic.vlan = sw->uplink_vlan;
	fill_checksum(&traffic);
	if (frame_is_group(frame_destination(traffic.data))) {
		flood(sw, &traffic);
		return;
	}
	port = mac_table_find(&sw->macs, frame_destination(traffic.data), traffic.vlan, vswitch_now_ms());
	if (port == MAC_TABLE_NONE)
		to_owner(sw, &traffic);
	else if (is_in_vlan(&sw->ports[port], traffic.vlan))
		output(sw, (unsigned)port, &traffic);
}
