/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A network adapter against a simulated guest: handshakes, settings, offloads, limits. */
#include "netvsp_rig.h"

#include "../run/check.h"
#include "net/checksum.h"
#include "net/cut.h"
#include "vsp/netvsp/netvsp_priv.h" /* to say in a saved state what cannot be */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct netvsp_rig rig;
static uint8_t sent[FRAME_MAX], got[FRAME_MAX], message[FRAME_MAX + 256];
static struct rig_frame frame;

static void setup(uint32_t version, uint32_t mtu)
{
	netvsp_rig_new(&rig, false);
	netvsp_rig_start(&rig, version, mtu);
}

/* --- handshake ------------------------------------------------------------------------------------- */

static void test_versions(void)
{
	static const uint32_t versions[] = { NVSP_VERSION_1, NVSP_VERSION_2, NVSP_VERSION_4,
					     NVSP_VERSION_5, NVSP_VERSION_6, NVSP_VERSION_61 };

	for (unsigned i = 0; i < 6; i++) {
		setup(versions[i], 1500);
		netvsp_rig_free(&rig);
	}
}

static void test_refused_versions(void)
{
	static const uint32_t ranges[][2] = {
		{ 0x70000, 0x70000 }, { 1, 1 }, { 0x60002, 0x6FFFF }, { 5, 4 }
	};
	struct nvsp_message request = { .type = NVSP_INIT }, answer;

	setup(NVSP_VERSION_61, 1500);
	for (unsigned i = 0; i < 4; i++) {
		request.init.min = ranges[i][0];
		request.init.max = ranges[i][1];
		rig_ask(&rig, &request, &answer);
		CHECK(answer.type == NVSP_INIT_COMPLETE && answer.init_complete.status > NVSP_SUCCESS);
	}
	netvsp_rig_free(&rig);
}

static void test_bad_buffers(void)
{
	struct nvsp_message request = { .type = NVSP_RECEIVE_BUFFER, .buffer = { .gpadl = 0x999 } }, answer;
	uint64_t gpa;

	setup(NVSP_VERSION_61, 1500);
	rig_ask(&rig, &request, &answer);
	CHECK(answer.receive_complete.status != NVSP_SUCCESS);
	request.buffer.gpadl = rig.receive_gpadl; /* it has one */
	rig_ask(&rig, &request, &answer);
	CHECK(answer.receive_complete.status != NVSP_SUCCESS);
	request.type = NVSP_REVOKE_RECEIVE_BUFFER;
	CHECK(guest_send(rig.channel, 5, false, &request, sizeof(request)) == 0);
	gpa = guest_alloc(rig.guest, 2); /* too small for anything */
	request.type = NVSP_RECEIVE_BUFFER;
	request.buffer.gpadl = guest_gpadl(rig.guest, rig.channel->relid, gpa, 8192);
	rig_ask(&rig, &request, &answer);
	CHECK(answer.receive_complete.status != NVSP_SUCCESS);
	/* Without a buffer frames are dropped, and nothing else happens. */
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
	CHECK(!rig_receive_frame(&rig, &frame));
	netvsp_rig_free(&rig);
}

static void test_gpadl_gone(void)
{
	setup(NVSP_VERSION_61, 1500);
	CHECK(guest_gpadl_teardown(rig.guest, rig.channel->relid, rig.receive_gpadl));
	CHECK(guest_gpadl_teardown(rig.guest, rig.channel->relid, rig.send_gpadl));
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
	CHECK(!rig_receive_frame(&rig, &frame));
	CHECK(rig_send_rndis(&rig, sent, 100) == NVSP_FAIL);
	netvsp_rig_free(&rig);
}

/* --- settings -------------------------------------------------------------------------------------- */

static void test_oids(void)
{
	struct ndis_offload offload;
	uint8_t mac[6];
	uint32_t value, size = sizeof(mac);

	setup(NVSP_VERSION_61, 1500);
	CHECK(rig_query(&rig, OID_802_3_PERMANENT_ADDRESS, NULL, 0, mac, &size) == RNDIS_SUCCESS &&
	      size == 6);
	CHECK(memcmp(mac, &rig_mac, 6) == 0);
	size = sizeof(value);
	CHECK(rig_query(&rig, OID_GEN_MEDIA_CONNECT_STATUS, NULL, 0, &value, &size) == RNDIS_SUCCESS &&
	      value == 0);
	size = sizeof(value);
	CHECK(rig_query(&rig, 0x00FEDCBA, NULL, 0, &value, &size) == RNDIS_NOT_SUPPORTED);
	size = sizeof(offload);
	CHECK(rig_query(&rig, OID_TCP_OFFLOAD_CAPABILITIES, NULL, 0, &offload, &size) == RNDIS_SUCCESS);
	CHECK(size == 156 && offload.header.size == 156 && offload.lso2.ipv4_max_size > 1500 &&
	      offload.rsc_ipv4);
	CHECK(rig_set(&rig, 0x00FEDCBA, &value, 4) == RNDIS_NOT_SUPPORTED);
	CHECK(rig_set(&rig, OID_GEN_CURRENT_PACKET_FILTER, &value, 3) == RNDIS_INVALID_DATA);
	netvsp_rig_free(&rig);
}

static uint32_t set_address(const char *text)
{
	static const char name[] = "NetworkAddress";
	uint8_t data[256] = { 0 };
	struct rndis_config_parameter parameter = {
		.name_offset = 20, .name_length = 28, .type = 2, .value_offset = 48, .value_length = 24
	};

	memcpy(data, &parameter, sizeof(parameter));
	for (unsigned i = 0; i < 14; i++)
		data[20 + i * 2] = (uint8_t)name[i];
	for (unsigned i = 0; i < 12; i++)
		data[48 + i * 2] = (uint8_t)text[i];
	return rig_set(&rig, OID_GEN_RNDIS_CONFIG_PARAMETER, data, 72);
}

static void test_address(void)
{
	struct frame_mac other = { { 0x02, 0xAA, 0xBB, 0xCC, 0xDD, 0xEE } };
	struct port_header header;

	setup(NVSP_VERSION_61, 1500);
	CHECK(set_address("02aabbccddee") == RNDIS_FAILURE);
	CHECK(strstr(rig.log, "MAC") != NULL);
	CHECK(set_address("00155d010203") == RNDIS_SUCCESS); /* its own */
	netvsp_rig_free(&rig);

	netvsp_rig_new(&rig, true);
	netvsp_rig_start(&rig, NVSP_VERSION_61, 1500);
	CHECK(set_address("02aabbccddee") == RNDIS_SUCCESS);
	CHECK(set_address("01aabbccddee") == RNDIS_INVALID_DATA); /* a group */
	CHECK(set_address("00000000000g") == RNDIS_INVALID_DATA);
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &other, &rig_peer, false, 10));
	CHECK(rig_receive_frame(&rig, &frame) && frame.size == 64);
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 10));
	CHECK(!rig_receive_frame(&rig, &frame));
	CHECK(rig_send_rndis(&rig, message,
			     rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &other, false, 8), NULL,
					     0)) == NVSP_SUCCESS);
	CHECK(rig_port_receive(&rig, &header, got) == 62);
	netvsp_rig_free(&rig);
}

static void test_link_state(void)
{
	struct rig_packet packet;
	struct rndis_indicate indicate;
	struct netvsp_stats stats;

	setup(NVSP_VERSION_61, 1500);
	CHECK(port_send_notice(rig.port, 0) == 0);
	guest_run(rig.guest);
	CHECK(rig_receive(&rig, &packet) && packet.is_control);
	memcpy(&indicate, rig_range(&rig, &packet.ranges[0]), sizeof(indicate));
	CHECK(indicate.head.type == RNDIS_INDICATE && indicate.status == RNDIS_MEDIA_DISCONNECT);
	rig_complete(&rig, packet.transaction);
	/* A cable that is pulled: sent frames are dropped and counted, the guest goes on. */
	CHECK(rig_send_rndis(&rig, message,
			     rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 8),
					     NULL, 0)) == NVSP_SUCCESS);
	netvsp_get_stats(rig.adapter, &stats);
	CHECK(stats.no_cable == 1);
	CHECK(port_send_notice(rig.port, PORT_UP) == 0);
	guest_run(rig.guest);
	CHECK(rig_receive(&rig, &packet));
	memcpy(&indicate, rig_range(&rig, &packet.ranges[0]), sizeof(indicate));
	CHECK(indicate.status == RNDIS_MEDIA_CONNECT);
	rig_complete(&rig, packet.transaction);
	/* The switch dies. */
	close(rig.port);
	rig.port = -1;
	guest_run(rig.guest);
	CHECK(rig_receive(&rig, &packet));
	memcpy(&indicate, rig_range(&rig, &packet.ranges[0]), sizeof(indicate));
	CHECK(indicate.status == RNDIS_MEDIA_DISCONNECT && strstr(rig.log, "gone"));
	rig_complete(&rig, packet.transaction);
	netvsp_rig_free(&rig);
}

/* The adapter moves to another switch while the guest runs; and to none. */
static void test_other_port(void)
{
	struct rig_packet packet;
	struct port_header header;
	int pair[2], notices = 0;

	setup(NVSP_VERSION_61, 1500);
	CHECK(port_pair(pair) == 0);
	CHECK(netvsp_set_port(rig.adapter, pair[1]) == 0);
	close(rig.port);
	rig.port = pair[0];
	CHECK(port_send_notice(rig.port, PORT_UP) == 0);
	guest_run(rig.guest);
	while (rig_receive(&rig, &packet)) {
		notices += (int)packet.count;
		rig_complete(&rig, packet.transaction);
	}
	CHECK(notices == 2); /* disconnected, connected */
	CHECK(port_receive(rig.port, &header, got, FRAME_MAX) == 0 && header.flags & PORT_UP);
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
	CHECK(rig_receive_frame(&rig, &frame) && frame.size == 154);
	CHECK(rig_send_rndis(&rig, message,
			     rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 8),
					     NULL, 0)) == NVSP_SUCCESS);
	CHECK(rig_port_receive(&rig, &header, got) == 62);
	CHECK(netvsp_set_port(rig.adapter, -1) == 0);
	guest_run(rig.guest);
	CHECK(port_receive(rig.port, &header, got, FRAME_MAX) == -EPIPE);
	netvsp_rig_free(&rig);
}

static void test_filter(void)
{
	static const struct frame_mac broadcast = { { 255, 255, 255, 255, 255, 255 } },
				      group = { { 1, 0, 0x5E, 0, 0, 1 } };
	const struct {
		uint32_t filter;
		bool own, other, broadcast, group;
	} cases[] = { { 0, 0, 0, 0, 0 },
		      { RNDIS_FILTER_DIRECTED, 1, 0, 0, 0 },
		      { RNDIS_FILTER_BROADCAST, 0, 0, 1, 0 },
		      { RNDIS_FILTER_ALL_MULTICAST, 0, 0, 0, 1 },
		      { RNDIS_FILTER_MULTICAST, 0, 0, 0, 1 }, /* in the list below */
		      { RNDIS_FILTER_PROMISCUOUS, 1, 1, 1, 1 } };

	setup(NVSP_VERSION_61, 1500);
	CHECK(rig_set(&rig, OID_802_3_MULTICAST_LIST, &group, 6) == RNDIS_SUCCESS);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct {
			const struct frame_mac *to;
			bool is_wanted;
		} frames[] = { { &rig_mac, cases[i].own },
			       { &rig_peer, cases[i].other },
			       { &broadcast, cases[i].broadcast },
			       { &group, cases[i].group } };

		CHECK(rig_set(&rig, OID_GEN_CURRENT_PACKET_FILTER, &cases[i].filter, 4) == RNDIS_SUCCESS);
		for (unsigned j = 0; j < 4; j++) {
			rig_port_send(&rig, 0, 0, sent, make_tcp(sent, frames[j].to, &rig_peer, false, 60));
			if (!CHECK(rig_receive_frame(&rig, &frame) == frames[j].is_wanted))
				printf("filter %#x, frame %u\n", cases[i].filter, j);
		}
	}
	netvsp_rig_free(&rig);
}

/* --- sending --------------------------------------------------------------------------------------- */

static void test_checksum_request(void)
{
	const uint32_t infos[][2] = { { RNDIS_INFO_CHECKSUM, RNDIS_TX_IPV4 | RNDIS_TX_TCP | 34 << 16 },
				      { RNDIS_INFO_VLAN, rndis_vlan_info(0x6005) } };
	struct port_header header;
	size_t size = make_tcp(sent, &rig_peer, &rig_mac, false, 500);

	setup(NVSP_VERSION_61, 1500);
	CHECK(rig_send_rndis(&rig, message, rig_make_packet(message, sent, size, infos, 2)) == NVSP_SUCCESS);
	CHECK(rig_port_receive(&rig, &header, got) == (int)size + 4);
	CHECK(header.flags == PORT_NO_CHECKSUM && header.segment == 0);
	CHECK(frame_get16(got + 12) == FRAME_VLAN && frame_get16(got + 14) == 0x6005);
	CHECK(memcmp(got, sent, 12) == 0 && memcmp(got + 16, sent + 12, size - 12) == 0);
	netvsp_rig_free(&rig);
}

static void test_several_in_one(void)
{
	struct port_header header;
	size_t at = 0;

	setup(NVSP_VERSION_61, 1500);
	for (unsigned i = 0; i < 8; i++)
		at += rig_make_packet(message + at, sent,
				      make_tcp(sent, &rig_peer, &rig_mac, i & 1, 64 + i * 8), NULL, 0);
	CHECK(rig_send_rndis(&rig, message, at) == NVSP_SUCCESS);
	for (unsigned i = 0; i < 8; i++)
		CHECK(rig_port_receive(&rig, &header, got) ==
		      (int)(14 + (i & 1 ? 40 : 20) + 20 + 64 + i * 8));
	CHECK(rig_port_receive(&rig, &header, got) < 0);
	netvsp_rig_free(&rig);
}

/* As Linux does: header in the send section or the first page, data from pages anywhere. */
static void send_large(bool is_ipv6, size_t data, uint32_t mss, uint32_t ret_status)
{
	const uint32_t infos[][2] = { { RNDIS_INFO_LSO,
					RNDIS_LSO_VERSION_2 | mss | (is_ipv6 ? 1u << 31 : 0) | 34 << 20 } };
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .section = NVSP_NO_SECTION } };
	static struct guest_packet packet;
	size_t size = make_tcp(sent, &rig_peer, &rig_mac, is_ipv6, data), total;
	uint64_t gpa = guest_alloc(rig.guest, 20);
	struct guest_range range;
	struct nvsp_message answer;

	frame_put16(sent + (is_ipv6 ? 18 : 16), 0);
	total = rig_make_packet(message, sent, size, infos, 1);
	memcpy(guest_memory(rig.guest, gpa + 100), message, total);
	range = (struct guest_range){ .gpa = gpa + 100, .size = (uint32_t)total };
	CHECK(guest_send_pages(rig.channel, 4711, &range, 1, &request, sizeof(request)) == 0);
	CHECK(guest_receive(rig.channel, &packet) && packet.type == VMBUS_PACKET_COMPLETION &&
	      packet.transaction == 4711);
	memcpy(&answer, guest_payload(&packet), sizeof(answer));
	CHECK(answer.rndis_complete.status == ret_status);
}

static void test_large_send(void)
{
	struct frame_layout layout;
	struct port_header header;
	int size;

	setup(NVSP_VERSION_61, 1500);
	for (unsigned is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		send_large(is_ipv6, 60000, 1460, NVSP_SUCCESS);
		size = rig_port_receive(&rig, &header, got);
		CHECK(size == (is_ipv6 ? 60074 : 60054) && header.segment == 1460 &&
		      header.flags == PORT_NO_CHECKSUM);
		CHECK(size > 0 && frame_parse(got, (size_t)size, false, &layout) &&
		      layout.end == (uint32_t)size);
		if (!is_ipv6)
			CHECK(checksum_finish(checksum_add(0, got + 14, 20)) == 0);
	}
	send_large(false, 1000, 1460, NVSP_SUCCESS); /* not large after all */
	CHECK(rig_port_receive(&rig, &header, got) == 1054 && header.segment == 0);
	send_large(false, 60000, 1, NVSP_SUCCESS); /* 60000 frames: refused */
	CHECK(rig_port_receive(&rig, &header, got) < 0);
	netvsp_rig_free(&rig);
}

static void test_bad_sends(void)
{
	static const struct frame_mac stranger = { { 2, 2, 2, 2, 2, 2 } };
	struct nvsp_message request = { .type = NVSP_RNDIS,
					.rndis = { .section = 100000, .section_bytes = 10 } },
			    answer;
	struct port_header header;
	struct rndis_packet packet;
	struct netvsp_stats stats;
	size_t size;

	setup(NVSP_VERSION_61, 1500);
	rig_ask(&rig, &request, &answer);
	CHECK(answer.rndis_complete.status == NVSP_FAIL);
	request.rndis.section = 1;
	request.rndis.section_bytes = NETVSP_SEND_SECTION + 1;
	rig_ask(&rig, &request, &answer);
	CHECK(answer.rndis_complete.status == NVSP_FAIL);
	/* not its own address */
	size = rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &stranger, false, 8), NULL, 0);
	CHECK(rig_send_rndis(&rig, message, size) == NVSP_SUCCESS);
	/* above the MTU */
	size = rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 1500), NULL, 0);
	CHECK(rig_send_rndis(&rig, message, size) == NVSP_SUCCESS);
	/* each field of the head beyond the message, and a short one */
	for (unsigned i = 0; i < 9; i++) {
		size =
		    rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 100), NULL, 0);
		memcpy(&packet, message, sizeof(packet));
		switch (i) {
		case 0: packet.data_offset = 0xFFFFFFF8; break;
		case 1: packet.data_length = 0xFFFFFFFF; break;
		case 2: packet.data_offset = (uint32_t)size; break;
		case 3: packet.info_offset = 0xFFFFFFF0; break;
		case 4: packet.info_length = 1; break;
		case 5: packet.info_length = 0x10000; break;
		case 6: packet.head.length = (uint32_t)size + 1; break;
		case 7: packet.head.length = 7; break;
		case 8: packet.data_length = 13; break;
		}
		memcpy(message, &packet, sizeof(packet));
		rig_send_rndis(&rig, message, size);
		if (!CHECK(rig_port_receive(&rig, &header, got) < 0))
			printf("bad head %u was sent\n", i);
	}
	netvsp_get_stats(rig.adapter, &stats);
	CHECK(stats.frames_out == 0 && stats.bad_out >= 11);
	netvsp_rig_free(&rig);
}

/* The switch does not read: the guest's packets wait in its ring, and all arrive in the end. */
static void test_slow_switch(void)
{
	static struct guest_packet packet;
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .section = 0 } };
	struct port_header header;
	size_t size =
	    rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 1400), NULL, 0);
	unsigned given = 0, done = 0, arrived = 0;

	setup(NVSP_VERSION_61, 1500);
	request.rndis.section_bytes = (uint32_t)size;
	memcpy(guest_memory(rig.guest, rig.send_gpa), message, size);
	for (unsigned i = 0; i < 5000; i++) {
		if (guest_send(rig.channel, i, true, &request, sizeof(request)) < 0)
			break;
		given++;
	}
	CHECK(given > 100 && given < 5000);
	while (arrived < given) {
		guest_run(rig.guest);
		while (guest_receive(rig.channel, &packet))
			done += packet.type == VMBUS_PACKET_COMPLETION;
		if (!CHECK(rig_port_receive(&rig, &header, got) == 1454))
			break;
		arrived++;
	}
	guest_run(rig.guest);
	while (guest_receive(rig.channel, &packet))
		done += packet.type == VMBUS_PACKET_COMPLETION;
	CHECK(arrived == given && done == given);
	netvsp_rig_free(&rig);
}

/* --- receiving ------------------------------------------------------------------------------------- */

static void test_receive(void)
{
	size_t size = make_tcp(sent, &rig_mac, &rig_peer, false, 1000);

	setup(NVSP_VERSION_61, 1500);
	rig_port_send(&rig, PORT_GOOD_CHECKSUM, 0, sent, size);
	CHECK(rig_receive_frame(&rig, &frame) && frame.size == size && memcmp(frame.bytes, sent, size) == 0);
	CHECK(frame.has_checksum && frame.checksum & RNDIS_RX_TCP_GOOD && !frame.has_vlan);
	rig_port_send(&rig, 0, 0, sent, size); /* nobody looked */
	CHECK(rig_receive_frame(&rig, &frame) && !frame.has_checksum);
	memmove(sent + 16, sent + 12, size - 12);
	frame_put16(sent + 12, FRAME_VLAN);
	frame_put16(sent + 14, 0xB123);
	rig_port_send(&rig, PORT_GOOD_CHECKSUM, 0, sent, size + 4);
	CHECK(rig_receive_frame(&rig, &frame) && frame.size == size && frame.has_vlan &&
	      frame.vlan_tag == 0xB123);
	netvsp_rig_free(&rig);
}

static void turn_rsc(uint8_t value)
{
	struct ndis_offload_parameters parameters = { .header = { 0xA7, 3, 28 },
						      .rsc_ipv4 = value,
						      .rsc_ipv6 = value };

	CHECK(rig_set(&rig, OID_TCP_OFFLOAD_PARAMETERS, &parameters, sizeof(parameters)) == RNDIS_SUCCESS);
}

/* Frames in pieces: all of the data, in order, each with right checksums. */
static void check_pieces(const uint8_t *whole, size_t size, unsigned most)
{
	struct frame_layout layout, piece;
	size_t at = 0;

	CHECK(frame_parse(whole, size, false, &layout));
	while (at < size - layout.payload && CHECK(rig_receive_frame(&rig, &frame))) {
		if (!CHECK(frame.size <= most + 14 && frame_parse(frame.bytes, frame.size, false, &piece) &&
			   piece.transport))
			return;
		CHECK(checksum_is_right(frame.bytes, &piece));
		CHECK(frame_get32(frame.bytes + piece.transport + 4) ==
		      (uint32_t)(frame_get32(whole + layout.transport + 4) + at));
		CHECK(memcmp(frame.bytes + piece.payload, whole + layout.payload + at,
			     piece.end - piece.payload) == 0);
		at += piece.end - piece.payload;
		/* FIN and PSH with the last data only */
		CHECK((frame.bytes[piece.transport + 13] & 9) == (at == size - layout.payload ? 9 : 0));
	}
	CHECK(!rig_receive_frame(&rig, &frame));
}

static void test_large_receive(void)
{
	setup(NVSP_VERSION_61, 1500);
	for (unsigned is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		size_t size = make_tcp(sent, &rig_mac, &rig_peer, is_ipv6, 60000);

		turn_rsc(NDIS_RSC_ON);
		rig_port_send(&rig, PORT_GOOD_CHECKSUM, 1460, sent, size);
		CHECK(rig_receive_frame(&rig, &frame) && frame.size == size && frame.ranges == 4);
		CHECK(memcmp(frame.bytes, sent, size) == 0 && frame.has_checksum);
		turn_rsc(NDIS_OFF);
		rig_port_send(&rig, PORT_GOOD_CHECKSUM, 1000, sent, size);
		check_pieces(sent, size, is_ipv6 ? 1060 : 1040);
	}
	netvsp_rig_free(&rig);
}

/* Old guests have no coalescing, whatever they ask for. */
static void test_large_receive_old(void)
{
	size_t size = make_tcp(sent, &rig_mac, &rig_peer, false, 30000);

	setup(NVSP_VERSION_5, 1500);
	turn_rsc(NDIS_RSC_ON);
	rig_port_send(&rig, PORT_GOOD_CHECKSUM, 1460, sent, size);
	check_pieces(sent, size, 1500);
	netvsp_rig_free(&rig);
}

static void test_jumbo(void)
{
	size_t size = make_tcp(sent, &rig_mac, &rig_peer, false, 65000 - 40);

	setup(NVSP_VERSION_61, 65000);
	rig_port_send(&rig, 0, 0, sent, size);
	CHECK(rig_receive_frame(&rig, &frame) && frame.size == size && frame.ranges == 1);
	netvsp_rig_free(&rig);
}

/* Sections are not used again before the guest gives them back. */
static void test_sections(void)
{
	struct rig_packet packets[600];
	unsigned count = 0, sent_frames = 0;
	size_t size = make_tcp(sent, &rig_mac, &rig_peer, false, 1200);
	struct netvsp_stats stats;

	setup(NVSP_VERSION_61, 1500);
	for (; sent_frames < 300; sent_frames++) {
		const struct port_header header = { .kind = PORT_FRAME };
		const struct iovec part = { .iov_base = sent, .iov_len = size };

		if (port_send(rig.port, &header, &part, 1) < 0)
			break;
		guest_run(rig.guest);
		while (count < 600 && rig_receive(&rig, &packets[count]))
			count++;
	}
	CHECK(count >= rig.section_count - 16 && count <= rig.section_count);
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < i; j++)
			CHECK(packets[i].ranges[0].offset / rig.section_size !=
			      packets[j].ranges[0].offset / rig.section_size);
	rig_complete(&rig, 0xDEADBEEF); /* of nothing */
	rig_complete(&rig, packets[0].transaction);
	rig_complete(&rig, packets[0].transaction); /* twice */
	CHECK(rig_receive(&rig, &packets[0]));
	CHECK(!rig_receive(&rig, &packets[count]));
	for (unsigned i = 0; i < count; i++)
		rig_complete(&rig, packets[i].transaction);
	netvsp_get_stats(rig.adapter, &stats);
	for (;;) {
		if (!rig_receive(&rig, &packets[0]))
			break;
		rig_complete(&rig, packets[0].transaction);
	}
	netvsp_get_stats(rig.adapter, &stats);
	CHECK(stats.frames_in == sent_frames && stats.no_buffer == 0);
	netvsp_rig_free(&rig);
}

/* --- several channels ------------------------------------------------------------------------------ */

static void set_rss(unsigned queues)
{
	uint8_t data[40 + 128 * 4 + 40];
	struct ndis_rss_parameters parameters = { .header = { NDIS_RSS_PARAMETERS, 2, 40 },
						  .hash = 0x1301 | NDIS_RSS_IPV6,
						  .table_size = 512,
						  .table_offset = 40,
						  .key_size = 40,
						  .key_offset = 552 };

	memcpy(data, &parameters, sizeof(parameters));
	for (uint32_t i = 0; i < 128; i++) {
		uint32_t queue = i % queues;

		memcpy(data + 40 + i * 4, &queue, 4);
	}
	/* the key of Microsoft's examples */
	static const uint8_t key[40] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
					 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
					 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
					 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa };
	memcpy(data + 552, key, 40);
	CHECK(rig_set(&rig, OID_GEN_RECEIVE_SCALE_PARAMETERS, data, sizeof(data)) == RNDIS_SUCCESS);
	frame_put16(data + 40, 0xFF00); /* queue 255 */
	CHECK(rig_set(&rig, OID_GEN_RECEIVE_SCALE_PARAMETERS, data, sizeof(data)) == RNDIS_INVALID_DATA);
}

/* "Verifying the RSS hash calculation": 66.9.149.187:2794 to 161.142.100.80:1766 gives 51ccc178. */
static void test_rss(void)
{
	struct nvsp_message request = { .type = NVSP_SUBCHANNELS, .subchannels = { 1, 10 } }, answer;
	struct guest_channel *channels[RIG_QUEUES], *primary;
	struct vmbus_guid type;
	struct frame_layout layout;
	size_t size = make_tcp(sent, &rig_mac, &rig_peer, false, 10);

	vmbus_guid_parse("f8615163-df3e-46c5-913f-f2d2f965ed0e", &type);
	setup(NVSP_VERSION_61, 1500);
	rig_ask(&rig, &request, &answer);
	CHECK(answer.type == NVSP_SUBCHANNELS && answer.words[0] == NVSP_SUCCESS &&
	      answer.words[1] == RIG_QUEUES - 1);
	guest_run(rig.guest);
	primary = channels[0] = rig.channel;
	for (unsigned i = 1; i < RIG_QUEUES; i++) {
		const struct vmbus_offer_channel *offer = guest_offer(rig.guest, &type, i);

		if (!CHECK(offer != NULL))
			return;
		channels[i] = guest_open(rig.guest, offer, RIG_RING_PAGES, NULL);
		CHECK(channels[i] != NULL);
	}
	set_rss(RIG_QUEUES);
	frame_put32(sent + 26, 0x420995BB);
	frame_put32(sent + 30, 0xA18E6450);
	frame_put16(sent + 34, 2794);
	frame_put16(sent + 36, 1766);
	CHECK(frame_parse(sent, size, false, &layout));
	rig_port_send(&rig, 0, 0, sent, size);
	rig.channel = channels[0x51CCC178 % 128 % RIG_QUEUES];
	CHECK(rig_receive_frame(&rig, &frame) && frame.hash == 0x51CCC178);
	/* A second request is refused; and frames may be sent on any channel. */
	rig.channel = primary;
	rig_ask(&rig, &request, &answer);
	CHECK(answer.words[0] != NVSP_SUCCESS);
	rig.channel = channels[2];
	CHECK(rig_send_rndis(&rig, message,
			     rig_make_packet(message, sent, make_tcp(sent, &rig_peer, &rig_mac, false, 8),
					     NULL, 0)) == NVSP_SUCCESS);
	netvsp_rig_free(&rig);
}

/* The buffers are the primary's. What a guest lends to another channel goes without a word to it. */
static void test_lent_elsewhere(void)
{
	struct nvsp_message request = { .type = NVSP_SUBCHANNELS, .subchannels = { 1, 1 } }, answer;
	const struct vmbus_offer_channel *offer;
	struct vmbus_guid type;
	uint32_t list;

	vmbus_guid_parse("f8615163-df3e-46c5-913f-f2d2f965ed0e", &type);
	setup(NVSP_VERSION_61, 1500);
	rig_ask(&rig, &request, &answer);
	guest_run(rig.guest);
	offer = guest_offer(rig.guest, &type, 1);
	list = offer ? guest_gpadl(rig.guest, offer->relid, rig.receive_gpa, RIG_RECEIVE_PAGES * 4096) : 0;
	if (!CHECK(list != 0))
		return;
	for (unsigned is_send = 0; is_send < 2; is_send++) {
		request = (struct nvsp_message){ .type = is_send ? NVSP_REVOKE_SEND_BUFFER
								 : NVSP_REVOKE_RECEIVE_BUFFER };
		request.revoke.id = is_send ? NVSP_SEND_BUFFER_ID : NVSP_RECEIVE_BUFFER_ID;
		CHECK(guest_send(rig.channel, 5, false, &request, sizeof(request)) == 0);
		request = (struct nvsp_message){ .type = is_send ? NVSP_SEND_BUFFER : NVSP_RECEIVE_BUFFER };
		request.buffer.gpadl = list;
		rig_ask(&rig, &request, &answer);
		CHECK((is_send ? answer.send_complete.status : answer.receive_complete.status) !=
		      NVSP_SUCCESS);
	}
	CHECK(guest_gpadl_teardown(rig.guest, offer->relid, list));
	rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
	CHECK(!rig_receive_frame(&rig, &frame));
	netvsp_rig_free(&rig);
}

/* --- life ------------------------------------------------------------------------------------------ */

/* Packets that the guest has, of no piece of its buffer: each of all that can be, so that none would be free. */
static void test_saved_empty(void)
{
	struct receive_state *receive;
	uint8_t *bytes;
	size_t size;

	for (unsigned used = 0; used < 2; used++) {
		setup(NVSP_VERSION_61, 1500);
		receive = &rig.adapter->receive;
		for (unsigned i = 0; i < CHUNKS_MAX; i++)
			receive->transactions[i].is_used = used;
		bytes = guest_save(rig.guest, &size);
		for (unsigned i = 0; i < CHUNKS_MAX; i++)
			receive->transactions[i].is_used = false;
		CHECK(guest_reset(rig.guest) && guest_take_back(rig.guest, bytes, size) == !used);
		free(bytes);
		netvsp_rig_free(&rig);
	}
}

static void test_restart(void)
{
	setup(NVSP_VERSION_61, 1500);
	for (unsigned i = 0; i < 3; i++) {
		rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
		if (i == 0) {
			guest_close(rig.channel);
		} else {
			guest_forget(rig.channel);
			CHECK(guest_reset(rig.guest));
		}
		rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 100));
		netvsp_rig_start(&rig, i == 1 ? NVSP_VERSION_5 : NVSP_VERSION_61, 1500);
		rig_port_send(&rig, 0, 0, sent, make_tcp(sent, &rig_mac, &rig_peer, false, 120));
		CHECK(rig_receive_frame(&rig, &frame) && frame.size == 174);
	}
	netvsp_rig_free(&rig);
}

int main(void)
{
	test_versions();
	test_refused_versions();
	test_bad_buffers();
	test_gpadl_gone();
	test_oids();
	test_address();
	test_link_state();
	test_other_port();
	test_filter();
	test_checksum_request();
	test_several_in_one();
	test_large_send();
	test_bad_sends();
	test_slow_switch();
	test_receive();
	test_large_receive();
	test_large_receive_old();
	test_jumbo();
	test_sections();
	test_rss();
	test_lent_elsewhere();
	test_saved_empty();
	test_restart();
	return check_result();
}
