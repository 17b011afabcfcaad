/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text of the clipboard as presses of the guest's keyboard, at a rate that guests take. */
#ifndef GUI_TYPING_H
#define GUI_TYPING_H

#include "connection/display.h"

struct gui_typing;

struct gui_typing *gui_typing_new(struct gui_display *display);
struct gui_typing *gui_typing_free(struct gui_typing *typing);
/* "us", "gb", "de", "fr": what the guest makes of its keys. */
void gui_typing_set_layout(struct gui_typing *typing, const char *name);
void gui_typing_clipboard(struct gui_typing *typing);
/* As client/keys.h names them: "ctrl-alt-f1". */
void gui_typing_combination(struct gui_typing *typing, const char *name);

#endif
