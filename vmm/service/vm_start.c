/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting a machine: check, open its files with the caller's rights, start the worker, wait for the
 * processors. */
#include "service/vm.h"
#include "service/caller_files.h"
#include "service/event_log.h"
#include "service/service.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct start {
	struct service *service;
	char *id;
	struct identity *who;
	struct caller_file *kernel, *initrd, *serial; /* in the array; NULL: not this way */
	int own_kernel, own_initrd, own_serial;	      /* -1 */
};

static gboolean refuse(GError **error, enum api_error code, const char *format, ...) G_GNUC_PRINTF(3, 4);
static gboolean refuse(GError **error, enum api_error code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (error)
		*error = g_error_new_valist(API_ERROR, code, format, args);
	va_end(args);
	return FALSE;
}

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

gboolean vm_check_start(struct vm *vm, GError **error)
{
	const struct vm_config *config = vm->config;
	guint64 available = available_mib();
	enum vm_state next;

	if (!vm_state_next(vm->life.state, VM_START, &next)) {
		struct vm_life probe = { .state = vm->life.state };

		return vm_life_move(&probe, config->name, VM_START, NULL, error);
	}
	if (config->generation == 2)
		return refuse(
		    error, API_ERROR_NOT_SUPPORTED,
		    "%s is of generation 2, which this version cannot run yet; make it with generation 1",
		    config->name);
	if (!*config->kernel)
		return refuse(
		    error, API_ERROR_INVALID_STATE,
		    "%s has nothing to start from; give it a kernel: bulkhead vm set %s --kernel FILE",
		    config->name, config->name);
	if (config->disks->len > 0 || config->adapters->len > 0)
		return refuse(error, API_ERROR_NOT_SUPPORTED,
			      "%s has drives or network adapters, which this version's worker cannot attach "
			      "yet; remove them",
			      config->name);
	if (available && config->memory_mib > available)
		return refuse(error, API_ERROR_FAILED,
			      "%s needs %" G_GUINT64_FORMAT
			      " MiB of memory, but this host has only %" G_GUINT64_FORMAT
			      " MiB available; give it less, or stop another machine",
			      config->name, config->memory_mib, available);
	return TRUE;
}

/* --- its files --------------------------------------------------------------------------------------- */

/* A plain name is in the machine's own folder, which only the service writes to. */
static int open_own(struct vm *vm, const char *name, int flags)
{
	struct stat st;
	int fd, folder = vm_store_open_storage(vm->service->store, vm->config->id, (flags & O_CREAT) != 0);

	if (folder < 0)
		return -1;
	fd = openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	close(folder);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static gboolean name_file(struct vm *vm, GPtrArray *files, const char *path, enum file_need need,
			  struct caller_file **ret_file, int *ret_own, GError **error)
{
	if (!*path)
		return TRUE;
	if (!vm_path_is_own(path)) {
		*ret_file = caller_files_add(files, path, need);
		return TRUE;
	}
	*ret_own = open_own(vm, path, need == FILE_APPEND ? O_WRONLY | O_CREAT | O_APPEND : O_RDONLY);
	if (*ret_own >= 0)
		return TRUE;
	return refuse(error, API_ERROR_NOT_FOUND,
		      "%s: this file is not in the machine's own folder; give an absolute path", path);
}

static void free_start(struct start *start)
{
	const int fds[] = { start->own_kernel, start->own_initrd, start->own_serial };

	for (unsigned i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g_free(start->id);
	identity_free(start->who);
	g_free(start);
}

static int take(struct caller_file *file, int *own)
{
	int fd = *own;

	*own = -1;
	return file ? caller_file_take(file) : fd;
}

static const char *const engine_names[] = { "auto", "translator", "kvm" };

static void fill_config(struct vm *vm, struct start *start, struct worker_config *config)
{
	const struct vm_config *from = vm->config;

	worker_config_init(config);
	/* libc's, since the config frees them with free() */
	config->name = strdup(from->name);
	config->engine = strdup(engine_names[from->engine]);
	config->cmdline = strdup(from->append);
	config->kernel_name = strdup(from->kernel);
	config->initrd_name = strdup(from->initrd);
	config->memory_mib = from->memory_mib;
	config->processors = (unsigned)from->processors;
	config->kernel_fd = take(start->kernel, &start->own_kernel);
	config->initrd_fd = take(start->initrd, &start->own_initrd);
	config->serial = from->serial == VM_SERIAL_CONSOLE ? WORKER_SERIAL_HUB : WORKER_SERIAL_NONE;
	if (from->serial == VM_SERIAL_FILE) {
		config->serial = WORKER_SERIAL_FILE;
		config->serial_fd = take(start->serial, &start->own_serial);
	}
}

/* --- the worker ------------------------------------------------------------------------------------ */

static void give_up(struct vm *vm, const GError *error)
{
	GError *full = g_error_new(API_ERROR, API_ERROR_FAILED, "%s did not start: %s", vm->config->name,
				   error->message);

	g_free(vm->cause);
	vm->cause = g_strdup("failure");
	vm_move(vm, VM_ENDED, error->message, NULL);
	vm_finish_start(vm, full);
	g_error_free(full);
}

static gboolean on_start_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->timeout = 0;
	if (vm->worker)
		worker_process_kill(vm->worker);
	return G_SOURCE_REMOVE;
}

static gboolean start_worker(struct vm *vm, struct start *start, GError **error)
{
	struct worker_config config;

	fill_config(vm, start, &config);
	vm->worker =
	    worker_process_start(vm->service->workers_fd, vm->config->id, &config, &vm_worker_ops, vm, error);
	worker_config_deinit(&config);
	if (!vm->worker)
		return FALSE;
	vm->timeout = g_timeout_add_seconds(SERVICE_START_TIMEOUT_S, on_start_timeout, vm);
	return TRUE;
}

static void on_files(gpointer opaque, GPtrArray *files)
{
	struct start *start = opaque;
	struct vm *vm = vm_by_id(start->service, start->id);
	char *problem = caller_files_problem(files, start->who);
	GError *error = NULL;

	vm->is_opening = FALSE; /* a machine that starts cannot be deleted: it is there */
	if (vm->is_given_up)
		refuse(&error, API_ERROR_CANCELLED, "it was turned off meanwhile");
	else if (problem)
		refuse(&error, API_ERROR_FAILED, "%s", problem);
	else
		start_worker(vm, start, &error);
	vm->is_given_up = FALSE;
	if (error)
		give_up(vm, error);
	g_clear_error(&error);
	g_free(problem);
	g_ptr_array_unref(files);
	free_start(start);
}

void vm_start(struct vm *vm, const struct identity *who, vm_started_fn fn, gpointer opaque)
{
	struct start *start;
	GPtrArray *files;
	char *reason;
	GError *error = NULL;

	if (!vm_check_start(vm, &error)) {
		fn(opaque, error);
		g_error_free(error);
		return;
	}
	start = g_new0(struct start, 1);
	*start = (struct start){ .service = vm->service,
				 .id = g_strdup(vm->config->id),
				 .who = identity_copy(who),
				 .own_kernel = -1,
				 .own_initrd = -1,
				 .own_serial = -1 };
	files = caller_files_new();
	reason = g_strdup_printf("%s started it", who->user);
	vm_move(vm, VM_START, reason, NULL);
	g_free(reason);
	vm->on_started = fn;
	vm->on_started_opaque = opaque;
	vm->is_opening = TRUE;
	if (name_file(vm, files, vm->config->kernel, FILE_READ, &start->kernel, &start->own_kernel, &error) &&
	    name_file(vm, files, vm->config->initrd, FILE_READ, &start->initrd, &start->own_initrd, &error) &&
	    (vm->config->serial != VM_SERIAL_FILE ||
	     name_file(vm, files, vm->config->serial_path, FILE_APPEND, &start->serial, &start->own_serial,
		       &error))) {
		caller_files_open(start->who, files, on_files, start);
		return;
	}
	vm->is_opening = FALSE;
	give_up(vm, error);
	g_error_free(error);
	g_ptr_array_unref(files);
	free_start(start);
}
