/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ACPI power management and the reset ports. */
#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/acpi_pm.h"
#include "chipset/reset_control.h"

static const uint16_t ports[] = { 0x600, 0x601, 0x602, 0x604, 0x605, 0x608,
				  0x60c, 0x60e, 0xb2,  0xb3,  0x92,  0xcf9 };

static void step(struct io_bus *bus, struct acpi_pm *pm, struct fake_clock *clock, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 160)
		fuzz_port_access(bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 224)
		fuzz_pass_time(clock, input);
	else if (op < 232)
		acpi_pm_power_button(pm);
	else if (op < 240)
		acpi_pm_sleep_button(pm);
	else if (op < 248)
		acpi_pm_move(pm, op < 244 ? ACPI_PM_BASE : fuzz_u16(input));
	else if (op < 254)
		CHECK(clock->fired < 1000000);
	else
		acpi_pm_reset(pm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct acpi_pm_ops pm_ops = { fuzz_ignore };
	static const struct reset_ops reset_ops = { fuzz_ignore };
	struct fuzz_input input = { data, data + size };
	bool has_32bit_timer = fuzz_u8(&input) & 1;
	struct fake_irq irq = { 0 };
	struct irq_line line = fake_irq_line(&irq);
	struct reset_control *reset;
	struct fake_clock clock;
	struct acpi_pm *pm;
	struct io_bus *bus;

	fake_clock_init(&clock);
	CHECK(io_bus_new(&bus) == 0);
	CHECK(acpi_pm_new(&clock.base, &line, has_32bit_timer, &pm_ops, NULL, &pm) == 0);
	CHECK(acpi_pm_attach(pm, bus) == 0);
	CHECK(reset_control_new(&reset_ops, NULL, &reset) == 0 &&
	      reset_control_attach(reset, bus, true) == 0);
	while (fuzz_more(&input))
		step(bus, pm, &clock, &input);
	reset_control_free(reset);
	acpi_pm_free(pm);
	io_bus_free(bus);
	return 0;
}
