/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/guard.h"

#include "net/frame.h"

#include <string.h>

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_ICMPV6 = 58,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	/* IPv6 extension headers (RFC 8200, 4) */
	HOP_BY_HOP = 0,
	ROUTING = 43,
	FRAGMENT = 44,
	DESTINATION = 60,
	EXTENSIONS_MAX = 16,
	SNAP_HEADER = 8,
	WRAPPINGS_MAX = 8,

	DHCP_SERVER = 67,	/* RFC 2131, 4.1 */
	DHCPV6_SERVER = 547,	/* RFC 8415, 7.2 */
	ICMP_REDIRECT = 5,	/* RFC 792 */
	ICMP_ADVERTISEMENT = 9, /* RFC 1256, 3 */
	ND_ADVERTISEMENT = 134, /* RFC 4861, 4.2 */
	ND_REDIRECT = 137,	/* RFC 4861, 4.5 */
};

struct part {
	const uint8_t *at;
	size_t size;
};

static unsigned look_at_udp(struct part part, unsigned server)
{
	if (part.size < 2)
		return GUARD_DHCP;
	return frame_get16(part.at) == server ? GUARD_DHCP : 0;
}

static unsigned look_at_icmp(struct part part, unsigned advertisement, unsigned redirect)
{
	if (part.size < 1)
		return GUARD_ROUTER;
	return part.at[0] == advertisement || part.at[0] == redirect ? GUARD_ROUTER : 0;
}

static unsigned look_at_ipv4(struct part part)
{
	size_t header;

	if (part.size < IPV4_HEADER)
		return 0; /* nobody takes it */
	header = (part.at[0] & 15u) * 4;
	if (header < IPV4_HEADER || header > part.size || (frame_get16(part.at + 6) & 0x1fff))
		return 0; /* not the beginning of anything */
	switch (part.at[9]) {
	case FRAME_UDP:
		return look_at_udp((struct part){ part.at + header, part.size - header }, DHCP_SERVER);
	case PROTOCOL_ICMP:
		return look_at_icmp((struct part){ part.at + header, part.size - header }, ICMP_ADVERTISEMENT,
				    ICMP_REDIRECT);
	default: return 0;
	}
}

/* The header behind this one. False: the frame ends before. */
static bool next_header(struct part *part, uint8_t kind, uint8_t *ret_next)
{
	size_t size = kind == FRAGMENT ? 8 : part->size < 2 ? 8 : (part->at[1] + 1u) * 8;

	if (part->size < size)
		return false;
	*ret_next = part->at[0];
	part->at += size;
	part->size -= size;
	return true;
}

static unsigned look_at_ipv6(struct part part)
{
	uint8_t kind;

	if (part.size < IPV6_HEADER)
		return 0;
	kind = part.at[6];
	part.at += IPV6_HEADER;
	part.size -= IPV6_HEADER;
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		if (kind == FRAME_UDP)
			return look_at_udp(part, DHCPV6_SERVER);
		if (kind == PROTOCOL_ICMPV6)
			return look_at_icmp(part, ND_ADVERTISEMENT, ND_REDIRECT);
		if (kind != HOP_BY_HOP && kind != ROUTING && kind != FRAGMENT && kind != DESTINATION)
			return 0;
		if (kind == FRAGMENT && part.size >= 4 && (frame_get16(part.at + 2) & 0xfff8))
			return 0; /* a later one */
		if (!next_header(&part, kind, &kind))
			break;
	}
	return GUARD_DHCP | GUARD_ROUTER;
}

/* LLC and SNAP (IEEE 802, 10; RFC 1042) in front of an ethertype, which is behind a length then. */
static bool is_snap(const uint8_t *at)
{
	static const uint8_t head[] = { 0xaa, 0xaa, 3, 0, 0 };

	return memcmp(at, head, sizeof(head)) == 0 && (at[5] == 0 || at[5] == 0xf8);
}

unsigned guard_ethertype(const uint8_t *frame, size_t size, size_t *ret_offset)
{
	size_t at = FRAME_ETHERNET_HEADER;
	unsigned type = size < at ? 0 : frame_get16(frame + 12);

	for (unsigned i = 0; i < WRAPPINGS_MAX; i++) {
		if (frame_is_tag(type) && size - at >= FRAME_VLAN_TAG)
			at += FRAME_VLAN_TAG;
		else if (type <= FRAME_MTU && size >= at + SNAP_HEADER && is_snap(frame + at))
			at += SNAP_HEADER;
		else
			break;
		type = frame_get16(frame + at - 2);
	}
	*ret_offset = at;
	return type;
}

unsigned guard_look(const uint8_t *frame, size_t size)
{
	struct part part;
	size_t offset;
	unsigned type = guard_ethertype(frame, size, &offset);

	if (size < FRAME_ETHERNET_HEADER)
		return 0;
	part = (struct part){ frame + offset, size - offset };
	switch (type) {
	case FRAME_IPV4: return look_at_ipv4(part);
	case FRAME_IPV6: return look_at_ipv6(part);
	case FRAME_VLAN:
	case FRAME_SERVICE_VLAN: return GUARD_DHCP | GUARD_ROUTER;
	default: return 0;
	}
}
