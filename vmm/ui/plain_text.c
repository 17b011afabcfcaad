/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/plain_text.h"

#include <stdbool.h>

static bool is_between(unsigned char byte, unsigned first, unsigned last)
{
	return byte >= first && byte <= last;
}

unsigned plain_text_stranger(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] == '\0')
		return 0;
	if (p[0] < 0x20 || p[0] == 0x7f)
		return 1;
	if ((p[0] == 0xc2 && is_between(p[1], 0x80, 0x9f)) || /* C1: 9b is CSI */
	    (p[0] == 0xd8 && p[1] == 0x9c))		      /* U+061C: Arabic letter mark */
		return 2;
	if (p[0] != 0xe2)
		return 0;
	if (p[1] == 0x80 &&
	    (is_between(p[2], 0x8e, 0x8f) || /* U+200E, U+200F: marks */
	     is_between(p[2], 0xa8, 0xae)))  /* U+2028...: ends of lines; U+202A...: embeddings */
		return 3;
	return p[1] == 0x81 && is_between(p[2], 0xa6, 0xa9) ? 3 : 0; /* U+2066...: isolates */
}

void plain_text_clean(char *text, char instead)
{
	char *out = text;

	while (*text) {
		unsigned size = plain_text_stranger(text);

		*out++ = size ? instead : *text;
		text += size ? size : 1;
	}
	*out = '\0';
}
