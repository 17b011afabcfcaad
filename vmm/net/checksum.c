/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/checksum.h"

#include <string.h>

/* 32-bit words into a 64-bit sum: no carry is lost below 16 GiB, and the compiler makes vectors of it. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t size)
{
	const uint8_t *at = data;
	uint64_t lanes[4] = { 0 };
	uint32_t word;

	for (; size >= 32; size -= 32, at += 32)
		for (unsigned i = 0; i < 4; i++) {
			uint64_t pair;

			memcpy(&pair, at + i * 8, 8);
			lanes[i] += (pair & 0xFFFFFFFF) + (pair >> 32);
		}
	for (unsigned i = 0; i < 4; i++)
		sum += (lanes[i] & 0xFFFFFFFF) + (lanes[i] >> 32);
	for (; size >= 4; size -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	if (size) {
		word = 0;
		memcpy(&word, at, size);
		sum += word;
	}
	return sum;
}

uint16_t checksum_finish(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

/* Addresses, protocol and length. The pieces after it start at even offsets: its own length is even. */
static uint64_t add_pseudo_header(uint64_t sum, const uint8_t *headers, const struct frame_layout *layout,
				  size_t length)
{
	const uint8_t *ip = headers + layout->network;
	uint8_t tail[8] = { 0 };

	sum = layout->ethertype == FRAME_IPV4 ? checksum_add(sum, ip + 12, 8) : checksum_add(sum, ip + 8, 32);
	frame_put32(tail, (uint32_t)length);
	tail[7] = layout->protocol;
	return checksum_add(sum, tail, sizeof(tail));
}

static unsigned field_offset(const struct frame_layout *layout)
{
	return layout->transport + (layout->protocol == FRAME_TCP ? 16 : 6);
}

uint16_t checksum_transport_parts(const uint8_t *headers, const struct frame_layout *layout,
				  const uint8_t *payload, size_t payload_size)
{
	unsigned field = field_offset(layout), header_size = layout->payload - layout->transport;
	uint64_t sum = add_pseudo_header(0, headers, layout, header_size + payload_size);
	uint16_t result;

	sum = checksum_add(sum, headers + layout->transport, field - layout->transport);
	sum = checksum_add(sum, headers + field + 2, layout->payload - field - 2);
	sum = checksum_add(sum, payload, payload_size);
	result = checksum_finish(sum);
	/* RFC 768: 0 would say that there is none. */
	return result == 0 && layout->protocol == FRAME_UDP ? 0xFFFF : result;
}

uint16_t checksum_transport(const uint8_t *frame, const struct frame_layout *layout)
{
	return checksum_transport_parts(frame, layout, frame + layout->payload,
					layout->end - layout->payload);
}

void checksum_fill_transport(uint8_t *frame, const struct frame_layout *layout)
{
	uint16_t sum;

	if (!layout->transport)
		return;
	sum = checksum_transport(frame, layout);
	memcpy(frame + field_offset(layout), &sum, 2);
}

bool checksum_is_right(const uint8_t *frame, const struct frame_layout *layout)
{
	uint16_t sum = checksum_transport(frame, layout), there;

	memcpy(&there, frame + field_offset(layout), 2);
	return sum == there ||
	       (layout->protocol == FRAME_UDP && there == 0 && layout->ethertype == FRAME_IPV4);
}

void checksum_fill_ipv4(uint8_t *ip)
{
	uint16_t sum;

	memset(ip + 10, 0, 2);
	sum = checksum_finish(checksum_add(0, ip, (size_t)(ip[0] & 15) * 4));
	memcpy(ip + 10, &sum, 2);
}
