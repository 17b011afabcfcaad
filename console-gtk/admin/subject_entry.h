/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry for a user or a group of the managed host: searched as one types, chosen by mouse or arrow keys.
 */
#ifndef GUI_SUBJECT_ENTRY_H
#define GUI_SUBJECT_ENTRY_H

#include "client/host.h"

#include <gtk/gtk.h>

/* Gives an entry a list of the users and groups of the host that have in their name what was typed. */
void gui_subject_complete(GtkWidget *entry, VmcHost *host);
/* "alice", "user:alice", "group:lab" as the API has it; NULL: there is none. What has a kind in front is
 * taken as it is: the service may know it. Free it. */
char *gui_subject_parse(GtkWidget *entry);

#endif
