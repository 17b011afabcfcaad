/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.Checkpoints1: who may, what is asked; checkpoint.h does it. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/checkpoint.h"
#include "service/job.h"
#include "service/objects.h"
#include "service/transfer.h"

#include "api/api_error.h"

#include <string.h>

/* A machine whose checkpoints can be read; FALSE: answered. */
static gboolean get_vm(struct call *call, struct vm **ret_vm)
{
	GError *error = NULL;

	if (!api_get_vm(call, ret_vm))
		return FALSE;
	if (checkpoints_of(*ret_vm, &error))
		return TRUE;
	api_fail(call, error);
	return FALSE;
}

/* The first parameter; FALSE: answered. */
static gboolean get_checkpoint(struct call *call, struct vm **ret_vm, struct checkpoint **ret_checkpoint)
{
	GError *error = NULL;
	const char *name;

	if (!get_vm(call, ret_vm))
		return FALSE;
	g_variant_get_child(call->parameters, 0, "&s", &name);
	*ret_checkpoint = checkpoint_find((*ret_vm)->checkpoints, name, &error);
	if (*ret_checkpoint)
		return TRUE;
	api_fail(call, error);
	return FALSE;
}

/* Takes `error`. */
static void answer_job(struct call *call, const struct job *job, GError *error)
{
	if (error)
		api_fail(call, error);
	else
		call_return_path(call, job ? job->path : "/");
}

static void list(struct call *call)
{
	const struct checkpoint *present;
	struct vm *vm;

	if (!get_vm(call, &vm))
		return;
	present = checkpoints_present(vm);
	call_return(call, g_variant_new("(@aa{sv}s)", checkpoints_variant(vm), present ? present->id : ""));
}

/* What is said of the way. */
static const char *how_made(const struct vm *vm)
{
	static const char *const of_type[] = {
		[VM_CHECKPOINT_PRODUCTION] =
		    ", for which its guest's file systems stand still, or with its memory when its guest cannot do that",
		[VM_CHECKPOINT_PRODUCTION_ONLY] = ", for which its guest's file systems stand still",
		[VM_CHECKPOINT_STANDARD] = ", with its memory; it stands still meanwhile",
	};

	if (!vm_state_is_up(vm->life.state))
		return "";
	return of_type[vm->life.state == VM_RUNNING ? vm->config->checkpoint_type : VM_CHECKPOINT_STANDARD];
}

static void create_named(struct call *call, const char *name)
{
	struct checkpoint_wish wish = { 0 };
	GError *error = NULL;
	struct job *job = NULL;
	struct vm *vm;
	char *chosen;

	if (!get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	chosen = *name ? g_strdup(name) : checkpoints_default_name(vm);
	wish.name = chosen;
	if (checkpoint_name_check(chosen, &error) && checkpoints_check_make(vm, NULL, &error)) {
		call_step(call, "the checkpoint %s of %s is made%s", chosen, vm->config->name, how_made(vm));
		if (!call->is_plan)
			job = checkpoints_make(vm, call->who, &wish, &error);
	}
	g_free(chosen);
	answer_job(call, job, error);
}

static void create(struct call *call)
{
	const char *name;

	g_variant_get_child(call->parameters, 0, "&s", &name);
	create_named(call, name);
}

void api_checkpoint(struct call *call)
{
	create_named(call, "");
}

static void apply_this(struct call *call, struct vm *vm, const struct checkpoint *checkpoint, gboolean keeps)
{
	gboolean is_up = vm_state_is_up(vm->life.state), has_memory = checkpoint->kind == CHECKPOINT_STANDARD;
	GError *error = NULL;
	struct job *job = NULL;

	if (checkpoints_check_make(vm, checkpoint, &error) &&
	    (!keeps || checkpoints_check_make(vm, NULL, &error))) {
		if (keeps)
			call_step(call, "a checkpoint of %s as it is now is made", vm->config->name);
		else
			call_step(call, "what %s did since its last checkpoint is lost", vm->config->name);
		if (is_up)
			call_step(call, "%s is turned off%s", vm->config->name,
				  keeps ? "" : "; what its guest has in memory is lost, too");
		call_step(call, "%s goes on from the checkpoint %s%s", vm->config->name, checkpoint->name,
			  !has_memory			 ? ", at its next start"
			  : vm->life.state == VM_RUNNING ? ", with its memory, at once"
							 : ", with its memory, at its next start");
		if (!call->is_plan)
			job = checkpoints_apply(vm, call->who, checkpoint, keeps, &error);
	}
	answer_job(call, job, error);
}

static void apply(struct call *call)
{
	struct checkpoint *checkpoint;
	gboolean keeps;
	struct vm *vm;

	if (!get_checkpoint(call, &vm, &checkpoint) || !api_check_idle(call, vm, FALSE))
		return;
	g_variant_get_child(call->parameters, 1, "b", &keeps);
	apply_this(call, vm, checkpoint, keeps);
}

void api_revert(struct call *call)
{
	const struct checkpoint *checkpoint;
	struct vm *vm;

	if (!get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	checkpoint = checkpoints_present(vm);
	if (checkpoint)
		apply_this(call, vm, checkpoint, FALSE);
	else
		call_fail_text(
		    call, API_ERROR_INVALID_STATE,
		    "%s has no checkpoint to go back to; make one with `bulkhead checkpoint create`",
		    vm->config->name);
}

static void rename_checkpoint(struct call *call)
{
	struct checkpoint *checkpoint;
	GError *error = NULL;
	const char *name;
	struct vm *vm;
	char *old;

	if (!get_checkpoint(call, &vm, &checkpoint))
		return;
	g_variant_get_child(call->parameters, 1, "&s", &name);
	if (!checkpoint_name_check(name, &error)) {
		api_fail(call, error);
		return;
	}
	call_step(call, "the checkpoint %s of %s gets the name %s", checkpoint->name, vm->config->name, name);
	if (call->is_plan) {
		call_return_steps(call);
		return;
	}
	old = checkpoint->name;
	checkpoint->name = g_strdup(name);
	if (checkpoints_save(vm, &error)) {
		g_free(old);
		objects_checkpoints_changed(vm);
		call_return_steps(call);
		return;
	}
	g_free(checkpoint->name);
	checkpoint->name = old;
	api_fail(call, error);
}

static void describe_deletion(struct call *call, struct vm *vm, const struct checkpoint *checkpoint,
			      gboolean with_subtree)
{
	GPtrArray *all = checkpoint_subtree(vm->checkpoints, checkpoint->id);

	for (guint i = 0; i < (with_subtree ? all->len : 1); i++)
		call_step(call, "the checkpoint %s of %s is deleted",
			  ((struct checkpoint *)all->pdata[i])->name, vm->config->name);
	g_ptr_array_unref(all);
	call_step(call, "disks that nothing else needs are merged%s",
		  vm_state_is_off(vm->life.state)  ? ""
		  : vm_state_is_up(vm->life.state) ? " while it runs"
						   : " when it is off");
}

static void delete_checkpoint(struct call *call)
{
	struct checkpoint *checkpoint;
	gboolean with_subtree;
	GError *error = NULL;
	struct job *job = NULL;
	struct vm *vm;

	if (!get_checkpoint(call, &vm, &checkpoint) || !api_check_idle(call, vm, FALSE))
		return;
	g_variant_get_child(call->parameters, 1, "b", &with_subtree);
	describe_deletion(call, vm, checkpoint, with_subtree);
	if (!call->is_plan)
		checkpoints_delete(vm, call->who, checkpoint->id, with_subtree, &job, &error);
	answer_job(call, job, error);
}

static void export_checkpoint(struct call *call)
{
	struct checkpoint *checkpoint;
	const char *folder;
	struct vm *vm;

	if (!get_checkpoint(call, &vm, &checkpoint) || !api_check_idle(call, vm, FALSE))
		return;
	g_variant_get_child(call->parameters, 1, "&s", &folder);
	if (!g_path_is_absolute(folder) || strlen(folder) > VM_PATH_MAX - VM_NAME_MAX) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: this is no absolute path of a folder; give one", folder);
		return;
	}
	call_step(call, "%s as it was at the checkpoint %s is exported to %s/%s, without its memory",
		  vm->config->name, checkpoint->name, folder, vm->config->name);
	transfer_export_checkpoint(call, vm, checkpoint->config, folder);
}

const struct api_method checkpoint_methods[] = {
	{ "List", RIGHT_VIEW, FALSE, list },
	{ "Create", RIGHT_CHECKPOINT, TRUE, create },
	{ "Apply", RIGHT_CHECKPOINT, TRUE, apply },
	{ "Revert", RIGHT_CHECKPOINT, TRUE, api_revert },
	{ "Rename", RIGHT_CHECKPOINT, TRUE, rename_checkpoint },
	{ "Delete", RIGHT_CHECKPOINT, TRUE, delete_checkpoint },
	{ "Export", RIGHT_EDIT, TRUE, export_checkpoint },
};
const gsize checkpoint_methods_count = G_N_ELEMENTS(checkpoint_methods);
