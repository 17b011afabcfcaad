/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a guest's adapters, read from and set in the guest. A machine has at most one call about
 * them. */
#ifndef SERVICE_GUEST_ADDRESS_H
#define SERVICE_GUEST_ADDRESS_H

#include <glib.h>

struct call;
struct vm;
struct link_message;

/* Of the adapter with this number in the settings. Answers the call later, or at once: with a{sv} of "mac",
 * "address", "netmask", "gateway", "dns" (s) and "dhcp" (b). */
void guest_address_get(struct call *call, struct vm *vm, guint adapter, gboolean is_ipv6);
/* `values` as above, without "mac". */
void guest_address_set(struct call *call, struct vm *vm, guint adapter, gboolean is_ipv6, GVariant *values);

/* "addresses" */
void guest_address_take(struct vm *vm, const struct link_message *message);
/* The machine ended. */
void guest_address_abandon(struct vm *vm);

#endif
