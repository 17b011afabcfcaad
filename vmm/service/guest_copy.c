/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/guest_copy.h"
#include "service/job.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"

#include <string.h>
#include <unistd.h>

enum { LOOK_US = 200000 }; /* how often the job's thread looks whether it was cancelled */

/* One reference is the machine's until the worker says that it is over, one is the job's. */
struct guest_copy {
	gint references;
	char *path;
	GMutex lock; /* all below */
	GCond changed;
	guint64 done, size;
	gboolean is_over;
	char *failure; /* a sentence; NULL: all went well */
};

static void unref(gpointer pointer)
{
	struct guest_copy *copy = pointer;

	if (!g_atomic_int_dec_and_test(&copy->references))
		return;
	g_mutex_clear(&copy->lock);
	g_cond_clear(&copy->changed);
	g_free(copy->path);
	g_free(copy->failure);
	g_free(copy);
}

static void end(struct vm *vm, const char *failure)
{
	struct guest_copy *copy = g_steal_pointer(&vm->guest_copy);

	if (!copy)
		return;
	g_mutex_lock(&copy->lock);
	copy->is_over = TRUE;
	if (failure)
		copy->failure = g_strdup_printf("%s: %s", copy->path, failure);
	g_cond_signal(&copy->changed);
	g_mutex_unlock(&copy->lock);
	unref(copy);
}

void guest_copy_abandon(struct vm *vm)
{
	end(vm, "the machine ended before it was copied; start it, and copy it again");
}

void guest_copy_progress(struct vm *vm, const struct link_message *message)
{
	struct guest_copy *copy = vm->guest_copy;
	guint64 done, size;

	if (!copy || link_get_number(message, "done", G_MAXINT64, &done) < 0 ||
	    link_get_number(message, "size", G_MAXINT64, &size) < 0)
		return;
	g_mutex_lock(&copy->lock);
	copy->done = done;
	copy->size = size;
	g_mutex_unlock(&copy->lock);
}

void guest_copy_done(struct vm *vm, const struct link_message *message)
{
	static const struct {
		const char *result, *failure;
	} results[] = {
		{ "ok", NULL },
		{ "exists", "the guest has a file of this name already; add --force to replace it" },
		{ "disk-full", "the guest's disk is full; make room there" },
		{ "failed",
		  "the guest could not write it; does the folder exist there (or add --create-path), and may "
		  "hv_fcopy_daemon write to it?" },
		{ "unreadable", "it could not be read to its end; did it become shorter meanwhile?" },
		{ "gone", "the guest went away before it was copied; copy it again when it is up" },
		{ "canceled", "it was cancelled" },
		{ "unavailable", "the guest takes no files; install and start hv_fcopy_daemon in it (Debian: "
				 "hyperv-daemons)" },
		{ "busy", "another file is being copied into this guest; wait for it" },
		{ "invalid",
		  "this is no name for a file in the guest; give an absolute path with a shorter name" },
	};
	const char *result = link_get(message, "result");

	for (unsigned i = 0; result && i < G_N_ELEMENTS(results); i++)
		if (strcmp(result, results[i].result) == 0) {
			end(vm, results[i].failure);
			return;
		}
	end(vm, "the worker does not say how the copy ended; look in the guest");
}

/* --- the job --------------------------------------------------------------------------------------- */

static gboolean run(struct job *job, gpointer work, GError **error)
{
	struct guest_copy *copy = work;
	gboolean goes_on = TRUE, is_over;

	g_mutex_lock(&copy->lock);
	while (goes_on && !copy->is_over) {
		g_cond_wait_until(&copy->changed, &copy->lock, g_get_monotonic_time() + LOOK_US);
		goes_on = job_advance(job, copy->done, copy->size, error);
	}
	is_over = copy->is_over;
	if (is_over)
		g_clear_error(error);
	if (is_over && copy->failure)
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "%s", copy->failure);
	is_over = is_over && !copy->failure;
	g_mutex_unlock(&copy->lock);
	return is_over;
}

/* A cancelled one stays the machine's until the worker says that it is over. */
static gboolean finish(struct job *job, gpointer work, gboolean is_done, const GError *failure,
		       GError **error)
{
	struct vm *vm = vm_by_id(job->service, job->vm_id);

	if (vm && vm->guest_copy == work && vm->worker)
		worker_process_send(vm->worker, "copy-cancel");
	return is_done;
}

static gboolean send_request(struct vm *vm, const struct guest_copy_request *request, int fd)
{
	struct link_message *message;

	if (link_message_new("copy-in", &message) < 0)
		return FALSE;
	link_add_fd(message, "fd", fd);
	link_add(message, "folder", request->folder);
	link_add(message, "name", request->name);
	link_add_number(message, "overwrite", request->may_overwrite);
	link_add_number(message, "make-folder", request->makes_folder);
	return vm_send(vm, message, NULL);
}

gboolean guest_copy_check(const struct vm *vm, GError **error)
{
	if (!vm->worker || vm->life.state != VM_RUNNING) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
			    "%s is %s; only a running guest takes files", vm->config->name,
			    vm_state_name(vm->life.state));
		return FALSE;
	}
	if (!vm_guest_check(vm, VM_INTEGRATION_COPY, error))
		return FALSE;
	if (vm->guest_copy) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_STATE,
			    "%s: another file is being copied into this guest; wait for it",
			    vm->config->name);
		return FALSE;
	}
	return vm_check_verb(vm, "copy-in", error);
}

struct job *guest_copy_start(struct vm *vm, const struct guest_copy_request *request, int fd, GError **error)
{
	char *title = g_strdup_printf("copy %s into %s", request->path, vm->config->name);
	struct guest_copy *copy = g_new0(struct guest_copy, 1);
	struct job *job;

	copy->references = 2;
	copy->path = g_strdup(request->path);
	g_mutex_init(&copy->lock);
	g_cond_init(&copy->changed);
	vm->guest_copy = copy;
	job = job_start(vm->service, request->user, vm->config->id, title, copy, run, finish, unref, error);
	g_free(title);
	if (!job) {
		vm->guest_copy = NULL;
		unref(copy);
	} else if (!send_request(vm, request, fd)) {
		end(vm, "the worker process does not answer; turn the machine off");
	}
	close(fd);
	return job;
}
