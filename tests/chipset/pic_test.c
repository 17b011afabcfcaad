/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8259A pair, along its data sheet. */
#include "chipset/pic.h"
#include "fake.h"

static struct io_bus *bus;
static struct pic *pic;
static bool intr;
static unsigned syncs, listens[16];
static int listening[16];

static void on_intr(void *opaque, bool level)
{
	EXPECT(level != intr, true); /* changes only */
	intr = level;
}

static void on_listen(void *opaque, unsigned irq, bool is_listened)
{
	listening[irq] = is_listened;
	listens[irq]++;
	if (is_listened)
		EXPECT(pic_is_masked(pic, irq), true); /* told before the mask goes */
}

static void on_sync(void *opaque)
{
	syncs++;
}

static const struct pic_ops ops = { on_intr, on_listen, on_sync };

static void init(uint8_t master_icw4, uint8_t slave_icw4)
{
	out8(bus, 0x20, 0x11);
	out8(bus, 0x21, 0x30);
	out8(bus, 0x21, 0x04);
	out8(bus, 0x21, master_icw4);
	out8(bus, 0xa0, 0x11);
	out8(bus, 0xa1, 0x38);
	out8(bus, 0xa1, 0x02);
	out8(bus, 0xa1, slave_icw4);
}

static void begin(void)
{
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(pic_new(&ops, NULL, &pic), 0);
	EXPECT(pic_attach(pic, bus), 0);
	init(1, 1);
}

static void end(void)
{
	pic_free(pic);
	io_bus_free(bus);
	intr = false;
}

static void pulse(unsigned irq)
{
	pic_set_line(pic, irq, false);
	pic_set_line(pic, irq, true);
}

static uint8_t read_isr(uint16_t port)
{
	out8(bus, port, 0x0b);
	return (uint8_t)in8(bus, port);
}

static uint8_t read_irr(uint16_t port)
{
	out8(bus, port, 0x0a);
	return (uint8_t)in8(bus, port);
}

static void test_masks(void)
{
	begin();
	for (unsigned value = 0; value < 256; value++) {
		out8(bus, 0x21, value);
		EXPECT(in8(bus, 0x21), value);
		out8(bus, 0xa1, 255 - value);
		EXPECT(in8(bus, 0xa1), 255 - value);
	}
	out8(bus, 0x21, 0xfe);
	out8(bus, 0xa1, 0);
	EXPECT(pic_is_masked(pic, 0), false);
	EXPECT(pic_is_masked(pic, 8), true); /* through the cascade */
	pic_set_line(pic, 3, true);
	EXPECT(intr, false);
	EXPECT(read_irr(0x20), 0x08); /* an edge is kept while masked */
	out8(bus, 0x21, 0xf7);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x33);
	EXPECT(intr, false);
	out8(bus, 0x20, 0x20);
	EXPECT(intr, false); /* the line is still high: no new edge */
	pulse(3);
	EXPECT(intr, true);
	pic_set_line(pic, 3, false); /* went away before INTA */
	EXPECT(intr, false);
	EXPECT(pic_acknowledge(pic), 0x37);
	EXPECT(read_isr(0x20), 0);
	end();
}

static void test_priorities(void)
{
	begin();
	pulse(4);
	pulse(1);
	EXPECT(pic_acknowledge(pic), 0x31);
	EXPECT(intr, false); /* 4 is lower than 1 in service */
	pulse(0);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x30);
	EXPECT(read_isr(0x20), 0x03);
	out8(bus, 0x20, 0x20); /* non-specific: 0 */
	EXPECT(read_isr(0x20), 0x02);
	out8(bus, 0x20, 0x61); /* specific: 1 */
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x34);
	out8(bus, 0x20, 0xa0); /* rotate on non-specific: 4 is lowest, 5 first */
	pulse(4);
	pulse(6);
	EXPECT(pic_acknowledge(pic), 0x36);
	out8(bus, 0x20, 0xe6); /* rotate on specific: 7 first */
	EXPECT(pic_acknowledge(pic), 0x34);
	out8(bus, 0x20, 0x20);
	out8(bus, 0x20, 0xc7); /* set priority: 7 lowest, 0 first */
	pulse(7);
	pulse(0);
	EXPECT(pic_acknowledge(pic), 0x30);
	out8(bus, 0x20, 0x20);
	EXPECT(pic_acknowledge(pic), 0x37);
	EXPECT(read_isr(0x20), 0x80); /* a real 7 is in service, a spurious one is not */
	end();
}

static void test_slave(void)
{
	begin();
	pulse(12);
	EXPECT(pic_acknowledge(pic), 0x3c);
	EXPECT(read_isr(0x20), 0x04);
	EXPECT(read_isr(0xa0), 0x10);
	pulse(9); /* higher in the slave, but the master's 2 is in service */
	EXPECT(intr, false);
	out8(bus, 0xa0, 0x20);
	EXPECT(intr, false);
	out8(bus, 0x20, 0x62);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x39);
	out8(bus, 0xa0, 0x61);
	out8(bus, 0x20, 0x62);
	pulse(15);
	pic_set_line(pic, 15, false);
	EXPECT(intr, false);
	pulse(9);
	out8(bus, 0xa1,
	     0x02); /* masked between INTR and INTA: the slave's request is gone, so the master's */
	EXPECT(intr, false);
	out8(bus, 0xa1, 0x00);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x39);
	init(0x11, 1); /* special fully nested */
	pulse(12);
	EXPECT(pic_acknowledge(pic), 0x3c);
	pulse(9);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x39);
	EXPECT(read_isr(0xa0), 0x12);
	end();
}

static void test_modes(void)
{
	begin();
	init(3, 3); /* automatic EOI */
	pulse(5);
	EXPECT(pic_acknowledge(pic), 0x35);
	EXPECT(read_isr(0x20), 0);
	out8(bus, 0x20, 0x80); /* rotate in automatic EOI mode */
	pulse(5);
	EXPECT(pic_acknowledge(pic), 0x35);
	pulse(5);
	pulse(6);
	EXPECT(pic_acknowledge(pic), 0x36);
	EXPECT(pic_acknowledge(pic), 0x35);
	init(1, 1);
	pulse(2); /* no line of its own */
	EXPECT(intr, false);

	/* special mask: a level in service that is masked lets lower ones through */
	pulse(1);
	EXPECT(pic_acknowledge(pic), 0x31);
	pulse(5);
	EXPECT(intr, false);
	out8(bus, 0x20, 0x68);
	EXPECT(intr, false);
	out8(bus, 0x21, 0x02);
	EXPECT(intr, true);
	EXPECT(pic_acknowledge(pic), 0x35);
	out8(bus, 0x20, 0x20); /* non-specific EOI passes over the masked 1 */
	EXPECT(read_isr(0x20), 0x02);
	out8(bus, 0x20, 0x48);
	pulse(6);
	EXPECT(intr, false);
	end();
}

static void test_poll(void)
{
	begin();
	out8(bus, 0x20, 0x0c);
	EXPECT(in8(bus, 0x20) & 0x80, 0);
	pulse(3);
	out8(bus, 0x20, 0x0c);
	EXPECT(in8(bus, 0x20), 0x83);
	EXPECT(read_isr(0x20), 0x08);
	EXPECT(intr, false);
	out8(bus, 0x20, 0x20);
	pulse(10);
	out8(bus, 0x20, 0x0c);
	EXPECT(in8(bus, 0x21), 0x82); /* either port */
	EXPECT(in8(bus, 0x21), 0);    /* once */
	out8(bus, 0xa0, 0x0c);
	EXPECT(in8(bus, 0xa0), 0x82);
	end();
}

static void test_levels(void)
{
	begin();
	out8(bus, 0x4d0, 0xff);
	out8(bus, 0x4d1, 0xff);
	EXPECT(in8(bus, 0x4d0), 0xf8);
	EXPECT(in8(bus, 0x4d1), 0xde);
	pic_set_line(pic, 9, true);
	EXPECT(pic_acknowledge(pic), 0x39);
	out8(bus, 0xa0, 0x20);
	out8(bus, 0x20, 0x20);
	EXPECT(intr, true); /* still high */
	EXPECT(pic_acknowledge(pic), 0x39);
	pic_set_line(pic, 9, false);
	out8(bus, 0xa0, 0x20);
	out8(bus, 0x20, 0x20);
	EXPECT(intr, false);
	out8(bus, 0x4d0, 0);
	out8(bus, 0x20, 0x19); /* ICW1 with LTIM: all inputs by level; the edge sense is reset */
	out8(bus, 0x21, 0x30);
	out8(bus, 0x21, 0x04);
	out8(bus, 0x21, 0x01);
	pic_set_line(pic, 1, true);
	EXPECT(pic_acknowledge(pic), 0x31);
	out8(bus, 0x20, 0x20);
	EXPECT(intr, true);
	pulse(4);
	init(1, 1);
	EXPECT(intr, false); /* high before ICW1, no edge since */
	end();
}

static void test_listeners(void)
{
	begin();
	out8(bus, 0x21, 0xff);
	out8(bus, 0xa1, 0xff);
	EXPECT(listening[0], 0);
	EXPECT(listening[8], 0);
	listens[8] = listens[0] = 0;
	out8(bus, 0xa1, 0xfe);
	EXPECT(listens[8], 0); /* the master's 2 is masked still */
	out8(bus, 0x21, 0xfb);
	EXPECT(listening[8], 1);
	EXPECT(listens[8], 1);
	EXPECT(listens[0], 0);
	out8(bus, 0x21, 0xfa);
	EXPECT(listening[0], 1);
	syncs = 0;
	read_irr(0x20);
	EXPECT(syncs, 1);
	read_isr(0x20);
	EXPECT(syncs, 1);
	end();
}

int main(void)
{
	test_masks();
	test_priorities();
	test_slave();
	test_modes();
	test_poll();
	test_levels();
	test_listeners();
	return finish("pic");
}
