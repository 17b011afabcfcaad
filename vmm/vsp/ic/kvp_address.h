/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of one of the guest's network adapters, as data exchange has them, and as text. */
#ifndef VSP_KVP_ADDRESS_H
#define VSP_KVP_ADDRESS_H

#include "vsp/ic/ic_proto.h"

#include <stdbool.h>

enum { KVP_ADDRESS_TEXT = 1024, KVP_MAC_TEXT = 18, KVP_DEVICE_TEXT = 39 };

/* Several of a kind have ';' between. A netmask of IPv6 is a number of bits. */
struct kvp_addresses {
	/* Which adapter: Linux's daemon finds it by its MAC address for reading, by its instance on the bus
	 * for setting. */
	char mac[KVP_MAC_TEXT];	      /* 00:15:5D:01:02:03 */
	char device[KVP_DEVICE_TEXT]; /* {f8615163-...} */
	bool is_ipv6;
	bool has_dhcp;
	char address[KVP_ADDRESS_TEXT], netmask[KVP_ADDRESS_TEXT], gateway[KVP_ADDRESS_TEXT],
	    dns[KVP_ADDRESS_TEXT];
};

/* operation: KVP_GET_IP, which needs the adapter only, or KVP_SET_IP. -EINVAL: no MAC address; or a text that
 * is too long, or has anything in it that no address has. */
int kvp_address_encode(enum ic_kvp_operation operation, const struct kvp_addresses *addresses,
		       struct ic_kvp_address *ret_body);
/* What the guest says: valid text or none. */
void kvp_address_decode(const struct ic_kvp_address *body, struct kvp_addresses *ret_addresses);

#endif
