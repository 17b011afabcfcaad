/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames with `size` bytes of data and right checksums; 10.0.2.15 to 10.0.2.16, fd00::1 to fd00::2. Return
 * their size. */
#ifndef TESTS_NET_MAKE_FRAME_H
#define TESTS_NET_MAKE_FRAME_H

#include "net/frame.h"

size_t make_tcp(uint8_t *frame, const struct frame_mac *destination, const struct frame_mac *source,
		bool is_ipv6, size_t size);
size_t make_udp(uint8_t *frame, const struct frame_mac *destination, const struct frame_mac *source,
		bool is_ipv6, size_t size);

#endif
