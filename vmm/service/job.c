/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/job.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api.h"
#include "api/api_error.h"

enum { PROGRESS_MS = 250 };

static const char *const state_names[JOB_STATE_COUNT] = { "running", "done", "failed", "cancelled" };

const char *job_state_name(enum job_state state)
{
	return state_names[state];
}

double job_progress(const struct job *job)
{
	return job->state == JOB_DONE ? 1.0 : g_atomic_int_get(&job->done_permille) / 1000.0;
}

struct job *job_by_number(const struct service *service, guint number)
{
	for (guint i = 0; i < service->jobs->len; i++) {
		struct job *job = service->jobs->pdata[i];

		if (job->number == number)
			return job;
	}
	return NULL;
}

guint job_count_running(const struct service *service)
{
	guint count = 0;

	for (guint i = 0; i < service->jobs->len; i++)
		count += ((struct job *)service->jobs->pdata[i])->state == JOB_RUNNING;
	return count;
}

gboolean job_advance(struct job *job, guint64 done, guint64 total, GError **error)
{
	g_atomic_int_set(&job->done_permille, total ? (gint)(MIN(done, total) * 1000 / total) : 0);
	return !g_cancellable_set_error_if_cancelled(job->cancellable, error);
}

void job_free(struct job *job)
{
	if (job->progress_timer)
		g_source_remove(job->progress_timer);
	if (job->free_work && job->work)
		job->free_work(job->work);
	g_object_unref(job->cancellable);
	g_free(job->path);
	g_free(job->title);
	g_free(job->doing);
	g_free(job->user);
	g_free(job->vm_id);
	g_free(job->vm_path);
	g_free(job->error);
	g_clear_pointer(&job->result, g_variant_unref);
	g_free(job);
}

/* The timer exists only while the job runs: an idle service has no wake-ups. */
static gboolean on_progress(gpointer opaque)
{
	struct job *job = opaque;
	gint now = g_atomic_int_get(&job->done_permille);

	if (now != job->shown_permille)
		objects_job_changed(job);
	job->shown_permille = now;
	return G_SOURCE_CONTINUE;
}

static void forget_old_jobs(struct service *service)
{
	for (guint i = 0; i < service->jobs->len && service->jobs->len > SERVICE_JOBS_KEPT_MAX;) {
		struct job *job = service->jobs->pdata[i];

		if (job->state == JOB_RUNNING) {
			i++;
			continue;
		}
		objects_job_removed(job);
		g_ptr_array_remove_index(service->jobs, i);
	}
}

static void run_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	struct job *job = data;
	GError *error = NULL;

	if (job->run(job, job->work, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void on_done(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct job *job = opaque;
	const struct vm *vm = job->vm_id ? vm_by_id(job->service, job->vm_id) : NULL;
	GError *error = NULL;
	gboolean is_done = g_task_propagate_boolean(G_TASK(result), &error);

	is_done = job->finish(job, job->work, is_done, error, is_done ? &error : NULL) && is_done;
	g_source_remove(job->progress_timer);
	job->progress_timer = 0;
	job->free_work(job->work);
	job->work = NULL;
	job->state = is_done ? JOB_DONE : JOB_FAILED;
	if (!is_done && g_cancellable_is_cancelled(job->cancellable))
		job->state = JOB_CANCELLED;
	job->error =
	    is_done ? NULL : g_strdup(job->state == JOB_CANCELLED ? "it was cancelled" : error->message);
	if (job->is_passing) {
		g_clear_error(&error);
		objects_job_removed(job);
		g_ptr_array_remove(job->service->jobs, job);
		return;
	}
	event_log_add(job->service->log, is_done ? EVENT_CHANGE : EVENT_WARNING, job->user, job->vm_id,
		      vm ? vm->config->name : NULL, "job %u (%s): %s", job->number, job->title,
		      is_done ? "done" : job->error);
	g_clear_error(&error);
	objects_job_changed(job);
	forget_old_jobs(job->service);
}

struct job *job_start(struct service *service, const char *user, const char *vm_id, const char *title,
		      gpointer work, gboolean (*run)(struct job *job, gpointer work, GError **error),
		      gboolean (*finish)(struct job *job, gpointer work, gboolean is_done,
					 const GError *failure, GError **error),
		      GDestroyNotify free_work, GError **error)
{
	const struct vm *vm = vm_id ? vm_by_id(service, vm_id) : NULL;
	struct job *job;
	GTask *task;

	if (job_count_running(service) >= SERVICE_JOBS_RUNNING_MAX) {
		g_set_error(error, API_ERROR, API_ERROR_LIMIT, "%d jobs run already; wait for one of them",
			    SERVICE_JOBS_RUNNING_MAX);
		free_work(work);
		return NULL;
	}
	job = g_new0(struct job, 1);
	*job = (struct job){ .service = service,
			     .number = ++service->last_job,
			     .title = g_strdup(title),
			     .user = g_strdup(user),
			     .vm_id = g_strdup(vm_id),
			     .work = work,
			     .run = run,
			     .finish = finish,
			     .free_work = free_work,
			     .started_at = g_get_real_time() / G_USEC_PER_SEC };
	job->path = g_strdup_printf(API_JOB_PREFIX "%u", job->number);
	job->vm_path = vm ? g_strdup(vm->path) : NULL;
	job->cancellable = g_cancellable_new();
	job->progress_timer = g_timeout_add(PROGRESS_MS, on_progress, job);
	g_ptr_array_add(service->jobs, job);
	objects_job_added(job);
	task = g_task_new(NULL, job->cancellable, on_done, job);
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, job, NULL);
	g_task_run_in_thread(task, run_in_thread);
	g_object_unref(task);
	return job;
}

void job_set_doing(struct job *job, const char *doing)
{
	g_free(job->doing);
	job->doing = g_strdup(doing);
	objects_job_changed(job);
}

void job_cancel(struct job *job)
{
	g_cancellable_cancel(job->cancellable);
}
