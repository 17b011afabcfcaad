/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A switch among hostile machines: four ports (one a trunk, one in VLAN 5, one that may spoof), and frames of
 * any kind. A frame never comes back to its sender, a guarded port never speaks for another, VLANs stay
 * apart, and what is cut up stays whole.
 */
#include "fuzz.h"

#include "make_frame.h"
#include "net/cut.h"
#include "switch/nat_mss.h"
#include "switch/vswitch.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { PORTS = 4, ROUNDS_MAX = 60 };

static const struct frame_mac gateway = { { 0x52, 0x55, 10, 0, 2, 2 } };
static uint8_t frame[FRAME_MAX], got[FRAME_MAX + 16];
static int ends[PORTS];

static const struct vswitch_port_config templates[PORTS] = {
	{ .id = 0, .mac = { { 2, 0, 0, 0, 0, 0 } }, .is_up = true },
	{ .id = 1, .mac = { { 2, 0, 0, 0, 0, 1 } }, .is_up = true, .vlan = 5 },
	{ .id = 2, .mac = { { 2, 0, 0, 0, 0, 2 } }, .is_up = true, .is_trunk = true },
	{ .id = 3, .mac = { { 2, 0, 0, 0, 0, 3 } }, .is_up = true, .may_spoof = true },
};

static void check_cut(const uint8_t *data, size_t size, unsigned segment)
{
	struct cut_piece piece;
	size_t total = 0;
	struct cut cut;

	if (cut_begin(&cut, data, size, segment, FRAME_MTU) < 0)
		return;
	while (cut_next(&cut, &piece)) {
		CHECK(piece.header_size <= CUT_HEADERS_MAX && piece.payload >= data);
		CHECK(piece.payload + piece.payload_size <= data + size);
		total += piece.payload_size;
	}
	CHECK(total == cut.layout.end - cut.start);
}

static void to_uplink(void *opaque, const struct vswitch_frame *uplink)
{
	CHECK(uplink->size >= FRAME_ETHERNET_HEADER && uplink->size <= FRAME_MAX);
	memcpy(got, uplink->data, uplink->size);
	nat_mss_raise(got, uplink->size, 32000);
	check_cut(got, uplink->size, uplink->segment);
}

static bool is_uplink(void *opaque, const struct frame_mac *mac)
{
	return frame_mac_equal(mac, &gateway);
}

static const struct vswitch_ops ops = { .to_uplink = to_uplink, .is_uplink = is_uplink };

static void turn(struct vswitch *sw)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++) {
		struct pollfd poll_fd = { .fd = -1 };

		poll_fd.fd = vswitch_poll_fd(sw, i, &poll_fd.events);
		if (poll_fd.fd >= 0 && poll(&poll_fd, 1, 0) > 0)
			vswitch_poll_done(sw, i, poll_fd.revents);
	}
}

static size_t make(struct fuzz_input *input, unsigned from)
{
	uint8_t how = fuzz_u8(input), to = fuzz_u8(input) % 6;
	const struct frame_mac broadcast = { { 255, 255, 255, 255, 255, 255 } };
	const struct frame_mac *destination = to < PORTS ? &templates[to].mac
					      : to == 4	 ? &gateway
							 : &broadcast;
	size_t size, data = how & 1 ? fuzz_u16(input) % 64000 : fuzz_u8(input);

	size = how & 2 ? make_tcp(frame, destination, &templates[from].mac, how & 4, data)
		       : make_udp(frame, destination, &templates[from].mac, how & 4, data);
	for (unsigned i = 0; i < how >> 5; i++) /* what a hostile guest changes */
		frame[fuzz_u8(input) % (size < 100 ? size : 100)] = fuzz_u8(input);
	return how & 8 ? 14 + fuzz_u16(input) % (size - 13) : size;
}

static void check_received(unsigned from)
{
	struct port_header header;
	int size;

	for (unsigned i = 0; i < PORTS; i++)
		while ((size = port_receive(ends[i], &header, got, sizeof(got))) != -EAGAIN) {
			CHECK(size >= 0);
			if (header.kind == PORT_NOTICE)
				continue;
			CHECK(i != from && !(header.flags & PORT_NO_CHECKSUM));
			CHECK(from == 3 || frame_mac_equal(frame_source(got), &templates[from].mac));
			if (frame_get16(got + 12) == FRAME_VLAN && size >= 18 &&
			    (frame_get16(got + 14) & 0xFFF))
				CHECK(i == 2 || from == 2 || frame_get16(got + 16) == FRAME_VLAN);
			CHECK(!(from == 1 && (i == 0 || i == 3)) && !(i == 1 && (from == 0 || from == 3)));
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	struct vswitch *sw;

	CHECK(vswitch_new(&ops, NULL, &sw) == 0);
	for (unsigned i = 0; i < PORTS; i++) {
		struct vswitch_port_config config = templates[i];
		int pair[2];

		CHECK(port_pair(pair) == 0);
		ends[i] = pair[0];
		config.fd = pair[1];
		CHECK(vswitch_port_add(sw, &config) == 0);
	}
	check_received(PORTS);
	for (unsigned i = 0; i < ROUNDS_MAX && fuzz_more(&input); i++) {
		unsigned from = fuzz_u8(&input) % PORTS;
		struct port_header header = { .kind = fuzz_u8(&input) % 3, .flags = fuzz_u8(&input) % 5 };
		struct iovec part = { frame, make(&input, from) };

		header.segment = (uint16_t)fuzz_varied(&input);
		if (header.kind == PORT_NOTICE)
			part.iov_len = header.segment = 0;
		port_send(ends[from], &header, &part, 1);
		turn(sw);
		check_received(from);
	}
	vswitch_free(sw);
	for (unsigned i = 0; i < PORTS; i++)
		close(ends[i]);
	return 0;
}
