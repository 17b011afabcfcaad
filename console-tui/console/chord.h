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

#endif
