/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/account_search.h"
#include "service/call.h"

#include "api/api_error.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>

enum { ENTRIES_MAX = 20000, FIRST_PERSON = 1000, NOBODY = 65534, RANK_SYSTEM = 4 };

struct found {
	char *subject, *full_name;
	unsigned rank;
};

static int searches;	/* under way or waiting; the main thread's */
static GMutex database; /* walking through it has one state in the process */

static void free_found(gpointer opaque)
{
	struct found *found = opaque;

	g_free(found->subject);
	g_free(found->full_name);
	g_free(found);
}

/* 0: the very name; then its beginning, its inside, the full name. G_MAXUINT: not at all. */
static unsigned rank_of(const char *text, const char *name, const char *full_name)
{
	char *wanted = g_utf8_casefold(text, -1), *given = g_utf8_casefold(name, -1),
	     *full = g_utf8_casefold(full_name, -1);
	unsigned rank = strcmp(given, wanted) == 0	  ? 0
			: g_str_has_prefix(given, wanted) ? 1
			: strstr(given, wanted)		  ? 2
			: strstr(full, wanted)		  ? 3
							  : G_MAXUINT;

	g_free(wanted);
	g_free(given);
	g_free(full);
	return rank;
}

static void consider(GPtrArray *all, const char *text, const char *kind, const char *name, const char *full,
		     guint id)
{
	gboolean is_person = id == 0 || (id >= FIRST_PERSON && id < NOBODY);
	char *valid = g_utf8_make_valid(full, -1);
	unsigned rank = g_utf8_validate(name, -1, NULL) ? rank_of(text, name, valid) : G_MAXUINT;
	struct found *found;

	/* Accounts of programs only for who knows their names. */
	if (rank == G_MAXUINT || (!is_person && rank > 1)) {
		g_free(valid);
		return;
	}
	found = g_new0(struct found, 1);
	found->subject = g_strconcat(kind, ":", name, NULL);
	found->full_name = valid;
	found->rank = rank + (is_person ? 0 : RANK_SYSTEM);
	g_ptr_array_add(all, found);
}

/* passwd(5): what stands before the first comma. */
static char *full_name_of(const struct passwd *entry)
{
	return g_strndup(entry->pw_gecos ? entry->pw_gecos : "",
			 entry->pw_gecos ? strcspn(entry->pw_gecos, ",") : 0);
}

static void add_user(GPtrArray *all, const char *text, const struct passwd *entry)
{
	char *full = full_name_of(entry);

	consider(all, text, "user", entry->pw_name, full, entry->pw_uid);
	g_free(full);
}

static gboolean has_user(const GPtrArray *all, const char *name)
{
	for (guint i = 0; i < all->len; i++)
		if (g_str_has_prefix(((struct found *)all->pdata[i])->subject, "user:") &&
		    strcmp(((struct found *)all->pdata[i])->subject + strlen("user:"), name) == 0)
			return TRUE;
	return FALSE;
}

/* A server's users may be found by their whole name only. */
static void add_users(GPtrArray *all, const char *text)
{
	struct passwd entry, *found = NULL;
	char buffer[16384];

	setpwent();
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		if (getpwent_r(&entry, buffer, sizeof(buffer), &found) != 0 || !found)
			break;
		add_user(all, text, found);
	}
	endpwent();
	if (!has_user(all, text) && getpwnam_r(text, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		add_user(all, text, found);
}

/* A group with so many members that it does not fit is left out. */
static void add_groups(GPtrArray *all, const char *text)
{
	enum { BUFFER = 1 << 18 };
	char *buffer = g_malloc(BUFFER);
	struct group entry, *found = NULL;

	setgrent();
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		int r = getgrent_r(&entry, buffer, BUFFER, &found);

		if (r == ERANGE)
			continue;
		if (r != 0 || !found)
			break;
		consider(all, text, "group", found->gr_name, "", found->gr_gid);
	}
	endgrent();
	g_free(buffer);
}

static int by_rank(gconstpointer a, gconstpointer b)
{
	const struct found *left = *(struct found **)a, *right = *(struct found **)b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return strcmp(left->subject, right->subject);
}

static void run(GTask *task, gpointer source, gpointer text, GCancellable *cancellable)
{
	GPtrArray *all = g_ptr_array_new_with_free_func(free_found);
	GVariantBuilder list;

	g_mutex_lock(&database);
	add_users(all, text);
	add_groups(all, text);
	g_mutex_unlock(&database);
	g_ptr_array_sort(all, by_rank);
	g_variant_builder_init(&list, G_VARIANT_TYPE("a(ss)"));
	for (guint i = 0; i < all->len && i < ACCOUNT_SEARCH_RESULTS; i++) {
		const struct found *found = all->pdata[i];

		g_variant_builder_add(&list, "(ss)", found->subject, found->full_name);
	}
	g_ptr_array_unref(all);
	g_task_return_pointer(task, g_variant_ref_sink(g_variant_builder_end(&list)),
			      (GDestroyNotify)g_variant_unref);
}

static void on_done(GObject *source, GAsyncResult *result, gpointer opaque)
{
	GVariant *list = g_task_propagate_pointer(G_TASK(result), NULL);

	searches--;
	call_return(opaque, g_variant_new("(@a(ss))", list));
	g_variant_unref(list);
}

void account_search(struct call *call)
{
	const char *text;
	GTask *task;

	g_variant_get(call->parameters, "(&s)", &text);
	if (!*text || strlen(text) > ACCOUNT_SEARCH_TEXT_MAX) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "give a part of a name of up to %d bytes to look for",
			       ACCOUNT_SEARCH_TEXT_MAX);
		return;
	}
	if (searches >= ACCOUNT_SEARCHES_MAX) {
		call_fail_text(call, API_ERROR_LIMIT,
			       "too many searches are under way; try again in a moment");
		return;
	}
	searches++;
	task = g_task_new(NULL, NULL, on_done, call);
	g_task_set_task_data(task, g_strdup(text), g_free);
	g_task_run_in_thread(task, run);
	g_object_unref(task);
}
