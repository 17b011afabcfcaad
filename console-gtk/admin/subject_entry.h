/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An entry for a user or a group of this host: searched as one types. */
#ifndef GUI_SUBJECT_ENTRY_H
#define GUI_SUBJECT_ENTRY_H

#include <gtk/gtk.h>

/* Gives an entry a list of the users and groups that begin with what was typed. */
void gui_subject_complete(GtkWidget *entry);
/* "alice", "user:alice", "group:lab" as the API has it; NULL: there is none here. What has a kind in front is
 * taken as it is: the service may know it. Free it. */
char *gui_subject_parse(const char *text);

#endif
