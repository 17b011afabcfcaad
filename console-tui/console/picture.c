/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/picture.h"

#include "text/text.h"

#include <chafa.h>
#include <string.h>

enum { CELL_WIDTH = 8, CELL_HEIGHT = 16, CONFIDENT = 60 };

struct work {
	guint32 *pixels;
	guint width, height;
	struct picture_wish wish;
};

/* Fonts and what was read last: only one thread at a time is in here. */
static struct {
	GMutex lock;
	gboolean is_ready;
	struct rd_fonts fonts;
	struct rd_text_reader *reader;
} text;

static void work_free(gpointer opaque)
{
	struct work *work = opaque;

	g_free(work->pixels);
	g_free(work);
}

struct picture *picture_free(struct picture *picture)
{
	if (!picture)
		return NULL;
	if (picture->bytes)
		g_string_free(picture->bytes, TRUE);
	g_free(picture->cells);
	g_free(picture);
	return NULL;
}

static void free_picture(gpointer picture)
{
	picture_free(picture);
}

/* --- text -------------------------------------------------------------------------------------------- */

static gboolean is_readable(const struct rd_text *found)
{
	guint count = 0, sure = 0;

	for (guint i = 0; i < found->columns * found->rows; i++)
		if (found->cells[i].character != ' ') {
			count++;
			sure +=
			    found->cells[i].character != 0xfffd && found->cells[i].confidence >= CONFIDENT;
		}
	return count > 0 && sure * 10 >= count * 9;
}

static struct tui_cell text_cell(const struct rd_text_cell *from)
{
	guint32 c = g_unichar_isprint(from->character) ? from->character : ' ';
	struct tui_cell cell = { .text = { c }, .width = 1 };

	cell.foreground = from->foreground & 0xffffff;
	cell.background = from->background & 0xffffff;
	return cell;
}

/* A guest's screen that is larger than ours is seen around its cursor. */
static int first_of(int wanted, int there, int around)
{
	return there <= wanted ? 0 : CLAMP(around - wanted / 2, 0, there - wanted);
}

static struct picture *of_text(const struct rd_text *found, const struct picture_wish *wish)
{
	struct picture *picture = g_new0(struct picture, 1);
	int columns = (int)found->columns, rows = (int)found->rows;
	int left = first_of(wish->columns, columns, (int)found->cursor_column),
	    top = first_of(wish->rows, rows, found->has_cursor ? (int)found->cursor_row : rows);

	picture->is_text = TRUE;
	picture->columns = MIN(columns, wish->columns);
	picture->rows = MIN(rows, wish->rows);
	picture->has_cursor = found->has_cursor;
	picture->cursor_x = (int)found->cursor_column - left;
	picture->cursor_y = (int)found->cursor_row - top;
	picture->cells = g_new0(struct tui_cell, (gsize)picture->columns * (gsize)picture->rows);
	for (int y = 0; y < picture->rows; y++)
		for (int x = 0; x < picture->columns; x++)
			picture->cells[y * picture->columns + x] =
			    text_cell(&found->cells[(gsize)(y + top) * found->columns + (gsize)(x + left)]);
	return picture;
}

static struct picture *read_text(const struct work *work)
{
	struct rd_picture screen = { work->pixels, work->width, work->height, work->width };
	const struct rd_text *found = NULL;
	struct picture *picture = NULL;

	g_mutex_lock(&text.lock);
	if (!text.is_ready) {
		rd_fonts_init(&text.fonts);
		rd_fonts_add_installed(&text.fonts);
		text.reader = rd_text_reader_new(&text.fonts);
		text.is_ready = TRUE;
	}
	if (text.reader && rd_text_reader_read(text.reader, &screen, &found) == 0 && found &&
	    found->columns && is_readable(found))
		picture = of_text(found, &work->wish);
	g_mutex_unlock(&text.lock);
	return picture;
}

/* --- pictures ---------------------------------------------------------------------------------------- */

static ChafaCanvasConfig *make_config(const struct work *work, int *ret_columns, int *ret_rows)
{
	static const ChafaPixelMode modes[PICTURE_WAYS] = { CHAFA_PIXEL_MODE_SYMBOLS, CHAFA_PIXEL_MODE_SIXELS,
							    CHAFA_PIXEL_MODE_KITTY, CHAFA_PIXEL_MODE_ITERM2 };
	const struct picture_wish *wish = &work->wish;
	int cell_width = wish->cell_width ? wish->cell_width : CELL_WIDTH,
	    cell_height = wish->cell_height ? wish->cell_height : CELL_HEIGHT;
	ChafaCanvasConfig *config = chafa_canvas_config_new();
	ChafaSymbolMap *symbols = chafa_symbol_map_new();

	*ret_columns = wish->columns;
	*ret_rows = wish->rows;
	chafa_calc_canvas_geometry((gint)work->width, (gint)work->height, ret_columns, ret_rows,
				   (gfloat)cell_width / (gfloat)cell_height, TRUE, FALSE);
	*ret_columns = CLAMP(*ret_columns, 1, wish->columns);
	*ret_rows = CLAMP(*ret_rows, 1, wish->rows);
	chafa_symbol_map_add_by_tags(symbols, wish->is_ascii
						  ? CHAFA_SYMBOL_TAG_ASCII
						  : CHAFA_SYMBOL_TAG_BLOCK | CHAFA_SYMBOL_TAG_SPACE |
							CHAFA_SYMBOL_TAG_BORDER);
	chafa_canvas_config_set_symbol_map(config, symbols);
	chafa_canvas_config_set_geometry(config, *ret_columns, *ret_rows);
	chafa_canvas_config_set_cell_geometry(config, cell_width, cell_height);
	chafa_canvas_config_set_pixel_mode(config, modes[wish->way]);
	chafa_canvas_config_set_canvas_mode(config, wish->is_mono ? CHAFA_CANVAS_MODE_FGBG
								  : CHAFA_CANVAS_MODE_TRUECOLOR);
	chafa_canvas_config_set_work_factor(config, 0.2f);
	chafa_symbol_map_unref(symbols);
	return config;
}

static void take_cells(struct picture *picture, ChafaCanvas *canvas)
{
	picture->cells = g_new0(struct tui_cell, (gsize)picture->columns * (gsize)picture->rows);
	for (int y = 0; y < picture->rows; y++)
		for (int x = 0; x < picture->columns; x++) {
			struct tui_cell *cell = &picture->cells[y * picture->columns + x];
			gint foreground, background;
			gunichar c = chafa_canvas_get_char_at(canvas, x, y);

			chafa_canvas_get_colors_at(canvas, x, y, &foreground, &background);
			cell->text[0] = c ? c : ' ';
			cell->width = 1;
			cell->foreground =
			    foreground < 0 ? THEME_COLOR_DEFAULT : (guint32)foreground & 0xffffff;
			cell->background =
			    background < 0 ? THEME_COLOR_DEFAULT : (guint32)background & 0xffffff;
		}
}

static struct picture *draw_picture(const struct work *work)
{
	struct picture *picture = g_new0(struct picture, 1);
	ChafaCanvasConfig *config = make_config(work, &picture->columns, &picture->rows);
	ChafaCanvas *canvas = chafa_canvas_new(config);
	ChafaTermInfo *terminal;
	gsize count = (gsize)work->width * work->height;

	for (gsize i = 0; i < count; i++)
		work->pixels[i] |= 0xff000000u;
	/* In memory: blue, green, red, and what we made opaque. */
	chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_BGRA8_UNASSOCIATED, (const guint8 *)work->pixels,
				     (gint)work->width, (gint)work->height, (gint)work->width * 4);
	picture->x = (work->wish.columns - picture->columns) / 2;
	picture->y = (work->wish.rows - picture->rows) / 2;
	if (work->wish.way == PICTURE_SYMBOLS) {
		take_cells(picture, canvas);
	} else {
		terminal = chafa_term_db_get_fallback_info(chafa_term_db_get_default());
		picture->bytes = chafa_canvas_print(canvas, terminal);
		chafa_term_info_unref(terminal);
	}
	chafa_canvas_unref(canvas);
	chafa_canvas_config_unref(config);
	return picture;
}

/* --- the thread -------------------------------------------------------------------------------------- */

static void run(GTask *task, gpointer source, gpointer opaque, GCancellable *none)
{
	struct work *work = opaque;
	struct picture *picture = work->wish.wants_picture ? NULL : read_text(work);

	g_task_return_pointer(task, picture ? picture : draw_picture(work), free_picture);
}

void picture_start(const guint32 *pixels, guint width, guint height, gsize stride,
		   const struct picture_wish *wish, GAsyncReadyCallback callback, gpointer opaque)
{
	GTask *task = g_task_new(NULL, NULL, callback, opaque);
	struct work *work = g_new0(struct work, 1);

	work->width = width;
	work->height = height;
	work->wish = *wish;
	work->pixels = g_new(guint32, (gsize)width * height);
	for (guint y = 0; y < height; y++)
		memcpy(work->pixels + (gsize)y * width, pixels + y * stride, (gsize)width * sizeof(guint32));
	g_task_set_task_data(task, work, work_free);
	g_task_run_in_thread(task, run);
	g_object_unref(task);
}

struct picture *picture_finish(GAsyncResult *result)
{
	return g_task_propagate_pointer(G_TASK(result), NULL);
}

enum picture_way picture_best_way(void)
{
	char **environment = g_get_environ();
	ChafaTermInfo *terminal = chafa_term_db_detect(chafa_term_db_get_default(), environment);
	enum picture_way way = PICTURE_SYMBOLS;

	if (chafa_term_info_have_seq(terminal, CHAFA_TERM_SEQ_BEGIN_KITTY_IMMEDIATE_IMAGE_V1))
		way = PICTURE_KITTY;
	else if (chafa_term_info_have_seq(terminal, CHAFA_TERM_SEQ_BEGIN_ITERM2_IMAGE))
		way = PICTURE_ITERM;
	else if (chafa_term_info_have_seq(terminal, CHAFA_TERM_SEQ_BEGIN_SIXELS))
		way = PICTURE_SIXEL;
	if (g_environ_getenv(environment, "TMUX")) /* it does not pass them on */
		way = PICTURE_SYMBOLS;
	chafa_term_info_unref(terminal);
	g_strfreev(environment);
	return way;
}

const char *picture_way_name(enum picture_way way)
{
	static const char *const names[PICTURE_WAYS] = { "symbols", "sixel", "kitty", "iTerm" };

	return names[way];
}

void picture_draw(const struct picture *picture, const struct tui_area *area, int left, int top,
		  const struct theme_style *plain)
{
	for (int y = 0; y < picture->rows; y++)
		for (int x = 0; x < picture->columns; x++) {
			const struct tui_cell *cell = &picture->cells[y * picture->columns + x];
			struct theme_style style = { cell->foreground, cell->background, cell->attributes };

			if (style.foreground & THEME_COLOR_DEFAULT)
				style.foreground = plain->foreground;
			if (style.background & THEME_COLOR_DEFAULT)
				style.background = plain->background;
			tui_put_style(area, left + x, top + y, &style, cell->text[0]);
		}
}
