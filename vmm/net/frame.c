/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int frame_mac_parse(const char *text, struct frame_mac *ret_mac)
{
	struct frame_mac mac;

	for (unsigned i = 0; i < 6; i++, text += 3) {
		int high = hex_digit(text[0]);
		int low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0 || text[2] != (i < 5 ? ':' : '\0'))
			return -EINVAL;
		mac.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_mac = mac;
	return 0;
}

void frame_mac_format(const struct frame_mac *mac, char text[18])
{
	const uint8_t *b = mac->bytes;

	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

bool frame_mac_equal(const struct frame_mac *a, const struct frame_mac *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool frame_mac_is_station(const struct frame_mac *mac)
{
	static const struct frame_mac zero;

	return !frame_is_group(mac) && !frame_mac_equal(mac, &zero);
}

/* --- layers (RFC 791, RFC 8200, RFC 9293, RFC 768) --------------------------------------------------- */

static void find_transport(const uint8_t *frame, uint32_t at, struct frame_layout *layout)
{
	uint32_t room = layout->end - at;
	uint32_t header;

	if (layout->protocol == FRAME_UDP && room >= 8) {
		layout->transport = at;
		layout->payload = at + 8;
	} else if (layout->protocol == FRAME_TCP && room >= 20) {
		header = (uint32_t)(frame[at + 12] >> 4) * 4;
		if (header < 20 || header > room)
			return;
		layout->transport = at;
		layout->payload = at + header;
	}
}

static void find_ipv4(const uint8_t *frame, uint32_t size, bool length_unknown, struct frame_layout *layout)
{
	const uint8_t *ip = frame + layout->network;
	uint32_t room = size - layout->network, header, length;

	if (room < 20 || ip[0] >> 4 != 4)
		goto none;
	header = (uint32_t)(ip[0] & 15) * 4;
	length = frame_get16(ip + 2);
	if (length_unknown)
		length = room;
	if (header < 20 || header > length || length > room)
		goto none;
	layout->end = layout->network + length;
	layout->is_fragment = frame_get16(ip + 6) & 0x3FFF; /* more fragments, or an offset */
	if (layout->is_fragment)
		return;
	layout->protocol = ip[9];
	find_transport(frame, layout->network + header, layout);
	return;
none:
	layout->network = 0;
}

/* Extension headers that may stand before TCP or UDP: hop-by-hop, routing, destination options. */
static bool is_plain_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 60;
}

static void find_ipv6(const uint8_t *frame, uint32_t size, bool length_unknown, struct frame_layout *layout)
{
	const uint8_t *ip = frame + layout->network;
	uint32_t room = size - layout->network, at, length;
	uint8_t next;

	if (room < 40 || ip[0] >> 4 != 6) {
		layout->network = 0;
		return;
	}
	length = length_unknown ? room : 40 + (uint32_t)frame_get16(ip + 4);
	if (length > room) {
		layout->network = 0;
		return;
	}
	layout->end = layout->network + length;
	next = ip[6];
	at = layout->network + 40;
	while (is_plain_extension(next)) {
		if (layout->end - at < 8 || layout->end - at < 8 + (uint32_t)frame[at + 1] * 8)
			return;
		next = frame[at];
		at += 8 + (uint32_t)frame[at + 1] * 8;
	}
	layout->is_fragment = next == 44;
	if (layout->is_fragment)
		return;
	layout->protocol = next;
	find_transport(frame, at, layout);
}

bool frame_parse(const uint8_t *frame, size_t size, bool ip_length_unknown, struct frame_layout *ret_layout)
{
	struct frame_layout layout = { 0 };
	uint32_t at = FRAME_ETHERNET_HEADER;

	if (size < FRAME_ETHERNET_HEADER || size > FRAME_MAX)
		return false;
	layout.ethertype = frame_get16(frame + 12);
	if (layout.ethertype == FRAME_VLAN && size >= FRAME_ETHERNET_HEADER + FRAME_VLAN_TAG) {
		layout.is_tagged = true;
		layout.ethertype = frame_get16(frame + 16);
		at += FRAME_VLAN_TAG;
	}
	layout.end = (uint32_t)size;
	layout.network = at;
	if (layout.ethertype == FRAME_IPV4)
		find_ipv4(frame, (uint32_t)size, ip_length_unknown, &layout);
	else if (layout.ethertype == FRAME_IPV6)
		find_ipv6(frame, (uint32_t)size, ip_length_unknown, &layout);
	else
		layout.network = 0;
	*ret_layout = layout;
	return true;
}
