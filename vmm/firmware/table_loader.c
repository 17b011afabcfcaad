/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/table_loader.h"

#include <stdio.h>
#include <string.h>

enum {
	COMMAND_ALLOCATE = 1,
	COMMAND_ADD_POINTER = 2,
	COMMAND_ADD_CHECKSUM = 3,
	ZONE_HIGH = 1,
	ZONE_LOW = 2, /* F0000h-FFFFFh, where the RSDP is looked for */
};

void table_loader_init(struct table_loader *loader)
{
	memset(loader, 0, sizeof(*loader));
}

static struct table_loader_command *next(struct table_loader *loader, uint32_t command)
{
	static struct table_loader_command lost;

	if (loader->count == TABLE_LOADER_COMMANDS_MAX) {
		loader->is_full = true;
		return &lost;
	}
	loader->commands[loader->count].command = command;
	return &loader->commands[loader->count++];
}

static void set_name(char field[TABLE_LOADER_NAME], const char *name)
{
	snprintf(field, TABLE_LOADER_NAME, "%s", name);
}

static void allocate(struct table_loader *loader, const char *file, uint32_t align, uint8_t zone)
{
	struct table_loader_command *command = next(loader, COMMAND_ALLOCATE);

	set_name(command->allocate.file, file);
	command->allocate.align = align;
	command->allocate.zone = zone;
}

static void add_pointer(struct table_loader *loader, const char *dest, const struct acpi_pointer *pointer)
{
	struct table_loader_command *command = next(loader, COMMAND_ADD_POINTER);

	set_name(command->pointer.dest, dest);
	set_name(command->pointer.source, TABLE_LOADER_TABLES);
	command->pointer.offset = pointer->offset;
	command->pointer.size = pointer->size;
}

static void add_checksum(struct table_loader *loader, const char *file, uint32_t offset, uint32_t start,
			 uint32_t length)
{
	struct table_loader_command *command = next(loader, COMMAND_ADD_CHECKSUM);

	set_name(command->checksum.file, file);
	command->checksum.offset = offset;
	command->checksum.start = start;
	command->checksum.length = length;
}

void table_loader_add_acpi(struct table_loader *loader, const struct acpi_blob *blob)
{
	allocate(loader, TABLE_LOADER_RSDP, 16, ZONE_LOW);
	allocate(loader, TABLE_LOADER_TABLES, 64, ZONE_HIGH);
	for (unsigned i = 0; i < blob->pointer_count; i++)
		add_pointer(loader, TABLE_LOADER_TABLES, &blob->pointers[i]);
	for (unsigned i = 0; i < blob->table_count; i++)
		add_checksum(loader, TABLE_LOADER_TABLES, blob->tables[i].offset + ACPI_HEADER_CHECKSUM,
			     blob->tables[i].offset, blob->tables[i].length);
	for (unsigned i = 0; i < blob->rsdp_pointer_count; i++)
		add_pointer(loader, TABLE_LOADER_RSDP, &blob->rsdp_pointers[i]);
	add_checksum(loader, TABLE_LOADER_RSDP, ACPI_RSDP_CHECKSUM, 0, ACPI_RSDP_CHECKSUMMED);
	add_checksum(loader, TABLE_LOADER_RSDP, ACPI_RSDP_EXTENDED_CHECKSUM, 0, ACPI_RSDP_SIZE);
}
