/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/checkpoint_work.h"

gboolean checkpoint_work_init(struct checkpoint_work *work, struct vm *vm, const struct identity *who,
			      GError **error)
{
	*work = (struct checkpoint_work){ .service = vm->service };
	if (!checkpoint_disks_init(&work->disks, vm, who, error))
		return FALSE;
	work->vm_id = g_strdup(vm->config->id);
	work->who = identity_copy(who);
	vm->busy++;
	return TRUE;
}

void checkpoint_work_deinit(struct checkpoint_work *work)
{
	struct vm *vm = work->vm_id ? checkpoint_work_vm(work) : NULL;

	if (vm)
		vm->busy--;
	checkpoint_disks_deinit(&work->disks);
	identity_free(work->who);
	g_clear_error(&work->failure);
	g_clear_pointer(&work->children, g_ptr_array_unref);
	g_free(work->path);
	g_free(work->parent);
	g_free(work->vm_id);
}

struct vm *checkpoint_work_vm(const struct checkpoint_work *work)
{
	return vm_by_id(work->service, work->vm_id);
}

struct visit {
	struct checkpoint_work *work;
	checkpoint_work_fn fn;
	GMutex lock;
	GCond cond;
	gboolean is_over;
};

static gboolean on_visit(gpointer opaque)
{
	struct visit *visit = opaque;

	visit->fn(visit->work);
	g_mutex_lock(&visit->lock);
	visit->is_over = TRUE;
	g_cond_signal(&visit->cond);
	g_mutex_unlock(&visit->lock);
	return G_SOURCE_REMOVE;
}

/* No g_main_context_invoke(): that may run it here, when nobody iterates the context at the moment. */
gboolean checkpoint_work_on_main(struct checkpoint_work *work, checkpoint_work_fn fn, GError **error)
{
	struct visit visit = { .work = work, .fn = fn };

	g_mutex_init(&visit.lock);
	g_cond_init(&visit.cond);
	g_idle_add_full(G_PRIORITY_DEFAULT, on_visit, &visit, NULL);
	g_mutex_lock(&visit.lock);
	while (!visit.is_over)
		g_cond_wait(&visit.cond, &visit.lock);
	g_mutex_unlock(&visit.lock);
	g_mutex_clear(&visit.lock);
	g_cond_clear(&visit.cond);
	if (!work->failure)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&work->failure));
	return FALSE;
}
