/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a machine: check, open its files with the caller's rights, start the worker, wait for the
 * processors. */
#include "service/vm.h"
#include "service/caller_files.h"
#include "service/cgroup.h"
#include "service/com_sockets.h"
#include "service/disks_in_use.h"
#include "service/event_log.h"
#include "service/memory_balance.h"
#include "service/missing_files.h"
#include "service/network.h"
#include "service/plan_files.h"
#include "service/service.h"
#include "service/start_chains.h"
#include "service/start_files.h"
#include "service/vm_save.h"

#include "api/api_error.h"

#include <stdio.h>
#include <string.h>

struct start {
	struct service *service;
	char *id;
	struct identity *who;
	struct start_files *files;
	GPtrArray *opened; /* those of the caller, until the worker has them */
	/* vm_plan_start() */
	gboolean is_plan, is_forced;
	vm_started_fn fn;
	gpointer opaque;
};

void vm_finish_start(struct vm *vm, const GError *error)
{
	vm_started_fn fn = vm->on_started;

	if (!error)
		vm_remember_running(vm, TRUE);
	vm->on_started = NULL;
	if (fn)
		fn(vm->on_started_opaque, error);
}

/* --- before ---------------------------------------------------------------------------------------- */

static guint64 available_mib(void)
{
	char *text = NULL;
	const char *line;
	unsigned long long kib = 0;

	if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL)) {
		line = strstr(text, "MemAvailable:");
		if (line)
			sscanf(line, "MemAvailable: %llu kB", &kib);
	}
	g_free(text);
	return kib / 1024;
}

/* In hundredths of a processor. */
static guint64 reserve_of(const struct vm_config *config)
{
	return config->processors * config->processor_reserve_percent;
}

/* A reserve is a promise: it is given only while all of them together can be kept. */
static gboolean check_reserve(const struct vm *vm, GError **error)
{
	guint64 host = g_get_num_processors() * 100, taken = 0, wanted = reserve_of(vm->config);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, vm->service->vms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct vm *other = value;

		if (other != vm && vm_state_has_worker(other->life.state))
			taken += reserve_of(other->config);
	}
	if (wanted == 0 || taken + wanted <= host)
		return TRUE;
	return api_refuse(error, API_ERROR_FAILED,
			  "%s reserves %" G_GUINT64_FORMAT " %% of its %" G_GUINT64_FORMAT
			  " processors, but others have reserved %" G_GUINT64_FORMAT
			  " %% of this host's %u; lower its processor reserve, or stop another machine",
			  vm->config->name, vm->config->processor_reserve_percent, vm->config->processors,
			  taken * 100 / host, g_get_num_processors());
}

gboolean vm_check_start(struct vm *vm, GError **error)
{
	const struct vm_config *config = vm->config;
	guint64 available = available_mib();
	enum vm_state next;

	if (!vm_state_next(vm->life.state, VM_START, &next)) {
		struct vm_life probe = { .state = vm->life.state };

		return vm_life_move(&probe, config->name, VM_START, NULL, error);
	}
	if (vm->busy)
		return api_refuse(error, API_ERROR_INVALID_STATE,
				  "%s is busy with a job; wait for its end, or cancel it", config->name);
	if (!start_files_check(config, error))
		return FALSE;
	if (available && config->memory_mib > available)
		return api_refuse(error, API_ERROR_FAILED,
				  "%s needs %" G_GUINT64_FORMAT
				  " MiB of memory, but this host has only %" G_GUINT64_FORMAT
				  " MiB available; give it less, or stop another machine",
				  config->name, config->memory_mib, available);
	return check_reserve(vm, error);
}

/* --- the worker ------------------------------------------------------------------------------------ */

static void free_start(struct start *start)
{
	start_files_free(start->files);
	g_clear_pointer(&start->opened, g_ptr_array_unref);
	g_free(start->id);
	identity_free(start->who);
	g_free(start);
}

static GError *full_error(const struct vm *vm, const GError *error)
{
	return g_error_new(API_ERROR, API_ERROR_FAILED, "%s did not start: %s", vm->config->name,
			   error->message);
}

static void give_up(struct vm *vm, const GError *error)
{
	GError *full = full_error(vm, error);

	vm->is_from_saved = FALSE; /* nobody has touched its disks */
	g_free(vm->cause);
	vm->cause = g_strdup("failure");
	vm_lost(vm, error->message);
	vm_finish_start(vm, full);
	g_error_free(full);
	missing_files_check(vm->service, vm);
}

static gboolean on_start_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->timeout = 0;
	if (vm->worker)
		worker_process_kill(vm->worker);
	return G_SOURCE_REMOVE;
}

/* The lock on the image would refuse it, too, but knows no names. */
static gboolean check_disks(const struct vm *vm, const struct start_files *files, GError **error)
{
	GArray *list = disks_in_use_list(vm->service);
	const char *user = NULL;

	for (guint i = 0; i < vm->config->disks->len && !user; i++) {
		const struct vm_disk *disk = vm->config->disks->pdata[i];
		int fd = start_files_disk(files, i);

		user = fd < 0 ? NULL
			      : disks_in_use_by(list, fd, disk->media == VM_HARD_DISK && !disk->is_read_only);
		if (user)
			api_refuse(
			    error, API_ERROR_FAILED,
			    "%s is in use by the virtual machine %s; turn that off, or give this one another disk",
			    disk->path, user);
	}
	g_array_unref(list);
	return user == NULL;
}

/* -1, with a sentence: it cannot go on from there. */
static int open_saved(struct vm *vm, const struct start *start, GError **error)
{
	char *changed = NULL;
	int fd = vm_save_open(vm, start->files, vm->is_resume_forced, &changed, error);

	if (changed)
		event_log_add(
		    vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		    "it goes on although %s was changed since it was saved: its guest may write old data over new there; "
		    "check its file systems",
		    changed);
	vm->is_resume_forced = FALSE;
	g_free(changed);
	return fd;
}

static gboolean start_worker(struct vm *vm, struct start *start, GError **error)
{
	struct worker_config config;
	int state_fd = vm->start_from_fd;

	vm->start_from_fd = -1;
	if (!check_disks(vm, start->files, error)) {
		if (state_fd >= 0)
			close(state_fd);
		return FALSE;
	}
	if (vm->is_from_saved && (state_fd = open_saved(vm, start, error)) < 0)
		return FALSE;
	vm_guest_forget_panic(vm);
	worker_config_init(&config);
	config.state_fd = state_fd;
	start_files_fill(start->files, vm, &config);
	if (!network_add_ports(vm, &config, error)) {
		worker_config_deinit(&config);
		return FALSE;
	}
	disks_in_use_note(vm, &config);
	vm_save_note_parents(vm, &config);
	vm->worker =
	    worker_process_start(vm->service->workers_fd, vm->config->id, &config, &vm_worker_ops, vm, error);
	worker_config_deinit(&config);
	if (!vm->worker)
		return FALSE;
	cgroup_enter(vm->config->id, worker_process_pid(vm->worker),
		     &(struct cgroup_limits){ .memory_mib = memory_balance_maximum(vm->config),
					      .processors = vm->config->processors,
					      .weight = vm->config->processor_weight,
					      .limit_percent = vm->config->processor_limit_percent });
	vm->timeout = g_timeout_add_seconds(
	    state_fd < 0 ? SERVICE_START_TIMEOUT_S : SERVICE_RESTORE_TIMEOUT_S, on_start_timeout, vm);
	return TRUE;
}

/* What start_worker() would refuse. */
static gboolean check_worker(const struct vm *vm, const struct start *start, GError **error)
{
	char *changed = NULL;
	int fd = -1;

	if (!check_disks(vm, start->files, error))
		return FALSE;
	if (vm->life.state == VM_SAVED &&
	    (fd = vm_save_open(vm, start->files, start->is_forced, &changed, error)) < 0)
		return FALSE;
	if (fd >= 0)
		close(fd);
	g_free(changed);
	return network_check_ports(vm, error);
}

static void end_plan(struct start *start, const struct vm *vm, const GError *problem)
{
	GError *error = problem ? g_error_copy(problem) : NULL, *full;

	if (!vm)
		g_clear_error(&error);
	else if (!error)
		check_worker(vm, start, &error);
	full = vm && error ? full_error(vm, error) : NULL;
	start->fn(start->opaque, full);
	g_clear_error(&error);
	g_clear_error(&full);
	free_start(start);
}

/* The last step; `problem` NULL: nothing stands in the way. */
static void finish_opening(struct start *start, const GError *problem)
{
	struct vm *vm = vm_by_id(start->service, start->id);
	GError *error = NULL;

	if (start->is_plan) {
		end_plan(start, vm, problem);
		return;
	}
	vm->is_opening = FALSE; /* a machine that starts cannot be deleted: it is there */
	if (vm->is_given_up)
		api_refuse(&error, API_ERROR_CANCELLED, "it was turned off meanwhile");
	else if (problem)
		error = g_error_copy(problem);
	else
		start_worker(vm, start, &error);
	vm->is_given_up = FALSE;
	if (error) {
		com_sockets_remove(vm);
		give_up(vm, error);
	}
	g_clear_error(&error);
	free_start(start);
}

static void on_chains(gpointer opaque, const GError *error)
{
	finish_opening(opaque, error);
}

static void on_files(gpointer opaque, GPtrArray *files)
{
	struct start *start = opaque;
	struct vm *vm = vm_by_id(start->service, start->id);
	char *problem = caller_files_problem(files, start->who);
	GError *error = NULL;

	start->opened = files;
	if (!problem && !start->is_plan)
		com_sockets_note(vm, start->who);
	if (problem)
		api_refuse(&error, API_ERROR_FAILED, "%s", problem);
	if (error || !vm || vm->is_given_up)
		finish_opening(start, error);
	else
		start_chains_find(start->files, vm, start->who, on_chains, start);
	g_clear_error(&error);
	g_free(problem);
}

/* NULL: it is refused, and told so. */
static struct start *start_new(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque)
{
	struct start *start;
	GError *error = NULL;

	if (!vm_check_start(vm, &error)) {
		fn(opaque, error);
		g_error_free(error);
		return NULL;
	}
	start = g_new0(struct start, 1);
	*start = (struct start){ .service = vm->service,
				 .id = g_strdup(vm->config->id),
				 .who = identity_copy(who) };
	return start;
}

void vm_plan_start(struct vm *vm, const struct identity *who, gboolean is_forced, vm_started_fn fn,
		   gpointer opaque)
{
	struct start *start = start_new(vm, who, fn, opaque);
	GError *error = NULL;
	GPtrArray *wanted;

	if (!start)
		return;
	start->is_plan = TRUE;
	start->is_forced = is_forced;
	start->fn = fn;
	start->opaque = opaque;
	start->files = start_files_new(vm, TRUE, &error);
	if (!start->files) {
		finish_opening(start, error);
		g_error_free(error);
		return;
	}
	wanted = start_files_take_wanted(start->files);
	plan_files_ask(wanted);
	caller_files_open(start->who, wanted, on_files, start);
}

void vm_start(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque)
{
	struct start *start = start_new(vm, who, fn, opaque);
	char *reason;
	GError *error = NULL;

	if (!start)
		return;
	reason = g_strdup_printf("%s started it", who->user);
	vm->is_from_saved = vm->life.state == VM_SAVED;
	vm_move(vm, VM_START, reason, NULL);
	g_free(reason);
	vm->on_started = fn;
	vm->on_started_opaque = opaque;
	start->files = start_files_new(vm, FALSE, &error);
	if (start->files) {
		vm->is_opening = TRUE;
		caller_files_open(start->who, start_files_take_wanted(start->files), on_files, start);
		return;
	}
	give_up(vm, error);
	g_error_free(error);
	free_start(start);
}
