/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netvsp_rig.h"

#include "net/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct frame_mac rig_mac = { { 0x00, 0x15, 0x5D, 1, 2, 3 } };
const struct frame_mac rig_peer = { { 0x00, 0x15, 0x5D, 9, 9, 9 } };
static const char network_type[] = "f8615163-df3e-46c5-913f-f2d2f965ed0e";

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	printf("the rig cannot %s\n", what);
	fflush(stdout);
	abort();
}

static void on_log(void *opaque, const char *text)
{
	struct netvsp_rig *rig = opaque;

	snprintf(rig->log, sizeof(rig->log), "%s", text);
}

void netvsp_rig_new(struct netvsp_rig *rig, bool may_spoof)
{
	struct netvsp_config config = { .instance = { { 7 } },
					.mac = rig_mac,
					.may_spoof = may_spoof,
					.queues = RIG_QUEUES,
					.log = on_log,
					.opaque = rig };
	int pair[2];

	*rig = (struct netvsp_rig){ .transaction = 1000 };
	rig->guest = guest_new();
	must(port_pair(pair) == 0 && port_prepare(pair[0]) == 0, "make a port");
	rig->port = pair[0];
	config.bus = guest_bus(rig->guest);
	config.loop = guest_loop(rig->guest);
	config.port_fd = pair[1];
	must(netvsp_new(&config, &rig->adapter) == 0, "make an adapter");
	must(port_send_notice(rig->port, PORT_UP) == 0, "put the cable in");
	guest_run(rig->guest);
}

static void on_stopped(void *opaque)
{
	*(bool *)opaque = true;
}

void netvsp_rig_free(struct netvsp_rig *rig)
{
	bool is_stopped = false;

	vmbus_stop(guest_bus(rig->guest), on_stopped, &is_stopped);
	guest_run(rig->guest);
	must(is_stopped, "stop the bus");
	netvsp_free(rig->adapter);
	guest_free(rig->guest);
	if (rig->port >= 0)
		close(rig->port);
}

/* --- NVSP ------------------------------------------------------------------------------------------ */

void rig_ask(struct netvsp_rig *rig, const struct nvsp_message *request, struct nvsp_message *ret_answer)
{
	static struct guest_packet packet;

	guest_ask(rig->channel, rig->transaction++, request, sizeof(*request), &packet);
	must(packet.type == VMBUS_PACKET_COMPLETION && packet.size >= sizeof(*ret_answer), "get an answer");
	memcpy(ret_answer, guest_payload(&packet), sizeof(*ret_answer));
}

static void share_buffers(struct netvsp_rig *rig)
{
	struct nvsp_message request = { .type = NVSP_RECEIVE_BUFFER,
					.buffer = { .id = NVSP_RECEIVE_BUFFER_ID } },
			    answer;

	rig->receive_gpa = guest_alloc(rig->guest, RIG_RECEIVE_PAGES);
	rig->send_gpa = guest_alloc(rig->guest, RIG_SEND_PAGES);
	rig->receive_gpadl =
	    guest_gpadl(rig->guest, rig->channel->relid, rig->receive_gpa, RIG_RECEIVE_PAGES * 4096);
	rig->send_gpadl = guest_gpadl(rig->guest, rig->channel->relid, rig->send_gpa, RIG_SEND_PAGES * 4096);
	request.buffer.gpadl = rig->receive_gpadl;
	rig_ask(rig, &request, &answer);
	must(answer.type == NVSP_RECEIVE_BUFFER_COMPLETE && answer.receive_complete.status == NVSP_SUCCESS &&
		 answer.receive_complete.sections == 1 && answer.receive_complete.offset == 0,
	     "share the receive buffer");
	rig->section_size = answer.receive_complete.size;
	rig->section_count = answer.receive_complete.count;
	must((uint64_t)rig->section_size * rig->section_count <= RIG_RECEIVE_PAGES * 4096,
	     "have such sections");
	request = (struct nvsp_message){ .type = NVSP_SEND_BUFFER, .buffer = { .gpadl = rig->send_gpadl } };
	rig_ask(rig, &request, &answer);
	must(answer.type == NVSP_SEND_BUFFER_COMPLETE && answer.send_complete.status == NVSP_SUCCESS &&
		 answer.send_complete.section_size == NETVSP_SEND_SECTION,
	     "share the send buffer");
}

static void start_rndis(struct netvsp_rig *rig)
{
	const struct rndis_initialize initialize = { .head = { RNDIS_INITIALIZE, sizeof(initialize) },
						     .request = 1,
						     .major = 1,
						     .max_transfer = 0x4000 };
	const uint32_t filter = RNDIS_FILTER_DIRECTED | RNDIS_FILTER_BROADCAST | RNDIS_FILTER_ALL_MULTICAST;
	struct rig_packet packet;

	must(rig_send_rndis(rig, &initialize, sizeof(initialize)) == NVSP_SUCCESS, "initialize RNDIS");
	must(rig_receive(rig, &packet) && packet.is_control, "get the answer of RNDIS");
	rig_complete(rig, packet.transaction);
	must(rig_set(rig, OID_GEN_CURRENT_PACKET_FILTER, &filter, sizeof(filter)) == RNDIS_SUCCESS,
	     "set the filter");
}

void netvsp_rig_start(struct netvsp_rig *rig, uint32_t version, uint32_t mtu)
{
	struct nvsp_message request = { .type = NVSP_INIT, .init = { version, version } }, answer;
	const struct vmbus_offer_channel *offer;
	struct vmbus_guid type;

	vmbus_guid_parse(network_type, &type);
	guest_start(rig->guest);
	offer = guest_offer(rig->guest, &type, 0);
	must(offer != NULL, "find the offer");
	rig->channel = guest_open(rig->guest, offer, RIG_RING_PAGES, NULL);
	must(rig->channel != NULL, "open the channel");
	rig_ask(rig, &request, &answer);
	must(answer.type == NVSP_INIT_COMPLETE && answer.init_complete.status == NVSP_SUCCESS &&
		 answer.init_complete.version == version,
	     "agree on a version");
	if (version >= NVSP_VERSION_2) {
		request = (struct nvsp_message){ .type = NVSP_NDIS_CONFIG, .config = { .mtu = mtu + 14 } };
		request.config.capabilities[0] = NVSP_CAPABILITY_VLAN | NVSP_CAPABILITY_RSC;
		must(guest_send(rig->channel, 1, false, &request, sizeof(request)) == 0,
		     "send the configuration");
	}
	share_buffers(rig);
	start_rndis(rig);
}

/* --- RNDIS ----------------------------------------------------------------------------------------- */

uint32_t rig_send_rndis(struct netvsp_rig *rig, const void *message, size_t size)
{
	struct nvsp_message request = { .type = NVSP_RNDIS, .rndis = { .channel = 1, .section = 3 } }, answer;

	must(size <= NETVSP_SEND_SECTION, "send so much at once");
	request.rndis.section_bytes = (uint32_t)size;
	memcpy(guest_memory(rig->guest, rig->send_gpa + 3 * NETVSP_SEND_SECTION), message, size);
	rig_ask(rig, &request, &answer);
	must(answer.type == NVSP_RNDIS_COMPLETE, "get a completion");
	return answer.rndis_complete.status;
}

bool rig_receive(struct netvsp_rig *rig, struct rig_packet *ret_packet)
{
	static struct guest_packet packet;
	struct nvsp_message message;
	uint16_t set;
	uint32_t count;

	if (!guest_receive(rig->channel, &packet))
		return false;
	must(packet.type == VMBUS_PACKET_TRANSFER_PAGES && packet.wants_completion,
	     "receive anything but frames now");
	memcpy(&set, packet.bytes + 16, 2);
	memcpy(&count, packet.bytes + 20, 4);
	memcpy(&message, guest_payload(&packet), sizeof(message));
	must(set == NVSP_RECEIVE_BUFFER_ID && count >= 1 && count <= RIG_RANGES &&
		 packet.head_size >= 24 + count * 8 && message.type == NVSP_RNDIS,
	     "understand the packet");
	ret_packet->transaction = packet.transaction;
	ret_packet->is_control = message.rndis.channel == 1;
	ret_packet->count = count;
	memcpy(ret_packet->ranges, packet.bytes + 24, count * 8);
	return true;
}

void rig_complete(struct netvsp_rig *rig, uint64_t transaction)
{
	const uint32_t done[] = { NVSP_RNDIS_COMPLETE, NVSP_SUCCESS };

	must(guest_send_completion(rig->channel, transaction, done, sizeof(done)) == 0, "complete");
}

const uint8_t *rig_range(struct netvsp_rig *rig, const struct vmbus_transfer_range *range)
{
	must(range->size <= rig->section_size &&
		 range->offset <= rig->section_size * rig->section_count - range->size,
	     "be given a range outside its buffer");
	return guest_memory(rig->guest, rig->receive_gpa + range->offset);
}

static uint32_t exchange(struct netvsp_rig *rig, uint32_t type, uint32_t oid, const void *data, uint32_t size,
			 uint8_t *answer, uint32_t *ret_size)
{
	uint8_t bytes[2048];
	struct rndis_request request = { .head = { type, (uint32_t)sizeof(request) + size },
					 .request = ++rig->request,
					 .oid = oid,
					 .length = size,
					 .offset = 20 };
	struct rig_packet packet;
	uint32_t id, status;

	memcpy(bytes, &request, sizeof(request));
	if (size)
		memcpy(bytes + sizeof(request), data, size);
	must(rig_send_rndis(rig, bytes, sizeof(request) + size) == NVSP_SUCCESS, "ask");
	must(rig_receive(rig, &packet) && packet.is_control && packet.count == 1, "get an answer");
	memcpy(answer, rig_range(rig, &packet.ranges[0]), packet.ranges[0].size);
	*ret_size = packet.ranges[0].size;
	rig_complete(rig, packet.transaction);
	memcpy(&id, answer + 8, 4);
	memcpy(&status, answer + 12, 4);
	must(id == request.request, "get the answer to its question");
	return status;
}

uint32_t rig_query(struct netvsp_rig *rig, uint32_t oid, const void *input, uint32_t input_size,
		   void *ret_data, uint32_t *ret_size)
{
	struct rndis_query_complete complete;
	uint8_t answer[4096];
	uint32_t size, status = exchange(rig, RNDIS_QUERY, oid, input, input_size, answer, &size);

	must(size >= sizeof(complete), "get a whole answer");
	memcpy(&complete, answer, sizeof(complete));
	if (status != RNDIS_SUCCESS)
		return status;
	must(complete.offset >= 16 && complete.offset + 8 + complete.length <= size &&
		 complete.length <= *ret_size,
	     "get so much");
	memcpy(ret_data, answer + 8 + complete.offset, complete.length);
	*ret_size = complete.length;
	return status;
}

uint32_t rig_set(struct netvsp_rig *rig, uint32_t oid, const void *data, uint32_t size)
{
	uint8_t answer[4096];
	uint32_t answer_size;

	return exchange(rig, RNDIS_SET, oid, data, size, answer, &answer_size);
}

/* --- frames ---------------------------------------------------------------------------------------- */

static void take_infos(const uint8_t *message, const struct rndis_packet *head, struct rig_frame *frame,
		       uint8_t *ret_flags)
{
	const uint8_t *at = message + 8 + head->info_offset, *end = at + head->info_length;

	while (head->info_length && at < end) {
		struct rndis_info info;
		uint32_t value;

		memcpy(&info, at, sizeof(info));
		memcpy(&value, at + info.offset, 4);
		must(info.size >= 16 && at + info.size <= end, "understand the information");
		switch (info.type) {
		case RNDIS_INFO_CHECKSUM:
			frame->has_checksum = true;
			frame->checksum = value;
			break;
		case RNDIS_INFO_VLAN:
			frame->has_vlan = true;
			frame->vlan_tag = rndis_vlan_tag(value);
			break;
		case RNDIS_INFO_HASH: frame->hash = value; break;
		case RNDIS_INFO_PACKET_ID | RNDIS_INFO_INTERNAL: *ret_flags = (uint8_t)(value >> 8); break;
		default: must(false, "know this information");
		}
		at += info.size;
	}
}

/* Where the guest stands in a packet with several ranges, between calls. */
static struct rig_packet open_packet;
static unsigned open_next;

static void add_range(struct netvsp_rig *rig, const struct vmbus_transfer_range *range,
		      struct rig_frame *frame, uint8_t *ret_flags)
{
	const uint8_t *message = rig_range(rig, range);
	struct rndis_packet head;

	memcpy(&head, message, sizeof(head));
	must(head.head.type == RNDIS_PACKET && head.head.length == range->size &&
		 8 + head.data_offset + head.data_length <= range->size &&
		 frame->size + head.data_length <= sizeof(frame->bytes),
	     "understand the message");
	take_infos(message, &head, frame, ret_flags);
	memcpy(frame->bytes + frame->size, message + 8 + head.data_offset, head.data_length);
	frame->size += head.data_length;
	frame->ranges++;
}

bool rig_receive_frame(struct netvsp_rig *rig, struct rig_frame *ret_frame)
{
	uint8_t flags = 0;

	*ret_frame = (struct rig_frame){ 0 };
	while (open_next >= open_packet.count) {
		open_next = 0;
		open_packet.count = 0;
		if (!rig_receive(rig, &open_packet))
			return false;
		if (open_packet.is_control) {
			rig_complete(rig, open_packet.transaction);
			open_packet.count = 0;
		}
	}
	do {
		must(open_next < open_packet.count, "find the end of the frame");
		add_range(rig, &open_packet.ranges[open_next++], ret_frame, &flags);
	} while (flags & RNDIS_ID_PART && !(flags & RNDIS_ID_LAST));
	if (open_next == open_packet.count)
		rig_complete(rig, open_packet.transaction);
	return true;
}

size_t rig_make_packet(uint8_t *message, const uint8_t *frame, size_t size, const uint32_t (*infos)[2],
		       unsigned count)
{
	struct rndis_packet head = { .head = { .type = RNDIS_PACKET },
				     .data_offset = 36 + count * 16,
				     .data_length = (uint32_t)size,
				     .info_offset = count ? 36 : 0,
				     .info_length = count * 16 };

	head.head.length = (uint32_t)(44 + count * 16 + size);
	memcpy(message, &head, sizeof(head));
	for (unsigned i = 0; i < count; i++) {
		const uint32_t info[] = { 16, infos[i][0], 12, infos[i][1] };

		memcpy(message + 44 + i * 16, info, sizeof(info));
	}
	memcpy(message + 44 + count * 16, frame, size);
	return head.head.length;
}

int rig_port_receive(struct netvsp_rig *rig, struct port_header *ret_header, uint8_t *frame)
{
	int r;

	do
		r = port_receive(rig->port, ret_header, frame, FRAME_MAX);
	while (r >= 0 && ret_header->kind == PORT_NOTICE);
	return r < 0 ? -1 : r;
}

void rig_port_send(struct netvsp_rig *rig, unsigned flags, unsigned segment, const uint8_t *frame,
		   size_t size)
{
	const struct port_header header = { .kind = PORT_FRAME,
					    .flags = (uint8_t)flags,
					    .segment = (uint16_t)segment };
	const struct iovec part = { .iov_base = (void *)frame, .iov_len = size };

	must(port_send(rig->port, &header, &part, 1) == 0, "send to the adapter");
	guest_run(rig->guest);
}
