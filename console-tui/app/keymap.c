/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/keymap.h"

#include <string.h>

#define KEY(k)                                                                                               \
	{                                                                                                    \
		k, 0                                                                                         \
	}
#define CTRL(k)                                                                                              \
	{                                                                                                    \
		k, TUI_CTRL                                                                                  \
	}
#define ALT(k)                                                                                               \
	{                                                                                                    \
		k, TUI_ALT                                                                                   \
	}
#define SHIFT(k)                                                                                             \
	{                                                                                                    \
		k, TUI_SHIFT                                                                                 \
	}
#define F(n)                                                                                                 \
	{                                                                                                    \
		TUI_KEY_F1 + (n)-1, 0                                                                        \
	}
#define MOVES (TUI_IN_MAIN | TUI_IN_TABLE | TUI_IN_TEXT | TUI_IN_MENU)
#define LISTS (TUI_IN_MAIN | TUI_IN_TABLE | TUI_IN_TEXT)

/* clang-format off */
const struct tui_binding tui_bindings[] = {
	{ "help", TUI_IN_MAIN | TUI_IN_TABLE | TUI_IN_TEXT, { KEY('?'), F(1) }, "Help", "what the keys of this screen do" },
	{ "menu", LISTS, { F(10) }, "Menu", "opens the menus; Alt with a title's letter opens one" },
	{ "vm.connect", TUI_IN_MAIN, { KEY(TUI_KEY_ENTER), KEY('c') }, "Connect", "the machine's screen, with keys and mouse" },
	{ "vm.serial", TUI_IN_MAIN, { KEY('s') }, "Serial", "the machine's serial console" },
	{ "vm.start", TUI_IN_MAIN, { KEY('S') }, "Start", "starts the machine, or those that are marked", TRUE },
	{ "vm.actions", TUI_IN_MAIN, { KEY('x') }, "Actions", "everything that can be done with it" },
	{ "vm.new", TUI_IN_MAIN, { KEY('n'), KEY(TUI_KEY_INSERT) }, "New", "makes a virtual machine", TRUE },
	{ "quit", TUI_IN_MAIN, { KEY('q'), CTRL('q') }, "Quit", "ends this program; machines run on" },
	{ "vm.settings", TUI_IN_MAIN, { KEY('e'), F(4) }, "Settings", "its settings" },
	{ "vm.shut-down", TUI_IN_MAIN, { KEY('D') }, "Shut down", "asks the guest to shut down", TRUE },
	{ "vm.turn-off", TUI_IN_MAIN, { KEY('O') }, NULL, "turns it off, as if the plug was pulled", TRUE },
	{ "vm.pause-resume", TUI_IN_MAIN, { KEY('P') }, NULL, "pauses it, or lets it go on", TRUE },
	{ "vm.pause", TUI_IN_MAIN, { KEY(0) }, NULL, "pauses it, or those that are marked", TRUE },
	{ "vm.resume", TUI_IN_MAIN, { KEY(0) }, NULL, "lets it go on, or those that are marked", TRUE },
	{ "vm.reset", TUI_IN_MAIN, { KEY('R') }, NULL, "resets it", TRUE },
	{ "vm.quick-create", TUI_IN_MAIN, { KEY(0) }, NULL, "makes a machine from an image in two steps", TRUE },
	{ "filter", TUI_IN_MAIN | TUI_IN_TABLE, { KEY('/') }, "Filter", "shows only rows with a text" },
	{ "command", LISTS, { KEY(':') }, "Command", "a command of `bulkhead`; Tab completes, Up recalls" },
	{ "vm.delete", TUI_IN_MAIN, { KEY(TUI_KEY_DELETE), KEY('d') }, NULL, "puts it into the trash", TRUE },
	{ "vm.rename", TUI_IN_MAIN, { F(2) }, NULL, "gives it another name", TRUE },
	{ "vm.clone", TUI_IN_MAIN, { KEY('C') }, NULL, "makes a copy with copies of its disks", TRUE },
	{ "vm.export", TUI_IN_MAIN, { KEY('X') }, NULL, "copies it with its files into a folder", TRUE },
	{ "vm.import", TUI_IN_MAIN, { KEY('I') }, NULL, "takes an exported machine in", TRUE },
	{ "vm.delegate", TUI_IN_MAIN, { KEY('G') }, NULL, "grants others rights on it", TRUE },
	{ "vm.why", TUI_IN_MAIN, { KEY('w') }, NULL, "tells why it is in its state" },
	{ "vm.undo", TUI_IN_MAIN, { KEY('u') }, NULL, "takes the machine deleted last out of the trash", TRUE },
	{ "vm.revert", TUI_IN_MAIN, { KEY(0) }, NULL, "goes back to the last checkpoint", TRUE },
	{ "vm.checkpoint", TUI_IN_MAIN, { KEY(0) }, NULL, "keeps this point in time of it", TRUE },
	{ "vm.save", TUI_IN_MAIN, { KEY(0) }, NULL, "writes its memory away and ends it", TRUE },
	{ "vm.delete-saved", TUI_IN_MAIN, { KEY(0) }, NULL, "throws its saved memory away; it is off then", TRUE },
	{ "vm.move", TUI_IN_MAIN, { KEY('M') }, NULL, "moves it, or its files, elsewhere", TRUE },
	{ "vm.screenshot", TUI_IN_MAIN, { KEY('p') }, NULL, "writes a picture of its screen into a file" },

	{ "checkpoint.apply", TUI_IN_MAIN, { KEY(0) }, NULL, "the machine goes on from the chosen checkpoint", TRUE },
	{ "checkpoint.keep-and-apply", TUI_IN_MAIN, { KEY(0) }, NULL, "the same, after a checkpoint of it as it is now", TRUE },
	{ "checkpoint.rename", TUI_IN_MAIN, { KEY(0) }, NULL, "gives the chosen checkpoint another name", TRUE },
	{ "checkpoint.export", TUI_IN_MAIN, { KEY(0) }, NULL, "copies the machine as it was then", TRUE },
	{ "checkpoint.delete", TUI_IN_MAIN, { KEY(0) }, NULL, "deletes the chosen checkpoint", TRUE },
	{ "checkpoint.delete-subtree", TUI_IN_MAIN, { KEY(0) }, NULL, "the same, with those that were made after it", TRUE },

	{ "trash", TUI_IN_MAIN, { KEY('T') }, NULL, "the trash: undelete, empty" },
	{ "jobs", TUI_IN_MAIN, { KEY('J') }, NULL, "long work under way" },
	{ "events", TUI_IN_MAIN, { KEY('E') }, NULL, "what happened, and who did it" },
	{ "administrators", TUI_IN_MAIN, { KEY('A') }, NULL, "who may do what, and why" },
	{ "switches", TUI_IN_MAIN, { KEY('W') }, NULL, "virtual switches" },
	{ "disk.new", TUI_IN_MAIN, { KEY('K') }, NULL, "makes a virtual hard disk", TRUE },
	{ "disk.edit", TUI_IN_MAIN, { KEY(0) }, NULL, "changes a virtual hard disk", TRUE },
	{ "disk.inspect", TUI_IN_MAIN, { KEY('i') }, NULL, "tells what a virtual hard disk is" },
	{ "host.settings", TUI_IN_MAIN, { KEY('h') }, NULL, "what this host is, and who you are to it" },
	{ "host.check", TUI_IN_MAIN, { KEY('H') }, NULL, "what this host has for machines" },
	{ "host.add", TUI_IN_MAIN, { KEY('a') }, NULL, "another host, through ssh" },
	{ "host.remove", TUI_IN_MAIN, { KEY(0) }, NULL, "takes a host out of the list" },
	{ "host.reconnect", TUI_IN_MAIN, { F(5) }, NULL, "reconnects, and reads everything anew" },
	{ "host.start-service", TUI_IN_MAIN, { KEY(0) }, NULL, "starts your own management service", TRUE },
	{ "host.stop-service", TUI_IN_MAIN, { KEY(0) }, NULL, "stops the management service; machines run on", TRUE },

	{ "pane.next", TUI_IN_MAIN, { KEY(TUI_KEY_TAB) }, "Pane", "the focus to the next pane" },
	{ "pane.previous", TUI_IN_MAIN, { SHIFT(TUI_KEY_TAB) }, NULL, "the focus to the pane before" },
	{ "tab.next", TUI_IN_MAIN, { KEY('v'), KEY(TUI_KEY_RIGHT) }, NULL, "the next tab of the details" },
	{ "tab.previous", TUI_IN_MAIN, { KEY('V'), KEY(TUI_KEY_LEFT) }, NULL, "the tab before" },
	{ "mark", TUI_IN_MAIN, { KEY(' ') }, NULL, "marks the machine for an action on many" },
	{ "mark.all", TUI_IN_MAIN, { KEY('*') }, NULL, "marks all that are shown, or none" },
	{ "sort.next", TUI_IN_MAIN, { KEY('o') }, NULL, "sorts by the next column" },
	{ "sort.reverse", TUI_IN_MAIN, { KEY('r') }, NULL, "turns the order around" },
	{ "columns", TUI_IN_MAIN, { KEY('|') }, NULL, "which columns are shown" },
	{ "group", TUI_IN_MAIN, { KEY('g') }, NULL, "groups by nothing, state, group" },
	{ "group.set", TUI_IN_MAIN, { KEY('m') }, NULL, "puts the machine into a group" },
	{ "live", TUI_IN_MAIN, { KEY('l') }, NULL, "plots and running times on or off" },
	{ "theme", LISTS, { KEY('t') }, NULL, "the next theme" },
	{ "options", TUI_IN_MAIN, { KEY(',') }, NULL, "confirmations, plots, theme" },

	{ "up", MOVES, { KEY(TUI_KEY_UP), KEY('k') }, NULL, "up" },
	{ "down", MOVES, { KEY(TUI_KEY_DOWN), KEY('j') }, NULL, "down" },
	{ "page.up", MOVES, { KEY(TUI_KEY_PAGE_UP), CTRL('b') }, NULL, "a page up" },
	{ "page.down", MOVES, { KEY(TUI_KEY_PAGE_DOWN), CTRL('f') }, NULL, "a page down" },
	{ "first", MOVES, { KEY(TUI_KEY_HOME) }, NULL, "to the first" },
	{ "last", MOVES, { KEY(TUI_KEY_END) }, NULL, "to the last" },
	{ "open", TUI_IN_TABLE | TUI_IN_MENU, { KEY(TUI_KEY_ENTER) }, "Open", "opens it" },
	{ "table.new", TUI_IN_TABLE, { KEY('n'), KEY(TUI_KEY_INSERT) }, "New", "makes another", TRUE },
	{ "table.delete", TUI_IN_TABLE, { KEY(TUI_KEY_DELETE), KEY('d') }, "Remove", "removes it, cancels it", TRUE },
	{ "table.other", TUI_IN_TABLE, { KEY('m') }, "More", "another view of the same, or more of it" },
	{ "table.refresh", TUI_IN_TABLE, { F(5) }, NULL, "reads it anew" },
	{ "text.find", TUI_IN_TEXT, { KEY('/') }, "Find", "looks for a text" },
	{ "text.find-next", TUI_IN_TEXT, { KEY('n') }, "Next", "the next place" },
	{ "text.left", TUI_IN_TEXT, { KEY(TUI_KEY_LEFT) }, NULL, "to the left" },
	{ "text.right", TUI_IN_TEXT, { KEY(TUI_KEY_RIGHT) }, NULL, "to the right" },
	{ "text.copy", TUI_IN_TEXT | TUI_IN_DIALOG, { KEY('y') }, NULL, "copies the command line to the terminal's clipboard" },
	{ "back", TUI_IN_TABLE | TUI_IN_TEXT, { KEY(TUI_KEY_ESCAPE), KEY('q') }, "Back", "goes back" },
	{ "back", TUI_IN_MENU | TUI_IN_DIALOG | TUI_IN_FORM | TUI_IN_PROMPT, { KEY(TUI_KEY_ESCAPE) }, "Cancel", "goes back" },

	{ "form.next", TUI_IN_FORM, { KEY(TUI_KEY_TAB), KEY(TUI_KEY_DOWN) }, "Next field", "the next field" },
	{ "form.previous", TUI_IN_FORM, { SHIFT(TUI_KEY_TAB), KEY(TUI_KEY_UP) }, NULL, "the field before" },
	{ "form.page", TUI_IN_FORM, { F(2), CTRL('n') }, "Next", "the next page" },
	{ "form.page-back", TUI_IN_FORM, { F(3), CTRL('p') }, "Back", "the page before" },
	{ "form.finish", TUI_IN_FORM, { F(9), CTRL('s') }, "Summary/Finish", "the summary, and on it: does it" },
	{ "help", TUI_IN_FORM, { F(1) }, "Help", "what the keys of this screen do" },
	{ "form.copy", TUI_IN_FORM, { CTRL('y') }, NULL, "copies the command line to the terminal's clipboard" },
	{ "form.complete", TUI_IN_FORM | TUI_IN_DIALOG, { CTRL(' '), F(8) }, NULL, "completes a path, lists choices" },

	{ "console.leave", TUI_IN_CONSOLE, { KEY('q') }, "Leave", "leaves the guest's console", FALSE, TRUE },
	{ "console.serial", TUI_IN_SCREEN, { KEY('s') }, "Serial", "its serial console instead", FALSE, TRUE },
	{ "console.mouse", TUI_IN_SCREEN, { KEY('m') }, "Mouse", "gives the mouse to the guest, or takes it back", FALSE, TRUE },
	{ "console.delete", TUI_IN_SCREEN, { KEY('d') }, "C+A+Del", "presses Ctrl+Alt+Del", FALSE, TRUE },
	{ "console.picture", TUI_IN_SCREEN, { KEY('g') }, "Picture", "text, or a picture in another way", FALSE, TRUE },
	{ "console.keyboard", TUI_IN_SCREEN, { KEY('k') }, "Keyboard", "the next layout of the guest's keyboard", FALSE, TRUE },
	{ "console.file", TUI_IN_SCREEN, { KEY('p') }, "File", "writes a picture into a file", FALSE, TRUE },
	{ "console.viewers", TUI_IN_SCREEN, { KEY('v') }, "Viewers", "who looks", FALSE, TRUE },
	{ "console.start", TUI_IN_SCREEN, { KEY('S') }, "Start", "starts the machine", TRUE, TRUE },
	{ "console.shut-down", TUI_IN_SCREEN, { KEY('D') }, NULL, "asks its guest to shut down", TRUE, TRUE },
	{ "console.turn-off", TUI_IN_SCREEN, { KEY('O') }, NULL, "turns it off", TRUE, TRUE },
	{ "console.reset", TUI_IN_SCREEN, { KEY('R') }, NULL, "resets it", TRUE, TRUE },
	{ "console.page-up", TUI_IN_SERIAL, { KEY(TUI_KEY_PAGE_UP), KEY('u') }, "Scroll", "a page back", FALSE, TRUE },
	{ "console.page-down", TUI_IN_SERIAL, { KEY(TUI_KEY_PAGE_DOWN), KEY('d') }, NULL, "a page forward", FALSE, TRUE },
	{ "console.find", TUI_IN_SERIAL, { KEY('/') }, "Find", "looks for a text in the scrollback", FALSE, TRUE },
	{ "console.find-next", TUI_IN_SERIAL, { KEY('n') }, "Next", "the next place before that", FALSE, TRUE },
	{ "console.take-over", TUI_IN_SERIAL, { KEY('t') }, "Take over", "types, even when somebody else does", FALSE, TRUE },
	{ "console.com1", TUI_IN_SERIAL, { KEY('1') }, "COM 1", "the first serial port", FALSE, TRUE },
	{ "console.com2", TUI_IN_SERIAL, { KEY('2') }, "COM 2", "the second one", FALSE, TRUE },
	{ "console.text", TUI_IN_SERIAL, { KEY('w') }, "File", "writes the scrollback into a file", FALSE, TRUE },
	{ "console.itself", TUI_IN_CONSOLE, { KEY(']') }, NULL, "sends Ctrl+] to the guest", FALSE, TRUE },

	{ "suspend", TUI_IN_ANY, { CTRL('z') }, NULL, "back to the shell; `fg` comes back here" },
	{ "redraw", TUI_IN_ANY, { CTRL('l') }, NULL, "draws everything anew" },
	{ "interrupt", TUI_IN_ANY, { CTRL('c') }, NULL, "goes back; on the main screen: ends this program" },
};
/* clang-format on */
const gsize tui_bindings_count = G_N_ELEMENTS(tui_bindings);

const struct tui_binding *tui_binding_find(const char *command)
{
	for (gsize i = 0; i < tui_bindings_count; i++)
		if (strcmp(tui_bindings[i].command, command) == 0)
			return &tui_bindings[i];
	return NULL;
}

const struct tui_binding *tui_binding_of_key(unsigned contexts, const struct tui_event *event)
{
	for (gsize i = 0; i < tui_bindings_count; i++) {
		const struct tui_binding *binding = &tui_bindings[i];

		if (!(binding->contexts & (contexts | TUI_IN_ANY)) || binding->is_after_chord)
			continue;
		for (guint k = 0; k < G_N_ELEMENTS(binding->chords) && binding->chords[k].key; k++)
			if (binding->chords[k].key == event->key &&
			    binding->chords[k].modifiers == event->modifiers)
				return binding;
	}
	return NULL;
}

char *tui_binding_key_text(const struct tui_binding *binding)
{
	if (!binding->chords[0].key)
		return g_strdup("");
	return tui_key_text(binding->chords[0].key, binding->chords[0].modifiers);
}

const char *tui_context_title(unsigned context)
{
	static const char *const titles[TUI_CONTEXTS] = { "Everywhere",
							  "Main screen",
							  "Lists",
							  "Text",
							  "Forms",
							  "Menus",
							  "Dialogs",
							  "Consoles of guests, after Ctrl+]",
							  "Prompt",
							  "A guest's screen, after Ctrl+]",
							  "A serial console, after Ctrl+]" };

	for (guint i = 0; i < TUI_CONTEXTS; i++)
		if (context & 1u << i)
			return titles[i];
	return "";
}
