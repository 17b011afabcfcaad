/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of disk_task.h in the job's thread: runs the helper, gives names. */
#include "service/disk_helper.h"
#include "service/disk_task.h"
#include "service/own_file.h"
#include "service/parent_files.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what the helper says of images ------------------------------------------------------------------ */

static void add_field(GVariantBuilder *builder, const struct link_message *image, const char *key)
{
	const char *text = link_get(image, key);

	if (text)
		g_variant_builder_add(builder, "{sv}", key,
				      g_variant_new_take_string(g_utf8_make_valid(text, -1)));
}

static void on_image(gpointer opaque, const struct link_message *image)
{
	static const char *const texts[] = {
		"name",	       "format", "type", "id", "data-id", "parent-relative", "parent-absolute",
		"chain-error", "problem"
	};
	static const char *const numbers[] = { "size",	     "file-size",   "file-allocated",
					       "block-size", "sector-size", "physical-sector-size",
					       "data-bytes", "zero-bytes",  "parent-bytes",
					       "fragments",  "leaked-bytes" };
	static const char *const flags[] = { "needs-replay", "in-use", "openable" };
	struct disk_task *task = opaque;
	GVariantBuilder builder;
	guint64 number;

	if (task->images->len > DISK_LINK_CHAIN_MAX)
		return;
	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		add_field(&builder, image, texts[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (link_get_number(image, numbers[i], G_MAXUINT64, &number) == 0)
			g_variant_builder_add(&builder, "{sv}", numbers[i], g_variant_new_uint64(number));
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		if (link_get_number(image, flags[i], 1, &number) == 0)
			g_variant_builder_add(&builder, "{sv}", flags[i], g_variant_new_boolean(number != 0));
	g_ptr_array_add(task->images, g_variant_ref_sink(g_variant_builder_end(&builder)));
}

/* --- names ------------------------------------------------------------------------------------------- */

static struct disk_task_file *new_file(struct disk_task *task)
{
	for (guint i = 0; i < task->file_count; i++)
		if (task->files[i].need == FILE_NEW && task->files[i].fd >= 0)
			return &task->files[i];
	return NULL;
}

/* With the caller's rights: FILE_KEEP, FILE_REMOVE. */
static gboolean rename_theirs(struct disk_task *task, const struct disk_task_file *file, enum file_need need,
			      GError **error)
{
	GPtrArray *files = caller_files_new();
	struct caller_file *theirs = caller_files_add(files, file->path, need);
	char *problem;

	theirs->given = file->fd;
	caller_files_open_now(task->who, files);
	problem = caller_files_problem(files, task->who);
	if (problem && error)
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
	g_ptr_array_unref(files);
	g_free(problem);
	return problem == NULL;
}

static gboolean keep_own(struct disk_task *task, const struct disk_task_file *file, GError **error)
{
	int r = own_file_keep(task->folder_fd, file->fd, file->path);

	return r == 0 || api_refuse(error, API_ERROR_FAILED, "%s: it cannot be kept: %s; check the disk",
				    file->path, g_strerror(-r));
}

static gboolean keep(struct disk_task *task, struct disk_task_file *file, GError **error)
{
	return *file->path == '/' ? rename_theirs(task, file, FILE_KEEP, error) : keep_own(task, file, error);
}

static gboolean delete_merged(struct disk_task *task, GError **error)
{
	const struct disk_task_file *file = &task->files[0];

	if (*file->path == '/')
		return rename_theirs(task, file, FILE_REMOVE, error);
	return unlinkat(task->folder_fd, file->path, 0) == 0 ||
	       api_refuse(error, API_ERROR_FAILED,
			  "%s: its content is in the parent, but it cannot be removed: %s; remove it",
			  file->path, g_strerror(errno));
}

void disk_task_undo(struct disk_task *task)
{
	struct disk_task_file *file = new_file(task);
	struct stat st;

	if (file && *file->path != '/')
		own_file_undo(task->folder_fd, file->fd, file->path);
	else if (file && fstat(file->fd, &st) == 0 && st.st_nlink > 0)
		rename_theirs(task, file, FILE_REMOVE, NULL);
}

gboolean disk_task_help(struct disk_task *task, struct job *job, GError **error)
{
	const struct disk_run run = { .cancellable = job->cancellable,
				      .job = job,
				      .request = task->request,
				      .chain = &task->chain,
				      .on_image = on_image,
				      .opaque = task };

	return disk_helper_run(&run, error);
}

gboolean disk_task_run(struct job *job, gpointer work, GError **error)
{
	struct disk_task *task = work;
	struct disk_task_file *made = new_file(task);
	struct parent_files parents = {
		.who = task->who, .folder = task->folder, .folder_fd = task->folder_fd, .in_use = task->in_use
	};
	gboolean is_good;

	parent_files_serve(&parents, &task->chain);
	is_good = task->work(task, job, error) && (!made || task->is_plan || keep(task, made, error));
	parent_files_deinit(&parents);
	if (!is_good || task->is_plan)
		disk_task_undo(task);
	return is_good && (!task->deletes_file || delete_merged(task, error));
}
