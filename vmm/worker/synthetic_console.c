/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The synthetic screen, keyboard and mouse. */
#include "worker/console_fit.h"
#include "worker/screen.h"
#include "worker/synthetic.h"

#include "vsp/keyboard/synthkbd.h"
#include "vsp/mouse/synthhid.h"
#include "vsp/video/synthvid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { VRAM_MEGABYTES = 16, VRAM_SIZE = VRAM_MEGABYTES << 20 };

struct console {
	struct synthetic *synthetic;
	struct machine_screen *screen;
	struct synthvid *video;
	struct synthkbd *keyboard;
	struct synthhid *mouse;
	struct console_fit fit;
	bool has_keyboard, has_mouse;
	uint8_t *vram;	     /* our own, for guests that place it apart from everything */
	uint64_t mapped_gpa; /* where; 0: nowhere */
};

/* --- video --------------------------------------------------------------------------------------------- */

static void unmap(struct console *console)
{
	struct hv_partition *partition = synthetic_partition(console->synthetic);

	if (console->mapped_gpa && partition)
		hv_unmap(partition, console->mapped_gpa, VRAM_SIZE);
	console->mapped_gpa = 0;
}

/* In the emulated adapter's memory, in RAM (hyperv_fb does so), or where there is nothing yet. */
static void *place(void *opaque, uint64_t gpa, uint64_t size)
{
	struct console *console = opaque;
	struct hv_partition *partition = synthetic_partition(console->synthetic);
	void *host = machine_screen_memory_at(console->screen, gpa, size);

	if (!host)
		host = guest_ram_at(&synthetic_memory(console->synthetic)->ram, gpa, size);
	if (host || !partition || size > VRAM_SIZE)
		return host;
	if (console->mapped_gpa == gpa)
		return console->vram;
	unmap(console);
	if (hv_map(partition, gpa, console->vram, VRAM_SIZE, HV_MAP_WRITE) < 0) {
		synthetic_warn(
		    console->synthetic,
		    "The guest wants its video memory where something else is; its screen stays dark.");
		return NULL;
	}
	console->mapped_gpa = gpa;
	return console->vram;
}

static void on_surface(void *opaque, const struct synthvid_surface *surface)
{
	struct console *console = opaque;

	machine_screen_show(console->screen,
			    &(struct screen_surface){ surface->pixels, surface->width, surface->height,
						      surface->pitch, surface->depth });
	console_fit_shown(&console->fit, surface);
}

static void on_dirty(void *opaque, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	machine_screen_dirty(((struct console *)opaque)->screen, x, y, width, height);
}

static uint32_t clip(int32_t value, uint32_t limit)
{
	return value < 0 ? 0 : (uint32_t)value < limit ? (uint32_t)value : limit - 1;
}

/* What lies in memory as B, G, R, A is 0xAARRGGBB here. */
static void on_pointer(void *opaque, const struct synthvid_pointer *pointer)
{
	struct framebuffer_pointer to = { .has_shape = pointer->argb != NULL,
					  .is_visible = pointer->is_visible,
					  .width = pointer->width,
					  .height = pointer->height,
					  .hot_x = pointer->hot_x,
					  .hot_y = pointer->hot_y,
					  .x = clip(pointer->x, SYNTHVID_WIDTH_MAX),
					  .y = clip(pointer->y, SYNTHVID_HEIGHT_MAX) };

	machine_screen_set_pointer(((struct console *)opaque)->screen, &to, pointer->argb);
}

static const struct synthvid_ops video_ops = {
	.place = place, .on_surface = on_surface, .on_dirty = on_dirty, .on_pointer = on_pointer
};

/* --- keyboard and mouse ------------------------------------------------------------------------------ */

static void on_keyboard_ready(void *opaque, bool is_ready)
{
	struct console *console = opaque;

	console->has_keyboard = is_ready;
	machine_screen_set_drivers(console->screen, console->has_keyboard, console->has_mouse);
}

static void on_mouse_ready(void *opaque, bool is_ready)
{
	struct console *console = opaque;

	console->has_mouse = is_ready;
	machine_screen_set_drivers(console->screen, console->has_keyboard, console->has_mouse);
}

static void on_leds(void *opaque, uint8_t leds)
{
	machine_screen_set_leds(((struct console *)opaque)->screen, leds);
}

static const struct synthkbd_ops keyboard_ops = { .on_ready = on_keyboard_ready, .on_leds = on_leds };
static const struct synthhid_ops mouse_ops = { .on_ready = on_mouse_ready };

static void on_input(void *opaque, const struct screen_input *input)
{
	struct console *console = opaque;

	if (input->kind == SCREEN_KEY)
		(void)synthkbd_key(console->keyboard, input->key, input->is_down);
	else
		(void)synthhid_move(console->mouse, input->x, input->y, input->wheel, input->buttons);
}

static void on_watch(void *opaque, bool is_watched)
{
	synthvid_set_watched(((struct console *)opaque)->video, is_watched);
}

static void on_size(void *opaque, uint32_t width, uint32_t height)
{
	struct console *console = opaque;
	const struct worker_config *config = synthetic_config(console->synthetic);

	if (config->screen_width_max && width > config->screen_width_max)
		width = config->screen_width_max;
	if (config->screen_height_max && height > config->screen_height_max)
		height = config->screen_height_max;
	synthvid_set_preferred(console->video, (uint16_t)width, (uint16_t)height);
}

static const struct screen_synthetic_ops screen_ops = { .input = on_input,
							.size = on_size,
							.watch = on_watch };

/* --- the part ---------------------------------------------------------------------------------------- */

static void free_console(void *part)
{
	struct console *console = part;

	machine_screen_set_synthetic(console->screen, NULL, NULL, NULL);
	console_fit_deinit(&console->fit);
	synthvid_free(console->video);
	synthhid_free(console->mouse);
	synthkbd_free(console->keyboard);
	if (console->vram)
		munmap(console->vram, VRAM_SIZE);
	free(console);
}

static int make_devices(struct console *console)
{
	struct vmbus *bus = synthetic_bus(console->synthetic);
	const struct worker_config *config = synthetic_config(console->synthetic);
	struct synthvid_config video = { .vram_megabytes = VRAM_MEGABYTES,
					 .width_max = (uint16_t)config->screen_width_max,
					 .height_max = (uint16_t)config->screen_height_max,
					 .ops = &video_ops,
					 .opaque = console };
	void *vram =
	    mmap(NULL, VRAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int r;

	if (vram == MAP_FAILED)
		return -errno;
	console->vram = vram;
	r = synthkbd_new(bus, &keyboard_ops, console, &console->keyboard);
	if (r == 0)
		r = synthhid_new(bus, &mouse_ops, console, &console->mouse);
	if (r == 0)
		r = synthvid_new(bus, &video, &console->video);
	return r < 0 ? r : console_fit_init(&console->fit, console->synthetic, console->video);
}

static int make_console(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	struct console *console;
	int r;

	if (!synthetic_screen(synthetic))
		return 0;
	console = calloc(1, sizeof(*console));
	if (!console)
		return -ENOMEM;
	console->synthetic = synthetic;
	console->screen = synthetic_screen(synthetic);
	r = make_devices(console);
	if (r < 0) {
		free_console(console);
		snprintf(error->text, sizeof(error->text), "the synthetic screen cannot be made: %s",
			 strerror(-r));
		return r;
	}
	machine_screen_set_synthetic(console->screen, synthetic_loop(synthetic), &screen_ops, console);
	*ret_part = console;
	return 0;
}

/* The partition before it took the mapping with it. */
static void on_attached(void *part)
{
	struct console *console = part;

	console->mapped_gpa = 0;
	console_fit_restarted(&console->fit);
}

static bool handle_message(void *part, struct link_message *message)
{
	return console_fit_handle(&((struct console *)part)->fit, message);
}

static void *console_memory(void *opaque, uint64_t *ret_size)
{
	struct console *console = opaque;

	*ret_size = VRAM_SIZE;
	return console->vram;
}

const struct synthetic_part synthetic_console = {
	.name = "console",
	.make = make_console,
	.free = free_console,
	.handle = handle_message,
	.attached = on_attached,
	.memory_name = "video",
	.memory = console_memory,
};
