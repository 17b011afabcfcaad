/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "app/app_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- the stack --------------------------------------------------------------------------------------- */

static struct tui_view *top(const struct tui_app *app)
{
	return app->views->len ? app->views->pdata[app->views->len - 1] : NULL;
}

struct tui_view *tui_hold(struct tui_view *view)
{
	view->references++;
	return view;
}

void tui_release(struct tui_view *view)
{
	if (--view->references == 0)
		view->ops->free(view);
}

void tui_push(struct tui_app *app, struct tui_view *view)
{
	view->app = app;
	view->references++;
	g_ptr_array_add(app->views, view);
	app->has_new_view = TRUE;
	tui_changed(app);
}

void tui_close(struct tui_view *view)
{
	struct tui_app *app = view->app;
	gboolean was_cover = !view->is_closed && top(app) == view && !view->ops->is_overlay;

	if (view->is_closed)
		return;
	view->is_closed = TRUE;
	tui_changed(app);
	g_ptr_array_remove(app->views, view);
	tui_release(view);
	if (was_cover && app->views->len && top(app)->ops->on_uncovered)
		top(app)->ops->on_uncovered(top(app));
}

gboolean tui_is_top(const struct tui_view *view)
{
	return top(view->app) == view;
}

struct tui_view *tui_main(struct tui_app *app)
{
	return app->views->pdata[0];
}

/* --- drawing ----------------------------------------------------------------------------------------- */

static gboolean on_draw(gpointer opaque)
{
	struct tui_app *app = opaque;

	app->draw_source = 0;
	app_draw(app);
	return G_SOURCE_REMOVE;
}

void tui_changed(struct tui_app *app)
{
	if (!app->draw_source && !app->is_suspended)
		app->draw_source = g_idle_add_full(G_PRIORITY_HIGH_IDLE, on_draw, app, NULL);
}

/* Those that can be seen: from the last one that is no overlay. */
static guint first_seen(const struct tui_app *app)
{
	for (guint i = app->views->len; i-- > 0;) {
		const struct tui_view *view = app->views->pdata[i];

		if (!view->ops->is_overlay)
			return i;
	}
	return 0;
}

static void follow_size(struct tui_app *app)
{
	int width, height;

	tui_terminal_size(app->terminal, &width, &height);
	if (width != app->surface.width || height != app->surface.height || !app->surface.cells)
		tui_surface_resize(&app->surface, width, height);
}

/* Into our own cells. Where everything is, how long lists are: views know it from here. */
static void compose(struct tui_app *app)
{
	struct tui_area all, body, footer;

	follow_size(app);
	app->has_new_view = FALSE;
	all = tui_surface_area(&app->surface);
	app->surface.theme = app->theme;
	app->surface.has_cursor = FALSE;
	tui_fill(&all, THEME_TEXT);
	body = tui_area_part(&all, 0, 0, all.width, all.height - 1);
	footer = tui_area_part(&all, 0, all.height - 1, all.width, 1);
	app_draw_footer(app, &footer);
	for (guint i = first_seen(app); i < app->views->len; i++) {
		struct tui_view *view = app->views->pdata[i];

		app->surface.has_cursor = FALSE; /* only the last one's counts */
		view->ops->draw(view, &body);
	}
}

void app_draw(struct tui_app *app)
{
	if (app->is_suspended || tui_terminal_is_busy(app->terminal))
		return; /* drawn again when the terminal has taken what it was given */
	compose(app);
	tui_output_update(&app->output, &app->surface, app->bytes);
	if (app->after->len) {
		g_string_append_len(app->bytes, app->after->str, (gssize)app->after->len);
		g_string_truncate(app->after, 0);
		app->output.x = app->output.y = -1;
		app->output.has_style = FALSE;
	}
	tui_terminal_write(app->terminal, app->bytes);
}

void tui_write_after(struct tui_app *app, GString *bytes)
{
	g_string_append_len(app->after, bytes->str, (gssize)bytes->len);
	g_string_free(bytes, TRUE);
	tui_changed(app);
}

void tui_redraw(struct tui_app *app)
{
	tui_output_forget(&app->output);
	tui_changed(app);
}

void tui_say(struct tui_app *app, enum theme_role role, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->message, sizeof(app->message), format, args);
	va_end(args);
	app->message_role = role;
	tui_changed(app);
}

/* xterm, "Operating System Commands", 52. */
void tui_copy(struct tui_app *app, const char *text)
{
	char *encoded = g_base64_encode((const guchar *)text, strlen(text));
	GString *bytes = g_string_new(NULL);

	g_string_printf(bytes, "\033]52;c;%s\a", encoded);
	g_free(encoded);
	tui_write_after(app, bytes);
	tui_say(app, THEME_GOOD, "copied to the terminal's clipboard, where it lets us: %s", text);
}

/* --- commands and events ----------------------------------------------------------------------------- */

static gboolean run_global(struct tui_app *app, const char *command)
{
	if (strcmp(command, "redraw") == 0)
		tui_redraw(app);
	else if (strcmp(command, "suspend") == 0)
		loop_suspend(app);
	else if (strcmp(command, "quit") == 0)
		tui_quit(app, 0);
	else if (strcmp(command, "theme") == 0)
		tui_next_theme(app);
	else if (strcmp(command, "interrupt") == 0)
		app->views->len > 1 ? tui_close(top(app)) : tui_quit(app, 0);
	else if (strcmp(command, "back") == 0 && app->views->len > 1)
		tui_close(top(app));
	else
		return FALSE;
	return TRUE;
}

gboolean tui_refuses_change(struct tui_app *app)
{
	if (app->is_read_only)
		tui_say(app, THEME_WARNING,
			"nothing can be changed: this program was started with --read-only");
	return app->is_read_only;
}

gboolean tui_run_command(struct tui_app *app, const char *command)
{
	const struct tui_binding *binding = tui_binding_find(command);
	struct tui_view *view = top(app);

	if (binding && binding->is_change && app->is_read_only) {
		tui_say(app, THEME_WARNING,
			"nothing can be changed: this program was started with --read-only");
		return TRUE;
	}
	tui_changed(app);
	/* What the view on top does not know may be for the main screen, which is the first. */
	if (view->ops->on_command && view->ops->on_command(view, command))
		return TRUE;
	if (run_global(app, command))
		return TRUE;
	view = app->views->pdata[0];
	return view != top(app) && view->ops->on_command(view, command);
}

/* Twice at the same place within this time is a double click. */
enum { DOUBLE_CLICK_US = 400000 };

static struct tui_event with_double(struct tui_app *app, const struct tui_event *event)
{
	struct tui_event result = *event;
	gint64 now = g_get_monotonic_time();

	if (event->kind != TUI_MOUSE || event->mouse != TUI_MOUSE_PRESS)
		return result;
	result.is_double = app->last_press.x == event->x && app->last_press.y == event->y &&
			   app->last_press.button == event->button &&
			   now - app->last_press_time < DOUBLE_CLICK_US;
	app->last_press = *event;
	app->last_press_time = result.is_double ? 0 : now;
	return result;
}

static gboolean click_footer(struct tui_app *app, const struct tui_event *event)
{
	const char *command;

	if (event->kind != TUI_MOUSE || event->mouse != TUI_MOUSE_PRESS ||
	    event->y != app->surface.height - 1)
		return FALSE;
	command = app_footer_command(app, event->x);
	if (command)
		tui_run_command(app, command);
	return TRUE;
}

void app_event(struct tui_app *app, const struct tui_event *event)
{
	struct tui_view *view = top(app);
	struct tui_event whole = with_double(app, event);
	const struct tui_binding *binding;

	if (!view)
		return;
	if (app->has_new_view)
		compose(app); /* keys that came at once with the one that opened it */
	tui_changed(app);
	if (event->kind == TUI_KEY || (event->kind == TUI_MOUSE && event->mouse == TUI_MOUSE_PRESS))
		app->message[0] = '\0';
	tui_hold(view);
	if (!click_footer(app, &whole) && !(view->ops->on_event && view->ops->on_event(view, &whole)) &&
	    whole.kind == TUI_KEY) {
		binding = tui_binding_of_key(view->ops->contexts, &whole);
		if (binding)
			tui_run_command(app, binding->command);
	}
	tui_release(view);
}

/* --- small ones -------------------------------------------------------------------------------------- */

void tui_quit(struct tui_app *app, int status)
{
	app->status = status;
	g_main_loop_quit(app->loop);
}

gboolean tui_is_read_only(const struct tui_app *app)
{
	return app->is_read_only;
}

gboolean tui_is_ascii(const struct tui_app *app)
{
	return app->surface.is_ascii;
}

enum tui_colors tui_colors(const struct tui_app *app)
{
	return app->output.colors;
}

void tui_cell_size(const struct tui_app *app, int *ret_width, int *ret_height)
{
	tui_terminal_cell_size(app->terminal, ret_width, ret_height);
}

const struct theme *tui_theme(const struct tui_app *app)
{
	return app->theme;
}

gboolean tui_set_theme(struct tui_app *app, const char *id)
{
	GError *error = NULL;
	struct theme *theme = theme_load(id, &error);

	if (!theme) {
		tui_say(app, THEME_ERROR_TEXT, "%s", error->message);
		g_error_free(error);
		return FALSE;
	}
	theme_free(app->theme);
	app->theme = theme;
	tui_changed(app);
	return TRUE;
}

gboolean tui_choose_theme(struct tui_app *app, const char *id)
{
	if (app->output.colors == TUI_COLORS_NONE) {
		tui_say(app, THEME_WARNING,
			"this terminal has no colours (or NO_COLOR is set): the theme stays");
		return FALSE;
	}
	if (tui_set_theme(app, id)) {
		g_key_file_set_string(app->preferences, "options", "theme", id);
		tui_preferences_changed(app);
		tui_say(app, THEME_TEXT, "Theme: %s", app->theme->name);
		return TRUE;
	}
	return FALSE;
}

void tui_next_theme(struct tui_app *app)
{
	char **ids = theme_list();
	guint count = g_strv_length(ids), next = 0;

	for (guint i = 0; i < count; i++)
		if (strcmp(ids[i], app->theme->id) == 0)
			next = (i + 1) % count;
	tui_choose_theme(app, ids[next]);
	g_strfreev(ids);
}
