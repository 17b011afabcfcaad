/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of machines, as this user sorts them: names with the identities of their members, in the state. */
#ifndef GUI_GROUPS_H
#define GUI_GROUPS_H

#include "state.h"

/* Free them with g_strfreev(). */
char **gui_groups_list(struct gui_state *state);
gboolean gui_groups_has(struct gui_state *state, const char *group, const char *id);
/* A group without members is there no more. */
void gui_groups_set(struct gui_state *state, const char *group, const char *id, gboolean is_member);

#endif
