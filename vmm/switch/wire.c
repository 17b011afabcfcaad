/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "switch/wire.h"

#include "net/cut.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

struct wire {
	int fd;
	bool is_socket;
	struct vswitch *sw;
	uint8_t frame[FRAME_VLAN_TAG + FRAME_MAX]; /* in front: room for a tag */
};

int wire_new(int fd, struct vswitch *sw, struct wire **ret_wire)
{
	int type = 0;
	socklen_t size = sizeof(type);
	bool is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
	struct wire *wire;

	if (is_socket && type != SOCK_RAW)
		return -EINVAL;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	wire = calloc(1, sizeof(*wire));
	if (!wire)
		return -ENOMEM;
	wire->fd = fd;
	wire->is_socket = is_socket;
	wire->sw = sw;
	*ret_wire = wire;
	return 0;
}

struct wire *wire_free(struct wire *wire)
{
	if (!wire)
		return NULL;
	close(wire->fd);
	free(wire);
	return NULL;
}

int wire_fd(const struct wire *wire)
{
	return wire->fd;
}

/* --- in ---------------------------------------------------------------------------------------------- */

/* The kernel takes tags off what comes in (packet(7), PACKET_AUXDATA). */
static bool find_tag(struct msghdr *message, uint16_t *ret_tag)
{
	struct tpacket_auxdata data;

	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control;
	     control = CMSG_NXTHDR(message, control)) {
		if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA ||
		    control->cmsg_len < CMSG_LEN(sizeof(data)))
			continue;
		memcpy(&data, CMSG_DATA(control), sizeof(data));
		*ret_tag = data.tp_vlan_tci;
		return data.tp_status & TP_STATUS_VLAN_VALID;
	}
	return false;
}

static uint8_t *put_tag(uint8_t *frame, uint16_t tag)
{
	frame -= FRAME_VLAN_TAG;
	memmove(frame, frame + FRAME_VLAN_TAG, 12);
	frame_put16(frame + 12, FRAME_VLAN);
	frame_put16(frame + 14, tag);
	return frame;
}

static unsigned flags_of(const struct virtio_net_hdr *header)
{
	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return PORT_NO_CHECKSUM;
	return header->flags & VIRTIO_NET_HDR_F_DATA_VALID ? PORT_GOOD_CHECKSUM : 0;
}

/* Only TCP is cut up again on the way to a guest. */
static unsigned segment_of(const struct virtio_net_hdr *header)
{
	unsigned kind = header->gso_type & ~(unsigned)VIRTIO_NET_HDR_GSO_ECN;

	return kind == VIRTIO_NET_HDR_GSO_TCPV4 || kind == VIRTIO_NET_HDR_GSO_TCPV6 ? header->gso_size : 0;
}

static int read_one(struct wire *wire)
{
	struct virtio_net_hdr header = { 0 };
	uint8_t *frame = wire->frame + FRAME_VLAN_TAG;
	struct iovec parts[] = { { &header, sizeof(header) }, { frame, FRAME_MAX - FRAME_VLAN_TAG } };
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	} control;
	struct msghdr message = {
		.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t size = wire->is_socket ? recvmsg(wire->fd, &message, 0) : readv(wire->fd, parts, 2);
	uint16_t tag;

	if (size < 0)
		return -errno;
	if ((size_t)size < sizeof(header) + FRAME_ETHERNET_HEADER || (message.msg_flags & MSG_TRUNC))
		return 0;
	size -= (ssize_t)sizeof(header);
	if (wire->is_socket && find_tag(&message, &tag)) {
		frame = put_tag(frame, tag);
		size += FRAME_VLAN_TAG;
	}
	vswitch_from_wire(wire->sw, frame, (size_t)size, flags_of(&header), segment_of(&header));
	return 0;
}

int wire_input(struct wire *wire)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < VSWITCH_TURN_FRAMES; i++)
		r = read_one(wire);
	return r == -EAGAIN || r == -EINTR ? 0 : r;
}

/* --- out --------------------------------------------------------------------------------------------- */

static void send_parts(struct wire *wire, const void *first, size_t first_size, const void *second,
		       size_t second_size)
{
	struct virtio_net_hdr header = { 0 };
	struct iovec parts[] = { { &header, sizeof(header) },
				 { (void *)first, first_size },
				 { (void *)second, second_size } };

	if (writev(wire->fd, parts, second_size ? 3 : 2) < 0)
		return; /* no room, or the adapter is down: as a real wire would */
}

void wire_output(struct wire *wire, const struct vswitch_frame *frame)
{
	size_t whole = FRAME_ETHERNET_HEADER + FRAME_MTU;
	struct cut_piece piece;
	struct cut cut;

	if (frame->size >= FRAME_ETHERNET_HEADER && frame_get16(frame->data + 12) == FRAME_VLAN)
		whole += FRAME_VLAN_TAG;
	if (frame->size <= whole) {
		send_parts(wire, frame->data, frame->size, NULL, 0);
		return;
	}
	if (cut_begin(&cut, frame->data, frame->size, frame->segment, FRAME_MTU) < 0)
		return;
	while (cut_next(&cut, &piece))
		send_parts(wire, piece.headers, piece.header_size, piece.payload, piece.payload_size);
}
