/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's screen as viewers get it: a copy that is compared with the machine's framebuffer, so that only
 * what really changed is sent.
 *
 * Purpose    The machine marks whole tiles; here they are compared in strips of RD_CELL pixels, once
 *            for all viewers, and each viewer collects what it has not sent yet.
 * Threads    rd_screen_update() and rd_screen_free(): the main thread. A struct rd_damage belongs to
 *            its viewer's thread but for what these do. Pixels are read while the main thread writes
 *            them: a viewer may send half of a change, and then gets that cell again, because cells are
 *            marked after their pixels were written.
 * Limits     RD_WIDTH_MAX x RD_HEIGHT_MAX pixels, RD_VIEWERS_MAX viewers.
 * Trust      The framebuffer's writer may be under its guest's control: its sizes are bounded by the
 *            view.
 */
#ifndef RD_SCREEN_H
#define RD_SCREEN_H

#include "ui/framebuffer.h"

enum {
	RD_WIDTH_MAX = FRAMEBUFFER_MAX_WIDTH,
	RD_HEIGHT_MAX = FRAMEBUFFER_MAX_HEIGHT,
	RD_CELL = 16, /* pixels of one line */
	RD_CELL_COLUMNS = RD_WIDTH_MAX / RD_CELL,
	RD_CELL_ROWS = RD_HEIGHT_MAX,
	RD_CELL_WORDS = (RD_CELL_COLUMNS + 63) / 64,
	RD_VIEWERS_MAX = 64,
};

struct rd_screen;
struct rd_damage;

/* The view stays the caller's. */
int rd_screen_new(struct framebuffer_view *view, struct rd_screen **ret_screen);
struct rd_screen *rd_screen_free(struct rd_screen *screen);
/* Takes over what changed, and wakes the viewers that it concerns. */
void rd_screen_update(struct rd_screen *screen);
/* RD_WIDTH_MAX pixels a line, 0x00RRGGBB. */
const uint32_t *rd_screen_pixels(const struct rd_screen *screen);
void rd_screen_size(struct rd_screen *screen, uint32_t *ret_width, uint32_t *ret_height); /* any thread */

/*
 * What is not on the screen, as it was at the last update; `ret_argb` (FRAMEBUFFER_POINTER_SIZE bytes) may
 * be NULL. Any thread.
 */
void rd_screen_console(struct rd_screen *screen, struct framebuffer_console *ret_console, uint32_t *ret_argb);

struct rd_rect {
	uint32_t x, y, width, height;
};

struct rd_change {
	uint32_t width, height; /* of the screen; at least 1 x 1 */
	uint64_t cells[RD_CELL_ROWS][RD_CELL_WORDS];
	bool is_empty;
	bool is_console_new; /* rd_screen_console() has something else than before */
	unsigned first_row;  /* no cell above it is marked */
};

/* Any thread. Everything counts as changed at first. -ENOSPC: RD_VIEWERS_MAX. */
int rd_damage_new(struct rd_screen *screen, struct rd_damage **ret_damage);
struct rd_damage *rd_damage_free(struct rd_damage *damage);
/* Readable when there is something to take. */
int rd_damage_fd(const struct rd_damage *damage);
/* The size, without taking anything. */
void rd_damage_look(struct rd_damage *damage, struct rd_change *ret_change);
void rd_damage_take(struct rd_damage *damage, struct rd_change *ret_change);
/*
 * The next rectangle, cleared as it is given, cut to the screen: a run of marked cells, as far down as its
 * first column is marked. So it may hold cells that are not; few larger rectangles cost less than many
 * exact ones. False: none is left.
 */
bool rd_change_next(struct rd_change *change, struct rd_rect *ret_rect);

#endif
