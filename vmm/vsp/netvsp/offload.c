/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Offloads: what we offer (NDIS_OFFLOAD), and what the guest turns on (NDIS_OFFLOAD_PARAMETERS). */
#include "vsp/netvsp/netvsp_priv.h"

#include <string.h>

static const struct ndis_checksum_offload ipv4_checksum = {
	.tx_encapsulation = NDIS_ENCAPSULATION_8023,
	.tx = NDIS_CHECKSUM_IP_OPTIONS | NDIS_CHECKSUM_TCP_OPTIONS | NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_UDP |
	      NDIS_CHECKSUM_IP,
	.rx_encapsulation = NDIS_ENCAPSULATION_8023,
	.rx = NDIS_CHECKSUM_IP_OPTIONS | NDIS_CHECKSUM_TCP_OPTIONS | NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_UDP |
	      NDIS_CHECKSUM_IP,
};

static const struct ndis_checksum_offload ipv6_checksum = {
	.tx_encapsulation = NDIS_ENCAPSULATION_8023,
	.tx = NDIS_CHECKSUM_IP_OPTIONS | NDIS_CHECKSUM_TCP_OPTIONS | NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_UDP,
	.rx_encapsulation = NDIS_ENCAPSULATION_8023,
	.rx = NDIS_CHECKSUM_IP_OPTIONS | NDIS_CHECKSUM_TCP_OPTIONS | NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_UDP,
};

/* As much of it as this revision of NDIS has (NVSP 5: all; 4: without RSC; before: without IPsec 2). */
static uint32_t size_for(uint32_t version, uint8_t *ret_revision)
{
	*ret_revision = version >= NVSP_VERSION_5 ? 3 : version >= NVSP_VERSION_4 ? 2 : 1;
	switch (*ret_revision) {
	case 3: return sizeof(struct ndis_offload);
	case 2: return NDIS_OFFLOAD_SIZE_2;
	default: return NDIS_OFFLOAD_SIZE_1;
	}
}

uint32_t offload_query(const struct netvsp *adapter, const uint8_t *input, uint32_t input_size,
		       uint8_t *ret_data, uint32_t *ret_size)
{
	bool has_rsc = adapter->version >= NVSP_VERSION_61 && adapter->capabilities & NVSP_CAPABILITY_RSC;
	struct ndis_offload offload = {
		.header = { .type = NDIS_OFFLOAD },
		.ipv4 = ipv4_checksum,
		.ipv6 = ipv6_checksum,
		.lso2 = { .ipv4_encapsulation = NDIS_ENCAPSULATION_8023,
			  .ipv4_max_size = NETVSP_LSO_MAX,
			  .ipv4_min_segments = 2,
			  .ipv6_encapsulation = NDIS_ENCAPSULATION_8023,
			  .ipv6_max_size = NETVSP_LSO_MAX,
			  .ipv6_min_segments = 2,
			  .ipv6_options = NDIS_LSO_IPV6_EXTENSIONS | NDIS_LSO_IPV6_TCP_OPTIONS },
		.rsc_ipv4 = has_rsc,
		.rsc_ipv6 = has_rsc,
	};
	uint32_t size = size_for(adapter->version, &offload.header.revision);

	if (size > *ret_size)
		return RNDIS_FAILURE;
	offload.header.size = (uint16_t)size;
	memcpy(ret_data, &offload, size);
	*ret_size = size;
	return RNDIS_SUCCESS;
}

/*
 * Checksums and segmentation of what the guest sends are asked for with each packet, and it does not have to
 * believe ours: only coalescing must be known here.
 */
uint32_t offload_set(struct netvsp *adapter, const uint8_t *data, uint32_t size)
{
	struct ndis_offload_parameters parameters = { 0 };

	if (size < sizeof(struct ndis_header))
		return RNDIS_INVALID_DATA;
	memcpy(&parameters, data, size < sizeof(parameters) ? size : sizeof(parameters));
	if (adapter->version < NVSP_VERSION_61)
		return RNDIS_SUCCESS;
	if (parameters.rsc_ipv4 == NDIS_RSC_ON && parameters.rsc_ipv6 == NDIS_RSC_ON)
		adapter->takes_large = true;
	else if (parameters.rsc_ipv4 == NDIS_OFF || parameters.rsc_ipv6 == NDIS_OFF)
		adapter->takes_large = false;
	adapter_port_notify(adapter);
	return RNDIS_SUCCESS;
}
