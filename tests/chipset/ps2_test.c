/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PS/2 keyboard and mouse behind the 8042. */
#include "chipset/i8042.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"
#include "chipset/scancodes.h"
#include "fake.h"

static struct fake_irq irqs[2];
static struct io_bus *bus;
static struct i8042 *i8042;
static struct ps2_keyboard *keyboard;
static struct ps2_mouse *mouse;
static unsigned rooms;
static int leds;

static void on_leds(void *opaque, uint8_t value)
{
	leds = value;
}

static void on_room(void *opaque)
{
	rooms++;
}

static void on_cpu_reset(void *opaque)
{
}

static const struct ps2_keyboard_ops keyboard_ops = { on_leds, on_room };
static const struct reset_ops reset_ops = { on_cpu_reset };

static void write_mode(uint8_t mode)
{
	out8(bus, 0x64, 0x60);
	out8(bus, 0x60, mode);
}

static void begin(uint8_t mode)
{
	struct irq_line lines[2] = { fake_irq_line(&irqs[0]), fake_irq_line(&irqs[1]) };

	irqs[0] = irqs[1] = (struct fake_irq){ 0 };
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(i8042_new(lines, &reset_ops, NULL, &i8042), 0);
	EXPECT(i8042_attach(i8042, bus), 0);
	EXPECT(ps2_keyboard_new(i8042, &keyboard_ops, NULL, &keyboard), 0);
	EXPECT(ps2_mouse_new(i8042, &mouse), 0);
	write_mode(mode);
}

static void end(void)
{
	ps2_mouse_free(mouse);
	ps2_keyboard_free(keyboard);
	i8042_free(i8042);
	io_bus_free(bus);
}

/* The next byte, with 100h for the mouse's; -1 when there is none. */
static int next(void)
{
	uint8_t status = (uint8_t)in8(bus, 0x64);

	return status & 1 ? (int)in8(bus, 0x60) | (status & 0x20) << 3 : -1;
}

#define EXPECT_BYTES(...)                                                                                    \
	do {                                                                                                 \
		const int wanted_[] = { __VA_ARGS__, -1 };                                                   \
		for (size_t i_ = 0; i_ < sizeof(wanted_) / 4; i_++)                                          \
			EXPECT(next(), wanted_[i_]);                                                         \
	} while (0)

static void key(uint16_t code, bool is_down)
{
	EXPECT(ps2_keyboard_key(keyboard, code, is_down), true);
}

static void test_sets(void)
{
	begin(0x03); /* no translation: set 2 */
	key(0x1e, true);
	EXPECT(irqs[0].rises, 1);
	EXPECT_BYTES(0x1c);
	key(0x1e, false);
	EXPECT_BYTES(0xf0, 0x1c);
	EXPECT(irqs[0].rises, 3); /* each byte is an edge */
	EXPECT(irqs[0].level, false);
	key(0xe04b, true);
	key(0xe04b, false);
	EXPECT_BYTES(0xe0, 0x6b, 0xe0, 0xf0, 0x6b);
	key(PS2_KEY_PAUSE, true);
	key(PS2_KEY_PAUSE, false);
	EXPECT_BYTES(0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77);
	key(PS2_KEY_PRINT, true);
	key(PS2_KEY_PRINT, false);
	EXPECT_BYTES(0xe0, 0x12, 0xe0, 0x7c, 0xe0, 0xf0, 0x7c, 0xe0, 0xf0, 0x12);
	key(0x41, true); /* F7 has a code of its own */
	EXPECT_BYTES(0x83);
	key(0x7777, true); /* no such key */
	key(0x80, true);
	key(0, true);
	EXPECT(next(), -1);
	out8(bus, 0x60, 0xf0);
	EXPECT_BYTES(0xfa);
	out8(bus, 0x60, 0x01);
	EXPECT_BYTES(0xfa);
	key(0x1e, true);
	key(0x1e, false);
	EXPECT_BYTES(0x1e, 0x9e);
	key(PS2_KEY_PAUSE, true);
	EXPECT_BYTES(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5);
	out8(bus, 0x60, 0xf0);
	out8(bus, 0x60, 0x00);
	EXPECT_BYTES(0xfa, 0xfa, 0x01);
	end();
}

/* With translation all codes come out as they went in. */
static void test_translation(void)
{
	unsigned known = 0;

	begin(0x43);
	for (unsigned code = 1; code < 0x80; code++) {
		if (!scancode_set1_to_set2((uint8_t)code))
			continue;
		known++;
		key((uint16_t)code, true);
		key((uint16_t)code, false);
		EXPECT_BYTES((int)code, (int)code | 0x80);
		if (code == 0x37 || code == 0x1d)
			continue;
		key((uint16_t)(PS2_KEY_E0 | code), true);
		key((uint16_t)(PS2_KEY_E0 | code), false);
		EXPECT_BYTES(0xe0, (int)code, 0xe0, (int)code | 0x80);
	}
	EXPECT(known >= 120, true);
	key(PS2_KEY_PAUSE, true);
	EXPECT_BYTES(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5);
	key(PS2_KEY_PRINT, true);
	EXPECT_BYTES(0xe0, 0x2a, 0xe0, 0x37);
	end();
}

static void test_keyboard_commands(void)
{
	begin(0x43);
	out8(bus, 0x60, 0xff);
	EXPECT_BYTES(0xfa, 0xaa);
	out8(bus, 0x60, 0xf2);
	EXPECT_BYTES(0xfa, 0xab, 0x41); /* the 8042 translates the id, too: Linux knows */
	out8(bus, 0x60, 0xed);
	EXPECT_BYTES(0xfa);
	out8(bus, 0x60, 0x02);
	EXPECT_BYTES(0xfa);
	EXPECT(leds, PS2_LED_NUM);
	out8(bus, 0x60, 0xee);
	EXPECT_BYTES(0xee);
	out8(bus, 0x60, 0xfe);
	EXPECT_BYTES(0xee);
	out8(bus, 0x60, 0xf3);
	out8(bus, 0x60, 0x20);
	EXPECT_BYTES(0xfa, 0xfa);
	out8(bus, 0x60, 0xef); /* unknown */
	EXPECT_BYTES(0xfe);
	out8(bus, 0x60, 0xf5);
	EXPECT_BYTES(0xfa);
	key(0x1e, true);
	EXPECT(next(), -1);
	out8(bus, 0x60, 0xf4);
	EXPECT_BYTES(0xfa);
	key(0x1e, true);
	EXPECT_BYTES(0x1e);
	out8(bus, 0x64, 0xad); /* the port is off: keys wait */
	key(0x1e, false);
	EXPECT(next(), -1);
	out8(bus, 0x64, 0xae);
	EXPECT_BYTES(0x9e);
	end();
}

static void test_keyboard_flow(void)
{
	unsigned taken = 0, read = 0;

	begin(0x43);
	rooms = 0;
	while (ps2_keyboard_key(keyboard, 0x1e, taken % 2 == 0))
		taken++;
	EXPECT(taken > 100 && taken < 256, true);
	out8(bus, 0x60,
	     0xee); /* an answer does not wait behind keys: only behind the byte that is out already */
	EXPECT(next(), 0x1e);
	EXPECT(next(), 0xee);
	read = 1;
	while (next() >= 0)
		read++;
	EXPECT(read, taken);
	EXPECT(rooms, 1);
	i8042_reset(i8042);
	EXPECT(next(), -1);
	end();
}

static void to_mouse(uint8_t byte)
{
	out8(bus, 0x64, 0xd4);
	out8(bus, 0x60, byte);
}

#define EXPECT_PACKET(buttons, x, y)                                                                         \
	EXPECT_BYTES(0x100 | (buttons), 0x100 | (uint8_t)(x), 0x100 | (uint8_t)(y))

static void set_rate(uint8_t rate)
{
	to_mouse(0xf3);
	EXPECT_BYTES(0x1fa);
	to_mouse(rate);
	EXPECT_BYTES(0x1fa);
}

static void test_mouse(void)
{
	begin(0x43);
	to_mouse(0xff);
	EXPECT_BYTES(0x1fa, 0x1aa, 0x100);
	ps2_mouse_move(mouse, 5, 5, 0, PS2_BUTTON_LEFT);
	EXPECT(next(), -1); /* not enabled */
	ps2_mouse_move(mouse, 0, 0, 0, 0);
	to_mouse(0xf4);
	EXPECT_BYTES(0x1fa);
	EXPECT(next(), -1);
	ps2_mouse_move(mouse, 5, 3, 0, 0);
	EXPECT(irqs[1].level, true);
	EXPECT_PACKET(0x28, 5, -3);
	ps2_mouse_move(mouse, -5, -3, 0, PS2_BUTTON_RIGHT);
	EXPECT_PACKET(0x1a, -5, 3);
	/* movement adds up while the guest does not read, and large steps are cut */
	for (unsigned i = 0; i < 100; i++)
		ps2_mouse_move(mouse, 10, 0, 0, 0);
	EXPECT(next(), 0x108);
	EXPECT(next(), 0x10a);
	EXPECT(next(), 0x100);
	EXPECT(next(), 0x108);
	EXPECT(next(), 0x1ff);
	EXPECT(next(), 0x100);
	EXPECT(next(), 0x108);
	EXPECT(next(), 0x1ff);
	EXPECT(next(), 0x100);
	EXPECT(next(), 0x108);
	EXPECT(next(), 0x1ff);
	EXPECT(next(), 0x100);
	EXPECT_PACKET(0x08, 990 - 3 * 255, 0);
	set_rate(200);
	set_rate(100);
	set_rate(80);
	to_mouse(0xf2);
	EXPECT_BYTES(0x1fa, 0x103);
	ps2_mouse_move(mouse, 0, 0, -1, 0);
	EXPECT_BYTES(0x108, 0x100, 0x100, 0x1ff);
	set_rate(200);
	set_rate(200);
	set_rate(80);
	to_mouse(0xf2);
	EXPECT_BYTES(0x1fa, 0x104);
	ps2_mouse_move(mouse, 0, 0, 1, PS2_BUTTON_SIDE);
	EXPECT_BYTES(0x108, 0x100, 0x100, 0x111);
	to_mouse(0xe8);
	to_mouse(3);
	EXPECT_BYTES(0x1fa, 0x1fa);
	to_mouse(0xe9);
	EXPECT_BYTES(0x1fa, 0x120, 0x103, 0x150);
	to_mouse(0xf0);
	EXPECT_BYTES(0x1fa);
	ps2_mouse_move(mouse, 1, 1, 0, 0);
	EXPECT(next(), -1); /* remote mode: only when asked */
	to_mouse(0xeb);
	EXPECT_BYTES(0x1fa, 0x128, 0x101, 0x1ff, 0x100);
	to_mouse(0xee);
	EXPECT_BYTES(0x1fa);
	to_mouse(0x77);
	EXPECT_BYTES(0x177);
	to_mouse(0xec);
	EXPECT_BYTES(0x1fa);
	to_mouse(0x01);
	EXPECT_BYTES(0x1fe);
	end();
}

int main(void)
{
	test_sets();
	test_translation();
	test_keyboard_commands();
	test_keyboard_flow();
	test_mouse();
	return finish("ps2");
}
