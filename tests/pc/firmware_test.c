/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the firmware is given: plays its part and places the ACPI tables, walks SMBIOS, adopts a VGA BIOS. */
#include "../run/check.h"

#include "chipset/acpi_pm.h"
#include "firmware/acpi_proto.h"
#include "firmware/pc_firmware.h"
#include "firmware/table_loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct acpi_blob blob;
static struct table_loader loader;

/* Where the two files go. */
enum { RSDP_AT = 0xf5a40, TABLES_AT = 0x7ffe000 };

static uint8_t *file_of(const char *name, uint32_t *ret_address, uint32_t *ret_size)
{
	bool is_rsdp = strcmp(name, TABLE_LOADER_RSDP) == 0;

	if (!is_rsdp && strcmp(name, TABLE_LOADER_TABLES) != 0)
		return NULL;
	*ret_address = is_rsdp ? RSDP_AT : TABLES_AT;
	*ret_size = is_rsdp ? sizeof(blob.rsdp) : blob.size;
	return is_rsdp ? blob.rsdp : blob.data;
}

static bool add_pointer(const struct table_loader_command *command)
{
	uint32_t dest_address, dest_size, source_address, source_size, offset = command->pointer.offset;
	uint8_t *dest = file_of(command->pointer.dest, &dest_address, &dest_size);
	uint8_t *source = file_of(command->pointer.source, &source_address, &source_size);
	uint64_t value = 0;

	if (!dest || !source || command->pointer.size > 8 || offset + command->pointer.size > dest_size)
		return false;
	memcpy(&value, dest + offset, command->pointer.size);
	if (value >= source_size)
		return false;
	value += source_address;
	memcpy(dest + offset, &value, command->pointer.size);
	return true;
}

static bool add_checksum(const struct table_loader_command *command)
{
	uint32_t address, size;
	uint8_t *file = file_of(command->checksum.file, &address, &size), sum = 0;

	if (!file || command->checksum.start + command->checksum.length > size ||
	    command->checksum.offset >= size)
		return false;
	for (uint32_t i = 0; i < command->checksum.length; i++)
		sum = (uint8_t)(sum + file[command->checksum.start + i]);
	file[command->checksum.offset] = (uint8_t)(file[command->checksum.offset] - sum);
	return true;
}

static uint8_t sum_of(const uint8_t *data, size_t size)
{
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *data++);
	return sum;
}

static const struct acpi_header *table_at(uint64_t gpa)
{
	if (gpa < TABLES_AT || gpa - TABLES_AT > blob.size - sizeof(struct acpi_header))
		return NULL;
	return (const struct acpi_header *)(blob.data + (gpa - TABLES_AT));
}

static bool is_table(uint64_t gpa, const char *signature)
{
	const struct acpi_header *header = table_at(gpa);

	return header && memcmp(header->signature, signature, 4) == 0 &&
	       gpa - TABLES_AT + header->length <= blob.size &&
	       sum_of((const uint8_t *)header, header->length) == 0;
}

static void check_lists(const struct acpi_rsdp *rsdp)
{
	static const char *const names[] = { "FACP", "APIC", "SSDT" };
	const uint8_t *xsdt, *rsdt;

	if (!CHECK(is_table(rsdp->xsdt, "XSDT")) || !CHECK(is_table(rsdp->rsdt, "RSDT")))
		return;
	xsdt = (const uint8_t *)table_at(rsdp->xsdt) + sizeof(struct acpi_header);
	rsdt = (const uint8_t *)table_at(rsdp->rsdt) + sizeof(struct acpi_header);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t wide;
		uint32_t narrow;

		memcpy(&wide, xsdt + 8 * i, 8);
		memcpy(&narrow, rsdt + 4 * i, 4);
		CHECK(wide == narrow && is_table(wide, names[i]));
		if (i == 0) {
			const struct acpi_fadt *fadt = (const struct acpi_fadt *)table_at(wide);

			CHECK(is_table(fadt->dsdt, "DSDT") && fadt->x_dsdt == fadt->dsdt);
			CHECK(fadt->facs % 64 == 0 && memcmp(table_at(fadt->facs), "FACS", 4) == 0);
			CHECK(fadt->pm1a_event == ACPI_PM_BASE);
		}
	}
}

static void test_acpi(unsigned vp_count)
{
	const struct acpi_config config = { .vp_count = vp_count, .has_pci = true, .has_vga = true };
	struct acpi_rsdp rsdp;

	if (!CHECK(acpi_tables_build_blob(&config, &blob) == 0))
		return;
	table_loader_init(&loader);
	table_loader_add_acpi(&loader, &blob);
	CHECK(!loader.is_full);
	for (unsigned i = 0; i < loader.count; i++) {
		const struct table_loader_command *command = &loader.commands[i];

		if (command->command == 1)
			CHECK(command->allocate.align >= 16);
		else if (command->command == 2)
			CHECK(add_pointer(command));
		else
			CHECK(command->command == 3 && add_checksum(command));
	}
	memcpy(&rsdp, blob.rsdp, sizeof(rsdp));
	CHECK(sum_of(blob.rsdp, 20) == 0 && sum_of(blob.rsdp, sizeof(blob.rsdp)) == 0);
	check_lists(&rsdp);
}

static void test_acpi_bad(void)
{
	struct acpi_config config = { .vp_count = 0 };

	CHECK(acpi_tables_build_blob(&config, &blob) == -EINVAL);
	config.vp_count = ACPI_VPS_MAX + 1;
	CHECK(acpi_tables_build_blob(&config, &blob) == -EINVAL);
}

static void test_smbios(void)
{
	const struct smbios_config config = { .manufacturer = "Maker",
					      .product = "Virtual Machine",
					      .serial = "",
					      .memory_bytes = 3ull << 30 };
	struct smbios tables;
	unsigned structures = 0;
	bool has_product = false;
	size_t at = 0;
	uint8_t type = 0;

	CHECK(smbios_build(&config, &tables) == 0);
	CHECK(tables.anchor.table_length == tables.size && memcmp(tables.anchor.anchor, "_SM_", 4) == 0);
	while (at + 4 <= tables.size) {
		size_t length = tables.data[at + 1], text = at + length;

		type = tables.data[at];
		if (!CHECK(length >= 4 && text + 2 <= tables.size))
			return;
		while (text + 1 < tables.size && (tables.data[text] || tables.data[text + 1])) {
			has_product |= strcmp((char *)tables.data + text, "Virtual Machine") == 0;
			text++;
		}
		at = text + 2;
		structures++;
	}
	CHECK(at == tables.size && type == 127 && has_product && structures == tables.anchor.structures);
}

static void test_vga_rom(void)
{
	uint8_t rom[1024] = { 0x55, 0xaa, 2 };

	rom[0x18] = 0x40;
	memcpy(rom + 0x40, "PCIR\x34\x12\x11\x11", 8);
	CHECK(pc_firmware_adopt_vga_rom(rom, sizeof(rom), 0x1414, 0x5353) == 0);
	CHECK(memcmp(rom + 0x44, "\x14\x14\x53\x53", 4) == 0 && sum_of(rom, sizeof(rom)) == 0);
	CHECK(pc_firmware_adopt_vga_rom(rom, 512, 0x1414, 0x5353) == -EINVAL);
	rom[0x18] = 0xfc;
	rom[0x19] = 0x03;
	CHECK(pc_firmware_adopt_vga_rom(rom, sizeof(rom), 0x1414, 0x5353) == -EINVAL);
	rom[0x18] = rom[0x19] = 0xff;
	CHECK(pc_firmware_adopt_vga_rom(rom, sizeof(rom), 0x1414, 0x5353) == -EINVAL);
	rom[2] = 0;
	CHECK(pc_firmware_adopt_vga_rom(rom, sizeof(rom), 0x1414, 0x5353) == -EINVAL);
	CHECK(pc_firmware_adopt_vga_rom(rom, 1, 0x1414, 0x5353) == -EINVAL);
}

static void test_image(void)
{
	struct guest_ram ram;
	uint8_t *host = calloc(2, 1 << 20), *image = malloc(256 << 10);

	guest_ram_init(&ram, host, 2 << 20);
	memset(image, 1, 128 << 10);
	memset(image + (128 << 10), 2, 128 << 10);
	CHECK(pc_firmware_load(&ram, image, 256 << 10) == 0);
	CHECK(host[0xdffff] == 0 && host[0xe0000] == 2 && host[0xfffff] == 2 && host[0x100000] == 0);
	CHECK(pc_firmware_load(&ram, image, 100000) == -EINVAL);
	CHECK(!pc_firmware_is_image(0) && !pc_firmware_is_image(65536) && pc_firmware_is_image(131072));
	free(host);
	free(image);
}

int main(void)
{
	test_acpi(1);
	test_acpi(ACPI_VPS_MAX);
	test_acpi_bad();
	test_smbios();
	test_vga_rom();
	test_image();
	return check_result();
}
