/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/chord.h"

guint32 chord_key(struct chord *chord, const struct tui_event *event)
{
	if (!chord->is_begun) {
		chord->is_begun = event->kind == TUI_KEY && event->key == ']' && event->modifiers == TUI_CTRL;
		return chord->is_begun ? 1 : 0;
	}
	if (event->kind != TUI_KEY)
		return 0;
	chord->is_begun = FALSE;
	return event->key;
}
