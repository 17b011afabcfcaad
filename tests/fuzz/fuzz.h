/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzz targets share: reading the input, checks that end the program, accesses to ports.
 *
 * A target is one file with LLVMFuzzerTestOneInput(): it builds its machine, decodes the input into accesses
 * and other events, and takes the machine down again, so that an input does the same each time. An input that
 * is used up reads as zeros; loops ask fuzz_more(). With clang it is a libFuzzer program, otherwise replay.c
 * runs the kept inputs.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For libFuzzer, and for replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_input {
	const uint8_t *at, *end;
};

/* A find: says what does not hold, and dies where libFuzzer sees it. */
#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);       \
			abort();                                                                             \
		}                                                                                            \
	} while (0)

static inline bool fuzz_more(const struct fuzz_input *input)
{
	return input->at < input->end;
}

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
	uint16_t low = fuzz_u8(input);

	return (uint16_t)(low | fuzz_u8(input) << 8);
}

static inline uint32_t fuzz_u32(struct fuzz_input *input)
{
	uint32_t low = fuzz_u16(input);

	return low | (uint32_t)fuzz_u16(input) << 16;
}

static inline uint64_t fuzz_u64(struct fuzz_input *input)
{
	uint64_t low = fuzz_u32(input);

	return low | (uint64_t)fuzz_u32(input) << 32;
}

/* A value of that many bytes, 1..8. */
static inline uint64_t fuzz_bytes(struct fuzz_input *input, unsigned size)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint64_t)fuzz_u8(input) << 8 * i;
	return value;
}

/* A value that is mostly small but may be anything of up to 32 bits: 1 to 5 bytes of input. */
uint32_t fuzz_varied(struct fuzz_input *input);

struct fake_clock;
struct io_bus;

/* One access of 1, 2 or 4 bytes: 1 byte of input says how, then which port, then the data. */
void fuzz_port_access(struct io_bus *bus, struct fuzz_input *input, const uint16_t *ports, size_t count);
/* Time goes on: by a little, by up to 4 s, or suddenly by up to 18 minutes. */
void fuzz_pass_time(struct fake_clock *clock, struct fuzz_input *input);
/* What a chip says is interrupt, power or reset goes here. */
void fuzz_ignore(void *opaque);

#endif
