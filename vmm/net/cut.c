/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/cut.h"
#include "net/checksum.h"

#include <errno.h>
#include <string.h>

enum {
	TCP_FIN = 1,
	TCP_PSH = 8,
	TCP_CWR = 0x80,
	IPV4_MORE = 0x2000,
	IPV4_OFFSET = 0x1FFF,
	IPV6_FRAGMENT = 44,
	IPV6_FRAGMENT_HEADER = 8,
};

static uint32_t ip_header_size(const struct cut *cut)
{
	if (cut->layout.ethertype == FRAME_IPV6)
		return 40;
	return (uint32_t)(cut->frame[cut->layout.network] & 15) * 4;
}

static int begin_tcp(struct cut *cut, unsigned segment, unsigned mtu)
{
	uint32_t headers = cut->layout.payload - cut->layout.network;

	if (!segment && mtu > headers)
		segment = mtu - headers;
	if (segment < CUT_SEGMENT_MIN)
		segment = CUT_SEGMENT_MIN;
	cut->is_tcp = true;
	cut->step = segment;
	cut->start = cut->layout.payload;
	cut->header_size = cut->layout.payload;
	return 0;
}

/* All fragments but the last carry a multiple of 8 bytes. */
static int begin_fragments(struct cut *cut, unsigned mtu)
{
	uint32_t ip = ip_header_size(cut);
	uint32_t extra = cut->layout.ethertype == FRAME_IPV6 ? IPV6_FRAGMENT_HEADER : 0;

	if ((cut->layout.is_fragment && extra) || mtu < ip + extra + 8)
		return -EMSGSIZE;
	if (!extra)
		cut->fragment = frame_get16(cut->frame + cut->layout.network + 6) & (IPV4_MORE | IPV4_OFFSET);
	cut->step = (mtu - ip - extra) & ~7u;
	cut->start = cut->layout.network + ip;
	cut->header_size = cut->start + extra;
	return 0;
}

int cut_begin(struct cut *cut, const uint8_t *frame, size_t size, unsigned segment, unsigned mtu)
{
	int r;

	*cut = (struct cut){ .frame = frame };
	if (!frame_parse(frame, size, false, &cut->layout))
		return -EINVAL;
	if (!cut->layout.network)
		return -EMSGSIZE;
	if (cut->layout.transport && cut->layout.protocol == FRAME_TCP)
		r = begin_tcp(cut, segment, mtu);
	else
		r = begin_fragments(cut, mtu);
	if (r == 0 && cut->header_size > CUT_HEADERS_MAX)
		r = -EMSGSIZE;
	cut->at = cut->start;
	return r;
}

static void set_ip_length(struct cut *cut, uint32_t payload)
{
	uint8_t *ip = cut->headers + cut->layout.network;
	uint32_t length = cut->header_size - cut->layout.network + payload;

	if (cut->layout.ethertype == FRAME_IPV6)
		frame_put16(ip + 4, (uint16_t)(length - 40));
	else
		frame_put16(ip + 2, (uint16_t)length);
}

/* RFC 9293; PSH and FIN belong to the last byte, CWR (RFC 3168) to the first. */
static void make_segment(struct cut *cut, uint32_t payload, bool is_last)
{
	uint8_t *ip = cut->headers + cut->layout.network;
	uint8_t *tcp = cut->headers + cut->layout.transport;
	uint16_t sum;

	memcpy(cut->headers, cut->frame, cut->header_size);
	set_ip_length(cut, payload);
	frame_put32(tcp + 4, frame_get32(tcp + 4) + (cut->at - cut->start));
	if (!is_last)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (cut->count > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
	if (cut->layout.ethertype == FRAME_IPV4) {
		frame_put16(ip + 4, (uint16_t)(frame_get16(ip + 4) + cut->count));
		checksum_fill_ipv4(ip);
	}
	sum = checksum_transport_parts(cut->headers, &cut->layout, cut->frame + cut->at, payload);
	memcpy(tcp + 16, &sum, 2);
}

/* RFC 791, 3.2 and RFC 8200, 4.5 */
static void make_fragment(struct cut *cut, uint32_t payload, bool is_last)
{
	uint8_t *ip = cut->headers + cut->layout.network;
	uint32_t offset = cut->at - cut->start;
	uint8_t *extension = cut->headers + cut->start;

	memcpy(cut->headers, cut->frame, cut->start);
	set_ip_length(cut, payload);
	if (cut->layout.ethertype == FRAME_IPV4) {
		frame_put16(ip + 6, (uint16_t)(cut->fragment + offset / 8) | (is_last ? 0 : IPV4_MORE));
		checksum_fill_ipv4(ip);
		return;
	}
	extension[0] = ip[6];
	extension[1] = 0;
	frame_put16(extension + 2, (uint16_t)(offset | (is_last ? 0 : 1)));
	/* Any number that does not come again soon: the first bytes behind are ports and a checksum. */
	memcpy(extension + 4, cut->frame + cut->start + 4, 4);
	ip[6] = IPV6_FRAGMENT;
}

bool cut_next(struct cut *cut, struct cut_piece *ret_piece)
{
	uint32_t rest = cut->layout.end - cut->at;
	uint32_t payload = rest < cut->step ? rest : cut->step;
	bool is_last = payload == rest;

	if (rest == 0 && cut->count > 0)
		return false;
	if (cut->is_tcp)
		make_segment(cut, payload, is_last);
	else
		make_fragment(cut, payload, is_last);
	*ret_piece = (struct cut_piece){ .headers = cut->headers,
					 .header_size = cut->header_size,
					 .payload = cut->frame + cut->at,
					 .payload_size = payload };
	cut->at += payload;
	cut->count++;
	return true;
}
