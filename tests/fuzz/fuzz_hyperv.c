/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Hyper-V interface on an engine that executes nothing: MSRs, hypercalls, messages and events from both
 * sides, time, memory that comes and goes. The guest's memory has guard bytes behind it in the ROM, which
 * nothing may change.
 */
#include "../unit/hyperv_guest.h"
#undef CHECK /* of the unit tests: here a find ends the program */
#include "fuzz.h"

enum { VPS = 3 };

static struct hyperv_guest guest;
static bool has_ram;

static const uint16_t codes[] = { 0x02, 0x03, 0x08, 0x0b, 0x13, 0x14,	0x15,  0x5c,
				  0x5d, 0x46, 0x50, 0x7e, 0xfe, 0x8001, 0x8003 };

static enum hv_status on_message(void *opaque, unsigned vp, uint32_t type, const void *payload, size_t size)
{
	CHECK(vp < VPS && type && size <= HV_MESSAGE_PAYLOAD_MAX);
	return (enum hv_status)(type & 1 ? HV_STATUS_SUCCESS : HV_STATUS_INSUFFICIENT_BUFFERS);
}

static void on_event(void *opaque, uint16_t flag)
{
	CHECK(flag < HV_EVENT_FLAGS);
}

static void on_crash(void *opaque, unsigned vp, const struct hv_crash *crash)
{
	CHECK(vp < VPS && crash->text_size <= HV_CRASH_TEXT_MAX && crash->text[crash->text_size] == 0);
}

static void on_discard(void *opaque, uint64_t gpa, uint64_t size)
{
	CHECK(size && gpa < RAM_BYTES && size <= RAM_BYTES - gpa);
}

static void on_room(void *opaque, unsigned vp, unsigned sint)
{
	CHECK(vp < VPS && sint < HV_SINTS);
}

static void on_reset(void *opaque)
{
}

/* Mostly a place in RAM, often the start of a page with the enable bit. */
static uint64_t address(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	if (how < 16)
		return fuzz_u64(input);
	if (how < 32)
		return ROM_AT + (fuzz_u16(input) & ~7u);
	if (how < 160)
		return (fuzz_u8(input) & 7) * 4096u | (how & 1);
	return fuzz_u32(input) % RAM_BYTES & ~7u;
}

static void msr(struct fuzz_input *input, uint8_t how)
{
	uint32_t index = HYPERV_MSR_FIRST + (how & 0x40 ? fuzz_u8(input) : fuzz_u16(input) & 0x1ff);
	unsigned vp = how % VPS;
	uint64_t value;

	if (how & 0x20)
		hv_vp_get_msr(guest.vps[vp], index, &value);
	else
		hv_vp_set_msr(guest.vps[vp], index, how & 0x10 ? fuzz_u64(input) : address(input));
}

static void call(struct fuzz_input *input, uint8_t how)
{
	uint64_t control = codes[fuzz_u8(input) % (sizeof(codes) / sizeof(codes[0]))];
	uint64_t result, reps = fuzz_u16(input);

	control |= (uint64_t)(how >> 4 & 1) << 16 | (uint64_t)(how >> 5 & 3) << 17 | reps << 32;
	result = guest_call(&guest, how % VPS, control, address(input), address(input));
	CHECK((result & 0xffff0000) == 0 && result >> 44 == 0);
	CHECK((result >> 32) <= (reps & 0xfff));
}

static void poke(struct fuzz_input *input)
{
	uint32_t at = fuzz_u32(input) % (RAM_BYTES - 8) & ~7u;
	uint64_t value = fuzz_u64(input);

	memcpy(guest_ram + at, &value, sizeof(value));
}

static void host(struct fuzz_input *input, uint8_t how)
{
	uint8_t payload[256] = { 0 };
	unsigned vp = how % VPS, sint = fuzz_u8(input) % (HV_SINTS + 1);

	if (how & 0x10)
		hv_post_message(guest.partition, vp, sint, fuzz_u8(input), payload, fuzz_u8(input));
	else if (how & 0x20)
		hv_signal_event(guest.partition, vp, sint, fuzz_u16(input));
	else
		hv_drop_messages(guest.partition, vp, sint);
}

static void remap(void)
{
	if (has_ram)
		CHECK(hv_unmap(guest.partition, 0, RAM_BYTES) == 0);
	else
		CHECK(hv_map(guest.partition, 0, guest_ram, RAM_BYTES, HV_MAP_WRITE) == 0);
	has_ram = !has_ram;
}

static void step(struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input), how = fuzz_u8(input);

	if (op < 100)
		msr(input, how);
	else if (op < 160)
		call(input, how);
	else if (op < 200)
		host(input, how);
	else if (op < 225)
		poke(input);
	else if (op < 245)
		fake_advance(guest.vps[how % VPS], fuzz_u16(input) * 16ull);
	else if (op < 250)
		hyperv_vp_reset(guest.vps[how % VPS]);
	else
		remap();
}

static void begin(void)
{
	static const struct hv_guest_ops ops = {
		.message_room = on_room, .crash = on_crash, .reset = on_reset, .discard = on_discard
	};

	guest_new(&guest, VPS);
	has_ram = true;
	hv_set_guest_ops(guest.partition, &ops, NULL);
	for (uint32_t i = 0; i < 8; i++) {
		hv_connect_messages(guest.partition, i, on_message, NULL);
		hv_connect_events(guest.partition, i + 8, on_event, NULL);
	}
	for (unsigned vp = 0; vp < VPS; vp++)
		guest_synic_on(&guest, vp, 2, 0xf3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };

	begin();
	while (fuzz_more(&input))
		step(&input);
	for (unsigned i = 0; i < ROM_BYTES; i++)
		CHECK(guest_rom[i] == 0xee);
	guest_free(&guest);
	CHECK(failures == 0);
	return 0;
}
