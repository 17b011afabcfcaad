/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/saved_disks.h"
#include "service/start_files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Disks of the host (pass-through) have no time of change that would tell anything. */
GPtrArray *saved_disks_paths(const struct vm_config *config)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];

		if (*disk->path && !disk->is_pass_through)
			g_ptr_array_add(paths, g_strdup(disk->path));
	}
	return paths;
}

static char *describe(const struct stat *st)
{
	return g_strdup_printf("%llu %lld %lld.%09ld", (unsigned long long)st->st_ino, (long long)st->st_size,
			       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static void note(GKeyFile *file, guint number, const char *path, const struct stat *st)
{
	char *group = g_strdup_printf("disk %u", number), *value = describe(st);

	g_key_file_set_string(file, group, "path", path);
	g_key_file_set_string(file, group, "is", value);
	g_free(value);
	g_free(group);
}

/* One that cannot be looked at is not compared either. */
char *saved_disks_describe(int folder, const GPtrArray *paths, gsize *ret_size)
{
	GKeyFile *file = g_key_file_new();
	char *text;

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		struct stat st;

		if (fstatat(folder, path, &st, 0) == 0 && S_ISREG(st.st_mode))
			note(file, i, path, &st);
	}
	text = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return text;
}

/* NULL: nothing was noted of it. */
static char *find_noted(GKeyFile *file, const char *path)
{
	char **groups = g_key_file_get_groups(file, NULL), *found = NULL;

	for (guint i = 0; groups[i] && !found; i++) {
		char *noted = g_key_file_get_string(file, groups[i], "path", NULL);

		if (noted && strcmp(noted, path) == 0)
			found = g_key_file_get_string(file, groups[i], "is", NULL);
		g_free(noted);
	}
	g_strfreev(groups);
	return found;
}

static gboolean is_changed(GKeyFile *file, const char *path, int fd)
{
	char *noted = find_noted(file, path), *now;
	gboolean differs = FALSE;
	struct stat st;

	if (noted && fd >= 0 && fstat(fd, &st) == 0) {
		now = describe(&st);
		differs = strcmp(noted, now) != 0;
		g_free(now);
	}
	g_free(noted);
	return differs;
}

/* A disk, or else one of its parents; NULL: none of them. */
static const char *changed_of(GKeyFile *file, const char *path, int fd, const struct worker_chain *chain)
{
	if (is_changed(file, path, fd))
		return path;
	for (unsigned i = 0; i < chain->count; i++)
		if (is_changed(file, chain->parents[i].name, chain->parents[i].fd))
			return chain->parents[i].name;
	return NULL;
}

char *saved_disks_changed(const char *text, gsize size, const struct vm_config *config,
			  const struct start_files *files)
{
	GKeyFile *file = g_key_file_new();
	const char *changed = NULL;
	char *copy;

	if (g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL))
		for (guint i = 0; i < config->disks->len && !changed; i++)
			changed = changed_of(file, ((struct vm_disk *)config->disks->pdata[i])->path,
					     start_files_disk(files, i), start_files_chain(files, i));
	copy = g_strdup(changed);
	g_key_file_free(file);
	return copy;
}

void saved_disks_note_chain(GString *names, const struct worker_chain *chain)
{
	for (unsigned i = 0; i < chain->count; i++)
		if (!strchr(chain->parents[i].name, '\n'))
			g_string_append_printf(names, "%s\n", chain->parents[i].name);
}

void saved_disks_add_parents(GPtrArray *paths, const char *names)
{
	char **lines = g_strsplit(names, "\n", -1);

	for (char **line = lines; *line; line++)
		if (**line && !g_ptr_array_find_with_equal_func(paths, *line, g_str_equal, NULL))
			g_ptr_array_add(paths, g_strdup(*line));
	g_strfreev(lines);
}

/* What was noted of a name before does not count any more: another file had it. */
static void forget(GKeyFile *file, const char *path)
{
	char **groups = g_key_file_get_groups(file, NULL);

	for (guint i = 0; groups[i]; i++) {
		char *noted = g_key_file_get_string(file, groups[i], "path", NULL);

		if (noted && strcmp(noted, path) == 0)
			g_key_file_remove_group(file, groups[i], NULL);
		g_free(noted);
	}
	g_strfreev(groups);
}

static void note_more(GKeyFile *file, const char *path, const struct stat *st)
{
	guint number = 0;

	for (gboolean is_taken = TRUE; is_taken; number++) {
		char *group = g_strdup_printf("disk %u", number);

		is_taken = g_key_file_has_group(file, group);
		g_free(group);
	}
	note(file, number - 1, path, st);
}

/* FALSE: it is another one than it was. One that nothing was noted of has nothing to follow. */
static gboolean follow(GKeyFile *file, int folder, const char *from, const char *to)
{
	char *noted = find_noted(file, from), *now;
	struct stat before, after;
	gboolean is_same = TRUE;

	if (noted && fstatat(folder, from, &before, 0) == 0 && fstatat(folder, to, &after, 0) == 0) {
		now = describe(&before);
		is_same = strcmp(noted, now) == 0;
		g_free(now);
		forget(file, to);
		note_more(file, to, &after);
	}
	g_free(noted);
	return is_same;
}

char *saved_disks_follow(int folder, const char *text, gsize size, const GPtrArray *from, const GPtrArray *to,
			 gsize *ret_size, const char **ret_changed)
{
	GKeyFile *file = g_key_file_new();
	char *followed = NULL;

	*ret_changed = NULL;
	g_key_file_load_from_data(file, text, size, G_KEY_FILE_NONE, NULL); /* without it nothing is noted */
	for (guint i = 0; i < from->len && !*ret_changed; i++)
		if (!follow(file, folder, from->pdata[i], to->pdata[i]))
			*ret_changed = from->pdata[i];
	if (!*ret_changed)
		followed = g_key_file_to_data(file, ret_size, NULL);
	g_key_file_free(file);
	return followed;
}
