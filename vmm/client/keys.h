/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text and names of keys as presses of a PC keyboard: make codes of scan code set 1, 0xe000 | code for those
 * with the E0 prefix, as a machine's display takes them.
 */
#ifndef CLIENT_KEYS_H
#define CLIENT_KEYS_H

#include <glib.h>

struct rd_stroke;

enum { VMC_TEXT_MAX = 8192 }; /* characters */

struct vmc_key {
	guint16 code;
	gboolean is_down;
};

/*
 * Of struct vmc_key; "\n" is Enter. `layout`: of the guest's keyboard, the machine's setting display.keyboard. NULL: a
 * character that this keyboard does not have.
 */
GArray *vmc_keys_of_text(const char *text, const char *layout, GError **error);
/* The presses of one stroke (keys/keys.h) with its modifiers, behind those that are there. */
void vmc_keys_add_stroke(GArray *keys, const struct rd_stroke *stroke);
/* By their places on a US keyboard: "enter", "ctrl-alt-del", "alt-f2", "shift-a", "-". */
GArray *vmc_keys_of_combination(const char *name, GError **error);
/* The names that there are, for help; static. */
const char *vmc_key_names(void);

#endif
