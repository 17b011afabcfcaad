/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequences of ECMA-48, which every terminal that we can use understands; colours as ISO 8613-6 has them. */
#include "screen/output.h"

#include <string.h>

enum { GAP_MAX = 4 }; /* unchanged cells that are cheaper to write again than to jump over */

void tui_output_init(struct tui_output *output, enum tui_colors colors)
{
	memset(output, 0, sizeof(*output));
	output->colors = colors;
	tui_output_forget(output);
}

void tui_output_deinit(struct tui_output *output)
{
	tui_surface_deinit(&output->shown);
}

void tui_output_forget(struct tui_output *output)
{
	output->is_known = output->has_style = FALSE;
	output->has_cursor = TRUE;
	output->x = output->y = -1;
}

/* --- colours --------------------------------------------------------------------------------------- */

static guint distance(guint32 a, guint32 b)
{
	int red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255),
	    green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255), blue = (int)(a & 255) - (int)(b & 255);

	return (guint)(2 * red * red + 4 * green * green + 3 * blue * blue);
}

/* xterm's cube has the steps 0, 95, 135, 175, 215, 255. */
static guint cube_step(guint32 channel)
{
	return channel < 48 ? 0 : channel < 115 ? 1 : (channel - 35) / 40;
}

guint tui_color_256(guint32 rgb)
{
	static const guint32 steps[] = { 0, 95, 135, 175, 215, 255 };
	guint red = cube_step(rgb >> 16 & 255), green = cube_step(rgb >> 8 & 255),
	      blue = cube_step(rgb & 255);
	guint32 mean = ((rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255)) / 3;
	guint gray = mean < 8 ? 0 : MIN((mean - 8 + 5) / 10, 23);
	guint32 gray_rgb = (8 + 10 * gray) * 0x010101,
		cube_rgb = steps[red] << 16 | steps[green] << 8 | steps[blue];

	return distance(gray_rgb, rgb) < distance(cube_rgb, rgb) ? 232 + gray
								 : 16 + 36 * red + 6 * green + blue;
}

guint tui_color_16(guint32 rgb, guint count)
{
	guint best = 0, least = G_MAXUINT;

	for (guint i = 0; i < count; i++) {
		guint d = distance(theme_rgb(NULL, THEME_COLOR_NAMED | i, FALSE), rgb);

		if (d < least) {
			least = d;
			best = i;
		}
	}
	return best;
}

static void add_color(const struct tui_output *output, GString *bytes, guint32 color, guint base)
{
	guint index;

	if (color & THEME_COLOR_DEFAULT || output->colors == TUI_COLORS_NONE)
		return;
	if (output->colors == TUI_COLORS_TRUE && !(color & THEME_COLOR_NAMED)) {
		g_string_append_printf(bytes, ";%u;2;%u;%u;%u", base + 8, color >> 16 & 255, color >> 8 & 255,
				       color & 255);
		return;
	}
	if (color & THEME_COLOR_NAMED)
		index = color & (output->colors == TUI_COLORS_8 ? 7 : 15);
	else if (output->colors == TUI_COLORS_256)
		index = tui_color_256(color);
	else
		index = tui_color_16(color, output->colors == TUI_COLORS_8 ? 8 : 16);
	if (index < 8)
		g_string_append_printf(bytes, ";%u", base + index);
	else if (index < 16 && output->colors == TUI_COLORS_16)
		g_string_append_printf(bytes, ";%u", base + 60 + index - 8);
	else
		g_string_append_printf(bytes, ";%u;5;%u", base + 8, index);
}

static void set_style(struct tui_output *output, const struct tui_cell *cell, GString *bytes)
{
	if (output->has_style && output->style.foreground == cell->foreground &&
	    output->style.background == cell->background && output->style.attributes == cell->attributes)
		return;
	g_string_append(bytes, "\033[0");
	if (cell->attributes & THEME_BOLD)
		g_string_append(bytes, ";1");
	if (cell->attributes & THEME_UNDERLINE)
		g_string_append(bytes, ";4");
	if (cell->attributes & THEME_REVERSE)
		g_string_append(bytes, ";7");
	add_color(output, bytes, cell->foreground, 30);
	add_color(output, bytes, cell->background, 40);
	g_string_append_c(bytes, 'm');
	output->style = (struct theme_style){ cell->foreground, cell->background, cell->attributes };
	output->has_style = TRUE;
}

/* --- cells ------------------------------------------------------------------------------------------- */

static void go_to(struct tui_output *output, int x, int y, GString *bytes)
{
	if (output->x == x && output->y == y)
		return;
	if (output->y == y && output->x >= 0 && x > output->x)
		g_string_append_printf(bytes, "\033[%dC", x - output->x);
	else
		g_string_append_printf(bytes, "\033[%d;%dH", y + 1, x + 1);
	output->x = x;
	output->y = y;
}

/* Terminals agree on how wide these are. */
static gboolean is_sure(const struct tui_cell *cell)
{
	guint32 c = cell->text[0];

	return !cell->text[1] && (c < 0x250 || (c >= 0x2500 && c < 0x25a0) || c == 0x2026);
}

static void write_cell(struct tui_output *output, const struct tui_cell *cell, GString *bytes)
{
	set_style(output, cell, bytes);
	for (int i = 0; i <= TUI_COMBINING_MAX && cell->text[i]; i++)
		g_string_append_unichar(bytes, cell->text[i]);
	output->x = is_sure(cell) ? output->x + 1 : -1;
	if (output->x >= output->shown.width)
		output->x = -1; /* it hangs at the edge */
}

static gboolean is_same(const struct tui_output *output, const struct tui_cell *old,
			const struct tui_cell *new)
{
	return output->is_known && memcmp(old, new, sizeof(*old)) == 0;
}

static void update_row(struct tui_output *output, const struct tui_cell *row, int y, GString *bytes)
{
	struct tui_cell *old = &output->shown.cells[(gsize)y * (gsize)output->shown.width];

	for (int x = 0; x < output->shown.width; x++) {
		if (row[x].width == 0) {
			old[x] = row[x];
			continue;
		}
		if (is_same(output, &old[x], &row[x]) &&
		    (row[x].width < 2 || is_same(output, &old[x + 1], &row[x + 1])))
			continue;
		/* Over a short gap the cells between are written again. */
		if (output->y == y && output->x >= 0 && x > output->x && x - output->x <= GAP_MAX) {
			for (int i = output->x; i < x && output->x >= 0; i++)
				if (row[i].width == 1 && is_sure(&row[i]))
					write_cell(output, &row[i], bytes);
				else
					output->x = -1;
		}
		go_to(output, x, y, bytes);
		write_cell(output, &row[x], bytes);
		old[x] = row[x];
	}
}

void tui_output_update(struct tui_output *output, const struct tui_surface *surface, GString *bytes)
{
	gboolean is_other_size =
	    output->shown.width != surface->width || output->shown.height != surface->height;

	if (is_other_size || !output->shown.cells) {
		tui_surface_resize(&output->shown, surface->width, surface->height);
		tui_output_forget(output);
	}
	if (!output->is_known)
		g_string_append(bytes, "\033[0m\033[2J");
	if (output->has_cursor && !surface->has_cursor)
		g_string_append(bytes, "\033[?25l");
	for (int y = 0; y < surface->height; y++)
		update_row(output, &surface->cells[(gsize)y * (gsize)surface->width], y, bytes);
	if (surface->has_cursor) {
		go_to(output, surface->cursor_x, surface->cursor_y, bytes);
		if (!output->has_cursor || !output->is_known)
			g_string_append(bytes, "\033[?25h");
	}
	output->has_cursor = surface->has_cursor;
	output->is_known = TRUE;
}
