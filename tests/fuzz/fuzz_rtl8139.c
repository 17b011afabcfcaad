/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RTL8139: a guest that writes anything to its registers, whose descriptors and ring lie anywhere; frames
 * of all sizes from the network; saved states that somebody changed. The chip keeps to its limits, and to the
 * guest's memory.
 */
#include "fuzz_pc.h"
#include "fuzz_sections.h"

#include "chipset/rtl8139.h"

enum { DEVFN = PCI_DEVFN(9, 0), PORTS = 0xc000, RING = 0x4000 };

static const uint8_t devfns[] = { DEVFN };
static struct pc *pc;
static struct rtl8139 *nic;
static unsigned asked;

static void on_work(void *opaque)
{
	asked++;
}

static void place(void)
{
	fuzz_config_write(pc, DEVFN, PCI_BAR0, 4, PORTS);
	fuzz_config_write(pc, DEVFN, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
}

static void connect(void)
{
	static const struct rtl8139_ops ops = { on_work };
	struct rtl8139_config config = { .pci = pc->pci,
					 .devfn = DEVFN,
					 .clock = &fuzz_clock.base,
					 .dma = &fuzz_dma,
					 .mac = { 0, 0x15, 0x5d, 1, 2, 3 },
					 .ops = &ops };

	CHECK(rtl8139_new(&config, &nic) == 0);
	place();
}

static void access_register(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input), reg = fuzz_u8(input) & 0x7f;
	unsigned size = 1u << (how & 3) % 3;

	if (how & 0x80)
		pc_port_read(pc, PORTS + reg, size);
	else
		pc_port_write(pc, PORTS + reg, size, (uint32_t)fuzz_bytes(input, size));
}

/* As a driver begins: random registers seldom make a receiver. */
static void start(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	pc_port_write(pc, PORTS + 0x37, 1, 0x0c);
	pc_port_write(pc, PORTS + 0x30, 4, how & 1 ? RING : fuzz_varied(input));
	pc_port_write(pc, PORTS + 0x44, 4, 0x0f | (how & 6u) << 10 | (how & 8u) << 4);
	pc_port_write(pc, PORTS + 0x40, 4, how & 0x10 ? 3 << 17 : 0);
	pc_port_write(pc, PORTS + 0x3c, 2, 0xffff);
}

static void descriptor(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	pc_port_write(pc, (uint16_t)(PORTS + 0x20 + (how & 3) * 4), 4, fuzz_varied(input) * 64);
	pc_port_write(pc, (uint16_t)(PORTS + 0x10 + (how & 3) * 4), 4, fuzz_u16(input));
}

static void send(void)
{
	uint8_t *frame = malloc(RTL8139_SEND_MAX);
	size_t size;

	CHECK(frame);
	for (unsigned i = 0; i < 8 && (size = rtl8139_next(nic, frame)) > 0; i++) {
		CHECK(size >= 60 && size <= RTL8139_SEND_MAX);
		rtl8139_sent(nic);
	}
	free(frame);
}

static void receive(struct fuzz_input *input)
{
	size_t size = fuzz_u16(input) % 2048;
	uint8_t *frame = malloc(size + 1);
	bool had_room = rtl8139_has_room(nic);
	enum rtl8139_result result;

	CHECK(frame);
	memset(frame, fuzz_u8(input) | 1, size);
	result = rtl8139_receive(nic, frame, size);
	CHECK(!had_room || size > RTL8139_RECEIVE_MAX || result != RTL8139_NO_ROOM);
	free(frame);
}

static void change_state(struct fuzz_input *input)
{
	char reason[STATE_REASON_MAX];
	struct state *state;
	const void *bytes;
	uint8_t *copy;
	size_t size;

	CHECK(state_writer_new(&state) == 0);
	rtl8139_state(nic, state, "rtl8139 0");
	CHECK(state_finish_writing(state, &bytes, &size) == 0);
	copy = malloc(size);
	CHECK(copy);
	memcpy(copy, bytes, size);
	state_free(state);
	fuzz_sections(copy, size, input);
	if (state_reader_new(copy, size, &state, reason) == 0) {
		rtl8139_state(nic, state, "rtl8139 0");
		state_finish_reading(state);
		state_free(state);
	}
	free(copy);
}

static void act_as_host(struct fuzz_input *input, uint8_t op)
{
	switch (op & 7) {
	case 0:
	case 1:
	case 2: receive(input); break;
	case 3:
	case 4: send(); break;
	case 5: fuzz_pass_time(&fuzz_clock, input); break;
	case 6: rtl8139_set_link(nic, op & 8); break;
	case 7:
		if (op & 8)
			change_state(input);
		else
			pc_reset(pc);
		place();
		break;
	}
}

static void step(struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 96)
		access_register(input);
	else if (op < 112)
		start(input);
	else if (op < 144)
		descriptor(input);
	else if (op < 240)
		act_as_host(input, op);
	else
		fuzz_config_access(pc, input, devfns, sizeof(devfns));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 1024 ? size : 1024) };

	pc = fuzz_pc_new(false);
	connect();
	while (fuzz_more(&input))
		step(&input);
	rtl8139_free(nic);
	fuzz_pc_free(pc);
	return 0;
}
