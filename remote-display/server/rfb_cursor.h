/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's pointer shape as libvncserver wants it. Used by rfb.c only. */
#ifndef RD_RFB_CURSOR_H
#define RD_RFB_CURSOR_H

#include "server/screen.h"

struct rd_cursor;
struct rfbCursor;

struct rd_cursor *rd_rfb_cursor_new(void); /* NULL: no memory */
struct rd_cursor *rd_rfb_cursor_free(struct rd_cursor *cursor);
/* Takes the present shape over; false: it is the same as before. */
bool rd_rfb_cursor_set(struct rd_cursor *cursor, struct rd_screen *screen);
/* NULL: none, or an invisible one. */
struct rfbCursor *rd_rfb_cursor_get(struct rd_cursor *cursor);

#endif
