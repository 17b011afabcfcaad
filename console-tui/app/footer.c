/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last line: a message, or the keys of the view on top, out of the table. */
#include "app/app_priv.h"

#include "screen/text.h"

static struct tui_view *top(const struct tui_app *app)
{
	return app->views->pdata[app->views->len - 1];
}

/* The next binding that belongs into the footer; NULL: no more. */
static const struct tui_binding *next_binding(const struct tui_app *app, gsize *place)
{
	for (; *place < tui_bindings_count; ++*place) {
		const struct tui_binding *binding = &tui_bindings[*place];

		if (binding->label && binding->contexts & top(app)->ops->contexts &&
		    (!top(app)->ops->has || top(app)->ops->has(top(app), binding->command)) &&
		    !(binding->is_change && app->is_read_only)) {
			++*place;
			return binding;
		}
	}
	return NULL;
}

/* Draws with an area; without one only finds what is at column x. */
static const struct tui_binding *walk(struct tui_app *app, const struct tui_area *area, int left, int width,
				      int x)
{
	const struct tui_binding *binding;
	gsize place = 0;

	while ((binding = next_binding(app, &place))) {
		char *key = tui_binding_key_text(binding);
		int key_width = tui_text_width(key), all = key_width + tui_text_width(binding->label) + 3;
		gboolean fits = left + all <= width;

		if (area && fits) {
			tui_text(area, left + 1, 0, -1, THEME_FOOTER_KEY, key);
			tui_text(area, left + key_width + 2, 0, -1, THEME_FOOTER, binding->label);
		}
		g_free(key);
		if (!fits || (x >= left && x < left + all))
			return fits ? binding : NULL;
		left += all;
	}
	return NULL;
}

static int hint_width(struct tui_app *app)
{
	const char *hint = top(app)->ops->hint ? top(app)->ops->hint(top(app)) : NULL;

	return hint ? tui_text_width(hint) + 2 : 0;
}

void app_draw_footer(struct tui_app *app, const struct tui_area *area)
{
	int left = hint_width(app);

	tui_fill(area, THEME_FOOTER);
	if (app->message[0]) {
		enum theme_role role = app->message_role == THEME_TEXT ? THEME_FOOTER : app->message_role;

		tui_fill(area, THEME_TEXT);
		tui_text(area, 1, 0, area->width - 2, role, app->message);
		return;
	}
	if (left)
		tui_text(area, 1, 0, -1, THEME_FOOTER, top(app)->ops->hint(top(app)));
	walk(app, area, left, area->width, -1);
}

const char *app_footer_command(struct tui_app *app, int x)
{
	const struct tui_binding *binding =
	    app->message[0] ? NULL : walk(app, NULL, hint_width(app), app->surface.width, x);

	return binding ? binding->command : NULL;
}
