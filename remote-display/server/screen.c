/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/screen.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PIXELS_SIZE = RD_WIDTH_MAX * RD_HEIGHT_MAX * 4 };

struct rd_damage {
	struct rd_screen *screen;
	int event_fd;
	struct rd_change change; /* under the screen's lock */
};

struct rd_screen {
	struct framebuffer_view *view;
	uint32_t *pixels;
	uint32_t sequence; /* of the framebuffer, taken over */
	uint32_t width, height;
	uint64_t cells[RD_CELL_ROWS][RD_CELL_WORDS]; /* of one update */

	pthread_mutex_t lock; /* a leaf: the size, what is below */
	struct framebuffer_console console;
	uint32_t shape[FRAMEBUFFER_POINTER_SIZE / 4];
	struct rd_damage *viewers[RD_VIEWERS_MAX];
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* --- comparing --------------------------------------------------------------------------------------- */

/* True when a strip differed and was copied. Both sides have the same place in their files. */
static bool take_cell(struct rd_screen *screen, const uint32_t *from, uint32_t x, uint32_t y)
{
	size_t bytes = smaller(RD_CELL, screen->width - x) * 4, at = (size_t)y * RD_WIDTH_MAX + x;

	if (memcmp(screen->pixels + at, from + at, bytes) == 0)
		return false;
	memcpy(screen->pixels + at, from + at, bytes);
	return true;
}

static bool take_tile(struct rd_screen *screen, const uint32_t *from, uint32_t left, uint32_t top)
{
	uint32_t right = smaller(left + FRAMEBUFFER_TILE, screen->width);
	uint32_t bottom = smaller(top + FRAMEBUFFER_TILE, screen->height);
	bool differs = false;

	for (uint32_t y = top; y < bottom; y++)
		for (uint32_t x = left; x < right; x += RD_CELL)
			if (take_cell(screen, from, x, y)) {
				screen->cells[y][x / RD_CELL / 64] |= 1ull << x / RD_CELL % 64;
				differs = true;
			}
	return differs;
}

static void mark_all(struct rd_change *change)
{
	memset(change->cells, 0xff, sizeof(change->cells));
	change->is_empty = false;
}

static void tell(struct rd_screen *screen, bool is_resized)
{
	static const uint64_t one = 1;

	pthread_mutex_lock(&screen->lock);
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++) {
		struct rd_damage *damage = screen->viewers[i];

		if (!damage)
			continue;
		damage->change.width = screen->width;
		damage->change.height = screen->height;
		damage->change.is_empty = false;
		if (is_resized)
			mark_all(&damage->change);
		else
			for (unsigned y = 0; y < RD_CELL_ROWS; y++)
				for (unsigned word = 0; word < RD_CELL_WORDS; word++)
					damage->change.cells[y][word] |= screen->cells[y][word];
		(void)!write(damage->event_fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&screen->lock);
}

/* Pointer and lamps; true: they are others now. What is torn now comes whole with the writer's next word. */
static bool take_console(struct rd_screen *screen)
{
	struct framebuffer_console console;
	uint32_t shape[FRAMEBUFFER_POINTER_SIZE / 4];
	bool is_new;

	if (framebuffer_view_console(screen->view, &console, shape) < 0)
		return false;
	is_new = memcmp(&console, &screen->console, sizeof(console)) != 0;
	if (!is_new)
		return false;
	pthread_mutex_lock(&screen->lock);
	screen->console = console;
	memcpy(screen->shape, shape, sizeof(shape));
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++)
		if (screen->viewers[i])
			screen->viewers[i]->change.is_console_new = true;
	pthread_mutex_unlock(&screen->lock);
	return true;
}

void rd_screen_console(struct rd_screen *screen, struct framebuffer_console *ret_console, uint32_t *ret_argb)
{
	pthread_mutex_lock(&screen->lock);
	*ret_console = screen->console;
	if (ret_argb)
		memcpy(ret_argb, screen->shape, sizeof(screen->shape));
	pthread_mutex_unlock(&screen->lock);
}

void rd_screen_update(struct rd_screen *screen)
{
	const uint32_t *from = framebuffer_view_pixels(screen->view);
	struct framebuffer_mode mode;
	uint32_t sequence = framebuffer_view_state(screen->view, &mode);
	uint32_t width = mode.width ? mode.width : 1, height = mode.height ? mode.height : 1;
	bool is_resized = width != screen->width || height != screen->height;
	bool differs = is_resized;

	pthread_mutex_lock(&screen->lock);
	screen->width = width;
	screen->height = height;
	pthread_mutex_unlock(&screen->lock);
	memset(screen->cells, 0, sizeof(screen->cells));
	for (uint32_t y = 0; y < height; y += FRAMEBUFFER_TILE)
		for (uint32_t x = 0; x < width; x += FRAMEBUFFER_TILE)
			if (is_resized || framebuffer_view_has_changed(screen->view, x, y, screen->sequence))
				differs |= take_tile(screen, from, x, y);
	screen->sequence = sequence;
	differs |= take_console(screen);
	if (differs)
		tell(screen, is_resized);
}

const uint32_t *rd_screen_pixels(const struct rd_screen *screen)
{
	return screen->pixels;
}

void rd_screen_size(struct rd_screen *screen, uint32_t *ret_width, uint32_t *ret_height)
{
	pthread_mutex_lock(&screen->lock);
	*ret_width = screen->width;
	*ret_height = screen->height;
	pthread_mutex_unlock(&screen->lock);
}

int rd_screen_new(struct framebuffer_view *view, struct rd_screen **ret_screen)
{
	struct rd_screen *screen = calloc(1, sizeof(*screen));
	void *pixels;

	if (!screen)
		return -ENOMEM;
	pixels = mmap(NULL, PIXELS_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		      -1, 0);
	if (pixels == MAP_FAILED) {
		free(screen);
		return -ENOMEM;
	}
	screen->pixels = pixels;
	screen->view = view;
	screen->width = screen->height = 1;
	pthread_mutex_init(&screen->lock, NULL);
	rd_screen_update(screen);
	*ret_screen = screen;
	return 0;
}

struct rd_screen *rd_screen_free(struct rd_screen *screen)
{
	if (!screen)
		return NULL;
	munmap(screen->pixels, PIXELS_SIZE);
	pthread_mutex_destroy(&screen->lock);
	free(screen);
	return NULL;
}

/* --- one viewer's share ------------------------------------------------------------------------------ */

int rd_damage_new(struct rd_screen *screen, struct rd_damage **ret_damage)
{
	struct rd_damage *damage = calloc(1, sizeof(*damage));
	int r = -ENOSPC;

	if (!damage)
		return -ENOMEM;
	damage->screen = screen;
	damage->event_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	if (damage->event_fd < 0) {
		free(damage);
		return -EMFILE;
	}
	pthread_mutex_lock(&screen->lock);
	damage->change.width = screen->width;
	damage->change.height = screen->height;
	mark_all(&damage->change);
	damage->change.is_console_new = true;
	for (unsigned i = 0; i < RD_VIEWERS_MAX && r < 0; i++)
		if (!screen->viewers[i]) {
			screen->viewers[i] = damage;
			r = 0;
		}
	pthread_mutex_unlock(&screen->lock);
	if (r < 0) {
		close(damage->event_fd);
		free(damage);
		return r;
	}
	*ret_damage = damage;
	return 0;
}

struct rd_damage *rd_damage_free(struct rd_damage *damage)
{
	struct rd_screen *screen = damage ? damage->screen : NULL;

	if (!damage)
		return NULL;
	pthread_mutex_lock(&screen->lock);
	for (unsigned i = 0; i < RD_VIEWERS_MAX; i++)
		if (screen->viewers[i] == damage)
			screen->viewers[i] = NULL;
	pthread_mutex_unlock(&screen->lock);
	close(damage->event_fd);
	free(damage);
	return NULL;
}

int rd_damage_fd(const struct rd_damage *damage)
{
	return damage->event_fd;
}

void rd_damage_look(struct rd_damage *damage, struct rd_change *ret_change)
{
	pthread_mutex_lock(&damage->screen->lock);
	*ret_change = damage->change;
	pthread_mutex_unlock(&damage->screen->lock);
}

void rd_damage_take(struct rd_damage *damage, struct rd_change *ret_change)
{
	uint64_t count;

	(void)!read(damage->event_fd, &count, sizeof(count));
	pthread_mutex_lock(&damage->screen->lock);
	*ret_change = damage->change;
	ret_change->first_row = 0;
	memset(damage->change.cells, 0, sizeof(damage->change.cells));
	damage->change.is_empty = true;
	damage->change.is_console_new = false;
	pthread_mutex_unlock(&damage->screen->lock);
}

/* --- from cells to rectangles ------------------------------------------------------------------------ */

static bool is_marked(const struct rd_change *change, unsigned x, unsigned y)
{
	return change->cells[y][x / 64] >> x % 64 & 1;
}

static void clear(struct rd_change *change, unsigned left, unsigned right, unsigned top, unsigned bottom)
{
	for (unsigned y = top; y < bottom; y++)
		for (unsigned x = left; x < right; x++)
			change->cells[y][x / 64] &= ~(1ull << x % 64);
}

bool rd_change_next(struct rd_change *change, struct rd_rect *ret_rect)
{
	unsigned columns = (change->width + RD_CELL - 1) / RD_CELL, rows = change->height;

	if (change->is_empty)
		return false;
	for (unsigned top = change->first_row; top < rows; top++)
		for (unsigned left = 0; left < columns; left++) {
			unsigned right = left, bottom = top + 1;

			if (!change->cells[top][left / 64]) {
				left |= 63;
				continue;
			}
			while (right < columns && is_marked(change, right, top))
				right++;
			if (right == left)
				continue;
			while (bottom < rows && is_marked(change, left, bottom))
				bottom++;
			clear(change, left, right, top, bottom);
			change->first_row = top;
			*ret_rect =
			    (struct rd_rect){ left * RD_CELL, top,
					      smaller(right * RD_CELL, change->width) - left * RD_CELL,
					      bottom - top };
			return true;
		}
	change->is_empty = true;
	return false;
}
