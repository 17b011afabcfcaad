/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/disk_task.h"
#include "service/authority.h"
#include "service/checkpoint.h"
#include "service/disks_in_use.h"
#include "service/job.h"
#include "service/own_file.h"
#include "service/parent_files.h"
#include "service/service.h"
#include "service/start_files.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/vm_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- making one -------------------------------------------------------------------------------------- */

struct disk_task *disk_task_new(struct call *call, const char *verb)
{
	struct disk_task *task = g_new0(struct disk_task, 1);
	char *why = NULL;

	task->call = call;
	task->service = call->service;
	task->verb = verb;
	task->work = disk_task_help;
	task->who = identity_copy(call->who);
	task->folder_fd = -1;
	task->may_use_devices = authority_allows(call->service, call->who, RIGHT_PASS_THROUGH, NULL, &why);
	task->images = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	if (link_message_new(verb, &task->request) < 0)
		g_error("there is no memory left");
	g_free(why);
	return task;
}

struct disk_task *disk_task_free(struct disk_task *task)
{
	struct vm *vm = task->keeps_busy ? vm_by_id(task->service, task->vm_id) : NULL;

	if (vm)
		vm->busy--;
	for (guint i = 0; i < task->file_count; i++) {
		if (task->files[i].fd >= 0)
			close(task->files[i].fd);
		g_free(task->files[i].path);
		g_free(task->files[i].name);
	}
	if (task->folder_fd >= 0)
		close(task->folder_fd);
	disk_chain_clear(&task->chain);
	link_message_free(task->request);
	identity_free(task->who);
	g_clear_pointer(&task->in_use, g_array_unref);
	if (task->free_opaque)
		task->free_opaque(task->opaque);
	g_ptr_array_unref(task->images);
	g_clear_pointer(&task->settings, g_variant_unref);
	g_free(task->vm_id);
	g_free(task->folder);
	g_free(task->title);
	g_free(task);
	return NULL;
}

void disk_task_use_machine(struct disk_task *task, struct vm *vm, gboolean is_change)
{
	task->vm_id = g_strdup(vm->config->id);
	task->keeps_busy = is_change;
	vm->busy += is_change != 0;
}

static gboolean use_folder(struct disk_task *task, struct vm *vm, GError **error)
{
	if (task->folder_fd >= 0)
		return TRUE;
	task->folder_fd = vm_store_open_storage(task->service->store, vm->config->id, TRUE);
	if (task->folder_fd < 0)
		return api_refuse(error, API_ERROR_FAILED,
				  "the folder of %s cannot be opened: %s; check the disk", vm->config->name,
				  g_strerror(-task->folder_fd));
	task->folder = g_build_filename(vm_store_path(task->service->store), "storage", vm->config->id, NULL);
	return TRUE;
}

gboolean disk_task_add_file(struct disk_task *task, const char *field, const char *path, enum file_need need,
			    GError **error)
{
	struct disk_task_file *file = &task->files[task->file_count];
	struct vm *vm = task->vm_id ? vm_by_id(task->service, task->vm_id) : NULL;

	if (!*path)
		return api_refuse(error, API_ERROR_INVALID_ARGUMENT,
				  "the name of a file is missing; give one");
	if (!vm_path_check(path, error))
		return FALSE;
	if (vm_path_is_own(path) && !vm)
		return api_refuse(
		    error, API_ERROR_INVALID_ARGUMENT,
		    "%s: this path is not absolute; begin it with \"/\", or name the machine whose own "
		    "folder it is in",
		    path);
	if (vm_path_is_own(path) && !use_folder(task, vm, error))
		return FALSE;
	*file = (struct disk_task_file){ .field = field, .path = g_strdup(path), .need = need, .fd = -1 };
	file->name = vm_path_is_own(path) ? g_build_filename(task->folder, path, NULL) : g_strdup(path);
	task->file_count++;
	return TRUE;
}

/* --- its files --------------------------------------------------------------------------------------- */

/* The service made the folder, and nobody else writes to it: nothing here waits. */
static gboolean open_own(struct disk_task *task, struct disk_task_file *file, GError **error)
{
	struct stat st;

	int fd = file->need == FILE_NEW ? own_file_new(task->folder_fd, file->path)
					: openat(task->folder_fd, file->path,
						 (file->need == FILE_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC |
						     O_NOFOLLOW | O_NONBLOCK);

	if (fd == -EEXIST)
		return api_refuse(error, API_ERROR_EXISTS,
				  "%s: this exists already; remove it, or give another name", file->path);
	if (fd < -1)
		errno = -fd;
	file->fd = MAX(fd, -1);
	if (file->fd < 0)
		return api_refuse(
		    error, errno == ENOENT ? API_ERROR_NOT_FOUND : API_ERROR_FAILED,
		    "%s: this file of the machine's own folder cannot be opened: %s; look which there are",
		    file->path, g_strerror(errno));
	if (fstat(file->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return api_refuse(error, API_ERROR_INVALID_ARGUMENT, "%s: this is no regular file; give one",
				  file->path);
	return TRUE;
}

/* These change which image is the parent of which. */
static gboolean is_of_chains(const struct disk_task *task)
{
	return strcmp(task->verb, "merge") == 0 || strcmp(task->verb, "reconnect") == 0;
}

static gboolean check_use(struct disk_task *task, const struct disk_task_file *file, GError **error)
{
	const char *machine = task->looks_only || file->need == FILE_NEW
				  ? NULL
				  : disks_in_use_by(task->in_use, file->fd, file->need == FILE_WRITE);

	if (machine)
		return api_refuse(error, API_ERROR_INVALID_STATE,
				  "%s is in use by the virtual machine %s; turn that off, then try again",
				  file->name, machine);
	machine = !task->looks_only && file->need == FILE_WRITE
		      ? checkpoints_need_image(task->service, file->name, is_of_chains(task))
		      : NULL;
	return !machine ||
	       api_refuse(error, API_ERROR_INVALID_STATE,
			  "%s belongs to the checkpoints of the virtual machine %s; delete those first",
			  file->name, machine);
}

static gboolean is_same_file(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static gboolean add_to_request(struct disk_task *task, guint index, GError **error)
{
	const struct disk_task_file *file = &task->files[index], *first = &task->files[0];
	char *name = g_strdup_printf("%s-name", file->field);
	gboolean is_parent = strcmp(file->field, "parent") == 0;

	link_add_fd(task->request, file->field, file->fd);
	link_add(task->request, name, file->name);
	g_free(name);
	if (is_parent && is_same_file(file->fd, first->fd))
		return api_refuse(error, API_ERROR_INVALID_ARGUMENT,
				  "%s: a disk cannot be its own parent; name another one", file->name);
	if (index == 0 || is_parent)
		disk_chain_set(&task->chain, index, file->name, file->fd);
	return !is_parent || parent_paths_add(task->request, first->fd, file->fd, file->name, error);
}

static gboolean take_files(struct disk_task *task, GPtrArray *files, GError **error)
{
	char *problem = caller_files_problem(files, task->who);

	if (problem) {
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
		g_free(problem);
		return FALSE;
	}
	for (guint i = 0; i < task->file_count; i++)
		if (task->files[i].theirs)
			task->files[i].fd = caller_file_take(task->files[i].theirs);
	task->in_use = disks_in_use_list(task->service);
	for (guint i = 0; i < task->file_count; i++) {
		struct disk_task_file *file = &task->files[i];

		if ((file->fd < 0 && !open_own(task, file, error)) || !check_use(task, file, error) ||
		    !add_to_request(task, i, error))
			return FALSE;
	}
	return TRUE;
}

/* --- the job ----------------------------------------------------------------------------------------- */

static void free_task(gpointer pointer)
{
	disk_task_free(pointer);
}

static GVariant *images_variant(const struct disk_task *task)
{
	return g_variant_new_array(G_VARIANT_TYPE_VARDICT, (GVariant *const *)task->images->pdata,
				   task->images->len);
}

void disk_task_answer_steps(struct disk_task *task, struct call *call)
{
	call_return_steps(call);
}

static gboolean finish(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
		       GError **error)
{
	struct disk_task *task = pointer;
	struct call *call = g_steal_pointer(&task->call);

	if (is_done && task->answer)
		task->answer(task, call);
	else if (is_done && task->end == DISK_TASK_ANSWER)
		call_return(call, g_variant_new("(@aa{sv})", images_variant(task)));
	else if (task->end == DISK_TASK_ANSWER && g_cancellable_is_cancelled(job->cancellable))
		call_fail_text(call, API_ERROR_CANCELLED, "it was cancelled");
	else if (task->is_plan) /* as the job that it stands for */
		call_fail_text(call, API_ERROR_FAILED, "%s", failure->message);
	else if (task->end == DISK_TASK_ANSWER)
		call_fail(call, failure);
	else if (is_done && task->images->len > 0)
		job->result = g_variant_ref_sink(images_variant(task));
	return is_done;
}

static void give_up(struct disk_task *task, const GError *error)
{
	struct call *call = task->call;

	disk_task_undo(task);
	disk_task_free(task);
	call_fail(call, error);
}

static void start_job(struct disk_task *task)
{
	struct call *call = task->call;
	GError *error = NULL;
	struct job *job;

	if (job_count_running(task->service) >= SERVICE_JOBS_RUNNING_MAX) {
		api_refuse(&error, API_ERROR_LIMIT, "%d jobs run already; wait for one of them",
			   SERVICE_JOBS_RUNNING_MAX);
		give_up(task, error);
		g_error_free(error);
		return;
	}
	if (task->end == DISK_TASK_JOB)
		task->call = NULL;
	job = job_start(task->service, task->who->user, task->vm_id, task->title, task, disk_task_run, finish,
			free_task, &error);
	job->is_passing = task->end == DISK_TASK_ANSWER;
	if (!job->is_passing)
		call_return_path(call, job->path);
}

/* What is in an image only the helper can tell. */
static gboolean is_checked_by_helper(const struct disk_task *task)
{
	static const char *const verbs[] = { "create", "convert",   "compact", "resize",
					     "merge",  "reconnect", NULL };

	return g_strv_contains(verbs, task->verb);
}

static void answer_plan(struct disk_task *task, struct call *call)
{
	call_return_path(call, "/");
}

static void plan_by_helper(struct disk_task *task)
{
	link_add_number(task->request, "plan", 1);
	task->is_plan = TRUE;
	task->deletes_file = FALSE;
	task->end = DISK_TASK_ANSWER;
	if (!task->answer)
		task->answer = answer_plan;
	start_job(task);
}

static void on_files(gpointer opaque, GPtrArray *files)
{
	struct disk_task *task = opaque;
	GError *error = NULL;

	if (!take_files(task, files, &error)) {
		give_up(task, error);
		g_error_free(error);
	} else if (task->call->is_plan && is_checked_by_helper(task)) {
		plan_by_helper(task);
	} else if (task->call->is_plan) {
		struct call *call = task->call;

		disk_task_undo(task);
		if (task->answer)
			task->answer(task, call);
		else
			call_return_path(call, "/");
		disk_task_free(task);
	} else {
		start_job(task);
	}
	g_ptr_array_unref(files);
}

void disk_task_start(struct disk_task *task, const char *title)
{
	GPtrArray *files = caller_files_new();

	task->title = g_strdup(title);
	for (guint i = 0; i < task->file_count; i++) {
		struct disk_task_file *file = &task->files[i];

		if (vm_path_is_own(file->path))
			continue;
		file->theirs = caller_files_add(files, file->path, file->need);
		file->theirs->may_be_device = task->may_use_devices && file->need == FILE_READ;
	}
	caller_files_open(task->who, files, on_files, task);
}
