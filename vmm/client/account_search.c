/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/account_search.h"
#include "client/call.h"

#include <string.h>

struct vmc_account_search {
	struct vmc_connection *connection; /* NULL: freed, and one answer is awaited */
	vmc_accounts_fn fn;
	gpointer opaque;
	char *asked, *wanted; /* NULL: none */
	gboolean is_stale;    /* the answer that comes is wanted no more */
};

static void ask(struct vmc_account_search *search);

struct vmc_account_search *vmc_account_search_new(struct vmc_connection *connection, vmc_accounts_fn fn,
						  gpointer opaque)
{
	struct vmc_account_search *search = g_new0(struct vmc_account_search, 1);

	search->connection = connection;
	search->fn = fn;
	search->opaque = opaque;
	return search;
}

static void destroy(struct vmc_account_search *search)
{
	g_free(search->asked);
	g_free(search->wanted);
	g_free(search);
}

struct vmc_account_search *vmc_account_search_free(struct vmc_account_search *search)
{
	if (!search)
		return NULL;
	search->connection = NULL;
	if (!search->asked)
		destroy(search);
	return NULL;
}

static void on_answer(GVariant *result, const GError *error, gpointer opaque)
{
	struct vmc_account_search *search = opaque;
	GVariant *found = result ? g_variant_get_child_value(result, 0) : NULL;
	char *text = g_steal_pointer(&search->asked);

	if (!search->connection) {
		destroy(search);
	} else if (search->wanted) {
		ask(search); /* more was typed meanwhile */
	} else if (!search->is_stale) {
		search->fn(text, found, error, search->opaque); /* may free us */
	}
	g_clear_pointer(&found, g_variant_unref);
	g_free(text);
}

static void ask(struct vmc_account_search *search)
{
	search->asked = g_steal_pointer(&search->wanted);
	search->is_stale = FALSE;
	vmc_ask(search->connection, API_ADMINS_PATH, API_ADMINS_INTERFACE, "Search",
		g_variant_new("(s)", search->asked), on_answer, search);
}

void vmc_account_search_set_text(struct vmc_account_search *search, const char *text)
{
	GVariant *nothing;

	g_free(search->wanted);
	search->wanted = *text ? g_strdup(text) : NULL;
	search->is_stale = !*text;
	if (*text) {
		if (!search->asked)
			ask(search);
		return;
	}
	nothing = g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE("(ss)"), NULL, 0));
	search->fn("", nothing, NULL, search->opaque);
	g_variant_unref(nothing);
}
