/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way out of a guest's console: Ctrl+] and another key. All other keys are the guest's. */
#ifndef CONSOLE_CHORD_H
#define CONSOLE_CHORD_H

#include "input/keys.h"

struct chord {
	gboolean is_begun;
};

/* 0: the key is the guest's; 1: it was the first one; else the second one (a letter, TUI_KEY_...). */
guint32 chord_key(struct chord *chord, const struct tui_event *event);
/* The second one of a command of the keymap, as a click in the footer gives it; 0: it is none of ours. */
guint32 chord_of_command(struct chord *chord, const char *command);
/* What stands in the footer before these commands. */
const char *chord_hint(const struct chord *chord);

#endif
