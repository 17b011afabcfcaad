/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8254: ports, time in small and large steps, listeners that come and go. */
#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/pit.h"

static const uint16_t ports[] = { 0x40, 0x41, 0x42, 0x43, 0x43, 0x61 };

static void step(struct io_bus *bus, struct pit *pit, struct fake_clock *clock, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 160)
		fuzz_port_access(bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 224)
		fuzz_pass_time(clock, input);
	else if (op < 240)
		pit_set_listened(pit, op & 1);
	else if (op < 254)
		pit_sync(pit);
	else
		pit_reset(pit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, data + size };
	struct fake_irq irq = { 0 };
	struct irq_line line = fake_irq_line(&irq);
	struct fake_clock clock;
	struct io_bus *bus;
	struct pit *pit;

	fake_clock_init(&clock);
	CHECK(io_bus_new(&bus) == 0 && pit_new(&clock.base, &line, &pit) == 0 && pit_attach(pit, bus) == 0);
	while (fuzz_more(&input)) {
		uint64_t before = clock.now;
		unsigned fired = clock.fired;

		step(bus, pit, &clock, &input);
		/* The host is never woken more often than pit.h says. */
		CHECK(clock.fired - fired <= (clock.now - before) / PIT_MIN_PERIOD_NS * 2 + 2 + PIT_MAX_OWED);
	}
	pit_free(pit);
	io_bus_free(bus);
	return 0;
}
