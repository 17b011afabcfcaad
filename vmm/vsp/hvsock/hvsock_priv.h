/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VSP_HVSOCK_PRIV_H
#define VSP_HVSOCK_PRIV_H

#include "vsp/hvsock/hvsock.h"
#include "vsp/pipe_proto.h"

#include "loop/loop.h"

struct connection {
	struct hvsock *hvsock;
	struct connection *next;
	struct vmbus_device *device;
	struct vmbus_channel *channel; /* NULL: not open, or closed */
	struct loop_watch *watch;
	struct loop_timer *timer; /* the guest must open it in time */
	int fd;			  /* -1: closed */
	bool is_host_done;	  /* no more will come from the socket */
	bool is_guest_done;	  /* no more will come from the guest */
	bool is_fin_sent;
	bool is_over; /* its device is being taken back */
	/* To the guest: read from the socket, not sent yet. */
	size_t to_guest;
	/* To the socket: from the guest, not written yet. */
	size_t to_host, to_host_done;
	struct vsp_pipe_header head; /* stands before to_guest_bytes on the wire */
	uint8_t to_guest_bytes[HVSOCK_CHUNK], to_host_bytes[HVSOCK_CHUNK];
};

struct hvsock {
	struct vmbus *bus;
	struct loop *loop;
	const struct hvsock_ops *ops;
	void *opaque;
	struct connection *connections;
	unsigned count;
	uint32_t next_instance;
};

extern const struct vmbus_device_ops hvsock_connection_ops;

/* connection.c: the socket's side. */
void hvsock_connection_on_socket(void *connection, int fd, uint32_t events);
/* Nothing more is carried; the channel goes, then the connection. */
void hvsock_connection_end(struct connection *connection);

#endif
