/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ethernet frames as they cross between a network adapter and a virtual switch, and what is known of them.
 *
 * Purpose    One frame is one buffer: Ethernet header, an 802.1Q tag where there is one, payload; no
 *            FCS. A frame may hold a TCP segment larger than the network's MTU, which whoever cannot
 *            take it cuts up (net/segment.h).
 * Limits     FRAME_MAX bytes; what is shorter than an Ethernet header is none.
 * Trust      None. frame_parse() reads what a guest wrote; all offsets it gives lie within the frame.
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_ETHERNET_HEADER = 14,
	FRAME_VLAN_TAG = 4,
	FRAME_MTU = 1500,
	/* An IP packet of 65535 bytes with header and tag. */
	FRAME_MAX = 65535 + FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG,
};

enum frame_ethertype {
	FRAME_IPV4 = 0x0800,
	FRAME_ARP = 0x0806,
	FRAME_VLAN = 0x8100,
	FRAME_IPV6 = 0x86DD,
	FRAME_SERVICE_VLAN = 0x88A8, /* the outer tag of 802.1ad */
};

enum frame_protocol { /* of IP */
		      FRAME_TCP = 6,
		      FRAME_UDP = 17,
};

struct frame_mac {
	uint8_t bytes[6];
};

/* "52:54:00:12:34:56", upper or lower case. -EINVAL for anything else. */
int frame_mac_parse(const char *text, struct frame_mac *ret_mac);
/* Needs 18 bytes. */
void frame_mac_format(const struct frame_mac *mac, char text[18]);
bool frame_mac_equal(const struct frame_mac *a, const struct frame_mac *b);
/* Of one station: neither a group address nor all zeros. */
bool frame_mac_is_station(const struct frame_mac *mac);

static inline bool frame_is_tag(unsigned ethertype)
{
	return ethertype == FRAME_VLAN || ethertype == FRAME_SERVICE_VLAN;
}

static inline const struct frame_mac *frame_destination(const uint8_t *frame)
{
	return (const struct frame_mac *)frame;
}

static inline const struct frame_mac *frame_source(const uint8_t *frame)
{
	return (const struct frame_mac *)(frame + 6);
}

static inline bool frame_is_group(const struct frame_mac *mac)
{
	return mac->bytes[0] & 1;
}

static inline bool frame_is_broadcast(const struct frame_mac *mac)
{
	return (mac->bytes[0] & mac->bytes[1] & mac->bytes[2] & mac->bytes[3] & mac->bytes[4] &
		mac->bytes[5]) == 0xFF;
}

static inline uint16_t frame_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void frame_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline uint32_t frame_get32(const uint8_t *at)
{
	return (uint32_t)frame_get16(at) << 16 | frame_get16(at + 2);
}

static inline void frame_put32(uint8_t *at, uint32_t value)
{
	frame_put16(at, (uint16_t)(value >> 16));
	frame_put16(at + 2, (uint16_t)value);
}

/* Where the layers of a frame are; 0 for what it does not have (so far as we look). */
struct frame_layout {
	uint16_t ethertype; /* behind the tag */
	bool is_tagged;
	uint8_t protocol; /* of a whole IP packet, not of a fragment */
	bool is_fragment;
	uint32_t network;   /* offset of the IP header */
	uint32_t transport; /* offset of the TCP or UDP header: only when it is there in full */
	uint32_t payload;   /* offset behind that */
	uint32_t end;	    /* behind the IP packet, which may be shorter than the frame */
};

/*
 * `ip_length_unknown`: as some guests send large segments, with an IP length of 0; the packet ends with the
 * frame. False when it is no Ethernet frame. What is broken higher up is simply not found.
 */
bool frame_parse(const uint8_t *frame, size_t size, bool ip_length_unknown, struct frame_layout *ret_layout);

#endif
