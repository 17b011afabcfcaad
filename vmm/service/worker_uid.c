/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/worker_uid.h"

#include "link/worker_identity.h"
#include "model/durable.h"

#include <errno.h>
#include <string.h>

#define FILE_NAME "worker-uids"

enum { FILE_MAX = 8 << 20 };

static struct {
	int folder;
	GHashTable *uids; /* identity → index from WORKER_UID_FIRST on, plus 1 */
	guint8 taken[WORKER_UID_COUNT / 8];
} table = { .folder = -1 };

static gboolean is_taken(guint index)
{
	return table.taken[index / 8] >> index % 8 & 1;
}

static void take(const char *id, guint index)
{
	g_hash_table_insert(table.uids, g_strdup(id), GUINT_TO_POINTER(index + 1));
	table.taken[index / 8] |= (guint8)(1u << index % 8);
}

/* "IDENTITY UID". What is not that, or comes twice, is left out: that machine gets another. */
static void read_line(const char *line, gboolean (*is_known)(gpointer opaque, const char *id),
		      gpointer opaque)
{
	const char *space = strchr(line, ' ');
	guint64 uid = space ? g_ascii_strtoull(space + 1, NULL, 10) : 0;
	char *id;

	if (uid < WORKER_UID_FIRST || uid >= (guint64)WORKER_UID_FIRST + WORKER_UID_COUNT ||
	    is_taken((guint)(uid - WORKER_UID_FIRST)))
		return;
	id = g_strndup(line, (gsize)(space - line));
	if (is_known(opaque, id) && !g_hash_table_contains(table.uids, id))
		take(id, (guint)(uid - WORKER_UID_FIRST));
	g_free(id);
}

void worker_uid_init(int folder, gboolean (*is_known)(gpointer opaque, const char *id), gpointer opaque)
{
	char *text = NULL, **lines;
	gsize size = 0;

	g_clear_pointer(&table.uids, g_hash_table_unref);
	memset(table.taken, 0, sizeof(table.taken));
	table.folder = folder;
	table.uids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (durable_read(folder, FILE_NAME, FILE_MAX, &text, &size) < 0)
		return;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		read_line(*line, is_known, opaque);
	g_strfreev(lines);
	g_free(text);
}

static int write_table(void)
{
	GString *text = g_string_new(NULL);
	GHashTableIter iter;
	gpointer id, index;
	int r;

	g_hash_table_iter_init(&iter, table.uids);
	while (g_hash_table_iter_next(&iter, &id, &index))
		g_string_append_printf(text, "%s %u\n", (const char *)id,
				       WORKER_UID_FIRST + GPOINTER_TO_UINT(index) - 1);
	r = durable_write(table.folder, FILE_NAME, text->str, text->len);
	g_string_free(text, TRUE);
	return r;
}

int worker_uid_get(const char *id, uid_t *ret_uid)
{
	guint index;
	int r;

	if (!table.uids)
		return -EINVAL;
	index = GPOINTER_TO_UINT(g_hash_table_lookup(table.uids, id));
	if (index) {
		*ret_uid = WORKER_UID_FIRST + index - 1;
		return 0;
	}
	for (index = 0; index < WORKER_UID_COUNT && is_taken(index); index++)
		;
	if (index == WORKER_UID_COUNT)
		return -ENOSPC;
	take(id, index);
	r = write_table();
	if (r < 0) { /* another machine might get it after a restart */
		g_hash_table_remove(table.uids, id);
		table.taken[index / 8] &= (guint8) ~(1u << index % 8);
		return r;
	}
	*ret_uid = WORKER_UID_FIRST + index;
	return 0;
}
