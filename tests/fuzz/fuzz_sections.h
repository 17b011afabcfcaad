/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For targets of saved states: changes the content of sections as the input says, and makes their checksums right. */
#ifndef TESTS_FUZZ_FUZZ_SECTIONS_H
#define TESTS_FUZZ_FUZZ_SECTIONS_H

#include "fuzz.h"

#include "disk/crc32c.h"
#include "state/state.h"

enum { FUZZ_SECTION_HEAD = STATE_NAME_MAX + 16, FUZZ_SECTION_REACH = 1024 };

/* What the checksums would notice is another test's. */
static inline void fuzz_section(uint8_t *bytes, size_t size, struct fuzz_input *input)
{
	unsigned changes = fuzz_u8(input) % 16;

	for (unsigned i = 0; i < changes; i++) {
		size_t at = fuzz_u16(input) % size;

		bytes[at] = fuzz_u8(input);
	}
}

/* One section, or all of them. */
static inline void fuzz_sections(uint8_t *bytes, size_t size, struct fuzz_input *input)
{
	uint8_t wanted = fuzz_u8(input);
	unsigned number = 0;
	uint32_t length, checksum;

	for (size_t at = 0; at + FUZZ_SECTION_HEAD <= size; at += FUZZ_SECTION_HEAD + length, number++) {
		uint8_t *head = bytes + at, *content = head + FUZZ_SECTION_HEAD;

		memcpy(&length, head + STATE_NAME_MAX + 4, 4);
		if (length == 0 || (number != wanted % 24 && wanted < 200))
			continue;
		fuzz_section(content, length < FUZZ_SECTION_REACH ? length : FUZZ_SECTION_REACH, input);
		checksum = crc32c(0, content, length);
		memcpy(head + STATE_NAME_MAX + 8, &checksum, 4);
		checksum = crc32c(0, head, STATE_NAME_MAX + 12);
		memcpy(head + STATE_NAME_MAX + 12, &checksum, 4);
	}
}

#endif
