/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move.h"
#include "service/api_power.h"
#include "service/checkpoint_work.h"
#include "service/event_log.h"
#include "service/missing_files.h"
#include "service/move_files.h"
#include "service/move_layer.h"
#include "service/move_plan.h"
#include "service/objects.h"
#include "service/plan_files.h"
#include "service/service.h"
#include "service/transfer.h"
#include "service/vm_save.h"

#include "api/api_error.h"

#include <string.h>
#include <unistd.h>

struct move {
	struct checkpoint_work work;
	char *folder, *name;
	struct identity *owner;
	struct move_record *record;
	struct move_files files;
	gboolean was_up, was_paused, is_saved; /* it ran; it was saved for the move */
	char *left_over;		       /* what could not be removed */
	char *layer; /* a checkpoint for the time of the move (move_layer.h); NULL: none */
	gboolean can_layer;
	guint64 memory_mib;
};

static void free_move(gpointer pointer)
{
	struct move *move = pointer;

	if (move->files.folder >= 0)
		close(move->files.folder);
	g_free(move->files.config_text);
	checkpoint_work_deinit(&move->work);
	move_record_free(move->record);
	identity_free(move->owner);
	g_free(move->left_over);
	g_free(move->layer);
	g_free(move->folder);
	g_free(move->name);
	g_free(move);
}

/* --- on the main thread, one step after the other ---------------------------------------------------- */

static void begin_plan(struct checkpoint_work *work)
{
	struct move *move = (struct move *)work;
	struct vm *vm = checkpoint_work_vm(work);
	struct vm_config *config = vm_config_copy(vm->config);
	gsize size;

	move_record_free(move->record);
	g_free(move->files.config_text);
	move->record = move_plan(vm, work->who->user, move->folder, NULL);
	move->was_up = vm_state_is_up(vm->life.state);
	move->can_layer = move->was_up && checkpoints_check_make(vm, NULL, NULL);
	move->memory_mib = vm->config->memory_mib;
	move_record_apply(move->record, config);
	move->files.config_text = transfer_config_text(config, move->folder, &size);
	vm_config_free(config);
	move->files.record = move->record;
	move->files.disks = &work->disks;
	move->files.owner = move->owner;
	move->files.machine = move->name;
}

/* The guest may have ended it meanwhile. */
static void begin_save(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	struct move *move = (struct move *)work;
	struct vm *vm = checkpoint_work_vm(work);

	if (!vm_state_has_worker(vm->life.state) && !vm->worker) {
		checkpoint_wait_over(wait, NULL);
		return;
	}
	move->was_paused = vm->life.state == VM_PAUSED;
	move->is_saved = TRUE;
	vm_save(vm, work->who->user, checkpoint_wait_over, wait);
}

static void pause_again(struct checkpoint_work *work)
{
	vm_pause(checkpoint_work_vm(work), "it was paused before it was moved", NULL);
}

static gboolean set_config(struct vm *vm, const struct move_record *record, GError **error)
{
	struct vm_config *config = vm_config_copy(vm->config);

	move_record_apply(record, config);
	if (vm_set_config(vm, config, error))
		return TRUE;
	vm_config_free(config);
	return FALSE;
}

static gboolean note(struct move *move, GError **error)
{
	int r = move_record_save(move->work.service->store, move->work.vm_id, move->record);

	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "the move cannot be noted in the inventory: %s; check its disk", g_strerror(-r));
	return r == 0;
}

/* The record counts first. When it cannot be taken back, there is none: both sets are complete. */
static void commit(struct checkpoint_work *work)
{
	struct move *move = (struct move *)work;
	struct vm *vm = checkpoint_work_vm(work);

	move->record->is_committed = TRUE;
	if (!note(move, &work->failure) || !set_config(vm, move->record, &work->failure)) {
		move->record->is_committed = FALSE;
		if (move_record_save(vm->service->store, work->vm_id, move->record) < 0)
			move_record_forget(vm->service->store, work->vm_id);
		return;
	}
	move_record_apply_checkpoints(move->record, vm, &work->failure);
}

/* --- the job ----------------------------------------------------------------------------------------- */

/* As parents of others they are noted by their whole paths. */
static char *whole_path(const struct move *move, const char *path)
{
	return vm_path_is_own(path) ? g_build_filename(move->work.disks.folder, path, NULL) : g_strdup(path);
}

static gboolean follow_saved(struct move *move, GError **error)
{
	GPtrArray *from = g_ptr_array_new_with_free_func(g_free),
		  *to = g_ptr_array_new_with_free_func(g_free);
	gboolean is_good;

	for (guint i = 0; i < move->record->files->len; i++) {
		struct move_file *file = move->record->files->pdata[i];

		if (!*file->from || !*file->to)
			continue;
		g_ptr_array_add(from, g_strdup(file->from));
		g_ptr_array_add(to, g_strdup(file->to));
		g_ptr_array_add(from, whole_path(move, file->from));
		g_ptr_array_add(to, whole_path(move, file->to));
	}
	is_good = vm_save_follow(move->work.service->store, move->work.vm_id, from, to, error);
	g_ptr_array_unref(from);
	g_ptr_array_unref(to);
	return is_good;
}

/* What the machine writes to is little then. */
static gboolean add_layer(struct move *move, struct job *job, GError **error)
{
	if (!move->can_layer ||
	    !move_layer_is_wanted(&move->work, move->record, move->folder, move->memory_mib))
		return TRUE;
	move->layer = move_layer_make(&move->work, job, error);
	return move->layer && checkpoint_work_on_main(&move->work, begin_plan, error);
}

static gboolean copy_all(struct move *move, struct job *job, GError **error)
{
	struct move_files *files = &move->files;

	files->progress.job = job;
	if (!move_files_make_folder(files, move->work.service->store, move->work.vm_id, error) ||
	    !move_files_look(files, job, FALSE, error) || !move_files_copy(files, job, FALSE, error))
		return FALSE;
	if (!move->was_up)
		return TRUE;
	move->record->restarts = TRUE;
	return note(move, error) && checkpoint_work_wait(&move->work, begin_save, NULL, error) &&
	       move_files_look(files, job, TRUE, error) && move_files_copy(files, job, TRUE, error);
}

/* A machine that ran goes on, whatever became of its move. */
static gboolean go_on(struct move *move, struct job *job, GError **error)
{
	if (!move->is_saved)
		return TRUE;
	if (!checkpoint_work_wait(&move->work, checkpoint_work_restart_saved, NULL, error))
		return FALSE;
	if (move->was_paused)
		checkpoint_work_on_main(&move->work, pause_again, NULL);
	return TRUE;
}

/* The one set or the other. */
static void clean(struct move *move)
{
	move->left_over = move_files_remove(move->record, &move->work.disks, move->record->is_committed);
	move_record_forget(move->work.service->store, move->work.vm_id);
}

static gboolean run_job(struct job *job, gpointer pointer, GError **error)
{
	struct move *move = pointer;
	GError *late = NULL;
	gboolean is_good, is_half_written;

	if (!checkpoint_work_on_main(&move->work, begin_plan, error))
		return FALSE;
	is_good = add_layer(move, job, error) && copy_all(move, job, error) && follow_saved(move, error) &&
		  !g_cancellable_set_error_if_cancelled(job->cancellable, error) &&
		  checkpoint_work_on_main(&move->work, commit, error);
	/* the service's next start writes the rest */
	is_half_written = move->record->is_committed && !is_good;
	if (!go_on(move, job, is_good ? error : &late))
		is_good = FALSE;
	g_clear_error(&late);
	if (move->layer)
		move_layer_drop(&move->work, move->layer);
	if (!is_half_written)
		clean(move);
	return is_good;
}

static gboolean finish_job(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
			   GError **error)
{
	struct move *move = pointer;
	struct vm *vm = checkpoint_work_vm(&move->work);

	if (move->left_over)
		event_log_add(vm->service->log, EVENT_WARNING, job->user, vm->config->id, vm->config->name,
			      "something is left over of its move; remove it yourself: %s", move->left_over);
	missing_files_check(vm->service, vm);
	objects_checkpoints_changed(vm);
	return is_done;
}

/* What an administrator moves belongs to whose machine it is. */
static struct identity *owner_of(const struct vm *vm, const struct identity *who)
{
	return who->uid == 0 ? identity_of_name(vm->config->creator) : NULL;
}

static struct job *start(struct vm *vm, const struct identity *who, const char *folder, GError **error)
{
	struct move *move = g_new0(struct move, 1);
	struct job *job;
	char *title;

	if (!checkpoint_work_init(&move->work, vm, who, error)) {
		g_free(move);
		return NULL;
	}
	move->files.folder = -1;
	move->folder = g_strdup(folder);
	move->name = g_strdup(vm->config->name);
	move->owner = owner_of(vm, who);
	title = g_strdup_printf("Move %s to %s", vm->config->name, *folder ? folder : "the inventory");
	job = job_start(vm->service, who->user, vm->config->id, title, move, run_job, finish_job, free_move,
			error);
	g_free(title);
	return job;
}

/* --- the call ---------------------------------------------------------------------------------------- */

gboolean move_check_state(struct vm *vm, GError **error)
{
	enum vm_state state = vm->life.state;
	struct move_record *record = move_record_load(vm->service->store, vm->config->id);

	if (record) {
		move_record_free(record);
		g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
			    "%s: files of its last move are still being removed; try again in a moment",
			    vm->config->name);
		return FALSE;
	}
	if (!checkpoints_of(vm, error))
		return FALSE;
	if (state == VM_RUNNING || state == VM_PAUSED)
		return vm_save_check(vm, error);
	if (vm_state_is_off(state) || state == VM_SAVED)
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
		    "%s is %s; wait until it runs, is saved or is off", vm->config->name,
		    vm_state_name(state));
	return FALSE;
}

/* checkpoints_check_make() tells what a checkpoint cannot be made of. */
static void describe_stop(struct call *call, struct vm *vm)
{
	GError *error = NULL;

	if (checkpoints_check_make(vm, NULL, &error))
		call_step(
		    call,
		    "it is saved while the last of it is copied, and goes on by itself; with much on its disks twice, for a "
		    "moment each: it stands still for that time");
	else
		call_step(
		    call,
		    "it is saved while its disks are copied, and goes on by itself: it stands still for that time (%s)",
		    error->message);
	g_clear_error(&error);
}

static void describe(struct call *call, struct vm *vm, const struct move_record *record,
		     const GPtrArray *stays)
{
	enum { NAMED = 20 };
	guint checkpoints = checkpoints_count(vm), named = 0;

	call_step(call, "the files of %s go to %s", vm->config->name,
		  *record->folder ? record->folder : "its own folder of the inventory");
	for (guint i = 0; i < record->files->len; i++) {
		const struct move_file *file = record->files->pdata[i];

		if (*file->from && *file->to && ++named <= NAMED)
			call_step(call, "%s goes along", file->from);
	}
	if (named > NAMED)
		call_step(call, "and %u more", named - NAMED);
	for (guint i = 0; i < stays->len; i++)
		call_step(call, "%s", (char *)stays->pdata[i]);
	if (checkpoints)
		call_step(call, "its %u checkpoint%s go%s along", checkpoints, checkpoints == 1 ? "" : "s",
			  checkpoints == 1 ? "es" : "");
	if (vm_state_is_up(vm->life.state))
		describe_stop(call, vm);
	if (*record->folder)
		call_step(call, "whoever starts it from now on needs permissions on these files");
}

static char *target_of(const struct vm *vm, const char *folder, GError **error)
{
	char *plain, *target;

	if (!*folder)
		return g_strdup("");
	if (!g_path_is_absolute(folder) || strlen(folder) > VM_PATH_MAX - VM_NAME_MAX ||
	    !vm_path_check(folder, NULL)) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT,
			    "%s: this is no absolute path of a folder; give one", folder);
		return NULL;
	}
	plain = g_canonicalize_filename(folder, "/");
	target = g_build_filename(plain, vm->config->name, NULL);
	g_free(plain);
	return target;
}

static void move_again(gpointer call)
{
	api_move(call);
}

/* What the job would find before it begins; the machine's own files are the service's. Answers. */
static void check_plan(struct call *call, const struct vm *vm, const struct move_record *record)
{
	GPtrArray *files = caller_files_new();

	if (*record->folder)
		caller_files_add(files, record->folder, FILE_NEW_FOLDER);
	for (guint i = 0; i < record->files->len; i++) {
		const struct move_file *file = record->files->pdata[i];

		if (*file->from && *file->to && !vm_path_is_own(file->from) &&
		    !checkpoint_file_find(vm->checkpoints, file->from))
			caller_files_add(files, file->from, FILE_MOVABLE);
	}
	plan_files_check(call, files, NULL, plan_files_no_job);
}

/* Answers. */
static void move_to(struct call *call, struct vm *vm, const char *target)
{
	GPtrArray *stays = g_ptr_array_new_with_free_func(g_free);
	struct move_record *record = move_plan(vm, call->who->user, target, stays);
	GError *error = NULL;
	struct job *job;

	describe(call, vm, record, stays);
	if (record->files->len == 0)
		call_fail_text(call, API_ERROR_INVALID_STATE, "%s has no files that could be moved there%s%s",
			       vm->config->name,
			       stays->len ? ": " : "; they are there already, or not its own",
			       stays->len ? (char *)stays->pdata[0] : "");
	else if (call->is_plan)
		check_plan(call, vm, record);
	else if ((job = start(vm, call->who, target, &error)))
		call_return_path(call, job->path);
	else
		api_fail(call, error);
	move_record_free(record);
	g_ptr_array_unref(stays);
}

void api_move(struct call *call)
{
	const char *folder;
	GError *error = NULL;
	struct vm *vm;
	char *target;

	g_variant_get_child(call->parameters, 0, "&s", &folder);
	if (!api_get_vm(call, &vm) || (!call->is_plan && checkpoints_give_way(vm, move_again, call)) ||
	    !api_check_idle(call, vm, FALSE))
		return;
	target = move_check_state(vm, &error) ? target_of(vm, folder, &error) : NULL;
	if (target)
		move_to(call, vm, target);
	else
		api_fail(call, error);
	g_free(target);
}

/* --- after a service that died ----------------------------------------------------------------------- */

void move_settle_config(struct service *service, struct vm_config *config)
{
	struct move_record *record = move_record_load(service->store, config->id);
	GError *error = NULL;

	if (record && record->is_committed) {
		move_record_apply(record, config);
		if (!vm_store_save(service->store, config, &error))
			event_log_add(service->log, EVENT_WARNING, NULL, config->id, config->name,
				      "the files that it was moved to cannot be noted: %s", error->message);
		g_clear_error(&error);
	}
	move_record_free(record);
}

/* Not the machine's: it may be started, and it may go, meanwhile. */
struct leftover {
	struct service *service;
	char *id;
	struct move_record *record;
	struct checkpoint_disks disks;
	char *told;
};

static void free_leftover(gpointer pointer)
{
	struct leftover *leftover = pointer;

	checkpoint_disks_deinit(&leftover->disks);
	move_record_free(leftover->record);
	g_free(leftover->told);
	g_free(leftover->id);
	g_free(leftover);
}

static gboolean run_leftover(struct job *job, gpointer pointer, GError **error)
{
	struct leftover *leftover = pointer;

	leftover->told =
	    move_files_remove(leftover->record, &leftover->disks, leftover->record->is_committed);
	move_record_forget(leftover->service->store, leftover->id);
	return TRUE;
}

static gboolean finish_leftover(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
				GError **error)
{
	const struct leftover *leftover = pointer;

	if (leftover->told)
		event_log_add(leftover->service->log, EVENT_WARNING, NULL, leftover->id, NULL,
			      "something is left over of a move; remove it yourself: %s", leftover->told);
	return is_done;
}

static void remove_leftover(struct vm *vm, struct move_record *record)
{
	struct identity *who = identity_of_name(record->user);
	struct leftover *leftover = g_new0(struct leftover, 1);
	char *title = g_strdup_printf("Clean up after the move of %s", vm->config->name);

	if (!who)
		who = identity_of_name(vm->config->creator);
	*leftover =
	    (struct leftover){ .service = vm->service, .id = g_strdup(vm->config->id), .record = record };
	if (who && checkpoint_disks_init(&leftover->disks, vm, who, NULL))
		job_start(vm->service, record->user, vm->config->id, title, leftover, run_leftover,
			  finish_leftover, free_leftover, NULL);
	else
		free_leftover(leftover);
	identity_free(who);
	g_free(title);
}

struct restart {
	struct service *service;
	char *id;
	struct identity *who;
};

static void on_restarted(gpointer opaque, const GError *error)
{
	struct restart *restart = opaque;

	if (error)
		event_log_add(restart->service->log, EVENT_WARNING, NULL, restart->id, NULL,
			      "it was saved for its move, and does not go on by itself: %s", error->message);
	identity_free(restart->who);
	g_free(restart->id);
	g_free(restart);
}

static gboolean on_restart(gpointer opaque)
{
	struct restart *restart = opaque;
	struct vm *vm = vm_by_id(restart->service, restart->id);

	if (vm && restart->who && vm->life.state == VM_SAVED && !vm->is_opening)
		vm_start(vm, restart->who, on_restarted, restart);
	else
		on_restarted(restart, NULL);
	return G_SOURCE_REMOVE;
}

/* When the service has found out what is saved. */
static void restart_later(const struct vm *vm, const char *user)
{
	struct restart *restart = g_new0(struct restart, 1);

	*restart = (struct restart){ .service = vm->service,
				     .id = g_strdup(vm->config->id),
				     .who = identity_of_name(user) };
	g_idle_add(on_restart, restart);
}

void move_settle(struct vm *vm)
{
	struct move_record *record = move_record_load(vm->service->store, vm->config->id);
	GError *error = NULL;

	if (!record)
		return;
	if (record->restarts)
		restart_later(vm, record->user);
	if (record->is_arriving) { /* it is there */
		move_record_forget(vm->service->store, vm->config->id);
		move_record_free(record);
		return;
	}
	if (!record->is_committed ||
	    (checkpoints_of(vm, &error) && move_record_apply_checkpoints(record, vm, &error))) {
		remove_leftover(vm, record);
		return;
	}
	event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		      "the files that its checkpoints were moved to cannot be noted: %s", error->message);
	g_error_free(error);
	move_record_free(record);
}
