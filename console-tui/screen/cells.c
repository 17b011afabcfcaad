/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "screen/cells.h"

#include "screen/text.h"

#include <string.h>

enum { ELLIPSIS = 0x2026 };

void tui_surface_resize(struct tui_surface *surface, int width, int height)
{
	surface->width = CLAMP(width, 1, TUI_SIZE_MAX);
	surface->height = CLAMP(height, 1, TUI_SIZE_MAX);
	g_free(surface->cells);
	surface->cells = g_new0(struct tui_cell, (gsize)surface->width * (gsize)surface->height);
}

void tui_surface_deinit(struct tui_surface *surface)
{
	g_clear_pointer(&surface->cells, g_free);
}

struct tui_area tui_surface_area(struct tui_surface *surface)
{
	return (struct tui_area){ surface, 0, 0, surface->width, surface->height };
}

struct tui_area tui_area_part(const struct tui_area *area, int x, int y, int width, int height)
{
	int left = CLAMP(x, 0, area->width), top = CLAMP(y, 0, area->height);
	int right = CLAMP(x + width, left, area->width), bottom = CLAMP(y + height, top, area->height);

	return (struct tui_area){ area->surface, area->x + left, area->y + top, right - left, bottom - top };
}

gboolean tui_area_has(const struct tui_area *area, int x, int y)
{
	return x >= area->x && y >= area->y && x < area->x + area->width && y < area->y + area->height;
}

static struct tui_cell *cell_at(const struct tui_area *area, int x, int y)
{
	if (x < 0 || y < 0 || x >= area->width || y >= area->height)
		return NULL;
	return &area->surface
		    ->cells[(gsize)(area->y + y) * (gsize)area->surface->width + (gsize)(area->x + x)];
}

/* The other half of a wide character that loses one becomes a blank. */
static void cut_wide(const struct tui_area *area, int x, int y)
{
	struct tui_cell *row = &area->surface->cells[(gsize)(area->y + y) * (gsize)area->surface->width];
	int at = area->x + x;

	if (row[at].width == 0 && at > 0) {
		row[at - 1].width = 1;
		row[at - 1].text[0] = ' ';
		row[at - 1].text[1] = 0;
	} else if (row[at].width == 2 && at + 1 < area->surface->width) {
		row[at + 1].width = 1;
		row[at + 1].text[0] = ' ';
		row[at + 1].text[1] = 0;
	}
}

static void set(const struct tui_area *area, int x, int y, const struct theme_style *style, guint32 c,
		int width)
{
	struct tui_cell *cell = cell_at(area, x, y);

	if (!cell)
		return;
	if (cell->width != 1)
		cut_wide(area, x, y);
	memset(cell, 0, sizeof(*cell));
	cell->text[0] = area->surface->is_ascii ? (guint32)tui_character_ascii(c) : c;
	cell->foreground = style->foreground;
	cell->background = style->background;
	cell->attributes = style->attributes;
	cell->width = (guint8)width;
}

void tui_put_style(const struct tui_area *area, int x, int y, const struct theme_style *style, guint32 c)
{
	int width = area->surface->is_ascii ? 1 : tui_character_width(c);

	if (width == 0 || (width == 2 && x + 1 >= area->width)) {
		c = width ? '?' : ' ';
		width = 1;
	}
	set(area, x, y, style, c, width);
	if (width == 2)
		set(area, x + 1, y, style, ' ', 1);
	if (width == 2 && cell_at(area, x, y)) {
		cell_at(area, x, y)->width = 2;
		cell_at(area, x, y)->text[0] = c;
		cell_at(area, x + 1, y)->width = 0;
	}
}

static const struct theme_style *style_of(const struct tui_area *area, enum theme_role role)
{
	return &area->surface->theme->styles[role];
}

void tui_put(const struct tui_area *area, int x, int y, enum theme_role role, guint32 character)
{
	tui_put_style(area, x, y, style_of(area, role), character);
}

void tui_row(const struct tui_area *area, int x, int y, int width, enum theme_role role, guint32 character)
{
	for (int i = 0; i < width; i++)
		tui_put(area, x + i, y, role, character);
}

void tui_fill(const struct tui_area *area, enum theme_role role)
{
	for (int y = 0; y < area->height; y++)
		tui_row(area, 0, y, area->width, role, ' ');
}

static void combine(const struct tui_area *area, int x, int y, guint32 c)
{
	struct tui_cell *cell = cell_at(area, x, y);

	if (cell && cell->width == 0 && x > 0)
		cell = cell_at(area, x - 1, y);
	for (int i = 1; cell && i <= TUI_COMBINING_MAX && !area->surface->is_ascii; i++)
		if (!cell->text[i]) {
			cell->text[i] = c;
			return;
		}
}

static int columns_of(const struct tui_area *area, guint32 c)
{
	int width = tui_character_width(c);

	return area->surface->is_ascii && width == 2 ? 1 : width;
}

int tui_text(const struct tui_area *area, int x, int y, int width, enum theme_role role, const char *text)
{
	gsize count, total = 0;
	guint32 *all = tui_text_visual(text, &count);
	int room = width < 0 ? area->width - x : MIN(width, area->width - x), used = 0;

	for (gsize i = 0; i < count; i++)
		total += (gsize)columns_of(area, all[i]);
	for (gsize i = 0; i < count && room > 0; i++) {
		int columns = columns_of(area, all[i]);

		if (columns == 0) {
			if (used)
				combine(area, x + used - 1, y, all[i]);
			continue;
		}
		if ((gsize)room < total && used + columns > room - 1) {
			tui_put(area, x + used++, y, role, ELLIPSIS);
			break;
		}
		tui_put(area, x + used, y, role, all[i]);
		used += columns;
	}
	g_free(all);
	return used;
}

int tui_text_right(const struct tui_area *area, int x, int y, int width, enum theme_role role,
		   const char *text)
{
	int used = MIN(tui_text_width(text), width);

	return tui_text(area, x + width - used, y, used, role, text);
}

/* How many bytes of the text fill a line, and where the next one begins. */
static gsize line_bytes(const char *text, int width, const char **ret_next)
{
	const char *at = text, *blank = NULL, *before = text;
	int used = 0;

	for (guint32 c; *at && *at != '\n';) {
		before = at;
		c = tui_text_next(&at);
		if (c == ' ')
			blank = before;
		used += c ? tui_character_width(c) : 0;
		if (used > width) {
			*ret_next = blank ? blank + 1 : before > text ? before : at;
			return (gsize)((blank ? blank : *ret_next) - text);
		}
	}
	*ret_next = *at ? at + 1 : at;
	return (gsize)(at - text);
}

int tui_text_lines(const char *text, int width)
{
	int lines = 0;

	while (*text && width > 0) {
		line_bytes(text, width, &text);
		lines++;
	}
	return lines;
}

int tui_text_wrap(const struct tui_area *area, int y, enum theme_role role, const char *text)
{
	int lines = 0;

	while (*text && area->width > 0 && lines < TUI_SIZE_MAX) {
		const char *next;
		gsize bytes = line_bytes(text, area->width, &next);
		char *line = g_strndup(text, bytes);

		tui_text(area, 0, y + lines++, -1, role, line);
		g_free(line);
		text = next;
	}
	return lines;
}

struct tui_area tui_box(const struct tui_area *area, enum theme_role role, const char *title)
{
	int right = area->width - 1, bottom = area->height - 1, used = 0;

	tui_row(area, 1, 0, right - 1, role, 0x2500);
	tui_row(area, 1, bottom, right - 1, role, 0x2500);
	for (int y = 1; y < bottom; y++) {
		tui_put(area, 0, y, role, 0x2502);
		tui_put(area, right, y, role, 0x2502);
	}
	tui_put(area, 0, 0, role, 0x250c);
	tui_put(area, right, 0, role, 0x2510);
	tui_put(area, 0, bottom, role, 0x2514);
	tui_put(area, right, bottom, role, 0x2518);
	if (title && area->width > 6) {
		used = tui_text(area, 3, 0, area->width - 6, role == THEME_BORDER ? THEME_TEXT : role, title);
		tui_put(area, 2, 0, role, ' ');
		tui_put(area, 3 + used, 0, role, ' ');
	}
	return tui_area_part(area, 1, 1, area->width - 2, area->height - 2);
}

void tui_cursor(const struct tui_area *area, int x, int y)
{
	area->surface->has_cursor = x >= 0 && y >= 0 && x < area->width && y < area->height;
	area->surface->cursor_x = area->x + x;
	area->surface->cursor_y = area->y + y;
}

void tui_restyle(const struct tui_area *area, enum theme_role role)
{
	const struct theme_style *style = style_of(area, role);

	for (int y = 0; y < area->height; y++)
		for (int x = 0; x < area->width; x++) {
			struct tui_cell *cell = cell_at(area, x, y);

			cell->foreground = style->foreground;
			cell->background = style->background;
			cell->attributes = style->attributes;
		}
}

void tui_bar(const struct tui_area *area, int x, int y, int width, enum theme_role role, double part)
{
	int full = (int)(CLAMP(part, 0, 1) * width + 0.5);

	tui_row(area, x, y, full, role, 0x2588);
	tui_row(area, x + full, y, width - full, THEME_DIM, 0x2591);
}
