/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/guest_keys.h"

/* Scan code set 1; E000h | code with the E0 prefix. */
static guint16 code_of(guint32 key)
{
	static const guint16 codes[] = { 0xe048,	   0xe050,     0xe04b,	     0xe04d,	0xe047,
					 0xe04f,	   0xe049,     0xe051,	     0xe052,	0xe053,
					 RD_KEY_BACKSPACE, RD_KEY_TAB, RD_KEY_ENTER, RD_KEY_ESC };
	static const guint16 functions[] = { 0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x40,
					     0x41, 0x42, 0x43, 0x44, 0x57, 0x58 };

	if (key >= TUI_KEY_F1)
		return functions[MIN(key - TUI_KEY_F1, 11)];
	return codes[key - TUI_KEY_UP];
}

void guest_keys_together(const guint16 *codes, guint count, guest_key_fn fn, gpointer opaque)
{
	for (guint i = 0; i < count; i++)
		fn(opaque, codes[i], TRUE);
	for (guint i = count; i-- > 0;)
		fn(opaque, codes[i], FALSE);
}

gboolean guest_keys_press(const struct tui_event *event, const struct rd_layout *layout, guest_key_fn fn,
			  gpointer opaque)
{
	struct rd_stroke stroke = { 0 };
	guint16 codes[5];
	guint count = 0;

	if (event->key >= TUI_KEY_UP)
		stroke.code = code_of(event->key);
	else if (!rd_layout_stroke(layout, event->key, &stroke))
		return FALSE;
	if (event->modifiers & TUI_CTRL)
		codes[count++] = RD_KEY_LEFT_CTRL;
	if (event->modifiers & TUI_ALT)
		codes[count++] = RD_KEY_LEFT_ALT;
	if (stroke.modifiers & RD_SHIFT || event->modifiers & TUI_SHIFT)
		codes[count++] = RD_KEY_LEFT_SHIFT;
	if (stroke.modifiers & RD_ALTGR)
		codes[count++] = RD_KEY_RIGHT_ALT;
	codes[count++] = stroke.code;
	guest_keys_together(codes, count, fn, opaque);
	return TRUE;
}
