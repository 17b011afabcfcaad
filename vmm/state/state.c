/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A writer is a buffer that grows; a reader a table of sections over the caller's bytes. */
#include "state/state.h"

#include "disk/crc32c.h"
#include "disk/wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before each section: its name, filled with zeros; version, length, checksum of the content, of this head. */
enum {
	HEAD_VERSION = STATE_NAME_MAX,
	HEAD_LENGTH = HEAD_VERSION + 4,
	HEAD_CHECKSUM = HEAD_LENGTH + 4,
	HEAD_OWN_CHECKSUM = HEAD_CHECKSUM + 4,
	HEAD_SIZE = HEAD_OWN_CHECKSUM + 4,
	FIRST_BYTES = 64 << 10,
};

struct section {
	char name[STATE_NAME_MAX];
	unsigned version;
	const uint8_t *bytes;
	size_t size;
	bool is_read;
};

struct state {
	bool is_reading; /* first: state_is_reading() */
	int error;	 /* -EINVAL or -ENOMEM */
	char reason[STATE_REASON_MAX];
	char name[STATE_NAME_MAX]; /* of the section that was begun; "": none */
	unsigned version;

	uint8_t *buffer; /* the writer's */
	size_t used, room, head;

	struct section *sections; /* the reader's */
	unsigned count;
	const uint8_t *at;
	size_t left;
};

bool state_is_good(const struct state *state)
{
	return state->error == 0;
}

const char *state_reason(const struct state *state)
{
	return state->error ? state->reason : NULL;
}

void state_refuse(struct state *state, const char *format, ...)
{
	char text[200];
	va_list args;

	if (state->error)
		return;
	state->error = -EINVAL;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (state->name[0])
		snprintf(state->reason, sizeof(state->reason), "its section %s %s", state->name, text);
	else
		snprintf(state->reason, sizeof(state->reason), "%s", text);
}

/* --- the writer ---------------------------------------------------------------------------------------- */

int state_writer_new(struct state **ret_state)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	*ret_state = state;
	return 0;
}

static uint8_t *reserve(struct state *state, size_t size)
{
	size_t room = state->room ? state->room : FIRST_BYTES;
	uint8_t *buffer;

	if (state->error)
		return NULL;
	if (size > STATE_BYTES_MAX - state->used) {
		state_refuse(state, "is too large");
		return NULL;
	}
	while (room < state->used + size)
		room *= 2;
	if (room > state->room) {
		buffer = realloc(state->buffer, room);
		if (!buffer) {
			state_refuse(state, "finds no memory");
			state->error = -ENOMEM;
			return NULL;
		}
		state->buffer = buffer;
		state->room = room;
	}
	state->used += size;
	return state->buffer + state->used - size;
}

static void begin_writing(struct state *state, unsigned version)
{
	uint8_t *head;

	state->head = state->used;
	head = reserve(state, HEAD_SIZE);
	if (!head)
		return;
	memset(head, 0, HEAD_SIZE);
	memcpy(head, state->name, STATE_NAME_MAX);
	put_le32(head + HEAD_VERSION, version);
}

static void end_writing(struct state *state)
{
	size_t size = state->used - state->head - HEAD_SIZE;
	uint8_t *head = state->buffer + state->head;

	if (state->error)
		return;
	put_le32(head + HEAD_LENGTH, (uint32_t)size);
	put_le32(head + HEAD_CHECKSUM, crc32c(0, head + HEAD_SIZE, size));
	put_le32(head + HEAD_OWN_CHECKSUM, crc32c(0, head, HEAD_OWN_CHECKSUM));
}

int state_finish_writing(struct state *state, const void **ret_bytes, size_t *ret_size)
{
	if (state->error)
		return state->error;
	*ret_bytes = state->buffer;
	*ret_size = state->used;
	return 0;
}

/* --- the reader ---------------------------------------------------------------------------------------- */

static bool is_name(const uint8_t *name)
{
	size_t size = strnlen((const char *)name, STATE_NAME_MAX);

	for (size_t i = 0; i < size; i++)
		if (name[i] < ' ' || name[i] > '~')
			return false;
	return size > 0 && size < STATE_NAME_MAX;
}

/* One section's head and content; the size of both, or 0. */
static size_t find_section(struct state *state, const uint8_t *head, size_t left)
{
	struct section *section = &state->sections[state->count];
	uint32_t size;

	if (left < HEAD_SIZE || get_le32(head + HEAD_OWN_CHECKSUM) != crc32c(0, head, HEAD_OWN_CHECKSUM) ||
	    !is_name(head)) {
		state_refuse(state, "it is damaged where a section should begin");
		return 0;
	}
	memcpy(section->name, head, STATE_NAME_MAX);
	section->version = get_le32(head + HEAD_VERSION);
	size = get_le32(head + HEAD_LENGTH);
	section->bytes = head + HEAD_SIZE;
	section->size = size;
	if (size > left - HEAD_SIZE || crc32c(0, section->bytes, size) != get_le32(head + HEAD_CHECKSUM)) {
		state_refuse(state, "its section %s is damaged", section->name);
		return 0;
	}
	state->count++;
	return HEAD_SIZE + size;
}

static struct section *section_by_name(const struct state *state, const char *name)
{
	for (unsigned i = 0; i < state->count; i++)
		if (strcmp(state->sections[i].name, name) == 0 && !state->sections[i].is_read)
			return &state->sections[i];
	return NULL;
}

int state_reader_new(const void *bytes, size_t size, struct state **ret_state, char *reason)
{
	struct state *state = calloc(1, sizeof(*state));
	const uint8_t *at = bytes;
	size_t taken = 1;

	if (state)
		state->sections = calloc(STATE_SECTIONS_MAX, sizeof(*state->sections));
	if (!state || !state->sections) {
		snprintf(reason, STATE_REASON_MAX, "there is no memory to read it");
		state_free(state);
		return -ENOMEM;
	}
	state->is_reading = true;
	if (size > STATE_BYTES_MAX)
		state_refuse(state, "it is too large");
	for (; state->error == 0 && size > 0 && taken > 0; at += taken, size -= taken) {
		if (state->count == STATE_SECTIONS_MAX)
			state_refuse(state, "it has too many sections");
		taken = state->error ? 0 : find_section(state, at, size);
	}
	if (state->error) {
		snprintf(reason, STATE_REASON_MAX, "%s", state->reason);
		state_free(state);
		return -EINVAL;
	}
	*ret_state = state;
	return 0;
}

static bool begin_reading(struct state *state, unsigned version)
{
	struct section *section = section_by_name(state, state->name);

	state->left = 0;
	if (state->error)
		return false;
	if (!section) {
		state_refuse(state, "is missing");
		return false;
	}
	section->is_read = true;
	if (section->version == 0 || section->version > version) {
		state_refuse(state, "is of version %u, which this version of Bulkhead does not know",
			     section->version);
		return false;
	}
	state->version = section->version;
	state->at = section->bytes;
	state->left = section->size;
	return true;
}

int state_finish_reading(struct state *state)
{
	for (unsigned i = 0; i < state->count; i++)
		if (!state->sections[i].is_read)
			state_refuse(state, "it has a section %s, of which this machine knows nothing",
				     state->sections[i].name);
	return state->error;
}

bool state_has(const struct state *state, const char *name)
{
	return section_by_name(state, name) != NULL;
}

/* --- both ---------------------------------------------------------------------------------------------- */

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;
	free(state->sections);
	free(state->buffer);
	free(state);
	return NULL;
}

bool state_begin(struct state *state, const char *name, unsigned version)
{
	memset(state->name, 0, sizeof(state->name));
	snprintf(state->name, sizeof(state->name), "%s", name);
	state->version = version;
	if (state->is_reading)
		return begin_reading(state, version);
	begin_writing(state, version);
	return state->error == 0;
}

void state_end(struct state *state)
{
	if (!state->is_reading)
		end_writing(state);
	else if (state->left > 0)
		state_refuse(state, "is longer than it should be");
	memset(state->name, 0, sizeof(state->name));
	state->left = 0;
}

unsigned state_version(const struct state *state)
{
	return state->version;
}

void state_bytes(struct state *state, void *bytes, size_t size)
{
	uint8_t *to;

	if (!state->is_reading) {
		to = reserve(state, size);
		if (to && size > 0)
			memcpy(to, bytes, size);
		return;
	}
	if (size > state->left)
		state_refuse(state, "is too short");
	if (state->error) {
		memset(bytes, 0, size);
		return;
	}
	memcpy(bytes, state->at, size);
	state->at += size;
	state->left -= size;
}

const void *state_rest(struct state *state, size_t *ret_size)
{
	const void *bytes = state->at;

	*ret_size = state->left;
	state->left = 0;
	return state->error ? NULL : bytes;
}

void state_u64(struct state *state, uint64_t *value)
{
	uint8_t bytes[8];

	put_le64(bytes, *value);
	state_bytes(state, bytes, sizeof(bytes));
	*value = get_le64(bytes);
}

void state_u32(struct state *state, uint32_t *value)
{
	uint8_t bytes[4];

	put_le32(bytes, *value);
	state_bytes(state, bytes, sizeof(bytes));
	*value = get_le32(bytes);
}

void state_u16(struct state *state, uint16_t *value)
{
	uint8_t bytes[2];

	put_le16(bytes, *value);
	state_bytes(state, bytes, sizeof(bytes));
	*value = get_le16(bytes);
}

void state_u8(struct state *state, uint8_t *value)
{
	state_bytes(state, value, 1);
}

void state_i64(struct state *state, int64_t *value)
{
	uint64_t bits = (uint64_t)*value;

	state_u64(state, &bits);
	*value = (int64_t)bits;
}

void state_i32(struct state *state, int32_t *value)
{
	uint32_t bits = (uint32_t)*value;

	state_u32(state, &bits);
	*value = (int32_t)bits;
}

void state_bool(struct state *state, bool *value)
{
	uint8_t byte = state->is_reading ? 0 : *value; /* a reader's may be no bool yet */

	state_u8_max(state, &byte, 1);
	*value = byte;
}

static bool is_too_large(struct state *state, uint64_t value, uint64_t max)
{
	if (value > max)
		state_refuse(state, "has %llu where at most %llu is possible", (unsigned long long)value,
			     (unsigned long long)max);
	return value > max;
}

void state_u32_max(struct state *state, uint32_t *value, uint32_t max)
{
	state_u32(state, value);
	if (is_too_large(state, *value, max))
		*value = 0;
}

void state_u16_max(struct state *state, uint16_t *value, uint16_t max)
{
	state_u16(state, value);
	if (is_too_large(state, *value, max))
		*value = 0;
}

void state_u8_max(struct state *state, uint8_t *value, uint8_t max)
{
	state_u8(state, value);
	if (is_too_large(state, *value, max))
		*value = 0;
}
