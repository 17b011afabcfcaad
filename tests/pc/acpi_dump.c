/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acpi_dump pc|small vmbus|none MEMORY-GIB [com2]: writes dsdt.aml and ssdt.aml of such a machine, for acpi.sh. */
#include "firmware/acpi_proto.h"
#include "firmware/acpi_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_table(const char *path, const uint8_t *table)
{
	const struct acpi_header *header = (const struct acpi_header *)table;
	FILE *file = fopen(path, "w");
	bool is_good = file && fwrite(table, header->length, 1, file) == 1;

	return file && fclose(file) == 0 && is_good ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct acpi_blob blob;
	struct guest_ram ram;
	struct acpi_config config = { .vp_count = 2 };

	if (argc != 4 && argc != 5)
		return 2;
	guest_ram_init(&ram, NULL, strtoull(argv[3], NULL, 0) << 30);
	config.has_pci = strcmp(argv[1], "pc") == 0;
	config.has_vmbus = strcmp(argv[2], "vmbus") == 0;
	config.has_com2 = argc == 5;
	config.high_gap = guest_ram_high_gap(&ram);
	if (acpi_tables_build_blob(&config, &blob) < 0)
		return 1;
	for (unsigned i = 0; i < blob.table_count; i++) {
		const uint8_t *table = blob.data + blob.tables[i].offset;

		if (memcmp(table, "DSDT", 4) == 0 && write_table("dsdt.aml", table) < 0)
			return 1;
		if (memcmp(table, "SSDT", 4) == 0 && write_table("ssdt.aml", table) < 0)
			return 1;
	}
	return 0;
}
