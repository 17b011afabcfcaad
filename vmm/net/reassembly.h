/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts fragments of IP packets together (RFC 791 3.2, RFC 8200 4.5), for those who must not see any.
 *
 * Limits     REASSEMBLY_MAX packets at once, each for REASSEMBLY_MS; a new one takes the place of the oldest.
 * Trust      None. Fragments that lie over each other take the whole packet with them (RFC 5722).
 * Threads    The caller's.
 */
#ifndef NET_REASSEMBLY_H
#define NET_REASSEMBLY_H

#include "net/frame.h"

enum { REASSEMBLY_MAX = 16, REASSEMBLY_MS = 30000 };

struct reassembly;

struct reassembly *reassembly_new(void); /* NULL: no memory */
struct reassembly *reassembly_free(struct reassembly *reassembly);
/*
 * Takes a frame with a fragment, without VLAN tag. Returns the whole frame when this was the last piece of
 * it, which is valid until the next call; else NULL.
 */
uint8_t *reassembly_add(struct reassembly *reassembly, const uint8_t *frame,
			const struct frame_layout *layout, uint64_t now_ms, size_t *ret_size);

#endif
