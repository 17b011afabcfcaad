/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which station was last seen behind which port (IEEE 802.1D, 7.9).
 *
 * Purpose    A fixed table: what does not fit pushes out the entry that was used longest ago among
 *            those of its place, so that a guest with many addresses harms mostly itself, and never
 *            makes the table grow.
 * Limits     MAC_TABLE_PER_PORT entries for one port.
 */
#ifndef SWITCH_MAC_TABLE_H
#define SWITCH_MAC_TABLE_H

#include "net/frame.h"

enum {
	MAC_TABLE_SETS = 256,
	MAC_TABLE_WAYS = 4,
	MAC_TABLE_PER_PORT = 128,
	MAC_TABLE_PORTS = 64,
	MAC_TABLE_NONE = -1,
};

struct mac_entry {
	struct frame_mac mac;
	uint16_t vlan;
	int16_t port; /* MAC_TABLE_NONE: empty */
	uint64_t used_ms;
};

struct mac_table {
	struct mac_entry entries[MAC_TABLE_SETS][MAC_TABLE_WAYS];
	unsigned counts[MAC_TABLE_PORTS];
};

void mac_table_init(struct mac_table *table);
/* `port` below MAC_TABLE_PORTS. False: the port has too many already, the station was not learned. */
bool mac_table_learn(struct mac_table *table, const struct frame_mac *mac, unsigned vlan, unsigned port,
		     uint64_t now_ms);
/* The port, or MAC_TABLE_NONE: nobody, or nobody heard of it for `MAC_TABLE_AGE_MS`. */
int mac_table_find(const struct mac_table *table, const struct frame_mac *mac, unsigned vlan,
		   uint64_t now_ms);
void mac_table_forget_port(struct mac_table *table, unsigned port);

#define MAC_TABLE_AGE_MS 300000ull

#endif
