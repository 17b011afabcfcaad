/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Receive side scaling: frames of one connection go to one channel, and connections to several. */
#include "vsp/netvsp/netvsp_priv.h"

#include <string.h>

uint32_t rss_query(const struct netvsp *adapter, uint8_t *ret_data, uint32_t *ret_size)
{
	const struct ndis_rss_capabilities capabilities = {
		.header = { .type = NDIS_RSS_CAPABILITIES, .revision = 2, .size = sizeof(capabilities) },
		.flags = NDIS_RSS_TOEPLITZ | NDIS_RSS_CAPABILITY_IPV4 | NDIS_RSS_CAPABILITY_IPV6,
		.interrupts = adapter->config.queues,
		.queues = adapter->config.queues,
		.table_entries = 128,
	};

	if (sizeof(capabilities) > *ret_size)
		return RNDIS_FAILURE;
	memcpy(ret_data, &capabilities, sizeof(capabilities));
	*ret_size = sizeof(capabilities);
	return RNDIS_SUCCESS;
}

/* --- parameters ------------------------------------------------------------------------------------ */

static bool set_table(struct netvsp_rss *rss, const struct ndis_rss_parameters *parameters,
		      const uint8_t *data, uint32_t size, unsigned queues)
{
	unsigned count = parameters->table_size / 4;

	if (parameters->table_offset > size || parameters->table_size > size - parameters->table_offset ||
	    count == 0 || count > NDIS_RSS_TABLE_MAX || count & (count - 1))
		return false;
	for (unsigned i = 0; i < count; i++) {
		uint32_t queue;

		memcpy(&queue, data + parameters->table_offset + i * 4, 4);
		if (queue >= queues)
			return false;
		rss->table[i] = (uint8_t)queue;
	}
	rss->table_count = count;
	return true;
}

static bool set_key(struct netvsp_rss *rss, const struct ndis_rss_parameters *parameters, const uint8_t *data,
		    uint32_t size)
{
	if (parameters->key_offset > size || parameters->key_size > size - parameters->key_offset ||
	    parameters->key_size > NDIS_RSS_KEY_MAX)
		return false;
	memset(rss->key, 0, sizeof(rss->key));
	memcpy(rss->key, data + parameters->key_offset, parameters->key_size);
	rss->key_size = parameters->key_size;
	return true;
}

uint32_t rss_set(struct netvsp *adapter, const uint8_t *data, uint32_t size)
{
	struct netvsp_rss rss = adapter->rss;
	struct ndis_rss_parameters parameters;

	if (size < sizeof(parameters))
		return RNDIS_INVALID_DATA;
	memcpy(&parameters, data, sizeof(parameters));
	if (parameters.flags & NDIS_RSS_OFF) {
		adapter->rss.is_on = false;
		return RNDIS_SUCCESS;
	}
	if (!(parameters.flags & NDIS_RSS_TABLE_UNCHANGED) &&
	    !set_table(&rss, &parameters, data, size, adapter->config.queues))
		return RNDIS_INVALID_DATA;
	if (!(parameters.flags & NDIS_RSS_KEY_UNCHANGED) && !set_key(&rss, &parameters, data, size))
		return RNDIS_INVALID_DATA;
	if (!(parameters.flags & NDIS_RSS_HASH_UNCHANGED))
		rss.hash_types = parameters.hash;
	rss.is_on = true;
	adapter->rss = rss;
	return RNDIS_SUCCESS;
}

/* --- frames ---------------------------------------------------------------------------------------- */

/* The Toeplitz hash: for each 1 in the input, the 32 bits of the key from that place on. */
static uint32_t toeplitz(const uint8_t key[NDIS_RSS_KEY_MAX], const uint8_t *input, unsigned size)
{
	uint32_t window = (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3],
		 hash = 0;

	for (unsigned i = 0; i < size; i++) {
		uint8_t next = i + 4 < NDIS_RSS_KEY_MAX ? key[i + 4] : 0;

		for (unsigned bit = 8; bit-- > 0;) {
			if (input[i] >> bit & 1)
				hash ^= window;
			window = window << 1 | (next >> bit & 1);
		}
	}
	return hash;
}

/* Addresses, and ports where the guest wants them: source before destination. */
static uint32_t hash_frame(const struct netvsp_rss *rss, const uint8_t *frame,
			   const struct frame_layout *layout)
{
	bool is_ipv4 = layout->ethertype == FRAME_IPV4;
	unsigned size = is_ipv4 ? 8 : 32;
	uint8_t input[36];

	if (!layout->network)
		return 0;
	memcpy(input, frame + layout->network + (is_ipv4 ? 12 : 8), size);
	if (layout->transport && layout->protocol == FRAME_TCP &&
	    rss->hash_types & (is_ipv4 ? NDIS_RSS_TCP_IPV4 : NDIS_RSS_TCP_IPV6)) {
		memcpy(input + size, frame + layout->transport, 4);
		size += 4;
	} else if (!(rss->hash_types & (is_ipv4 ? NDIS_RSS_IPV4 : NDIS_RSS_IPV6))) {
		return 0;
	}
	return toeplitz(rss->key, input, size);
}

struct netvsp_channel *rss_channel(struct netvsp *adapter, const uint8_t *frame,
				   const struct frame_layout *layout, uint32_t *ret_hash)
{
	struct netvsp_rss *rss = &adapter->rss;
	struct netvsp_channel *channel;

	if (!rss->is_on || adapter->subchannels == 0)
		return &adapter->channels[0];
	*ret_hash = hash_frame(rss, frame, layout);
	channel = &adapter->channels[*ret_hash ? rss->table[*ret_hash & (rss->table_count - 1)] : 0];
	return channel->channel ? channel : &adapter->channels[0];
}
