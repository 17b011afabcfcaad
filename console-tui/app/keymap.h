/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one table of commands: from it come keys, the footer, menus, help, and what `:` knows besides the verbs
 * of `bulkhead`. */
#ifndef APP_KEYMAP_H
#define APP_KEYMAP_H

#include "input/keys.h"

/* Where a binding holds: a view is in one of them, or several. */
enum tui_context {
	TUI_IN_ANY = 1,
	TUI_IN_MAIN = 2,
	TUI_IN_TABLE = 4,
	TUI_IN_TEXT = 8,
	TUI_IN_FORM = 16,
	TUI_IN_MENU = 32,
	TUI_IN_DIALOG = 64,
	TUI_IN_CONSOLE = 128,
	TUI_IN_PROMPT = 256,
	TUI_IN_SCREEN = 512, /* which of the consoles */
	TUI_IN_SERIAL = 1024,
	TUI_CONTEXTS = 11,
};

struct tui_chord {
	guint32 key;
	unsigned modifiers;
};

struct tui_binding {
	const char *command; /* "vm.start" */
	unsigned contexts;
	struct tui_chord chords[3]; /* key 0: no more */
	const char *label;	    /* in the footer; NULL: not there */
	const char *help;
	gboolean is_change; /* not with --read-only */
	/* of a guest's console: Ctrl+] comes first (console/chord.h), or a click in the footer */
	gboolean is_after_chord;
};

extern const struct tui_binding tui_bindings[];
extern const gsize tui_bindings_count;

const struct tui_binding *tui_binding_find(const char *command);
/* What a key does in a context; NULL: nothing. */
const struct tui_binding *tui_binding_of_key(unsigned contexts, const struct tui_event *event);
/* "Ctrl+N"; "" without a key. Free it. */
char *tui_binding_key_text(const struct tui_binding *binding);
const char *tui_context_title(unsigned context);

#endif
