/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IDE controller with two disks and a DVD drive: PIO, multiple, DMA, packets, errors, resets. */
#include <stdlib.h>
#include <string.h>

#include "chipset/ide.h"
#include "chipset/pc.h"
#include "fake.h"
#include "fake_block.h"

enum {
	CMD = 0x1f0,
	CTL = 0x3f6,
	BM = 0xc000,
	DISK_SECTORS = 5000,
	CD_SECTORS = 700,
	TABLE = 0xf0000, /* of descriptors, in fake_memory */
};

static struct fake_clock vm;
static struct fake_irq irqs[2];
static struct pc *pc;
static struct ide *ide;
static struct fake_disk disk, second, medium;
static unsigned ejects, changes;

static void ignore_level(void *opaque, bool level)
{
}

static void ignore_message(void *opaque, uint64_t address, uint32_t data)
{
}

static void ignore(void *opaque)
{
}

static void on_eject(void *opaque, unsigned unit)
{
	EXPECT(unit, 2);
	ejects++;
}

static const struct pc_ops pc_ops = { ignore_level, ignore_message, ignore, ignore };
static void on_change(void *opaque, unsigned unit)
{
	EXPECT(unit, 2);
	changes++;
}

static const struct ide_ops ide_ops = { on_eject, on_change };
static const struct ide_identity identity = { "Virtual HD", "0123456789", "1.0" };

static void begin(void)
{
	struct pc_config config = { .ops = &pc_ops, .clock = &vm.base, .has_pci = true };
	struct irq_line lines[2] = { fake_irq_line(&irqs[0]), fake_irq_line(&irqs[1]) };

	fake_clock_init(&vm);
	irqs[0] = irqs[1] = (struct fake_irq){ 0 };
	fake_disk_init(&disk, DISK_SECTORS * 512 + 100);
	fake_disk_init(&second, 100 * 512);
	fake_disk_init(&medium, CD_SECTORS * 2048);
	EXPECT(pc_new(&config, &pc), 0);
	EXPECT(ide_new(pc->bus, pc->pci, lines, &fake_dma, &ide_ops, NULL, &ide), 0);
	EXPECT(ide_attach(ide), 0);
	EXPECT(ide_connect_disk(ide, 0, &disk.base, &identity), 0);
	EXPECT(ide_connect_disk(ide, 0, &disk.base, &identity), -17);
	EXPECT(ide_connect_disk(ide, 4, &disk.base, &identity), -22);
	EXPECT(ide_connect_disk(ide, 1, &second.base, &identity), 0);
	EXPECT(ide_connect_cdrom(ide, 2, &medium.base, &identity), 0);
	/* the bus master at C000h, on */
	pc_port_write(pc, 0xcf8, 4, 0x80000920);
	pc_port_write(pc, 0xcfc, 4, BM);
	pc_port_write(pc, 0xcf8, 4, 0x80000904);
	pc_port_write(pc, 0xcfc, 2, 5);
}

static void end(void)
{
	EXPECT(ide_is_idle(ide), true);
	ide_free(ide);
	pc_free(pc);
	fake_disk_deinit(&disk);
	fake_disk_deinit(&second);
	fake_disk_deinit(&medium);
}

static uint8_t in(unsigned port)
{
	return (uint8_t)pc_port_read(pc, (uint16_t)port, 1);
}

static void out(unsigned port, unsigned value)
{
	pc_port_write(pc, (uint16_t)port, 1, value & 0xff);
}

static void run_late(void)
{
	while (fake_disk_run(&disk) || fake_disk_run(&second) || fake_disk_run(&medium))
		;
}

/* Sets LBA and count for a 28-bit command and starts it. */
static void command28(unsigned base, unsigned device, uint32_t lba, unsigned count, uint8_t command)
{
	out(base + 6, 0xe0 | device << 4 | lba >> 24);
	out(base + 2, count);
	out(base + 3, lba);
	out(base + 4, lba >> 8);
	out(base + 5, lba >> 16);
	out(base + 7, command);
}

static void command48(unsigned base, unsigned device, uint64_t lba, unsigned count, uint8_t command)
{
	out(base + 6, 0xe0 | device << 4);
	out(base + 2, count >> 8);
	out(base + 3, (unsigned)(lba >> 24));
	out(base + 4, (unsigned)(lba >> 32));
	out(base + 5, (unsigned)(lba >> 40));
	out(base + 2, count);
	out(base + 3, (unsigned)lba);
	out(base + 4, (unsigned)(lba >> 8));
	out(base + 5, (unsigned)(lba >> 16));
	out(base + 7, command);
}

static void pio_in(unsigned base, uint8_t *data, size_t size, unsigned width)
{
	for (size_t i = 0; i < size; i += width) {
		uint32_t value;

		run_late();
		value = pc_port_read(pc, (uint16_t)base, width);
		memcpy(data + i, &value, width);
	}
}

static void pio_out(unsigned base, const uint8_t *data, size_t size, unsigned width)
{
	for (size_t i = 0; i < size; i += width) {
		uint32_t value = 0;

		run_late();
		memcpy(&value, data + i, width);
		pc_port_write(pc, (uint16_t)base, width, value);
	}
	run_late();
}

static uint16_t word(const uint8_t *words, unsigned index)
{
	return (uint16_t)(words[index * 2] | words[index * 2 + 1] << 8);
}

static void test_signature_and_identify(void)
{
	uint8_t words[512];

	begin();
	EXPECT(in(CMD + 7), 0x50);
	out(CTL, 4);
	EXPECT(in(CMD + 7), 0x80);
	out(CTL, 0);
	EXPECT(in(CMD + 7), 0x50);
	EXPECT(in(CMD + 1), 1);
	EXPECT(in(CMD + 2), 1);
	EXPECT(in(CMD + 3), 1);
	EXPECT(in(CMD + 4), 0);
	EXPECT(in(0x170 + 4), 0x14);
	EXPECT(in(0x170 + 5), 0xeb);
	EXPECT(in(0x170 + 7), 0);
	out(0x170 + 6, 0xb0); /* no slave: status 0 */
	EXPECT(in(0x170 + 7), 0);
	out(CMD + 6, 0xa0);
	out(CMD + 7, 0xec);
	EXPECT(irqs[0].level, true);
	EXPECT(in(CTL), 0x58); /* does not acknowledge */
	EXPECT(irqs[0].level, true);
	EXPECT(in(CMD + 7), 0x58);
	EXPECT(irqs[0].level, false);
	pio_in(CMD, words, 512, 2);
	EXPECT(in(CMD + 7), 0x50);
	EXPECT(word(words, 0), 0x0040);
	EXPECT(word(words, 60), DISK_SECTORS);
	EXPECT(word(words, 100), DISK_SECTORS);
	EXPECT(word(words, 1), DISK_SECTORS / 63 / 16);
	EXPECT(memcmp(words + 54, "iVtrau lDH  ", 12), 0);
	EXPECT(memcmp(words + 20, "1032547698  ", 12), 0);
	out(0x170 + 6, 0xa0);
	out(0x170 + 7, 0xec); /* a packet device refuses, with its signature */
	EXPECT(in(0x170 + 7), 0x51);
	EXPECT(in(0x170 + 5), 0xeb);
	out(0x170 + 7, 0xa1);
	pio_in(0x170, words, 512, 4);
	EXPECT(word(words, 0), 0x85c0);
	out(CMD + 7, 0x90);
	EXPECT(irqs[0].level, true);
	EXPECT(in(CMD + 1), 1);
	end();
}

/* One transfer by PIO, with the interrupts that the standard wants. */
static void pio_transfer(bool is_write, bool is_48, unsigned multiple, uint32_t lba, unsigned count,
			 unsigned width)
{
	static uint8_t data[DISK_SECTORS * 512];
	static const uint8_t commands[2][2][2] = { { { 0x20, 0xc4 }, { 0x24, 0x29 } },
						   { { 0x30, 0xc5 }, { 0x34, 0x39 } } };
	uint8_t command = commands[is_write][is_48][multiple != 0];
	unsigned per_window = multiple ? multiple : 1, rises, windows = (count + per_window - 1) / per_window;

	if (multiple) {
		out(CMD + 6, 0xe0);
		out(CMD + 2, multiple);
		out(CMD + 7, 0xc6);
		EXPECT(in(CMD + 7), 0x50);
	}
	for (size_t i = 0; i < count * 512u; i++)
		data[i] = (uint8_t)rand();
	rises = irqs[0].rises;
	if (is_48)
		command48(CMD, 0, lba, count & 0xffff, command);
	else
		command28(CMD, 0, lba, count & 0xff, command);
	for (unsigned i = 0; i < windows; i++) {
		unsigned sectors = count - i * per_window < per_window ? count - i * per_window : per_window;
		uint8_t *window = data + (size_t)i * per_window * 512;

		run_late();
		EXPECT(in(CMD + 7), 0x58);
		EXPECT(irqs[0].rises - rises, i + !is_write);
		if (is_write)
			pio_out(CMD, window, sectors * 512, width);
		else
			pio_in(CMD, window, sectors * 512, width);
	}
	run_late();
	EXPECT(irqs[0].rises - rises, windows);
	EXPECT(in(CMD + 7), 0x50);
	EXPECT(memcmp(data, disk.content + (size_t)lba * 512, count * 512), 0);
}

static void test_pio(bool is_late)
{
	begin();
	disk.is_late = is_late;
	for (unsigned write = 0; write < 2; write++)
		for (unsigned is_48 = 0; is_48 < 2; is_48++) {
			pio_transfer(write, is_48, 0, 7, 1, 2);
			pio_transfer(write, is_48, 0, DISK_SECTORS - 5, 5, 4);
			pio_transfer(write, is_48, 16, 100, 40, 2);
			pio_transfer(write, is_48, 4, 1, 7, 1);
			pio_transfer(write, is_48, 0, 300, 256, 4); /* count 0 in a 28-bit command */
		}
	pio_transfer(true, true, 16, 17, 1000, 4); /* more than the buffer */
	pio_transfer(false, true, 16, 17, 1000, 4);
	end();
}

/* Descriptors that cover `size` bytes of memory from `address` in uneven pieces. */
static void make_table(uint32_t address, uint32_t size)
{
	uint32_t at = TABLE;

	while (size) {
		uint32_t part = (uint32_t)(rand() % 16000 + 1) * 2;
		uint32_t entry[2];

		if (part > size)
			part = size;
		size -= part;
		entry[0] = address;
		entry[1] = part | (size == 0 ? 1u << 31 : 0);
		memcpy(fake_memory + at, entry, 8);
		at += 8;
		address += part;
	}
	pc_port_write(pc, BM + 4, 4, TABLE);
}

static void dma_transfer(bool is_write, bool is_48, uint32_t lba, unsigned count, uint32_t address)
{
	static const uint8_t commands[2][2] = { { 0xc8, 0x25 }, { 0xca, 0x35 } };

	for (size_t i = 0; i < count * 512u; i++)
		fake_memory[address + i] = (uint8_t)rand();
	make_table(address, count * 512);
	out(BM + 2, 6);
	out(BM, is_write ? 0 : 8);
	if (is_48)
		command48(CMD, 0, lba, count, commands[is_write][1]);
	else
		command28(CMD, 0, lba, count, commands[is_write][0]);
	EXPECT(in(BM + 2) & 7, 0);
	out(BM, (is_write ? 0 : 8) | 1);
	run_late();
	EXPECT(irqs[0].level, true);
	EXPECT(in(BM + 2) & 7, 4); /* interrupt, not active */
	EXPECT(in(CMD + 7), 0x50);
	out(BM, 0);
	EXPECT(memcmp(fake_memory + address, disk.content + (size_t)lba * 512, count * 512), 0);
}

static void test_dma(bool is_late)
{
	begin();
	disk.is_late = is_late;
	for (unsigned write = 0; write < 2; write++) {
		dma_transfer(write, false, 0, 1, 0x1000);
		dma_transfer(write, false, 99, 200, 0x1002);
		dma_transfer(write, true, 1, 1500, 0x2000); /* several buffers */
		dma_transfer(write, true, DISK_SECTORS - 1, 1, 0x2000);
	}
	/* a count of 0 is 64 KiB */
	make_table(0x1000, 2);
	memcpy(fake_memory + TABLE + 4, (const uint32_t[1]){ 1u << 31 }, 4);
	out(BM, 8);
	command28(CMD, 0, 50, 128, 0xc8);
	out(BM, 9);
	run_late();
	EXPECT(in(BM + 2) & 7, 4);
	EXPECT(memcmp(fake_memory + 0x1000, disk.content + 50 * 512, 65536), 0);
	out(BM, 0);
	out(BM + 2, 6);
	in(CMD + 7);
	/* FUA, and flush */
	disk.flushes = 0;
	make_table(0x1000, 512);
	command48(CMD, 0, 3, 1, 0x3d);
	out(BM, 1);
	run_late();
	EXPECT(disk.flushes, 1);
	out(BM, 0);
	in(CMD + 7);
	out(CMD + 7, 0xea);
	run_late();
	EXPECT(disk.flushes, 2);
	EXPECT(in(CMD + 7), 0x50);
	out(CMD + 1, 0x82); /* write cache off */
	out(CMD + 7, 0xef);
	run_late();
	dma_transfer(true, false, 5, 3, 0x1000);
	EXPECT(disk.flushes, 4);
	end();
}

static void test_dma_errors(void)
{
	begin();
	/* memory that is none */
	make_table(FAKE_MEMORY_SIZE - 512, 2048);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	EXPECT(in(BM + 2) & 7, 6);
	EXPECT(in(CMD + 7), 0x51);
	EXPECT(in(CMD + 1), 0x04);
	out(BM, 0);
	out(BM + 2, 6);
	EXPECT(in(BM + 2) & 7, 0);
	/* a table that is too short */
	make_table(0x1000, 1024);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	EXPECT(in(BM + 2) & 1, 0);
	EXPECT(in(CMD + 7), 0x51);
	out(BM, 0);
	/* a longer one: the master stays active */
	make_table(0x1000, 65536);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	EXPECT(in(BM + 2) & 7, 5);
	EXPECT(in(CMD + 7), 0x50);
	out(BM, 0);
	EXPECT(in(BM + 2) & 1, 0);
	/* not allowed to be master */
	pc_port_write(pc, 0xcf8, 4, 0x80000904);
	pc_port_write(pc, 0xcfc, 2, 1);
	make_table(0x1000, 2048);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	EXPECT(in(CMD + 7), 0x51);
	out(BM, 0);
	/* stopped by the guest while the disk works */
	pc_port_write(pc, 0xcfc, 2, 5);
	disk.is_late = true;
	make_table(0x1000, 2048);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	EXPECT(in(CMD + 7), 0x80);
	out(BM, 0);
	run_late();
	EXPECT(in(CMD + 7), 0x51);
	/* reset while the disk works: it ends when the request does, and the data goes nowhere */
	make_table(0x1000, 2048);
	memset(fake_memory + 0x1000, 0xaa, 2048);
	out(BM, 8);
	command28(CMD, 0, 0, 4, 0xc8);
	out(BM, 9);
	out(CTL, 4);
	out(CTL, 0);
	EXPECT(in(CMD + 7), 0x80);
	EXPECT(ide_is_idle(ide), false);
	run_late();
	EXPECT(in(CMD + 7), 0x50);
	EXPECT(fake_memory[0x1000], 0xaa);
	EXPECT(in(CMD + 2), 1);
	end();
}

static void test_errors(void)
{
	begin();
	command28(CMD, 0, DISK_SECTORS, 1, 0x20);
	EXPECT(in(CMD + 7), 0x51);
	EXPECT(in(CMD + 1), 0x10); /* no such sector */
	command28(CMD, 0, DISK_SECTORS - 1, 2, 0x30);
	EXPECT(in(CMD + 7), 0x51);
	command48(CMD, 0, 0xffffffffffff, 0, 0x24);
	EXPECT(in(CMD + 7), 0x51);
	command28(CMD, 0, 0, 1, 0xa5); /* no such command */
	EXPECT(in(CMD + 7), 0x51);
	EXPECT(in(CMD + 1), 0x04);
	command28(CMD, 0, 0, 3, 0xc6); /* no power of two */
	EXPECT(in(CMD + 7), 0x51);
	disk.fails = true;
	command28(CMD, 0, 0x123, 1, 0x20);
	EXPECT(in(CMD + 7), 0x51);
	EXPECT(in(CMD + 1), 0x40);
	EXPECT(in(CMD + 3), 0x23);
	disk.fails = false;
	disk.base.is_read_only = true;
	command28(CMD, 0, 0, 1, 0x30);
	EXPECT(in(CMD + 7), 0x51);
	/* CHS: cylinder 2, head 3, sector 4 of 16 heads and 63 sectors */
	out(CMD + 6, 0xa3);
	out(CMD + 2, 1);
	out(CMD + 3, 4);
	out(CMD + 4, 2);
	out(CMD + 5, 0);
	out(CMD + 7, 0x20);
	EXPECT(in(CMD + 7), 0x58);
	EXPECT(pc_port_read(pc, CMD, 1), disk.content[((2 * 16 + 3) * 63 + 3) * 512]);
	out(CTL, 4);
	out(CTL, 0);
	out(CMD + 3, 0); /* sector 0 */
	out(CMD + 6, 0xa0);
	out(CMD + 2, 1);
	out(CMD + 7, 0x20);
	EXPECT(in(CMD + 7), 0x51);
	/* HOB */
	command48(CMD, 0, 0x0000060504030201, 0x0807, 0x42);
	EXPECT(in(CMD + 7), 0x51);
	EXPECT(in(CMD + 3), 0x01);
	out(CTL, 0x80);
	EXPECT(in(CMD + 3), 0x04);
	EXPECT(in(CMD + 5), 0x06);
	EXPECT(in(CMD + 2), 0x08);
	out(CMD + 2, 0);
	EXPECT(in(CMD + 3), 0x01);
	/* the slave */
	command28(CMD, 1, 99, 1, 0x20);
	EXPECT(in(CMD + 7), 0x58);
	EXPECT(pc_port_read(pc, CMD, 2), second.content[99 * 512] | second.content[99 * 512 + 1] << 8);
	end();
}

/* --- packets ------------------------------------------------------------------------------------------- */

enum { CD = 0x170 };

static uint8_t reply[CD_SECTORS * 2048];

static void send_packet(const uint8_t *bytes, unsigned limit)
{
	out(CD + 6, 0xa0);
	out(CD + 1, 0);
	out(CD + 4, limit);
	out(CD + 5, limit >> 8);
	out(CD + 7, 0xa0);
	EXPECT(in(CD + 7), 0x58);
	EXPECT(in(CD + 2) & 3, 1);
	for (unsigned i = 0; i < 12; i += 2) /* not pio_out(): what is late shall stay late */
		pc_port_write(pc, CD, 2, bytes[i] | (uint32_t)bytes[i + 1] << 8);
}

/* Runs a packet by PIO; returns the bytes received, or -sense key. */
static int packet(const uint8_t *bytes, unsigned limit)
{
	uint32_t length = 0;

	send_packet(bytes, limit);
	for (;;) {
		uint8_t status;
		unsigned size;

		run_late();
		EXPECT(irqs[1].level, true);
		status = in(CD + 7);
		if (status & 1)
			return -(in(CD + 1) >> 4);
		if (!(status & 8))
			break;
		EXPECT(in(CD + 2) & 3, 2);
		size = in(CD + 4) | in(CD + 5) << 8;
		EXPECT(size <= limit && size > 0, true);
		pio_in(CD, reply + length, size, 2);
		length += size;
	}
	EXPECT(in(CD + 2) & 3, 3);
	return (int)length;
}

static int packet_dma(const uint8_t *bytes, uint32_t address, uint32_t size)
{
	uint8_t status;

	make_table(address, size);
	out(BM + 8 + 2, 6);
	pc_port_write(pc, BM + 8 + 4, 4, TABLE);
	out(BM + 8, 8);
	out(CD + 6, 0xa0);
	out(CD + 1, 1);
	out(CD + 7, 0xa0);
	pio_out(CD, bytes, 12, 2);
	out(BM + 8, 9);
	run_late();
	status = in(CD + 7);
	out(BM + 8, 0);
	return status & 1 ? -(in(CD + 1) >> 4) : 0;
}

static const uint8_t test_unit_ready[12] = { 0 };

static void clear_attention(void)
{
	EXPECT(packet(test_unit_ready, 0xfffe), -6);
	EXPECT(packet(test_unit_ready, 0xfffe), 0);
}

static void test_packets(bool is_late)
{
	const uint8_t inquiry[12] = { 0x12, 0, 0, 0, 36 }, sense[12] = { 3, 0, 0, 0, 18 };
	const uint8_t capacity[12] = { 0x25 }, unknown[12] = { 0x99 };
	const uint8_t read10[12] = { 0x28, 0, 0, 0, 0, 9, 0, 0, 150 },
		      read_beyond[12] = { 0x28, 0, 0, 0, 2, 0xbb, 0, 0, 2 };
	const uint8_t toc[12] = { 0x43, 2, 0, 0, 0, 0, 0, 0, 100 },
		      sense_page[12] = { 0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 200 };

	begin();
	medium.is_late = is_late;
	EXPECT(packet(inquiry, 0xfffe), 36);
	EXPECT(reply[0], 5);
	clear_attention();
	EXPECT(packet(capacity, 0xfffe), 8);
	EXPECT(reply[2] << 8 | reply[3], CD_SECTORS - 1);
	EXPECT(reply[6], 8);
	EXPECT(packet(unknown, 0xfffe), -5);
	EXPECT(packet(sense, 0xfffe), 18);
	EXPECT(reply[2], 5);
	EXPECT(reply[12], 0x20);
	EXPECT(packet(sense, 0xfffe), 18);
	EXPECT(reply[2], 0);
	EXPECT(packet(read10, 2048), 150 * 2048);
	EXPECT(memcmp(reply, medium.content + 9 * 2048, 150 * 2048), 0);
	EXPECT(packet(read10, 0xffff & ~1), 150 * 2048);
	EXPECT(memcmp(reply, medium.content + 9 * 2048, 150 * 2048), 0);
	EXPECT(packet(read_beyond, 2048), -5);
	EXPECT(packet_dma(read10, 0x3000, 150 * 2048), 0);
	EXPECT(memcmp(fake_memory + 0x3000, medium.content + 9 * 2048, 150 * 2048), 0);
	EXPECT(packet_dma(read10, 0x3000, 10 * 2048), -11); /* table too short */
	EXPECT(packet_dma(inquiry, 0x3000, 36), 0);
	EXPECT(fake_memory[0x3000], 5);
	EXPECT(packet(toc, 0xfffe), 20);
	EXPECT(reply[13 + 4], 0); /* lead-out at 00:11:25 */
	EXPECT(reply[18], (CD_SECTORS + 150) / 75 % 60);
	EXPECT(packet(sense_page, 0xfffe), 28);
	EXPECT(reply[8], 0x2a);
	medium.fails = true;
	EXPECT(packet(read10, 2048), -3);
	end();
}

static void test_tray(void)
{
	const uint8_t lock[12] = { 0x1e, 0, 0, 0, 1 }, unlock[12] = { 0x1e },
		      eject[12] = { 0x1b, 0, 0, 0, 2 };
	const uint8_t capacity[12] = { 0x25 }, events[12] = { 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8 };

	begin();
	clear_attention();
	EXPECT(packet(lock, 0xfffe), 0);
	EXPECT(packet(eject, 0xfffe), -5);
	EXPECT(ide_change_medium(ide, 2, NULL, false), -16);
	EXPECT(packet(unlock, 0xfffe), 0);
	EXPECT(packet(eject, 0xfffe), 0);
	EXPECT(packet(eject, 0xfffe), 0);
	EXPECT(ejects, 1);
	EXPECT(packet(capacity, 0xfffe), -2);
	EXPECT(packet(events, 0xfffe), 8);
	EXPECT(reply[4], 3);
	EXPECT(reply[5], 1);
	EXPECT(ide_change_medium(ide, 2, &medium.base, false), 0);
	EXPECT(packet(events, 0xfffe), 8);
	EXPECT(reply[4], 2);
	EXPECT(reply[5], 2);
	EXPECT(packet(capacity, 0xfffe), -6);
	EXPECT(packet(capacity, 0xfffe), 8);
	EXPECT(packet(lock, 0xfffe), 0);
	EXPECT(ide_change_medium(ide, 2, NULL, true), 0);
	EXPECT(ide_change_medium(ide, 0, NULL, true), -22);
	EXPECT(ide_change_medium(ide, 9, NULL, true), -22);
	out(CD + 7, 0x08); /* device reset */
	EXPECT(in(CD + 5), 0xeb);
	end();
}

/* Another disc while a read is under way, in the middle of it, and while a reset waits for it. */
static void test_change_while_reading(bool is_forced)
{
	const uint8_t lock[12] = { 0x1e, 0, 0, 0, is_forced }, read10[12] = { 0x28, 0, 0, 0, 0, 1, 0, 0, 45 };
	struct fake_disk other;

	begin();
	changes = 0;
	fake_disk_init(&other, 50 * 2048);
	clear_attention();
	EXPECT(packet(lock, 0xfffe), 0);
	medium.is_late = true;
	send_packet(read10, 2048);
	EXPECT(in(CD + 7) & 0x80, 0x80);
	EXPECT(ide_change_medium(ide, 2, &other.base, is_forced), IDE_LATER);
	EXPECT(ide_change_medium(ide, 2, NULL, true), -16);
	EXPECT(changes, 0);
	EXPECT(fake_disk_run(&medium), 1);
	EXPECT(changes, 1);
	EXPECT(in(CD + 7) & 0x89, 1); /* the read failed */
	EXPECT(packet((const uint8_t[12]){ 0x25 }, 0xfffe), -6);
	EXPECT(packet((const uint8_t[12]){ 0x25 }, 0xfffe), 8);
	EXPECT(reply[3], 49); /* the last sector of the new disc */
	other.is_late = true;
	send_packet(read10, 2048);
	EXPECT(ide_change_medium(ide, 2, NULL, false), IDE_LATER);
	out(CD + 7, 0x08);
	EXPECT(in(CD + 7) & 0x80, 0x80);
	EXPECT(fake_disk_run(&other), 1);
	EXPECT(changes, 2);
	EXPECT(in(CD + 5), 0xeb); /* reset is over */
	EXPECT(packet((const uint8_t[12]){ 0x25 }, 0xfffe), -6);
	EXPECT(packet((const uint8_t[12]){ 0x25 }, 0xfffe), -2);
	fake_disk_deinit(&other);
	end();
}

int main(void)
{
	srand(1);
	test_signature_and_identify();
	for (unsigned is_late = 0; is_late < 2; is_late++) {
		test_pio(is_late);
		test_dma(is_late);
		test_packets(is_late);
	}
	test_dma_errors();
	test_errors();
	test_tray();
	test_change_while_reading(false);
	test_change_while_reading(true);
	return finish("ide");
}
