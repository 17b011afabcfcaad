/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/missing_files.h"
#include "service/service.h"
#include "service/vm.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
	char *vm_id;
	char *path;
	gboolean is_missing;
};

struct look {
	struct service *service;
	GPtrArray *files; /* struct file */
	GPtrArray *ids;	  /* of the machines that were looked at */
	guint next;
	int results; /* a byte for each file */
	GPid pid;
	guint watch, timeout;
};

/* --- what to look at --------------------------------------------------------------------------------- */

static void free_file(gpointer pointer)
{
	struct file *file = pointer;

	g_free(file->vm_id);
	g_free(file->path);
	g_free(file);
}

static void add_file(struct look *look, const struct vm *vm, const char *path)
{
	struct file *file;

	if (!*path)
		return;
	file = g_new0(struct file, 1);
	file->vm_id = g_strdup(vm->config->id);
	file->path = vm_path_is_own(path) ? g_build_filename(vm_store_path(look->service->store), "storage",
							     vm->config->id, path, NULL)
					  : g_strdup(path);
	g_ptr_array_add(look->files, file);
}

static void add_machine(struct look *look, const struct vm *vm)
{
	const struct vm_config *config = vm->config;

	if (!vm_state_is_off(vm->life.state))
		return;
	g_ptr_array_add(look->ids, g_strdup(config->id));
	add_file(look, vm, config->kernel);
	add_file(look, vm, config->initrd);
	for (guint i = 0; i < config->disks->len; i++)
		add_file(look, vm, ((struct vm_disk *)config->disks->pdata[i])->path);
}

static void free_look(struct look *look)
{
	if (look->watch)
		g_source_remove(look->watch);
	if (look->timeout)
		g_source_remove(look->timeout);
	if (look->results >= 0)
		close(look->results);
	g_ptr_array_unref(look->files);
	g_ptr_array_unref(look->ids);
	g_free(look);
}

/* --- the child: only what is async-signal-safe --------------------------------------------------------- */

__attribute__((noreturn)) static void run_child(const GPtrArray *files, int results)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (guint i = 0; i < files->len; i++) {
		const struct file *file = files->pdata[i];
		struct stat st;
		char is_missing = stat(file->path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR);

		if (write(results, &is_missing, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* --- what follows ------------------------------------------------------------------------------------ */

static const char *missing_of(const struct look *look, const char *id)
{
	for (guint i = 0; i < look->next; i++) {
		const struct file *file = look->files->pdata[i];

		if (file->is_missing && strcmp(file->vm_id, id) == 0)
			return file->path;
	}
	return NULL;
}

static void apply(const struct look *look, struct vm *vm)
{
	const char *path = missing_of(look, vm->config->id);
	char *reason;

	if (!path && vm->life.state == VM_OFF_CRITICAL)
		vm_move(vm, VM_HELPED, "its files are all there again", NULL);
	if (!path || !vm_state_is_off(vm->life.state))
		return;
	reason = g_strdup_printf("its file %s is missing", path);
	if (vm->life.state == VM_OFF)
		vm_move(vm, VM_NEEDS_HELP, reason, NULL);
	g_free(reason);
}

static void finish(struct look *look)
{
	for (guint i = 0; i < look->ids->len; i++) {
		struct vm *vm = vm_by_id(look->service, look->ids->pdata[i]);

		if (vm)
			apply(look, vm);
	}
	free_look(look);
}

static gboolean on_results(int fd, GIOCondition condition, gpointer opaque)
{
	struct look *look = opaque;
	char bytes[256];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n && look->next < look->files->len; i++)
		((struct file *)look->files->pdata[look->next++])->is_missing = bytes[i] == 1;
	if (n > 0 && look->next < look->files->len)
		return G_SOURCE_CONTINUE;
	look->watch = 0;
	finish(look);
	return G_SOURCE_REMOVE;
}

/* What was not answered counts as there. */
static gboolean on_timeout(gpointer opaque)
{
	struct look *look = opaque;

	look->timeout = 0;
	kill(look->pid, SIGKILL);
	finish(look);
	return G_SOURCE_REMOVE;
}

static void on_child_gone(GPid pid, int status, gpointer opaque)
{
	g_spawn_close_pid(pid);
}

static gboolean start(struct look *look)
{
	int pair[2];

	if (!g_unix_open_pipe(pair, FD_CLOEXEC, NULL))
		return FALSE;
	look->pid = fork();
	if (look->pid == 0)
		run_child(look->files, pair[1]);
	close(pair[1]);
	look->results = pair[0];
	if (look->pid < 0)
		return FALSE;
	g_child_watch_add(look->pid, on_child_gone, NULL);
	look->watch = g_unix_fd_add(look->results, G_IO_IN | G_IO_HUP | G_IO_ERR, on_results, look);
	look->timeout = g_timeout_add_seconds(SERVICE_FILES_TIMEOUT_S, on_timeout, look);
	return TRUE;
}

void missing_files_check(struct service *service, const struct vm *vm)
{
	struct look *look = g_new0(struct look, 1);
	GHashTableIter iter;
	gpointer each;

	look->service = service;
	look->results = -1;
	look->files = g_ptr_array_new_with_free_func(free_file);
	look->ids = g_ptr_array_new_with_free_func(g_free);
	if (vm)
		add_machine(look, vm);
	g_hash_table_iter_init(&iter, service->vms);
	while (!vm && g_hash_table_iter_next(&iter, NULL, &each))
		add_machine(look, each);
	if (look->files->len == 0)
		finish(look); /* one that had lacked something may need nothing any more */
	else if (!start(look))
		free_look(look);
}
