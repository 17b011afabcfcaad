/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O bus: registration, splitting, unclaimed addresses. */
#include <errno.h>
#include <string.h>

#include "fake.h"

struct recorder {
	char log[512];
	size_t length;
	uint8_t bytes[64]; /* what reads give, by offset */
};

static uint64_t record_read(void *opaque, uint64_t offset, unsigned size)
{
	struct recorder *recorder = opaque;
	uint64_t value = 0;

	recorder->length +=
	    (size_t)snprintf(recorder->log + recorder->length, sizeof(recorder->log) - recorder->length,
			     "r%u.%u ", (unsigned)offset, size);
	memcpy(&value, recorder->bytes + offset, size);
	return value |
	       (size < 8 ? UINT64_MAX << size * 8 : 0); /* dirt above the size must not come through */
}

static void record_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct recorder *recorder = opaque;

	recorder->length +=
	    (size_t)snprintf(recorder->log + recorder->length, sizeof(recorder->log) - recorder->length,
			     "w%u.%u=%llx ", (unsigned)offset, size, (unsigned long long)value);
}

static const struct io_handler handlers[] = {
	{ record_read, record_write, 1 },
	{ record_read, record_write, 2 },
	{ record_read, record_write, 4 },
	{ record_read, record_write, 8 },
};

static void expect_log(struct recorder *recorder, const char *wanted, int line)
{
	if (strcmp(recorder->log, wanted) != 0) {
		failures++;
		printf("%s:%d: got '%s', not '%s'\n", __FILE__, line, recorder->log, wanted);
	}
	recorder->log[0] = 0;
	recorder->length = 0;
}

static void test_registration(void)
{
	struct io_bus *bus;
	struct recorder r = { 0 };
	int i;

	EXPECT(io_bus_new(&bus), 0);
	EXPECT(io_bus_add_ports(bus, 0x40, 4, &handlers[0], &r), 0);
	EXPECT(io_bus_add_ports(bus, 0x43, 1, &handlers[0], &r), -EEXIST);
	EXPECT(io_bus_add_ports(bus, 0x3f, 2, &handlers[0], &r), -EEXIST);
	EXPECT(io_bus_add_ports(bus, 0x44, 0, &handlers[0], &r), -EINVAL);
	EXPECT(io_bus_add_ports(bus, 0xffff, 2, &handlers[0], &r), -EINVAL);
	EXPECT(io_bus_add_ports(bus, 0xffff, UINT32_MAX, &handlers[0], &r), -EINVAL);
	EXPECT(io_bus_add_ports(bus, 0xffff, 1, &handlers[3], &r), -EINVAL); /* no port access has 8 bytes */
	EXPECT(io_bus_add_ports(bus, 0xffff, 1, &handlers[0], &r), 0);
	io_bus_remove_ports(bus, 0x41); /* not its beginning */
	EXPECT(io_bus_port_read(bus, 0x41, 1), 0);
	io_bus_remove_ports(bus, 0x40);
	EXPECT(io_bus_port_read(bus, 0x41, 1), 0xff);
	EXPECT(io_bus_add_ports(bus, 0x43, 1, &handlers[0], &r), 0);
	for (i = 0; i < 300; i++)
		if (io_bus_add_ports(bus, (uint16_t)(0x1000 + i), 1, &handlers[0], &r) != 0)
			break;
	EXPECT(i, IO_BUS_MAX_PORT_RANGES - 2);

	EXPECT(io_bus_add_mmio(bus, 0x1000, 0x1000, &handlers[2], &r), 0);
	EXPECT(io_bus_add_mmio(bus, 0x0, 0x1000, &handlers[2], &r), 0);
	EXPECT(io_bus_add_mmio(bus, 0x3000, 0x1000, &handlers[2], &r), 0);
	EXPECT(io_bus_add_mmio(bus, 0x1fff, 1, &handlers[2], &r), -EEXIST);
	EXPECT(io_bus_add_mmio(bus, 0x2000, 0x1001, &handlers[2], &r), -EEXIST);
	EXPECT(io_bus_add_mmio(bus, 0x2000, 0, &handlers[2], &r), -EINVAL);
	EXPECT(io_bus_add_mmio(bus, UINT64_MAX, 2, &handlers[2], &r), -EINVAL);
	EXPECT(io_bus_add_mmio(bus, UINT64_MAX - 3, 4, &handlers[2], &r), 0);
	EXPECT(io_bus_add_mmio(bus, 0x2000, 0x1000, &handlers[2], &r), 0);
	io_bus_remove_mmio(bus, 0x1000);
	EXPECT(io_bus_mmio_read(bus, 0x1000, 4), 0xffffffff);
	EXPECT(io_bus_mmio_read(bus, 0x2004, 4), 0);
	for (i = 0; i < 100; i++)
		if (io_bus_add_mmio(bus, 0x100000 + (uint64_t)i * 4096, 4096, &handlers[2], &r) != 0)
			break;
	EXPECT(i, IO_BUS_MAX_MMIO_RANGES - 4);
	io_bus_free(bus);
}

static void test_splitting(void)
{
	struct io_bus *bus;
	struct recorder r = { 0 };

	for (unsigned i = 0; i < sizeof(r.bytes); i++)
		r.bytes[i] = (uint8_t)(0x10 + i);
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(io_bus_add_ports(bus, 0x10, 3, &handlers[0], &r), 0);
	EXPECT(io_bus_add_ports(bus, 0x20, 8, &handlers[1], &r), 0);
	EXPECT(io_bus_add_ports(bus, 0x30, 6, &handlers[2], &r), 0);
	EXPECT(io_bus_add_ports(bus, 0xffff, 1, &handlers[0], &r), 0);
	EXPECT(io_bus_add_mmio(bus, 0x1000, 16, &handlers[3], &r), 0);

	io_bus_port_write(bus, 0x10, 4, 0x44332211); /* the fourth byte belongs to nobody */
	expect_log(&r, "w0.1=11 w1.1=22 w2.1=33 ", __LINE__);
	EXPECT(io_bus_port_read(bus, 0x11, 4), 0xffff1211);
	expect_log(&r, "r1.1 r2.1 ", __LINE__);
	io_bus_port_write(bus, 0x21, 4, 0x44332211);
	expect_log(&r, "w1.1=11 w2.2=3322 w4.1=44 ", __LINE__);
	EXPECT(io_bus_port_read(bus, 0x32, 4), 0x15141312);
	expect_log(&r, "r2.2 r4.2 ", __LINE__);
	EXPECT(io_bus_port_read(bus, 0x34, 4), 0xffff1514); /* a piece does not leave its range */
	expect_log(&r, "r4.2 ", __LINE__);
	io_bus_port_write(bus, 0x30, 1, 0xfff);
	expect_log(&r, "w0.1=ff ", __LINE__);
	EXPECT(io_bus_port_read(bus, 0xffff, 4), 0xffffff10); /* ports do not wrap */
	expect_log(&r, "r0.1 ", __LINE__);
	EXPECT(io_bus_port_read(bus, 0x500, 2), 0xffff);

	EXPECT(io_bus_mmio_read(bus, 0x1000, 8), 0x1716151413121110);
	expect_log(&r, "r0.8 ", __LINE__);
	io_bus_mmio_write(bus, 0x1003, 7, 0x77665544332211);
	expect_log(&r, "w3.1=11 w4.4=55443322 w8.2=7766 ", __LINE__);
	EXPECT(io_bus_mmio_read(bus, 0x100c, 8), 0xffffffff1f1e1d1c);
	expect_log(&r, "r12.4 ", __LINE__);
	EXPECT(io_bus_mmio_read(bus, 0xffe, 4), 0x1110ffff);
	io_bus_free(bus);
}

int main(void)
{
	test_registration();
	test_splitting();
	return finish("io_bus");
}
