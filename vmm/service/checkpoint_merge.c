/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that checkpoints do not need any more. One that nothing uses is removed. One that only a child uses
 * gets what the child has: the list tells of it; the helper writes into the parent, which at every moment
 * shows the child's content through the child; the child's own children are told of the other parent;
 * configurations are written anew, the machine's last; then the child is one that nothing uses. A
 * configuration that names the parent says that all before was done. What a running machine uses is merged by its worker
 * (checkpoint_merge_live.c), some seconds after there is a reason to.
 */
#include "service/checkpoint_live.h"
#include "service/checkpoint_work.h"
#include "service/event_log.h"
#include "service/objects.h"
#include "service/service.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <string.h>

enum {
	MERGE_DELAY_S = 3,     /* of a machine that runs, after there is a reason to merge */
	MERGE_WAIT_MIN_S = 60, /* after a merge that failed, and twice as long after another one */
	MERGE_WAIT_MAX_S = 3600,
};

static void merge_later(struct vm *vm);

static void clear_step(struct checkpoint_work *work)
{
	g_clear_pointer(&work->path, g_free);
	g_clear_pointer(&work->parent, g_free);
	g_clear_pointer(&work->children, g_ptr_array_unref);
	g_clear_pointer(&work->above, g_free);
	work->is_copied = work->is_above_read = FALSE;
	work->step = CHECKPOINT_STEP_NONE;
}

/* --- on the main thread, one step after the other ---------------------------------------------------- */

static GPtrArray *children_of(const struct checkpoint_tree *tree, const char *path, const char *but)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < tree->files->len; i++) {
		const struct checkpoint_file *file = tree->files->pdata[i];

		if (strcmp(file->parent, path) == 0 && g_strcmp0(file->path, but) != 0)
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
gboolean checkpoint_merge_finish(struct vm *vm, GError **error)
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
	tree->merging_is_copied = FALSE;
	checkpoint_files_tidy(tree, vm->config);
	return checkpoints_save(vm, error);
}

/* One that was broken off goes on, or ends: a configuration tells. */
static gboolean settle_merge(struct vm *vm, GError **error)
{
	struct checkpoint_tree *tree = vm->checkpoints;

	if (!tree->merging_child || !checkpoint_file_is_used(tree, vm->config, tree->merging_parent))
		return TRUE;
	return checkpoint_merge_finish(vm, error);
}

/* Whether a disk of Now has the image in its chain: the image above it there, NULL when it is the disk's own. */
static gboolean is_in_chain(const struct checkpoint_tree *tree, const struct vm_disk *disk, const char *path,
			    const char **ret_above)
{
	const char *at = disk->path;

	*ret_above = NULL;
	for (guint n = 0; *at && n <= tree->files->len; n++) { /* a hostile list may have a circle */
		const struct checkpoint_file *file = checkpoint_file_find(tree, at);

		if (strcmp(at, path) == 0)
			return TRUE;
		if (!file)
			return FALSE;
		*ret_above = at;
		at = file->parent;
	}
	return FALSE;
}

static guint count_uses(const struct vm *vm, const char *path, const struct vm_disk **ret_disk,
			const char **ret_above)
{
	guint count = 0;

	for (guint i = 0; i < vm->config->disks->len; i++) {
		const char *above;

		if (!is_in_chain(vm->checkpoints, vm->config->disks->pdata[i], path, &above))
			continue;
		*ret_disk = vm->config->disks->pdata[i];
		*ret_above = above;
		count++;
	}
	return count;
}

static gboolean can_live(const struct vm *vm)
{
	return vm->worker && (vm->life.state == VM_RUNNING || vm->life.state == VM_PAUSED) &&
	       !vm->merges_when_off && !vm->checkpoint_live && vm_check_verb(vm, "merge", NULL);
}

/* How this image can be merged now: not at all, by the helper, by the machine's worker. */
static enum checkpoint_step way_of(struct checkpoint_work *work, const struct vm *vm, const char *path)
{
	const struct vm_disk *disk = NULL;
	const char *above = NULL;
	guint uses = count_uses(vm, path, &disk, &above);

	if (vm_state_is_off(vm->life.state))
		return CHECKPOINT_STEP_MERGE;
	if (!vm_state_is_up(vm->life.state))
		return CHECKPOINT_STEP_NONE;
	if (uses == 0)
		return CHECKPOINT_STEP_MERGE;
	if (!work->may_live || !can_live(vm) || uses > 1 || disk->is_read_only)
		return CHECKPOINT_STEP_NONE;
	work->above = g_strdup(above);
	work->is_above_read = above && !checkpoint_config_uses(vm->config, above);
	return CHECKPOINT_STEP_MERGE_LIVE;
}

static gboolean choose_merge(struct checkpoint_tree *tree, const struct vm *vm)
{
	const struct checkpoint_file *child =
	    tree->merging_child ? NULL : checkpoint_next_merge(tree, vm->config);

	if (child) {
		tree->merging_child = g_strdup(child->path);
		tree->merging_parent = g_strdup(child->parent);
		tree->merging_is_copied = FALSE;
	}
	return tree->merging_child != NULL;
}

static void next_merge(struct checkpoint_work *work, struct vm *vm)
{
	struct checkpoint_tree *tree = vm->checkpoints;
	gboolean is_new = !tree->merging_child;
	enum checkpoint_step way;

	if (!vm_state_is_off(vm->life.state) && !vm_state_is_up(vm->life.state))
		return;
	if (!choose_merge(tree, vm))
		return;
	way = way_of(work, vm, tree->merging_child);
	if (way == CHECKPOINT_STEP_NONE && is_new) {
		g_clear_pointer(&tree->merging_child, g_free);
		g_clear_pointer(&tree->merging_parent, g_free);
	}
	if (way == CHECKPOINT_STEP_NONE || (is_new && !checkpoints_save(vm, &work->failure)))
		return;
	if (way == CHECKPOINT_STEP_MERGE_LIVE)
		checkpoint_disks_look_at_others(&work->disks, vm);
	else
		checkpoint_disks_look_again(&work->disks, vm->service);
	work->step = way;
	work->path = g_strdup(tree->merging_child);
	work->parent = g_strdup(tree->merging_parent);
	/* Only of one that is not written: it has children then. */
	work->is_copied = tree->merging_is_copied && !checkpoint_config_uses(vm->config, work->path);
	work->children =
	    children_of(tree, tree->merging_child, way == CHECKPOINT_STEP_MERGE_LIVE ? work->above : NULL);
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

	if (work->step != CHECKPOINT_STEP_REMOVE) {
		if (vm->checkpoints->merging_child &&
		    !work->left_for_off) /* else the word was that already */
			checkpoint_merge_finish(vm, &work->failure);
	} else {
		checkpoint_file_remove(vm->checkpoints, work->path);
		checkpoint_files_tidy(vm->checkpoints, vm->config);
		checkpoints_save(vm, &work->failure);
	}
}

/* --- in the thread ----------------------------------------------------------------------------------- */

/* Its children can be told from now on, again and again: the parent is not written any more. */
static void note_copied(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);

	vm->checkpoints->merging_is_copied =
	    work->children->len > 0 && !checkpoint_config_uses(vm->config, work->path);
	if (vm->checkpoints->merging_is_copied)
		checkpoints_save(vm, &work->failure);
}

static gboolean merge(struct checkpoint_work *work, struct job *job, GError **error)
{
	return work->is_copied || (checkpoint_disks_merge(&work->disks, job, work->path, error) &&
				   checkpoint_work_on_main(work, note_copied, error));
}

static gboolean tell_children(struct checkpoint_work *work, struct job *job, GError **error)
{
	for (guint i = 0; i < work->children->len; i++)
		if (!checkpoint_disks_reconnect(&work->disks, job, work->children->pdata[i], work->parent,
						error))
			return FALSE;
	return TRUE;
}

static gboolean do_step(struct checkpoint_work *work, struct job *job, GError **error)
{
	switch (work->step) {
	case CHECKPOINT_STEP_MERGE: return merge(work, job, error) && tell_children(work, job, error);
	case CHECKPOINT_STEP_MERGE_LIVE:
		return checkpoint_work_merge_live(work, job, error) &&
		       (work->left_for_off || tell_children(work, job, error));
	default: return checkpoint_disks_remove(&work->disks, work->path, error);
	}
}

static void look_if_off(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);

	work->is_off = vm_state_is_off(vm->life.state) && !vm->worker;
}

/* The machine went off in the middle: what is left is done without it. */
static gboolean goes_on_off(struct checkpoint_work *work, struct job *job)
{
	if (work->step != CHECKPOINT_STEP_MERGE_LIVE || g_cancellable_is_cancelled(job->cancellable))
		return FALSE;
	checkpoint_work_on_main(work, look_if_off, NULL);
	return work->is_off;
}

gboolean checkpoint_work_tidy(struct checkpoint_work *work, struct job *job, GError **error)
{
	while (!work->left_for_off) {
		GError *failure = NULL;

		clear_step(work);
		if (g_cancellable_set_error_if_cancelled(job->cancellable, error) ||
		    !checkpoint_work_on_main(work, next_step, error))
			return FALSE;
		if (work->step == CHECKPOINT_STEP_NONE)
			return TRUE;
		if (do_step(work, job, &failure)) {
			if (!checkpoint_work_on_main(work, end_step, error))
				return FALSE;
		} else if (goes_on_off(work, job)) {
			g_clear_error(&failure);
		} else {
			g_propagate_error(error, failure);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean run_job(struct job *job, gpointer work, GError **error)
{
	return checkpoint_work_tidy(work, job, error);
}

static guint longer(guint seconds)
{
	return seconds == 0 ? MERGE_WAIT_MIN_S : MIN(seconds * 2, MERGE_WAIT_MAX_S);
}

static gboolean finish_job(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
			   GError **error)
{
	struct checkpoint_work *work = pointer;
	struct vm *vm = checkpoint_work_vm(work);

	objects_checkpoints_changed(vm);
	if (work->left_for_off)
		event_log_add(vm->service->log, EVENT_WARNING, job->user, vm->config->id, vm->config->name,
			      "its disks are merged when it is off: %s", work->left_for_off);
	vm->merges_when_off = work->left_for_off || (!is_done && !vm->after_tidying &&
						     g_cancellable_is_cancelled(job->cancellable));
	vm->merge_wait_s = is_done || vm->after_tidying ? 0 : longer(vm->merge_wait_s);
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
	merge_later(vm);
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

static gboolean has_merge(const struct vm *vm)
{
	return vm->checkpoints->merging_child || checkpoint_next_merge(vm->checkpoints, vm->config);
}

static gboolean has_work(const struct vm *vm)
{
	if (!vm->checkpoints || vm->busy)
		return FALSE;
	return checkpoint_next_unused(vm->checkpoints, vm->config) ||
	       (vm_state_is_off(vm->life.state) && has_merge(vm));
}

static struct job *start(struct vm *vm, const struct identity *who, gboolean may_live)
{
	struct checkpoint_work *work = g_new0(struct checkpoint_work, 1);
	struct job *job = NULL;
	GError *error = NULL;
	char *title;

	if (checkpoint_work_init(work, vm, who, &error)) {
		work->may_live = may_live;
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

struct job *checkpoints_tidy(struct vm *vm, const struct identity *who)
{
	gboolean may_live = vm->checkpoints && !vm->busy && can_live(vm) && has_merge(vm);

	return may_live || has_work(vm) ? start(vm, who, may_live) : NULL;
}

static gboolean on_later(gpointer opaque)
{
	struct vm *vm = opaque;
	struct identity *who;

	vm->checkpoint_timer = 0;
	merge_later(vm);
	if (!has_work(vm))
		return G_SOURCE_REMOVE;
	who = identity_of_name(vm->config->creator);
	if (who)
		start(vm, who, FALSE);
	identity_free(who);
	return G_SOURCE_REMOVE;
}

void checkpoints_tidy_later(struct vm *vm)
{
	if (vm_state_is_off(vm->life.state)) {
		vm->merges_when_off = FALSE;
		vm->merge_wait_s = 0;
	}
	if (vm->checkpoints && !vm->checkpoint_timer)
		vm->checkpoint_timer = g_idle_add(on_later, vm);
}

static gboolean on_merge_time(gpointer opaque)
{
	struct vm *vm = opaque;
	struct identity *who = identity_of_name(vm->config->creator);

	vm->merge_timer = 0;
	if (who && !vm->busy && can_live(vm) && has_merge(vm))
		checkpoints_tidy(vm, who);
	else if (who)
		merge_later(vm);
	identity_free(who);
	return G_SOURCE_REMOVE;
}

/* Of one that runs: not in the middle of what somebody does with it. */
static void merge_later(struct vm *vm)
{
	if (vm->checkpoints && !vm->merge_timer && vm_state_is_up(vm->life.state) && !vm->merges_when_off &&
	    has_merge(vm))
		vm->merge_timer = g_timeout_add_seconds(vm->merge_wait_s ? vm->merge_wait_s : MERGE_DELAY_S,
							on_merge_time, vm);
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
	vm->merges_when_off = FALSE;
	if (ret_job)
		*ret_job = checkpoints_tidy(vm, who);
	return TRUE;
}
