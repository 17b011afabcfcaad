/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text on a machine's screen, whatever it is made of: a text mode's characters, or the pixels of a console
 * in a graphics mode, by their fonts. Reading again is cheap when little changed.
 */
#ifndef CLI_SCREEN_READER_H
#define CLI_SCREEN_READER_H

#include "ui/framebuffer.h"

struct screen_reader;

struct screen_reader *screen_reader_new(void);
struct screen_reader *screen_reader_free(struct screen_reader *reader); /* NULL is fine; returns NULL */
/* UTF-8, a line for each row; "" when there is none. The caller frees it; NULL: no memory. */
char *screen_reader_read(struct screen_reader *reader, const struct screen *screen);

#endif
