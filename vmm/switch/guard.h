/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine must not be for others: a DHCP server (DHCP guard), or a router (router guard).
 *
 * Trust      None in frames. Extension headers of IPv6 and fragments are followed; a first fragment
 *            that ends before what it carries is told apart (RFC 7113, 2) counts as guarded against.
 */
#ifndef SWITCH_GUARD_H
#define SWITCH_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum guard_flags {
	GUARD_DHCP = 1,	  /* an answer of a DHCP server, of IPv4 or IPv6 */
	GUARD_ROUTER = 2, /* a router advertisement or a redirect */
};

/* Which of these the frame (without a tag) is, or may be. */
unsigned guard_look(const uint8_t *frame, size_t size);

#endif
