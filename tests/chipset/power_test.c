/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI power management, the reset registers, and the keyboard controller's reset and tests. */
#include <stdlib.h>

#include "chipset/acpi_pm.h"
#include "chipset/i8042.h"
#include "chipset/reset_control.h"
#include "fake.h"

enum { PM = ACPI_PM_BASE };

static struct fake_clock vm;
static struct fake_irq sci, keyboard, mouse;
static struct io_bus *bus;
static unsigned power_offs, resets;

static void on_power_off(void *opaque)
{
	power_offs++;
}

static void on_reset(void *opaque)
{
	resets++;
}

static const struct acpi_pm_ops pm_ops = { on_power_off };
static const struct reset_ops reset_ops = { on_reset };

static uint16_t in16(unsigned port)
{
	return (uint16_t)io_bus_port_read(bus, (uint16_t)port, 2);
}

static void out16(unsigned port, unsigned value)
{
	io_bus_port_write(bus, (uint16_t)port, 2, value);
}

static struct acpi_pm *new_pm(bool has_32bit_timer)
{
	struct irq_line line = fake_irq_line(&sci);
	struct acpi_pm *pm;

	fake_clock_init(&vm);
	sci = (struct fake_irq){ 0 };
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(acpi_pm_new(&vm.base, &line, has_32bit_timer, &pm_ops, NULL, &pm), 0);
	EXPECT(acpi_pm_attach(pm, bus), 0);
	return pm;
}

static void test_mode_and_buttons(void)
{
	struct acpi_pm *pm = new_pm(true);

	EXPECT(in16(PM + 4), 0);
	out16(PM + 4, 1);
	EXPECT(in16(PM + 4), 0); /* SCI_EN comes by SMI_CMD only */
	EXPECT(acpi_pm_power_button(pm), false);
	EXPECT(in16(PM), 0x100);
	out16(PM, 0xffff);
	EXPECT(in16(PM), 0);
	out8(bus, ACPI_PM_SMI_CMD, ACPI_PM_ENABLE);
	EXPECT(in8(bus, ACPI_PM_SMI_CMD), ACPI_PM_ENABLE);
	EXPECT(in16(PM + 4), 1);
	out8(bus, 0xb3, 0x5a);
	EXPECT(in8(bus, 0xb3), 0x5a);
	out16(PM + 2, 0x0100);
	EXPECT(acpi_pm_sleep_button(pm), false);
	EXPECT(sci.level, false);
	EXPECT(acpi_pm_power_button(pm), true);
	EXPECT(sci.level, true);
	EXPECT(io_bus_port_read(bus, PM, 4), 0x01000300);
	out8(bus, PM, 0xff); /* the low byte leaves the high one */
	EXPECT(sci.level, true);
	out16(PM, 0x0100);
	EXPECT(sci.level, false);
	EXPECT(in16(PM), 0x0200);
	out16(PM + 2, 0xffff);
	EXPECT(in16(PM + 2), 0x0721);
	EXPECT(sci.level, true);
	out8(bus, ACPI_PM_SMI_CMD, ACPI_PM_DISABLE);
	EXPECT(sci.level, false);
	EXPECT(io_bus_port_read(bus, PM + 12, 4), 0); /* GPE0 is empty */
	io_bus_port_write(bus, PM + 12, 4, 0xffffffff);
	EXPECT(io_bus_port_read(bus, PM + 12, 4), 0);
	acpi_pm_reset(pm);
	EXPECT(io_bus_port_read(bus, PM, 4), 0);
	acpi_pm_free(pm);
	io_bus_free(bus);
}

static void test_power_off(void)
{
	struct acpi_pm *pm = new_pm(true);

	out16(PM + 4, 5 << 10);
	EXPECT(in16(PM + 4), 5 << 10);
	out16(PM + 4, 5 << 10 | 1 << 13); /* some other sleep state */
	EXPECT(power_offs, 0);
	EXPECT(in16(PM + 4), 5 << 10); /* SLP_EN reads as 0 */
	out16(PM + 4, ACPI_PM_S5 << 10 | 1 << 13);
	EXPECT(power_offs, 1);
	out8(bus, PM + 5, 1 << 5 | ACPI_PM_S5 << 2); /* by byte */
	EXPECT(power_offs, 2);
	EXPECT(acpi_pm_move(pm, 0x1000), 0);
	EXPECT(in16(PM + 4), 0xffff);
	EXPECT(in16(0x1004), 0);
	EXPECT(acpi_pm_move(pm, ACPI_PM_SMI_CMD - 8), -17); /* taken: off the bus, no crash */
	EXPECT(in16(0x1004), 0xffff);
	EXPECT(acpi_pm_move(pm, 0), 0);
	EXPECT(acpi_pm_move(pm, PM), 0);
	EXPECT(in16(PM + 4), 0);
	acpi_pm_free(pm);
	io_bus_free(bus);
}

static void test_timer(bool has_32bit_timer)
{
	struct acpi_pm *pm = new_pm(has_32bit_timer);
	uint32_t mask = has_32bit_timer ? UINT32_MAX : 0xffffff, before, after;
	uint64_t half_ns =
	    vm_clock_scale(has_32bit_timer ? 1ull << 31 : 1 << 23, NS_PER_SECOND, ACPI_PM_TIMER_HZ);

	for (unsigned i = 0; i < 1000; i++) {
		before = io_bus_port_read(bus, PM + 8, 4);
		EXPECT(before & ~mask, 0);
		fake_clock_advance(&vm, NS_PER_SECOND);
		after = io_bus_port_read(bus, PM + 8, 4);
		EXPECT(((after - before) & mask) - ACPI_PM_TIMER_HZ % ((uint64_t)mask + 1) <= 1, true);
		EXPECT(in8(bus, PM + 10), after >> 16 & 0xff);
	}
	EXPECT(vm.fired, 0);
	EXPECT(in16(PM) & 1, 1); /* the top bit changed meanwhile */
	out16(PM, 1);
	EXPECT(in16(PM) & 1, 0);
	out8(bus, ACPI_PM_SMI_CMD, ACPI_PM_ENABLE);
	out16(PM + 2, 1);
	for (unsigned i = 0; i < 3; i++) {
		fake_clock_advance(&vm, half_ns + 1000);
		EXPECT(sci.level, true);
		EXPECT(vm.fired, i + 1);
		out16(PM, 1);
		EXPECT(sci.level, false);
	}
	out16(PM + 2, 0);
	EXPECT(fake_clock_is_idle(&vm), true);
	acpi_pm_free(pm);
	io_bus_free(bus);
}

static void test_reset_control(void)
{
	struct reset_control *reset;

	EXPECT(io_bus_new(&bus), 0);
	EXPECT(reset_control_new(&reset_ops, NULL, &reset), 0);
	EXPECT(reset_control_attach(reset, bus, true), 0);
	resets = 0;
	out8(bus, 0xcf9, 2);
	EXPECT(in8(bus, 0xcf9), 2);
	EXPECT(resets, 0);
	out8(bus, 0xcf9, 6);
	EXPECT(resets, 1);
	out8(bus, 0xcf9, 6); /* no edge */
	EXPECT(resets, 1);
	out8(bus, 0xcf9, 0);
	out8(bus, 0xcf9, RESET_CONTROL_VALUE);
	EXPECT(resets, 2);
	reset_control_reset(reset);
	EXPECT(in8(bus, 0xcf9), 0);
	EXPECT(in8(bus, 0x92), 2); /* A20 open */
	out8(bus, 0x92, 0);
	EXPECT(in8(bus, 0x92), 0);
	EXPECT(resets, 2);
	out8(bus, 0x92, 3);
	EXPECT(resets, 3);
	out8(bus, 0x92, 1);
	EXPECT(resets, 3);
	reset_control_free(reset);
	io_bus_free(bus);
}

static uint8_t ask(uint8_t command)
{
	out8(bus, 0x64, command);
	EXPECT(in8(bus, 0x64) & 1, 1);
	return (uint8_t)in8(bus, 0x60);
}

static void test_keyboard_controller(void)
{
	struct irq_line irqs[2] = { fake_irq_line(&keyboard), fake_irq_line(&mouse) };
	struct i8042 *i8042;

	EXPECT(io_bus_new(&bus), 0);
	EXPECT(i8042_new(irqs, &reset_ops, NULL, &i8042), 0);
	EXPECT(i8042_attach(i8042, bus), 0);
	resets = 0;
	EXPECT(in8(bus, 0x64), 0x10);
	EXPECT(ask(0xaa), 0x55);
	EXPECT(in8(bus, 0x64), 0x1c); /* system flag; the last write was a command */
	EXPECT(ask(0xab), 0);
	EXPECT(ask(0xa9), 0);
	EXPECT(ask(0x20), 0x74);
	out8(bus, 0x64, 0x60);
	out8(bus, 0x60, 0x47);
	EXPECT(ask(0x20), 0x47);
	EXPECT(keyboard.rises, 1);
	EXPECT(keyboard.level, false);
	out8(bus, 0x64, 0xa7);
	out8(bus, 0x64, 0xad);
	EXPECT(ask(0x20), 0x77);
	out8(bus, 0x64, 0xae);
	out8(bus, 0x64, 0xa8);
	EXPECT(ask(0x20), 0x47);
	out8(bus, 0x64, 0xd3); /* mouse loop back: how Linux finds the second port */
	out8(bus, 0x60, 0xa5);
	EXPECT(in8(bus, 0x64) & 0x21, 0x21);
	EXPECT(mouse.level, true);
	EXPECT(in8(bus, 0x60), 0xa5);
	EXPECT(mouse.level, false);
	EXPECT(ask(0xd0), 0x03);
	out8(bus, 0x64, 0xd1);
	out8(bus, 0x60, 0x01);
	EXPECT(ask(0xd0), 0x01);
	EXPECT(resets, 0);
	out8(bus, 0x64, 0xff);
	EXPECT(resets, 0);
	out8(bus, 0x64, 0xfe);
	EXPECT(resets, 1);
	out8(bus, 0x64, 0xd1);
	out8(bus, 0x60, 0xfe & ~1);
	EXPECT(resets, 2);
	out8(bus, 0x60, 0xed); /* no keyboard */
	EXPECT(in8(bus, 0x64) & 0x41, 0x41);
	EXPECT(in8(bus, 0x60), 0xfe);
	out8(bus, 0x64, 0xd4);
	out8(bus, 0x60, 0xf4); /* no mouse */
	EXPECT(in8(bus, 0x64) & 0x61, 0x61);
	EXPECT(in8(bus, 0x60), 0xfe);
	for (unsigned i = 0; i < 100; i++) /* answers that nobody reads */
		out8(bus, 0x64, 0xaa);
	for (unsigned i = 0; in8(bus, 0x64) & 1; i++) {
		EXPECT(i <= I8042_QUEUE_MAX, true);
		EXPECT(in8(bus, 0x60), 0x55);
	}
	i8042_free(i8042);
	io_bus_free(bus);
}

int main(void)
{
	test_mode_and_buttons();
	test_power_off();
	test_timer(false);
	test_timer(true);
	test_reset_control();
	test_keyboard_controller();
	return finish("power");
}
