/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ui/framebuffer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

_Static_assert(FRAMEBUFFER_TILE_COLUMNS *FRAMEBUFFER_TILE_ROWS * 4 <=
		   FRAMEBUFFER_CELLS_OFFSET - FRAMEBUFFER_TILES_OFFSET,
	       "room for the tiles");
_Static_assert(sizeof(struct framebuffer_header) == 184, "the header is an interface");
_Static_assert(FRAMEBUFFER_PIXELS_OFFSET % 4096 == 0, "pixels begin a page");

enum { COPY_TRIES = 20, COPY_PAUSE_NS = 2000000 };

struct framebuffer {
	int fd;
	uint8_t *base;
	uint32_t sequence; /* even; what the last change left */
};

struct framebuffer_view {
	const uint8_t *base;
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * Behind each copy out of the shared memory: what was copied is checked and used. Without it the compiler might read once more what the
 * writer's process, which may be anybody's by now, has changed in between.
 */
static void end_copy(void)
{
	atomic_signal_fence(memory_order_seq_cst);
}

/* What the writer's process says of the mode, within the limits. */
static void bound_mode(const struct framebuffer_mode *mode, struct framebuffer_mode *ret_mode)
{
	ret_mode->kind = smaller(mode->kind, FRAMEBUFFER_GRAPHICS);
	ret_mode->width = smaller(mode->width, FRAMEBUFFER_MAX_WIDTH);
	ret_mode->height = smaller(mode->height, FRAMEBUFFER_MAX_HEIGHT);
	ret_mode->columns = smaller(mode->columns, 256);
	ret_mode->rows = smaller(mode->rows, 128);
	ret_mode->cell_width = smaller(mode->cell_width, 16);
	ret_mode->cell_height = smaller(mode->cell_height, 32);
}

/* --- the writer -------------------------------------------------------------------------------------- */

static struct framebuffer_header *header_of(const struct framebuffer *framebuffer)
{
	return (struct framebuffer_header *)framebuffer->base;
}

static int make_file(struct framebuffer *framebuffer)
{
	void *base;

	framebuffer->fd = memfd_create("bulkhead-screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (framebuffer->fd < 0 || ftruncate(framebuffer->fd, FRAMEBUFFER_SIZE) < 0)
		return -errno;
	base = mmap(NULL, FRAMEBUFFER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, framebuffer->fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	framebuffer->base = base;
	/*
	 * From now on only this mapping can write; a viewer cannot take the file away from us or from others.
	 */
	return fcntl(framebuffer->fd, F_ADD_SEALS,
		     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) < 0
		   ? -errno
		   : 0;
}

int framebuffer_new(struct framebuffer **ret_framebuffer)
{
	struct framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));
	int r;

	if (!framebuffer)
		return -ENOMEM;
	r = make_file(framebuffer);
	if (r < 0) {
		framebuffer_free(framebuffer);
		return r;
	}
	header_of(framebuffer)->magic = FRAMEBUFFER_MAGIC;
	header_of(framebuffer)->version = FRAMEBUFFER_VERSION;
	header_of(framebuffer)->stride = FRAMEBUFFER_STRIDE;
	*ret_framebuffer = framebuffer;
	return 0;
}

struct framebuffer *framebuffer_free(struct framebuffer *framebuffer)
{
	if (!framebuffer)
		return NULL;
	if (framebuffer->base)
		munmap(framebuffer->base, FRAMEBUFFER_SIZE);
	if (framebuffer->fd >= 0)
		close(framebuffer->fd);
	free(framebuffer);
	return NULL;
}

int framebuffer_fd(const struct framebuffer *framebuffer)
{
	return framebuffer->fd;
}

uint32_t *framebuffer_pixels(struct framebuffer *framebuffer)
{
	return (uint32_t *)(framebuffer->base + FRAMEBUFFER_PIXELS_OFFSET);
}

uint16_t *framebuffer_cells(struct framebuffer *framebuffer)
{
	return (uint16_t *)(framebuffer->base + FRAMEBUFFER_CELLS_OFFSET);
}

uint8_t *framebuffer_fonts(struct framebuffer *framebuffer)
{
	return framebuffer->base + FRAMEBUFFER_FONTS_OFFSET;
}

uint32_t framebuffer_sequence(const struct framebuffer *framebuffer)
{
	return framebuffer->sequence;
}

bool framebuffer_begin(struct framebuffer *framebuffer, const struct framebuffer_mode *mode)
{
	struct framebuffer_header *header = header_of(framebuffer);
	struct framebuffer_mode bounded;
	bool is_new;

	bound_mode(mode, &bounded);
	is_new = memcmp(&header->mode, &bounded, sizeof(bounded)) != 0;
	atomic_store_explicit(&header->sequence, framebuffer->sequence + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (is_new) {
		header->mode = bounded;
		framebuffer_mark(framebuffer, 0, 0, bounded.width, bounded.height);
	}
	return is_new;
}

void framebuffer_mark(struct framebuffer *framebuffer, uint32_t x, uint32_t y, uint32_t width,
		      uint32_t height)
{
	uint32_t *tiles = (uint32_t *)(framebuffer->base + FRAMEBUFFER_TILES_OFFSET);
	uint32_t right = smaller(x + width, FRAMEBUFFER_MAX_WIDTH);
	uint32_t bottom = smaller(y + height, FRAMEBUFFER_MAX_HEIGHT);

	for (uint32_t row = y / FRAMEBUFFER_TILE; row * FRAMEBUFFER_TILE < bottom; row++)
		for (uint32_t column = x / FRAMEBUFFER_TILE; column * FRAMEBUFFER_TILE < right; column++)
			tiles[row * FRAMEBUFFER_TILE_COLUMNS + column] = framebuffer->sequence + 2;
}

void framebuffer_set_text(struct framebuffer *framebuffer, const struct framebuffer_text *text)
{
	header_of(framebuffer)->text = *text;
}

void framebuffer_mark_fonts(struct framebuffer *framebuffer)
{
	header_of(framebuffer)->fonts_sequence = framebuffer->sequence + 2;
}

void framebuffer_end(struct framebuffer *framebuffer, bool has_changed)
{
	framebuffer->sequence += has_changed ? 2 : 0;
	atomic_store_explicit(&header_of(framebuffer)->sequence, framebuffer->sequence, memory_order_release);
}

/* Everything but which shape it is, which is the writer's to count. */
static bool is_same_console(const struct framebuffer_console *a, const struct framebuffer_console *b)
{
	struct framebuffer_console copy = *a;

	copy.shape_sequence = b->shape_sequence;
	return memcmp(&copy, b, sizeof(copy)) == 0;
}

void framebuffer_set_console(struct framebuffer *framebuffer, const struct framebuffer_console *console,
			     const uint32_t *argb)
{
	struct framebuffer_header *header = header_of(framebuffer);
	struct framebuffer_mode mode = header->mode;
	uint32_t shape = header->console.shape_sequence + (argb ? 1 : 0);

	if (!argb && is_same_console(console, &header->console))
		return;
	framebuffer_begin(framebuffer, &mode);
	header->console = *console;
	header->console.shape_sequence = shape;
	if (argb)
		memcpy(framebuffer->base + FRAMEBUFFER_POINTER_OFFSET, argb,
		       (size_t)smaller(console->pointer.width, FRAMEBUFFER_POINTER_MAX) *
			   smaller(console->pointer.height, FRAMEBUFFER_POINTER_MAX) * 4);
	framebuffer_end(framebuffer, true);
}

/* --- a view ------------------------------------------------------------------------------------------ */

int framebuffer_view_new(int fd, struct framebuffer_view **ret_view)
{
	struct framebuffer_view *view;
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	void *base;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 || st.st_size < FRAMEBUFFER_SIZE)
		return -EBADMSG;
	base = mmap(NULL, FRAMEBUFFER_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return -errno;
	view = malloc(sizeof(*view));
	if (!view || ((struct framebuffer_header *)base)->magic != FRAMEBUFFER_MAGIC ||
	    ((struct framebuffer_header *)base)->version != FRAMEBUFFER_VERSION) {
		munmap(base, FRAMEBUFFER_SIZE);
		free(view);
		return view ? -EBADMSG : -ENOMEM;
	}
	view->base = base;
	*ret_view = view;
	return 0;
}

struct framebuffer_view *framebuffer_view_free(struct framebuffer_view *view)
{
	if (!view)
		return NULL;
	munmap((void *)view->base, FRAMEBUFFER_SIZE);
	free(view);
	return NULL;
}

static int copy_pixels(const struct framebuffer_view *view, struct screen *screen)
{
	const uint32_t *from = (const uint32_t *)(view->base + FRAMEBUFFER_PIXELS_OFFSET);
	uint32_t width = screen->mode.width, height = screen->mode.height;

	screen->pixels = malloc((size_t)width * height * 4 + 4);
	if (!screen->pixels)
		return -ENOMEM;
	for (uint32_t y = 0; y < height; y++)
		memcpy(screen->pixels + (size_t)y * width, from + (size_t)y * FRAMEBUFFER_STRIDE,
		       (size_t)width * 4);
	return 0;
}

static int copy_cells(const struct framebuffer_view *view, struct screen *screen)
{
	size_t size = (size_t)screen->mode.columns * screen->mode.rows * 2;

	if (screen->mode.kind != FRAMEBUFFER_TEXT)
		return 0;
	screen->cells = malloc(size + 2);
	if (!screen->cells)
		return -ENOMEM;
	memcpy(screen->cells, view->base + FRAMEBUFFER_CELLS_OFFSET, size);
	screen->fonts = malloc(FRAMEBUFFER_FONTS_SIZE);
	if (!screen->fonts)
		return -ENOMEM;
	memcpy(screen->fonts, view->base + FRAMEBUFFER_FONTS_OFFSET, FRAMEBUFFER_FONTS_SIZE);
	return 0;
}

static void copy_text(const struct framebuffer_view *view, struct screen *screen)
{
	const struct framebuffer_header *header = (const struct framebuffer_header *)view->base;
	struct framebuffer_text *text = &screen->text;

	*text = header->text;
	end_copy();
	text->has_cursor = text->has_cursor && screen->mode.kind == FRAMEBUFFER_TEXT &&
			   text->cursor_column < screen->mode.columns && text->cursor_row < screen->mode.rows;
	text->cursor_first = smaller(text->cursor_first, FRAMEBUFFER_FONT_LINES - 1);
	text->cursor_last = smaller(text->cursor_last, FRAMEBUFFER_FONT_LINES - 1);
}

static int copy_once(const struct framebuffer_view *view, bool with_pixels, struct screen *screen)
{
	const struct framebuffer_header *header = (const struct framebuffer_header *)view->base;
	uint32_t sequence = atomic_load_explicit(&header->sequence, memory_order_acquire);
	struct framebuffer_mode mode = header->mode;
	int r;

	end_copy();
	if (sequence & 1)
		return -EAGAIN;
	bound_mode(&mode, &screen->mode);
	copy_text(view, screen);
	r = copy_cells(view, screen);
	if (r == 0 && with_pixels)
		r = copy_pixels(view, screen);
	atomic_thread_fence(memory_order_acquire);
	if (r == 0 && atomic_load_explicit(&header->sequence, memory_order_relaxed) != sequence)
		r = -EAGAIN;
	return r;
}

int framebuffer_view_copy(const struct framebuffer_view *view, bool with_pixels, struct screen *ret_screen)
{
	static const struct timespec pause = { .tv_nsec = COPY_PAUSE_NS };
	int r = -EAGAIN;

	for (unsigned i = 0; r == -EAGAIN && i < COPY_TRIES; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		*ret_screen = (struct screen){ .pixels = NULL };
		r = copy_once(view, with_pixels, ret_screen);
		if (r < 0)
			screen_deinit(ret_screen);
	}
	return r;
}

uint32_t framebuffer_view_state(const struct framebuffer_view *view, struct framebuffer_mode *ret_mode)
{
	const struct framebuffer_header *header = (const struct framebuffer_header *)view->base;
	uint32_t sequence = atomic_load_explicit(&header->sequence, memory_order_acquire);
	struct framebuffer_mode mode = header->mode;

	end_copy();
	bound_mode(&mode, ret_mode);
	return sequence & ~1u;
}

bool framebuffer_view_has_changed(const struct framebuffer_view *view, uint32_t x, uint32_t y,
				  uint32_t sequence)
{
	const uint32_t *tiles = (const uint32_t *)(view->base + FRAMEBUFFER_TILES_OFFSET);
	uint32_t tile = y / FRAMEBUFFER_TILE * FRAMEBUFFER_TILE_COLUMNS + x / FRAMEBUFFER_TILE;

	return (int32_t)(tiles[tile] - sequence) > 0;
}

const uint32_t *framebuffer_view_pixels(const struct framebuffer_view *view)
{
	return (const uint32_t *)(view->base + FRAMEBUFFER_PIXELS_OFFSET);
}

static void bound_console(struct framebuffer_console *console)
{
	struct framebuffer_pointer *pointer = &console->pointer;

	console->leds &= FRAMEBUFFER_LED_SCROLL | FRAMEBUFFER_LED_NUM | FRAMEBUFFER_LED_CAPS;
	pointer->width = smaller(pointer->width, FRAMEBUFFER_POINTER_MAX);
	pointer->height = smaller(pointer->height, FRAMEBUFFER_POINTER_MAX);
	pointer->hot_x = smaller(pointer->hot_x, pointer->width);
	pointer->hot_y = smaller(pointer->hot_y, pointer->height);
	pointer->x = smaller(pointer->x, FRAMEBUFFER_MAX_WIDTH - 1);
	pointer->y = smaller(pointer->y, FRAMEBUFFER_MAX_HEIGHT - 1);
}

int framebuffer_view_console(const struct framebuffer_view *view, struct framebuffer_console *ret_console,
			     uint32_t *ret_argb)
{
	const struct framebuffer_header *header = (const struct framebuffer_header *)view->base;
	uint32_t sequence = atomic_load_explicit(&header->sequence, memory_order_acquire);

	if (sequence & 1)
		return -EAGAIN;
	*ret_console = header->console;
	end_copy();
	bound_console(ret_console);
	memcpy(ret_argb, view->base + FRAMEBUFFER_POINTER_OFFSET, FRAMEBUFFER_POINTER_SIZE);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&header->sequence, memory_order_relaxed) == sequence ? 0 : -EAGAIN;
}

void screen_deinit(struct screen *screen)
{
	free(screen->pixels);
	free(screen->cells);
	free(screen->fonts);
	screen->pixels = NULL;
	screen->cells = NULL;
	screen->fonts = NULL;
}
