/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes the text of a guest's screen to a file each time that it changed: what a console said, to be read
 * later. */
#ifndef GUI_RECORD_H
#define GUI_RECORD_H

#include "connection/display.h"

struct gui_record;

/* In the user's folder of documents, or at home: NAME-TIME.txt. NULL: a sentence. */
struct gui_record *gui_record_new(struct gui_display *display, const char *name, GError **error);
struct gui_record *gui_record_free(struct gui_record *record);
const char *gui_record_path(const struct gui_record *record);

#endif
