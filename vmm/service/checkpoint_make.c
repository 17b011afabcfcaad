/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New children of disks, and a configuration that names them: a checkpoint of Now, or Now from a checkpoint.
 * The order on the disk: the list tells of the children and of a pending checkpoint; the children are made;
 * the machine's configuration is replaced, which decides; the list is cleaned.
 */
#include "service/checkpoint_live.h"
#include "service/checkpoint_work.h"
#include "service/event_log.h"
#include "service/guest_freeze.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/vm_save.h"

#include "api/api_error.h"
#include "link/worker_files.h"
#include "model/checkpoint_store.h"

#include <string.h>
#include <unistd.h>

struct making {
	struct checkpoint_work work;
	struct vm_config *config;     /* Now as it is to be */
	GPtrArray *parents, *paths;   /* of the children, char * */
	char *pending;		      /* the new checkpoint; NULL: one is applied */
	char *then_apply;	      /* NULL: none */
	gboolean saves;		      /* with its memory */
	gboolean freezes, has_frozen; /* its guest's file systems stand still for it: production */
	gboolean is_production_only;
	struct job *job;	      /* it waits for that */
	struct checkpoint_live *live; /* NULL: it does not run */
	int state_fd;		      /* where its memory goes; -1 */
	guint child;		      /* which of `paths` is being handed over */
	struct worker_disk handed;    /* and what of it */
	gboolean restarts, is_gone;   /* it runs while a checkpoint is applied to it */
	gboolean starts;	      /* it was off: an automatic checkpoint before its start */
	vm_started_fn on_started;
	gpointer on_started_opaque;
	GError *start_failure;
	gboolean is_committed;
	GError *not_frozen;
	GError *left_over; /* why something is left to be merged */
};

static void clear_making(struct making *making)
{
	making->config = vm_config_free(making->config);
	g_clear_pointer(&making->parents, g_ptr_array_unref);
	g_clear_pointer(&making->paths, g_ptr_array_unref);
	g_clear_pointer(&making->pending, g_free);
}

static void free_making(gpointer pointer)
{
	struct making *making = pointer;

	checkpoint_work_deinit(&making->work);
	checkpoint_live_free(making->live);
	if (making->state_fd >= 0)
		close(making->state_fd);
	clear_making(making);
	g_clear_error(&making->start_failure);
	g_clear_error(&making->not_frozen);
	g_clear_error(&making->left_over);
	g_free(making->then_apply);
	g_free(making);
}

/* --- what stands against it -------------------------------------------------------------------------- */

/* Disks that are only read need no child. */
static gboolean needs_child(const struct vm_disk *disk)
{
	return disk->media == VM_HARD_DISK && *disk->path && !disk->is_read_only;
}

static gboolean check_disks(const struct vm_config *config, GError **error)
{
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = config->disks->pdata[i];
		const char *refusal = needs_child(disk) ? checkpoint_disks_refusal(disk->path) : NULL;

		if (disk->is_pass_through)
			return api_refuse(
			    error, API_ERROR_NOT_SUPPORTED,
			    "%s: %s is a physical disk, of which there can be no checkpoint; detach it first",
			    config->name, disk->path);
		if (refusal)
			return api_refuse(error, API_ERROR_NOT_SUPPORTED, "%s: %s: %s", config->name,
					  disk->path, refusal);
	}
	return TRUE;
}

/* One that runs is turned off when another checkpoint is applied to it. */
static gboolean check_state(struct vm *vm, const struct checkpoint *apply, GError **error)
{
	enum vm_state state = vm->life.state;

	if (state == VM_OFF || state == VM_SAVED)
		return TRUE;
	if (state == VM_RUNNING || state == VM_PAUSED)
		return vm_save_check(vm, error);
	if (apply && state == VM_PAUSED_CRITICAL)
		return TRUE;
	return api_refuse(error, API_ERROR_INVALID_STATE, "%s is %s; wait until it runs, or is off",
			  vm->config->name, vm_state_name(state));
}

gboolean checkpoints_check_make(struct vm *vm, const struct checkpoint *apply, GError **error)
{
	const struct checkpoint_tree *tree = checkpoints_of(vm, error);

	if (!tree)
		return FALSE;
	if (!apply && !vm->config->has_checkpoints)
		return api_refuse(
		    error, API_ERROR_INVALID_STATE,
		    "%s: checkpoints are switched off for it; `bulkhead vm set --checkpoints on` allows them",
		    vm->config->name);
	if (!apply && checkpoint_count(tree) >= CHECKPOINTS_MAX)
		return api_refuse(error, API_ERROR_LIMIT,
				  "%s has %d checkpoints, which is the limit; delete some first",
				  vm->config->name, CHECKPOINTS_MAX);
	return check_state(vm, apply, error) && check_disks(apply ? apply->config : vm->config, error);
}

/* --- what is to be made ------------------------------------------------------------------------------ */

/* Takes the configuration that Now is to have. */
static void set_config(struct making *making, struct vm_config *config, const char *checkpoint)
{
	making->config = config;
	making->parents = g_ptr_array_new_with_free_func(g_free);
	making->paths = g_ptr_array_new_with_free_func(g_free);
	g_free(config->checkpoint);
	config->checkpoint = g_strdup(checkpoint);
}

/* Its disks become children of what they are; the list knows them. */
static void add_children(struct vm *vm, struct making *making)
{
	for (guint i = 0; i < making->config->disks->len; i++) {
		struct vm_disk *disk = making->config->disks->pdata[i];
		struct checkpoint_file *file;
		char *path;

		if (!needs_child(disk))
			continue;
		path = checkpoint_disks_name(disk->path, vm->config->checkpoint_location);
		if (!checkpoint_file_find(vm->checkpoints, disk->path))
			checkpoint_file_add(vm->checkpoints, disk->path, "");
		file = checkpoint_file_add(vm->checkpoints, path, disk->path);
		file->is_made = file->is_dropped = TRUE; /* unless a configuration names it */
		g_ptr_array_add(making->parents, g_strdup(disk->path));
		g_ptr_array_add(making->paths, g_strdup(path));
		g_free(disk->path);
		disk->path = path;
	}
}

/* As if it had never been asked for; what was made goes with the next tidying. */
static void forget_pending(struct vm *vm, const char *id)
{
	struct checkpoint *pending = id ? checkpoint_by_id(vm->checkpoints, id) : NULL;

	if (!pending)
		return;
	checkpoint_remove(vm->checkpoints, pending);
	checkpoint_store_forget(vm->service->store, vm->config->id, id);
}

/* The configuration that the checkpoint keeps is on the disk then, and so is the list. */
static gboolean prepare_make(struct vm *vm, struct making *making, const struct checkpoint_wish *wish,
			     GError **error)
{
	struct checkpoint *checkpoint = checkpoint_new(
	    vm->checkpoints, wish->name, checkpoint_alive(vm->checkpoints, vm->config->checkpoint));

	g_free(checkpoint->creator);
	checkpoint->creator = g_strdup(making->work.who->user);
	making->live = vm_state_is_up(vm->life.state) ? checkpoint_live_new() : NULL;
	making->saves = making->live || vm->life.state == VM_SAVED;
	making->freezes =
	    making->live && !wish->is_automatic && vm->config->checkpoint_type != VM_CHECKPOINT_STANDARD;
	making->is_production_only =
	    making->freezes && vm->config->checkpoint_type == VM_CHECKPOINT_PRODUCTION_ONLY;
	checkpoint->kind = making->saves ? CHECKPOINT_STANDARD : CHECKPOINT_DISKS;
	checkpoint->is_automatic = wish->is_automatic;
	checkpoint->config = vm_config_copy(vm->config);
	checkpoint->config->was_running = FALSE;
	making->pending = g_strdup(checkpoint->id);
	set_config(making, vm_config_copy(vm->config), checkpoint->id);
	add_children(vm, making);
	return checkpoint_store_save_config(vm->service->store, vm->config->id, checkpoint, error) &&
	       checkpoints_save(vm, error);
}

/* What is the machine's for ever, and not of one of its moments. Not its creator, who named these files (creator.h). */
static void keep_lasting(const struct vm *vm, struct vm_config *config)
{
	const struct vm_config *now = vm->config;

	g_free(config->name);
	g_free(config->checkpoint_location);
	config->name = g_strdup(now->name);
	config->checkpoint_location = g_strdup(now->checkpoint_location);
	config->has_checkpoints = now->has_checkpoints;
	config->has_automatic_checkpoint = now->has_automatic_checkpoint;
	config->checkpoint_type = now->checkpoint_type;
}

static gboolean prepare_apply(struct vm *vm, struct making *making, const struct checkpoint *checkpoint,
			      GError **error)
{
	set_config(making, vm_config_copy(checkpoint->config), checkpoint->id);
	keep_lasting(vm, making->config);
	checkpoint_drop_files(vm->checkpoints, vm->config); /* once Now does not use them any more */
	add_children(vm, making);
	return checkpoints_save(vm, error);
}

/* --- the job ----------------------------------------------------------------------------------------- */

static gboolean take_config(struct vm *vm, const struct making *making, GError **error)
{
	struct vm_config *config = vm_config_copy(making->config);

	vm_catch_up(vm, config);
	config->was_running = FALSE;
	if (vm_set_config(vm, config, error))
		return TRUE;
	vm_config_free(config);
	return FALSE;
}

static void clean_list(struct vm *vm)
{
	GError *error = NULL;

	checkpoint_files_tidy(vm->checkpoints, vm->config);
	if (!checkpoints_save(vm, &error)) {
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name, "%s",
			      error->message);
		g_error_free(error);
	}
	objects_checkpoints_changed(vm);
}

/* Main thread: Now names the children. */
static void commit(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);
	struct checkpoint *pending;

	if (!take_config(vm, making, &work->failure))
		return;
	making->is_committed = TRUE;
	pending = making->pending ? checkpoint_by_id(vm->checkpoints, making->pending) : NULL;
	if (pending) {
		pending->is_pending = FALSE;
		checkpoint_state_settle(vm);
	} else {
		checkpoint_state_apply(vm, checkpoints_present(vm), &work->failure);
	}
	clean_list(vm);
}

/* Main thread: after a checkpoint of Now was made. */
static void begin_apply(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);
	const struct checkpoint *apply = checkpoint_by_id(vm->checkpoints, making->then_apply);

	clear_making(making);
	g_clear_pointer(&making->then_apply, g_free);
	making->is_committed = FALSE;
	prepare_apply(vm, making, apply, &work->failure); /* it is there: the machine is busy */
}

static gboolean make_children(struct making *making, struct job *job, GError **error)
{
	for (guint i = 0; i < making->paths->len; i++)
		if (!checkpoint_disks_make(&making->work.disks, job, making->parents->pdata[i],
					   making->paths->pdata[i], error))
			return FALSE;
	return TRUE;
}

static gboolean keep_state(struct making *making, GError **error)
{
	int r = checkpoint_state_keep(making->work.service->store, making->work.vm_id, making->pending);

	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "its memory cannot be kept: %s; check the disk", g_strerror(-r));
	return r == 0;
}

/* A machine that is off, or saved. */
static gboolean make_still(struct making *making, struct job *job, GError **error)
{
	gboolean is_good = (!making->saves || keep_state(making, error)) &&
			   make_children(making, job, error) &&
			   checkpoint_work_on_main(&making->work, commit, error);

	if (making->starts)
		checkpoint_work_wait(&making->work, checkpoint_work_restart, job->cancellable,
				     &making->start_failure);
	return is_good;
}

/* --- one that runs ----------------------------------------------------------------------------------- */

static void begin_live(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);

	if (!vm_save_check(vm, &work->failure))
		return;
	if (making->saves)
		making->state_fd = checkpoint_state_new(vm, making->pending, &work->failure);
	if (!making->saves || making->state_fd >= 0)
		checkpoint_live_begin(vm, making->live, making->pending, making->state_fd, making->paths->len,
				      &work->failure);
}

static void hand_over(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);
	const char *path = making->paths->pdata[making->child];

	for (guint i = 0; i < making->config->disks->len; i++) {
		const struct vm_disk *disk = making->config->disks->pdata[i];

		if (strcmp(disk->path, path) != 0)
			continue;
		making->handed.qos = (struct worker_qos){ disk->min_iops, disk->max_iops };
		checkpoint_live_send(vm, disk, &making->handed, &work->failure);
	}
}

/* With its parents, to the worker. */
static gboolean hand_over_child(struct making *making, struct job *job, GError **error)
{
	const char *path = making->paths->pdata[making->child];
	int fd = checkpoint_disks_open(&making->work.disks, path, FILE_WRITE, error);
	gboolean is_good = fd >= 0;

	making->handed = (struct worker_disk){ .kind = WORKER_DRIVE_DISK,
					       .name = (char *)path,
					       .format = (char *)worker_disk_format(path),
					       .fd = fd };
	is_good = is_good &&
		  checkpoint_disks_chain(&making->work.disks, job, path, fd, &making->handed.chain, error) &&
		  checkpoint_work_on_main(&making->work, hand_over, error);
	worker_chain_deinit(&making->handed.chain);
	if (fd >= 0)
		close(fd);
	return is_good;
}

static gboolean hand_over_children(struct making *making, struct job *job, GError **error)
{
	for (making->child = 0; making->child < making->paths->len; making->child++)
		if (!hand_over_child(making, job, error))
			return FALSE;
	return TRUE;
}

static void commit_live(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);

	if (vm->worker)
		commit(work);
	else
		api_refuse(&work->failure, API_ERROR_FAILED, "%s ended meanwhile", vm->config->name);
	if (making->is_committed)
		checkpoint_live_keep(vm);
}

static void end_live(struct checkpoint_work *work)
{
	checkpoint_live_end(checkpoint_work_vm(work));
}

/* --- production: the guest's file systems stand still, and its memory is not kept ---------------------- */

static void begin_freeze(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	job_set_doing(((struct making *)work)->job, "its guest's file systems are to stand still");
	guest_freeze_for(checkpoint_work_vm(work), GUEST_FREEZE_LIMIT_S, checkpoint_wait_over, wait);
}

static void set_production(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);

	checkpoint_by_id(vm->checkpoints, making->pending)->kind = CHECKPOINT_PRODUCTION;
	making->saves = FALSE;
	checkpoints_save(vm, &work->failure);
}

static void thaw(struct checkpoint_work *work)
{
	guest_thaw_after(checkpoint_work_vm(work));
}

static void tell_standard(struct checkpoint_work *work)
{
	const struct making *making = (struct making *)work;
	const struct vm *vm = checkpoint_work_vm(work);

	event_log_add(vm->service->log, EVENT_CHANGE, work->who->user, vm->config->id, vm->config->name,
		      "its checkpoint is a standard one, with its memory: %s", making->not_frozen->message);
}

/* Who cancels it does not wait for its guest; one that stands still nevertheless goes on at once. */
static void end_freeze(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;

	job_set_doing(making->job, NULL);
	if (g_error_matches(making->not_frozen, API_ERROR, API_ERROR_CANCELLED))
		guest_freeze_give_up(checkpoint_work_vm(work));
}

static gboolean freeze(struct making *making, struct job *job, GError **error)
{
	struct checkpoint_work *work = &making->work;

	making->job = job;
	making->has_frozen = checkpoint_work_wait(work, begin_freeze, job->cancellable, &making->not_frozen);
	checkpoint_work_on_main(work, end_freeze, NULL);
	if (g_cancellable_set_error_if_cancelled(job->cancellable, error))
		return FALSE;
	if (making->has_frozen)
		return checkpoint_work_on_main(work, set_production, error);
	if (making->is_production_only) {
		g_propagate_prefixed_error(error, g_steal_pointer(&making->not_frozen),
					   "no production checkpoint can be made: ");
		return FALSE;
	}
	return checkpoint_work_on_main(work, tell_standard, error);
}

/* From the word on it is made, whatever happens to the machine. */
static gboolean make_held(struct making *making, struct job *job, GError **error)
{
	struct checkpoint_work *work = &making->work;
	gboolean is_good, is_begun = checkpoint_work_on_main(work, begin_live, error);

	is_good = is_begun && checkpoint_live_wait(work, making->live, job, LIVE_HELD, error) &&
		  make_children(making, job, error) && hand_over_children(making, job, error) &&
		  checkpoint_live_wait(work, making->live, job, LIVE_READY, error) &&
		  checkpoint_work_on_main(work, commit_live, error);
	if (is_good)
		checkpoint_live_wait(work, making->live, job, LIVE_DONE, NULL);
	else if (is_begun)
		checkpoint_live_give_up(work, making->live);
	checkpoint_work_on_main(work, end_live, NULL);
	return is_good;
}

static gboolean make_live(struct making *making, struct job *job, GError **error)
{
	gboolean is_good = (!making->freezes || freeze(making, job, error)) && make_held(making, job, error);

	if (making->has_frozen)
		checkpoint_work_on_main(&making->work, thaw, NULL);
	return is_good;
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* Main thread: what runs goes, as if the plug was pulled, when all is ready for what comes in its place. */
static void turn_off(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;
	struct vm *vm = checkpoint_work_vm(work);

	making->restarts = vm->life.state == VM_RUNNING;
	making->is_gone = !vm->worker;
	if (vm->worker && vm->life.state != VM_STOPPING)
		vm_turn_off(vm, "a checkpoint is applied to it", &work->failure);
}

static void look_if_gone(struct checkpoint_work *work)
{
	struct making *making = (struct making *)work;

	making->is_gone = !checkpoint_work_vm(work)->worker;
	if (making->is_gone)
		checkpoint_disks_look_again(&work->disks, work->service);
}

static gboolean end_machine(struct making *making, struct job *job, GError **error)
{
	enum { LOOK_US = 20000 };

	if (g_cancellable_set_error_if_cancelled(job->cancellable, error) ||
	    !checkpoint_work_on_main(&making->work, turn_off, error))
		return FALSE;
	while (!making->is_gone) { /* which ends by itself: vm_turn_off() has a limit */
		g_usleep(LOOK_US);
		checkpoint_work_on_main(&making->work, look_if_gone, NULL);
	}
	return TRUE;
}

static void restart_saved(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	const struct making *making = (struct making *)work;

	if (making->restarts)
		checkpoint_work_restart_saved(work, wait);
	else
		checkpoint_wait_over(wait, NULL);
}

/* One that ran goes on with the checkpoint's memory; without any it is off, as Hyper-V leaves it. */
static gboolean apply(struct making *making, struct job *job, GError **error)
{
	return make_children(making, job, error) && end_machine(making, job, error) &&
	       checkpoint_work_on_main(&making->work, commit, error) &&
	       checkpoint_work_wait(&making->work, restart_saved, job->cancellable, error);
}

static gboolean make(struct making *making, struct job *job, GError **error)
{
	return making->live ? make_live(making, job, error) : make_still(making, job, error);
}

static gboolean run_job(struct job *job, gpointer pointer, GError **error)
{
	struct making *making = pointer;

	if (making->pending && !make(making, job, error))
		return FALSE;
	if (making->then_apply && !checkpoint_work_on_main(&making->work, begin_apply, error))
		return FALSE;
	if (!making->pending && !apply(making, job, error))
		return FALSE;
	checkpoint_work_tidy(&making->work, job, &making->left_over);
	return TRUE;
}

/* What is left to be merged after a success is done another time. */
static gboolean finish_job(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
			   GError **error)
{
	struct making *making = pointer;
	struct vm *vm = checkpoint_work_vm(&making->work);

	objects_checkpoints_changed(vm);
	if (making->left_over)
		event_log_add(vm->service->log, EVENT_WARNING, job->user, vm->config->id, vm->config->name,
			      "its disks are merged later: %s", making->left_over->message);
	if (making->on_started)
		making->on_started(making->on_started_opaque, making->start_failure);
	if (is_done) {
		checkpoints_tidy_later(vm);
		return TRUE;
	}
	if (!making->is_committed) {
		forget_pending(vm, making->pending);
		clean_list(vm);
	}
	checkpoints_tidy_later(vm);
	return FALSE;
}

/* --- the beginning ----------------------------------------------------------------------------------- */

static struct making *making_new(struct vm *vm, const struct identity *who, GError **error)
{
	struct making *making = g_new0(struct making, 1);

	making->state_fd = -1;
	if (checkpoint_work_init(&making->work, vm, who, error))
		return making;
	g_free(making);
	return NULL;
}

static struct job *start(struct vm *vm, struct making *making, gboolean is_ready, const char *title,
			 GError **error)
{
	char *pending = g_strdup(making->pending);
	struct job *job = NULL;

	if (is_ready)
		job = job_start(vm->service, making->work.who->user, vm->config->id, title, making, run_job,
				finish_job, free_making, error);
	else
		free_making(making);
	if (!job) {
		forget_pending(vm, pending);
		checkpoints_save(vm, NULL);
		checkpoints_tidy_later(vm);
	}
	g_free(pending);
	return job;
}

struct job *checkpoints_make(struct vm *vm, const struct identity *who, const struct checkpoint_wish *wish,
			     GError **error)
{
	struct making *making;
	struct job *job;
	char *title;

	if (!checkpoints_check_make(vm, NULL, error))
		return NULL;
	making = making_new(vm, who, error);
	if (!making)
		return NULL;
	title = g_strdup_printf("Checkpoint %s of %s", wish->name, vm->config->name);
	job = start(vm, making, prepare_make(vm, making, wish, error), title, error);
	g_free(title);
	return job;
}

struct job *checkpoints_apply(struct vm *vm, const struct identity *who, const struct checkpoint *checkpoint,
			      gboolean keeps_now, GError **error)
{
	char *name = checkpoints_default_name(vm), *title;
	struct checkpoint_wish wish = { .name = name };
	struct making *making = NULL;
	struct job *job = NULL;
	gboolean is_ready;

	if (checkpoints_check_make(vm, checkpoint, error) &&
	    (!keeps_now || checkpoints_check_make(vm, NULL, error)))
		making = making_new(vm, who, error);
	if (making) {
		making->then_apply = keeps_now ? g_strdup(checkpoint->id) : NULL;
		is_ready = keeps_now ? prepare_make(vm, making, &wish, error)
				     : prepare_apply(vm, making, checkpoint, error);
		title = g_strdup_printf("Apply the checkpoint %s of %s", checkpoint->name, vm->config->name);
		job = start(vm, making, is_ready, title, error);
		g_free(title);
	}
	g_free(name);
	return job;
}

/* --- before a start ---------------------------------------------------------------------------------- */

static void drop_automatic(struct vm *vm, const struct identity *who)
{
	GPtrArray *list = vm->checkpoints->checkpoints;

	for (guint i = list->len; i > 0; i--) {
		const struct checkpoint *checkpoint = i <= list->len ? list->pdata[i - 1] : NULL;

		if (checkpoint && checkpoint->is_automatic && checkpoint_is_there(checkpoint))
			checkpoints_delete(vm, who, checkpoint->id, FALSE, NULL, NULL);
	}
}

static struct job *start_with_checkpoint(struct vm *vm, const struct identity *who, vm_started_fn fn,
					 gpointer opaque, GError **error)
{
	struct checkpoint_wish wish = { .name = "Automatic checkpoint", .is_automatic = TRUE };
	struct making *making = checkpoints_check_make(vm, NULL, error) ? making_new(vm, who, error) : NULL;
	struct job *job = NULL;
	char *title;

	if (making) {
		drop_automatic(vm, who);
		making->starts = TRUE;
		making->on_started = fn;
		making->on_started_opaque = opaque;
		title = g_strdup_printf("Start %s with an automatic checkpoint", vm->config->name);
		job = start(vm, making, prepare_make(vm, making, &wish, error), title, error);
		g_free(title);
	}
	return job;
}

/* A machine that cannot have one starts without. */
void checkpoints_start(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque)
{
	GError *error = NULL;

	if (vm->life.state != VM_OFF || !vm->config->has_automatic_checkpoint ||
	    !vm->config->has_checkpoints || !vm_check_start(vm, NULL)) {
		vm_start(vm, who, fn, opaque);
		return;
	}
	if (start_with_checkpoint(vm, who, fn, opaque, &error))
		return;
	event_log_add(vm->service->log, EVENT_WARNING, who->user, vm->config->id, vm->config->name,
		      "it starts without an automatic checkpoint: %s", error->message);
	g_error_free(error);
	vm_start(vm, who, fn, opaque);
}
