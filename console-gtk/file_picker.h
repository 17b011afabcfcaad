/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Browse…" beside an entry that takes the name of a file or a folder of this computer. */
#ifndef GUI_FILE_PICKER_H
#define GUI_FILE_PICKER_H

#include <gtk/gtk.h>

enum gui_pick { GUI_PICK_FILE, GUI_PICK_NEW_FILE, GUI_PICK_FOLDER };

/* `patterns`: "*.iso;*.img", or NULL for all files. */
GtkWidget *gui_file_button_new(GtkWidget *entry, enum gui_pick pick, const char *patterns);
/*
 * The same of a field of a form (gui_form_beside()), which names something on the host `place`, "" for this computer. What another
 * host has is not here to be looked at: the button then only says so. Here, wizards look whether it is there (file_look.h).
 */
void gui_file_field(GtkWidget *entry, const char *place, enum gui_pick pick, const char *patterns);
/* Where it is has changed. */
void gui_file_field_set_place(GtkWidget *entry, const char *place);

#endif
