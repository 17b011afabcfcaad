/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What those who look at the machine see and use (ui/display.h), whichever devices are behind it: an emulated
 * adapter with its keyboard and mouse (generation 1), or the synthetic ones as soon as the guest drives them.
 *
 * Threads    Made and freed, and the adapter set, on the main thread, which also draws.
 *            screen_synthetic_*() come from the device thread.
 * Keys       go to one keyboard only: the synthetic one when its driver is there.
 * Limits     SCREEN_INPUT_MAX keys and movements wait for the device thread; further ones are lost.
 */
#ifndef WORKER_SCREEN_H
#define WORKER_SCREEN_H

#include "loop/loop.h"
#include "ui/display.h"

enum { SCREEN_INPUT_MAX = 256 };

struct screen_adapter {		/* emulated */
	struct display_ops ops; /* `watch` is not used */
	/* The host address of its video memory when the guest has it at gpa, and it has `size` bytes; NULL
	   otherwise. Any thread. */
	void *(*memory_at)(void *opaque, uint64_t gpa, uint64_t size);
};

struct machine_screen;

/* Takes both sockets (-1: none), also when it fails. */
int machine_screen_new(struct loop *loop, int listen_fd, int viewer_fd, struct machine_screen **ret_screen);
struct machine_screen *machine_screen_free(struct machine_screen *screen);
/* Takes the socket, also when it fails. */
int machine_screen_add_display(struct machine_screen *screen, int fd);
/* NULL: none any more. */
void machine_screen_set_adapter(struct machine_screen *screen, const struct screen_adapter *adapter,
				void *opaque);

/* --- for the synthetic devices, on the device thread ------------------------------------------------- */

struct screen_surface {	       /* as struct synthvid_surface */
	const uint8_t *pixels; /* NULL: none */
	uint32_t width, height, pitch;
	unsigned depth;
};

struct screen_input {
	enum { SCREEN_KEY, SCREEN_POINTER } kind;
	uint16_t key;
	bool is_down;
	int x, y, wheel;
	unsigned buttons;
};

struct screen_synthetic_ops {
	void (*input)(void *opaque, const struct screen_input *input);
	/* What the guest is to take as its size. */
	void (*size)(void *opaque, uint32_t width, uint32_t height);
	void (*watch)(void *opaque, bool is_watched);
};

/* `loop` is the device thread's; NULL ops end it (no callback comes after that). */
void machine_screen_set_synthetic(struct machine_screen *screen, struct loop *loop,
				  const struct screen_synthetic_ops *ops, void *opaque);
/* Which of the synthetic devices have a driver now. */
void machine_screen_set_drivers(struct machine_screen *screen, bool has_keyboard, bool has_mouse);
/* The surface's pixels stay readable until another one was shown. */
void machine_screen_show(struct machine_screen *screen, const struct screen_surface *surface);
/* While it is kept, viewers see the last picture though there is no surface: the guest's driver starts again. */
void machine_screen_keep(struct machine_screen *screen, bool is_kept);
void machine_screen_dirty(struct machine_screen *screen, uint32_t x, uint32_t y, uint32_t width,
			  uint32_t height);
/* The guest's pointer (its pixels: `argb`, NULL when they are as before; has_shape 0: none), and its keyboard's lamps
 * (enum framebuffer_led). Any thread. */
void machine_screen_set_pointer(struct machine_screen *screen, const struct framebuffer_pointer *pointer,
				const uint8_t *argb);
void machine_screen_set_leds(struct machine_screen *screen, unsigned leds);
void *machine_screen_memory_at(struct machine_screen *screen, uint64_t gpa, uint64_t size);

#endif
