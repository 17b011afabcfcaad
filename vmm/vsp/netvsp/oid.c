/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions and settings by number (OID). */
#include "vsp/netvsp/netvsp_priv.h"

#include <string.h>

enum {
	LINK_SPEED = 100 * 1000 * 1000, /* in units of 100 bit/s: 10 Gbit/s */
	VENDOR = 0x005D1500,		/* the first half of the addresses, little-endian */
};

static uint32_t give(const void *value, uint32_t size, uint8_t *ret_data, uint32_t *ret_size)
{
	if (size > *ret_size)
		return RNDIS_FAILURE;
	memcpy(ret_data, value, size);
	*ret_size = size;
	return RNDIS_SUCCESS;
}

static uint32_t give_number(uint32_t value, uint8_t *ret_data, uint32_t *ret_size)
{
	return give(&value, sizeof(value), ret_data, ret_size);
}

/* --- numbers --------------------------------------------------------------------------------------- */

static uint32_t zero(const struct netvsp *adapter)
{
	return 0;
}

static uint32_t max_frame(const struct netvsp *adapter)
{
	return NETVSP_MTU_MAX; /* the guest lowers its MTU to this, no more */
}

static uint32_t frame_size(const struct netvsp *adapter)
{
	return adapter->mtu + FRAME_ETHERNET_HEADER;
}

static uint32_t link_speed(const struct netvsp *adapter)
{
	return LINK_SPEED;
}

static uint32_t disconnected(const struct netvsp *adapter)
{
	return !adapter_has_link(adapter);
}

static uint32_t filter(const struct netvsp *adapter)
{
	return adapter->filter;
}

static uint32_t vendor(const struct netvsp *adapter)
{
	return VENDOR;
}

static uint32_t multicast_max(const struct netvsp *adapter)
{
	return NETVSP_MULTICAST_MAX;
}

static uint32_t frames_out(const struct netvsp *adapter)
{
	return (uint32_t)adapter->stats.frames_out;
}

static uint32_t frames_in(const struct netvsp *adapter)
{
	return (uint32_t)adapter->stats.frames_in;
}

static uint32_t bad_out(const struct netvsp *adapter)
{
	return (uint32_t)(adapter->stats.bad_out + adapter->stats.no_cable);
}

static uint32_t no_buffer(const struct netvsp *adapter)
{
	return (uint32_t)adapter->stats.no_buffer;
}

static const struct {
	uint32_t oid;
	uint32_t (*value)(const struct netvsp *adapter);
} numbers[] = {
	{ OID_GEN_HARDWARE_STATUS, zero },
	{ OID_GEN_MEDIA_SUPPORTED, zero },
	{ OID_GEN_MEDIA_IN_USE, zero },
	{ OID_GEN_MAXIMUM_LOOKAHEAD, frame_size },
	{ OID_GEN_CURRENT_LOOKAHEAD, frame_size },
	{ OID_GEN_MAXIMUM_FRAME_SIZE, max_frame },
	{ OID_GEN_MAXIMUM_TOTAL_SIZE, frame_size },
	{ OID_GEN_TRANSMIT_BLOCK_SIZE, frame_size },
	{ OID_GEN_RECEIVE_BLOCK_SIZE, frame_size },
	{ OID_GEN_LINK_SPEED, link_speed },
	{ OID_GEN_MEDIA_CONNECT_STATUS, disconnected },
	{ OID_GEN_CURRENT_PACKET_FILTER, filter },
	{ OID_GEN_VENDOR_ID, vendor },
	{ OID_802_3_MAXIMUM_LIST_SIZE, multicast_max },
	{ OID_GEN_XMIT_OK, frames_out },
	{ OID_GEN_RCV_OK, frames_in },
	{ OID_GEN_XMIT_ERROR, bad_out },
	{ OID_GEN_RCV_ERROR, zero },
	{ OID_GEN_RCV_NO_BUFFER, no_buffer },
};

enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

/* --- query ----------------------------------------------------------------------------------------- */

static uint32_t give_list(uint8_t *ret_data, uint32_t *ret_size)
{
	static const uint32_t others[] = { OID_GEN_SUPPORTED_LIST,	 OID_GEN_VENDOR_DESCRIPTION,
					   OID_GEN_FRIENDLY_NAME,	 OID_802_3_PERMANENT_ADDRESS,
					   OID_802_3_CURRENT_ADDRESS,	 OID_802_3_MULTICAST_LIST,
					   OID_TCP_OFFLOAD_CAPABILITIES, OID_TCP_OFFLOAD_PARAMETERS };
	uint32_t list[NUMBERS + sizeof(others) / sizeof(others[0])];

	for (unsigned i = 0; i < NUMBERS; i++)
		list[i] = numbers[i].oid;
	memcpy(list + NUMBERS, others, sizeof(others));
	return give(list, sizeof(list), ret_data, ret_size);
}

/* "Network Adapter" is the name that a guest does not show; in UTF-16. */
static uint32_t give_name(uint8_t *ret_data, uint32_t *ret_size)
{
	static const char name[] = "Network Adapter";
	uint16_t text[sizeof(name)];

	for (unsigned i = 0; i < sizeof(name); i++)
		text[i] = (uint8_t)name[i];
	return give(text, sizeof(text), ret_data, ret_size);
}

uint32_t oid_query(struct netvsp *adapter, uint32_t oid, const uint8_t *input, uint32_t input_size,
		   uint8_t *ret_data, uint32_t *ret_size)
{
	static const char description[] = "Bulkhead network adapter";

	for (unsigned i = 0; i < NUMBERS; i++)
		if (numbers[i].oid == oid)
			return give_number(numbers[i].value(adapter), ret_data, ret_size);
	switch (oid) {
	case OID_802_3_PERMANENT_ADDRESS: return give(&adapter->config.mac, 6, ret_data, ret_size);
	case OID_802_3_CURRENT_ADDRESS: return give(&adapter->mac, 6, ret_data, ret_size);
	case OID_802_3_MULTICAST_LIST:
		return give(adapter->multicast, adapter->multicast_count * 6, ret_data, ret_size);
	case OID_GEN_SUPPORTED_LIST: return give_list(ret_data, ret_size);
	case OID_GEN_FRIENDLY_NAME: return give_name(ret_data, ret_size);
	case OID_GEN_VENDOR_DESCRIPTION: return give(description, sizeof(description), ret_data, ret_size);
	case OID_TCP_OFFLOAD_CAPABILITIES:
	case OID_TCP_OFFLOAD_CURRENT: return offload_query(adapter, input, input_size, ret_data, ret_size);
	case OID_GEN_RECEIVE_SCALE_CAPABILITIES: return rss_query(adapter, ret_data, ret_size);
	default: return RNDIS_NOT_SUPPORTED;
	}
}

/* --- set ------------------------------------------------------------------------------------------- */

static uint32_t set_filter(struct netvsp *adapter, const uint8_t *data, uint32_t size)
{
	if (size < sizeof(adapter->filter))
		return RNDIS_INVALID_DATA;
	memcpy(&adapter->filter, data, sizeof(adapter->filter));
	adapter_port_notify(adapter);
	return RNDIS_SUCCESS;
}

static uint32_t set_multicast(struct netvsp *adapter, const uint8_t *data, uint32_t size)
{
	if (size % 6 || size > sizeof(adapter->multicast))
		return RNDIS_INVALID_DATA;
	memcpy(adapter->multicast, data, size);
	adapter->multicast_count = size / 6;
	return RNDIS_SUCCESS;
}

static bool text_is(const uint8_t *utf16, uint32_t size, const char *text)
{
	if (size != strlen(text) * 2)
		return false;
	for (; *text; text++, utf16 += 2)
		if (utf16[0] != (uint8_t)*text || utf16[1])
			return false;
	return true;
}

/* "00155d010203" in UTF-16 */
static bool parse_address(const uint8_t *utf16, uint32_t size, struct frame_mac *ret_mac)
{
	char text[18];

	if (size != 24)
		return false;
	for (unsigned i = 0; i < 6; i++) {
		text[i * 3] = (char)utf16[i * 4];
		text[i * 3 + 1] = (char)utf16[i * 4 + 2];
		text[i * 3 + 2] = i < 5 ? ':' : '\0';
		if (utf16[i * 4 + 1] || utf16[i * 4 + 3])
			return false;
	}
	return frame_mac_parse(text, ret_mac) == 0 && frame_mac_is_station(ret_mac);
}

/* The one parameter that guests set: another MAC address, if the owner of the machine allows that. */
static uint32_t set_parameter(struct netvsp *adapter, const uint8_t *data, uint32_t size)
{
	struct rndis_config_parameter parameter;
	struct frame_mac mac;

	if (size < sizeof(parameter))
		return RNDIS_INVALID_DATA;
	memcpy(&parameter, data, sizeof(parameter));
	if (parameter.name_offset > size || parameter.name_length > size - parameter.name_offset ||
	    parameter.value_offset > size || parameter.value_length > size - parameter.value_offset)
		return RNDIS_INVALID_DATA;
	if (!text_is(data + parameter.name_offset, parameter.name_length, "NetworkAddress"))
		return RNDIS_NOT_SUPPORTED;
	if (!parse_address(data + parameter.value_offset, parameter.value_length, &mac))
		return RNDIS_INVALID_DATA;
	if (!adapter->config.may_spoof && !frame_mac_equal(&mac, &adapter->config.mac)) {
		netvsp_log(
		    adapter,
		    "the guest wants another MAC address, which this adapter does not allow; allow MAC "
		    "address spoofing to change that");
		return RNDIS_FAILURE;
	}
	adapter->mac = mac;
	return RNDIS_SUCCESS;
}

uint32_t oid_set(struct netvsp *adapter, uint32_t oid, const uint8_t *data, uint32_t size)
{
	switch (oid) {
	case OID_GEN_CURRENT_PACKET_FILTER: return set_filter(adapter, data, size);
	case OID_802_3_MULTICAST_LIST: return set_multicast(adapter, data, size);
	case OID_GEN_CURRENT_LOOKAHEAD: return RNDIS_SUCCESS;
	case OID_GEN_RNDIS_CONFIG_PARAMETER: return set_parameter(adapter, data, size);
	case OID_TCP_OFFLOAD_PARAMETERS: return offload_set(adapter, data, size);
	case OID_GEN_RECEIVE_SCALE_PARAMETERS: return rss_set(adapter, data, size);
	default: return RNDIS_NOT_SUPPORTED;
	}
}
