/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/mac_table.h"

void mac_table_init(struct mac_table *table)
{
	*table = (struct mac_table){ .counts = { 0 } };
	for (unsigned i = 0; i < MAC_TABLE_SETS; i++)
		for (unsigned j = 0; j < MAC_TABLE_WAYS; j++)
			table->entries[i][j].port = MAC_TABLE_NONE;
}

static unsigned set_of(const struct frame_mac *mac, unsigned vlan)
{
	uint32_t hash = vlan * 2654435761u;

	for (unsigned i = 0; i < 6; i++)
		hash = (hash ^ mac->bytes[i]) * 16777619u; /* FNV-1a */
	return (hash ^ hash >> 16) % MAC_TABLE_SETS;
}

static bool is_entry(const struct mac_entry *entry, const struct frame_mac *mac, unsigned vlan)
{
	return entry->port != MAC_TABLE_NONE && entry->vlan == vlan && frame_mac_equal(&entry->mac, mac);
}

static void set_port(struct mac_table *table, struct mac_entry *entry, int port)
{
	if (entry->port != MAC_TABLE_NONE)
		table->counts[entry->port]--;
	if (port != MAC_TABLE_NONE)
		table->counts[port]++;
	entry->port = (int16_t)port;
}

bool mac_table_learn(struct mac_table *table, const struct frame_mac *mac, unsigned vlan, unsigned port,
		     uint64_t now_ms)
{
	struct mac_entry *set = table->entries[set_of(mac, vlan)], *place = set;

	for (unsigned i = 0; i < MAC_TABLE_WAYS; i++) {
		if (is_entry(&set[i], mac, vlan)) {
			place = &set[i];
			break;
		}
		if (place->port != MAC_TABLE_NONE &&
		    (set[i].port == MAC_TABLE_NONE || set[i].used_ms < place->used_ms))
			place = &set[i];
	}
	if (place->port != (int)port && table->counts[port] >= MAC_TABLE_PER_PORT)
		return false;
	set_port(table, place, (int)port);
	place->mac = *mac;
	place->vlan = (uint16_t)vlan;
	place->used_ms = now_ms;
	return true;
}

int mac_table_find(const struct mac_table *table, const struct frame_mac *mac, unsigned vlan, uint64_t now_ms)
{
	const struct mac_entry *set = table->entries[set_of(mac, vlan)];

	for (unsigned i = 0; i < MAC_TABLE_WAYS; i++)
		if (is_entry(&set[i], mac, vlan) && now_ms - set[i].used_ms < MAC_TABLE_AGE_MS)
			return set[i].port;
	return MAC_TABLE_NONE;
}

void mac_table_forget_port(struct mac_table *table, unsigned port)
{
	for (unsigned i = 0; i < MAC_TABLE_SETS; i++)
		for (unsigned j = 0; j < MAC_TABLE_WAYS; j++)
			if (table->entries[i][j].port == (int)port)
				set_port(table, &table->entries[i][j], MAC_TABLE_NONE);
}
