/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_layer.h"
#include "service/caller_files.h"
#include "service/event_log.h"
#include "service/service.h"

#include "api/api_error.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOK_MS = 50, WORTH_BYTES = 64 << 20 };

/* --- whether ----------------------------------------------------------------------------------------- */

/* 0: it cannot be told. */
static dev_t device_of_new(const struct checkpoint_work *work, const char *folder)
{
	char *parent = g_path_get_dirname(folder);
	GPtrArray *list = caller_files_new();
	struct stat st = { 0 };
	int fd;

	if (!*folder) {
		fd = dup(work->disks.folder_fd);
	} else {
		caller_files_add(list, parent, FILE_FOLDER);
		caller_files_open_now(work->who, list);
		fd = caller_file_take(list->pdata[0]);
	}
	if (fd >= 0) {
		fstat(fd, &st);
		close(fd);
	}
	g_ptr_array_unref(list);
	g_free(parent);
	return st.st_dev;
}

gboolean move_layer_is_wanted(struct checkpoint_work *work, const struct move_record *record,
			      const char *folder, guint64 memory_mib)
{
	dev_t device = folder ? device_of_new(work, folder) : 0;
	guint64 bytes = 0;

	for (guint i = 0; i < record->files->len && (device || !folder); i++) {
		const struct move_file *file = record->files->pdata[i];
		int fd =
		    file->is_late ? checkpoint_disks_open(&work->disks, file->from, FILE_READ, NULL) : -1;
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev != device)
			bytes += (guint64)st.st_blocks * 512;
		if (fd >= 0)
			close(fd);
	}
	return bytes > WORTH_BYTES + (memory_mib << 20) / 4;
}

/* --- making ------------------------------------------------------------------------------------------ */

struct layer {
	struct checkpoint_work *work;
	struct checkpoint_wait *wait;
	guint job;
};

static void end(struct layer *layer, GError *error)
{
	checkpoint_wait_over(layer->wait, error);
	g_clear_error(&error);
	g_free(layer);
}

/* The machine is busy with the checkpoint alone until that is there, and then with its move again. */
static gboolean on_look(gpointer opaque)
{
	struct layer *layer = opaque;
	struct vm *vm = checkpoint_work_vm(layer->work);
	const struct job *job = job_by_number(layer->work->service, layer->job);
	GError *error = NULL;

	if ((job && job->state == JOB_RUNNING) || (vm && vm->busy))
		return G_SOURCE_CONTINUE;
	if (vm)
		vm->busy++;
	if (!vm)
		g_set_error(&error, API_ERROR, API_ERROR_NOT_FOUND, "the machine is there no more");
	else if (job && job->state != JOB_DONE)
		g_set_error(&error, API_ERROR, API_ERROR_FAILED, "%s", job->error);
	end(layer, error);
	return G_SOURCE_REMOVE;
}

static void begin(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	struct checkpoint_wish wish = { .name = "For its move", .is_automatic = TRUE };
	struct vm *vm = checkpoint_work_vm(work);
	struct layer *layer = g_new0(struct layer, 1);
	GError *error = NULL;
	struct job *job;

	*layer = (struct layer){ .work = work, .wait = wait };
	vm->busy--;
	job = checkpoints_make(vm, work->who, &wish, &error);
	if (!job) {
		vm->busy++;
		end(layer, error);
		return;
	}
	layer->job = job->number;
	g_timeout_add(LOOK_MS, on_look, layer);
}

static void take_name(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);

	g_free(work->path);
	work->path = g_strdup(vm->config->checkpoint);
}

char *move_layer_make(struct checkpoint_work *work, struct job *job, GError **error)
{
	if (!checkpoint_work_wait(work, begin, NULL, error) ||
	    !checkpoint_work_on_main(work, take_name, error) ||
	    g_cancellable_set_error_if_cancelled(job->cancellable, error))
		return NULL;
	return g_steal_pointer(&work->path);
}

static void drop(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);
	GError *error = NULL;

	if (checkpoint_by_id(vm->checkpoints, work->path) &&
	    !checkpoints_delete(vm, work->who, work->path, FALSE, NULL, &error))
		event_log_add(vm->service->log, EVENT_WARNING, work->who->user, vm->config->id,
			      vm->config->name, "the checkpoint of its move stays: %s", error->message);
	g_clear_error(&error);
}

void move_layer_drop(struct checkpoint_work *work, const char *checkpoint)
{
	work->path = g_strdup(checkpoint);
	checkpoint_work_on_main(work, drop, NULL);
	g_clear_pointer(&work->path, g_free);
}
