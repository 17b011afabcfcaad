/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/text.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 1024 };

struct line {
	const char *at;
	size_t size; /* without its end */
};

static unsigned split(const char *text, struct line lines[ROWS_MAX])
{
	unsigned count = 0;

	while (*text && count < ROWS_MAX) {
		size_t size = strcspn(text, "\n");

		lines[count++] = (struct line){ text, size };
		text += size + (text[size] == '\n');
	}
	return count;
}

static bool is_same(const struct line *a, const struct line *b)
{
	return a->size == b->size && memcmp(a->at, b->at, a->size) == 0;
}

/* By how many lines the screen moved up: where most of the lines are again; the least of equals. */
static unsigned find_shift(const struct line *before, unsigned before_count, const struct line *now,
			   unsigned now_count)
{
	unsigned best = 0, most = 0;

	for (unsigned shift = 0; shift < before_count; shift++) {
		unsigned same = 0;

		for (unsigned i = 0; i < now_count && i + shift < before_count; i++)
			same += now[i].size > 0 && is_same(&now[i], &before[i + shift]);
		if (same > most) {
			most = same;
			best = shift;
		}
	}
	return best;
}

char *rd_text_news(const char *before, const char *now)
{
	struct line *lines = malloc(2 * sizeof(*lines) * ROWS_MAX), *old = lines, *new = lines + ROWS_MAX;
	char *out = malloc(strlen(now) + 2), *at = out;
	unsigned old_count, new_count, shift;

	if (!lines || !out) {
		free(lines);
		free(out);
		return NULL;
	}
	old_count = split(before, old);
	new_count = split(now, new);
	shift = find_shift(old, old_count, new, new_count);
	for (unsigned i = 0; i < new_count; i++) {
		bool was_there = i + shift < old_count && is_same(&new[i], &old[i + shift]);

		if (was_there || new[i].size == 0)
			continue;
		memcpy(at, new[i].at, new[i].size);
		at += new[i].size;
		*at++ = '\n';
	}
	*at = '\0';
	free(lines);
	return out;
}
