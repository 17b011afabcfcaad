/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/service.h"
#include "service/authority.h"
#include "service/checkpoint.h"
#include "service/display_process.h"
#include "service/event_log.h"
#include "service/job.h"
#include "service/listener.h"
#include "service/memory_balance.h"
#include "service/missing_files.h"
#include "service/move.h"
#include "service/move_far.h"
#include "service/network.h"
#include "service/objects.h"
#include "service/switches.h"
#include "service/vm.h"
#include "service/worker_uid.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STARTED_MARK "started"

static void free_vm(gpointer vm)
{
	vm_free(vm);
}

static void free_job(gpointer job)
{
	job_free(job);
}

static void on_event(gpointer opaque, const struct event *event)
{
	objects_event_added(opaque, event);
}

/* --- the inventory --------------------------------------------------------------------------------- */

static void on_config(gpointer opaque, struct vm_config *config)
{
	struct service *service = opaque;
	struct vm *vm;

	if (g_hash_table_size(service->vms) >= SERVICE_MACHINES_MAX) {
		event_log_add(service->log, EVENT_WARNING, NULL, config->id, config->name,
			      "there are more than %d machines; this one is not loaded",
			      SERVICE_MACHINES_MAX);
		vm_config_free(config);
		return;
	}
	network_choose_macs(service, config); /* of a file that somebody wrote without */
	move_settle_config(service, config);
	vm = vm_new(service, config);
	g_hash_table_insert(service->vms, config->id, vm);
	checkpoints_load(vm);
	move_settle(vm);
	checkpoints_tidy_later(vm);
}

static void on_broken(gpointer opaque, const char *file, const char *reason)
{
	struct service *service = opaque;

	g_ptr_array_add(service->broken, g_strdup(file));
	g_ptr_array_add(service->broken, g_strdup(reason));
	event_log_add(service->log, EVENT_WARNING, NULL, NULL, NULL, "a configuration is not loaded: %s: %s",
		      file, reason);
}

static const struct worker_ops stray_ops;

/* A worker of a machine that the inventory does not have. */
static void end_stray_worker(gpointer opaque, const char *id)
{
	struct service *service = opaque;
	struct worker_process *worker;
	char *end = NULL;

	if (vm_by_id(service, id))
		return;
	worker = worker_process_find(service->workers_fd, id, &stray_ops, NULL, &end);
	if (worker) {
		worker_process_kill(worker);
		event_log_add(service->log, EVENT_WARNING, NULL, id, NULL,
			      "a worker process whose machine is not in the inventory was ended");
		worker_process_free(worker);
	}
	g_free(end);
}

static void adopt_all(struct service *service)
{
	GList *vms = g_hash_table_get_values(service->vms);

	for (GList *i = vms; i; i = i->next) {
		vm_adopt(i->data);
		network_reconnect(i->data);
	}
	g_list_free(vms);
	worker_process_list(service->workers_fd, end_stray_worker, service);
}

/* --- automatic start ------------------------------------------------------------------------------- */

static void on_auto_started(gpointer opaque, const GError *error)
{
	struct service *service = opaque;

	if (error)
		event_log_add(service->log, EVENT_WARNING, NULL, NULL, NULL, "automatic start: %s",
			      error->message);
}

static gboolean on_auto_start(gpointer opaque)
{
	struct vm *vm = opaque;
	/* With the rights of whoever made it: nobody else asked. */
	struct identity *who = identity_of_name(vm->config->creator);

	vm->start_timer = 0;
	if (who)
		checkpoints_start(vm, who, on_auto_started, vm->service);
	else
		event_log_add(vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
			      "it is not started: its creator %s is no user of this host",
			      vm->config->creator);
	identity_free(who);
	return G_SOURCE_REMOVE;
}

/* Once after the host's start: the runtime folder does not outlive it. */
static void auto_start(struct service *service)
{
	GHashTableIter iter;
	gpointer value;
	char *mark = g_build_filename(service->runtime, STARTED_MARK, NULL);
	int fd = open(mark, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	g_free(mark);
	if (fd < 0)
		return;
	close(fd);
	g_hash_table_iter_init(&iter, service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct vm *vm = value;
		const struct vm_config *config = vm->config;

		if ((vm->life.state == VM_OFF || vm->life.state == VM_SAVED) &&
		    (config->auto_start == VM_START_ALWAYS ||
		     (config->auto_start == VM_START_IF_RUNNING && config->was_running)))
			vm->start_timer =
			    g_timeout_add_seconds((guint)config->auto_start_delay_s, on_auto_start, vm);
	}
}

/* --- life ------------------------------------------------------------------------------------------ */

static gboolean open_runtime(struct service *service, GError **error)
{
	char *workers = g_build_filename(service->runtime, "workers", NULL);
	struct stat st;

	if (g_mkdir_with_parents(service->runtime, 0700) == 0 && g_mkdir_with_parents(workers, 0700) == 0)
		service->workers_fd = open(workers, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	g_free(workers);
	if (service->workers_fd < 0) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO, "%s: this folder cannot be made: %s",
			    service->runtime, g_strerror(errno));
		return FALSE;
	}
	/* Somebody else's folder would be somebody else's workers. */
	if (fstat(service->workers_fd, &st) < 0 || st.st_uid != geteuid()) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "%s: this folder belongs to somebody else; remove it", service->runtime);
		return FALSE;
	}
	fchmod(service->workers_fd, 0700);
	if (service->is_system)
		chmod(service->runtime, 0755); /* everybody may knock */
	return TRUE;
}

/* Of a machine's worker, or of its display process. */
static gboolean is_known(gpointer opaque, const char *id)
{
	return vm_by_id(opaque, g_str_has_prefix(id, DISPLAY_UID_PREFIX) ? id + strlen(DISPLAY_UID_PREFIX)
									 : id) != NULL;
}

static gboolean open_all(struct service *service, const char *data, GError **error)
{
	GError *privileges = NULL;

	service->store = vm_store_open(data, error);
	if (!service->store || !open_runtime(service, error))
		return FALSE;
	service->log = event_log_open(vm_store_fd(service->store), on_event, service, error);
	if (!service->log)
		return FALSE;
	event_log_add(service->log, EVENT_SERVICE, NULL, NULL, NULL, "the service starts (%s)",
		      service->is_system ? "system" : "user");
	if (!authority_load(service, &privileges)) {
		event_log_add(service->log, EVENT_WARNING, NULL, NULL, NULL, "%s", privileges->message);
		g_error_free(privileges);
	}
	if (!switches_load(service, error))
		return FALSE;
	if (!vm_store_load(service->store, on_config, on_broken, service, error))
		return FALSE;
	move_receive_settle(service);
	worker_uid_init(vm_store_fd(service->store), is_known, service);
	adopt_all(service);
	network_start(service->network);
	missing_files_check(service, NULL);
	service->listener = listener_new(service, error);
	return service->listener != NULL;
}

struct service *service_new(gboolean is_system, const char *data, const char *runtime, GError **error)
{
	struct service *service = g_new0(struct service, 1);

	service->is_system = is_system;
	service->uid = geteuid();
	service->runtime = g_strdup(runtime);
	service->workers_fd = service->switches_fd = -1;
	service->loop = g_main_loop_new(NULL, FALSE);
	service->vms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_vm);
	service->privileges = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	service->peers = g_ptr_array_new();
	service->jobs = g_ptr_array_new_with_free_func(free_job);
	service->broken = g_ptr_array_new_with_free_func(g_free);
	service->network = network_new(service);
	service->balance = memory_balance_new(service);
	if (!open_all(service, data, error))
		return service_free(service);
	return service;
}

/* Jobs end at their next step; what they made so far goes. */
static void end_jobs(struct service *service)
{
	for (guint i = 0; i < service->jobs->len; i++)
		job_cancel(service->jobs->pdata[i]);
	while (job_count_running(service) > 0)
		g_main_context_iteration(NULL, TRUE);
}

struct service *service_free(struct service *service)
{
	if (!service)
		return NULL;
	end_jobs(service);
	listener_free(service->listener);
	if (service->log)
		event_log_add(service->log, EVENT_SERVICE, NULL, NULL, NULL, "the service stops");
	network_free(service->network);
	service->balance = memory_balance_free(service->balance);
	g_ptr_array_unref(service->jobs);
	g_hash_table_unref(service->vms);
	switches_close(service);
	g_hash_table_unref(service->privileges);
	g_ptr_array_unref(service->broken);
	g_ptr_array_unref(service->peers);
	event_log_close(service->log);
	vm_store_close(service->store);
	if (service->workers_fd >= 0)
		close(service->workers_fd);
	g_main_loop_unref(service->loop);
	g_free(service->runtime);
	g_free(service);
	return NULL;
}

void service_run(struct service *service)
{
	auto_start(service);
	g_main_loop_run(service->loop);
}
