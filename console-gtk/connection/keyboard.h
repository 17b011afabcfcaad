/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of the desktop as keys of a PC keyboard, and the keys that stay here. */
#ifndef GUI_KEYBOARD_H
#define GUI_KEYBOARD_H

#include <gtk/gtk.h>

/* `keycode`: as GDK has it under X11 and Wayland, the kernel's code + 8. The make code of set 1
 * (keys/keys.h); 0: a key that a PC does not have. */
guint16 gui_key_code(guint keycode);

enum gui_chord {
	GUI_CHORD_NONE,
	GUI_CHORD_RELEASE,     /* Ctrl+Alt+Left */
	GUI_CHORD_SECURE,      /* Ctrl+Alt+End: Ctrl+Alt+Del for the guest */
	GUI_CHORD_FULL_SCREEN, /* Ctrl+Alt+Break, or Ctrl+Alt+Enter */
};

enum gui_chord gui_chord_of(guint keyval, GdkModifierType state);

#endif
