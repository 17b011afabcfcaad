/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/checkpoint_work.h"
#include "service/vm.h"

#include "api/api_error.h"

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
	g_free(work->above);
	g_free(work->left_for_off);
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

/* --- what ends later --------------------------------------------------------------------------------- */

/* Of both threads, for either may go first. */
struct checkpoint_wait {
	gint refs;
	struct checkpoint_work *work;
	checkpoint_begin_fn begin;
	GMutex lock; /* all below */
	GCond cond;
	gboolean is_begun, is_over;
	GError *error;
};

static void unref_wait(struct checkpoint_wait *wait)
{
	if (!g_atomic_int_dec_and_test(&wait->refs))
		return;
	g_mutex_clear(&wait->lock);
	g_cond_clear(&wait->cond);
	g_clear_error(&wait->error);
	g_free(wait);
}

void checkpoint_wait_over(gpointer opaque, const GError *error)
{
	struct checkpoint_wait *wait = opaque;

	g_mutex_lock(&wait->lock);
	wait->is_over = TRUE;
	wait->error = error ? g_error_copy(error) : NULL;
	g_cond_signal(&wait->cond);
	g_mutex_unlock(&wait->lock);
	unref_wait(wait);
}

static gboolean on_begin(gpointer opaque)
{
	struct checkpoint_wait *wait = opaque;

	wait->begin(wait->work, wait); /* which may end it at once */
	g_mutex_lock(&wait->lock);
	wait->is_begun = TRUE;
	g_mutex_unlock(&wait->lock);
	unref_wait(wait);
	return G_SOURCE_REMOVE;
}

gboolean checkpoint_work_wait(struct checkpoint_work *work, checkpoint_begin_fn fn, GCancellable *cancellable,
			      GError **error)
{
	enum { LOOK_US = 100000 };
	struct checkpoint_wait *wait = g_new0(struct checkpoint_wait, 1);
	gboolean is_good;

	wait->refs = 3; /* this thread, the beginning, the end */
	wait->work = work;
	wait->begin = fn;
	g_mutex_init(&wait->lock);
	g_cond_init(&wait->cond);
	g_idle_add_full(G_PRIORITY_DEFAULT, on_begin, wait, NULL);
	g_mutex_lock(&wait->lock);
	while (!wait->is_over &&
	       (!wait->is_begun || !(cancellable && g_cancellable_is_cancelled(cancellable))))
		g_cond_wait_until(&wait->cond, &wait->lock, g_get_monotonic_time() + LOOK_US);
	is_good = wait->is_over && !wait->error;
	if (!is_good)
		g_set_error_literal(error, wait->error ? wait->error->domain : API_ERROR,
				    wait->error ? wait->error->code : API_ERROR_CANCELLED,
				    wait->error ? wait->error->message : "it was cancelled");
	g_mutex_unlock(&wait->lock);
	unref_wait(wait);
	return is_good;
}

void checkpoint_work_restart(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	struct vm *vm = checkpoint_work_vm(work);

	vm->busy--;
	vm_start(vm, work->who, checkpoint_wait_over, wait);
	vm->busy++;
}

void checkpoint_work_restart_saved(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	if (checkpoint_work_vm(work)->life.state == VM_SAVED)
		checkpoint_work_restart(work, wait);
	else
		checkpoint_wait_over(wait, NULL);
}
