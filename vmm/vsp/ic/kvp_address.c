/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/ic/kvp_address.h"

#include "disk/utf16.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

enum { FAMILY_IPV4 = 1, FAMILY_IPV6 = 2 };

/* hv_kvp_daemon writes these into a file that a script reads: nothing but addresses may be in them. */
static bool is_clean(const char *text)
{
	for (; *text; text++)
		if (!isxdigit((unsigned char)*text) && !strchr(".:;/%", *text))
			return false;
	return true;
}

static bool is_mac(const char *text)
{
	for (unsigned i = 0; i < KVP_MAC_TEXT - 1; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return text[KVP_MAC_TEXT - 1] == '\0';
}

/* `bytes`: a field of the message, zeroed; its end stays zero. */
static int put(const char *text, uint8_t *bytes, size_t max)
{
	size_t size = 0;

	return is_clean(text) && utf8_to_utf16(text, UTF16_LE, bytes, max - 2, &size) == 0 ? 0 : -EINVAL;
}

/* As the guest's daemon compares it: in capital letters. */
static int put_mac(const char *mac, uint8_t *bytes, size_t max)
{
	char upper[KVP_MAC_TEXT];

	if (!is_mac(mac))
		return -EINVAL;
	for (unsigned i = 0; i < KVP_MAC_TEXT; i++)
		upper[i] = (char)toupper((unsigned char)mac[i]);
	return put(upper, bytes, max);
}

static bool is_device(const char *text)
{
	size_t size = strlen(text);

	if (size != KVP_DEVICE_TEXT - 1 || text[0] != '{' || text[size - 1] != '}')
		return false;
	for (size_t i = 1; i + 1 < size; i++)
		if (!isxdigit((unsigned char)text[i]) && text[i] != '-')
			return false;
	return true;
}

static int put_device(const char *device, uint8_t *bytes, size_t max)
{
	size_t size = 0;

	return is_device(device) ? utf8_to_utf16(device, UTF16_LE, bytes, max - 2, &size) : -EINVAL;
}

#define AT(member)                                                                                           \
	(bytes + offsetof(struct ic_kvp_address, member)), sizeof(((struct ic_kvp_address *)0)->member)

int kvp_address_encode(enum ic_kvp_operation operation, const struct kvp_addresses *addresses,
		       struct ic_kvp_address *ret_body)
{
	uint8_t *bytes = (uint8_t *)ret_body;
	int r;

	memset(ret_body, 0, sizeof(*ret_body));
	ret_body->operation = (uint8_t)operation;
	ret_body->family = addresses->is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4;
	if (operation == KVP_GET_IP)
		return put_mac(addresses->mac, AT(adapter));
	r = put_device(addresses->device, AT(adapter));
	if (r < 0)
		return r;
	ret_body->has_dhcp = addresses->has_dhcp;
	if ((r = put(addresses->address, AT(address))) < 0 ||
	    (r = put(addresses->netmask, AT(netmask))) < 0 || (r = put(addresses->gateway, AT(gateway))) < 0)
		return r;
	return put(addresses->dns, AT(dns));
}

/* Up to its NUL, if it has one. */
static void get(const uint8_t *bytes, size_t max, char text[KVP_ADDRESS_TEXT])
{
	size_t size = 0;

	while (size + 2 <= max && (bytes[size] || bytes[size + 1]))
		size += 2;
	if (size == 0 || utf16_to_utf8(bytes, size, UTF16_LE, text, KVP_ADDRESS_TEXT) < 0 || !is_clean(text))
		text[0] = '\0';
}

void kvp_address_decode(const struct ic_kvp_address *body, struct kvp_addresses *ret_addresses)
{
	const uint8_t *bytes = (const uint8_t *)body;

	memset(ret_addresses, 0, sizeof(*ret_addresses));
	ret_addresses->is_ipv6 = body->family == FAMILY_IPV6;
	ret_addresses->has_dhcp = body->has_dhcp != 0;
	get(AT(address), ret_addresses->address);
	get(AT(netmask), ret_addresses->netmask);
	get(AT(gateway), ret_addresses->gateway);
	get(AT(dns), ret_addresses->dns);
}
