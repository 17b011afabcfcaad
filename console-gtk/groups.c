/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "groups.h"

#define SECTION "groups"

char **gui_groups_list(struct gui_state *state)
{
	return gui_state_list(state, SECTION, "names");
}

/* Names are free text, keys are not. */
static char *key_of(const char *group)
{
	char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA1, group, -1);
	char *key = g_strdup_printf("group-%.12s", sum);

	g_free(sum);
	return key;
}

static char **members(struct gui_state *state, const char *group)
{
	char *key = key_of(group), **list = gui_state_list(state, SECTION, key);

	g_free(key);
	return list;
}

gboolean gui_groups_has(struct gui_state *state, const char *group, const char *id)
{
	char **list = members(state, group);
	gboolean has = g_strv_contains((const char *const *)list, id);

	g_strfreev(list);
	return has;
}

/* `list` with or without `word`. Free it. */
static char **with(char **list, const char *word, gboolean is_in)
{
	GStrvBuilder *builder = g_strv_builder_new();
	char **result;

	for (char **item = list; *item; item++)
		if (g_strcmp0(*item, word) != 0)
			g_strv_builder_add(builder, *item);
	if (is_in)
		g_strv_builder_add(builder, word);
	result = g_strv_builder_end(builder);
	g_strv_builder_unref(builder);
	return result;
}

void gui_groups_set(struct gui_state *state, const char *group, const char *id, gboolean is_member)
{
	char **old = members(state, group), **new = with(old, id, is_member), *key = key_of(group);
	char **names = gui_groups_list(state), **new_names = with(names, group, *new != NULL);

	gui_state_set_list(state, SECTION, key, (const char *const *)new);
	gui_state_set_list(state, SECTION, "names", (const char *const *)new_names);
	g_free(key);
	g_strfreev(old);
	g_strfreev(new);
	g_strfreev(names);
	g_strfreev(new_names);
}
