/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the manager remembers from one session to the next: sizes, columns, theme, hosts. A key file in
 * $XDG_CONFIG_HOME/bulkhead/manager.conf, written a moment after the last change, and at the end.
 */
#ifndef GUI_STATE_H
#define GUI_STATE_H

#include <glib.h>

struct gui_state;

struct gui_state *gui_state_new(void);
struct gui_state *gui_state_free(struct gui_state *state); /* writes what is unwritten */

int gui_state_number(struct gui_state *state, const char *group, const char *key, int fallback);
void gui_state_set_number(struct gui_state *state, const char *group, const char *key, int value);
/* Free it; "" or `fallback`. */
char *gui_state_text(struct gui_state *state, const char *group, const char *key, const char *fallback);
void gui_state_set_text(struct gui_state *state, const char *group, const char *key, const char *value);
/* Free it with g_strfreev(); never NULL. */
char **gui_state_list(struct gui_state *state, const char *group, const char *key);
void gui_state_set_list(struct gui_state *state, const char *group, const char *key,
			const char *const *values);

#endif
