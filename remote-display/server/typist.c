/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/typist.h"
#include "server/stream.h"

#include "keys/keys.h"
#include "ui/viewer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

struct rd_typist {
	const struct rd_input_target *target;
	void (*wake)(void *opaque);
	void *opaque;
	uint64_t next_ns;

	pthread_mutex_t lock; /* a leaf */
	uint32_t *characters; /* a ring of RD_TYPIST_MAX */
	size_t first, count;
};

/* --- text -------------------------------------------------------------------------------------------- */

/* The next character of a text that may be anything; 0: none. *at goes on. */
static uint32_t next_character(const unsigned char *text, size_t size, size_t *at)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	unsigned char first = text[(*at)++];
	unsigned more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t character = more ? first & (0x3fu >> more) : first;

	if ((first >= 0x80 && first < 0xc0) || first >= 0xf8)
		return 0;
	for (unsigned i = 0; i < more; i++) {
		if (*at == size || (text[*at] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (text[(*at)++] & 0x3f);
	}
	return character >= least[more] ? character : 0;
}

void rd_typist_add(struct rd_typist *typist, const char *utf8, size_t size)
{
	bool was_idle;
	size_t at = 0;

	pthread_mutex_lock(&typist->lock);
	was_idle = typist->count == 0;
	while (at < size && typist->count < RD_TYPIST_MAX) {
		uint32_t character = next_character((const unsigned char *)utf8, size, &at);

		/* Lines of Windows end in two characters, of which the first is none to type. */
		if (character && character != '\r')
			typist->characters[(typist->first + typist->count++) % RD_TYPIST_MAX] = character;
	}
	was_idle = was_idle && typist->count > 0;
	pthread_mutex_unlock(&typist->lock);
	if (was_idle)
		typist->wake(typist->opaque);
}

/* 0: none is left. */
static uint32_t take(struct rd_typist *typist)
{
	uint32_t character = 0;

	pthread_mutex_lock(&typist->lock);
	if (typist->count > 0) {
		character = typist->characters[typist->first];
		typist->first = (typist->first + 1) % RD_TYPIST_MAX;
		typist->count--;
	}
	pthread_mutex_unlock(&typist->lock);
	return character;
}

/* --- keys -------------------------------------------------------------------------------------------- */

static void key(const struct rd_typist *typist, uint16_t code, bool is_down)
{
	viewer_send(typist->target->machine, DISPLAY_KEY, code, is_down, 0, 0);
}

static bool type(const struct rd_typist *typist, uint32_t character)
{
	struct rd_stroke stroke;

	if (!rd_layout_stroke(typist->target->layout, character, &stroke))
		return false;
	if (stroke.modifiers & RD_SHIFT)
		key(typist, RD_KEY_LEFT_SHIFT, true);
	if (stroke.modifiers & RD_ALTGR)
		key(typist, RD_KEY_RIGHT_ALT, true);
	key(typist, stroke.code, true);
	key(typist, stroke.code, false);
	if (stroke.modifiers & RD_ALTGR)
		key(typist, RD_KEY_RIGHT_ALT, false);
	if (stroke.modifiers & RD_SHIFT)
		key(typist, RD_KEY_LEFT_SHIFT, false);
	return true;
}

int rd_typist_run(struct rd_typist *typist)
{
	uint64_t now = rd_now();
	uint32_t character;

	while (now >= typist->next_ns) {
		character = take(typist);
		if (!character)
			return -1;
		if (type(typist, character))
			typist->next_ns = now + RD_TYPIST_STROKE_MS * 1000000ull;
	}
	return (int)((typist->next_ns - now) / 1000000u) + 1;
}

/* --- life -------------------------------------------------------------------------------------------- */

int rd_typist_new(const struct rd_input_target *target, void (*wake)(void *opaque), void *opaque,
		  struct rd_typist **ret_typist)
{
	struct rd_typist *typist = calloc(1, sizeof(*typist));

	if (typist)
		typist->characters = malloc(RD_TYPIST_MAX * sizeof(uint32_t));
	if (!typist || !typist->characters) {
		free(typist);
		return -ENOMEM;
	}
	typist->target = target;
	typist->wake = wake;
	typist->opaque = opaque;
	pthread_mutex_init(&typist->lock, NULL);
	*ret_typist = typist;
	return 0;
}

struct rd_typist *rd_typist_free(struct rd_typist *typist)
{
	if (!typist)
		return NULL;
	pthread_mutex_destroy(&typist->lock);
	free(typist->characters);
	free(typist);
	return NULL;
}
