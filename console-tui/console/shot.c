/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "console/shot.h"

#include "app/program.h"
#include "views/dialog.h"

#include <string.h>

struct shot {
	struct tui_app *app;
	struct program *program;
	GString *output;
	char *file;
};

static void on_shot(gpointer opaque, const char *output, gsize size, int status)
{
	struct shot *shot = opaque;

	if (size) {
		g_string_append_len(shot->output, output, (gssize)MIN(size, 4096));
		return;
	}
	if (status)
		tui_say(shot->app, THEME_ERROR_TEXT, "%s", g_strstrip(shot->output->str));
	else
		tui_say(shot->app, THEME_GOOD, "the picture is in %s", shot->file);
	program_free(shot->program);
	g_string_free(shot->output, TRUE);
	g_free(shot->file);
	g_free(shot);
}

static void shoot(struct tui_view *owner, const char *file, gpointer opaque)
{
	char **words = opaque;
	const char *argv[] = {
		"vm", "screenshot", words[0], file, *words[1] ? "--host" : NULL, words[1], NULL
	};
	struct shot *shot = g_new0(struct shot, 1);
	GError *error = NULL;

	shot->app = owner->app;
	shot->output = g_string_new(NULL);
	shot->file = g_strdup(file);
	shot->program = program_start(argv, on_shot, shot, &error);
	if (shot->program)
		return;
	dialog_error(owner->app, error);
	g_error_free(error);
	g_string_free(shot->output, TRUE);
	g_free(shot->file);
	g_free(shot);
}

static void free_words(gpointer opaque)
{
	g_strfreev(opaque);
}

void screen_shoot(struct tui_view *owner, VmcHost *host, VmcObject *machine)
{
	char **words = g_new0(char *, 3), *file;

	words[0] = g_strdup(vmc_object_text(machine, "Name"));
	words[1] = g_strdup(vmc_host_place(host));
	file = g_strdup_printf("%s/%s.png", g_get_home_dir(), words[0]);
	dialog_type_path(owner, "Picture of the Screen", "The file (PNG)", file, "", shoot, words,
			 free_words);
	g_free(file);
}
