/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS tables (DMTF DSP0134 2.8) for SeaBIOS, which places them and fixes addresses and checksums.
 * Has: BIOS (0), system (1), chassis (3), memory array, device and mapped address (16, 17, 19), end (127);
 * SeaBIOS needs nothing else. Limits: texts are cut at SMBIOS_TEXT_MAX bytes.
 */
#ifndef FIRMWARE_SMBIOS_H
#define FIRMWARE_SMBIOS_H

#include <stddef.h>
#include <stdint.h>

enum {
	SMBIOS_TEXT_MAX = 64,
	SMBIOS_BYTES_MAX = 2048,
};

struct smbios_config {
	const char *manufacturer, *product, *version, *serial; /* of the system */
	uint8_t uuid[16]; /* as the table has it: first three fields little-endian */
	uint64_t memory_bytes;
};

struct smbios_anchor { /* 5.2.1 */
	char anchor[4];
	uint8_t checksum;
	uint8_t length;
	uint8_t major, minor;
	uint16_t max_structure;
	uint8_t revision;
	uint8_t formatted[5];
	char dmi_anchor[5];
	uint8_t dmi_checksum;
	uint16_t table_length;
	uint32_t table_address;
	uint16_t structures;
	uint8_t bcd_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct smbios_anchor) == 31, "SMBIOS anchor");

struct smbios {
	struct smbios_anchor anchor;
	uint8_t data[SMBIOS_BYTES_MAX];
	size_t size;
};

/* -ENOSPC when it does not fit. */
int smbios_build(const struct smbios_config *config, struct smbios *ret_tables);

#endif
