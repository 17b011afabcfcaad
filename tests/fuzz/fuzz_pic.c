/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8259s: ports, lines, acknowledges, resets. */
#include "fuzz.h"

#include "chipset/io_bus.h"
#include "chipset/pic.h"

static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
static struct pic *pic;
static bool intr;
static uint16_t listened; /* what listen() said last */

static void set_intr(void *opaque, bool level)
{
	CHECK(level != intr);
	intr = level;
}

static void listen(void *opaque, unsigned irq, bool is_listened)
{
	CHECK(irq < 16);
	listened = (uint16_t)((listened & ~(1u << irq)) | (unsigned)is_listened << irq);
}

static void step(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 160)
		fuzz_port_access(bus, input, ports, sizeof(ports) / sizeof(ports[0]));
	else if (op < 224)
		pic_set_line(pic, op & 15, op & 16);
	else if (op < 254)
		pic_acknowledge(pic);
	else
		pic_reset(pic);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pic_ops ops = { set_intr, listen, fuzz_ignore };
	struct fuzz_input input = { data, data + size };
	struct io_bus *bus;

	intr = false;
	CHECK(io_bus_new(&bus) == 0 && pic_new(&ops, NULL, &pic) == 0 && pic_attach(pic, bus) == 0);
	listened = 0;
	for (unsigned irq = 0; irq < 16; irq++)
		listened |= (uint16_t)(!pic_is_masked(pic, irq) << irq);
	while (fuzz_more(&input))
		step(bus, &input);
	for (unsigned irq = 0; irq < 16; irq++)
		CHECK(irq == 2 || pic_is_masked(pic, irq) == !(listened >> irq & 1));
	pic_free(pic);
	io_bus_free(bus);
	return 0;
}
