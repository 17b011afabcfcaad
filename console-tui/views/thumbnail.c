/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/thumbnail.h"

#include "client/thumbnail.h"
#include "console/picture.h"

#include <string.h>

enum {
	WAIT_MS = 250, /* whoever runs through the list does not look at each */
	PIXELS_WIDE = 320,
	PIXELS_HIGH = 256,
	TEXT_MIN = 54, /* columns that stay for others */
	ROWS_MIN = 5,
};

struct thumbnail {
	struct tui_view *view;
	VmcObject *machine;
	struct vmc_thumbnail *source;
	struct picture *picture;
	int columns, rows; /* of the room for it */
	gboolean is_drawn, is_working, is_dirty;
	guint wait;
};

/* A picture outlives whom it is made for. */
struct work {
	struct thumbnail *thumbnail;
	struct tui_view *view;
	VmcObject *machine;
};

static void start_picture(struct thumbnail *thumbnail);

static void on_picture(GObject *none, GAsyncResult *result, gpointer opaque)
{
	struct work *work = opaque;
	struct picture *picture = picture_finish(result);

	if (!work->view->is_closed) {
		work->thumbnail->is_working = FALSE;
		if (work->machine == work->thumbnail->machine && picture) {
			picture_free(work->thumbnail->picture);
			work->thumbnail->picture = picture;
			picture = NULL;
			tui_changed(work->view->app);
		}
		if (work->thumbnail->is_dirty)
			start_picture(work->thumbnail);
	}
	picture_free(picture);
	g_object_unref(work->machine);
	tui_release(work->view);
	g_free(work);
}

static void start_picture(struct thumbnail *thumbnail)
{
	struct tui_app *app = thumbnail->view->app;
	struct picture_wish wish = { .columns = thumbnail->columns,
				     .rows = thumbnail->rows,
				     .way = PICTURE_SYMBOLS,
				     .wants_picture = TRUE,
				     .is_mono = tui_colors(app) == TUI_COLORS_NONE,
				     .is_ascii = tui_is_ascii(app) };
	guint width, height;
	const guint32 *pixels =
	    thumbnail->source ? vmc_thumbnail_pixels(thumbnail->source, &width, &height) : NULL;
	struct work *work;

	thumbnail->is_dirty = thumbnail->is_working;
	if (thumbnail->is_working || !pixels || wish.columns < 2)
		return;
	tui_cell_size(app, &wish.cell_width, &wish.cell_height);
	work = g_new0(struct work, 1);
	*work = (struct work){ thumbnail, tui_hold(thumbnail->view), g_object_ref(thumbnail->machine) };
	thumbnail->is_working = TRUE;
	picture_start(pixels, width, height, width, &wish, on_picture, work);
}

static void on_changed(gpointer opaque)
{
	struct thumbnail *thumbnail = opaque;
	guint width, height;

	if (vmc_thumbnail_pixels(thumbnail->source, &width, &height)) {
		start_picture(thumbnail);
	} else if (thumbnail->picture) {
		thumbnail->picture = picture_free(thumbnail->picture);
		tui_changed(thumbnail->view->app);
	}
}

static gboolean on_wait(gpointer opaque)
{
	struct thumbnail *thumbnail = opaque;

	thumbnail->wait = 0;
	if (!thumbnail->source)
		thumbnail->source = vmc_thumbnail_new(tui_host(thumbnail->view->app), thumbnail->machine,
						      PIXELS_WIDE, PIXELS_HIGH, on_changed, thumbnail);
	vmc_thumbnail_look(thumbnail->source);
	return G_SOURCE_REMOVE;
}

static void follow(struct thumbnail *thumbnail, VmcObject *machine)
{
	if (machine == thumbnail->machine)
		return;
	g_clear_handle_id(&thumbnail->wait, g_source_remove);
	thumbnail->source = vmc_thumbnail_free(thumbnail->source);
	thumbnail->picture = picture_free(thumbnail->picture);
	g_clear_object(&thumbnail->machine);
	if (!machine)
		return;
	thumbnail->machine = g_object_ref(machine);
	if (vmc_object_number(machine, "WorkerPid"))
		thumbnail->wait = g_timeout_add(WAIT_MS, on_wait, thumbnail);
}

int thumbnail_draw(struct thumbnail *thumbnail, const struct tui_area *area, VmcObject *machine)
{
	/* Screens are 4:3 or wider; a cell is about twice as high as it is wide. */
	int columns = MIN(area->height * 3, area->width - TEXT_MIN), rows = area->height;
	struct tui_area part;

	if (columns < 2 * ROWS_MIN || rows < ROWS_MIN)
		machine = NULL;
	follow(thumbnail, machine);
	thumbnail->is_drawn = machine != NULL;
	if (!machine)
		return area->width;
	if (columns != thumbnail->columns || rows != thumbnail->rows) {
		thumbnail->columns = columns;
		thumbnail->rows = rows;
		start_picture(thumbnail);
	}
	if (!thumbnail->picture || !thumbnail->picture->cells)
		return area->width;
	columns = MIN(thumbnail->picture->columns, columns);
	part = tui_area_part(area, area->width - columns, 0, columns, rows);
	picture_draw(thumbnail->picture, &part, 0, 0, &tui_theme(thumbnail->view->app)->styles[THEME_TEXT]);
	return area->width - columns - 1;
}

void thumbnail_tick(struct thumbnail *thumbnail)
{
	if (!thumbnail->is_drawn || !thumbnail->machine || thumbnail->wait)
		return;
	if (vmc_object_number(thumbnail->machine, "WorkerPid"))
		on_wait(thumbnail);
	else if (thumbnail->source && thumbnail->picture)
		vmc_thumbnail_look(thumbnail->source); /* it hears that there is none */
}

struct thumbnail *thumbnail_new(struct tui_view *view)
{
	struct thumbnail *thumbnail = g_new0(struct thumbnail, 1);

	thumbnail->view = view;
	return thumbnail;
}

struct thumbnail *thumbnail_free(struct thumbnail *thumbnail)
{
	if (thumbnail)
		follow(thumbnail, NULL);
	g_free(thumbnail);
	return NULL;
}
