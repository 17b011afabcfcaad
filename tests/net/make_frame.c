/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "make_frame.h"

#include "net/checksum.h"

#include <string.h>

static size_t make_ip(uint8_t *frame, bool is_ipv6, uint8_t protocol, size_t payload)
{
	uint8_t *ip = frame + 14;

	frame_put16(frame + 12, is_ipv6 ? FRAME_IPV6 : FRAME_IPV4);
	if (is_ipv6) {
		memset(ip, 0, 40);
		ip[0] = 0x60;
		frame_put16(ip + 4, (uint16_t)payload);
		ip[6] = protocol;
		ip[7] = 64;
		ip[8] = ip[24] = 0xFD;
		ip[23] = 1;
		ip[39] = 2;
		return 14 + 40;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	frame_put16(ip + 2, (uint16_t)(20 + payload));
	frame_put16(ip + 4, 77);
	ip[8] = 64;
	ip[9] = protocol;
	frame_put32(ip + 12, 0x0A00020F);
	frame_put32(ip + 16, 0x0A000210);
	checksum_fill_ipv4(ip);
	return 14 + 20;
}

static size_t finish(uint8_t *frame, size_t at, size_t size)
{
	struct frame_layout layout;

	for (size_t i = 0; i < size; i++)
		frame[at + i] = (uint8_t)(i * 7 + (i >> 8));
	if (frame_parse(frame, at + size, false, &layout))
		checksum_fill_transport(frame, &layout);
	return at + size;
}

size_t make_tcp(uint8_t *frame, const struct frame_mac *destination, const struct frame_mac *source,
		bool is_ipv6, size_t size)
{
	size_t at;
	uint8_t *tcp;

	memcpy(frame, destination, 6);
	memcpy(frame + 6, source, 6);
	at = make_ip(frame, is_ipv6, FRAME_TCP, 20 + size);
	tcp = frame + at;
	memset(tcp, 0, 20);
	frame_put16(tcp, 1234);
	frame_put16(tcp + 2, 80);
	frame_put32(tcp + 4, 0xFFFFF000); /* wraps */
	tcp[12] = 0x50;
	tcp[13] = 0x19; /* ACK, PSH, FIN */
	frame_put16(tcp + 14, 5000);
	return finish(frame, at + 20, size);
}

size_t make_udp(uint8_t *frame, const struct frame_mac *destination, const struct frame_mac *source,
		bool is_ipv6, size_t size)
{
	size_t at;
	uint8_t *udp;

	memcpy(frame, destination, 6);
	memcpy(frame + 6, source, 6);
	at = make_ip(frame, is_ipv6, FRAME_UDP, 8 + size);
	udp = frame + at;
	frame_put16(udp, 53);
	frame_put16(udp + 2, 5353);
	frame_put16(udp + 4, (uint16_t)(8 + size));
	frame_put16(udp + 6, 0);
	return finish(frame, at + 8, size);
}
