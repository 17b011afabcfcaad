/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bulkhead-tui: the terminal manager. */
#include "app/app_priv.h"
#include "views/main_view.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct arguments {
	char **hosts;
	char *theme;
	gboolean is_read_only, wants_ascii, wants_no_mouse, wants_no_color, wants_version;
};

static gboolean parse(int *argc, char ***argv, struct arguments *arguments)
{
	const GOptionEntry entries[] = {
		{ "host", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments->hosts,
		  "another computer too, through ssh", "USER@HOST" },
		{ "read-only", 0, 0, G_OPTION_ARG_NONE, &arguments->is_read_only, "look, change nothing",
		  NULL },
		{ "theme", 0, 0, G_OPTION_ARG_STRING, &arguments->theme, "dark, light, classic, ...",
		  "THEME" },
		{ "ascii", 0, 0, G_OPTION_ARG_NONE, &arguments->wants_ascii, "lines of - and |", NULL },
		{ "no-color", 0, 0, G_OPTION_ARG_NONE, &arguments->wants_no_color, "no colours", NULL },
		{ "no-mouse", 0, 0, G_OPTION_ARG_NONE, &arguments->wants_no_mouse,
		  "leave the mouse to the terminal", NULL },
		{ "version", 0, 0, G_OPTION_ARG_NONE, &arguments->wants_version, "the version", NULL },
		{ NULL, 0, 0, 0, NULL, NULL, NULL },
	};
	GOptionContext *context = g_option_context_new("- virtual machines in the terminal");
	GError *error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &error) || *argc > 1) {
		fprintf(stderr, "bulkhead-tui: %s; see bulkhead-tui --help\n",
			error ? error->message : "there are no operands");
		g_clear_error(&error);
		g_option_context_free(context);
		return FALSE;
	}
	g_option_context_free(context);
	return TRUE;
}

/* What was asked for, what was chosen before, what the terminal can. */
static void choose_theme(struct tui_app *app, const char *asked)
{
	char *kept = g_key_file_get_string(app->preferences, "options", "theme", NULL);
	const char *fallback = app->output.colors == TUI_COLORS_NONE ? "monochrome"
			       : app->output.colors <= TUI_COLORS_16 ? "eight-colours"
								     : "dark";
	const char *id = app->output.colors == TUI_COLORS_NONE ? fallback
			 : asked			       ? asked
			 : kept				       ? kept
							       : fallback;

	app->theme = theme_load(id, NULL);
	if (!app->theme) {
		tui_say(app, THEME_WARNING, "there is no theme %s", id);
		app->theme = theme_load(fallback, NULL);
	}
	g_free(kept);
}

static void add_hosts(struct tui_app *app, char **asked)
{
	char **kept = g_key_file_get_string_list(app->preferences, "hosts", "places", NULL, NULL);

	tui_add_host(app, "");
	for (guint i = 0; kept && kept[i]; i++)
		tui_add_host(app, kept[i]);
	for (guint i = 0; asked && asked[i]; i++)
		tui_add_host(app, asked[i]);
	g_strfreev(kept);
}

static gboolean begin(struct tui_app *app, const struct arguments *arguments, GError **error)
{
	struct tui_terminal_options options = { arguments->wants_ascii, arguments->wants_no_mouse,
						arguments->wants_no_color };

	app->terminal = tui_terminal_new(&options, error);
	if (!app->terminal)
		return FALSE;
	app->is_read_only = arguments->is_read_only;
	app->surface.is_ascii = tui_terminal_is_ascii(app->terminal);
	tui_output_init(&app->output, tui_terminal_colors(app->terminal));
	app->views = g_ptr_array_new();
	app->hosts = g_ptr_array_new_with_free_func(g_object_unref);
	app->bytes = g_string_new(NULL);
	app->after = g_string_new(NULL);
	app->input = g_byte_array_new();
	preferences_load(app);
	choose_theme(app, arguments->theme);
	add_hosts(app, arguments->hosts);
	tui_push(app, main_view_new(app));
	loop_begin(app);
	return TRUE;
}

static void end(struct tui_app *app)
{
	loop_end(app);
	while (app->views->len)
		tui_close(app->views->pdata[app->views->len - 1]);
	preferences_save(app);
	g_ptr_array_unref(app->views);
	for (guint i = 0; i < app->hosts->len; i++)
		g_signal_handlers_disconnect_by_data(app->hosts->pdata[i], app);
	g_ptr_array_unref(app->hosts);
	g_clear_handle_id(&app->draw_source, g_source_remove);
	tui_terminal_free(app->terminal);
	tui_output_deinit(&app->output);
	tui_surface_deinit(&app->surface);
	theme_free(app->theme);
	g_key_file_unref(app->preferences);
	g_free(app->preferences_path);
	g_string_free(app->bytes, TRUE);
	g_string_free(app->after, TRUE);
	g_byte_array_unref(app->input);
}

/* Messages of libraries do not belong on a screen that is drawn. */
static GLogWriterOutput drop_message(GLogLevelFlags level, const GLogField *fields, gsize count,
				     gpointer unused)
{
	return G_LOG_WRITER_HANDLED;
}

static int run(const struct arguments *arguments)
{
	struct tui_app app = { 0 };
	GError *error = NULL;

	app.loop = g_main_loop_new(NULL, FALSE);
	if (!begin(&app, arguments, &error)) {
		fprintf(stderr, "bulkhead-tui: %s\n", error->message);
		g_error_free(error);
		g_main_loop_unref(app.loop);
		return 1;
	}
	g_log_set_writer_func(drop_message, NULL, NULL);
	g_main_loop_run(app.loop);
	end(&app);
	g_main_loop_unref(app.loop);
	return app.status;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	int status;

	setlocale(LC_ALL, "");
	/* ssh must not ask for a password on the terminal that we draw on: keys, or an agent, or an asking
	 * program. */
	g_setenv("SSH_ASKPASS_REQUIRE", "force", FALSE);
	if (!parse(&argc, &argv, &arguments))
		return 2;
	if (arguments.wants_version) {
		printf("bulkhead-tui %s\n", BULKHEAD_VERSION);
		return fflush(stdout) ? 1 : 0;
	}
	status = run(&arguments);
	g_strfreev(arguments.hosts);
	g_free(arguments.theme);
	return status;
}
