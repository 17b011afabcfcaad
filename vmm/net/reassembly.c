/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "net/reassembly.h"
#include "net/checksum.h"

#include <stdlib.h>
#include <string.h>

enum {
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	HEADER_MAX = FRAME_ETHERNET_HEADER + 60,
	PAYLOAD_MAX = 65535,
	UNIT = 8, /* of offsets */
	IPV6_FRAGMENT = 44,
};

/* A fragment, as its header has it. */
struct piece {
	bool is_ipv6;
	uint8_t source[16], destination[16], protocol;
	uint32_t id;
	uint32_t offset, size;
	bool is_last;
	const uint8_t *payload;
	uint32_t header_size; /* with the Ethernet header, without that of the fragment */
};

struct packet {
	bool is_used, is_bad;
	bool is_ipv6;
	uint8_t source[16], destination[16], protocol;
	uint32_t id;
	uint64_t since_ms;
	uint32_t received, total; /* bytes; total 0: unknown */
	uint32_t header_size;	  /* 0: the first fragment is not there */
	uint8_t have[PAYLOAD_MAX / UNIT / 8 + 1];
	uint8_t bytes[HEADER_MAX + PAYLOAD_MAX]; /* the header ends where the payload begins */
	uint8_t header[HEADER_MAX];
};

struct reassembly {
	struct packet *packets[REASSEMBLY_MAX]; /* made when needed */
};

/* --- reading ----------------------------------------------------------------------------------------- */

static bool read_ipv4(const uint8_t *frame, const struct frame_layout *layout, struct piece *piece)
{
	const uint8_t *ip = frame + layout->network;
	uint32_t header = (ip[0] & 15u) * 4, field = frame_get16(ip + 6);

	if (header < IPV4_HEADER || layout->end < layout->network + header)
		return false;
	memcpy(piece->source, ip + 12, 4);
	memcpy(piece->destination, ip + 16, 4);
	piece->protocol = ip[9];
	piece->id = frame_get16(ip + 4);
	piece->offset = (field & 0x1fff) * UNIT;
	piece->is_last = !(field & 0x2000);
	piece->header_size = layout->network + header;
	piece->payload = ip + header;
	piece->size = layout->end - layout->network - header;
	return true;
}

/* Only a fragment header that follows at once: guests send no others. */
static bool read_ipv6(const uint8_t *frame, const struct frame_layout *layout, struct piece *piece)
{
	const uint8_t *ip = frame + layout->network, *fragment = ip + IPV6_HEADER;
	uint32_t field;

	if (layout->end < layout->network + IPV6_HEADER + UNIT || ip[6] != IPV6_FRAGMENT)
		return false;
	field = frame_get16(fragment + 2);
	piece->is_ipv6 = true;
	memcpy(piece->source, ip + 8, 16);
	memcpy(piece->destination, ip + 24, 16);
	piece->protocol = fragment[0];
	piece->id = frame_get32(fragment + 4);
	piece->offset = field & 0xfff8;
	piece->is_last = !(field & 1);
	piece->header_size = layout->network + IPV6_HEADER;
	piece->payload = fragment + UNIT;
	piece->size = layout->end - layout->network - IPV6_HEADER - UNIT;
	return true;
}

static bool read_piece(const uint8_t *frame, const struct frame_layout *layout, struct piece *piece)
{
	bool is_good;

	memset(piece, 0, sizeof(*piece));
	if (layout->is_tagged || !layout->network || layout->network != FRAME_ETHERNET_HEADER)
		return false;
	is_good = layout->ethertype == FRAME_IPV4 ? read_ipv4(frame, layout, piece)
						  : read_ipv6(frame, layout, piece);
	/* All but the last are whole units; the packet is no longer than one can be. */
	return is_good && piece->size > 0 && (piece->is_last || piece->size % UNIT == 0) &&
	       piece->offset + piece->size <=
		   PAYLOAD_MAX - (piece->is_ipv6 ? 0 : piece->header_size - FRAME_ETHERNET_HEADER);
}

/* --- packets that are not whole ---------------------------------------------------------------------- */

static bool is_of(const struct packet *packet, const struct piece *piece)
{
	return packet->is_used && packet->is_ipv6 == piece->is_ipv6 && packet->id == piece->id &&
	       packet->protocol == piece->protocol && memcmp(packet->source, piece->source, 16) == 0 &&
	       memcmp(packet->destination, piece->destination, 16) == 0;
}

static void begin(struct packet *packet, const struct piece *piece, uint64_t now_ms)
{
	packet->is_used = true;
	packet->is_bad = false;
	packet->is_ipv6 = piece->is_ipv6;
	packet->id = piece->id;
	packet->protocol = piece->protocol;
	memcpy(packet->source, piece->source, 16);
	memcpy(packet->destination, piece->destination, 16);
	packet->since_ms = now_ms;
	packet->received = packet->total = packet->header_size = 0;
	memset(packet->have, 0, sizeof(packet->have));
}

/* A free place, else the oldest one's; NULL: no memory. */
static struct packet *make_room(struct reassembly *reassembly)
{
	struct packet **oldest = NULL;

	for (unsigned i = 0; i < REASSEMBLY_MAX; i++) {
		struct packet **place = &reassembly->packets[i];

		if (!*place)
			*place = calloc(1, sizeof(**place));
		if (!*place)
			break;
		if (!(*place)->is_used)
			return *place;
		if (!oldest || (*place)->since_ms < (*oldest)->since_ms)
			oldest = place;
	}
	return oldest ? *oldest : NULL;
}

static struct packet *find(struct reassembly *reassembly, const struct piece *piece, uint64_t now_ms)
{
	struct packet *packet;

	for (unsigned i = 0; i < REASSEMBLY_MAX; i++) {
		packet = reassembly->packets[i];
		if (packet && packet->is_used && now_ms - packet->since_ms > REASSEMBLY_MS)
			packet->is_used = false;
		if (packet && is_of(packet, piece))
			return packet;
	}
	packet = make_room(reassembly);
	if (packet)
		begin(packet, piece, now_ms);
	return packet;
}

/* False: some of it was there before. */
static bool mark(struct packet *packet, const struct piece *piece)
{
	uint32_t first = piece->offset / UNIT, end = (piece->offset + piece->size + UNIT - 1) / UNIT;

	for (uint32_t unit = first; unit < end; unit++) {
		if (packet->have[unit / 8] & 1u << unit % 8)
			return false;
		packet->have[unit / 8] |= (uint8_t)(1u << unit % 8);
	}
	return true;
}

/* False: the packet makes no sense with this piece. */
static bool take(struct packet *packet, const uint8_t *frame, const struct piece *piece)
{
	uint32_t end = piece->offset + piece->size;

	if (!mark(packet, piece) || (piece->is_last && packet->total) ||
	    (packet->total && end > packet->total))
		return false;
	memcpy(packet->bytes + HEADER_MAX + piece->offset, piece->payload, piece->size);
	packet->received += piece->size;
	if (piece->is_last)
		packet->total = end;
	if (piece->offset == 0) {
		packet->header_size = piece->header_size;
		memcpy(packet->header, frame, piece->header_size);
	}
	return packet->total == 0 || packet->received <= packet->total;
}

static uint8_t *finish(struct packet *packet, size_t *ret_size)
{
	uint8_t *start = packet->bytes + HEADER_MAX - packet->header_size,
		*ip = start + FRAME_ETHERNET_HEADER;
	uint32_t header = packet->header_size - FRAME_ETHERNET_HEADER;

	memcpy(start, packet->header, packet->header_size);
	if (packet->is_ipv6) {
		frame_put16(ip + 4, (uint16_t)packet->total);
		ip[6] = packet->protocol;
	} else {
		frame_put16(ip + 2, (uint16_t)(header + packet->total));
		frame_put16(ip + 6, 0);
		checksum_fill_ipv4(ip);
	}
	packet->is_used = false;
	*ret_size = packet->header_size + packet->total;
	return start;
}

uint8_t *reassembly_add(struct reassembly *reassembly, const uint8_t *frame,
			const struct frame_layout *layout, uint64_t now_ms, size_t *ret_size)
{
	struct packet *packet;
	struct piece piece;

	if (!read_piece(frame, layout, &piece))
		return NULL;
	packet = find(reassembly, &piece, now_ms);
	if (!packet || packet->is_bad)
		return NULL;
	if (!take(packet, frame, &piece)) {
		packet->is_bad = true; /* what else comes of it is swallowed */
		return NULL;
	}
	if (!packet->header_size || !packet->total || packet->received != packet->total)
		return NULL;
	return finish(packet, ret_size);
}

/* --- life -------------------------------------------------------------------------------------------- */

struct reassembly *reassembly_new(void)
{
	return calloc(1, sizeof(struct reassembly));
}

struct reassembly *reassembly_free(struct reassembly *reassembly)
{
	for (unsigned i = 0; reassembly && i < REASSEMBLY_MAX; i++)
		free(reassembly->packets[i]);
	free(reassembly);
	return NULL;
}
