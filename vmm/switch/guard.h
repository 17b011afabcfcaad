/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine must not be for others: a DHCP server (DHCP guard), or a router (router guard).
 *
 * Trust      None in frames. Extension headers of IPv6 and fragments are followed; a first fragment
 *            that ends before what it carries is told apart (RFC 7113, 2) counts as guarded against.
 *            Systems take off tags of VLAN 0, and LLC with SNAP, however many: so does guard_ethertype().
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

/* What the frame carries, behind tags and SNAP, and where. A tag: there are too many of both. */
unsigned guard_ethertype(const uint8_t *frame, size_t size, size_t *ret_offset);
/* Which of these the frame is, or may be. */
unsigned guard_look(const uint8_t *frame, size_t size);

#endif
