/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/screen.h"

#include "ui/display_proto.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RECTS_MAX = 32 };

struct rect {
	uint32_t left, top, right, bottom;
};

struct machine_screen {
	struct display *display;
	const struct screen_adapter *adapter; /* NULL: none */
	void *adapter_opaque;

	pthread_mutex_t lock; /* a leaf: all below */
	bool is_watched;
	struct loop *device_loop; /* NULL: no synthetic devices */
	const struct screen_synthetic_ops *synthetic;
	void *synthetic_opaque;
	struct loop_call input_call;
	bool has_keyboard, has_mouse;
	struct screen_surface surface;
	bool is_kept; /* without a surface the picture stays */
	bool is_new;  /* the surface is: all of it is to be drawn */
	struct rect dirty[RECTS_MAX];
	unsigned dirty_count;
	struct screen_input inputs[SCREEN_INPUT_MAX];
	unsigned first_input, input_count;
	uint32_t wanted_width, wanted_height; /* 0: nothing new */
	struct framebuffer_console console;
	bool has_new_shape;
	uint32_t shape[FRAMEBUFFER_POINTER_SIZE / 4];
};

/* --- the synthetic surface, drawn on the main thread ------------------------------------------------- */

static void add_dirty(struct machine_screen *screen, const struct rect *rect)
{
	struct rect *last;

	if (screen->dirty_count < RECTS_MAX) {
		screen->dirty[screen->dirty_count++] = *rect;
		return;
	}
	last = &screen->dirty[RECTS_MAX - 1];
	last->left = rect->left < last->left ? rect->left : last->left;
	last->top = rect->top < last->top ? rect->top : last->top;
	last->right = rect->right > last->right ? rect->right : last->right;
	last->bottom = rect->bottom > last->bottom ? rect->bottom : last->bottom;
}

static void draw_line_16(uint32_t *to, const uint8_t *from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t pixel = from[2 * i] | (uint32_t)from[2 * i + 1] << 8;
		uint32_t red = pixel >> 11, green = pixel >> 5 & 0x3f, blue = pixel & 0x1f;

		to[i] =
		    (red << 3 | red >> 2) << 16 | (green << 2 | green >> 4) << 8 | (blue << 3 | blue >> 2);
	}
}

static void draw_line_32(uint32_t *to, const uint8_t *from, uint32_t count)
{
	memcpy(to, from, (size_t)count * 4);
	for (uint32_t i = 0; i < count; i++)
		to[i] &= 0xffffff;
}

static void draw_rect(const struct screen_surface *surface, const struct rect *rect, uint32_t *pixels)
{
	for (uint32_t y = rect->top; y < rect->bottom; y++) {
		uint32_t *to = pixels + (size_t)y * FRAMEBUFFER_STRIDE + rect->left;
		const uint8_t *from =
		    surface->pixels + (size_t)y * surface->pitch + (size_t)rect->left * (surface->depth / 8);

		if (surface->depth == 32)
			draw_line_32(to, from, rect->right - rect->left);
		else
			draw_line_16(to, from, rect->right - rect->left);
	}
}

/* The guest reports changes only while somebody watches; otherwise all counts as changed. */
static void draw_synthetic(struct machine_screen *screen, struct framebuffer *framebuffer)
{
	const struct screen_surface *surface = &screen->surface;
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_GRAPHICS,
					 .width = surface->width,
					 .height = surface->height };
	struct rect all = { 0, 0, surface->width, surface->height };
	bool is_all = framebuffer_begin(framebuffer, &mode) || screen->is_new || !screen->is_watched;
	unsigned count = is_all ? 1 : screen->dirty_count;

	for (unsigned i = 0; i < count; i++) {
		const struct rect *rect = is_all ? &all : &screen->dirty[i];

		draw_rect(surface, rect, framebuffer_pixels(framebuffer));
		framebuffer_mark(framebuffer, rect->left, rect->top, rect->right - rect->left,
				 rect->bottom - rect->top);
	}
	framebuffer_end(framebuffer, count > 0);
	screen->is_new = false;
	screen->dirty_count = 0;
}

static void draw_blank(struct framebuffer *framebuffer)
{
	struct framebuffer_mode mode = { .kind = FRAMEBUFFER_BLANK, .width = 640, .height = 480 };
	bool is_new = framebuffer_begin(framebuffer, &mode);

	for (uint32_t y = 0; is_new && y < mode.height; y++)
		memset(framebuffer_pixels(framebuffer) + (size_t)y * FRAMEBUFFER_STRIDE, 0, mode.width * 4);
	framebuffer_end(framebuffer, is_new);
}

/* Pointer and lamps come from other threads, and are shown with the next picture. */
static void show_console(struct machine_screen *screen, struct framebuffer *framebuffer)
{
	screen->console.takes_size = screen->surface.pixels != NULL;
	framebuffer_set_console(framebuffer, &screen->console, screen->has_new_shape ? screen->shape : NULL);
	screen->has_new_shape = false;
}

void machine_screen_set_pointer(struct machine_screen *screen, const struct framebuffer_pointer *pointer,
				const uint8_t *argb)
{
	size_t size = (size_t)pointer->width * pointer->height * 4;

	pthread_mutex_lock(&screen->lock);
	screen->console.pointer = *pointer;
	if (argb && size <= sizeof(screen->shape) && memcmp(screen->shape, argb, size) != 0) {
		memcpy(screen->shape, argb, size);
		screen->has_new_shape = true;
	}
	pthread_mutex_unlock(&screen->lock);
}

void machine_screen_set_leds(struct machine_screen *screen, unsigned leds)
{
	pthread_mutex_lock(&screen->lock);
	screen->console.has_leds = true;
	screen->console.leds = leds;
	pthread_mutex_unlock(&screen->lock);
}

static void on_draw(void *opaque, struct framebuffer *framebuffer)
{
	struct machine_screen *screen = opaque;
	bool has_surface, is_over;

	pthread_mutex_lock(&screen->lock);
	has_surface = screen->surface.pixels != NULL;
	is_over = has_surface || screen->is_kept;
	if (!screen->is_kept || has_surface)
		show_console(screen, framebuffer);
	if (has_surface)
		draw_synthetic(screen, framebuffer);
	pthread_mutex_unlock(&screen->lock);
	if (is_over)
		return;
	if (screen->adapter)
		screen->adapter->ops.draw(screen->adapter_opaque, framebuffer);
	else
		draw_blank(framebuffer);
}

/* --- keyboard and pointer ---------------------------------------------------------------------------- */

/* True when a synthetic device takes it. */
static bool put_input(struct machine_screen *screen, const struct screen_input *input)
{
	bool is_taken;

	pthread_mutex_lock(&screen->lock);
	is_taken =
	    screen->device_loop && (input->kind == SCREEN_KEY ? screen->has_keyboard : screen->has_mouse);
	if (is_taken && screen->input_count < SCREEN_INPUT_MAX) {
		unsigned i = (screen->first_input + screen->input_count++) % SCREEN_INPUT_MAX;

		screen->inputs[i] = *input;
		loop_call(screen->device_loop, &screen->input_call);
	}
	pthread_mutex_unlock(&screen->lock);
	return is_taken;
}

/* The device thread. */
static bool next_input(struct machine_screen *screen, struct screen_input *ret_input)
{
	bool has_one;

	pthread_mutex_lock(&screen->lock);
	has_one = screen->input_count > 0;
	if (has_one) {
		*ret_input = screen->inputs[screen->first_input];
		screen->first_input = (screen->first_input + 1) % SCREEN_INPUT_MAX;
		screen->input_count--;
	}
	pthread_mutex_unlock(&screen->lock);
	return has_one;
}

static void on_input(void *opaque)
{
	struct machine_screen *screen = opaque;
	struct screen_input input;
	uint32_t width, height;
	bool is_watched;

	pthread_mutex_lock(&screen->lock);
	is_watched = screen->is_watched;
	width = screen->wanted_width;
	height = screen->wanted_height;
	screen->wanted_width = screen->wanted_height = 0;
	pthread_mutex_unlock(&screen->lock);
	screen->synthetic->watch(screen->synthetic_opaque, is_watched);
	if (width)
		screen->synthetic->size(screen->synthetic_opaque, width, height);
	while (next_input(screen, &input))
		screen->synthetic->input(screen->synthetic_opaque, &input);
}

static void on_key(void *opaque, uint16_t key, bool is_down)
{
	struct machine_screen *screen = opaque;
	struct screen_input input = { .kind = SCREEN_KEY, .key = key, .is_down = is_down };

	if (!put_input(screen, &input) && screen->adapter)
		screen->adapter->ops.key(screen->adapter_opaque, key, is_down);
}

/*
 * The synthetic mouse is absolute; who has only movements gets along with the emulated one, if there is one.
 */
static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	struct machine_screen *screen = opaque;

	if (screen->adapter)
		screen->adapter->ops.pointer(screen->adapter_opaque, dx, dy, wheel, buttons);
}

static void on_pointer_to(void *opaque, int x, int y, int wheel, unsigned buttons)
{
	struct machine_screen *screen = opaque;
	struct screen_input input = {
		.kind = SCREEN_POINTER, .x = x, .y = y, .wheel = wheel, .buttons = buttons
	};

	if (!put_input(screen, &input) && screen->adapter)
		screen->adapter->ops.pointer_to(screen->adapter_opaque, x, y, wheel, buttons);
}

static void on_size(void *opaque, uint32_t width, uint32_t height)
{
	struct machine_screen *screen = opaque;

	pthread_mutex_lock(&screen->lock);
	screen->wanted_width = width;
	screen->wanted_height = height;
	if (screen->device_loop)
		loop_call(screen->device_loop, &screen->input_call);
	pthread_mutex_unlock(&screen->lock);
}

static void on_watch(void *opaque, bool is_watched)
{
	struct machine_screen *screen = opaque;

	pthread_mutex_lock(&screen->lock);
	screen->is_watched = is_watched;
	screen->is_new = true; /* what was not reported meanwhile */
	if (screen->device_loop)
		loop_call(screen->device_loop, &screen->input_call);
	pthread_mutex_unlock(&screen->lock);
}

static const struct display_ops display_ops = {
	.draw = on_draw,
	.key = on_key,
	.pointer = on_pointer,
	.pointer_to = on_pointer_to,
	.size = on_size,
	.watch = on_watch,
};

/* --- the synthetic devices --------------------------------------------------------------------------- */

void machine_screen_set_synthetic(struct machine_screen *screen, struct loop *loop,
				  const struct screen_synthetic_ops *ops, void *opaque)
{
	struct loop *old;

	pthread_mutex_lock(&screen->lock);
	old = screen->device_loop;
	screen->device_loop = ops ? loop : NULL;
	screen->synthetic = ops;
	screen->synthetic_opaque = opaque;
	screen->has_keyboard = screen->has_mouse = screen->is_kept = false;
	screen->input_count = 0;
	screen->surface.pixels = NULL;
	pthread_mutex_unlock(&screen->lock);
	if (old && !ops)
		loop_call_cancel(old, &screen->input_call);
}

void machine_screen_set_drivers(struct machine_screen *screen, bool has_keyboard, bool has_mouse)
{
	pthread_mutex_lock(&screen->lock);
	screen->has_keyboard = has_keyboard;
	screen->has_mouse = has_mouse;
	pthread_mutex_unlock(&screen->lock);
}

void machine_screen_show(struct machine_screen *screen, const struct screen_surface *surface)
{
	pthread_mutex_lock(&screen->lock);
	screen->surface = *surface;
	screen->is_new = true;
	screen->dirty_count = 0;
	pthread_mutex_unlock(&screen->lock);
}

void machine_screen_keep(struct machine_screen *screen, bool is_kept)
{
	pthread_mutex_lock(&screen->lock);
	screen->is_kept = is_kept;
	pthread_mutex_unlock(&screen->lock);
}

void machine_screen_dirty(struct machine_screen *screen, uint32_t x, uint32_t y, uint32_t width,
			  uint32_t height)
{
	pthread_mutex_lock(&screen->lock);
	if (screen->surface.pixels)
		add_dirty(screen, &(struct rect){ x, y, x + width, y + height });
	pthread_mutex_unlock(&screen->lock);
}

void *machine_screen_memory_at(struct machine_screen *screen, uint64_t gpa, uint64_t size)
{
	return screen->adapter ? screen->adapter->memory_at(screen->adapter_opaque, gpa, size) : NULL;
}

/* --- life -------------------------------------------------------------------------------------------- */

int machine_screen_new(struct loop *loop, int listen_fd, int viewer_fd, struct machine_screen **ret_screen)
{
	struct machine_screen *screen = calloc(1, sizeof(*screen));
	int r = -ENOMEM;

	if (screen) {
		pthread_mutex_init(&screen->lock, NULL);
		screen->input_call = (struct loop_call){ .fn = on_input, .opaque = screen };
		r = display_new(loop, listen_fd, &display_ops, screen, &screen->display);
		listen_fd = -1;
	}
	if (r == 0 && viewer_fd >= 0) {
		r = display_add(screen->display, viewer_fd);
		viewer_fd = -1;
	}
	if (listen_fd >= 0)
		close(listen_fd);
	if (viewer_fd >= 0)
		close(viewer_fd);
	if (r < 0) {
		machine_screen_free(screen);
		return r;
	}
	*ret_screen = screen;
	return 0;
}

struct machine_screen *machine_screen_free(struct machine_screen *screen)
{
	if (!screen)
		return NULL;
	display_free(screen->display);
	pthread_mutex_destroy(&screen->lock);
	free(screen);
	return NULL;
}

int machine_screen_add_display(struct machine_screen *screen, int fd)
{
	return display_add(screen->display, fd);
}

void machine_screen_set_adapter(struct machine_screen *screen, const struct screen_adapter *adapter,
				void *opaque)
{
	screen->adapter = adapter;
	screen->adapter_opaque = opaque;
}
