/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "keys/keys.h"

#include <string.h>

/* What one key writes alone, with Shift, and with AltGr (or Alt Gr and Shift never: 0). */
struct label {
	uint8_t code;
	uint16_t plain, shift, altgr;
};

struct rd_layout {
	const char *name;
	const struct label *labels;
	size_t count;
};

#define LETTER(code, letter)                                                                                 \
	{                                                                                                    \
		code, letter, (letter) - 'a' + 'A', 0                                                        \
	}
#define LAYOUT(name, labels)                                                                                 \
	{                                                                                                    \
		name, labels, sizeof(labels) / sizeof(labels[0])                                             \
	}

static const struct label us[] = {
	{ 0x02, '1', '!', 0 },	{ 0x03, '2', '@', 0 }, { 0x04, '3', '#', 0 },  { 0x05, '4', '$', 0 },
	{ 0x06, '5', '%', 0 },	{ 0x07, '6', '^', 0 }, { 0x08, '7', '&', 0 },  { 0x09, '8', '*', 0 },
	{ 0x0a, '9', '(', 0 },	{ 0x0b, '0', ')', 0 }, { 0x0c, '-', '_', 0 },  { 0x0d, '=', '+', 0 },
	LETTER(0x10, 'q'),	LETTER(0x11, 'w'),     LETTER(0x12, 'e'),      LETTER(0x13, 'r'),
	LETTER(0x14, 't'),	LETTER(0x15, 'y'),     LETTER(0x16, 'u'),      LETTER(0x17, 'i'),
	LETTER(0x18, 'o'),	LETTER(0x19, 'p'),     { 0x1a, '[', '{', 0 },  { 0x1b, ']', '}', 0 },
	LETTER(0x1e, 'a'),	LETTER(0x1f, 's'),     LETTER(0x20, 'd'),      LETTER(0x21, 'f'),
	LETTER(0x22, 'g'),	LETTER(0x23, 'h'),     LETTER(0x24, 'j'),      LETTER(0x25, 'k'),
	LETTER(0x26, 'l'),	{ 0x27, ';', ':', 0 }, { 0x28, '\'', '"', 0 }, { 0x29, '`', '~', 0 },
	{ 0x2b, '\\', '|', 0 }, LETTER(0x2c, 'z'),     LETTER(0x2d, 'x'),      LETTER(0x2e, 'c'),
	LETTER(0x2f, 'v'),	LETTER(0x30, 'b'),     LETTER(0x31, 'n'),      LETTER(0x32, 'm'),
	{ 0x33, ',', '<', 0 },	{ 0x34, '.', '>', 0 }, { 0x35, '/', '?', 0 },  { 0x39, ' ', 0, 0 },
};

static const struct label gb[] = {
	{ 0x02, '1', '!', 0 },	{ 0x03, '2', '"', 0 }, { 0x04, '3', 0xa3, 0 }, { 0x05, '4', '$', 0x20ac },
	{ 0x06, '5', '%', 0 },	{ 0x07, '6', '^', 0 }, { 0x08, '7', '&', 0 },  { 0x09, '8', '*', 0 },
	{ 0x0a, '9', '(', 0 },	{ 0x0b, '0', ')', 0 }, { 0x0c, '-', '_', 0 },  { 0x0d, '=', '+', 0 },
	LETTER(0x10, 'q'),	LETTER(0x11, 'w'),     LETTER(0x12, 'e'),      LETTER(0x13, 'r'),
	LETTER(0x14, 't'),	LETTER(0x15, 'y'),     LETTER(0x16, 'u'),      LETTER(0x17, 'i'),
	LETTER(0x18, 'o'),	LETTER(0x19, 'p'),     { 0x1a, '[', '{', 0 },  { 0x1b, ']', '}', 0 },
	LETTER(0x1e, 'a'),	LETTER(0x1f, 's'),     LETTER(0x20, 'd'),      LETTER(0x21, 'f'),
	LETTER(0x22, 'g'),	LETTER(0x23, 'h'),     LETTER(0x24, 'j'),      LETTER(0x25, 'k'),
	LETTER(0x26, 'l'),	{ 0x27, ';', ':', 0 }, { 0x28, '\'', '@', 0 }, { 0x29, '`', 0xac, 0xa6 },
	{ 0x2b, '#', '~', 0 },	LETTER(0x2c, 'z'),     LETTER(0x2d, 'x'),      LETTER(0x2e, 'c'),
	LETTER(0x2f, 'v'),	LETTER(0x30, 'b'),     LETTER(0x31, 'n'),      LETTER(0x32, 'm'),
	{ 0x33, ',', '<', 0 },	{ 0x34, '.', '>', 0 }, { 0x35, '/', '?', 0 },  { 0x39, ' ', 0, 0 },
	{ 0x56, '\\', '|', 0 },
};

static const struct label de[] = {
	{ 0x02, '1', '!', 0 },	  { 0x03, '2', '"', 0xb2 },   { 0x04, '3', 0xa7, 0xb3 },
	{ 0x05, '4', '$', 0 },	  { 0x06, '5', '%', 0 },      { 0x07, '6', '&', 0 },
	{ 0x08, '7', '/', '{' },  { 0x09, '8', '(', '[' },    { 0x0a, '9', ')', ']' },
	{ 0x0b, '0', '=', '}' },  { 0x0c, 0xdf, '?', '\\' },  { 0x10, 'q', 'Q', '@' },
	LETTER(0x11, 'w'),	  { 0x12, 'e', 'E', 0x20ac }, LETTER(0x13, 'r'),
	LETTER(0x14, 't'),	  LETTER(0x15, 'z'),	      LETTER(0x16, 'u'),
	LETTER(0x17, 'i'),	  LETTER(0x18, 'o'),	      LETTER(0x19, 'p'),
	{ 0x1a, 0xfc, 0xdc, 0 },  { 0x1b, '+', '*', '~' },    LETTER(0x1e, 'a'),
	LETTER(0x1f, 's'),	  LETTER(0x20, 'd'),	      LETTER(0x21, 'f'),
	LETTER(0x22, 'g'),	  LETTER(0x23, 'h'),	      LETTER(0x24, 'j'),
	LETTER(0x25, 'k'),	  LETTER(0x26, 'l'),	      { 0x27, 0xf6, 0xd6, 0 },
	{ 0x28, 0xe4, 0xc4, 0 },  { 0x29, 0, 0xb0, 0 },	      { 0x2b, '#', '\'', 0 },
	LETTER(0x2c, 'y'),	  LETTER(0x2d, 'x'),	      LETTER(0x2e, 'c'),
	LETTER(0x2f, 'v'),	  LETTER(0x30, 'b'),	      LETTER(0x31, 'n'),
	{ 0x32, 'm', 'M', 0xb5 }, { 0x33, ',', ';', 0 },      { 0x34, '.', ':', 0 },
	{ 0x35, '-', '_', 0 },	  { 0x39, ' ', 0, 0 },	      { 0x56, '<', '>', '|' },
};

static const struct label fr[] = {
	{ 0x02, '&', '1', 0 },	  { 0x03, 0xe9, '2', 0 },    { 0x04, '"', '3', '#' },
	{ 0x05, '\'', '4', '{' }, { 0x06, '(', '5', '[' },   { 0x07, '-', '6', '|' },
	{ 0x08, 0xe8, '7', 0 },	  { 0x09, '_', '8', '\\' },  { 0x0a, 0xe7, '9', '^' },
	{ 0x0b, 0xe0, '0', '@' }, { 0x0c, ')', 0xb0, ']' },  { 0x0d, '=', '+', '}' },
	LETTER(0x10, 'a'),	  LETTER(0x11, 'z'),	     { 0x12, 'e', 'E', 0x20ac },
	LETTER(0x13, 'r'),	  LETTER(0x14, 't'),	     LETTER(0x15, 'y'),
	LETTER(0x16, 'u'),	  LETTER(0x17, 'i'),	     LETTER(0x18, 'o'),
	LETTER(0x19, 'p'),	  { 0x1b, '$', 0xa3, 0xa4 }, LETTER(0x1e, 'q'),
	LETTER(0x1f, 's'),	  LETTER(0x20, 'd'),	     LETTER(0x21, 'f'),
	LETTER(0x22, 'g'),	  LETTER(0x23, 'h'),	     LETTER(0x24, 'j'),
	LETTER(0x25, 'k'),	  LETTER(0x26, 'l'),	     LETTER(0x27, 'm'),
	{ 0x28, 0xf9, '%', 0 },	  { 0x29, 0xb2, 0, 0 },	     { 0x2b, '*', 0xb5, 0 },
	LETTER(0x2c, 'w'),	  LETTER(0x2d, 'x'),	     LETTER(0x2e, 'c'),
	LETTER(0x2f, 'v'),	  LETTER(0x30, 'b'),	     LETTER(0x31, 'n'),
	{ 0x32, ',', '?', 0 },	  { 0x33, ';', '.', 0 },     { 0x34, ':', '/', 0 },
	{ 0x35, '!', 0xa7, 0 },	  { 0x39, ' ', 0, 0 },	     { 0x56, '<', '>', 0 },
};

static const struct rd_layout layouts[] = { LAYOUT("us", us), LAYOUT("gb", gb), LAYOUT("de", de),
					    LAYOUT("fr", fr) };

const char *rd_layout_name(unsigned index)
{
	return index < sizeof(layouts) / sizeof(layouts[0]) ? layouts[index].name : NULL;
}

const struct rd_layout *rd_layout_find(const char *name)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (strcmp(layouts[i].name, name) == 0)
			return &layouts[i];
	return NULL;
}

bool rd_layout_stroke(const struct rd_layout *layout, uint32_t character, struct rd_stroke *ret_stroke)
{
	if (character == '\n' || character == '\r' || character == '\t') {
		*ret_stroke = (struct rd_stroke){ character == '\t' ? RD_KEY_TAB : RD_KEY_ENTER, 0 };
		return true;
	}
	for (size_t i = 0; character != 0 && i < layout->count; i++) {
		const struct label *label = &layout->labels[i];

		if (label->plain == character)
			*ret_stroke = (struct rd_stroke){ label->code, 0 };
		else if (label->shift == character)
			*ret_stroke = (struct rd_stroke){ label->code, RD_SHIFT };
		else if (label->altgr == character)
			*ret_stroke = (struct rd_stroke){ label->code, RD_ALTGR };
		else
			continue;
		return true;
	}
	return false;
}
