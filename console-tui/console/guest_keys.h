/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A key of the terminal as keys of a PC keyboard, pressed and released in order. */
#ifndef CONSOLE_GUEST_KEYS_H
#define CONSOLE_GUEST_KEYS_H

#include "input/keys.h"
#include "keys/keys.h"

typedef void (*guest_key_fn)(gpointer opaque, guint16 code, gboolean is_down);

/* A terminal tells characters: `layout` is that of the guest, where they are to come out. FALSE: no key of it
 * writes this one. */
gboolean guest_keys_press(const struct tui_event *event, const struct rd_layout *layout, guest_key_fn fn,
			  gpointer opaque);
/* Ctrl+Alt+Del and the like: codes of keys that are held together. */
void guest_keys_together(const guint16 *codes, guint count, guest_key_fn fn, gpointer opaque);

#endif
