/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8042 with keyboard and mouse: commands from the guest, keys and movement from a console. */
#include "fuzz.h"

#include "../chipset/fake.h"
#include "chipset/i8042.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"

static const uint16_t ports[] = { 0x60, 0x64 };
static struct i8042 *i8042;
static struct ps2_keyboard *keyboard;
static struct ps2_mouse *mouse;
static unsigned refusals;

static void on_leds(void *opaque, uint8_t leds)
{
	CHECK(leds < 8);
}

/* A console that was refused tries again from here. */
static void on_room(void *opaque)
{
	CHECK(refusals > 0);
	refusals = 0;
	CHECK(ps2_keyboard_key(keyboard, 0x1e, true));
}

static void press(struct fuzz_input *input, bool is_down)
{
	if (!ps2_keyboard_key(keyboard, fuzz_u16(input), is_down))
		refusals++;
}

static void send_to_mouse(struct io_bus *bus, struct fuzz_input *input)
{
	io_bus_port_write(bus, 0x64, 1, 0xd4);
	io_bus_port_write(bus, 0x60, 1, fuzz_u8(input));
}

static void step(struct io_bus *bus, struct fuzz_input *input)
{
	uint8_t op = fuzz_u8(input);

	if (op < 128)
		fuzz_port_access(bus, input, ports, 2);
	else if (op < 160)
		send_to_mouse(bus, input);
	else if (op < 192)
		press(input, op & 1);
	else if (op < 208)
		for (unsigned i = 0; i < 32 && !refusals; i++) /* until the queue is full */
			refusals += !ps2_keyboard_key(keyboard, PS2_KEY_PRINT, i & 1);
	else if (op < 224)
		ps2_mouse_move(mouse, (int)fuzz_u32(input), (int)fuzz_u32(input), (int)fuzz_varied(input),
			       op);
	else if (op < 240)
		ps2_mouse_move(mouse, op - 230, (int8_t)fuzz_u8(input), 0, op & 7);
	else if (op < 254)
		while (io_bus_port_read(bus, 0x64, 1) & 1) /* the guest reads all that there is */
			io_bus_port_read(bus, 0x60, 1);
	else
		i8042_reset(i8042);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct reset_ops reset_ops = { fuzz_ignore };
	static const struct ps2_keyboard_ops keyboard_ops = { on_leds, on_room };
	struct fuzz_input input = { data, data + size };
	struct fake_irq irqs[2] = { 0 };
	struct irq_line lines[2] = { fake_irq_line(&irqs[0]), fake_irq_line(&irqs[1]) };
	struct io_bus *bus;

	refusals = 0;
	CHECK(io_bus_new(&bus) == 0 && i8042_new(lines, &reset_ops, NULL, &i8042) == 0);
	CHECK(i8042_attach(i8042, bus) == 0);
	CHECK(ps2_keyboard_new(i8042, &keyboard_ops, NULL, &keyboard) == 0 &&
	      ps2_mouse_new(i8042, &mouse) == 0);
	while (fuzz_more(&input))
		step(bus, &input);
	ps2_mouse_free(mouse);
	ps2_keyboard_free(keyboard);
	i8042_free(i8042);
	io_bus_free(bus);
	return 0;
}
