/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that checkpoints do not need any more. One that nothing uses is removed. One that only a child uses
 * gets what the child has: the list tells of it; the helper writes into the parent, which at every moment
 * shows the child's content through the child; the child's own children are told of the other parent;
 * configurations are written anew, the machine's last; then the child is one that nothing uses. A
 * configuration that names the parent says that all before was done.
 */
#include "service/checkpoint_work.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <string.h>

static void clear_step(struct checkpoint_work *work)
{
	g_clear_pointer(&work->path, g_free);
	g_clear_pointer(&work->parent, g_free);
	g_clear_pointer(&work->children, g_ptr_array_unref);
	work->step = CHECKPOINT_STEP_NONE;
}

/* --- on the main thread, one step after the other ---------------------------------------------------- */

static GPtrArray *children_of(const struct checkpoint_tree *tree, const char *path)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < tree->files->len; i++) {
		const struct checkpoint_file *file = tree->files->pdata[i];

		if (strcmp(file->parent, path) == 0)
			g_ptr_array_add(list, g_strdup(file->path));
	}
	return list;
}

static void rename_in(struct vm_config *config, const char *from, const char *to)
{
	for (guint i = 0; i < config->disks->len; i++) {
		struct vm_disk *disk = config->disks->pdata[i];

		if (strcmp(disk->path, from) == 0) {
			g_free(disk->path);
			disk->path = g_strdup(to);
		}
	}
}

/* Every configuration that names the child names the parent then. */
static gboolean rename_everywhere(struct vm *vm, const char *from, const char *to, GError **error)
{
	struct vm_config *config;

	for (guint i = 0; i < vm->checkpoints->checkpoints->len; i++) {
		struct checkpoint *checkpoint = vm->checkpoints->checkpoints->pdata[i];

		if (!checkpoint->config || !checkpoint_config_uses(checkpoint->config, from))
			continue;
		rename_in(checkpoint->config, from, to);
		if (!checkpoint_store_save_config(vm->service->store, vm->config->id, checkpoint, error))
			return FALSE;
	}
	if (!checkpoint_config_uses(vm->config, from))
		return TRUE;
	config = vm_config_copy(vm->config);
	rename_in(config, from, to);
	if (vm_set_config(vm, config, error))
		return TRUE;
	vm_config_free(config);
	return FALSE;
}

/* What the merging child has is in its parent, and its children know. */
static gboolean finish_merge(struct vm *vm, GError **error)
{
	struct checkpoint_tree *tree = vm->checkpoints;
	struct checkpoint_file *child = checkpoint_file_find(tree, tree->merging_child);

	if (!rename_everywhere(vm, tree->merging_child, tree->merging_parent, error))
		return FALSE;
	for (guint i = 0; i < tree->files->len; i++) {
		struct checkpoint_file *file = tree->files->pdata[i];

		if (strcmp(file->parent, tree->merging_child) == 0) {
			g_free(file->parent);
			file->parent = g_strdup(tree->merging_parent);
		}
	}
	child->is_dropped = TRUE;
	g_clear_pointer(&tree->merging_child, g_free);
	g_clear_pointer(&tree->merging_parent, g_free);
	checkpoint_files_tidy(tree, vm->config);
	return checkpoints_save(vm, error);
}

/* One that was broken off goes on, or ends: a configuration tells. */
static gboolean settle_merge(struct vm *vm, GError **error)
{
	struct checkpoint_tree *tree = vm->checkpoints;

	if (!tree->merging_child || !checkpoint_file_is_used(tree, vm->config, tree->merging_parent))
		return TRUE;
	return finish_merge(vm, error);
}

static void next_merge(struct checkpoint_work *work, struct vm *vm)
{
	struct checkpoint_tree *tree = vm->checkpoints;
	const struct checkpoint_file *child;

	if (!vm_state_is_off(vm->life.state))
		return;
	if (!tree->merging_child) {
		child = checkpoint_next_merge(tree, vm->config);
		if (!child)
			return;
		tree->merging_child = g_strdup(child->path);
		tree->merging_parent = g_strdup(child->parent);
		if (!checkpoints_save(vm, &work->failure))
			return;
	}
	work->step = CHECKPOINT_STEP_MERGE;
	work->path = g_strdup(tree->merging_child);
	work->parent = g_strdup(tree->merging_parent);
	work->children = children_of(tree, tree->merging_child);
}

static void next_step(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);
	const char *unused;

	if (!settle_merge(vm, &work->failure))
		return;
	checkpoint_files_tidy(vm->checkpoints, vm->config);
	unused = checkpoint_next_unused(vm->checkpoints, vm->config);
	if (!unused) {
		next_merge(work, vm);
		return;
	}
	work->step = CHECKPOINT_STEP_REMOVE;
	work->path = g_strdup(unused);
}

static void end_step(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);

	if (work->step == CHECKPOINT_STEP_MERGE) {
		finish_merge(vm, &work->failure);
	} else {
		checkpoint_file_remove(vm->checkpoints, work->path);
		checkpoint_files_tidy(vm->checkpoints, vm->config);
		checkpoints_save(vm, &work->failure);
	}
}

/* --- in the thread ----------------------------------------------------------------------------------- */

static gboolean merge(struct checkpoint_work *work, struct job *job, GError **error)
{
	if (!checkpoint_disks_merge(&work->disks, job, work->path, error))
		return FALSE;
	for (guint i = 0; i < work->children->len; i++)
		if (!checkpoint_disks_reconnect(&work->disks, job, work->children->pdata[i], work->parent,
						error))
			return FALSE;
	return TRUE;
}

static gboolean do_step(struct checkpoint_work *work, struct job *job, GError **error)
{
	return work->step == CHECKPOINT_STEP_MERGE ? merge(work, job, error)
						   : checkpoint_disks_remove(&work->disks, work->path, error);
}

gboolean checkpoint_work_tidy(struct checkpoint_work *work, struct job *job, GError **error)
{
	for (;;) {
		clear_step(work);
		if (g_cancellable_set_error_if_cancelled(job->cancellable, error) ||
		    !checkpoint_work_on_main(work, next_step, error))
			return FALSE;
		if (work->step == CHECKPOINT_STEP_NONE)
			return TRUE;
		if (!do_step(work, job, error) || !checkpoint_work_on_main(work, end_step, error))
			return FALSE;
	}
}

static gboolean run_job(struct job *job, gpointer work, GError **error)
{
	return checkpoint_work_tidy(work, job, error);
}

static gboolean finish_job(struct job *job, gpointer work, gboolean is_done, const GError *failure,
			   GError **error)
{
	objects_checkpoints_changed(checkpoint_work_vm(work));
	return is_done;
}

static void free_work(gpointer pointer)
{
	struct checkpoint_work *work = pointer;
	struct vm *vm = checkpoint_work_vm(work);
	void (*fn)(gpointer opaque) = vm->after_tidying;

	vm->tidying = NULL;
	vm->after_tidying = NULL;
	checkpoint_work_deinit(work);
	g_free(work);
	if (fn)
		fn(vm->after_tidying_opaque);
}

gboolean checkpoints_give_way(struct vm *vm, void (*fn)(gpointer opaque), gpointer opaque)
{
	if (!vm->tidying || vm->after_tidying)
		return FALSE;
	vm->after_tidying = fn;
	vm->after_tidying_opaque = opaque;
	job_cancel(vm->tidying);
	return TRUE;
}

/* --- the beginning ----------------------------------------------------------------------------------- */

static gboolean has_work(const struct vm *vm)
{
	const struct checkpoint_tree *tree = vm->checkpoints;

	if (!tree || vm->busy)
		return FALSE;
	if (checkpoint_next_unused(tree, vm->config))
		return TRUE;
	return vm_state_is_off(vm->life.state) &&
	       (tree->merging_child || checkpoint_next_merge(tree, vm->config));
}

struct job *checkpoints_tidy(struct vm *vm, const struct identity *who)
{
	struct checkpoint_work *work;
	struct job *job = NULL;
	GError *error = NULL;
	char *title;

	if (!has_work(vm))
		return NULL;
	work = g_new0(struct checkpoint_work, 1);
	if (checkpoint_work_init(work, vm, who, &error)) {
		title = g_strdup_printf("Merge the disks of %s", vm->config->name);
		job = job_start(vm->service, who->user, vm->config->id, title, work, run_job, finish_job,
				free_work, &error);
		g_free(title);
		vm->tidying = job;
	} else {
		g_free(work);
	}
	if (error)
		event_log_add(vm->service->log, EVENT_WARNING, who->user, vm->config->id, vm->config->name,
			      "its disks are not merged now: %s", error->message);
	g_clear_error(&error);
	return job;
}

static gboolean on_later(gpointer opaque)
{
	struct vm *vm = opaque;
	struct identity *who;

	vm->checkpoint_timer = 0;
	if (!has_work(vm))
		return G_SOURCE_REMOVE;
	who = identity_of_name(vm->config->creator);
	if (who)
		checkpoints_tidy(vm, who);
	identity_free(who);
	return G_SOURCE_REMOVE;
}

void checkpoints_tidy_later(struct vm *vm)
{
	if (vm->checkpoints && !vm->checkpoint_timer)
		vm->checkpoint_timer = g_idle_add(on_later, vm);
}

/* --- deleting ---------------------------------------------------------------------------------------- */

/* Now goes on from one that is there: a configuration that is handed on names no strangers. */
static gboolean follow_present(struct vm *vm, GError **error)
{
	const char *alive = checkpoint_alive(vm->checkpoints, vm->config->checkpoint);
	struct vm_config *config;

	if (strcmp(alive, vm->config->checkpoint) == 0)
		return TRUE;
	config = vm_config_copy(vm->config);
	g_free(config->checkpoint);
	config->checkpoint = g_strdup(alive);
	if (vm_set_config(vm, config, error))
		return TRUE;
	vm_config_free(config);
	return FALSE;
}

static void remove_deleted(struct vm *vm)
{
	GPtrArray *list = vm->checkpoints->checkpoints;

	for (guint i = list->len; i > 0; i--) {
		struct checkpoint *checkpoint = list->pdata[i - 1];

		if (!checkpoint->is_deleted)
			continue;
		checkpoint_store_forget(vm->service->store, vm->config->id, checkpoint->id);
		checkpoint_remove(vm->checkpoints, checkpoint);
	}
}

void checkpoints_finish_deletions(struct vm *vm)
{
	GPtrArray *list = vm->checkpoints->checkpoints;
	gboolean has_deleted = FALSE;

	for (guint i = 0; i < list->len; i++)
		has_deleted |= ((struct checkpoint *)list->pdata[i])->is_deleted;
	if (has_deleted && follow_present(vm, NULL)) {
		remove_deleted(vm);
		checkpoints_save(vm, NULL); /* it says the same as before */
	}
}

gboolean checkpoints_delete(struct vm *vm, const struct identity *who, const char *id, gboolean with_subtree,
			    struct job **ret_job, GError **error)
{
	GPtrArray *list = checkpoint_subtree(vm->checkpoints, id);

	if (!with_subtree)
		g_ptr_array_set_size(list, 1);
	for (guint i = 0; i < list->len; i++) {
		struct checkpoint *checkpoint = list->pdata[i];

		checkpoint->is_deleted = TRUE;
		checkpoint_drop_files(vm->checkpoints, checkpoint->config);
	}
	if (!checkpoints_save(vm, error)) {
		for (guint i = 0; i < list->len; i++)
			((struct checkpoint *)list->pdata[i])->is_deleted = FALSE;
		g_ptr_array_unref(list);
		return FALSE;
	}
	g_ptr_array_unref(list);
	checkpoints_finish_deletions(vm);
	objects_checkpoints_changed(vm);
	if (ret_job)
		*ret_job = checkpoints_tidy(vm, who);
	return TRUE;
}
