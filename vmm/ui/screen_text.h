/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text on a screen in a text mode, as people and tests read it. */
#ifndef UI_SCREEN_TEXT_H
#define UI_SCREEN_TEXT_H

#include "ui/framebuffer.h"

/*
 * UTF-8, a line for each row, without the blanks at its end; "" in graphics. The caller frees it; NULL: no
 * memory.
 */
char *screen_text(const struct screen *screen);

#endif
