/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/emulator.h"

#include <string.h>
#include <vterm.h>

enum { ROWS_MAX = 500, COLUMNS_MAX = 1000 };

struct line {
	guint count;
	struct tui_cell cells[];
};

struct emulator {
	VTerm *vterm;
	VTermScreen *screen;
	int rows, columns;
	VTermPos cursor;
	gboolean has_cursor, wants_mouse;
	GQueue *lines; /* struct line; the latest is the tail */
	void (*send)(gpointer opaque, const char *bytes, gsize size);
	gpointer opaque;
};

/* --- cells ------------------------------------------------------------------------------------------- */

/* The first 16 colours are the terminal's own, as guests expect. */
static guint32 color_of(const struct emulator *emulator, VTermColor color, gboolean is_background)
{
	if (is_background ? VTERM_COLOR_IS_DEFAULT_BG(&color) : VTERM_COLOR_IS_DEFAULT_FG(&color))
		return THEME_COLOR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(&color) && color.indexed.idx < 16)
		return THEME_COLOR_NAMED | color.indexed.idx;
	vterm_screen_convert_color_to_rgb(emulator->screen, &color);
	return (guint32)(color.rgb.red << 16 | color.rgb.green << 8 | color.rgb.blue);
}

static struct tui_cell convert(const struct emulator *emulator, const VTermScreenCell *cell)
{
	struct tui_cell result = { .text = { cell->chars[0] ? cell->chars[0] : ' ' },
				   .width = (guint8)cell->width };

	for (int i = 1; i <= TUI_COMBINING_MAX && cell->chars[0]; i++)
		result.text[i] = cell->chars[i];
	result.foreground = color_of(emulator, cell->fg, FALSE);
	result.background = color_of(emulator, cell->bg, TRUE);
	result.attributes =
	    (guint8)((cell->attrs.bold ? THEME_BOLD : 0) | (cell->attrs.underline ? THEME_UNDERLINE : 0) |
		     (cell->attrs.reverse ? THEME_REVERSE : 0));
	return result;
}

static int on_push(int columns, const VTermScreenCell *cells, void *opaque)
{
	struct emulator *emulator = opaque;
	int count = MIN(columns, COLUMNS_MAX);
	struct line *line;

	while (count > 0 && (!cells[count - 1].chars[0] || cells[count - 1].chars[0] == ' '))
		count--;
	line = g_malloc(sizeof(*line) + (gsize)count * sizeof(struct tui_cell));
	line->count = (guint)count;
	for (int i = 0; i < count; i++)
		line->cells[i] = convert(emulator, &cells[i]);
	g_queue_push_tail(emulator->lines, line);
	if (emulator->lines->length > EMULATOR_LINES_MAX)
		g_free(g_queue_pop_head(emulator->lines));
	return 1;
}

static int on_cursor(VTermPos place, VTermPos old, int is_visible, void *opaque)
{
	struct emulator *emulator = opaque;

	emulator->cursor = place;
	return 1;
}

static int on_property(VTermProp property, VTermValue *value, void *opaque)
{
	struct emulator *emulator = opaque;

	if (property == VTERM_PROP_CURSORVISIBLE)
		emulator->has_cursor = value->boolean;
	else if (property == VTERM_PROP_MOUSE)
		emulator->wants_mouse = value->number != VTERM_PROP_MOUSE_NONE;
	return 1;
}

static void on_output(const char *bytes, size_t size, void *opaque)
{
	struct emulator *emulator = opaque;

	emulator->send(emulator->opaque, bytes, size);
}

/* --- in ---------------------------------------------------------------------------------------------- */

void emulator_take(struct emulator *emulator, const char *bytes, gsize size)
{
	vterm_input_write(emulator->vterm, bytes, size);
}

static VTermKey key_of(guint32 key)
{
	static const VTermKey keys[] = { VTERM_KEY_UP,	   VTERM_KEY_DOWN,	VTERM_KEY_LEFT,
					 VTERM_KEY_RIGHT,  VTERM_KEY_HOME,	VTERM_KEY_END,
					 VTERM_KEY_PAGEUP, VTERM_KEY_PAGEDOWN,	VTERM_KEY_INS,
					 VTERM_KEY_DEL,	   VTERM_KEY_BACKSPACE, VTERM_KEY_TAB,
					 VTERM_KEY_ENTER,  VTERM_KEY_ESCAPE };

	if (key >= TUI_KEY_F1)
		return (VTermKey)VTERM_KEY_FUNCTION(key - TUI_KEY_F1 + 1);
	return keys[key - TUI_KEY_UP];
}

void emulator_key(struct emulator *emulator, const struct tui_event *event)
{
	VTermModifier modifiers = (VTermModifier)event->modifiers; /* the same bits */

	if (event->key >= TUI_KEY_UP)
		vterm_keyboard_key(emulator->vterm, key_of(event->key), modifiers);
	else
		vterm_keyboard_unichar(emulator->vterm, event->key, modifiers);
}

void emulator_mouse(struct emulator *emulator, const struct tui_event *event, int x, int y)
{
	int button = (int)event->button + 1;

	if (!emulator->wants_mouse)
		return;
	vterm_mouse_move(emulator->vterm, y, x, VTERM_MOD_NONE);
	if (event->mouse == TUI_MOUSE_UP || event->mouse == TUI_MOUSE_DOWN)
		vterm_mouse_button(emulator->vterm, event->mouse == TUI_MOUSE_UP ? 4 : 5, true,
				   VTERM_MOD_NONE);
	else if (event->mouse != TUI_MOUSE_DRAG)
		vterm_mouse_button(emulator->vterm, button, event->mouse == TUI_MOUSE_PRESS, VTERM_MOD_NONE);
}

/* Control characters of a paste could be commands: only tabs and line ends go in. */
void emulator_paste(struct emulator *emulator, const char *text, gsize size)
{
	GString *plain = g_string_new(NULL);

	for (gsize i = 0; i < size; i++)
		if ((guchar)text[i] >= 0x20 || text[i] == '\t')
			g_string_append_c(plain, text[i]);
		else if (text[i] == '\n' || text[i] == '\r')
			g_string_append_c(plain, '\r');
	vterm_keyboard_start_paste(emulator->vterm);
	emulator->send(emulator->opaque, plain->str, plain->len);
	vterm_keyboard_end_paste(emulator->vterm);
	g_string_free(plain, TRUE);
}

/* --- out --------------------------------------------------------------------------------------------- */

static struct tui_cell cell_at(const struct emulator *emulator, int row, int column)
{
	VTermScreenCell cell;

	if (!vterm_screen_get_cell(emulator->screen, (VTermPos){ row, column }, &cell))
		memset(&cell, 0, sizeof(cell));
	return convert(emulator, &cell);
}

/* Guests' default colours are the theme's; nothing else of it is changed. */
static void draw_cell(const struct tui_area *area, int x, int y, const struct tui_cell *cell)
{
	struct theme_style style = { cell->foreground, cell->background, cell->attributes };
	const struct theme_style *plain = &area->surface->theme->styles[THEME_TEXT];

	if (style.foreground & THEME_COLOR_DEFAULT)
		style.foreground = plain->foreground;
	if (style.background & THEME_COLOR_DEFAULT)
		style.background = plain->background;
	/* libvterm keeps control characters out; whatever is left is made harmless as all text is. */
	if (cell->text[0] < 0x20 || (cell->text[0] >= 0x7f && cell->text[0] < 0xa0) ||
	    cell->text[0] > 0x10ffff)
		tui_put_style(area, x, y, &style, ' ');
	else if (cell->width)
		tui_put_style(area, x, y, &style, cell->text[0]);
}

static char *line_text(const struct tui_cell *cells, guint count)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < count; i++)
		if (g_unichar_validate(cells[i].text[0]))
			g_string_append_unichar(text, cells[i].text[0]);
	return g_string_free(text, FALSE);
}

static gboolean has_match(const struct tui_cell *cells, guint count, const char *match)
{
	char *text = line_text(cells, count), *folded = g_utf8_casefold(text, -1),
	     *needle = g_utf8_casefold(match, -1);
	gboolean has = strstr(folded, needle) != NULL;

	g_free(text);
	g_free(folded);
	g_free(needle);
	return has;
}

static void draw_line(const struct tui_area *area, int y, const struct tui_cell *cells, guint count,
		      const char *match)
{
	struct tui_area row = tui_area_part(area, 0, y, area->width, 1);

	for (guint x = 0; x < count; x++)
		draw_cell(area, (int)x, y, &cells[x]);
	if (match && *match && has_match(cells, count, match))
		tui_restyle(&row, THEME_MATCH);
}

static void resize(struct emulator *emulator, int rows, int columns)
{
	rows = CLAMP(rows, 1, ROWS_MAX);
	columns = CLAMP(columns, 2, COLUMNS_MAX);
	if (rows == emulator->rows && columns == emulator->columns)
		return;
	emulator->rows = rows;
	emulator->columns = columns;
	vterm_set_size(emulator->vterm, rows, columns);
}

void emulator_draw(struct emulator *emulator, const struct tui_area *area, int back, const char *match)
{
	struct tui_cell *cells = g_new0(struct tui_cell, COLUMNS_MAX);
	int total = (int)emulator->lines->length;

	resize(emulator, area->height, area->width);
	tui_fill(area, THEME_TEXT);
	for (int y = 0; y < area->height; y++) {
		int place = total - back + y; /* of scrollback and screen as one */

		if (place < total) {
			struct line *line = g_queue_peek_nth(emulator->lines, (guint)MAX(place, 0));

			if (line && place >= 0)
				draw_line(area, y, line->cells, line->count, match);
			continue;
		}
		for (int x = 0; x < emulator->columns; x++)
			cells[x] = cell_at(emulator, place - total, x);
		draw_line(area, y, cells, (guint)emulator->columns, match);
	}
	if (back == 0 && emulator->has_cursor)
		tui_cursor(area, emulator->cursor.col, emulator->cursor.row);
	g_free(cells);
}

int emulator_lines(const struct emulator *emulator)
{
	return (int)emulator->lines->length;
}

int emulator_find(struct emulator *emulator, const char *text, int back)
{
	int total = (int)emulator->lines->length;

	for (int place = total - back - 1; place >= 0; place--) {
		struct line *line = g_queue_peek_nth(emulator->lines, (guint)place);

		if (has_match(line->cells, line->count, text))
			return total - place;
	}
	return -1;
}

static void add_text(GString *all, const struct tui_cell *cells, guint count)
{
	for (guint i = 0; i < count; i++) {
		guint32 c = cells[i].text[0];

		if (cells[i].width == 0 && c == 0)
			continue;
		g_string_append_unichar(
		    all, c >= 0x20 && g_unichar_validate(c) && !g_unichar_iscntrl(c) ? c : ' ');
	}
	while (all->len && all->str[all->len - 1] == ' ')
		g_string_truncate(all, all->len - 1);
	g_string_append_c(all, '\n');
}

char *emulator_text(struct emulator *emulator)
{
	struct tui_cell *cells = g_new0(struct tui_cell, COLUMNS_MAX);
	GString *all = g_string_new(NULL);

	for (GList *at = emulator->lines->head; at; at = at->next) {
		const struct line *line = at->data;

		add_text(all, line->cells, line->count);
	}
	for (int y = 0; y < emulator->rows; y++) {
		for (int x = 0; x < emulator->columns; x++)
			cells[x] = cell_at(emulator, y, x);
		add_text(all, cells, (guint)emulator->columns);
	}
	while (all->len > 1 && all->str[all->len - 2] == '\n')
		g_string_truncate(all, all->len - 1);
	g_free(cells);
	return g_string_free(all, FALSE);
}

static const VTermScreenCallbacks callbacks = { .movecursor = on_cursor,
						.settermprop = on_property,
						.sb_pushline = on_push };

struct emulator *emulator_new(void (*send)(gpointer opaque, const char *bytes, gsize size), gpointer opaque)
{
	struct emulator *emulator = g_new0(struct emulator, 1);

	emulator->send = send;
	emulator->opaque = opaque;
	emulator->rows = 24;
	emulator->columns = 80;
	emulator->has_cursor = TRUE;
	emulator->lines = g_queue_new();
	emulator->vterm = vterm_new(emulator->rows, emulator->columns);
	vterm_set_utf8(emulator->vterm, 1);
	vterm_output_set_callback(emulator->vterm, on_output, emulator);
	emulator->screen = vterm_obtain_screen(emulator->vterm);
	vterm_screen_set_callbacks(emulator->screen, &callbacks, emulator);
	vterm_screen_enable_altscreen(emulator->screen, 1);
	vterm_screen_reset(emulator->screen, 1);
	return emulator;
}

struct emulator *emulator_free(struct emulator *emulator)
{
	if (!emulator)
		return NULL;
	vterm_free(emulator->vterm);
	g_queue_free_full(emulator->lines, g_free);
	g_free(emulator);
	return NULL;
}
