/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The script by which the firmware places ACPI tables: which files to load where, which pointers and
 * checksums to fix afterwards. Each command has 128 bytes (QEMU, "etc/table-loader").
 */
#ifndef FIRMWARE_TABLE_LOADER_H
#define FIRMWARE_TABLE_LOADER_H

#include "firmware/acpi_tables.h"

#include <stdbool.h>
#include <stdint.h>

#define TABLE_LOADER_RSDP   "etc/acpi/rsdp"
#define TABLE_LOADER_TABLES "etc/acpi/tables"

enum { TABLE_LOADER_COMMANDS_MAX = 64, TABLE_LOADER_NAME = 56 };

struct table_loader_command {
	uint32_t command;
	union {
		struct {
			char file[TABLE_LOADER_NAME];
			uint32_t align;
			uint8_t zone;
		} __attribute__((packed)) allocate;
		struct {
			char dest[TABLE_LOADER_NAME], source[TABLE_LOADER_NAME];
			uint32_t offset;
			uint8_t size;
		} __attribute__((packed)) pointer;
		struct {
			char file[TABLE_LOADER_NAME];
			uint32_t offset, start, length;
		} __attribute__((packed)) checksum;
		uint8_t pad[124];
	};
} __attribute__((packed));
_Static_assert(sizeof(struct table_loader_command) == 128, "table loader command");

struct table_loader {
	struct table_loader_command commands[TABLE_LOADER_COMMANDS_MAX];
	unsigned count;
	bool is_full;
};

void table_loader_init(struct table_loader *loader);
/* All for tables that acpi_tables_build_blob() made. */
void table_loader_add_acpi(struct table_loader *loader, const struct acpi_blob *blob);

#endif
