/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text/text.h"

#include <stdlib.h>

static char *put_utf8(char *at, uint32_t c)
{
	if (c < 0x80) {
		*at++ = (char)c;
	} else if (c < 0x800) {
		*at++ = (char)(0xc0 | c >> 6);
		*at++ = (char)(0x80 | (c & 0x3f));
	} else {
		*at++ = (char)(0xe0 | (c >> 12 & 0x0f));
		*at++ = (char)(0x80 | (c >> 6 & 0x3f));
		*at++ = (char)(0x80 | (c & 0x3f));
	}
	return at;
}

char *rd_text_format(const struct rd_text *text)
{
	char *out = malloc((size_t)text->rows * (text->columns * 3 + 1) + 1), *at = out;

	if (!out)
		return NULL;
	for (unsigned row = 0; row < text->rows; row++) {
		const struct rd_text_cell *cells = text->cells + (size_t)row * text->columns;
		unsigned end = text->columns;

		while (end > 0 && cells[end - 1].character == ' ')
			end--;
		for (unsigned i = 0; i < end; i++)
			at = put_utf8(at, cells[i].character);
		*at++ = '\n';
	}
	*at = '\0';
	return out;
}
