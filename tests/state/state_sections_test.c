/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections are what was written, each damage is refused with a reason, and no reader reads beyond its section. */
#include "state/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned checks, failures;

#define CHECK(condition)                                                                                     \
	do {                                                                                                 \
		checks++;                                                                                    \
		if (!(condition)) {                                                                          \
			failures++;                                                                          \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
		}                                                                                            \
	} while (0)

struct thing {
	bool flag;
	uint8_t a;
	uint16_t b;
	uint32_t c;
	uint64_t d;
	int64_t e;
	int32_t f;
	uint8_t bytes[5];
	enum { ONE, TWO, THREE } kind;
};

static void thing_state(struct thing *thing, struct state *state, const char *name)
{
	if (!state_begin(state, name, 2))
		return;
	state_bool(state, &thing->flag);
	state_u8(state, &thing->a);
	state_u16(state, &thing->b);
	state_u32(state, &thing->c);
	state_u64(state, &thing->d);
	state_i64(state, &thing->e);
	state_i32(state, &thing->f);
	state_bytes(state, thing->bytes, sizeof(thing->bytes));
	state_enum_max(state, &thing->kind, THREE);
	state_end(state);
}

static const struct thing sample = { true, 1, 2, 3, UINT64_MAX - 4, -5, -6, { 7, 8, 9, 10, 11 }, THREE };

/* "first" and "second", as bytes of their own. */
static uint8_t *write_sample(size_t *ret_size)
{
	struct thing thing = sample;
	struct state *state;
	const void *bytes;
	uint8_t *copy;

	if (state_writer_new(&state) < 0)
		abort();
	thing_state(&thing, state, "first");
	thing_state(&thing, state, "second");
	if (state_finish_writing(state, &bytes, ret_size) < 0)
		abort();
	copy = malloc(*ret_size);
	memcpy(copy, bytes, *ret_size);
	state_free(state);
	return copy;
}

static void test_there_and_back(const uint8_t *bytes, size_t size)
{
	struct thing first = { 0 }, second = { 0 };
	char reason[STATE_REASON_MAX];
	struct state *state;

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	CHECK(state_has(state, "second") && !state_has(state, "third"));
	thing_state(&second, state, "second"); /* in any order */
	CHECK(!state_has(state, "second"));
	thing_state(&first, state, "first");
	CHECK(state_finish_reading(state) == 0 && !state_reason(state));
	CHECK(memcmp(&first, &sample, sizeof(first)) == 0 && memcmp(&second, &sample, sizeof(second)) == 0);
	state_free(state);
}

/* What a reader that wants something else hears. */
static void test_refusals(const uint8_t *bytes, size_t size)
{
	struct thing thing = { 0 };
	char reason[STATE_REASON_MAX];
	uint64_t word;
	struct state *state;

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	thing_state(&thing, state, "first");
	CHECK(state_finish_reading(state) < 0 && strstr(state_reason(state), "second"));
	state_free(state);

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	thing_state(&thing, state, "third");
	CHECK(!state_is_good(state) && strcmp(state_reason(state), "its section third is missing") == 0);
	state_free(state);

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	CHECK(!state_begin(state, "first", 1) && strstr(state_reason(state), "of version 2"));
	state_free(state);

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	CHECK(state_begin(state, "first", 2));
	state_end(state);
	CHECK(strstr(state_reason(state), "first is longer"));
	state_free(state);

	CHECK(state_reader_new(bytes, size, &state, reason) == 0);
	CHECK(state_begin(state, "first", 2));
	for (unsigned i = 0; i < 100; i++) {
		word = 1;
		state_u64(state, &word);
	}
	CHECK(word == 0 && strstr(state_reason(state), "first is too short"));
	state_free(state);
}

static void test_bounds(void)
{
	uint32_t value = 9;
	char reason[STATE_REASON_MAX];
	struct state *writer, *reader;
	const void *bytes;
	size_t size;

	CHECK(state_writer_new(&writer) == 0);
	state_begin(writer, "numbers", 1);
	state_u32(writer, &value);
	state_end(writer);
	CHECK(state_finish_writing(writer, &bytes, &size) == 0);
	CHECK(state_reader_new(bytes, size, &reader, reason) == 0);
	state_begin(reader, "numbers", 1);
	state_u32_max(reader, &value, 8);
	CHECK(value == 0 &&
	      strcmp(state_reason(reader), "its section numbers has 9 where at most 8 is possible") == 0);
	state_free(reader);
	state_free(writer);
}

/* A writer is held to the same bounds: what it could not take back, it does not write. */
static void test_writer_refuses(void)
{
	struct state *writer;
	const void *bytes;
	uint32_t value = 9;
	size_t size;

	CHECK(state_writer_new(&writer) == 0);
	state_begin(writer, "numbers", 1);
	state_u32_max(writer, &value, 8);
	state_end(writer);
	CHECK(state_finish_writing(writer, &bytes, &size) < 0);
	state_free(writer);
}

/* Each bit counts, and each byte that is missing. */
static void test_damage(const uint8_t *bytes, size_t size)
{
	char reason[STATE_REASON_MAX];
	uint8_t *copy = malloc(size);
	struct state *state;

	for (size_t bit = 0; bit < size * 8; bit++) {
		memcpy(copy, bytes, size);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (state_reader_new(copy, size, &state, reason) != 0)
			continue;
		printf("bit %zu is not missed\n", bit);
		failures++;
		state_free(state);
	}
	checks += (unsigned)size * 8;
	for (size_t cut = 1; cut < size; cut++) {
		uint8_t *exact = malloc(cut); /* so that sanitizers see what is read beyond */
		struct thing thing = { 0 };

		memcpy(exact, bytes, cut);
		checks++;
		if (state_reader_new(exact, cut, &state, reason) == 0) {
			thing_state(&thing, state, "first");
			thing_state(&thing, state, "second");
			if (state_finish_reading(state) == 0) {
				printf("cut at %zu is not noticed\n", cut);
				failures++;
			}
			state_free(state);
		}
		free(exact);
	}
	free(copy);
}

int main(void)
{
	size_t size;
	uint8_t *bytes = write_sample(&size);

	test_there_and_back(bytes, size);
	test_refusals(bytes, size);
	test_bounds();
	test_writer_refuses();
	test_damage(bytes, size);
	free(bytes);
	printf("%u checks, %u failed\n", checks, failures);
	return failures > 0;
}
