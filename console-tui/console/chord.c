/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/chord.h"

#include "app/keymap.h"

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

guint32 chord_of_command(struct chord *chord, const char *command)
{
	const struct tui_binding *binding = tui_binding_find(command);

	chord->is_begun = FALSE;
	return binding && binding->is_after_chord ? binding->chords[0].key : 0;
}

const char *chord_hint(const struct chord *chord)
{
	return chord->is_begun ? "Ctrl+] and now:" : "Keys go to the guest; Ctrl+] and";
}
