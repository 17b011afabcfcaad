/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hvsock: stream sockets between the guest (AF_VSOCK) and the host. Each connection is a channel of its own
 * here, and a connected stream socket on the host's side.
 *
 * Ports      In service GUIDs: {port}-facb-11e6-bd58-64006a7986d3; others are refused.
 * Threads    The bus's loop.
 * Ownership  hvsock takes the descriptors; they must not block.
 * Limits     HVSOCK_CONNECTIONS_MAX; HVSOCK_CHUNK bytes wait in each direction of a connection, the
 *            rest in the ring and in the socket: who does not read holds up only his own connection.
 * Trust      What the guest sends is carried, not looked at. A guest that breaks the framing loses the
 *            connection.
 */
#ifndef VSP_HVSOCK_H
#define VSP_HVSOCK_H

#include "vmbus/vmbus.h"

enum { HVSOCK_CONNECTIONS_MAX = 128, HVSOCK_CHUNK = 16384 };

struct hvsock;
struct loop;

struct hvsock_ops {
	/* The guest connects to this port of the host: a connected socket, or negative errno when nobody
	 * listens. */
	int (*connect)(void *opaque, uint32_t port);
};

int hvsock_new(struct vmbus *bus, struct loop *loop, const struct hvsock_ops *ops, void *opaque,
	       struct hvsock **ret_hvsock);
struct hvsock *hvsock_free(struct hvsock *hvsock); /* the bus is stopped; NULL is fine; returns NULL */
/* vmbus_config.connect. */
int hvsock_guest_connects(struct hvsock *hvsock, const struct vmbus_guid *endpoint,
			  const struct vmbus_guid *service);
/*
 * The host connects to a port of the guest. When nobody listens there the descriptor is closed after some
 * seconds: the guest does not say no. -ENOSPC, -ENOTCONN: the guest has no bus. The descriptor is closed
 * then, too.
 */
int hvsock_host_connects(struct hvsock *hvsock, uint32_t port, int fd);

#endif
