/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"

#include "chipset/io_bus.h"
#include "../chipset/fake.h"

uint32_t fuzz_varied(struct fuzz_input *input)
{
	uint8_t first = fuzz_u8(input);

	if (first < 0xf0)
		return first;
	return (uint32_t)fuzz_bytes(input, (first & 3) + 1);
}

void fuzz_port_access(struct io_bus *bus, struct fuzz_input *input, const uint16_t *ports, size_t count)
{
	uint8_t how = fuzz_u8(input);
	unsigned size = 1u << (how >> 1 & 3) % 3;
	uint16_t port = ports[fuzz_u8(input) % count];

	if (how & 0x80) /* beside a port that is there */
		port = (uint16_t)(port + (how >> 3 & 15) - 8);
	if (how & 1)
		io_bus_port_write(bus, port, size, (uint32_t)fuzz_bytes(input, size));
	else
		CHECK((uint64_t)io_bus_port_read(bus, port, size) >> 8 * size == 0);
}

void fuzz_pass_time(struct fake_clock *clock, struct fuzz_input *input)
{
	uint8_t how = fuzz_u8(input);

	if (how < 128)
		fake_clock_advance(clock, (uint64_t)how * 1000);
	else if (how < 192)
		fake_clock_advance(clock, (uint64_t)fuzz_u16(input) * 1000);
	else if (how < 224)
		fake_clock_advance(clock, fuzz_u32(input));
	else
		fake_clock_jump(clock, (uint64_t)fuzz_u32(input) << 8);
}

void fuzz_ignore(void *opaque)
{
}
