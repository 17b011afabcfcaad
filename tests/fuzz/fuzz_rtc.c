/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real-time clock: its registers with anything in them, while time passes. */
#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/rtc.h"

static const uint16_t ports[] = { 0x70, 0x71 };

static void set_register(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t index = fuzz_u8(input);

	io_bus_port_write(bus, 0x70, 1, index & 0x80 ? index & 0x7f : index % 14);
	io_bus_port_write(bus, 0x71, 1, fuzz_u8(input));
}

static void step(struct io_bus *bus, struct rtc *rtc, struct fake_clock *clock, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 64)
		fuzz_port_access(bus, input, ports, 2);
	else if (op < 160)
		set_register(bus, input);
	else if (op < 240)
		fuzz_pass_time(clock, input);
	else if (op < 248)
		rtc_set_cmos(rtc, fuzz_u8(input), op);
	else if (op < 250)
		clock->wall_minus_now +=
		    (int64_t)((uint64_t)fuzz_u32(input) << 20) - (1ll << 51); /* the host's clock is set */
	else if (op < 254)
		rtc_utc_offset_s(rtc);
	else
		rtc_reset(rtc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + (size < 4096 ? size : 4096) };
	int64_t offset = (int32_t)fuzz_u32(&input);
	struct fake_irq irq = { 0 };
	struct irq_line line = fake_irq_line(&irq);
	struct fake_clock clock;
	struct io_bus *bus;
	struct rtc *rtc;

	fake_clock_init(&clock);
	CHECK(io_bus_new(&bus) == 0 && rtc_new(&clock.base, &line, offset, &rtc) == 0 &&
	      rtc_attach(rtc, bus) == 0);
	while (fuzz_more(&input))
		step(bus, rtc, &clock, &input);
	rtc_free(rtc);
	io_bus_free(bus);
	return 0;
}
