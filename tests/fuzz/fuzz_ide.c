/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDE controller: a disk that answers at once, one that is read-only and answers late, and a DVD drive
 * whose medium changes. Commands, packets, PIO, bus master with tables in guest memory. The backend checks
 * what it is asked for.
 */
#include "fuzz_pc.h"

#include <errno.h>

#include "chipset/block.h"

enum { UNITS = 3, TABLE = 0x10000, BUS_MASTER = 0xc000, IDE_DEVFN = PCI_DEVFN(I440FX_ISA_DEVICE, 1) };

struct disk {
	struct block base;
	uint8_t *content;
	bool is_late, fails;
	struct block_request *waiting[64];
	unsigned waiting_count;
};

static struct disk disks[UNITS];
static struct pc *pc;

static const uint16_t ports[] = { 0x1f0, 0x1f1, 0x1f2,	0x1f3,	0x1f4,	0x1f5,	0x1f6,	0x1f7,
				  0x3f6, 0x170, 0x171,	0x172,	0x173,	0x174,	0x175,	0x176,
				  0x177, 0x376, 0xc000, 0xc002, 0xc004, 0xc008, 0xc00a, 0xc00c };
static const uint8_t devfns[] = { IDE_DEVFN };

/* --- the backend --------------------------------------------------------------------------------------- */

static void complete(struct disk *disk, struct block_request *request)
{
	CHECK(request->on_done);
	if (request->kind != BLOCK_FLUSH) {
		CHECK(request->length > 0 && request->offset % 512 == 0 && request->length % 512 == 0);
		CHECK(request->offset <= disk->base.size &&
		      request->length <= disk->base.size - request->offset);
	}
	if (request->kind == BLOCK_WRITE)
		CHECK(!disk->base.is_read_only);
	if (disk->fails) {
		request->on_done(request, -EIO);
		return;
	}
	if (request->kind == BLOCK_READ)
		memcpy(request->data, disk->content + request->offset, request->length);
	else if (request->kind == BLOCK_WRITE)
		memcpy(disk->content + request->offset, request->data, request->length);
	request->on_done(request, 0);
}

static void submit(struct block *block, struct block_request *request)
{
	struct disk *disk = (struct disk *)block;

	if (!disk->is_late) {
		complete(disk, request);
		return;
	}
	for (unsigned i = 0; i < disk->waiting_count; i++)
		CHECK(disk->waiting[i] != request); /* the request is in use until on_done() */
	CHECK(disk->waiting_count < 64);
	disk->waiting[disk->waiting_count++] = request;
}

/* The oldest or the newest first. */
static void run_waiting(struct disk *disk, bool is_newest_first)
{
	while (disk->waiting_count > 0) {
		unsigned which = is_newest_first ? disk->waiting_count - 1 : 0;
		struct block_request *request = disk->waiting[which];

		disk->waiting[which] = disk->waiting[--disk->waiting_count];
		complete(disk, request);
	}
}

/* The content is made once, and again only when it may have been written. */
static void disk_init(struct disk *disk, uint64_t size, bool is_read_only)
{
	uint8_t *content = disk->content ? disk->content : malloc(size);

	CHECK(content);
	if (!disk->content || !is_read_only)
		memset(content, 0x5a, size);
	*disk = (struct disk){ .base = { submit, size, is_read_only }, .content = content };
}

/* --- the guest ----------------------------------------------------------------------------------------- */

static void write_byte(unsigned port, unsigned value)
{
	pc_port_write(pc, (uint16_t)port, 1, value & 0xff);
}

static void send_packet(unsigned base, const uint8_t packet[12])
{
	for (unsigned i = 0; i < 12; i += 2)
		pc_port_write(pc, (uint16_t)base, 2, packet[i] | (uint32_t)packet[i + 1] << 8);
}

/* A packet for the DVD drive, whole, since random registers seldom make one; its reply is read or fetched by
 * DMA. */
static void command_dvd(struct fuzz_input *input)
{
	static const uint8_t opcodes[] = { 0x28, 0xa8, 0xbe, 0x43, 0x5a, 0x4a, 0x46, 0x12,
					   0x03, 0x1b, 0x1e, 0x25, 0x51, 0x52, 0xbd, 0x00 };
	uint8_t how = fuzz_u8(input), packet[12] = { opcodes[how & 15] };

	if (how & 0x10) /* no matter what it does at the moment */
		write_byte(0x177, 0x08);
	write_byte(0x176, 0);
	write_byte(0x171, how >> 5 & 1); /* by DMA */
	write_byte(0x174, fuzz_u8(input));
	write_byte(0x175, fuzz_u8(input));
	write_byte(0x177, 0xa0);
	for (unsigned i = 1; i < 10; i++)
		packet[i] = fuzz_u8(input);
	send_packet(0x170, packet);
	if (how & 0x40)
		write_byte(BUS_MASTER + 8, 9);
	for (unsigned i = how & 0x80 ? 256 : 0; i > 0; i--)
		pc_port_read(pc, 0x170, 2);
}

/* All registers, twice where LBA48 keeps two values of each, and the command. */
static void command(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	unsigned base = how & 1 ? 0x170 : 0x1f0;
	uint8_t opcode;

	write_byte(base + 6, how & 0xf0);
	for (unsigned reg = 1; reg < 6; reg++) {
		if (how & 2)
			write_byte(base + reg, fuzz_u8(input));
		write_byte(base + reg, fuzz_u8(input));
	}
	opcode = fuzz_u8(input);
	write_byte(base + 7, opcode);
	if (how & 8)
		write_byte(BUS_MASTER + (base == 0x170 ? 8 : 0), 1 | (opcode & 1) << 3);
}

static void move_data(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);
	uint16_t base = how & 1 ? 0x170 : 0x1f0;
	unsigned count = (how >> 3) * 64u, size = how & 4 ? 4 : 2;

	for (unsigned i = 0; i < count; i++)
		if (how & 2)
			pc_port_write(pc, base, size, i * 0x01020304);
		else
			pc_port_read(pc, base, size);
}

static void write_table(struct fuzz_input *input)
{
	unsigned count = fuzz_u8(input) % 8;

	for (unsigned i = 0; i <= count; i++) {
		uint32_t address = fuzz_varied(input) * 512, length = fuzz_u16(input);

		length |= (uint32_t)(i == count) << 31;
		memcpy(fuzz_memory + TABLE + i * 8, &address, 4);
		memcpy(fuzz_memory + TABLE + i * 8 + 4, &length, 4);
	}
}

static void place_bus_master(void)
{
	fuzz_config_write(pc, IDE_DEVFN, PCI_BAR0 + 16, 4, BUS_MASTER);
	fuzz_config_write(pc, IDE_DEVFN, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
	pc_port_write(pc, BUS_MASTER + 4, 4, TABLE);
	pc_port_write(pc, BUS_MASTER + 12, 4, TABLE);
}

/* --- the host ------------------------------------------------------------------------------------------ */

static void change_medium(uint8_t how)
{
	int r = ide_change_medium(pc->ide, 2, how & 1 ? &disks[2].base : NULL, how & 2);

	CHECK(r == 0 || r == IDE_LATER || r == -EBUSY);
	CHECK(ide_change_medium(pc->ide, how & 1, NULL, true) < 0); /* no DVD drive */
}

static void act_as_host(struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	switch (how & 7) {
	case 0: change_medium(how >> 3); break;
	case 1:
	case 2:
	case 3: run_waiting(&disks[how >> 4 & 1 ? 2 : 1], how & 8); break;
	case 4: disks[how >> 4 & 3 ? 1 : 0].fails = how & 8; break;
	case 5: disks[2].is_late = how & 8; break;
	case 6: fuzz_pass_time(&fuzz_clock, input); break;
	case 7:
		if (how >= 0xf0)
			pc_reset(pc);
		else
			place_bus_master();
		break;
	}
}

static void step(struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 64)
		fuzz_port_access(pc->bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 104)
		command(input);
	else if (op < 128)
		command_dvd(input);
	else if (op < 176)
		move_data(input);
	else if (op < 208)
		write_table(input);
	else if (op < 248)
		act_as_host(input);
	else
		fuzz_config_access(pc, input, devfns, sizeof(devfns));
}

static void connect(void)
{
	static const struct ide_identity identity = { "model", "serial", "1" };

	disk_init(&disks[0], 300 * 512 + 100, false);
	disk_init(&disks[1], 4100 * 512, true);
	disk_init(&disks[2], 70 * 2048 + 512, true);
	disks[1].is_late = true;
	CHECK(ide_connect_disk(pc->ide, 0, &disks[0].base, &identity) == 0);
	CHECK(ide_connect_disk(pc->ide, 1, &disks[1].base, &identity) == 0);
	CHECK(ide_connect_cdrom(pc->ide, 2, &disks[2].base, &identity) == 0);
	place_bus_master();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 1024 ? size : 1024) };

	pc = fuzz_pc_new(true);
	connect();
	while (fuzz_more(&input))
		step(&input);
	run_waiting(&disks[1], false);
	run_waiting(&disks[2], false);
	CHECK(ide_is_idle(pc->ide));
	fuzz_pc_free(pc);
	return 0;
}
