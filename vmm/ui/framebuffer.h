/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of a machine as a memory file that a display process and a reader of text share
 * without copying.
 *
 * Layout     struct framebuffer_header at 0, then at fixed offsets
 *              tiles    a uint32_t for each square of FRAMEBUFFER_TILE pixels: the sequence of its
 *                       last change
 *              cells    text modes: uint16_t, row by row: character, attribute in the high byte
 *              fonts    text modes: two, attribute bit 3 chooses; 256 characters of 32 lines of 8
 *                       dots, the left dot highest. In graphics modes they stay those of the last
 *                       text mode, which firmware and boot loaders go on to use
 *              pixels   0x00RRGGBB, FRAMEBUFFER_STRIDE a line
 *              pointer  the guest's pointer shape: 0xAARRGGBB, line by line
 *            Text may be shown from cells, fonts and header.text, or from the pixels like all else.
 * Sequence   The writer counts `sequence` up to an odd number before it changes anything, and to the
 *            next even one afterwards; back to the even one before when there was nothing to change.
 *            It starts again at 0 after 2^32: compare differences.
 * To show    Remember the sequence s of the last finished change. Show each tile whose number is
 *            ahead of what was remembered the time before, reading the pixels in place. A tile that
 *            the writer changes meanwhile may be seen half changed; its number is then ahead of s,
 *            and the next round shows it again. The writer waits for nobody.
 * To read    Text that is torn is wrong text: copy (framebuffer_view_copy()), which copies again when
 *            the sequence changed meanwhile.
 * Cost       Nobody draws until somebody looks (display_proto.h). When nothing changes the writer
 *            touches the sequence only.
 * Threads    One writer, one thread. Any number of views, one thread each.
 * Trust      A view believes nothing that the writer's process could change: the file is sealed
 *            against shrinking, layout and limits are constants, and what is read is bounded by them.
 *            Nobody can write through the descriptor that viewers get (F_SEAL_FUTURE_WRITE).
 */
#ifndef UI_FRAMEBUFFER_H
#define UI_FRAMEBUFFER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAMEBUFFER_MAGIC = 0x42464842, /* "BHFB" */
	FRAMEBUFFER_VERSION = 3,
	FRAMEBUFFER_MAX_WIDTH = 2560,
	FRAMEBUFFER_MAX_HEIGHT = 1600,
	FRAMEBUFFER_STRIDE = FRAMEBUFFER_MAX_WIDTH, /* pixels */
	FRAMEBUFFER_TILE = 64,
	FRAMEBUFFER_TILE_COLUMNS = FRAMEBUFFER_MAX_WIDTH / FRAMEBUFFER_TILE,
	FRAMEBUFFER_TILE_ROWS = FRAMEBUFFER_MAX_HEIGHT / FRAMEBUFFER_TILE,
	FRAMEBUFFER_CELLS = 256 * 128,

	FRAMEBUFFER_TILES_OFFSET = 4096,
	FRAMEBUFFER_CELLS_OFFSET = 8192,
	FRAMEBUFFER_FONTS_OFFSET = FRAMEBUFFER_CELLS_OFFSET + FRAMEBUFFER_CELLS * 2,
	FRAMEBUFFER_FONT_LINES = 32,
	FRAMEBUFFER_FONTS_SIZE = 2 * 256 * FRAMEBUFFER_FONT_LINES,
	FRAMEBUFFER_PIXELS_OFFSET = FRAMEBUFFER_FONTS_OFFSET + FRAMEBUFFER_FONTS_SIZE,
	FRAMEBUFFER_POINTER_OFFSET =
	    FRAMEBUFFER_PIXELS_OFFSET + FRAMEBUFFER_STRIDE * FRAMEBUFFER_MAX_HEIGHT * 4,
	FRAMEBUFFER_POINTER_MAX = 96, /* pixels each way */
	FRAMEBUFFER_POINTER_SIZE = FRAMEBUFFER_POINTER_MAX * FRAMEBUFFER_POINTER_MAX * 4,
	FRAMEBUFFER_SIZE = FRAMEBUFFER_POINTER_OFFSET + FRAMEBUFFER_POINTER_SIZE,
};

enum framebuffer_kind { FRAMEBUFFER_BLANK, FRAMEBUFFER_TEXT, FRAMEBUFFER_GRAPHICS };

struct framebuffer_mode {
	uint32_t kind;		/* enum framebuffer_kind */
	uint32_t width, height; /* pixels */
	uint32_t columns, rows; /* text: cells lie row by row */
	uint32_t cell_width, cell_height;
};

/* Text modes: how cells become pixels. */
struct framebuffer_text {
	uint32_t has_cursor; /* in this cell, from and to these lines of it */
	uint32_t cursor_column, cursor_row, cursor_first, cursor_last;
	uint32_t has_blink; /* attribute bit 7 blinks; else it is the background's highest bit */
	uint32_t colors[16];
};

/* The guest's pointer, where the guest does not draw it into the pixels. */
struct framebuffer_pointer {
	uint32_t has_shape; /* else viewers show what they like */
	uint32_t is_visible;
	uint32_t width, height, hot_x, hot_y; /* of the shape, at most FRAMEBUFFER_POINTER_MAX */
	uint32_t x, y;			      /* of the hot spot */
};

enum framebuffer_led {
	FRAMEBUFFER_LED_SCROLL = 1 << 0,
	FRAMEBUFFER_LED_NUM = 1 << 1,
	FRAMEBUFFER_LED_CAPS = 1 << 2
};

/* What is not on the screen. */
struct framebuffer_console {
	uint32_t has_leds;	 /* the guest has set them */
	uint32_t leds;		 /* enum framebuffer_led */
	uint32_t takes_size;	 /* DISPLAY_SIZE reaches the guest */
	uint32_t shape_sequence; /* another number: another shape */
	struct framebuffer_pointer pointer;
};

struct framebuffer_header {
	uint32_t magic, version;
	_Atomic uint32_t sequence;
	struct framebuffer_mode mode;
	uint32_t stride;	 /* FRAMEBUFFER_STRIDE */
	uint32_t fonts_sequence; /* of their last change; 0: there were none yet */
	struct framebuffer_text text;
	struct framebuffer_console console;
};

/* --- the writer -------------------------------------------------------------------------------------- */

struct framebuffer;

int framebuffer_new(struct framebuffer **ret_framebuffer);
struct framebuffer *framebuffer_free(struct framebuffer *framebuffer);
int framebuffer_fd(const struct framebuffer *framebuffer); /* to be given to viewers, who map it read only */
uint32_t *framebuffer_pixels(struct framebuffer *framebuffer);
uint16_t *framebuffer_cells(struct framebuffer *framebuffer);
uint8_t *framebuffer_fonts(struct framebuffer *framebuffer);
uint32_t framebuffer_sequence(const struct framebuffer *framebuffer);

/* Changes between these two only. The mode is cut to the limits; a new mode marks all tiles: true. */
bool framebuffer_begin(struct framebuffer *framebuffer, const struct framebuffer_mode *mode);
void framebuffer_mark(struct framebuffer *framebuffer, uint32_t x, uint32_t y, uint32_t width,
		      uint32_t height);
void framebuffer_set_text(struct framebuffer *framebuffer, const struct framebuffer_text *text);
void framebuffer_mark_fonts(struct framebuffer *framebuffer); /* they were written */
/* Outside of the two, as a change of its own, when it is one. `argb`: the shape's pixels when it is a new one, else NULL;
 * console->shape_sequence is not looked at. */
void framebuffer_set_console(struct framebuffer *framebuffer, const struct framebuffer_console *console,
			     const uint32_t *argb);
/* has_changed: else the sequence goes back to what it was. */
void framebuffer_end(struct framebuffer *framebuffer, bool has_changed);

/* --- a view ------------------------------------------------------------------------------------------ */

struct framebuffer_view;

/* The descriptor stays the caller's. -EBADMSG for what is no framebuffer. */
int framebuffer_view_new(int fd, struct framebuffer_view **ret_view);
struct framebuffer_view *framebuffer_view_free(struct framebuffer_view *view);

/* A consistent copy. pixels: width * height; cells: columns * rows, with fonts; both NULL outside of text
 * modes. */
struct screen {
	struct framebuffer_mode mode;
	struct framebuffer_text text; /* the cursor is inside, or there is none */
	uint32_t *pixels;
	uint16_t *cells;
	uint8_t *fonts;
};

/* with_pixels: else only the text. -EAGAIN when the writer was at it all the time. */
int framebuffer_view_copy(const struct framebuffer_view *view, bool with_pixels, struct screen *ret_screen);
void screen_deinit(struct screen *screen);

/*
 * Without a copy, for those who follow changes: the sequence of the last finished change (even) and the mode
 * after it or after the one that is being made; whether the tile with this pixel changed since `sequence`;
 * the pixels, which the writer changes at any time: a tile that changes while it is read counts as changed
 * again afterwards.
 */
uint32_t framebuffer_view_state(const struct framebuffer_view *view, struct framebuffer_mode *ret_mode);
bool framebuffer_view_has_changed(const struct framebuffer_view *view, uint32_t x, uint32_t y,
				  uint32_t sequence);
const uint32_t *framebuffer_view_pixels(const struct framebuffer_view *view);
/* A consistent copy within the limits; -EAGAIN while the writer is at it. `argb`: FRAMEBUFFER_POINTER_SIZE bytes. */
int framebuffer_view_console(const struct framebuffer_view *view, struct framebuffer_console *ret_console,
			     uint32_t *ret_argb);

#endif
