/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/screen_reader.h"

#include "text/text.h"
#include "ui/screen_text.h"

#include <stdlib.h>
#include <string.h>

struct screen_reader {
	struct rd_fonts fonts;
	struct rd_text_reader *text; /* NULL until a screen in a graphics mode comes */
};

struct screen_reader *screen_reader_new(void)
{
	struct screen_reader *reader = calloc(1, sizeof(*reader));

	if (reader)
		rd_fonts_init(&reader->fonts);
	return reader;
}

struct screen_reader *screen_reader_free(struct screen_reader *reader)
{
	if (!reader)
		return NULL;
	rd_text_reader_free(reader->text);
	rd_fonts_deinit(&reader->fonts);
	free(reader);
	return NULL;
}

static char *read_pixels(struct screen_reader *reader, const struct screen *screen)
{
	struct rd_picture picture = { screen->pixels, screen->mode.width, screen->mode.height,
				      screen->mode.width };
	const struct rd_text *text;

	if (!reader->text) {
		rd_fonts_add_installed(&reader->fonts);
		reader->text = rd_text_reader_new(&reader->fonts);
	}
	if (!reader->text || rd_text_reader_read(reader->text, &picture, &text) < 0)
		return NULL;
	return rd_text_format(text);
}

char *screen_reader_read(struct screen_reader *reader, const struct screen *screen)
{
	if (screen->mode.kind == FRAMEBUFFER_GRAPHICS && screen->pixels && screen->mode.width &&
	    screen->mode.height)
		return read_pixels(reader, screen);
	return screen_text(screen);
}
