/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wizards/options.h"

#include "client/command.h"
#include "client/draft.h"

struct option {
	char *name, *value;
};

struct gui_options {
	GPtrArray *list;
};

static void free_option(gpointer opaque)
{
	struct option *option = opaque;

	g_free(option->name);
	g_free(option->value);
	g_free(option);
}

struct gui_options *gui_options_new(void)
{
	struct gui_options *options = g_new0(struct gui_options, 1);

	options->list = g_ptr_array_new_with_free_func(free_option);
	return options;
}

void gui_options_free(struct gui_options *options)
{
	if (!options)
		return;
	g_ptr_array_unref(options->list);
	g_free(options);
}

void gui_options_add(struct gui_options *options, const char *name, const char *value)
{
	struct option *option = g_new0(struct option, 1);

	option->name = g_strdup(name);
	option->value = g_strdup(value);
	g_ptr_array_add(options->list, option);
}

void gui_options_add_number(struct gui_options *options, const char *name, guint64 value, const char *unit)
{
	char *text = g_strdup_printf("%" G_GUINT64_FORMAT "%s", value, unit);

	gui_options_add(options, name, text);
	g_free(text);
}

gboolean gui_options_is_empty(const struct gui_options *options)
{
	return options->list->len == 0;
}

GVariant *gui_options_settings(const struct gui_options *options, const char *place, GVariant *existing,
			       GError **error)
{
	struct vmc_draft *draft = vmc_draft_new(*place != '\0');
	GVariant *settings = NULL;
	gboolean is_good = TRUE;

	for (guint i = 0; i < options->list->len && is_good; i++) {
		const struct option *option = options->list->pdata[i];

		is_good = vmc_draft_add(draft, option->name, option->value, error);
	}
	if (is_good)
		settings = vmc_draft_settings(draft, existing, error);
	vmc_draft_free(draft);
	return settings;
}

char *gui_options_command(const struct gui_options *options, const char *place, const char *noun,
			  const char *verb, const char *name)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	char *line;

	g_ptr_array_add(words, g_strdup(noun));
	g_ptr_array_add(words, g_strdup(verb));
	g_ptr_array_add(words, g_strdup(name));
	for (guint i = 0; i < options->list->len; i++) {
		const struct option *option = options->list->pdata[i];

		g_ptr_array_add(words, g_strdup_printf("--%s", option->name));
		g_ptr_array_add(words, g_strdup(option->value));
	}
	g_ptr_array_add(words, NULL);
	line = vmc_command(place, (const char *const *)words->pdata);
	g_ptr_array_unref(words);
	return line;
}
