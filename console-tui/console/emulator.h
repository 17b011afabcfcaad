/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A terminal for a guest: bytes in, cells out, with scrollback that can be searched. The only file that
 * includes libvterm is emulator.c.
 *
 * Limits     EMULATOR_LINES_MAX lines of scrollback.
 * Trust      The bytes are a guest's; what libvterm makes of them is drawn as any other text.
 */
#ifndef CONSOLE_EMULATOR_H
#define CONSOLE_EMULATOR_H

#include "input/keys.h"
#include "screen/cells.h"

enum { EMULATOR_LINES_MAX = 5000 };

struct emulator;

/* `send`: what goes to the guest: keys, and answers to what it asks of its terminal. */
struct emulator *emulator_new(void (*send)(gpointer opaque, const char *bytes, gsize size), gpointer opaque);
struct emulator *emulator_free(struct emulator *emulator);
void emulator_take(struct emulator *emulator, const char *bytes, gsize size);
void emulator_key(struct emulator *emulator, const struct tui_event *event);
void emulator_mouse(struct emulator *emulator, const struct tui_event *event, int x, int y);
void emulator_paste(struct emulator *emulator, const char *text, gsize size);
/* The guest's screen gets the area's size. `back`: so many lines of scrollback are seen. */
void emulator_draw(struct emulator *emulator, const struct tui_area *area, int back, const char *match);
int emulator_lines(const struct emulator *emulator); /* of scrollback */
/* How far back the next line with this text is, going up from `back`; -1. */
int emulator_find(struct emulator *emulator, const char *text, int back);
/* Scrollback and screen as lines of text; free it. */
char *emulator_text(struct emulator *emulator);

#endif
