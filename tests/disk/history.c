/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "history.h"

#include <errno.h>

int history_init(struct history *history, uint64_t size, uint32_t sector)
{
	*history = (struct history){ .size = size, .sector = sector, .clock = 1 };
	history->sectors = calloc(size / sector, sizeof(*history->sectors));
	if (!history->sectors)
		return -ENOMEM;
	for (uint64_t i = 0; i < size / sector; i++) {
		struct sector_history *sector_history = &history->sectors[i];
		sector_history->room = 2;
		sector_history->versions = calloc(2, sizeof(struct version));
		sector_history->count = 1; /* zeros, always durable */
	}
	return 0;
}

void history_deinit(struct history *history)
{
	for (uint64_t i = 0; history->sectors && i < history->size / history->sector; i++)
		free(history->sectors[i].versions);
	free(history->sectors);
}

void history_begin(struct history *history, uint64_t offset, uint64_t length, uint32_t generation,
		   bool is_optional)
{
	for (uint64_t i = offset / history->sector; i < (offset + length) / history->sector; i++) {
		struct sector_history *sector = &history->sectors[i];
		if (sector->count == sector->room) {
			sector->room *= 2;
			sector->versions = realloc(sector->versions, sector->room * sizeof(struct version));
			if (!sector->versions)
				abort();
		}
		sector->versions[sector->count++] = (struct version){ .generation = generation,
								      .is_optional = is_optional,
								      .done_at = UINT64_MAX };
	}
}

void history_end(struct history *history, uint64_t offset, uint64_t length, uint32_t generation,
		 bool has_failed)
{
	uint64_t now = ++history->clock;
	for (uint64_t i = offset / history->sector; i < (offset + length) / history->sector; i++) {
		struct sector_history *sector = &history->sectors[i];
		for (uint32_t v = sector->count; v-- > 0;) {
			if (sector->versions[v].generation != generation ||
			    sector->versions[v].done_at != UINT64_MAX)
				continue;
			sector->versions[v].done_at = now;
			sector->versions[v].is_optional |= has_failed;
			break;
		}
	}
}

/* The newest version that must be there is the base; nothing before it may come back. */
static void drop_before(struct sector_history *sector, uint32_t base)
{
	memmove(sector->versions, sector->versions + base, (sector->count - base) * sizeof(struct version));
	sector->count -= base;
}

static void flush_sector(struct sector_history *sector, uint64_t since)
{
	for (uint32_t v = sector->count; v-- > 1;) {
		if (sector->versions[v].done_at <= since && !sector->versions[v].is_optional) {
			drop_before(sector, v);
			return;
		}
	}
}

void history_flushed(struct history *history, uint64_t since)
{
	for (uint64_t i = 0; i < history->size / history->sector; i++) {
		if (history->sectors[i].count > 1)
			flush_sector(&history->sectors[i], since);
	}
}

void history_durable(struct history *history, uint64_t offset, uint64_t length, uint32_t generation)
{
	for (uint64_t i = offset / history->sector; i < (offset + length) / history->sector; i++) {
		struct sector_history *sector = &history->sectors[i];
		for (uint32_t v = sector->count; v-- > 1;) {
			if (sector->versions[v].generation == generation) {
				drop_before(sector, v);
				break;
			}
		}
	}
}

uint32_t history_identify(const uint8_t *bytes, uint64_t offset, uint32_t sector)
{
	static const uint8_t zeros[4096];
	uint8_t expected[4096];
	uint64_t inverse = 1, value;
	if (!memcmp(bytes, zeros, sector))
		return HISTORY_ZERO;
	/* test_fill multiplies by an odd number: undo that (Newton) and the exclusive or. */
	for (unsigned i = 0; i < 6; i++)
		inverse *= 2 - 0x9e3779b97f4a7c15u * inverse;
	memcpy(&value, bytes, 8);
	uint64_t generation = (value * inverse ^ offset / 8) >> 40;
	test_fill(expected, offset, sector, generation);
	return memcmp(expected, bytes, sector) ? UINT32_MAX : (uint32_t)generation;
}

static bool is_allowed(const struct sector_history *sector, uint32_t generation, bool only_newest)
{
	for (uint32_t v = sector->count; v-- > 0;) {
		if (sector->versions[v].generation == generation)
			return true;
		if (only_newest && !sector->versions[v].is_optional)
			return false;
	}
	return false;
}

static void report(const struct history *history, uint64_t index, uint32_t generation, const char *when)
{
	const struct sector_history *sector = &history->sectors[index];
	fprintf(stderr, "%s: sector %llu holds generation %d; allowed:", when, (unsigned long long)index,
		(int)generation);
	for (uint32_t v = 0; v < sector->count; v++)
		fprintf(stderr, " %u%s", sector->versions[v].generation,
			sector->versions[v].is_optional ? "?" : "");
	fprintf(stderr, " (seed %llu)\n", (unsigned long long)test_seed);
}

static bool check_all(const struct history *history, struct disk *disk, bool only_newest, const char *when)
{
	enum { PIECE = 1 << 20 };
	uint8_t *buffer = malloc(PIECE);
	bool is_good = true;
	for (uint64_t at = 0; is_good && at < history->size; at += PIECE) {
		uint64_t length = history->size - at < PIECE ? history->size - at : PIECE;
		int error = disk_read(disk, at, buffer, length);
		if (error) {
			fprintf(stderr, "%s: read at %llu: %d\n", when, (unsigned long long)at, error);
			is_good = false;
		}
		for (uint64_t in = 0; is_good && in < length; in += history->sector) {
			uint64_t index = (at + in) / history->sector;
			uint32_t generation = history_identify(buffer + in, at + in, history->sector);
			is_good = is_allowed(&history->sectors[index], generation, only_newest);
			if (!is_good)
				report(history, index, generation, when);
		}
	}
	free(buffer);
	return is_good;
}

bool history_check(const struct history *history, struct disk *disk, const char *when)
{
	return check_all(history, disk, false, when);
}

bool history_check_newest(const struct history *history, struct disk *disk, const char *when)
{
	return check_all(history, disk, true, when);
}
