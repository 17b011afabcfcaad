/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC: registers, edges, levels with remote IRR, message format. */
#include "chipset/ioapic.h"
#include "fake.h"

static struct io_bus *bus;
static struct ioapic *ioapic;
static unsigned sent;
static uint64_t last_address;
static uint32_t last_data;
static int listening[IOAPIC_PINS];

static void on_deliver(void *opaque, uint64_t address, uint32_t data)
{
	sent++;
	last_address = address;
	last_data = data;
}

static void on_listen(void *opaque, unsigned pin, bool is_listened)
{
	listening[pin] = is_listened;
	if (is_listened)
		EXPECT(ioapic_is_masked(ioapic, pin), true);
}

static const struct ioapic_ops ops = { on_deliver, on_listen };

/* What a guest reads from the page is what it would be told. */
static uint32_t window(void)
{
	const uint32_t *page = ioapic_page(ioapic);
	uint32_t value = (uint32_t)io_bus_mmio_read(bus, IOAPIC_GPA + 0x10, 4);

	EXPECT(page[0], (uint32_t)io_bus_mmio_read(bus, IOAPIC_GPA, 4));
	EXPECT(page[4], value);
	return value;
}

static uint32_t reg_read(unsigned index)
{
	io_bus_mmio_write(bus, IOAPIC_GPA, 4, index);
	return window();
}

static void reg_write(unsigned index, uint32_t value)
{
	io_bus_mmio_write(bus, IOAPIC_GPA, 4, index);
	io_bus_mmio_write(bus, IOAPIC_GPA + 0x10, 4, value);
}

static void set_pin(unsigned pin, uint32_t low, uint32_t high)
{
	reg_write(0x11 + pin * 2, high);
	reg_write(0x10 + pin * 2, low);
}

static void begin_with(unsigned pins)
{
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(ioapic_new(pins, &ops, NULL, &ioapic), 0);
	EXPECT(ioapic_attach(ioapic, bus), 0);
	sent = 0;
}

static void begin(void)
{
	begin_with(IOAPIC_PINS);
}

static void end(void)
{
	ioapic_free(ioapic);
	io_bus_free(bus);
}

static void test_registers(void)
{
	begin();
	EXPECT(reg_read(1), 0x170020);
	reg_write(1, 0);
	EXPECT(reg_read(1), 0x170020);
	reg_write(0, 0x0f000000);
	EXPECT(reg_read(0), 0x0f000000);
	EXPECT(reg_read(2), 0x0f000000);
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		EXPECT(reg_read(0x10 + pin * 2), 0x10000);
		EXPECT(reg_read(0x11 + pin * 2), 0);
		set_pin(pin, 0xffffffff, 0xffffffff);
		EXPECT(reg_read(0x10 + pin * 2), 0x1afff); /* delivery status and remote IRR are read only */
		EXPECT(reg_read(0x11 + pin * 2), 0xff000000);
	}
	EXPECT(reg_read(0x40), 0);
	reg_write(0x40, 1);
	reg_write(0xff, 1);
	io_bus_mmio_write(bus, IOAPIC_GPA, 1, 0x11); /* by byte */
	EXPECT(io_bus_mmio_read(bus, IOAPIC_GPA, 1), 0x11);
	EXPECT(io_bus_mmio_read(bus, IOAPIC_GPA + 0x10, 4), 0xff000000);
	EXPECT(io_bus_mmio_read(bus, IOAPIC_GPA + 0x20, 4), 0);
	EXPECT(sent, 0);
	end();
}

static void test_edges(void)
{
	begin();
	set_pin(4, 0x41, 0x03000000);
	EXPECT(listening[4], 1);
	ioapic_set_line(ioapic, 4, true);
	EXPECT(sent, 1);
	EXPECT(last_address, 0xfee03000);
	EXPECT(last_data, 0x41);
	ioapic_set_line(ioapic, 4, true);
	EXPECT(sent, 1);
	ioapic_set_line(ioapic, 4, false);
	ioapic_set_line(ioapic, 4, true);
	EXPECT(sent, 2);
	set_pin(4, 0x10041, 0x03000000);
	EXPECT(listening[4], 0);
	ioapic_set_line(ioapic, 4, false);
	ioapic_set_line(ioapic, 4, true);
	set_pin(4, 0x41, 0x03000000);
	EXPECT(sent, 2);	       /* lost while masked */
	set_pin(4, 0x941, 0xff000000); /* logical, lowest priority */
	ioapic_set_line(ioapic, 4, false);
	ioapic_set_line(ioapic, 4, true);
	EXPECT(last_address, 0xfeeff00c);
	EXPECT(last_data, 0x141);
	set_pin(5, 0x841, 0x03000000); /* logical, fixed */
	ioapic_set_line(ioapic, 5, true);
	EXPECT(last_address, 0xfee03004);
	set_pin(0, 0x8700, 0); /* ExtINT is an edge, whatever the trigger mode says */
	ioapic_set_line(ioapic, 0, true);
	EXPECT(last_data, 0x700);
	EXPECT(reg_read(0x10) & 0x4000, 0);
	set_pin(1, 0x400, 0); /* NMI */
	ioapic_set_line(ioapic, 1, true);
	EXPECT(last_data, 0x400);
	ioapic_set_line(ioapic, 24, true); /* no such pin */
	ioapic_set_line(ioapic, 1000, true);
	end();
}

static void test_levels(void)
{
	begin();
	ioapic_set_line(ioapic, 9, true);
	set_pin(9, 0x8051, 0);
	EXPECT(sent, 1); /* a level that is there at unmasking */
	EXPECT(last_data, 0xc051);
	EXPECT(reg_read(0x22), 0xc051); /* remote IRR */
	ioapic_set_line(ioapic, 9, false);
	ioapic_set_line(ioapic, 9, true);
	EXPECT(sent, 1); /* not before EOI */
	ioapic_eoi(ioapic, 0x52);
	EXPECT(sent, 1);
	ioapic_eoi(ioapic, 0x51);
	EXPECT(sent, 2);
	ioapic_set_line(ioapic, 9, false);
	ioapic_eoi(ioapic, 0x51);
	EXPECT(sent, 2);
	EXPECT(reg_read(0x22), 0x8051);
	ioapic_set_line(ioapic, 9, true);
	EXPECT(sent, 3);
	io_bus_mmio_write(bus, IOAPIC_GPA + 0x40, 4, 0x51); /* the EOI register */
	EXPECT(sent, 4);
	set_pin(9, 0x18051, 0);
	EXPECT(reg_read(0x22), 0x1c051);
	io_bus_mmio_write(bus, IOAPIC_GPA + 0x40, 4, 0x51);
	EXPECT(sent, 4); /* masked */
	set_pin(9, 0x8051, 0);
	EXPECT(sent, 5);
	/* a stuck remote IRR is cleared by way of edge mode */
	set_pin(9, 0x10051, 0);
	EXPECT(reg_read(0x22), 0x10051);
	set_pin(9, 0x8051, 0);
	EXPECT(sent, 6);
	/* two pins with one vector: both are served by its EOI */
	set_pin(10, 0x8051, 0);
	ioapic_set_line(ioapic, 10, true);
	EXPECT(sent, 7);
	ioapic_eoi(ioapic, 0x51);
	EXPECT(sent, 9);
	ioapic_reset(ioapic);
	EXPECT(reg_read(0x22), 0x10000);
	EXPECT(sent, 9);
	end();
}

/* The window stays true while nobody selects or writes. */
static void test_page(void)
{
	begin();
	set_pin(9, 0x8051, 0);
	EXPECT(window(), 0x8051);
	ioapic_set_line(ioapic, 9, true);
	EXPECT(window(), 0xc051);
	ioapic_set_line(ioapic, 9, false);
	ioapic_eoi(ioapic, 0x51);
	EXPECT(window(), 0x8051);
	ioapic_reset(ioapic);
	EXPECT(window(), 0);
	end();
}

static void test_fewer_pins(void)
{
	begin_with(IOAPIC_ISA_PINS);
	EXPECT(reg_read(1), 0x0f0020);
	EXPECT(reg_read(0x10 + 15 * 2), 0x10000);
	EXPECT(reg_read(0x10 + 16 * 2), 0);
	set_pin(16, 0x41, 0);
	ioapic_set_line(ioapic, 16, true);
	EXPECT(sent, 0);
	EXPECT(ioapic_is_masked(ioapic, 16), true);
	set_pin(15, 0x41, 0);
	ioapic_set_line(ioapic, 15, true);
	EXPECT(sent, 1);
	end();
}

int main(void)
{
	test_registers();
	test_edges();
	test_levels();
	test_page();
	test_fewer_pins();
	return finish("ioapic");
}
