/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Large TCP segments for guests that take them: a guest says in its SYN how large a segment may be (RFC
 * 9293, 3.7.1), by its MTU; here that is raised, and the stack of the NAT sends accordingly.
 */
#ifndef SWITCH_NAT_MSS_H
#define SWITCH_NAT_MSS_H

#include <stddef.h>
#include <stdint.h>

/* Changes a SYN with a right checksum and an MSS option below `mss`; leaves all else as it is. */
void nat_mss_raise(uint8_t *frame, size_t size, uint16_t mss);

#endif
