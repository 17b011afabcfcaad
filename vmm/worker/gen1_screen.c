/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "worker/gen1_screen.h"
#include "worker/screen.h"

#include "chipset/pc.h"
#include "chipset/ps2_keyboard.h"
#include "chipset/ps2_mouse.h"
#include "chipset/vga.h"
#include "ui/display_proto.h"

#include <hv/hv.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { KEYS_MAX = 256 };
_Static_assert((int)VGA_FONT_SIZE == (int)FRAMEBUFFER_FONTS_SIZE, "fonts as the adapter has them");

struct key {
	uint16_t code;
	bool is_down;
};

struct gen1_screen {
	struct io_bus *bus;
	struct vga *vga;
	struct ps2_keyboard *keyboard;
	struct ps2_mouse *mouse;
	struct machine_screen *screen;
	uint8_t *memory; /* VGA_MEMORY_SIZE */

	/* under the bus lock */
	struct hv_partition *partition;
	uint32_t mapped_gpa; /* 0: not mapped */
	struct key keys[KEYS_MAX];
	unsigned first_key, key_count;
	int pointer_x, pointer_y; /* where the pointer was told to go */
};

/* --- the adapter's linear range ---------------------------------------------------------------------- */

static void unmap(struct gen1_screen *screen)
{
	if (screen->mapped_gpa && screen->partition)
		hv_unmap(screen->partition, screen->mapped_gpa, VGA_MEMORY_SIZE);
	screen->mapped_gpa = 0;
}

/* Where the guest lays it over its RAM it stays unmapped, as on a board where RAM answers first. */
static void on_map(void *opaque, uint32_t gpa)
{
	struct gen1_screen *screen = opaque;

	unmap(screen);
	if (gpa && screen->partition &&
	    hv_map(screen->partition, gpa, screen->memory, VGA_MEMORY_SIZE, HV_MAP_WRITE | HV_MAP_TRACK) == 0)
		screen->mapped_gpa = gpa;
}

static const struct vga_ops vga_ops = { .on_map = on_map };

void gen1_screen_set_partition(struct gen1_screen *screen, struct hv_partition *partition)
{
	io_bus_lock(screen->bus);
	unmap(screen);
	screen->partition = partition;
	io_bus_unlock(screen->bus);
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static void fetch_dirty(struct gen1_screen *screen)
{
	uint64_t bitmap[VGA_PAGES / 64];

	if (screen->mapped_gpa && hv_query_dirty(screen->partition, screen->mapped_gpa, VGA_MEMORY_SIZE,
						 bitmap, sizeof(bitmap)) == 0)
		vga_mark_dirty(screen->vga, bitmap);
}

static void translate_mode(const struct vga_mode *mode, struct framebuffer_mode *ret_mode)
{
	static const uint32_t kinds[] = { [VGA_BLANK] = FRAMEBUFFER_BLANK,
					  [VGA_TEXT] = FRAMEBUFFER_TEXT,
					  [VGA_GRAPHICS] = FRAMEBUFFER_GRAPHICS };

	*ret_mode = (struct framebuffer_mode){
		.kind = kinds[mode->kind],
		.width = mode->width,
		.height = mode->height,
		.columns = mode->columns,
		.rows = mode->rows,
		.cell_width = mode->cell_width,
		.cell_height = mode->cell_height,
	};
}

static void mark(void *opaque, unsigned x, unsigned y, unsigned width, unsigned height)
{
	framebuffer_mark(opaque, x, y, width, height);
}

static void write_text(struct gen1_screen *screen, struct framebuffer *framebuffer)
{
	struct vga_text_style style;
	struct framebuffer_text text;

	vga_read_text(screen->vga, framebuffer_cells(framebuffer), FRAMEBUFFER_CELLS);
	vga_get_text_style(screen->vga, &style);
	text = (struct framebuffer_text){ .has_cursor = style.has_cursor,
					  .cursor_column = style.cursor_column,
					  .cursor_row = style.cursor_row,
					  .cursor_first = style.cursor_first,
					  .cursor_last = style.cursor_last,
					  .has_blink = style.has_blink };
	memcpy(text.colors, style.colors, sizeof(text.colors));
	framebuffer_set_text(framebuffer, &text);
	if (vga_take_fonts(screen->vga, framebuffer_fonts(framebuffer)))
		framebuffer_mark_fonts(framebuffer);
}

static void draw_locked(struct gen1_screen *screen, struct framebuffer *framebuffer)
{
	struct vga_marker marker = { .mark = mark, .opaque = framebuffer };
	struct framebuffer_mode to;
	struct vga_mode mode;
	bool is_new, has_changed;

	fetch_dirty(screen);
	vga_get_mode(screen->vga, &mode);
	translate_mode(&mode, &to);
	is_new = framebuffer_begin(framebuffer, &to);
	has_changed = vga_draw(screen->vga, &mode, framebuffer_pixels(framebuffer), FRAMEBUFFER_STRIDE,
			       is_new, &marker);
	if (mode.kind == VGA_TEXT && (is_new || has_changed))
		write_text(screen, framebuffer);
	framebuffer_end(framebuffer, is_new || has_changed);
}

static void draw(void *opaque, struct framebuffer *framebuffer)
{
	struct gen1_screen *screen = opaque;

	io_bus_lock(screen->bus);
	draw_locked(screen, framebuffer);
	io_bus_unlock(screen->bus);
}

/* --- keys and pointer -------------------------------------------------------------------------------- */

static void feed_keyboard(struct gen1_screen *screen)
{
	while (screen->key_count > 0) {
		const struct key *key = &screen->keys[screen->first_key];

		if (!ps2_keyboard_key(screen->keyboard, key->code, key->is_down))
			return;
		screen->first_key = (screen->first_key + 1) % KEYS_MAX;
		screen->key_count--;
	}
}

static void on_key(void *opaque, uint16_t code, bool is_down)
{
	struct gen1_screen *screen = opaque;

	io_bus_lock(screen->bus);
	if (screen->key_count < KEYS_MAX)
		screen->keys[(screen->first_key + screen->key_count++) % KEYS_MAX] =
		    (struct key){ code, is_down };
	feed_keyboard(screen);
	io_bus_unlock(screen->bus);
}

static void on_room(void *opaque)
{
	feed_keyboard(opaque);
}

static void on_pointer(void *opaque, int dx, int dy, int wheel, unsigned buttons)
{
	struct gen1_screen *screen = opaque;

	io_bus_lock(screen->bus);
	ps2_mouse_move(screen->mouse, dx, dy, wheel, buttons);
	io_bus_unlock(screen->bus);
}

/*
 * A PS/2 mouse only moves: the way from where the pointer was told to be last. The guest's own acceleration
 * makes it drift; a viewer that goes into a corner brings it back.
 */
static void on_pointer_to(void *opaque, int x, int y, int wheel, unsigned buttons)
{
	struct gen1_screen *screen = opaque;
	struct vga_mode mode;
	int to_x, to_y;

	io_bus_lock(screen->bus);
	vga_get_mode(screen->vga, &mode);
	to_x = (int)((int64_t)x * mode.width / (DISPLAY_POSITION_MAX + 1));
	to_y = (int)((int64_t)y * mode.height / (DISPLAY_POSITION_MAX + 1));
	ps2_mouse_move(screen->mouse, to_x - screen->pointer_x, to_y - screen->pointer_y, wheel, buttons);
	screen->pointer_x = to_x;
	screen->pointer_y = to_y;
	io_bus_unlock(screen->bus);
}

_Static_assert((int)PS2_LED_SCROLL == (int)FRAMEBUFFER_LED_SCROLL &&
		   (int)PS2_LED_NUM == (int)FRAMEBUFFER_LED_NUM &&
		   (int)PS2_LED_CAPS == (int)FRAMEBUFFER_LED_CAPS,
	       "lamps as the keyboard has them");

static void on_leds(void *opaque, uint8_t leds)
{
	machine_screen_set_leds(((struct gen1_screen *)opaque)->screen, leds);
}

static const struct ps2_keyboard_ops keyboard_ops = { .on_room = on_room, .on_leds = on_leds };
static void *memory_at(void *opaque, uint64_t gpa, uint64_t size)
{
	struct gen1_screen *screen = opaque;
	void *memory;

	io_bus_lock(screen->bus);
	memory = screen->mapped_gpa == gpa && size <= VGA_MEMORY_SIZE ? screen->memory : NULL;
	io_bus_unlock(screen->bus);
	return memory;
}

static const struct screen_adapter adapter = {
	.ops = { .draw = draw, .key = on_key, .pointer = on_pointer, .pointer_to = on_pointer_to },
	.memory_at = memory_at,
};

/* --- life -------------------------------------------------------------------------------------------- */

static int make_adapter(struct gen1_screen *screen, struct pc *pc, const struct worker_config *config)
{
	void *memory = mmap(NULL, VGA_MEMORY_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int r;

	if (memory == MAP_FAILED)
		return -errno;
	screen->memory = memory;
	r = vga_new(pc->bus, pc->pci, pc->clock, screen->memory, &vga_ops, screen, &screen->vga);
	if (r < 0)
		return r;
	vga_set_maximum(screen->vga, config->screen_width_max, config->screen_height_max);
	return vga_attach(screen->vga);
}

int gen1_screen_new(struct machine_screen *machine_screen, struct pc *pc, const struct worker_config *config,
		    struct gen1_screen **ret_screen)
{
	struct gen1_screen *screen = calloc(1, sizeof(*screen));
	int r;

	if (!screen)
		return -ENOMEM;
	screen->bus = pc->bus;
	r = make_adapter(screen, pc, config);
	if (r == 0)
		r = ps2_keyboard_new(pc->i8042, &keyboard_ops, screen, &screen->keyboard);
	if (r == 0)
		r = ps2_mouse_new(pc->i8042, &screen->mouse);
	if (r < 0) {
		gen1_screen_free(screen);
		return r;
	}
	screen->screen = machine_screen;
	machine_screen_set_adapter(machine_screen, &adapter, screen);
	*ret_screen = screen;
	return 0;
}

struct gen1_screen *gen1_screen_free(struct gen1_screen *screen)
{
	if (!screen)
		return NULL;
	if (screen->screen)
		machine_screen_set_adapter(screen->screen, NULL, NULL);
	ps2_mouse_free(screen->mouse);
	ps2_keyboard_free(screen->keyboard);
	vga_free(screen->vga);
	if (screen->memory)
		munmap(screen->memory, VGA_MEMORY_SIZE);
	free(screen);
	return NULL;
}

void gen1_screen_reset(struct gen1_screen *screen)
{
	io_bus_lock(screen->bus);
	vga_reset(screen->vga);
	screen->key_count = 0;
	io_bus_unlock(screen->bus);
}

void gen1_screen_state(struct gen1_screen *screen, struct state *state)
{
	io_bus_lock(screen->bus);
	ps2_keyboard_state(screen->keyboard, state);
	ps2_mouse_state(screen->mouse, state);
	vga_state(screen->vga, state);
	io_bus_unlock(screen->bus);
}

uint8_t *gen1_screen_memory(struct gen1_screen *screen, uint64_t *ret_size)
{
	*ret_size = VGA_MEMORY_SIZE;
	return screen->memory;
}
