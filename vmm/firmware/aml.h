/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the little ACPI machine language that depends on the VM's configuration; all else is in dsdt.asl.
 * Source: ACPI 6.4, 20.2. Limits: the buffer of the caller; on overflow `is_full` is set and nothing more is
 * written.
 */
#ifndef FIRMWARE_AML_H
#define FIRMWARE_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aml {
	uint8_t *data;
	size_t size;
	size_t room;
	bool is_full;
};

/* Packages: begin gives the position that end needs; the length is filled in by end. */
size_t aml_scope_begin(struct aml *aml, const char *path); /* "\\_SB_" or a name of 4 characters */
size_t aml_device_begin(struct aml *aml, const char name[static 4]);
void aml_package_end(struct aml *aml, size_t begin);
void aml_name_string(struct aml *aml, const char name[static 4], const char *text);
void aml_name_integer(struct aml *aml, const char name[static 4], uint32_t value);
void aml_name_buffer(struct aml *aml, const char name[static 4], const void *data, size_t size);

#endif
