/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI: configuration space of the 440FX board and of a function with a range of each kind, which the guest
 * puts anywhere; accesses to where they may be; interrupts over the router.
 */
#include "fuzz_pc.h"

enum { DEVFN = PCI_DEVFN(5, 0), PORT_SIZE = 32, MEMORY_SIZE = 4096, MAPPED_SIZE = 1 << 20 };

static const uint8_t devfns[] = { DEVFN, 0, PCI_DEVFN(1, 0), PCI_DEVFN(1, 3), PCI_DEVFN(1, 1), 0xff };
static const uint16_t ports[] = { 0xcf8, 0xcf9, 0xcfc, 0xcfe, 0xc000, 0xc00f, 0x600, 0x20, 0xa1, 0x4d0 };
static struct pci_function *function;

/* opaque: the size of the range. */
static uint64_t range_read(void *opaque, uint64_t offset, unsigned size)
{
	CHECK(offset < (uintptr_t)opaque && size <= 4 && size <= (uintptr_t)opaque - offset);
	return ~0ull;
}

static void range_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	CHECK(offset < (uintptr_t)opaque && size <= 4 && size <= (uintptr_t)opaque - offset);
	CHECK(value >> 8 * size == 0);
}

static void on_map(void *opaque, uint32_t gpa)
{
	CHECK(gpa % MAPPED_SIZE == 0);
}

static void on_write(void *opaque, unsigned offset, unsigned size)
{
	CHECK(offset < PCI_CONFIG_SIZE && size <= PCI_CONFIG_SIZE - offset);
}

static void add_function(struct pc *pc)
{
	static const struct io_handler handler = { range_read, range_write, 4, false };
	static const struct pci_function_config config = { .vendor = 0x1414,
							   .device = 0x1234,
							   .class_code = 0xff0000,
							   .interrupt_pin = 1,
							   .on_write = on_write };

	CHECK(pci_function_new(pc->pci, DEVFN, &config, &function) == 0);
	CHECK(pci_add_port_bar(function, 0, PORT_SIZE, &handler, (void *)PORT_SIZE) == 0);
	CHECK(pci_add_memory_bar(function, 1, MEMORY_SIZE, &handler, (void *)MEMORY_SIZE) == 0);
	CHECK(pci_add_mapped_bar(function, 2, MAPPED_SIZE, on_map, NULL) == 0);
}

/* Ranges where the accesses below go, and the command register. */
static void place_ranges(struct pc *pc, struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	fuzz_config_write(pc, DEVFN, PCI_BAR0, 4, how & 1 ? 0xc000 : fuzz_u16(input));
	fuzz_config_write(pc, DEVFN, PCI_BAR0 + 4, 4,
			  how & 2 ? 0xfebf0000 : (uint32_t)fuzz_u8(input) << 24 | 0xc00000);
	fuzz_config_write(pc, DEVFN, PCI_COMMAND, 2, how >> 2 & 7);
}

static void access_memory(struct pc *pc, struct fuzz_input *input)
{
	static const uint64_t bases[] = { 0xfebf0000, 0xfec00000, 0xfebf0ff0, 0xffc00000 };
	uint8_t how = fuzz_u8(input);
	uint64_t gpa = bases[how & 3] + fuzz_u8(input);
	unsigned size = (how >> 2 & 7) + 1;

	if (how & 0x80)
		pc_mmio_write(pc, gpa, size, fuzz_bytes(input, size));
	else
		pc_mmio_read(pc, gpa, size);
}

static void step(struct pc *pc, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 80)
		fuzz_config_access(pc, input, devfns, sizeof(devfns));
	else if (op < 128)
		fuzz_port_access(pc->bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 160)
		place_ranges(pc, input);
	else if (op < 208)
		access_memory(pc, input);
	else if (op < 240)
		pci_set_irq(function, op & 1);
	else if (op < 252)
		fuzz_pass_time(&fuzz_clock, input);
	else
		pc_reset(pc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 2048 ? size : 2048) };
	struct pc *pc = fuzz_pc_new(false);

	add_function(pc);
	while (fuzz_more(&input))
		step(pc, &input);
	pci_function_free(function);
	fuzz_pc_free(pc);
	return 0;
}
