/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network adapter between a hostile guest and a hostile switch. The input is a row of steps: messages,
 * packets with RNDIS, completions, frames from the switch, closing and opening again. Whatever comes, what
 * the adapter writes lies in the guest's receive buffer, each packet is completed at most once, and the
 * adapter ends with the bus.
 */
#include "fuzz.h"

#include "netvsp_rig.h"

#include <errno.h>

enum { STEPS_MAX = 200, KEPT = 16 };

static struct netvsp_rig rig;
static uint64_t kept[KEPT]; /* packets that the guest has not given back */
static unsigned kept_count;

static size_t take_bytes(struct fuzz_input *input, uint8_t *bytes, size_t most)
{
	size_t left = (size_t)(input->end - input->at), size = fuzz_varied(input) % (most + 1);

	left = (size_t)(input->end - input->at);
	if (size > left)
		size = left;
	memcpy(bytes, input->at, size);
	input->at += size;
	return size;
}

static void send_nvsp(struct fuzz_input *input)
{
	struct nvsp_message message = { .type = fuzz_u8(input) };
	uint8_t how = fuzz_u8(input);

	for (unsigned i = 0; i < 4; i++)
		message.words[i] = fuzz_varied(input);
	if (how & 1)
		message.buffer.gpadl = how & 2 ? rig.receive_gpadl : rig.send_gpadl;
	guest_send(rig.channel, fuzz_u8(input), how & 4, &message,
		   how & 8 ? fuzz_u8(input) % 41 : sizeof(message));
}

/* A whole packet around a frame of the input, of which some bytes are changed. */
static void send_packet(struct fuzz_input *input)
{
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .section = 2 } };
	static uint8_t frame[2048], message[4096];
	uint32_t infos[3][2];
	unsigned count = fuzz_u8(input) % 4, changes = fuzz_u8(input) % 4;
	uint8_t kind = fuzz_u8(input);
	size_t size;

	for (unsigned i = 0; i < count; i++) {
		infos[i][0] = (uint32_t[]){ RNDIS_INFO_CHECKSUM, RNDIS_INFO_LSO, RNDIS_INFO_VLAN,
					    8 }[fuzz_u8(input) % 4];
		infos[i][1] = fuzz_u32(input);
	}
	size = kind & 1 ? make_tcp(frame, &rig_peer, &rig_mac, kind & 2, kind * 4u)
			: make_udp(frame, &rig_peer, &rig_mac, kind & 2, kind * 4u);
	if (kind & 4)
		size = take_bytes(input, frame, sizeof(frame));
	size = rig_make_packet(message, frame, size, (const uint32_t(*)[2])infos, count);
	for (unsigned i = 0; i < changes; i++)
		message[fuzz_u16(input) % (kind & 8 ? 60 : size)] = fuzz_u8(input);
	request.rndis.section_bytes = (uint32_t)size;
	memcpy(guest_memory(rig.guest, rig.send_gpa + 2 * NETVSP_SEND_SECTION), message, size);
	guest_send(rig.channel, 7, kind & 16, &request, sizeof(request));
}

static void send_raw_rndis(struct fuzz_input *input)
{
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .channel = 1, .section = 1 } };
	uint8_t message[512] = { fuzz_u8(input) % 10 };
	uint32_t length;
	size_t size = 4 + take_bytes(input, message + 4, sizeof(message) - 4);

	memcpy(&length, message + 4, 4);
	if (length > 0x1000000) { /* mostly a length that fits */
		length = (uint32_t)size;
		memcpy(message + 4, &length, 4);
	}
	request.rndis.section_bytes = (uint32_t)size;
	memcpy(guest_memory(rig.guest, rig.send_gpa + NETVSP_SEND_SECTION), message, size);
	guest_send(rig.channel, 8, true, &request, sizeof(request));
}

static void send_pages(struct fuzz_input *input)
{
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .section = NVSP_NO_SECTION } };
	struct guest_range ranges[4];
	unsigned count = 1 + fuzz_u8(input) % 4;

	for (unsigned i = 0; i < count; i++) {
		uint8_t where = fuzz_u8(input);

		ranges[i].gpa = where & 1 ? rig.send_gpa + fuzz_u16(input) : fuzz_bytes(input, 5);
		ranges[i].size = where & 2 ? fuzz_u8(input) : fuzz_varied(input) % 70000;
	}
	guest_send_pages(rig.channel, 9, ranges, count, &request, sizeof(request));
}

static void send_from_switch(struct fuzz_input *input)
{
	static uint8_t frame[FRAME_MAX];
	struct port_header header = { .kind = fuzz_u8(input) % 3 };
	uint8_t how = fuzz_u8(input);
	size_t size = how & 1 ? make_tcp(frame, &rig_mac, &rig_peer, how & 2, fuzz_u16(input) % 65000)
			      : take_bytes(input, frame, 2000);
	struct iovec part = { .iov_base = frame, .iov_len = size };

	header.flags = fuzz_u8(input);
	header.segment = how & 4 ? 1460 : fuzz_u16(input);
	if (how & 8)
		frame[fuzz_u8(input) % 60] = fuzz_u8(input);
	port_send(rig.port, &header, &part, 1);
	guest_run(rig.guest);
}

/* What the guest got must be well-formed, whoever caused it. */
static void receive(bool keep)
{
	static struct guest_packet packet;
	uint32_t count, range[2];
	const uint32_t done[] = { NVSP_RNDIS_COMPLETE, 1 };

	while (guest_receive(rig.channel, &packet)) {
		if (packet.type != VMBUS_PACKET_TRANSFER_PAGES)
			continue;
		memcpy(&count, packet.bytes + 20, 4);
		CHECK(count >= 1 && packet.head_size >= 24 + count * 8);
		for (unsigned i = 0; i < count; i++) {
			memcpy(range, packet.bytes + 24 + i * 8, 8);
			CHECK(range[0] <= RIG_RECEIVE_PAGES * 4096 &&
			      range[1] <= RIG_RECEIVE_PAGES * 4096 - range[0]);
		}
		if (keep && kept_count < KEPT)
			kept[kept_count++] = packet.transaction;
		else
			guest_send_completion(rig.channel, packet.transaction, done, sizeof(done));
	}
}

static void complete(struct fuzz_input *input)
{
	const uint32_t done[] = { NVSP_RNDIS_COMPLETE, fuzz_u8(input) };
	uint64_t id = fuzz_u8(input) & 1 && kept_count ? kept[--kept_count] : fuzz_bytes(input, 3);

	guest_send_completion(rig.channel, id, done, sizeof(done));
}

static void step(struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 9) {
	case 0: send_nvsp(input); break;
	case 1: send_packet(input); break;
	case 2: send_raw_rndis(input); break;
	case 3: send_pages(input); break;
	case 4: send_from_switch(input); break;
	case 5: receive(true); break;
	case 6: receive(false); break;
	case 7: complete(input); break;
	case 8:
		if (fuzz_u8(input) & 1)
			guest_gpadl_teardown(rig.guest, rig.channel->relid,
					     fuzz_u8(input) & 1 ? rig.receive_gpadl : rig.send_gpadl);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	static uint8_t frame[FRAME_MAX];
	struct port_header header;
	int r;

	kept_count = 0;
	netvsp_rig_new(&rig, fuzz_u8(&input) & 1);
	netvsp_rig_start(&rig, fuzz_u8(&input) & 1 ? NVSP_VERSION_61 : NVSP_VERSION_5, 1500);
	for (unsigned i = 0; i < STEPS_MAX && fuzz_more(&input); i++) {
		step(&input);
		while ((r = port_receive(rig.port, &header, frame, sizeof(frame))) >= 0)
			CHECK(header.kind == PORT_NOTICE || r >= FRAME_ETHERNET_HEADER);
		CHECK(r != -EBADMSG);
	}
	netvsp_rig_free(&rig);
	return 0;
}
