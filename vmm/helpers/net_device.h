/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network adapters of the host that virtual switches need. Whoever calls this has CAP_NET_ADMIN, and
 * CAP_NET_RAW for net_device_packet(), in the network namespace that it is in.
 *
 * Errors     Negative errno, and a sentence.
 */
#ifndef HELPERS_NET_DEVICE_H
#define HELPERS_NET_DEVICE_H

#include <net/if.h>
#include <stdbool.h>

enum { NET_ERROR_MAX = 400 };

/*
 * A TAP with virtio-net headers, which lives as long as its descriptor: named `wanted`, or "bhN" when that is
 * taken. It is up, with `address` ("192.168.50.1/24"; "": none).
 */
int net_device_tap(const char *wanted, const char *address, int *ret_fd, char ret_name[IFNAMSIZ],
		   char *error);
/* Puts an adapter of ours into a bridge of the host. */
int net_device_join(const char *name, const char *bridge, char *error);
/* A packet socket that sees all that comes in on an adapter, which is up then, and sends there. */
int net_device_packet(const char *name, int *ret_fd, char *error);
bool net_device_is_bridge(const char *name);

#endif
