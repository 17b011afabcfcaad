/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic storage (tests/storage/storvsp_rig.h) and a guest that says anything at any time: packets of all
 * types and sizes, requests with wild fields and pages, resets, subchannels, answers that are never read,
 * closing with requests under way. Whatever was asked with room for the answer is answered once; the bus
 * stops at the end.
 */
#include "fuzz.h"

#include "storvsp_rig.h"

enum { STEPS_MAX = 60, DATA_PAGES = 8 };

struct state {
	struct storvsp_rig rig;
	uint64_t data; /* of the guest */
};

static void fill(struct fuzz_input *input, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = fuzz_u8(input);
}

/* A SCSI request, mostly for units that there are. */
static struct vstor_packet make_srb(struct fuzz_input *input)
{
	struct vstor_packet packet = { .operation = VSTOR_EXECUTE_SRB, .flags = 1 };
	uint8_t how = fuzz_u8(input);

	if (how & 1)
		fill(input, &packet.srb, sizeof(packet.srb));
	packet.srb.lun = how & 2 ? fuzz_u8(input) : fuzz_u8(input) & 1;
	packet.srb.cdb_length = how & 4 ? fuzz_u8(input) : 16;
	packet.srb.direction = fuzz_u8(input) % 4;
	packet.srb.transfer_length = how & 8 ? fuzz_u32(input) : fuzz_u8(input) * 512u;
	fill(input, packet.srb.cdb, 10);
	return packet;
}

static void send_request(struct state *state, struct fuzz_input *input)
{
	struct vstor_packet packet = make_srb(input);
	uint8_t how = fuzz_u8(input);
	uint64_t gpa = how & 1 ? fuzz_u64(input) & 0xffffffffffff : state->data + (fuzz_u16(input) & 0x3fff);
	uint32_t size = how & 2 ? fuzz_u32(input) % (1 << 20) : packet.srb.transfer_length % (1 << 18);

	storvsp_rig_send(&state->rig, state->rig.channel, fuzz_u16(input), &packet, gpa, size);
}

static void send_control(struct state *state, struct fuzz_input *input)
{
	struct vstor_packet packet = { .operation = fuzz_u8(input) % 16, .flags = 1 };
	size_t size = sizeof(packet);

	fill(input, packet.srb.cdb, 4);
	packet.sub_channel_count = fuzz_u16(input);
	if (fuzz_u8(input) & 1)
		size = fuzz_u8(input);
	guest_send(state->rig.channel, fuzz_u16(input), fuzz_u8(input) & 1, &packet,
		   size < sizeof(packet) ? size : sizeof(packet));
}

/* A whole packet, its head too. */
static void send_nonsense(struct state *state, struct fuzz_input *input)
{
	_Alignas(8) uint8_t packet[256];
	size_t size = 16 + (fuzz_u8(input) % 30) * 8u;

	fill(input, packet, size);
	guest_put(state->rig.channel, packet, size);
	guest_signal(state->rig.channel);
}

static void read_answers(struct state *state, unsigned count)
{
	static struct guest_packet packet;

	while (count-- && guest_receive(state->rig.channel, &packet))
		CHECK(packet.size == sizeof(struct vstor_packet));
}

static void reopen(struct state *state, bool with_handshake)
{
	struct storvsp_rig *rig = &state->rig;

	rig->is_held = false;
	storvsp_rig_settle(rig);
	CHECK(guest_reset(rig->guest));
	if (with_handshake)
		CHECK(storvsp_rig_start(rig));
	else
		storvsp_rig_open(rig);
	state->data = guest_alloc(rig->guest, DATA_PAGES);
}

static void step(struct state *state, struct fuzz_input *input)
{
	switch (fuzz_u8(input) % 16) {
	case 0: send_control(state, input); break;
	case 1: send_nonsense(state, input); break;
	case 2: read_answers(state, 1000); break;
	case 3: reopen(state, fuzz_u8(input) & 1); break;
	case 4: state->rig.is_held = fuzz_u8(input) & 1; break;
	case 5: storvsp_rescan(state->rig.controller); break;
	case 6: storvsp_rig_settle(&state->rig); break;
	default: send_request(state, input); break;
	}
}

/* Making images takes long: they stay. The guest begins anew. */
static struct state *begin(bool is_ide)
{
	static struct state states[2];
	struct state *state = &states[is_ide];

	if (!state->rig.controller)
		storvsp_rig_init(&state->rig, is_ide);
	reopen(state, true);
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	struct state *state = begin(fuzz_u8(&input) & 1);

	for (unsigned i = 0; i < STEPS_MAX && fuzz_more(&input); i++)
		step(state, &input);
	state->rig.is_held = false;
	storvsp_rig_settle(&state->rig);
	return 0;
}
