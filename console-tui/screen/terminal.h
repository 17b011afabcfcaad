/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal itself: what it can do (terminfo), raw mode and back, its size, bytes in and out. The only
 * file that includes ncurses is terminal.c.
 *
 * Restoring  tui_terminal_leave() gives the terminal back as it was; a signal handler does the same when the
 *            program crashes. Both may come at any time, and twice.
 * Output     Never blocks: what the terminal does not take yet is kept, and tui_terminal_is_busy() tells
 *            so; a caller draws nothing new until it is not.
 * Threads    The main context's.
 */
#ifndef SCREEN_TERMINAL_H
#define SCREEN_TERMINAL_H

#include "screen/output.h"

struct tui_terminal;

struct tui_terminal_options {
	gboolean wants_ascii, wants_no_mouse, wants_no_color;
};

/* NULL: a sentence. Does not touch the terminal yet. */
struct tui_terminal *tui_terminal_new(const struct tui_terminal_options *options, GError **error);
struct tui_terminal *tui_terminal_free(struct tui_terminal *terminal);

void tui_terminal_enter(struct tui_terminal *terminal);
void tui_terminal_leave(struct tui_terminal *terminal);

int tui_terminal_fd(const struct tui_terminal *terminal);
enum tui_colors tui_terminal_colors(const struct tui_terminal *terminal);
gboolean tui_terminal_is_ascii(const struct tui_terminal *terminal);
void tui_terminal_size(const struct tui_terminal *terminal, int *ret_width, int *ret_height);
/* Pixels of a cell; 0: unknown. */
void tui_terminal_cell_size(const struct tui_terminal *terminal, int *ret_width, int *ret_height);

/* Takes the bytes out of `bytes`. */
void tui_terminal_write(struct tui_terminal *terminal, GString *bytes);
gboolean tui_terminal_is_busy(const struct tui_terminal *terminal);
/* Called when it is not busy any more. */
void tui_terminal_on_idle(struct tui_terminal *terminal, void (*fn)(gpointer opaque), gpointer opaque);
/* All bytes written so far: for benchmarks. */
guint64 tui_terminal_written(const struct tui_terminal *terminal);

#endif
