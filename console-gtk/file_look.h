/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies at the path in a field. It is looked at in a thread: a folder of a network may not answer for minutes, and windows
 * must live meanwhile. An answer for what was typed over since, or for a field that is gone, comes to nobody.
 *
 * Limits: so many looks at once; the others wait until one of these is answered.
 */
#ifndef GUI_FILE_LOOK_H
#define GUI_FILE_LOOK_H

#include <gtk/gtk.h>

enum { GUI_LOOKS_MAX = 8 };
enum gui_found { GUI_FOUND_UNKNOWN, GUI_FOUND_NOTHING, GUI_FOUND_FILE, GUI_FOUND_FOLDER };

/* gui_look_found() tells what there is, or GUI_FOUND_UNKNOWN when what it held changed. */
typedef void (*gui_looked_fn)(GtkWidget *entry, gpointer opaque);

/* Whether the field names a file of this computer: wizards look at it before they leave its page. */
void gui_look_mark(GtkWidget *entry, gboolean is_here);
gboolean gui_look_is_marked(GtkWidget *entry);
/* `fn` on each change, and of a marked one again when it is known what lies there then. */
void gui_look_watch(GtkWidget *entry, void (*fn)(gpointer opaque), gpointer opaque);
/* Looks now at a marked field; `fn` once, while the field is in a window. */
void gui_look_begin(GtkWidget *entry, gui_looked_fn fn, gpointer opaque);
/* UNKNOWN: not looked at since it was changed. */
enum gui_found gui_look_found(GtkWidget *entry);

#endif
