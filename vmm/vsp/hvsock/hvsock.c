/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vsp/hvsock/hvsock_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define OPEN_WITHIN_NS 10000000000u

enum {
	PACKET_MAX = 16 + 8 + HVSOCK_CHUNK + 8,
	FROM_HOST = 4 /* in the offer's user data, behind the pipe mode */
};

/* The port stands in the first four bytes. */
static const char service_template[] = "00000000-facb-11e6-bd58-64006a7986d3";

static bool port_of(const struct vmbus_guid *guid, uint32_t *ret_port)
{
	struct vmbus_guid template;

	vmbus_guid_parse(service_template, &template);
	memcpy(ret_port, guid->bytes, sizeof(*ret_port));
	return memcmp(guid->bytes + 4, template.bytes + 4, 12) == 0;
}

static void guid_of(uint32_t port, struct vmbus_guid *ret_guid)
{
	vmbus_guid_parse(service_template, ret_guid);
	memcpy(ret_guid->bytes, &port, sizeof(port));
}

/* The guest did not open it: nobody listens. */
static void on_timer(void *opaque)
{
	hvsock_connection_end(opaque);
}

static int make_device(struct connection *connection, const struct vmbus_guid *type,
		       const struct vmbus_guid *instance, bool is_from_host)
{
	struct vmbus_device_config config = { .type = *type,
					      .instance = *instance,
					      .flags = VMBUS_OFFER_ENUMERATE | VMBUS_OFFER_NAMED_PIPE |
						       VMBUS_OFFER_HVSOCK,
					      .user_data = { VSP_PIPE_BYTES },
					      .packet_max = PACKET_MAX,
					      .ops = &hvsock_connection_ops,
					      .opaque = connection };

	config.user_data[FROM_HOST] = is_from_host;
	return vmbus_device_new(connection->hvsock->bus, &config, &connection->device);
}

/* Takes the descriptor in any case. */
static int connect_both(struct hvsock *hvsock, const struct vmbus_guid *type,
			const struct vmbus_guid *instance, bool is_from_host, int fd)
{
	struct connection *connection =
	    hvsock->count < HVSOCK_CONNECTIONS_MAX ? calloc(1, sizeof(*connection)) : NULL;
	int r = connection ? 0 : -ENOSPC;

	if (r == 0) {
		connection->hvsock = hvsock;
		connection->fd = fd;
		r = loop_timer_new(hvsock->loop, on_timer, connection, &connection->timer);
	}
	if (r == 0)
		r = loop_watch_new(hvsock->loop, fd, 0, hvsock_connection_on_socket, connection,
				   &connection->watch);
	if (r == 0)
		r = make_device(connection, type, instance, is_from_host);
	if (r < 0) {
		if (connection) {
			loop_watch_free(connection->watch);
			loop_timer_free(connection->timer);
		}
		free(connection);
		close(fd);
		return r;
	}
	connection->next = hvsock->connections;
	hvsock->connections = connection;
	hvsock->count++;
	loop_timer_set(connection->timer, loop_now() + OPEN_WITHIN_NS);
	return 0;
}

int hvsock_guest_connects(struct hvsock *hvsock, const struct vmbus_guid *endpoint,
			  const struct vmbus_guid *service)
{
	uint32_t port, own;
	int fd;

	if (!port_of(service, &port) || !port_of(endpoint, &own))
		return -ECONNREFUSED;
	if (hvsock->count == HVSOCK_CONNECTIONS_MAX)
		return -ENOSPC;
	fd = hvsock->ops->connect(hvsock->opaque, port);
	return fd < 0 ? fd : connect_both(hvsock, service, endpoint, false, fd);
}

/* The instance's first four bytes become the peer's port: a fresh one each time. */
int hvsock_host_connects(struct hvsock *hvsock, uint32_t port, int fd)
{
	struct vmbus_guid service, instance;

	if (vmbus_version(hvsock->bus) == 0) {
		close(fd);
		return -ENOTCONN;
	}
	guid_of(port, &service);
	guid_of(++hvsock->next_instance | 0x80000000, &instance);
	return connect_both(hvsock, &service, &instance, true, fd);
}

int hvsock_new(struct vmbus *bus, struct loop *loop, const struct hvsock_ops *ops, void *opaque,
	       struct hvsock **ret_hvsock)
{
	struct hvsock *hvsock = calloc(1, sizeof(*hvsock));

	if (!hvsock)
		return -ENOMEM;
	hvsock->bus = bus;
	hvsock->loop = loop;
	hvsock->ops = ops;
	hvsock->opaque = opaque;
	*ret_hvsock = hvsock;
	return 0;
}

struct hvsock *hvsock_free(struct hvsock *hvsock)
{
	if (!hvsock)
		return NULL;
	while (hvsock->connections)
		hvsock_connection_ops.released(hvsock->connections);
	free(hvsock);
	return NULL;
}
