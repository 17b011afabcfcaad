/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Browse…" beside an entry that takes the name of a file or a folder. */
#ifndef GUI_FILE_PICKER_H
#define GUI_FILE_PICKER_H

#include <gtk/gtk.h>

enum gui_pick { GUI_PICK_FILE, GUI_PICK_NEW_FILE, GUI_PICK_FOLDER };

/* `patterns`: "*.iso;*.img", or NULL for all files. */
GtkWidget *gui_file_button_new(GtkWidget *entry, enum gui_pick pick, const char *patterns);

#endif
