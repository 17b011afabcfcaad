/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of devices as bytes: one function of a device describes what it is made of, for both directions.
 *
 * Purpose    A device has `void x_state(struct x *x, struct state *state)`, which names its fields in order:
 *            state_u32(state, &x->count) writes the field, or reads it. What only reading needs (bounds, timers,
 *            lines) stands behind state_is_reading().
 * Layout     Sections, each with a name, a version, a length and a CRC-32C; numbers are little-endian. A section
 *            is found by its name; reading refuses one that is missing, that is left over, or of which bytes are left.
 * Trust      The bytes may come from a file: a reader never reads beyond a section, and the first thing that is
 *            wrong is kept as the reason; everything read after it is zero. So a device may read on, but must not
 *            act on what it read before it has asked state_is_good().
 * Threads    None of its own; the owner's.
 * Limits     STATE_BYTES_MAX in all, STATE_SECTIONS_MAX sections.
 */
#ifndef STATE_STATE_H
#define STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum state_limits {
	STATE_NAME_MAX = 48, /* with its NUL */
	STATE_BYTES_MAX = 128 << 20,
	STATE_SECTIONS_MAX = 512,
	STATE_REASON_MAX = 320,
};

struct state;

int state_writer_new(struct state **ret_state);
/* `bytes` outlive it. -EINVAL with the reason for what is no such thing; `reason` has STATE_REASON_MAX bytes. */
int state_reader_new(const void *bytes, size_t size, struct state **ret_state, char *reason);
struct state *state_free(struct state *state); /* NULL is fine; returns NULL */

static inline bool state_is_reading(const struct state *state)
{
	return *(const bool *)state; /* the first member */
}
/* Nothing was wrong so far. */
bool state_is_good(const struct state *state);
/* A part of a sentence on what was wrong first ("its section pic is too short"); NULL: nothing. */
const char *state_reason(const struct state *state);
/* What was read, or is to be written, makes no sense; only the first one counts. */
void state_refuse(struct state *state, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What was written; the state's. 0, or -ENOMEM, -EINVAL (refused). */
int state_finish_writing(struct state *state, const void **ret_bytes, size_t *ret_size);
/* All sections were read. -EINVAL otherwise, and for whatever was refused. */
int state_finish_reading(struct state *state);

/* Sections follow each other. Reading: true when it is there with a version of 1 to `version`. */
bool state_begin(struct state *state, const char *name, unsigned version);
void state_end(struct state *state);
/* Reading: whether there is such a section that was not read yet. */
bool state_has(const struct state *state, const char *name);
/* Of the section that was begun: the writer's. */
unsigned state_version(const struct state *state);

void state_bool(struct state *state, bool *value);
void state_u8(struct state *state, uint8_t *value);
void state_u16(struct state *state, uint16_t *value);
void state_u32(struct state *state, uint32_t *value);
void state_u64(struct state *state, uint64_t *value);
void state_i64(struct state *state, int64_t *value);
void state_i32(struct state *state, int32_t *value);
void state_bytes(struct state *state, void *bytes, size_t size);
/* Read values above `max` are refused, and read as 0: counts, indices, enums. */
void state_u32_max(struct state *state, uint32_t *value, uint32_t max);
void state_u16_max(struct state *state, uint16_t *value, uint16_t max);
void state_u8_max(struct state *state, uint8_t *value, uint8_t max);

/* For a field of an enum type, whose size is the compiler's business. */
#define state_enum_max(state, field, max)                                                                    \
	do {                                                                                                 \
		uint32_t state_value_ = (uint32_t) * (field);                                                \
		state_u32_max(state, &state_value_, (uint32_t)(max));                                        \
		*(field) = (__typeof__(*(field)))state_value_;                                               \
	} while (0)

/* Of a section that holds one piece of bytes, such as another format of its own: valid as long as the state. */
const void *state_rest(struct state *state, size_t *ret_size);

#endif
