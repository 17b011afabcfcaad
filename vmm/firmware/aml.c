/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "firmware/aml.h"

#include <string.h>

enum aml_opcode {
	AML_NAME = 0x08,
	AML_DWORD = 0x0c,
	AML_STRING = 0x0d,
	AML_SCOPE = 0x10,
	AML_BUFFER = 0x11,
	AML_EXTENDED = 0x5b,
	AML_DEVICE = 0x82,
};

enum { PACKAGE_LENGTH_BYTES = 3, PACKAGE_LENGTH_MAX = (1 << 20) - 1 };

static void put(struct aml *aml, const void *data, size_t size)
{
	if (aml->is_full || size > aml->room - aml->size) {
		aml->is_full = true;
		return;
	}
	memcpy(aml->data + aml->size, data, size);
	aml->size += size;
}

static void put_byte(struct aml *aml, uint8_t byte)
{
	put(aml, &byte, 1);
}

/* The length is always written in its form of three bytes: simple, and long enough (20.2.4). */
static size_t package_begin(struct aml *aml)
{
	size_t begin = aml->size;

	put(aml, "\0\0\0", PACKAGE_LENGTH_BYTES);
	return begin;
}

void aml_package_end(struct aml *aml, size_t begin)
{
	size_t length = aml->size - begin;

	if (aml->is_full || length > PACKAGE_LENGTH_MAX) {
		aml->is_full = true;
		return;
	}
	aml->data[begin] = (uint8_t)((PACKAGE_LENGTH_BYTES - 1) << 6 | (length & 0xf));
	aml->data[begin + 1] = (uint8_t)(length >> 4);
	aml->data[begin + 2] = (uint8_t)(length >> 12);
}

size_t aml_scope_begin(struct aml *aml, const char *path)
{
	size_t begin;

	put_byte(aml, AML_SCOPE);
	begin = package_begin(aml);
	put(aml, path, strlen(path));
	return begin;
}

size_t aml_device_begin(struct aml *aml, const char name[static 4])
{
	size_t begin;

	put_byte(aml, AML_EXTENDED);
	put_byte(aml, AML_DEVICE);
	begin = package_begin(aml);
	put(aml, name, 4);
	return begin;
}

void aml_name_string(struct aml *aml, const char name[static 4], const char *text)
{
	put_byte(aml, AML_NAME);
	put(aml, name, 4);
	put_byte(aml, AML_STRING);
	put(aml, text, strlen(text) + 1);
}

void aml_name_integer(struct aml *aml, const char name[static 4], uint32_t value)
{
	uint8_t bytes[5] = { AML_DWORD, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
			     (uint8_t)(value >> 24) };

	put_byte(aml, AML_NAME);
	put(aml, name, 4);
	put(aml, bytes, sizeof(bytes));
}

void aml_name_buffer(struct aml *aml, const char name[static 4], const void *data, size_t size)
{
	uint8_t length[5] = { AML_DWORD, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)(size >> 16),
			      (uint8_t)(size >> 24) };
	size_t begin;

	put_byte(aml, AML_NAME);
	put(aml, name, 4);
	put_byte(aml, AML_BUFFER);
	begin = package_begin(aml);
	put(aml, length, sizeof(length));
	put(aml, data, size);
	aml_package_end(aml, begin);
}
