/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the text of a guest's screen to a file each time that it changed: what a console said, to be read later.
 *
 * Threads    The main one copies the screen. One of the recording's own reads the text, another writes it, so that neither a
 *            film nor a folder of a network holds the windows up.
 * Limits     So many texts wait for the folder; what comes then is left out, and the file says so.
 */
#ifndef GUI_RECORD_H
#define GUI_RECORD_H

#include "connection/display.h"

enum { GUI_RECORD_TEXTS_MAX = 240 }; /* two minutes of a screen that always changes; some 4 MB */

struct gui_record;

/* Once: all of it is in the file `path`; or it cannot be written, then `problem` is a sentence. Free the recording then. */
typedef void (*gui_recorded_fn)(const char *path, const char *problem, gpointer opaque);

/* In the user's folder of documents, or at home: NAME-TIME.txt. */
struct gui_record *gui_record_new(struct gui_display *display, const char *name, gui_recorded_fn fn,
				  gpointer opaque);
/* What the screen shows now is the last of it. Once more does nothing. */
void gui_record_end(struct gui_record *record);
/* Ends it, too; nobody is told then. */
struct gui_record *gui_record_free(struct gui_record *record);
/* At the end of the program, when the windows are gone: until all is in the files. */
void gui_record_wait_all(void);

#endif
