/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/acpi_tables.h"
#include "firmware/acpi_proto.h"
#include "firmware/acpi_vmbus.h"
#include "firmware/aml.h"
#include "dsdt.h"
#include "dsdt_pc.h"

#include "chipset/acpi_pm.h"
#include "chipset/ioapic.h"
#include "chipset/reset_control.h"
#include "chipset/rtc.h"
#include "chipset/uart.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	LOCAL_APIC_GPA = 0xfee00000,
	PM1_EVENT_BYTES = 4,
	PM1_CONTROL_BYTES = 2,
	PM_TIMER_BYTES = 4,
	GPE0_BYTES = 4,
	PM1_CONTROL_OFFSET = 4,
	PM_TIMER_OFFSET = 8,
	GPE0_OFFSET = 12,
	SSDT_MAX = 16384,
	TABLES_LISTED = 3,
	EISA_ID_UART = 0x0105d041, /* "PNP0501" (19.3.4) */
};

/*
 * Where the next table goes: straight into RAM, or into a blob whose addresses count from 0. Tables are built
 * on the stack and never read back.
 */
struct writer {
	uint8_t *data;
	uint64_t base; /* the address of data[0] */
	uint32_t size, room;
	struct acpi_blob *blob; /* NULL: the addresses are right already */
	bool is_full;
};

static uint8_t checksum(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *bytes++);
	return (uint8_t)-sum;
}

static void fill_header(struct acpi_header *header, const char signature[static 4], uint8_t revision,
			size_t length)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->signature, signature, 4);
	header->length = (uint32_t)length;
	header->revision = revision;
	memcpy(header->oem_id, "BLKHD ", 6);
	memcpy(header->oem_table_id, "BULKHEAD", 8);
	header->oem_revision = 1;
	memcpy(header->creator_id, "BLKH", 4);
	header->creator_revision = 1;
}

/* Puts a table at the next multiple of 64 (the FACS wants that); returns its address. */
static uint64_t put(struct writer *writer, const void *data, size_t size)
{
	uint32_t offset = (writer->size + 63) & ~63u;

	if (writer->is_full || offset > writer->room || size > writer->room - offset) {
		writer->is_full = true;
		return 0;
	}
	memcpy(writer->data + offset, data, size);
	writer->size = offset + (uint32_t)size;
	return writer->base + offset;
}

static void note_table(struct writer *writer, uint64_t gpa, size_t size)
{
	struct acpi_blob *blob = writer->blob;

	if (!blob)
		return;
	if (blob->table_count == ACPI_BLOB_TABLES_MAX) {
		writer->is_full = true;
		return;
	}
	blob->tables[blob->table_count].offset = (uint32_t)gpa;
	blob->tables[blob->table_count++].length = (uint32_t)size;
}

static void note_pointer(struct writer *writer, uint64_t gpa, size_t offset, uint8_t size)
{
	struct acpi_blob *blob = writer->blob;

	if (!blob)
		return;
	if (blob->pointer_count == ACPI_BLOB_POINTERS_MAX) {
		writer->is_full = true;
		return;
	}
	blob->pointers[blob->pointer_count++] = (struct acpi_pointer){ (uint32_t)(gpa + offset), size };
}

/* The same for what begins with a description header: with its checksum. */
static uint64_t put_table(struct writer *writer, void *table, size_t size)
{
	struct acpi_header *header = table;
	uint64_t gpa;

	header->checksum = 0;
	header->checksum = checksum(table, size);
	gpa = put(writer, table, size);
	note_table(writer, gpa, size);
	return gpa;
}

static struct acpi_address port_address(uint16_t port, unsigned bytes)
{
	return (struct acpi_address){ .space = ACPI_SPACE_PORT,
				      .bits = (uint8_t)(bytes * 8),
				      .access_size = bytes == 1	  ? 1
						     : bytes == 2 ? 2
								  : 3,
				      .address = port };
}

static void fill_power_ports(struct acpi_fadt *fadt)
{
	fadt->sci_interrupt = ACPI_PM_IRQ;
	fadt->smi_command = ACPI_PM_SMI_CMD;
	fadt->acpi_enable = ACPI_PM_ENABLE;
	fadt->acpi_disable = ACPI_PM_DISABLE;
	fadt->pm1a_event = ACPI_PM_BASE;
	fadt->pm1_event_length = PM1_EVENT_BYTES;
	fadt->x_pm1a_event = port_address(ACPI_PM_BASE, PM1_EVENT_BYTES);
	fadt->x_pm1a_event.access_size = 2; /* two words, status and enable */
	fadt->pm1a_control = ACPI_PM_BASE + PM1_CONTROL_OFFSET;
	fadt->pm1_control_length = PM1_CONTROL_BYTES;
	fadt->x_pm1a_control = port_address(ACPI_PM_BASE + PM1_CONTROL_OFFSET, PM1_CONTROL_BYTES);
	fadt->pm_timer = ACPI_PM_BASE + PM_TIMER_OFFSET;
	fadt->pm_timer_length = PM_TIMER_BYTES;
	fadt->x_pm_timer = port_address(ACPI_PM_BASE + PM_TIMER_OFFSET, PM_TIMER_BYTES);
	fadt->gpe0 = ACPI_PM_BASE + GPE0_OFFSET;
	fadt->gpe0_length = GPE0_BYTES;
	fadt->x_gpe0 = port_address(ACPI_PM_BASE + GPE0_OFFSET, GPE0_BYTES);
	fadt->x_gpe0.access_size = 1;
	fadt->reset_register = port_address(RESET_CONTROL_PORT, 1);
	fadt->reset_value = RESET_CONTROL_VALUE;
}

static uint64_t put_fadt(struct writer *writer, const struct acpi_config *config, uint64_t facs,
			 uint64_t dsdt)
{
	struct acpi_fadt fadt = { 0 };
	uint64_t gpa;

	fill_header(&fadt.header, "FACP", 6, sizeof(fadt));
	fadt.facs = (uint32_t)facs;
	fadt.dsdt = (uint32_t)dsdt;
	fadt.x_dsdt = dsdt; /* x_facs stays 0: only one of the two may be set */
	fill_power_ports(&fadt);
	fadt.c2_latency_us = 0xffff; /* no C2, no C3 (5.2.9: > 100, > 1000) */
	fadt.c3_latency_us = 0xffff;
	fadt.century = RTC_CENTURY;
	fadt.iapc_boot_arch = BOOT_ARCH_LEGACY_DEVICES | (config->has_i8042_devices ? BOOT_ARCH_8042 : 0) |
			      (config->has_vga ? 0 : BOOT_ARCH_NO_VGA);
	fadt.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_RTC_WAKE_NOT_FIXED | FADT_RESET_REGISTER |
		     (config->has_32bit_timer ? FADT_TIMER_32BIT : 0);
	memcpy(&fadt.hypervisor_vendor, "Bulkhead", 8);
	gpa = put_table(writer, &fadt, sizeof(fadt));
	note_pointer(writer, gpa, offsetof(struct acpi_fadt, facs), 4);
	note_pointer(writer, gpa, offsetof(struct acpi_fadt, dsdt), 4);
	note_pointer(writer, gpa, offsetof(struct acpi_fadt, x_dsdt), 8);
	return gpa;
}

static uint64_t put_facs(struct writer *writer)
{
	struct acpi_facs facs = { .length = sizeof(facs), .version = 2 };

	memcpy(facs.signature, "FACS", 4);
	return put(writer, &facs, sizeof(facs));
}

static size_t append(uint8_t *table, size_t at, const void *entry, size_t size)
{
	memcpy(table + at, entry, size);
	return at + size;
}

static uint64_t put_madt(struct writer *writer, const struct acpi_config *config)
{
	uint8_t table[sizeof(struct acpi_madt) + ACPI_VPS_MAX * sizeof(struct madt_local_apic) + 64];
	struct acpi_madt madt = { .local_apic = LOCAL_APIC_GPA, .flags = MADT_PCAT_COMPAT };
	struct madt_io_apic io_apic = { 1, sizeof(io_apic), 0, 0, IOAPIC_GPA, 0 };
	struct madt_override timer = { 2, sizeof(timer), 0, 0, 2, 0 }; /* chipset/irq.h: ISA 0 is pin 2 */
	struct madt_override sci = { 2, sizeof(sci), 0, ACPI_PM_IRQ, ACPI_PM_IRQ, MADT_LEVEL_HIGH };
	struct madt_local_nmi nmi = { 4, sizeof(nmi), 0xff, 0, 1 };
	size_t size = sizeof(madt);

	for (unsigned i = 0; i < config->vp_count; i++) {
		struct madt_local_apic apic = { 0, sizeof(apic), (uint8_t)i, (uint8_t)i, 1 };

		size = append(table, size, &apic, sizeof(apic));
	}
	/* The I/O APIC's id only has to differ from those of the local APICs in very old systems. */
	io_apic.id = (uint8_t)config->vp_count;
	size = append(table, size, &io_apic, sizeof(io_apic));
	size = append(table, size, &timer, sizeof(timer));
	size = append(table, size, &sci, sizeof(sci));
	size = append(table, size, &nmi, sizeof(nmi));
	fill_header(&madt.header, "APIC", 4, size);
	memcpy(table, &madt, sizeof(madt));
	return put_table(writer, table, size);
}

/* As COM 1 in dsdt_chips.asl, and in the same place: few machines have it. */
static void add_com2(struct aml *aml, bool has_pci)
{
	static const uint8_t resources[] = {
		0x47,
		1, /* I/O ports (ACPI 6.4, 6.4.2.5), 16 bits decoded */
		UART_COM2 & 0xff,
		UART_COM2 >> 8, /* lowest */
		UART_COM2 & 0xff,
		UART_COM2 >> 8, /* and highest first port */
		1,
		8, /* alignment, ports */
		0x22,
		1 << UART_COM2_IRQ,
		0, /* interrupt lines (6.4.2.1) */
		0x79,
		0, /* the end */
	};
	size_t pci = has_pci ? aml_scope_begin(aml, "PCI0") : 0,
	       isa = has_pci ? aml_scope_begin(aml, "ISA_") : 0;
	size_t device = aml_device_begin(aml, "COM2");

	aml_name_integer(aml, "_HID", EISA_ID_UART);
	aml_name_integer(aml, "_UID", 2);
	aml_name_buffer(aml, "_CRS", resources, sizeof(resources));
	aml_package_end(aml, device);
	if (has_pci) {
		aml_package_end(aml, isa);
		aml_package_end(aml, pci);
	}
}

/* What differs from VM to VM. One device per processor: Windows and Linux match _UID with the MADT. */
static uint64_t put_ssdt(struct writer *writer, const struct acpi_config *config)
{
	uint8_t table[SSDT_MAX];
	struct aml aml = { .data = table, .size = sizeof(struct acpi_header), .room = sizeof(table) };
	struct acpi_header header;
	size_t scope = aml_scope_begin(&aml, "\\_SB_");

	for (unsigned i = 0; i < config->vp_count; i++) {
		char name[8];
		size_t device;

		snprintf(name, sizeof(name), "P%03u", i % 1000);
		device = aml_device_begin(&aml, name);
		aml_name_string(&aml, "_HID", "ACPI0007");
		aml_name_integer(&aml, "_UID", i);
		aml_package_end(&aml, device);
	}
	if (config->has_vmbus)
		acpi_vmbus_add(&aml, config->has_pci, config->high_gap);
	if (config->has_com2)
		add_com2(&aml, config->has_pci);
	aml_package_end(&aml, scope);
	if (aml.is_full)
		writer->is_full = true;
	fill_header(&header, "SSDT", 2, aml.size);
	memcpy(table, &header, sizeof(header));
	return put_table(writer, table, aml.size);
}

/* The old list, for systems that know no other. */
static uint64_t put_rsdt(struct writer *writer, const uint64_t tables[TABLES_LISTED])
{
	struct {
		struct acpi_header header;
		uint32_t tables[TABLES_LISTED];
	} ACPI_PACKED rsdt;
	uint64_t gpa;

	fill_header(&rsdt.header, "RSDT", 1, sizeof(rsdt));
	for (unsigned i = 0; i < TABLES_LISTED; i++)
		rsdt.tables[i] = (uint32_t)tables[i];
	gpa = put_table(writer, &rsdt, sizeof(rsdt));
	for (unsigned i = 0; i < TABLES_LISTED; i++)
		note_pointer(writer, gpa, sizeof(rsdt.header) + 4 * i, 4);
	return gpa;
}

static uint64_t put_xsdt(struct writer *writer, const uint64_t tables[TABLES_LISTED])
{
	struct {
		struct acpi_header header;
		uint64_t tables[TABLES_LISTED];
	} ACPI_PACKED xsdt;
	uint64_t gpa;

	fill_header(&xsdt.header, "XSDT", 1, sizeof(xsdt));
	memcpy(xsdt.tables, tables, sizeof(xsdt.tables));
	gpa = put_table(writer, &xsdt, sizeof(xsdt));
	for (unsigned i = 0; i < TABLES_LISTED; i++)
		note_pointer(writer, gpa, sizeof(xsdt.header) + 8 * i, 8);
	return gpa;
}

static uint64_t put_dsdt(struct writer *writer, const struct acpi_config *config)
{
	const void *code = config->has_pci ? (const void *)dsdt_pc_aml_code : dsdt_aml_code;
	size_t size = config->has_pci ? sizeof(dsdt_pc_aml_code) : sizeof(dsdt_aml_code);
	uint64_t gpa = put(writer, code, size);

	note_table(writer, gpa, size);
	return gpa;
}

static void put_all(struct writer *writer, const struct acpi_config *config, struct acpi_rsdp *ret_rsdp)
{
	struct acpi_rsdp rsdp = { .revision = 2, .length = sizeof(rsdp) };
	uint64_t facs = put_facs(writer), dsdt = put_dsdt(writer, config);
	uint64_t tables[TABLES_LISTED];

	tables[0] = put_fadt(writer, config, facs, dsdt);
	tables[1] = put_madt(writer, config);
	tables[2] = put_ssdt(writer, config);
	memcpy(rsdp.signature, "RSD PTR ", 8);
	memcpy(rsdp.oem_id, "BLKHD ", 6);
	rsdp.rsdt = (uint32_t)put_rsdt(writer, tables);
	rsdp.xsdt = put_xsdt(writer, tables);
	*ret_rsdp = rsdp;
}

static bool is_good(const struct acpi_config *config)
{
	return config->vp_count > 0 && config->vp_count <= ACPI_VPS_MAX;
}

uint64_t acpi_tables_build(const struct guest_ram *ram, const struct acpi_config *config)
{
	struct writer writer = { .base = GUEST_RAM_ROM_START,
				 .size = sizeof(struct acpi_rsdp),
				 .room = GUEST_RAM_ROM_END - GUEST_RAM_ROM_START };
	struct acpi_rsdp rsdp;

	writer.data = guest_ram_at(ram, GUEST_RAM_ROM_START, writer.room);
	if (!writer.data || !is_good(config))
		return 0;
	put_all(&writer, config, &rsdp);
	rsdp.checksum = checksum(&rsdp, ACPI_RSDP_CHECKSUMMED);
	rsdp.extended_checksum = checksum(&rsdp, sizeof(rsdp));
	memcpy(writer.data, &rsdp, sizeof(rsdp));
	return writer.is_full ? 0 : GUEST_RAM_ROM_START;
}

int acpi_tables_build_blob(const struct acpi_config *config, struct acpi_blob *ret_blob)
{
	struct writer writer = { .data = ret_blob->data, .room = ACPI_BLOB_MAX, .blob = ret_blob };
	struct acpi_rsdp rsdp;

	memset(ret_blob, 0, sizeof(*ret_blob));
	if (!is_good(config))
		return -EINVAL;
	put_all(&writer, config, &rsdp);
	memcpy(ret_blob->rsdp, &rsdp, sizeof(rsdp));
	ret_blob->rsdp_pointers[0] = (struct acpi_pointer){ offsetof(struct acpi_rsdp, rsdt), 4 };
	ret_blob->rsdp_pointers[1] = (struct acpi_pointer){ offsetof(struct acpi_rsdp, xsdt), 8 };
	ret_blob->rsdp_pointer_count = 2;
	ret_blob->size = writer.size;
	return writer.is_full ? -ENOSPC : 0;
}
