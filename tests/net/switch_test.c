/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The switch: who gets which frame, what a port may send, VLANs, limits. */
#include "make_frame.h"

#include "../run/check.h"
#include "net/checksum.h"
#include "switch/vswitch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { PORTS = 4 };

static const struct frame_mac broadcast = { { 255, 255, 255, 255, 255, 255 } },
			      gateway = { { 0x52, 0x55, 10, 0, 2, 2 } };
static struct vswitch *sw;
static int ends[PORTS];
static struct vswitch_port_config configs[PORTS];
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];
static unsigned uplinked, gone;
static struct vswitch_frame last;

static void to_uplink(void *opaque, const struct vswitch_frame *uplink_frame)
{
	uplinked++;
	last = *uplink_frame;
	memcpy(got, uplink_frame->data, uplink_frame->size);
}

static bool is_uplink(void *opaque, const struct frame_mac *mac)
{
	return frame_mac_equal(mac, &gateway);
}

static void port_gone(void *opaque, uint32_t id)
{
	gone = id;
}

static const struct vswitch_ops ops = { .to_uplink = to_uplink,
					.is_uplink = is_uplink,
					.port_gone = port_gone };

static const struct frame_mac *mac(unsigned index)
{
	return &configs[index].mac;
}

static void turn(void)
{
	for (unsigned i = 0; i < VSWITCH_PORTS_MAX; i++) {
		struct pollfd poll_fd = { .fd = -1 };

		poll_fd.fd = vswitch_poll_fd(sw, i, &poll_fd.events);
		if (poll_fd.fd >= 0 && poll(&poll_fd, 1, 0) > 0)
			vswitch_poll_done(sw, i, poll_fd.revents);
	}
}

static int receive(unsigned index, struct port_header *ret_header)
{
	int r;

	do
		r = port_receive(ends[index], ret_header, got, FRAME_MAX);
	while (r >= 0 && ret_header->kind == PORT_NOTICE);
	return r;
}

static void setup(void)
{
	struct port_header header;

	CHECK(vswitch_new(&ops, NULL, &sw) == 0);
	for (unsigned i = 0; i < PORTS; i++) {
		int pair[2];

		CHECK(port_pair(pair) == 0);
		ends[i] = pair[0];
		configs[i] =
		    (struct vswitch_port_config){ .id = i + 10,
						  .fd = pair[1],
						  .mac = { { 0, 0x15, 0x5D, 0, 0, (uint8_t)(i + 1) } },
						  .is_up = true };
		CHECK(vswitch_port_add(sw, &configs[i]) == 0);
		CHECK(port_receive(ends[i], &header, got, FRAME_MAX) == 0 && header.flags == PORT_UP);
	}
	uplinked = gone = 0;
}

static void teardown(void)
{
	sw = vswitch_free(sw);
	for (unsigned i = 0; i < PORTS; i++)
		if (ends[i] >= 0)
			close(ends[i]);
}

static void transmit(unsigned index, unsigned flags, unsigned segment, size_t size)
{
	struct port_header header = { .kind = PORT_FRAME,
				      .flags = (uint8_t)flags,
				      .segment = (uint16_t)segment };
	struct iovec part = { frame, size };

	CHECK(port_send(ends[index], &header, &part, 1) == 0);
	turn();
}

static void send_tcp(unsigned from, const struct frame_mac *to, size_t data)
{
	transmit(from, 0, 0, make_tcp(frame, to, mac(from), false, data));
}

/* Who got a frame since the last time: a bit for each port, 0x100 the uplink. */
static unsigned who(void)
{
	struct port_header header;
	unsigned bits = uplinked ? 0x100 : 0;

	uplinked = 0;
	for (unsigned i = 0; i < PORTS; i++)
		while (ends[i] >= 0 && receive(i, &header) >= 0)
			bits |= 1u << i;
	return bits;
}

static void expect(unsigned bits, const char *what)
{
	unsigned got_bits = who();

	if (!CHECK(got_bits == bits))
		printf("%s: %#x instead of %#x\n", what, got_bits, bits);
}

static void test_learning(void)
{
	setup();
	send_tcp(0, mac(1), 10);
	expect(0xE, "nobody knows port 1 yet");
	send_tcp(1, mac(0), 10);
	expect(1, "port 0 was heard of");
	send_tcp(0, mac(1), 10);
	expect(2, "and now port 1");
	send_tcp(0, &broadcast, 10);
	expect(0x10E, "all");
	send_tcp(0, &gateway, 10);
	expect(0x100, "the uplink");
	send_tcp(0, mac(0), 10);
	expect(0, "itself");
	teardown();
}

static void test_uplink(void)
{
	setup();
	vswitch_from_uplink(sw, frame, make_tcp(frame, mac(0), &gateway, false, 10), 0);
	expect(0, "strangers get nothing of the NAT's");
	send_tcp(0, &gateway, 10);
	who();
	vswitch_from_uplink(sw, frame, make_tcp(frame, mac(0), &gateway, false, 10), 0);
	expect(1, "who was heard of");
	vswitch_from_uplink(sw, frame, make_tcp(frame, &broadcast, &gateway, false, 10), 0);
	expect(0xF, "all");
	vswitch_from_uplink(sw, frame, 13, 0);
	expect(0, "no frame");
	teardown();
}

static void test_guard(void)
{
	struct vswitch_port_config config;
	struct vswitch_port_stats stats;
	size_t size;

	setup();
	transmit(0, 0, 0, make_tcp(frame, &broadcast, mac(1), false, 10));
	expect(0, "another's address");
	transmit(0, 0, 0, make_tcp(frame, &broadcast, &broadcast, false, 10));
	expect(0, "a group as source");
	/* ARP that speaks for somebody else */
	size = make_tcp(frame, &broadcast, mac(0), false, 40);
	frame_put16(frame + 12, FRAME_ARP);
	memcpy(frame + 14 + 8, mac(1), 6);
	transmit(0, 0, 0, size);
	expect(0, "another's address in ARP");
	memcpy(frame + 14 + 8, mac(0), 6);
	transmit(0, 0, 0, size);
	expect(0x10E, "its own in ARP");
	CHECK(vswitch_port_get(sw, 10, &config, &stats) == 0 && stats.spoofed == 3 && stats.frames_in == 4);
	configs[0].may_spoof = true;
	CHECK(vswitch_port_change(sw, &configs[0]) == 0);
	transmit(0, 0, 0, make_tcp(frame, &broadcast, mac(1), false, 10));
	expect(0x10E, "whoever may");
	teardown();
}

static size_t tag(size_t size, unsigned vlan)
{
	memmove(frame + 16, frame + 12, size - 12);
	frame_put16(frame + 12, FRAME_VLAN);
	frame_put16(frame + 14, (uint16_t)(vlan | 0x6000));
	return size + 4;
}

static void test_vlans(void)
{
	struct port_header header;
	size_t size;

	setup();
	configs[1].vlan = configs[2].vlan = 5;
	configs[3].is_trunk = true;
	for (unsigned i = 1; i < PORTS; i++)
		CHECK(vswitch_port_change(sw, &configs[i]) == 0);
	send_tcp(0, &broadcast, 10);
	expect(0x108, "untagged: the uplink and the trunk");
	size = make_tcp(frame, &broadcast, mac(1), false, 10);
	transmit(1, 0, 0, size);
	CHECK(receive(2, &header) == (int)size && frame_get16(got + 12) == FRAME_IPV4);
	CHECK(receive(3, &header) == (int)size + 4 && frame_get16(got + 12) == FRAME_VLAN &&
	      frame_get16(got + 14) == 5);
	expect(0, "and nobody else");
	transmit(0, 0, 0, tag(make_tcp(frame, &broadcast, mac(0), false, 10), 5));
	expect(0, "a tag that the port may not use");
	transmit(3, 0, 0, tag(make_tcp(frame, &broadcast, mac(3), false, 10), 5));
	expect(6, "from the trunk into VLAN 5");
	transmit(3, 0, 0, tag(make_tcp(frame, &broadcast, mac(3), false, 10), 4095));
	expect(0, "a VLAN that there is not");
	transmit(3, 0, 0, tag(make_tcp(frame, &broadcast, mac(3), false, 10), 0));
	expect(0x101, "a tag with a priority only");
	transmit(3, 0, 0, tag(make_tcp(frame, &gateway, mac(3), false, 10), 5));
	expect(0, "the uplink is not in VLAN 5");
	teardown();
}

static void test_checksums(void)
{
	struct port_header header;
	struct frame_layout layout;
	size_t size;

	setup();
	size = make_tcp(frame, &gateway, mac(0), false, 3000);
	frame[50] ^= 0xFF;
	transmit(0, PORT_NO_CHECKSUM, 1460, size);
	CHECK(last.flags == PORT_GOOD_CHECKSUM && last.segment == 1460 && last.size == size);
	CHECK(frame_parse(got, size, false, &layout) && checksum_is_right(got, &layout));
	who();
	/* What a guest says about its own checksum is not passed on. */
	transmit(0, PORT_GOOD_CHECKSUM, 0, make_tcp(frame, mac(1), mac(0), false, 10));
	CHECK(receive(1, &header) > 0 && header.flags == 0);
	teardown();
}

static void test_state(void)
{
	struct port_header header;

	setup();
	configs[1].is_up = false;
	CHECK(vswitch_port_change(sw, &configs[1]) == 0);
	CHECK(port_receive(ends[1], &header, got, FRAME_MAX) == 0 && header.flags == 0);
	send_tcp(0, &broadcast, 10);
	expect(0x10C, "no cable at port 1");
	send_tcp(1, &broadcast, 10);
	expect(0, "nor from it");
	close(ends[2]);
	ends[2] = -1;
	turn();
	CHECK(gone == 12);
	send_tcp(0, &broadcast, 10);
	expect(0x108, "port 2 is gone");
	CHECK(vswitch_port_remove(sw, 12) == -ENOENT && vswitch_port_remove(sw, 13) == 0);
	teardown();
}

static void test_limits(void)
{
	struct vswitch_port_config config = { .mac = { { 2 } }, .is_up = true };
	int pair[2], r = 0, fds[VSWITCH_PORTS_MAX * 2];
	unsigned count = 0;

	setup();
	CHECK(port_pair(pair) == 0);
	config.fd = pair[0];
	config.id = 10;
	CHECK(vswitch_port_add(sw, &config) == -EEXIST);
	config.id = 1;
	config.mac.bytes[0] = 1;
	CHECK(vswitch_port_add(sw, &config) == -EINVAL);
	config.mac.bytes[0] = 2;
	config.vlan = 4095;
	CHECK(vswitch_port_add(sw, &config) == -EINVAL);
	config.vlan = 0;
	config.fd = 0;
	for (unsigned i = 100; r == 0; i++) {
		CHECK(port_pair(fds + count * 2) == 0);
		config.id = i;
		config.fd = fds[count * 2];
		r = vswitch_port_add(sw, &config);
		count++;
	}
	CHECK(r == -ENOSPC && count == VSWITCH_PORTS_MAX - PORTS + 1);
	close(config.fd);
	for (unsigned i = 0; i < count; i++)
		close(fds[i * 2 + 1]);
	close(pair[0]);
	close(pair[1]);
	teardown();
}

/* A machine that does not read: frames to it wait, up to the limit; the others are not kept waiting. */
static void test_slow_port(void)
{
	struct vswitch_port_config config;
	struct vswitch_port_stats stats = { 0 };
	struct port_header header;
	unsigned sent = 0, arrived = 0;
	int r;

	setup();
	send_tcp(1, &gateway, 10); /* port 1 is known */
	who();
	/* How much its socket holds is the host's choice. */
	for (; sent < 1000 && stats.overflow < 50; sent++) {
		transmit(0, 0, 1460, make_tcp(frame, mac(1), mac(0), false, 60000));
		turn();
		CHECK(vswitch_port_get(sw, 11, &config, &stats) == 0);
	}
	CHECK(stats.overflow == 50);
	send_tcp(0, mac(2), 10);
	CHECK(receive(2, &header) > 0);
	for (;;) {
		turn();
		r = receive(1, &header);
		if (r < 0)
			break;
		arrived++;
	}
	CHECK(vswitch_port_get(sw, 11, &config, &stats) == 0 && arrived == sent + 1 - stats.overflow);
	send_tcp(0, mac(1), 10);
	CHECK(receive(1, &header) == 64);
	teardown();
}

/* One port with many addresses fills neither the table nor pushes the others out. */
static void test_table(void)
{
	static struct mac_table table;
	struct frame_mac station = { { 2 } };
	unsigned learned = 0, found = 0;

	mac_table_init(&table);
	CHECK(mac_table_find(&table, &station, 0, 0) == MAC_TABLE_NONE);
	for (unsigned i = 0; i < 20; i++) {
		station.bytes[5] = (uint8_t)i;
		CHECK(mac_table_learn(&table, &station, 0, 1, i));
	}
	station.bytes[1] = 9;
	for (unsigned i = 0; i < 100000; i++) {
		station.bytes[4] = (uint8_t)(i >> 8);
		station.bytes[5] = (uint8_t)i;
		learned += mac_table_learn(&table, &station, i >> 16, 2, 100 + i);
	}
	CHECK(table.counts[2] <= MAC_TABLE_PER_PORT && learned >= MAC_TABLE_PER_PORT);
	station.bytes[1] = station.bytes[4] = 0;
	for (unsigned i = 0; i < 20; i++) {
		station.bytes[5] = (uint8_t)i;
		found += mac_table_find(&table, &station, 0, 200) == 1;
	}
	CHECK(found >= 18);
	CHECK(mac_table_find(&table, &station, 7, 200) == MAC_TABLE_NONE); /* another VLAN */
	CHECK(mac_table_learn(&table, &station, 0, 3, 300));		   /* it moved */
	CHECK(mac_table_find(&table, &station, 0, 300) == 3);
	CHECK(mac_table_find(&table, &station, 0, 300 + MAC_TABLE_AGE_MS) == MAC_TABLE_NONE);
	mac_table_forget_port(&table, 1);
	mac_table_forget_port(&table, 2);
	CHECK(table.counts[1] == 0 && table.counts[2] == 0 && table.counts[3] == 1);
}

/* An IPv4 or IPv6 frame of port 0 whose payload behind the IP header the caller has changed. */
static size_t make_ip(bool is_ipv6, uint8_t protocol, const void *payload, size_t size)
{
	size_t header = FRAME_ETHERNET_HEADER + (is_ipv6 ? 40 : 20),
	       all = make_udp(frame, &broadcast, mac(0), is_ipv6, 64);

	frame[is_ipv6 ? 20 : 23] = protocol;
	memcpy(frame + header, payload, size);
	return all;
}

/* Puts `bytes` in front of the frame's ethertype. */
static size_t wrap(size_t size, const uint8_t *bytes, size_t count)
{
	memmove(frame + 12 + count, frame + 12, size - 12);
	memcpy(frame + 12, bytes, count);
	return size + count;
}

/* What receivers take off: tags of no VLAN, LLC with SNAP. Behind them the same guards stand. */
static void test_wrapped(void)
{
	static const uint8_t advertisement[] = { 134, 0 }, zero[] = { 0x81, 0, 0, 0 },
			     two[] = { 0x81, 0, 0, 0, 0x81, 0, 0, 0 },
			     hop[] = { 0x81, 0, 0, 0, 0x81, 0, 0, 100 }, service[] = { 0x88, 0xa8, 0, 0 },
			     snap[] = { 0, 100, 0xaa, 0xaa, 3, 0, 0, 0 },
			     both[] = { 0x81, 0, 0, 0, 0, 100, 0xaa, 0xaa, 3, 0, 0, 0 },
			     other[] = { 0, 100, 0x42, 0x42, 3, 0, 0, 0 };
	static const struct {
		const char *what;
		const uint8_t *bytes;
		size_t size;
		/* from a port without a trunk; what it carries is not seen by receivers */
		bool is_refused, is_hidden;
	} cases[] = {
		{ "nothing", zero, 0, false, false },
		{ "a tag of no VLAN", zero, sizeof(zero), false, false },
		{ "two of them", two, sizeof(two), true, false },
		{ "a way into VLAN 100", hop, sizeof(hop), true, false },
		{ "a service tag", service, sizeof(service), true, false },
		{ "SNAP", snap, sizeof(snap), false, false },
		{ "SNAP behind a tag", both, sizeof(both), false, false },
		{ "another LLC", other, sizeof(other), false, true },
	};

	setup();
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (unsigned guards = 0; guards < 2; guards++) {
			bool is_dropped = cases[i].is_refused || (guards && !cases[i].is_hidden);

			configs[0].has_router_guard = guards;
			CHECK(vswitch_port_change(sw, &configs[0]) == 0);
			transmit(0, 0, 0,
				 wrap(make_ip(true, 58, advertisement, sizeof(advertisement)), cases[i].bytes,
				      cases[i].size));
			expect(is_dropped ? 0 : 0x10E, cases[i].what);
		}
		for (unsigned own = 0; own < 2; own++) {
			size_t size = make_tcp(frame, &broadcast, mac(0), false, 40);
			bool is_dropped = cases[i].is_refused || (!own && !cases[i].is_hidden);

			frame_put16(frame + 12, FRAME_ARP);
			memcpy(frame + 14 + 8, mac(!own), 6);
			transmit(0, 0, 0, wrap(size, cases[i].bytes, cases[i].size));
			expect(is_dropped ? 0 : 0x10E, cases[i].what);
		}
	}
	teardown();
}

static void test_guards(void)
{
	static const uint8_t dhcp[] = { 0, 67, 0, 68 }, client[] = { 0, 68, 0, 67 },
			     dhcp6[] = { 2, 35, 2, 34 }, advertisement[] = { 134, 0 },
			     solicitation[] = { 133, 0 }, redirect[] = { 5, 1 },
			     /* a hop-by-hop header, then destination options, then a router advertisement */
	    hidden[] = { 60, 0, 0, 0, 0, 0, 0, 0, 58, 0, 0, 0, 0, 0, 0, 0, 134, 0 },
			     /* a first fragment of DHCPv6; a later one of anything */
	    fragment[] = { 17, 0, 0, 1, 0, 0, 0, 7, 2, 35, 2, 34 },
			     later[] = { 17, 0, 0, 9, 0, 0, 0, 7, 2, 35 },
			     /* options that go on behind the end */
	    cut_off[] = { 58, 200, 0, 0, 0, 0, 0, 0 };
	static const struct {
		const char *what;
		bool is_ipv6;
		uint8_t protocol;
		const uint8_t *payload;
		size_t size;
		unsigned guarded; /* 1: by the DHCP guard; 2: by the router guard */
	} cases[] = {
		{ "DHCP server", false, 17, dhcp, sizeof(dhcp), 1 },
		{ "DHCP client", false, 17, client, sizeof(client), 0 },
		{ "DHCPv6 server", true, 17, dhcp6, sizeof(dhcp6), 1 },
		{ "the port of IPv6 in IPv4", false, 17, dhcp6, sizeof(dhcp6), 0 },
		{ "router advertisement", true, 58, advertisement, sizeof(advertisement), 2 },
		{ "router solicitation", true, 58, solicitation, sizeof(solicitation), 0 },
		{ "redirect", false, 1, redirect, sizeof(redirect), 2 },
		{ "hidden behind options", true, 0, hidden, sizeof(hidden), 2 },
		{ "first fragment", true, 44, fragment, sizeof(fragment), 1 },
		{ "later fragment", true, 44, later, sizeof(later), 0 },
		{ "header chain that is cut off", true, 60, cut_off, sizeof(cut_off), 3 },
		{ "TCP", false, 6, dhcp, sizeof(dhcp), 0 },
	};
	struct vswitch_port_config config;
	struct vswitch_port_stats stats;
	unsigned dropped = 0;

	setup();
	for (unsigned guards = 0; guards < 4; guards++) {
		configs[0].has_dhcp_guard = guards & 1;
		configs[0].has_router_guard = guards & 2;
		CHECK(vswitch_port_change(sw, &configs[0]) == 0);
		for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			bool is_dropped = cases[i].guarded & guards;

			transmit(
			    0, 0, 0,
			    make_ip(cases[i].is_ipv6, cases[i].protocol, cases[i].payload, cases[i].size));
			expect(is_dropped ? 0 : 0x10E, cases[i].what);
			dropped += is_dropped;
		}
	}
	CHECK(vswitch_port_get(sw, 10, &config, &stats) == 0 && stats.guarded == dropped);
	/* Others are heard. */
	transmit(1, 0, 0, make_udp(frame, &broadcast, mac(1), false, 64));
	expect(0x10D, "another port");
	teardown();
}

/* 8 Mbit/s: a large frame beside 50 ms of it at once, then 1 KB in a millisecond; the rest waits in the
 * socket. */
static void test_bandwidth(void)
{
	struct port_header header;
	uint64_t begun, bytes = 0;
	unsigned sent = 0, limit;
	bool has_waited = false;
	int r = 0;

	setup();
	configs[0].max_kbps = 8000;
	CHECK(vswitch_port_change(sw, &configs[0]) == 0);
	begun = vswitch_now_ms();
	limit = 8000 / 8 * (50 + 200) + 2 * FRAME_MAX;
	while (vswitch_now_ms() - begun < 200) {
		struct port_header out = { .kind = PORT_FRAME };
		struct iovec part = { frame, make_tcp(frame, &broadcast, mac(0), false, 1000) };

		if (sent < 4000 && port_send(ends[0], &out, &part, 1) == 0)
			sent++;
		turn();
		while ((r = receive(1, &header)) >= 0)
			bytes += (unsigned)r;
		who();
		has_waited |= vswitch_poll_timeout(sw) >= 0;
	}
	limit += (unsigned)(vswitch_now_ms() - begun - 200) * 1000; /* a host that kept us waiting */
	has_waited |= vswitch_poll_timeout(sw) >= 0;
	if (!CHECK(bytes > 0 && bytes < limit && sent * 1000ull > bytes))
		printf("%llu bytes of %u frames, limit %u\n", (unsigned long long)bytes, sent, limit);
	CHECK(has_waited);
	configs[0].max_kbps = 0;
	CHECK(vswitch_port_change(sw, &configs[0]) == 0);
	CHECK(vswitch_poll_timeout(sw) == -1);
	teardown();
}

/* To a real network: strangers are there, tags cross, and ports see only what is theirs. */
static void test_wire(void)
{
	static const struct frame_mac stranger = { { 2, 2, 2, 2, 2, 2 } };
	struct port_header header;
	size_t size;

	setup();
	vswitch_set_uplink(sw, VSWITCH_UPLINK_WIRE, 7);
	configs[0].vlan = configs[1].vlan = 7;
	configs[2].vlan = 9;
	for (unsigned i = 0; i < 3; i++)
		CHECK(vswitch_port_change(sw, &configs[i]) == 0);
	size = make_tcp(frame, &stranger, mac(0), false, 10);
	transmit(0, 0, 0, size);
	CHECK(last.size == size && frame_get16(got + 12) == FRAME_IPV4);
	expect(0x100, "strangers are at the wire only");
	transmit(2, 0, 0, make_tcp(frame, &stranger, mac(2), false, 10));
	CHECK(last.size == size + 4 && frame_get16(got + 12) == FRAME_VLAN && frame_get16(got + 14) == 9);
	expect(0x100, "another VLAN with its tag");
	send_tcp(0, mac(1), 10);
	expect(2, "whose address it is, before it was heard of");
	vswitch_from_wire(sw, frame, make_tcp(frame, mac(1), &stranger, false, 10), 0, 0);
	expect(2, "from the wire");
	vswitch_from_wire(sw, frame, make_tcp(frame, &stranger, &stranger, false, 10), 0, 0);
	expect(0, "nobody's");
	vswitch_from_wire(sw, frame, make_tcp(frame, &broadcast, &stranger, false, 10), 0, 0);
	expect(3, "all of its VLAN");
	size = make_tcp(frame, &broadcast, &stranger, false, 10);
	vswitch_from_wire(sw, frame, tag(size, 9), 0, 0);
	CHECK(receive(2, &header) == (int)size && frame_get16(got + 12) == FRAME_IPV4);
	expect(0, "a tag");
	configs[1].may_spoof = true;
	CHECK(vswitch_port_change(sw, &configs[1]) == 0);
	vswitch_from_wire(sw, frame, make_tcp(frame, &stranger, &stranger, false, 10), 0, 0);
	expect(2, "who may have any address gets what is nobody's");
	size = make_tcp(frame, mac(0), &stranger, false, 10);
	frame[50] ^= 0xFF;
	vswitch_from_wire(sw, frame, size, PORT_NO_CHECKSUM, 0);
	CHECK(receive(0, &header) == (int)size && header.flags == PORT_GOOD_CHECKSUM);
	vswitch_from_wire(sw, frame, 13, 0, 0);
	expect(0, "no frame");
	teardown();
}

int main(void)
{
	test_learning();
	test_uplink();
	test_guard();
	test_guards();
	test_wrapped();
	test_bandwidth();
	test_wire();
	test_vlans();
	test_checksums();
	test_state();
	test_limits();
	test_slow_port();
	test_table();
	return check_result();
}
