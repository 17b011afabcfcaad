/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/help.h"

#include "views/pager.h"

#include <string.h>

/* All keys of one command, with a comma between. */
static char *keys_of(const struct tui_binding *binding)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(binding->chords) && binding->chords[i].key; i++) {
		char *key = tui_key_text(binding->chords[i].key, binding->chords[i].modifiers);

		g_string_append_printf(text, "%s%s", i ? ", " : "", key);
		g_free(key);
	}
	return g_string_free(text, FALSE);
}

static void add_part(GString *text, unsigned context)
{
	g_string_append_printf(text, "%s\n", tui_context_title(context));
	for (gsize i = 0; i < tui_bindings_count; i++) {
		char *keys;

		if (!(tui_bindings[i].contexts & context))
			continue;
		keys = keys_of(&tui_bindings[i]);
		if (*keys)
			g_string_append_printf(text, "  %-14s %-62s :%s\n", keys, tui_bindings[i].help,
					       tui_bindings[i].command);
		else
			g_string_append_printf(text, "  %-14s %-62s :%s\n", "", tui_bindings[i].help,
					       tui_bindings[i].command);
		g_free(keys);
	}
	g_string_append_c(text, '\n');
}

void help_open(struct tui_app *app, unsigned contexts)
{
	GString *text = g_string_new(NULL);

	/* There the key for help is the guest's. */
	if (contexts & TUI_IN_MAIN)
		contexts |= TUI_IN_CONSOLE | TUI_IN_SCREEN | TUI_IN_SERIAL;
	for (unsigned bit = 1u << 1; bit < 1u << TUI_CONTEXTS; bit <<= 1)
		if (bit & contexts)
			add_part(text, bit);
	add_part(text, TUI_IN_ANY);
	g_string_append(text,
			"The mouse: click selects, a double click opens, the right button shows the\n"
			"actions, the wheel scrolls; titles of columns sort; keys in the last line can\n"
			"be clicked. Shift with the mouse marks text in most terminals.\n\n"
			"Every command stands behind its colon, and can be typed after `:`, as can be\n"
			"everything that `bulkhead` knows: `:vm start web`, `:disk inspect /srv/old.vhdx`;\n"
			"% is the selected machine.\n"
			"In forms: Tab and arrows move, F2 or Ctrl+N is the next page, F9 the summary.\n"
			"In the guest's screen and console: Ctrl+] is the way out, as the last line says.\n");
	pager_new(app, "Help", text->str);
	g_string_free(text, TRUE);
}
