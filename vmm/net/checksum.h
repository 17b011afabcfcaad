/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Internet checksum (RFC 1071), and filling it in where a guest left that to its adapter. */
#ifndef NET_CHECKSUM_H
#define NET_CHECKSUM_H

#include "net/frame.h"

/* The one's complement sum in memory order, to be added to others of pieces at even offsets. */
uint64_t checksum_add(uint64_t sum, const void *data, size_t size);
/* What goes into the header, in memory order. */
uint16_t checksum_finish(uint64_t sum);

/* Of TCP or UDP, the checksum field taken as 0, with the pseudo header. `layout` has a transport. */
uint16_t checksum_transport(const uint8_t *frame, const struct frame_layout *layout);
/* The same for a header and a payload that lie apart. */
uint16_t checksum_transport_parts(const uint8_t *headers, const struct frame_layout *layout,
				  const uint8_t *payload, size_t payload_size);
/* Writes it. Nothing for what has no transport. */
void checksum_fill_transport(uint8_t *frame, const struct frame_layout *layout);
void checksum_fill_ipv4(uint8_t *ip);
bool checksum_is_right(const uint8_t *frame, const struct frame_layout *layout);

#endif
