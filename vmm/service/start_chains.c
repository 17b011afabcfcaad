/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/start_chains.h"
#include "service/disk_helper.h"
#include "service/parent_files.h"
#include "service/service.h"

#include "api/api_error.h"
#include "link/worker_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_S = 60 };

/* One disk: what its chain is to be found by, and the chain. */
struct item {
	guint index; /* among the machine's disks */
	char *name, *format;
	int fd; /* of start_files.h */
	struct worker_chain chain;
};

struct search {
	struct start_files *files;
	struct identity *who;
	char *folder;
	int folder_fd;
	GPtrArray *items;
	GCancellable *cancellable;
	guint timeout;
	start_chains_fn fn;
	start_chain_fn one_fn; /* instead of files and fn */
	gpointer opaque;
};

static void free_item(gpointer pointer)
{
	struct item *item = pointer;

	worker_chain_deinit(&item->chain);
	g_free(item->name);
	g_free(item->format);
	g_free(item);
}

static void free_search(struct search *search)
{
	if (search->timeout)
		g_source_remove(search->timeout);
	if (search->folder_fd >= 0)
		close(search->folder_fd);
	g_object_unref(search->cancellable);
	g_ptr_array_unref(search->items);
	identity_free(search->who);
	g_free(search->folder);
	g_free(search);
}

/* --- in the thread ----------------------------------------------------------------------------------- */

static void on_open(gpointer opaque, const char *path, int fd)
{
	struct item *item = opaque;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy >= 0) /* one that is missing is told by the worker */
		worker_chain_add(&item->chain, path, copy);
}

static gboolean find_one(const struct search *search, struct item *item, GError **error)
{
	struct parent_files parents = { .who = search->who,
					.folder = search->folder,
					.folder_fd = search->folder_fd,
					.on_open = on_open,
					.opaque = item };
	struct disk_chain chain = { 0 };
	struct disk_run run = { .cancellable = search->cancellable, .chain = &chain };
	struct link_message *request;
	gboolean is_good;

	if (link_message_new("chain", &request) < 0)
		return FALSE;
	link_add_fd(request, "file", item->fd);
	link_add(request, "file-name", item->name);
	link_add(request, "file-format", item->format);
	run.request = request;
	parent_files_serve(&parents, &chain);
	disk_chain_set(&chain, 0, item->name, item->fd);
	is_good = disk_helper_run(&run, error);
	disk_chain_clear(&chain);
	parent_files_deinit(&parents);
	link_message_free(request);
	return is_good;
}

static void run(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	struct search *search = data;
	GError *error = NULL;

	for (guint i = 0; i < search->items->len && !error; i++)
		if (!find_one(search, search->items->pdata[i], &error) && !error)
			g_set_error(&error, API_ERROR, API_ERROR_FAILED, "there is no memory left");
	if (error)
		g_task_return_error(task, error);
	else
		g_task_return_boolean(task, TRUE);
}

/* --- in the service ---------------------------------------------------------------------------------- */

static void tell(struct search *search, const GError *error)
{
	static struct worker_chain none;
	struct item *first = search->items->len ? search->items->pdata[0] : NULL;

	if (search->one_fn)
		search->one_fn(search->opaque, first ? &first->chain : &none, error);
	else
		search->fn(search->opaque, error);
	free_search(search);
}

static void on_done(GObject *source, GAsyncResult *result, gpointer opaque)
{
	struct search *search = opaque;
	GError *error = NULL;
	gboolean is_late = g_cancellable_is_cancelled(search->cancellable);

	if (g_task_propagate_boolean(G_TASK(result), &error)) {
		for (guint i = 0; search->files && i < search->items->len; i++) {
			struct item *item = search->items->pdata[i];

			start_files_take_chain(search->files, item->index, &item->chain);
		}
	} else if (is_late) {
		g_clear_error(&error);
		g_set_error(&error, API_ERROR, API_ERROR_FAILED,
			    "the parents of its disks cannot be read in %d s; check their storage",
			    TIMEOUT_S);
	}
	tell(search, error);
	g_clear_error(&error);
}

static gboolean on_timeout(gpointer opaque)
{
	struct search *search = opaque;

	search->timeout = 0;
	g_cancellable_cancel(search->cancellable);
	return G_SOURCE_REMOVE;
}

/* Only these formats have parents; the worker takes the format from the name, too. */
static void add_item(struct search *search, guint index, const struct vm_disk *disk, int fd)
{
	const char *format = worker_disk_format(disk->path);
	struct item *item;

	if (disk->media != VM_HARD_DISK || fd < 0 || disk->is_pass_through || strcmp(format, "raw") == 0)
		return;
	item = g_new0(struct item, 1);
	item->index = index;
	item->name = vm_path_is_own(disk->path) ? g_build_filename(search->folder, disk->path, NULL)
						: g_strdup(disk->path);
	item->format = g_strdup(format);
	item->fd = fd;
	g_ptr_array_add(search->items, item);
}

static struct search *search_new(const struct vm *vm, const struct identity *who, gpointer opaque)
{
	struct search *search = g_new0(struct search, 1);

	*search = (struct search){ .who = identity_copy(who),
				   .items = g_ptr_array_new_with_free_func(free_item),
				   .cancellable = g_cancellable_new(),
				   .opaque = opaque };
	search->folder = g_build_filename(vm_store_path(vm->service->store), "storage", vm->config->id, NULL);
	search->folder_fd = vm_store_open_storage(vm->service->store, vm->config->id, FALSE);
	return search;
}

static void begin(struct search *search)
{
	GTask *task;

	if (search->items->len == 0) {
		tell(search, NULL);
		return;
	}
	search->timeout = g_timeout_add_seconds(TIMEOUT_S, on_timeout, search);
	task = g_task_new(NULL, search->cancellable, on_done, search);
	g_task_set_check_cancellable(task, FALSE);
	g_task_set_task_data(task, search, NULL);
	g_task_run_in_thread(task, run);
	g_object_unref(task);
}

void start_chains_find(struct start_files *files, const struct vm *vm, const struct identity *who,
		       start_chains_fn fn, gpointer opaque)
{
	struct search *search = search_new(vm, who, opaque);

	search->files = files;
	search->fn = fn;
	for (guint i = 0; i < vm->config->disks->len; i++)
		add_item(search, i, vm->config->disks->pdata[i], start_files_disk(files, i));
	begin(search);
}

void start_chain_find_one(const struct vm *vm, const struct vm_disk *disk, int fd, const struct identity *who,
			  start_chain_fn fn, gpointer opaque)
{
	struct search *search = search_new(vm, who, opaque);

	search->one_fn = fn;
	add_item(search, 0, disk, fd);
	begin(search);
}
