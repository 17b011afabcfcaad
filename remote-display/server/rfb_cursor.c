/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/rfb_cursor.h"

#include <rfb/rfb.h>
#include <stdlib.h>
#include <string.h>

enum {
	SIZE_MAX_PIXELS = FRAMEBUFFER_POINTER_MAX,
	MASK_BYTES = SIZE_MAX_PIXELS * (SIZE_MAX_PIXELS + 7) / 8,
	OPAQUE = 0x80, /* alpha from here on: viewers know shapes with holes, no glass */
};

struct rd_cursor {
	rfbCursor shape;
	bool is_shown;
	uint32_t sequence; /* of the shape */
	uint32_t argb[FRAMEBUFFER_POINTER_SIZE / 4];
	unsigned char mask[MASK_BYTES];
};

/* An XCursor's two colours are made by the library where a viewer knows no other; it frees what it made. */
static void forget_made(struct rd_cursor *cursor)
{
	free(cursor->shape.source);
	cursor->shape.source = NULL;
}

static void make_mask(struct rd_cursor *cursor)
{
	size_t line = ((size_t)cursor->shape.width + 7) / 8;

	memset(cursor->mask, 0, sizeof(cursor->mask));
	for (unsigned y = 0; y < cursor->shape.height; y++)
		for (unsigned x = 0; x < cursor->shape.width; x++)
			if (cursor->argb[(size_t)y * cursor->shape.width + x] >> 24 >= OPAQUE)
				cursor->mask[y * line + x / 8] |= (unsigned char)(0x80 >> x % 8);
}

bool rd_rfb_cursor_set(struct rd_cursor *cursor, struct rd_screen *screen)
{
	struct framebuffer_console console;
	const struct framebuffer_pointer *pointer = &console.pointer;
	bool was_shown = cursor->is_shown;

	rd_screen_console(screen, &console, cursor->argb);
	cursor->is_shown = pointer->has_shape && pointer->is_visible && pointer->width && pointer->height;
	if (was_shown == cursor->is_shown && (!was_shown || console.shape_sequence == cursor->sequence))
		return false;
	cursor->sequence = console.shape_sequence;
	forget_made(cursor);
	cursor->shape.width = (unsigned short)pointer->width;
	cursor->shape.height = (unsigned short)pointer->height;
	cursor->shape.xhot = (unsigned short)pointer->hot_x;
	cursor->shape.yhot = (unsigned short)pointer->hot_y;
	cursor->shape.mask = cursor->mask;
	cursor->shape.richSource = (unsigned char *)cursor->argb;
	make_mask(cursor);
	return true;
}

rfbCursorPtr rd_rfb_cursor_get(struct rd_cursor *cursor)
{
	return cursor->is_shown ? &cursor->shape : NULL;
}

struct rd_cursor *rd_rfb_cursor_new(void)
{
	return calloc(1, sizeof(struct rd_cursor));
}

struct rd_cursor *rd_rfb_cursor_free(struct rd_cursor *cursor)
{
	if (cursor)
		forget_made(cursor);
	free(cursor);
	return NULL;
}
