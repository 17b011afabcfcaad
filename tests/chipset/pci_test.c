/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration, ranges, interrupt lanes, and the 440FX board. */
#include "chipset/pc.h"
#include "fake.h"

static struct fake_clock vm;
static struct pc *pc;
static bool extint;
static unsigned interrupts, resets;
static uint32_t last_data, mapped_at;

static void set_extint(void *opaque, bool level)
{
	extint = level;
}

static void on_interrupt(void *opaque, uint64_t address, uint32_t data)
{
	interrupts++;
	last_data = data;
}

static void on_power_off(void *opaque)
{
}

static void on_reset(void *opaque)
{
	resets++;
}

static const struct pc_ops ops = { set_extint, on_interrupt, on_power_off, on_reset };

static uint64_t range_read(void *opaque, uint64_t offset, unsigned size)
{
	return 0x40 + offset;
}

static void range_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
}

static const struct io_handler range = { range_read, range_write, 1 };

static void on_map(void *opaque, uint32_t gpa)
{
	mapped_at = gpa;
}

static void begin(void)
{
	struct pc_config config = { .ops = &ops, .clock = &vm.base, .has_pci = true };

	fake_clock_init(&vm);
	EXPECT(pc_new(&config, &pc), 0);
	interrupts = resets = 0;
}

static void select_register(unsigned devfn, unsigned offset)
{
	pc_port_write(pc, 0xcf8, 4, 1u << 31 | devfn << 8 | (offset & 0xfc));
}

static uint32_t config_read(unsigned devfn, unsigned offset, unsigned size)
{
	select_register(devfn, offset);
	return pc_port_read(pc, (uint16_t)(0xcfc + (offset & 3)), size);
}

static void config_write(unsigned devfn, unsigned offset, unsigned size, uint32_t value)
{
	select_register(devfn, offset);
	pc_port_write(pc, (uint16_t)(0xcfc + (offset & 3)), size, value);
}

static void test_mechanism(void)
{
	begin();
	pc_port_write(pc, 0xcf8, 4, 0xffffffff);
	EXPECT(pc_port_read(pc, 0xcf8, 4), 0x80fffffc);
	pc_port_write(pc, 0xcf8, 1, 0x12); /* only whole */
	pc_port_write(pc, 0xcf8, 2, 0x1234);
	EXPECT(pc_port_read(pc, 0xcf8, 4), 0x80fffffc);
	pc_port_write(pc, 0xcf8, 4, 0);
	EXPECT(pc_port_read(pc, 0xcfc, 4), 0xffffffff); /* not enabled */
	pc_port_write(pc, 0xcf8, 4, 0x80010000);	/* bus 1 */
	EXPECT(pc_port_read(pc, 0xcfc, 4), 0xffffffff);
	EXPECT(config_read(PCI_DEVFN(0, 0), 0, 4), 0x12378086);
	EXPECT(config_read(PCI_DEVFN(0, 0), 2, 2), 0x1237);
	EXPECT(config_read(PCI_DEVFN(0, 0), 3, 1), 0x12);
	EXPECT(config_read(PCI_DEVFN(0, 0), 8, 4), 0x06000002);
	EXPECT(config_read(PCI_DEVFN(0, 0), 0x0e, 1), 0);
	EXPECT(config_read(PCI_DEVFN(0, 1), 0, 4), 0xffffffff);
	EXPECT(config_read(PCI_DEVFN(1, 0), 0, 4), 0x70008086);
	EXPECT(config_read(PCI_DEVFN(1, 0), 0x0e, 1), 0x80);
	EXPECT(config_read(PCI_DEVFN(1, 3), 0, 4), 0x71138086);
	config_write(PCI_DEVFN(0, 0), 0, 4, 0); /* read only */
	EXPECT(config_read(PCI_DEVFN(0, 0), 0, 4), 0x12378086);
	pc_port_write(pc, 0xcf9, 1, 6); /* between the two registers */
	EXPECT(resets, 1);
	EXPECT(pc_port_read(pc, 0xcf9, 1), 6);
	pc_free(pc);
}

static void test_board(void)
{
	begin();
	for (unsigned i = 0; i < 7; i++) { /* PAM */
		config_write(PCI_DEVFN(0, 0), 0x59 + i, 1, 0x30 + i);
		EXPECT(config_read(PCI_DEVFN(0, 0), 0x59 + i, 1), 0x30 + i);
	}
	EXPECT(config_read(PCI_DEVFN(1, 0), 0x60, 4), 0x80808080);
	EXPECT(config_read(PCI_DEVFN(1, 3), 0x58, 4) >> 25 & 1, 1);
	config_write(PCI_DEVFN(1, 3), 0x58, 4, 0);
	EXPECT(config_read(PCI_DEVFN(1, 3), 0x58, 4) >> 25 & 1, 1);
	/* the power management block moves */
	EXPECT(config_read(PCI_DEVFN(1, 3), 0x40, 4), 0x601);
	EXPECT(pc_port_read(pc, 0x604, 2), 0);
	config_write(PCI_DEVFN(1, 3), 0x40, 4, 0xb001);
	EXPECT(pc_port_read(pc, 0x604, 2), 0xffff);
	EXPECT(pc_port_read(pc, 0xb004, 2), 0);
	config_write(PCI_DEVFN(1, 3), 0x80, 1, 0);
	EXPECT(pc_port_read(pc, 0xb004, 2), 0xffff);
	config_write(PCI_DEVFN(1, 3), 0x80, 1, 1);
	EXPECT(pc_port_read(pc, 0xb004, 2), 0);
	config_write(PCI_DEVFN(1, 3), 0x40, 4, 0x41); /* over the PIT */
	EXPECT(pc_port_read(pc, 0xb004, 2), 0xffff);
	config_write(PCI_DEVFN(0, 0), 0x59, 1, 0);
	pc_reset(pc);
	EXPECT(pc_port_read(pc, 0x604, 2), 0);
	EXPECT(config_read(PCI_DEVFN(0, 0), 0x5a, 1), 0);
	pc_free(pc);
}

static void test_bars(void)
{
	const struct pci_function_config config = { .vendor = 0x1414,
						    .device = 0x5353,
						    .class_code = 0x030000 };
	struct pci_function *function;
	unsigned devfn = PCI_DEVFN(8, 0);

	begin();
	EXPECT(pci_function_new(pc->pci, devfn, &config, &function), 0);
	EXPECT(pci_function_new(pc->pci, devfn, &config, &function), -17);
	EXPECT(pci_function_new(pc->pci, 256, &config, &function), -22);
	EXPECT(pci_add_port_bar(function, 0, 16, &range, NULL), 0);
	EXPECT(pci_add_port_bar(function, 0, 16, &range, NULL), -17);
	EXPECT(pci_add_port_bar(function, 1, 24, &range, NULL), -22);
	EXPECT(pci_add_port_bar(function, 6, 16, &range, NULL), -22);
	EXPECT(pci_add_memory_bar(function, 1, 4096, &range, NULL), 0);
	EXPECT(pci_add_mapped_bar(function, 2, 16 << 20, on_map, NULL), 0);
	for (unsigned i = 0; i < 4; i++)
		config_write(devfn, 0x10 + i * 4, 4, 0xffffffff);
	EXPECT(config_read(devfn, 0x10, 4), 0xfffffff1);
	EXPECT(config_read(devfn, 0x14, 4), 0xfffff000);
	EXPECT(config_read(devfn, 0x18, 4), 0xff000000);
	EXPECT(config_read(devfn, 0x1c, 4), 0);
	config_write(devfn, 4, 2, 3); /* enabled with all ones: nowhere */
	EXPECT(mapped_at, 0);
	config_write(devfn, 0x10, 4, 0xc000);
	config_write(devfn, 0x14, 4, 0xe0000000);
	config_write(devfn, 0x18, 4, 0xfd000000);
	EXPECT(pc_port_read(pc, 0xc003, 1), 0x43);
	EXPECT(pc_mmio_read(pc, 0xe0000005, 1), 0x45);
	EXPECT(mapped_at, 0xfd000000);
	config_write(devfn, 0x14, 4, 0xe0001000);
	EXPECT(pc_mmio_read(pc, 0xe0000005, 1), 0xff);
	EXPECT(pc_mmio_read(pc, 0xe0001005, 1), 0x45);
	config_write(devfn, 0x14, 4, (uint32_t)IOAPIC_GPA); /* over the I/O APIC: stays off */
	EXPECT(pc_mmio_read(pc, IOAPIC_GPA, 4), 0);
	config_write(devfn, 0x10, 2, 0x3f0); /* ports that nobody has: fine */
	EXPECT(pc_port_read(pc, 0x3f1, 1), 0x41);
	config_write(devfn, 4, 2, 0);
	EXPECT(pc_port_read(pc, 0x3f1, 1), 0xff);
	EXPECT(mapped_at, 0);
	config_write(devfn, 4, 2, 0xffff);
	EXPECT(config_read(devfn, 4, 2), 0x0547);
	EXPECT(pci_is_master(function), true);
	pc_reset(pc);
	EXPECT(config_read(devfn, 4, 2), 0);
	EXPECT(mapped_at, 0);
	EXPECT(pci_is_master(function), false);
	pci_function_free(function);
	EXPECT(config_read(devfn, 0, 4), 0xffffffff);
	pc_free(pc);
}

static void set_pin(unsigned pin, uint32_t low)
{
	pc_mmio_write(pc, IOAPIC_GPA, 4, 0x10 + pin * 2);
	pc_mmio_write(pc, IOAPIC_GPA + 0x10, 4, low);
}

static void test_lanes(void)
{
	struct pci_function_config config = { .vendor = 0x1414, .interrupt_pin = 1 };
	struct pci_function *a, *b;

	begin();
	EXPECT(pci_function_new(pc->pci, PCI_DEVFN(2, 0), &config, &a), 0); /* lane 1 */
	config.interrupt_pin = 4;
	EXPECT(pci_function_new(pc->pci, PCI_DEVFN(3, 0), &config, &b), 0); /* 2 + 3: lane 1, too */
	set_pin(17, 0x8071);
	pci_set_irq(a, true);
	EXPECT(interrupts, 1);
	EXPECT(config_read(PCI_DEVFN(2, 0), 6, 2) & 8, 8);
	pci_set_irq(b, true);
	pci_set_irq(a, false);
	pc_eoi(pc, 0x71);
	EXPECT(interrupts, 2);
	config_write(PCI_DEVFN(3, 0), 4, 2, 0x400); /* INTx disabled */
	pc_eoi(pc, 0x71);
	EXPECT(interrupts, 2);
	EXPECT(config_read(PCI_DEVFN(3, 0), 6, 2) & 8, 8);
	/* through the 8259 */
	pc_port_write(pc, 0x20, 1, 0x11);
	pc_port_write(pc, 0x21, 1, 0x30);
	pc_port_write(pc, 0x21, 1, 4);
	pc_port_write(pc, 0x21, 1, 1);
	pc_port_write(pc, 0xa0, 1, 0x11);
	pc_port_write(pc, 0xa1, 1, 0x38);
	pc_port_write(pc, 0xa1, 1, 2);
	pc_port_write(pc, 0xa1, 1, 1);
	pc_port_write(pc, 0x4d1, 1, 0x0c); /* 10 and 11 by level */
	config_write(PCI_DEVFN(1, 0), 0x61, 1, 11);
	config_write(PCI_DEVFN(3, 0), 4, 2, 0);
	EXPECT(extint, true);
	EXPECT(pc_extint_vector(pc), 0x3b);
	config_write(PCI_DEVFN(1, 0), 0x61, 1, 10); /* moves while it is high */
	pc_port_write(pc, 0xa0, 1, 0x20);
	pc_port_write(pc, 0x20, 1, 0x20);
	EXPECT(pc_extint_vector(pc), 0x3a);
	pc_port_write(pc, 0xa0, 1, 0x20);
	pc_port_write(pc, 0x20, 1, 0x20);
	EXPECT(extint, true);
	config_write(PCI_DEVFN(1, 0), 0x61, 1, 8); /* reserved */
	EXPECT(extint, false);
	config_write(PCI_DEVFN(1, 0), 0x61, 1, 10);
	EXPECT(extint, true);
	config_write(PCI_DEVFN(1, 0), 0x61, 1, 0x8a);
	EXPECT(extint, false);
	pci_function_free(a);
	pci_function_free(b);
	pc_free(pc);
}

int main(void)
{
	test_mechanism();
	test_board();
	test_bars();
	test_lanes();
	return finish("pci");
}
