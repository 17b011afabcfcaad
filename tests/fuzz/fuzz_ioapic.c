/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC: its page, lines, EOIs. Each message must have the form that ioapic.h names. */
#include "fuzz.h"

#include "chipset/io_bus.h"
#include "chipset/ioapic.h"

static struct ioapic *ioapic;

static void deliver(void *opaque, uint64_t address, uint32_t data)
{
	CHECK((address & ~0xff00cull) == 0xfee00000);
	CHECK((data & ~0xc7ffu) == 0);
}

static void access_page(struct io_bus *bus, struct fuzz_input *input)
{
	static const uint16_t offsets[] = { 0x00, 0x10, 0x40, 0x20, 0x04, 0xffc };
	uint8_t how = fuzz_u8(input);
	unsigned size = how & 0x40 ? 4 : (how >> 4 & 3) == 3 ? 8 : 1u << (how >> 4 & 3);
	uint64_t gpa = IOAPIC_GPA + offsets[(how >> 1 & 7) % 6] + (how & 0x80 ? fuzz_u8(input) : 0);

	if (how & 1)
		io_bus_mmio_write(bus, gpa, size, fuzz_bytes(input, size));
	else
		io_bus_mmio_read(bus, gpa, size);
}

/* A redirection entry in two writes, as guests do: random accesses seldom make one. */
static void write_entry(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t index = (uint8_t)(0x10 + fuzz_u8(input) % 48);

	io_bus_mmio_write(bus, IOAPIC_GPA, 4, index);
	io_bus_mmio_write(bus, IOAPIC_GPA + 0x10, 4, fuzz_u32(input));
}

static void step(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 64)
		access_page(bus, input);
	else if (op < 128)
		write_entry(bus, input);
	else if (op < 192)
		ioapic_set_line(ioapic, (op & 31) % IOAPIC_PINS, op & 32);
	else if (op < 254)
		ioapic_eoi(ioapic, fuzz_u8(input));
	else
		ioapic_reset(ioapic);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ioapic_ops ops = { .deliver = deliver };
	struct fuzz_input input = { data, data + size };
	struct io_bus *bus;

	CHECK(io_bus_new(&bus) == 0 && ioapic_new(IOAPIC_PINS, &ops, NULL, &ioapic) == 0 &&
	      ioapic_attach(ioapic, bus) == 0);
	while (fuzz_more(&input))
		step(bus, &input);
	ioapic_free(ioapic);
	io_bus_free(bus);
	return 0;
}
