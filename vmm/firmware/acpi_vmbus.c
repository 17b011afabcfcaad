/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/acpi_vmbus.h"
#include "firmware/guest_ram.h"

#include <string.h>

enum {
	QWORD_MEMORY_SIZE = 46,
	/* two descriptors and the end tag */
	TEMPLATE_MAX = 2 * QWORD_MEMORY_SIZE + 2,
};

struct resources {
	uint8_t bytes[TEMPLATE_MAX];
	size_t size;
};

static void add_number(struct resources *resources, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		resources->bytes[resources->size++] = (uint8_t)(value >> (8 * i));
}

/* ACPI 6.4, 6.4.3.5.1 */
static void add_memory(struct resources *resources, uint64_t start, uint64_t size)
{
	static const uint8_t head[6] = {
		0x8a,	 /* QWord address space descriptor */
		0x2b, 0, /* its length without these three */
		0,	 /* memory */
		0x0c,	 /* producer, positive decode, minimum and maximum fixed */
		0x01,	 /* not cacheable, read and write */
	};

	memcpy(resources->bytes + resources->size, head, sizeof(head));
	resources->size += sizeof(head);
	add_number(resources, 0); /* granularity */
	add_number(resources, start);
	add_number(resources, start + size - 1);
	add_number(resources, 0); /* translation */
	add_number(resources, size);
}

/* 6.4.2.9; a checksum of 0 is taken as right */
static void add_end(struct resources *resources)
{
	resources->bytes[resources->size++] = 0x79;
	resources->bytes[resources->size++] = 0;
}

static void add_bus(struct aml *aml)
{
	static const uint8_t no_resources[2] = { 0x79, 0 };
	size_t device = aml_device_begin(aml, "VMBS");

	aml_name_string(aml, "_HID", "VMBUS");
	aml_name_integer(aml, "_UID", 0);
	aml_name_string(aml, "_DDN", "VMBUS");
	aml_name_integer(aml, "_STA", 0xf);
	aml_name_buffer(aml, "_CRS", no_resources, sizeof(no_resources));
	aml_package_end(aml, device);
}

/* ACPI0004: a module, which has nothing but resources and children. */
static void add_module(struct aml *aml, const struct resources *gaps)
{
	size_t device = aml_device_begin(aml, "VMOD");

	aml_name_string(aml, "_HID", "ACPI0004");
	aml_name_integer(aml, "_UID", 0);
	aml_name_buffer(aml, "_CRS", gaps->bytes, gaps->size);
	add_bus(aml);
	aml_package_end(aml, device);
}

void acpi_vmbus_add(struct aml *aml, bool has_pci, uint64_t high_gap)
{
	struct resources gaps = { .size = 0 };
	size_t scope;

	if (!has_pci)
		add_memory(&gaps, GUEST_RAM_LOW_GAP_START, GUEST_RAM_LOW_GAP_SIZE);
	add_memory(&gaps, high_gap, GUEST_RAM_HIGH_GAP_SIZE);
	add_end(&gaps);
	if (!has_pci) {
		add_module(aml, &gaps);
		return;
	}
	aml_name_buffer(aml, "GAPS", gaps.bytes, gaps.size);
	scope = aml_scope_begin(aml, "PCI0");
	add_bus(aml);
	aml_package_end(aml, scope);
}
