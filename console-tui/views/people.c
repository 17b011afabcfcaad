/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "views/people.h"

#include <string.h>

enum { SHOWN_MAX = 4 };

struct question {
	struct people *people;
	char *field;
};

static void ask(struct people *people, struct form *form, const char *field);

/*
 * "user:al" and "al" look for the same; a text that is a whole name is looked for, too: others begin with it.
 */
static const char *needle_of(const char *text)
{
	const char *sign = strchr(text, ':');

	return sign ? sign + 1 : text;
}

static void show(struct form *form, const char *field, GVariant *found)
{
	GString *help = g_string_new(NULL);
	GPtrArray *offers = g_ptr_array_new();
	const char *subject, *name;
	GVariantIter iter;

	g_variant_iter_init(&iter, found);
	while (g_variant_iter_next(&iter, "(&s&s)", &subject, &name)) {
		g_ptr_array_add(offers, (gpointer)subject);
		g_ptr_array_add(offers, (gpointer)(*name ? name : subject));
		if (offers->len / 2 <= SHOWN_MAX)
			g_string_append_printf(help, "%s%s", help->len ? ", " : "", subject);
	}
	g_string_append(help, offers->len / 2 > SHOWN_MAX ? ", ...: F8 chooses" : ": F8 chooses");
	g_ptr_array_add(offers, NULL);
	form_offer(form, field, (const char *const *)offers->pdata, offers->len > 1 ? help->str : NULL);
	g_ptr_array_unref(offers);
	g_string_free(help, TRUE);
}

/* One question at a time; of what was typed meanwhile only the last is asked for. Who may not look types the
 * name. */
static void on_found(struct tui_view *view, GVariant *result, const GError *error, gpointer opaque)
{
	struct question *question = opaque;
	struct form *form = (struct form *)view;
	GVariant *found;

	question->people->is_waiting = FALSE;
	if (result && g_variant_is_of_type(result, G_VARIANT_TYPE("(a(ss))"))) {
		found = g_variant_get_child_value(result, 0);
		show(form, question->field, found);
		g_variant_unref(found);
	}
	if (!error)
		people_follow(question->people, form, question->field);
	g_free(question->field);
	g_free(question);
}

static void ask(struct people *people, struct form *form, const char *field)
{
	struct question *question = g_new0(struct question, 1);

	*question = (struct question){ people, g_strdup(field) };
	people->is_waiting = TRUE;
	tui_call(form_view(form), form_host(form), API_ADMINS_PATH, API_ADMINS_INTERFACE, "Search",
		 g_variant_new("(s)", people->asked), on_found, question);
}

void people_follow(struct people *people, struct form *form, const char *field)
{
	const char *needle = needle_of(form_value(form, field));

	if (people->is_waiting || g_strcmp0(people->asked, needle) == 0)
		return;
	g_free(people->asked);
	people->asked = g_strdup(needle);
	if (*needle)
		ask(people, form, field);
	else
		form_offer(form, field, NULL, NULL);
}

void people_free(gpointer opaque)
{
	struct people *people = opaque;

	g_free(people->asked);
	g_free(people);
}
