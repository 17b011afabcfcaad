/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the files of app/ only. */
#ifndef APP_APP_PRIV_H
#define APP_APP_PRIV_H

#include "app/app.h"
#include "screen/terminal.h"

enum { STATUS_BYTES = 1024 };

struct tui_app {
	GMainLoop *loop;
	struct tui_terminal *terminal;
	struct tui_surface surface;
	struct tui_output output;
	struct theme *theme;
	GPtrArray *views; /* struct tui_view *, the top one last */
	GPtrArray *hosts;
	guint host;
	gboolean is_read_only, is_suspended;
	int status; /* of exit */

	char message[STATUS_BYTES];
	enum theme_role message_role;

	GKeyFile *preferences;
	char *preferences_path;
	guint save_timer;

	guint draw_source;
	gboolean has_new_view; /* that was never drawn */
	GString *bytes, *after;
	GByteArray *input;
	guint escape_timer;
	struct tui_event last_press;
	gint64 last_press_time;
};

void app_draw(struct tui_app *app);
void app_event(struct tui_app *app, const struct tui_event *event);
void app_draw_footer(struct tui_app *app, const struct tui_area *area);
/* A click on the footer: the command under it; NULL. */
const char *app_footer_command(struct tui_app *app, int x);

void preferences_load(struct tui_app *app);
void preferences_save(struct tui_app *app);

/* Terminal input, signals. FALSE: a sentence. */
void loop_begin(struct tui_app *app);
void loop_end(struct tui_app *app);
void loop_suspend(struct tui_app *app);

#endif
