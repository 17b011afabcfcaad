/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole PC: wires between the chips, and idleness of a guest that does nothing. */
#include <string.h>

#include "chipset/pc.h"
#include "fake.h"

static struct fake_clock vm;
static struct pc *pc;
static bool extint;
static unsigned interrupts, power_offs, resets;
static uint32_t last_data;

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
	power_offs++;
}

static void on_reset(void *opaque)
{
	resets++;
}

static const struct pc_ops ops = { set_extint, on_interrupt, on_power_off, on_reset };
static const struct uart_ops uart_ops = { 0 };

static void begin(void)
{
	struct pc_config config = {
		.ops = &ops,
		.clock = &vm.base,
		.uart_ops = { &uart_ops, &uart_ops },
	};

	fake_clock_init(&vm);
	EXPECT(pc_new(&config, &pc), 0);
	interrupts = power_offs = resets = 0;
}

static void out(uint16_t port, uint32_t value)
{
	pc_port_write(pc, port, 1, value);
}

static void init_pics(uint8_t mask)
{
	static const struct {
		uint8_t port, value;
	} writes[] = { { 0x20, 0x11 }, { 0x21, 0x30 }, { 0x21, 4 }, { 0x21, 1 },
		       { 0xa0, 0x11 }, { 0xa1, 0x38 }, { 0xa1, 2 }, { 0xa1, 1 } };

	for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		out(writes[i].port, writes[i].value);
	out(0xa1, 0xff);
	out(0x21, mask);
}

static void set_pin(unsigned pin, uint32_t low)
{
	pc_mmio_write(pc, IOAPIC_GPA, 4, 0x10 + pin * 2);
	pc_mmio_write(pc, IOAPIC_GPA + 0x10, 4, low);
}

static void start_pit(unsigned count)
{
	out(0x43, 0x34);
	out(0x40, count & 0xff);
	out(0x40, count >> 8);
}

static void test_timer_by_pic(void)
{
	begin();
	init_pics(0xfe);
	start_pit(1193);
	fake_clock_advance(&vm, 1500000);
	EXPECT(extint, true);
	EXPECT(pc_extint_vector(pc), 0x30);
	EXPECT(extint, false);
	out(0x20, 0x20);
	fake_clock_advance(&vm, 1000000);
	EXPECT(pc_extint_vector(pc), 0x30);
	out(0x20, 0x20);
	out(0x21, 0xff);
	EXPECT(fake_clock_is_idle(&vm), true); /* nobody listens */
	vm.fired = 0;
	fake_clock_advance(&vm, 60 * NS_PER_SECOND);
	EXPECT(vm.fired, 0);
	EXPECT(extint, false);
	out(0x20, 0x0a);
	EXPECT(pc_port_read(pc, 0x20, 1), 0x01); /* the request register knows of the ticks */
	out(0x21, 0xfe);
	EXPECT(extint, true);
	EXPECT(pc_extint_vector(pc), 0x30);
	EXPECT(fake_clock_is_idle(&vm), false);
	pc_reset(pc);
	EXPECT(extint, false);
	pc_free(pc);
}

static void test_timer_by_ioapic(void)
{
	begin();
	init_pics(0xff);
	start_pit(1193);
	EXPECT(fake_clock_is_idle(&vm), true);
	fake_clock_advance(&vm, NS_PER_SECOND);
	set_pin(2, 0x20); /* interrupt 0 is pin 2 */
	EXPECT(interrupts, 0);
	fake_clock_advance(&vm, 10500000);
	EXPECT(interrupts >= 10 && interrupts <= 11, true);
	EXPECT(last_data, 0x20);
	EXPECT(extint, false);
	set_pin(2, 0x10020);
	EXPECT(fake_clock_is_idle(&vm), true);
	/* the 8259s through pin 0 in ExtINT mode */
	set_pin(0, 0x700);
	interrupts = 0;
	out(0x21, 0xfe);
	EXPECT(interrupts >= 1, true);
	EXPECT(last_data, 0x700);
	pc_free(pc);
}

static void test_sources(void)
{
	begin();
	init_pics(0xff);
	set_pin(4, 0x54);
	out(0x3fc, 0x0b);
	out(0x3f9, 0x02); /* transmitter empty */
	EXPECT(interrupts, 1);
	EXPECT(last_data, 0x54);
	out(0x3f9, 0);
	set_pin(3, 0x53);
	out(0x2fc, 0x0b);
	out(0x2f9, 0x02);
	EXPECT(interrupts, 2);
	EXPECT(last_data, 0x53);
	set_pin(9, 0x8059); /* SCI, by level */
	out(ACPI_PM_SMI_CMD, ACPI_PM_ENABLE);
	pc_port_write(pc, ACPI_PM_BASE + 2, 2, 0x100);
	io_bus_lock(pc->bus);
	EXPECT(acpi_pm_power_button(pc->pm), true);
	io_bus_unlock(pc->bus);
	EXPECT(interrupts, 3);
	EXPECT(last_data, 0xc059);
	pc_eoi(pc, 0x59);
	EXPECT(interrupts, 4); /* not acknowledged at its source */
	pc_port_write(pc, ACPI_PM_BASE, 2, 0x100);
	pc_eoi(pc, 0x59);
	EXPECT(interrupts, 4);
	set_pin(8, 0x58);
	out(0x70, 0x0b);
	out(0x71, 0x12);
	fake_clock_advance(&vm, 1100000000);
	EXPECT(interrupts, 5);
	EXPECT(last_data, 0x58);
	pc_port_write(pc, ACPI_PM_BASE + 4, 2, 1 << 13 | ACPI_PM_S5 << 10);
	EXPECT(power_offs, 1);
	out(0x64, 0xfe);
	out(0xcf9, 6);
	out(0x92, 1);
	EXPECT(resets, 3);
	pc_reset(pc);
	EXPECT(pc_port_read(pc, 0xcf9, 1), 0);
	EXPECT(fake_clock_is_idle(&vm), true);
	pc_port_write(pc, 0x80, 1, 0x55);
	EXPECT(pc_port_read(pc, 0x80, 1), 0xff);
	EXPECT(pc_mmio_read(pc, 0xfed00000, 8), UINT64_MAX);
	pc_free(pc);
}

/* A source that is shared: wired OR. */
static void test_sharing(void)
{
	struct irq_line a, b, c;

	begin();
	set_pin(11, 0x8061);
	EXPECT(irq_router_connect(pc->irqs, 11, &a), 0);
	EXPECT(irq_router_connect(pc->irqs, 11, &b), 0);
	irq_line_set(&a, true);
	irq_line_set(&b, true);
	EXPECT(interrupts, 1);
	irq_line_set(&a, false);
	pc_eoi(pc, 0x61);
	EXPECT(interrupts, 2);
	irq_line_set(&b, false);
	pc_eoi(pc, 0x61);
	EXPECT(interrupts, 2);
	EXPECT(irq_router_connect(pc->irqs, 2, &c), -22);
	EXPECT(irq_router_connect(pc->irqs, 24, &c), -22);
	for (unsigned i = 2; i < IRQ_MAX_SOURCES; i++)
		EXPECT(irq_router_connect(pc->irqs, 11, &c), 0);
	EXPECT(irq_router_connect(pc->irqs, 11, &c), -28);
	pc_free(pc);
}

int main(void)
{
	test_timer_by_pic();
	test_timer_by_ioapic();
	test_sources();
	test_sharing();
	return finish("pc");
}
