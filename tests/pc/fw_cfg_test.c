/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The firmware configuration device through its ports, as a guest sees it; then random accesses. */
#include "../run/check.h"

#include "chipset/dma.h"
#include "chipset/fw_cfg.h"
#include "chipset/io_bus.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY = 64 * 1024, GUARD = 64, RANDOM_ACCESSES = 300000 };

static uint8_t memory[MEMORY + GUARD];
static struct io_bus *bus;
static struct fw_cfg *fw_cfg;

static int read_memory(void *opaque, uint64_t gpa, void *buffer, size_t size)
{
	if (gpa > MEMORY || size > MEMORY - gpa)
		return -EFAULT;
	memcpy(buffer, memory + gpa, size);
	return 0;
}

static int write_memory(void *opaque, uint64_t gpa, const void *buffer, size_t size)
{
	if (gpa > MEMORY || size > MEMORY - gpa)
		return -EFAULT;
	memcpy(memory + gpa, buffer, size);
	return 0;
}

static const struct dma dma = { .read = read_memory, .write = write_memory };

static void select_key(uint16_t key)
{
	io_bus_port_write(bus, 0x510, 2, key);
}

static void read_bytes(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = (uint8_t)io_bus_port_read(bus, 0x511, 1);
}

static uint32_t run_dma(uint32_t control, uint32_t length, uint64_t address)
{
	uint32_t descriptor[4] = { htobe32(control), htobe32(length), htobe32((uint32_t)(address >> 32)),
				   htobe32((uint32_t)address) };

	memcpy(memory + 0x100, descriptor, sizeof(descriptor));
	io_bus_port_write(bus, 0x514, 4, 0);
	io_bus_port_write(bus, 0x518, 4, htobe32(0x100));
	memcpy(descriptor, memory + 0x100, 4);
	return be32toh(descriptor[0]);
}

/* The selector of a file by its directory entry, or 0. */
static uint16_t find_file(const char *name, uint32_t *ret_size)
{
	uint32_t count;
	uint8_t entry[64];

	select_key(FW_CFG_DIRECTORY);
	read_bytes(&count, 4);
	for (uint32_t i = 0; i < be32toh(count); i++) {
		read_bytes(entry, sizeof(entry));
		if (strcmp((char *)entry + 8, name) == 0) {
			*ret_size = (uint32_t)entry[0] << 24 | entry[1] << 16 | entry[2] << 8 | entry[3];
			return (uint16_t)(entry[4] << 8 | entry[5]);
		}
	}
	return 0;
}

static void test_ports(void)
{
	uint8_t bytes[8];
	uint32_t size = 0;
	uint16_t key;

	select_key(FW_CFG_SIGNATURE);
	read_bytes(bytes, 6);
	CHECK(memcmp(bytes, "QEMU\0\0", 6) == 0); /* and zeros behind the end */
	select_key(FW_CFG_ID);
	read_bytes(bytes, 4);
	CHECK(bytes[0] == 3);
	key = find_file("etc/two", &size);
	CHECK(key >= FW_CFG_FIRST_FILE && size == 5);
	select_key(key);
	read_bytes(bytes, 5);
	CHECK(memcmp(bytes, "12345", 5) == 0);
	CHECK(find_file("etc/three", &size) == 0);
	select_key(0x7777);
	read_bytes(bytes, 1);
	CHECK(bytes[0] == 0);
	CHECK(io_bus_port_read(bus, 0x514, 4) == 0x554d4551); /* "QEMU" */
	CHECK(io_bus_port_read(bus, 0x518, 4) == 0x47464320); /* " CFG" */
}

static void test_dma(void)
{
	uint32_t size;
	uint16_t key = find_file("etc/two", &size);

	memset(memory + 0x1000, 0xcc, 16);
	CHECK(run_dma((uint32_t)key << 16 | 8 | 2, 7, 0x1000) == 0);
	CHECK(memcmp(memory + 0x1000, "12345\0\0\xcc", 8) == 0);
	CHECK(run_dma((uint32_t)key << 16 | 8 | 4, 3, 0) == 0); /* select, skip */
	CHECK(run_dma(2, 2, 0x1000) == 0);
	CHECK(memcmp(memory + 0x1000, "45345", 5) == 0);
	CHECK(run_dma(16, 4, 0x1000) == 1);		     /* nothing can be written */
	CHECK(run_dma(2, 16, MEMORY - 8) == 1);		     /* beyond the memory */
	CHECK(run_dma(2, 16, UINT64_MAX - 8) == 1);	     /* wraps */
	CHECK(run_dma(2, FW_CFG_DMA_MAX + 1u, 0x1000) == 1); /* too long */
	io_bus_port_write(bus, 0x514, 4, 0xffffffff);	     /* a descriptor that is nowhere */
	io_bus_port_write(bus, 0x518, 4, 0xffffffff);
}

static void test_limits(void)
{
	static uint8_t big[FW_CFG_BYTES_MAX + 1];
	char name[80];
	int r = 0;

	CHECK(fw_cfg_set_file(fw_cfg, "", "", 0) == -EINVAL);
	memset(name, 'n', sizeof(name));
	name[FW_CFG_NAME_MAX + 1] = '\0';
	CHECK(fw_cfg_set_file(fw_cfg, name, "", 0) == -EINVAL);
	name[FW_CFG_NAME_MAX] = '\0';
	CHECK(fw_cfg_set_file(fw_cfg, name, "x", 1) == 0);
	CHECK(fw_cfg_set_file(fw_cfg, "big", big, sizeof(big)) == -ENOSPC);
	CHECK(fw_cfg_set_file(fw_cfg, "etc/two", "12345", 5) == 0); /* again: replaced */
	for (int i = 0; r == 0 && i < FW_CFG_ITEMS_MAX + 1; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		r = fw_cfg_set_file(fw_cfg, name, &i, sizeof(i));
	}
	CHECK(r == -ENOSPC);
}

static void test_random(unsigned seed)
{
	srand(seed);
	memset(memory + MEMORY, 0x5a, GUARD);
	for (int i = 0; i < RANDOM_ACCESSES; i++) {
		uint16_t port = (uint16_t)(0x510 + rand() % 12);
		unsigned size = 1u << rand() % 3;

		if (rand() % 4 == 0) { /* now and then a descriptor that is nearly good */
			uint32_t descriptor[4] = { htobe32((uint32_t)rand() & 0x3f001f),
						   htobe32((uint32_t)rand() % 9000), 0,
						   htobe32((uint32_t)rand() % (MEMORY * 2)) };

			memcpy(memory + 0x200, descriptor, sizeof(descriptor));
			io_bus_port_write(bus, 0x518, 4, htobe32(0x200));
		} else if (rand() & 1) {
			io_bus_port_write(bus, port, size, (uint32_t)rand());
		} else {
			io_bus_port_read(bus, port, size);
		}
	}
	for (int i = 0; i < GUARD; i++)
		if (memory[MEMORY + i] != 0x5a) {
			printf("seed %u: wrote beyond the memory\n", seed);
			CHECK(false);
			return;
		}
}

int main(void)
{
	if (!CHECK(io_bus_new(&bus) == 0) || !CHECK(fw_cfg_new(&dma, &fw_cfg) == 0))
		return 1;
	CHECK(fw_cfg_attach(fw_cfg, bus) == 0);
	CHECK(fw_cfg_set_file(fw_cfg, "etc/one", "1", 1) == 0);
	CHECK(fw_cfg_set_file(fw_cfg, "etc/two", "12345", 5) == 0);
	test_ports();
	test_dma();
	test_limits();
	test_ports();
	test_random(1);
	fw_cfg_free(fw_cfg);
	io_bus_free(bus);
	return check_result();
}
