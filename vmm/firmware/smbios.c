/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/smbios.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

enum {
	TYPE_BIOS = 0,
	TYPE_SYSTEM = 1,
	TYPE_CHASSIS = 3,
	TYPE_MEMORY_ARRAY = 16,
	TYPE_MEMORY_DEVICE = 17,
	TYPE_MEMORY_RANGE = 19,
	TYPE_END = 127,

	HANDLE_MEMORY_ARRAY = 0x1000,
	STRUCTURE_MAX = 64,
};

/* One structure grows here: the formatted area, then its texts. */
struct builder {
	struct smbios *tables;
	uint8_t area[STRUCTURE_MAX];
	size_t area_size;
	char texts[8 * (SMBIOS_TEXT_MAX + 1)];
	size_t texts_size;
	uint8_t text_count;
	bool is_full;
};

static void add_bytes(struct builder *builder, const void *data, size_t size)
{
	if (builder->area_size + size > sizeof(builder->area)) {
		builder->is_full = true;
		return;
	}
	memcpy(builder->area + builder->area_size, data, size);
	builder->area_size += size;
}

/* A little-endian number. */
static void add(struct builder *builder, uint64_t value, size_t bytes)
{
	uint8_t little[8];

	for (size_t i = 0; i < 8; i++)
		little[i] = (uint8_t)(value >> (8 * i));
	add_bytes(builder, little, bytes);
}

/* 6.1.3: texts follow the area; the area has their numbers, 0 for none. */
static void add_text(struct builder *builder, const char *text)
{
	size_t length = text ? strnlen(text, SMBIOS_TEXT_MAX) : 0;

	if (length == 0) {
		add(builder, 0, 1);
		return;
	}
	if (builder->texts_size + length + 1 > sizeof(builder->texts)) {
		builder->is_full = true;
		return;
	}
	memcpy(builder->texts + builder->texts_size, text, length);
	builder->texts[builder->texts_size + length] = '\0';
	builder->texts_size += length + 1;
	add(builder, ++builder->text_count, 1);
}

static void begin(struct builder *builder, uint8_t type, uint16_t handle)
{
	builder->area_size = builder->texts_size = 0;
	builder->text_count = 0;
	add(builder, type, 1);
	add(builder, 0, 1); /* the length */
	add(builder, handle, 2);
}

static void end(struct builder *builder)
{
	struct smbios *tables = builder->tables;
	/* Two zeros when there are no texts, one behind the last else. */
	size_t zeros = builder->text_count == 0 ? 2 : 1;
	size_t size = builder->area_size + builder->texts_size + zeros;

	if (builder->is_full || tables->size + size > sizeof(tables->data)) {
		builder->is_full = true;
		return;
	}
	builder->area[1] = (uint8_t)builder->area_size;
	memcpy(tables->data + tables->size, builder->area, builder->area_size);
	memcpy(tables->data + tables->size + builder->area_size, builder->texts, builder->texts_size);
	memset(tables->data + tables->size + builder->area_size + builder->texts_size, 0, zeros);
	tables->size += size;
	tables->anchor.structures++;
	if (size > tables->anchor.max_structure)
		tables->anchor.max_structure = (uint16_t)size;
}

static void add_bios(struct builder *builder)
{
	begin(builder, TYPE_BIOS, 0x0000);
	add_text(builder, "SeaBIOS");
	add_text(builder, "Bulkhead");
	add(builder, 0xe800, 2); /* starting segment */
	add_text(builder, "01/01/2026");
	add(builder, 0, 1);		   /* ROM size: 64 KiB * (n + 1) */
	add(builder, 1 << 7 | 1 << 15, 8); /* PCI, boot from CD */
	add(builder, 0x1c01, 2); /* ACPI; El Torito target content, UEFI no, it is a virtual machine */
	add(builder, 0xffff, 2);
	add(builder, 0xffff, 2);
	end(builder);
}

static void add_system(struct builder *builder, const struct smbios_config *config)
{
	begin(builder, TYPE_SYSTEM, 0x0100);
	add_text(builder, config->manufacturer);
	add_text(builder, config->product);
	add_text(builder, config->version);
	add_text(builder, config->serial);
	add_bytes(builder, config->uuid, sizeof(config->uuid));
	add(builder, 6, 1); /* wake-up: power switch */
	add_text(builder, NULL);
	add_text(builder, "Virtual Machine");
	end(builder);
}

static void add_chassis(struct builder *builder, const struct smbios_config *config)
{
	begin(builder, TYPE_CHASSIS, 0x0300);
	add_text(builder, config->manufacturer);
	add(builder, 3, 1); /* desktop */
	add_text(builder, config->version);
	add_text(builder, config->serial);
	add_text(builder, NULL);
	add(builder, 0x03030303, 4); /* states: safe; security: none */
	add(builder, 0, 4);
	add(builder, 0, 4); /* height, cords, no elements */
	end(builder);
}

static uint32_t in_kib(uint64_t bytes)
{
	uint64_t kib = bytes >> 10;

	return kib < 0x80000000 ? (uint32_t)kib : 0x80000000;
}

static void add_memory(struct builder *builder, const struct smbios_config *config)
{
	uint64_t mib = config->memory_bytes >> 20;

	begin(builder, TYPE_MEMORY_ARRAY, HANDLE_MEMORY_ARRAY);
	add(builder, 0x03, 1); /* on the board */
	add(builder, 0x03, 1); /* system memory */
	add(builder, 0x03, 1); /* no error correction */
	add(builder, in_kib(config->memory_bytes), 4);
	add(builder, 0xfffe, 2); /* no error information */
	add(builder, 1, 2);
	add(builder, config->memory_bytes, 8);
	end(builder);

	begin(builder, TYPE_MEMORY_DEVICE, 0x1100);
	add(builder, HANDLE_MEMORY_ARRAY, 2);
	add(builder, 0xfffe, 2);
	add(builder, 64, 2);
	add(builder, 64, 2);
	add(builder, mib < 0x7fff ? mib : 0x7fff, 2);
	add(builder, 0x09, 1); /* DIMM */
	add(builder, 0, 1);
	add_text(builder, "M0001");
	add_text(builder, NULL);
	add(builder, 0x07, 1); /* RAM */
	add(builder, 0, 2);
	add(builder, 0, 2); /* speed unknown */
	add_text(builder, config->manufacturer);
	add(builder, 0, 3); /* serial, tag, part */
	add(builder, 0, 1);
	add(builder, mib, 4);
	end(builder);
}

static void add_memory_range(struct builder *builder, const struct smbios_config *config)
{
	begin(builder, TYPE_MEMORY_RANGE, 0x1300);
	add(builder, 0, 4);
	add(builder, in_kib(config->memory_bytes) - 1, 4);
	add(builder, HANDLE_MEMORY_ARRAY, 2);
	add(builder, 1, 1);
	end(builder);
}

static void fill_anchor(struct smbios *tables)
{
	struct smbios_anchor *anchor = &tables->anchor;

	memcpy(anchor->anchor, "_SM_", 4);
	memcpy(anchor->dmi_anchor, "_DMI_", 5);
	anchor->length = sizeof(*anchor);
	anchor->major = 2;
	anchor->minor = 8;
	anchor->table_length = (uint16_t)tables->size;
	anchor->bcd_revision = 0x28;
}

int smbios_build(const struct smbios_config *config, struct smbios *ret_tables)
{
	struct builder builder = { .tables = ret_tables };

	memset(ret_tables, 0, sizeof(*ret_tables));
	add_bios(&builder);
	add_system(&builder, config);
	add_chassis(&builder, config);
	add_memory(&builder, config);
	add_memory_range(&builder, config);
	begin(&builder, TYPE_END, 0xfeff);
	end(&builder);
	fill_anchor(ret_tables);
	return builder.is_full ? -ENOSPC : 0;
}
