/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/new_files.h"
#include "service/caller_files.h"

#include "api/api_error.h"

#include <gio/gio.h>
#include <sys/stat.h>
#include <unistd.h>

struct new_files {
	struct identity *who;
	char *folder;
	gboolean makes_folder, has_folder;
	GPtrArray *paths;
	GPtrArray *opened; /* struct caller_file; the folder is the first when it is made */
	void (*fn)(gpointer opaque, const char *problem);
	gpointer opaque;
};

struct new_files *new_files_new(const struct identity *who, const char *folder, gboolean makes_folder)
{
	struct new_files *files = g_new0(struct new_files, 1);

	files->who = identity_copy(who);
	files->folder = g_strdup(folder);
	files->makes_folder = makes_folder;
	files->paths = g_ptr_array_new_with_free_func(g_free);
	return files;
}

struct new_files *new_files_free(struct new_files *files)
{
	if (!files)
		return NULL;
	g_clear_pointer(&files->opened, g_ptr_array_unref);
	g_ptr_array_unref(files->paths);
	identity_free(files->who);
	g_free(files->folder);
	g_free(files);
	return NULL;
}

void new_files_add(struct new_files *files, const char *path)
{
	g_ptr_array_add(files->paths, g_strdup(path));
}

static void on_opened(gpointer opaque, GPtrArray *opened)
{
	struct new_files *files = opaque;
	char *problem = caller_files_problem(opened, files->who);

	files->opened = opened;
	files->has_folder = files->makes_folder && ((struct caller_file *)opened->pdata[0])->fd >= 0;
	files->fn(files->opaque, problem);
	g_free(problem);
}

void new_files_open(struct new_files *files, void (*fn)(gpointer opaque, const char *problem),
		    gpointer opaque)
{
	GPtrArray *wanted = caller_files_new();

	files->fn = fn;
	files->opaque = opaque;
	if (files->makes_folder)
		caller_files_add(wanted, files->folder, FILE_NEW_FOLDER);
	for (guint i = 0; i < files->paths->len; i++)
		caller_files_add(wanted, files->paths->pdata[i], FILE_NEW);
	caller_files_open(files->who, wanted, on_opened, files);
}

int new_files_fd(const struct new_files *files, guint index)
{
	guint at = index + (files->makes_folder ? 1 : 0);

	return files->opened && at < files->opened->len ? ((struct caller_file *)files->opened->pdata[at])->fd
							: -1;
}

/* With the caller's rights: FILE_KEEP, FILE_REMOVE. NULL: it is done. */
static char *rename_one(struct new_files *files, guint index, enum file_need need)
{
	GPtrArray *list = caller_files_new();
	struct caller_file *file = caller_files_add(list, files->paths->pdata[index], need);
	char *problem;

	file->given = new_files_fd(files, index);
	caller_files_open_now(files->who, list);
	problem = caller_files_problem(list, files->who);
	g_ptr_array_unref(list);
	return problem;
}

gboolean new_files_keep(struct new_files *files, guint index, GError **error)
{
	char *problem = rename_one(files, index, FILE_KEEP);

	if (problem)
		g_set_error_literal(error, API_ERROR, API_ERROR_FAILED, problem);
	g_free(problem);
	return !problem;
}

static void undo(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	struct new_files *files = data;
	struct stat st;

	for (guint i = 0; i < files->paths->len; i++)
		if (new_files_fd(files, i) >= 0 && fstat(new_files_fd(files, i), &st) == 0 && st.st_nlink > 0)
			g_free(rename_one(files, i, FILE_REMOVE));
	if (files->has_folder)
		caller_files_remove_folder(files->who, files->folder,
					   TRUE); /* empty then; otherwise it stays */
	new_files_free(files);
	g_task_return_boolean(task, TRUE);
}

void new_files_undo(struct new_files *files)
{
	GTask *task;

	if (!files)
		return;
	task = g_task_new(NULL, NULL, NULL, NULL);
	g_task_set_task_data(task, files, NULL);
	g_task_run_in_thread(task, undo);
	g_object_unref(task);
}
