/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "connection/keyboard.h"

#include "keys/keys.h"

enum { X_OFFSET = 8, SAME_UP_TO = 83 };

/* Linux's input-event-codes.h beside "Keyboard Scan Code Specification" (Microsoft), table of set 1. Up to
 * KEY_KPDOT both count alike. */
static const struct {
	guint16 key, code;
} table[] = {
	{ 86, 0x56 },	 { 87, 0x57 },	  { 88, 0x58 },	   { 89, 0x73 },    { 90, 0x78 },
	{ 91, 0x77 },	 { 92, 0x79 },	  { 93, 0x70 },	   { 94, 0x7b },    { 96, 0xe01c },
	{ 97, 0xe01d },	 { 98, 0xe035 },  { 99, 0xe037 },  { 100, 0xe038 }, { 102, 0xe047 },
	{ 103, 0xe048 }, { 104, 0xe049 }, { 105, 0xe04b }, { 106, 0xe04d }, { 107, 0xe04f },
	{ 108, 0xe050 }, { 109, 0xe051 }, { 110, 0xe052 }, { 111, 0xe053 }, { 113, 0xe020 },
	{ 114, 0xe02e }, { 115, 0xe030 }, { 116, 0xe05e }, { 117, 0x59 },   { 119, RD_KEY_PAUSE },
	{ 121, 0x7e },	 { 122, 0x72 },	  { 123, 0x71 },   { 124, 0x7d },   { 125, 0xe05b },
	{ 126, 0xe05c }, { 127, 0xe05d }, { 140, 0xe021 }, { 142, 0xe05f }, { 143, 0xe063 },
	{ 155, 0xe06c }, { 156, 0xe066 }, { 158, 0xe06a }, { 159, 0xe069 }, { 163, 0xe019 },
	{ 164, 0xe022 }, { 165, 0xe010 }, { 166, 0xe024 }, { 172, 0xe032 }, { 173, 0xe067 },
	{ 183, 0x64 },	 { 184, 0x65 },	  { 185, 0x66 },   { 186, 0x67 },   { 187, 0x68 },
	{ 188, 0x69 },	 { 189, 0x6a },	  { 190, 0x6b },   { 191, 0x6c },   { 192, 0x6d },
	{ 193, 0x6e },	 { 194, 0x76 },
};

guint16 gui_key_code(guint keycode)
{
	guint key = keycode - X_OFFSET;

	if (keycode <= X_OFFSET)
		return 0;
	if (key <= SAME_UP_TO)
		return (guint16)key;
	for (unsigned i = 0; i < G_N_ELEMENTS(table); i++)
		if (table[i].key == key)
			return table[i].code;
	return 0;
}

enum gui_chord gui_chord_of(guint keyval, GdkModifierType state)
{
	if ((state & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != (GDK_CONTROL_MASK | GDK_ALT_MASK))
		return GUI_CHORD_NONE;
	switch (keyval) {
	case GDK_KEY_Left:
	case GDK_KEY_KP_Left: return GUI_CHORD_RELEASE;
	case GDK_KEY_End:
	case GDK_KEY_KP_End: return GUI_CHORD_SECURE;
	case GDK_KEY_Break:
	case GDK_KEY_Pause:
	case GDK_KEY_Return: return GUI_CHORD_FULL_SCREEN;
	default: return GUI_CHORD_NONE;
	}
}
