/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port of a virtual switch: the wire between a network adapter (in a worker) and its switch.
 *
 * Purpose    A connected SOCK_SEQPACKET socket. Each packet is a struct port_header and one frame, or a
 *            notice about the port itself. The kernel copies: neither side can change what the other
 *            one has checked, and each is told when the other one is gone.
 * Limits     FRAME_MAX bytes a frame; as many frames under way as the socket's buffer holds
 *            (port_prepare()).
 * Trust      None, both ways.
 * Errors     Negative errno. -EAGAIN: no room, or nothing there; -EPIPE: the other side is gone;
 *            -EBADMSG: one packet that is no message of a port, which is dropped.
 */
#ifndef NET_PORT_H
#define NET_PORT_H

#include "net/frame.h"

#include <sys/uio.h>

enum port_kind {
	PORT_FRAME,
	PORT_NOTICE,
};

enum port_flags {
	/* Of a frame. Its TCP or UDP checksum was left out; whoever passes it on fills it in. */
	PORT_NO_CHECKSUM = 1,
	/* Its TCP or UDP checksum is right: there is no need to look. */
	PORT_GOOD_CHECKSUM = 2,
	/* Of a notice from the switch: the port is connected. From the adapter: its driver runs. */
	PORT_UP = 1,
	/* From the adapter: it takes large TCP segments. */
	PORT_TAKES_LARGE = 2,
};

struct port_header {
	uint8_t kind;  /* enum port_kind */
	uint8_t flags; /* enum port_flags */
	/* Of a frame with a large TCP segment: the most data for one segment on the network. 0: not large. */
	uint16_t segment;
	uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct port_header) == 8, "a port's header");

enum { PORT_PARTS_MAX = 8 };

/* Gives the socket a large buffer. -ENOTSOCK: it is no such socket. */
int port_prepare(int fd);
/* Both ends of a new port, prepared. */
int port_pair(int ret_fds[2]);
/* `count` up to PORT_PARTS_MAX. These never wait. */
int port_send(int fd, const struct port_header *header, const struct iovec *parts, unsigned count);
int port_send_notice(int fd, unsigned flags);
/* How many bytes; the header and the size were checked, the frame was not. */
int port_receive(int fd, struct port_header *ret_header, void *frame, size_t size);

#endif
