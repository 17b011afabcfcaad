/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/mounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "bulkhead "

static void free_mount(gpointer pointer)
{
	struct mount *mount = pointer;

	g_free(mount->device);
	g_free(mount->user);
	g_free(mount->file);
	g_free(mount);
}

char *mounts_identifier(const char *user, const char *file)
{
	return g_strconcat(PREFIX, user, " ", file, NULL);
}

/* Of a file in /sys, without the end of the line; NULL: there is none. */
static char *read_text(const char *sys, const char *folder, const char *name)
{
	char *path = g_build_filename(sys, "block", folder, name, NULL), *text = NULL;

	if (g_file_get_contents(path, &text, NULL, NULL))
		g_strchomp(text);
	g_free(path);
	return text;
}

/* NULL: not one of ours. */
static struct mount *read_mount(const char *sys, const char *name)
{
	char *text = read_text(sys, name, "backend"), *ro = NULL, *space;
	struct mount *mount = NULL;

	if (text && g_str_has_prefix(text, PREFIX) && (space = strchr(text + strlen(PREFIX), ' '))) {
		mount = g_new0(struct mount, 1);
		mount->index = (guint)strtoul(name + strlen("nbd"), NULL, 10);
		mount->device = g_strconcat("/dev/", name, NULL);
		mount->user = g_strndup(text + strlen(PREFIX), (gsize)(space - text) - strlen(PREFIX));
		mount->file = g_strdup(space + 1);
		ro = read_text(sys, name, "ro");
		mount->is_read_only = ro && strcmp(ro, "1") == 0;
	}
	g_free(ro);
	g_free(text);
	return mount;
}

GPtrArray *mounts_list(const char *sys)
{
	GPtrArray *mounts = g_ptr_array_new_with_free_func(free_mount);
	char *path = g_build_filename(sys, "block", NULL);
	GDir *folder = g_dir_open(path, 0, NULL);
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		struct mount *mount = g_str_has_prefix(name, "nbd") ? read_mount(sys, name) : NULL;

		if (mount)
			g_ptr_array_add(mounts, mount);
	}
	if (folder)
		g_dir_close(folder);
	g_free(path);
	return mounts;
}

const struct mount *mounts_find(const GPtrArray *mounts, const char *name)
{
	for (guint i = 0; i < mounts->len; i++) {
		const struct mount *mount = mounts->pdata[i];

		if (strcmp(mount->device, name) == 0 || strcmp(mount->file, name) == 0)
			return mount;
	}
	return NULL;
}

/* --- what uses it ------------------------------------------------------------------------------------ */

/* The mount point of a device number "43:0" (proc(5), mountinfo: the third and the fifth field). */
static char *mount_point_of(const char *number, const char *mountinfo)
{
	char **lines = g_strsplit(mountinfo, "\n", -1), *point = NULL;

	for (guint i = 0; lines[i] && !point; i++) {
		char **fields = g_strsplit(lines[i], " ", 6);

		if (g_strv_length(fields) >= 5 && strcmp(fields[2], number) == 0)
			point = g_strcompress(fields[4]);
		g_strfreev(fields);
	}
	g_strfreev(lines);
	return point;
}

static char *user_of(const char *sys, const char *folder, const char *mountinfo)
{
	char *number = read_text(sys, folder, "dev"), *user = NULL, *path;
	const char *holder;
	GDir *holders;

	if (number)
		user = mount_point_of(number, mountinfo);
	path = g_build_filename(sys, "block", folder, "holders", NULL);
	holders = user ? NULL : g_dir_open(path, 0, NULL);
	holder = holders ? g_dir_read_name(holders) : NULL;
	if (holder)
		user = g_strconcat("/dev/", holder, NULL);
	if (holders)
		g_dir_close(holders);
	g_free(path);
	g_free(number);
	return user;
}

char *mounts_user_of(const struct mount *mount, const char *sys, const char *mountinfo)
{
	const char *name = mount->device + strlen("/dev/"), *entry;
	char *path = g_build_filename(sys, "block", name, NULL), *text = NULL, *user = NULL;
	GDir *folder = g_dir_open(path, 0, NULL);

	if (!g_file_get_contents(mountinfo, &text, NULL, NULL))
		text = g_strdup("");
	user = user_of(sys, name, text);
	while (!user && folder && (entry = g_dir_read_name(folder)))
		if (g_str_has_prefix(entry, name)) { /* a partition: nbd0p1 */
			char *partition = g_build_filename(name, entry, NULL);

			user = user_of(sys, partition, text);
			g_free(partition);
		}
	if (folder)
		g_dir_close(folder);
	g_free(text);
	g_free(path);
	return user;
}
