/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cutting what is too large for a network: TCP segments into smaller ones, other IP packets into fragments.
 *
 * Purpose    A frame in, pieces out one by one, each as headers of its own and a slice of the frame's
 *            payload, with lengths, sequence numbers and checksums as they must be.
 * Ownership  The frame must stay until the last piece; the headers of a piece until the next one.
 * Limits     Headers up to CUT_HEADERS_MAX bytes.
 */
#ifndef NET_CUT_H
#define NET_CUT_H

#include "net/frame.h"

enum {
	CUT_HEADERS_MAX = 192,
	CUT_SEGMENT_MIN = 88, /* of TCP; smaller ones would make thousands of pieces of a frame */
};

struct cut {
	const uint8_t *frame;
	struct frame_layout layout;
	bool is_tcp;
	uint32_t step;	/* payload of a piece */
	uint32_t start; /* of what is cut, in the frame */
	uint32_t at;	/* the next piece */
	uint32_t header_size;
	uint16_t fragment; /* of IPv4: offset and flag of what is cut, itself a fragment */
	unsigned count;	   /* pieces made so far */
	uint8_t headers[CUT_HEADERS_MAX];
};

struct cut_piece {
	const uint8_t *headers;
	size_t header_size;
	const uint8_t *payload;
	size_t payload_size;
};

/*
 * TCP into pieces with `segment` bytes of data (0: what `mtu` allows), anything else of IP into fragments for
 * `mtu`. -EMSGSIZE: it cannot be cut (no IP, or a fragment already); -EINVAL: no Ethernet frame.
 */
int cut_begin(struct cut *cut, const uint8_t *frame, size_t size, unsigned segment, unsigned mtu);
/* False after the last one. */
bool cut_next(struct cut *cut, struct cut_piece *ret_piece);

#endif
