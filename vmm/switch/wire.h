/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wire of a switch to a real network: a descriptor that the network helper made, a TAP (the host, or a
 * bridge, is at its other end) or a packet socket on an adapter of the host.
 *
 * Frames     Both have a struct virtio_net_hdr in front (IFF_VNET_HDR, PACKET_VNET_HDR): so large
 *            segments that the kernel put together come whole, with what is left out of their
 *            checksums. Outwards all is cut to FRAME_MTU, with good checksums. A tag that the kernel
 *            took off an incoming frame is put back.
 *
 * Trust      None: anybody on that network may send anything.
 */
#ifndef SWITCH_WIRE_H
#define SWITCH_WIRE_H

#include "switch/vswitch.h"

struct wire;

/* Takes the descriptor when it succeeds. -EINVAL: it is none of the two. */
int wire_new(int fd, struct vswitch *sw, struct wire **ret_wire);
struct wire *wire_free(struct wire *wire);
int wire_fd(const struct wire *wire);
/* Reads some frames for the switch. 0, or why there are no more: -ENETDOWN, -ENODEV and the like. */
int wire_input(struct wire *wire);
/* What there is no room for is lost. */
void wire_output(struct wire *wire, const struct vswitch_frame *frame);

#endif
