/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/checkpoint_disks.h"
#include "service/caller_files.h"
#include "service/disk_helper.h"
#include "service/disks_in_use.h"
#include "service/own_file.h"
#include "service/parent_files.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "link/worker_chain.h"
#include "link/worker_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean checkpoint_disks_init(struct checkpoint_disks *disks, const struct vm *vm,
			       const struct identity *who, GError **error)
{
	*disks = (struct checkpoint_disks){ .folder_fd = vm_store_open_storage(vm->service->store,
									       vm->config->id, TRUE) };
	if (disks->folder_fd < 0)
		return api_refuse(error, API_ERROR_FAILED,
				  "the folder of %s cannot be opened: %s; check the disk", vm->config->name,
				  g_strerror(-disks->folder_fd));
	disks->who = identity_copy(who);
	disks->folder = g_build_filename(vm_store_path(vm->service->store), "storage", vm->config->id, NULL);
	disks->in_use = disks_in_use_list(vm->service);
	return TRUE;
}

void checkpoint_disks_look_again(struct checkpoint_disks *disks, const struct service *service)
{
	g_array_unref(disks->in_use);
	disks->in_use = disks_in_use_list(service);
}

void checkpoint_disks_look_at_others(struct checkpoint_disks *disks, const struct vm *but)
{
	g_array_unref(disks->in_use);
	disks->in_use = disks_in_use_list_others(but->service, but);
}

void checkpoint_disks_deinit(struct checkpoint_disks *disks)
{
	if (!disks->folder)
		return;
	close(disks->folder_fd);
	identity_free(disks->who);
	g_free(disks->folder);
	g_array_unref(disks->in_use);
	disks->folder = NULL;
}

/* --- names ------------------------------------------------------------------------------------------- */

const char *checkpoint_disks_refusal(const char *path)
{
	return strcmp(worker_disk_format(path), "raw") == 0
		   ? "an image of this format cannot have differencing disks; convert it to VHDX with "
		     "`bulkhead disk "
		     "convert`, and attach that"
		   : NULL;
}

/* Without its identity and its ending. */
static char *stem_of(const char *path)
{
	char *base = g_path_get_basename(path), *dot = strrchr(base, '.');
	gsize length;

	if (dot && dot != base)
		*dot = '\0';
	length = strlen(base);
	if (length > 37 && base[length - 37] == '_')
		base[length - 37] = '\0';
	return base;
}

char *checkpoint_disks_plain_name(const char *path)
{
	char *stem = stem_of(path);
	char *name = g_strconcat(stem, strcmp(worker_disk_format(path), "vhd") == 0 ? ".vhd" : ".vhdx", NULL);

	g_free(stem);
	return name;
}

/* "web_0b5c….vhdx" and "web.vhdx" both give "web_1d2e….avhdx", as Hyper-V names them. */
char *checkpoint_disks_name(const char *path, const char *location)
{
	char *base = stem_of(path), *id = g_uuid_string_random(), *name, *full;
	gboolean is_vhd = strcmp(worker_disk_format(path), "vhd") == 0;
	const char *end;

	if (strlen(base) > VM_NAME_MAX) {
		base[VM_NAME_MAX] = '\0';
		g_utf8_validate(base, -1, &end);
		base[end - base] = '\0';
	}
	name = g_strdup_printf("%s_%s.%s", base, id, is_vhd ? "avhd" : "avhdx");
	full = *location ? g_build_filename(location, name, NULL) : g_strdup(name);
	g_free(base);
	g_free(id);
	g_free(name);
	return full;
}

static char *full_name(const struct checkpoint_disks *disks, const char *path)
{
	return vm_path_is_own(path) ? g_build_filename(disks->folder, path, NULL) : g_strdup(path);
}

gboolean checkpoint_disks_add_paths(const struct checkpoint_disks *disks, struct link_message *message,
				    int child, const char *parent, int parent_fd, GError **error)
{
	char *name = full_name(disks, parent);
	gboolean is_good = parent_paths_add(message, child, parent_fd, name, error);

	g_free(name);
	return is_good;
}

/* --- files ------------------------------------------------------------------------------------------- */

static int open_own(const struct checkpoint_disks *disks, const char *path, enum file_need need,
		    GError **error)
{
	struct stat st;
	int fd;

	if (need == FILE_NEW) {
		fd = own_file_new(disks->folder_fd, path);
		errno = fd < 0 ? -fd : 0;
	} else {
		fd = openat(disks->folder_fd, path,
			    (need == FILE_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	}
	if (fd < 0) {
		api_refuse(error, API_ERROR_FAILED,
			   "%s: this image in the machine's own folder cannot be opened: %s; check the disk",
			   path, g_strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	api_refuse(error, API_ERROR_FAILED,
		   "%s: this is no regular file; remove it from the machine's own folder", path);
	return -1;
}

static int open_theirs(const struct checkpoint_disks *disks, const char *path, enum file_need need,
		       GError **error)
{
	GPtrArray *files = caller_files_new();
	struct caller_file *file = caller_files_add(files, path, need);
	char *problem;
	int fd = -1;

	caller_files_open_now(disks->who, files);
	problem = caller_files_problem(files, disks->who);
	if (problem)
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
	else
		fd = caller_file_take(file);
	g_free(problem);
	g_ptr_array_unref(files);
	return fd;
}

int checkpoint_disks_open(const struct checkpoint_disks *disks, const char *path, enum file_need need,
			  GError **error)
{
	int fd =
	    vm_path_is_own(path) ? open_own(disks, path, need, error) : open_theirs(disks, path, need, error);
	const char *machine = fd >= 0 && need == FILE_WRITE ? disks_in_use_by(disks->in_use, fd, TRUE) : NULL;

	if (!machine)
		return fd;
	close(fd);
	api_refuse(error, API_ERROR_FAILED,
		   "%s is in use by the virtual machine %s; turn that off, then try again", path, machine);
	return -1;
}

/* KEEP, REMOVE: what has a descriptor. */
static gboolean rename_theirs(const struct checkpoint_disks *disks, const char *path, int fd,
			      enum file_need need, GError **error)
{
	GPtrArray *files = caller_files_new();
	char *problem;

	caller_files_add(files, path, need)->given = fd;
	caller_files_open_now(disks->who, files);
	problem = caller_files_problem(files, disks->who);
	if (problem)
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
	g_ptr_array_unref(files);
	g_free(problem);
	return problem == NULL;
}

gboolean checkpoint_disks_keep(const struct checkpoint_disks *disks, const char *path, int fd, GError **error)
{
	int r;

	if (!vm_path_is_own(path))
		return rename_theirs(disks, path, fd, FILE_KEEP, error);
	r = own_file_keep(disks->folder_fd, fd, path);
	return r == 0 || api_refuse(error, API_ERROR_FAILED, "%s: it cannot be kept: %s; check the disk",
				    path, g_strerror(-r));
}

void checkpoint_disks_undo(const struct checkpoint_disks *disks, const char *path, int fd)
{
	struct stat st;

	if (vm_path_is_own(path))
		own_file_undo(disks->folder_fd, fd, path);
	else if (fstat(fd, &st) == 0 && st.st_nlink > 0)
		rename_theirs(disks, path, fd, FILE_REMOVE, NULL);
}

gboolean checkpoint_disks_remove(struct checkpoint_disks *disks, const char *path, GError **error)
{
	GPtrArray *files;
	char *problem;
	int fd, error_number;
	gboolean is_good;

	if (vm_path_is_own(path))
		return unlinkat(disks->folder_fd, path, 0) == 0 || errno == ENOENT ||
		       api_refuse(error, API_ERROR_FAILED,
				  "%s: this image of a checkpoint cannot be removed: %s; check the disk",
				  path, g_strerror(errno));
	files = caller_files_new();
	caller_files_add(files, path, FILE_READ);
	caller_files_open_now(disks->who, files);
	problem = caller_files_problem(files, disks->who);
	error_number = ((struct caller_file *)files->pdata[0])->error;
	fd = caller_file_take(files->pdata[0]);
	g_ptr_array_unref(files);
	is_good = fd >= 0 ? rename_theirs(disks, path, fd, FILE_REMOVE, error)
			  : error_number == ENOENT || api_refuse(error, API_ERROR_FAILED, "%s", problem);
	if (fd >= 0)
		close(fd);
	g_free(problem);
	return is_good;
}

/* --- the helper -------------------------------------------------------------------------------------- */

struct work {
	struct checkpoint_disks *disks;
	struct parent_files parents;
	struct disk_chain chain;
	struct link_message *request;
};

static gboolean begin(struct work *work, struct checkpoint_disks *disks, const char *verb, GError **error)
{
	memset(work, 0, sizeof(*work));
	work->disks = disks;
	work->parents = (struct parent_files){ .who = disks->who,
					       .folder = disks->folder,
					       .folder_fd = disks->folder_fd,
					       .in_use = disks->in_use };
	parent_files_serve(&work->parents, &work->chain);
	return link_message_new(verb, &work->request) == 0 ||
	       api_refuse(error, API_ERROR_FAILED, "there is no memory left");
}

static void add_image(struct work *work, const char *field, const char *path, int fd)
{
	char *name = full_name(work->disks, path), *key = g_strdup_printf("%s-name", field);

	link_add_fd(work->request, field, fd);
	link_add(work->request, key, name);
	if (strcmp(field, "file") == 0) {
		link_add(work->request, "file-format", worker_disk_format(path));
		disk_chain_set(&work->chain, 0, name, fd);
	} else {
		disk_chain_set(&work->chain, strcmp(field, "to") == 0 ? 0 : 1, name, fd);
	}
	g_free(key);
	g_free(name);
}

/* Runs it, when all was good so far. */
static gboolean run(struct work *work, struct job *job, gboolean is_good, GError **error)
{
	struct disk_run run = {
		.cancellable = job->cancellable, .job = job, .request = work->request, .chain = &work->chain
	};

	is_good = is_good && disk_helper_run(&run, error);
	disk_chain_clear(&work->chain);
	parent_files_deinit(&work->parents);
	link_message_free(work->request);
	return is_good;
}

static gboolean create(struct checkpoint_disks *disks, struct job *job, const char *parent, int parent_fd,
		       const char *child, int fd, GError **error)
{
	static const char *const zeros[] = { "size", "block-size", "sector-size" };
	struct work work;
	char *name = full_name(disks, parent);
	gboolean is_good = begin(&work, disks, "create", error);

	if (is_good) {
		add_image(&work, "to", child, fd);
		add_image(&work, "parent", parent, parent_fd);
		link_add(work.request, "format", worker_disk_format(parent));
		link_add(work.request, "type", "differencing");
		for (unsigned i = 0; i < G_N_ELEMENTS(zeros); i++)
			link_add_number(work.request, zeros[i], 0);
		is_good = parent_paths_add(work.request, fd, parent_fd, name, error);
	}
	g_free(name);
	return run(&work, job, is_good, error);
}

gboolean checkpoint_disks_make(struct checkpoint_disks *disks, struct job *job, const char *parent,
			       const char *child, GError **error)
{
	int parent_fd = checkpoint_disks_open(disks, parent, FILE_READ, error), fd;
	gboolean is_good;

	if (parent_fd < 0)
		return FALSE;
	fd = checkpoint_disks_open(disks, child, FILE_NEW, error);
	is_good = fd >= 0 && create(disks, job, parent, parent_fd, child, fd, error) &&
		  checkpoint_disks_keep(disks, child, fd, error);
	if (fd >= 0 && !is_good)
		checkpoint_disks_undo(disks, child, fd);
	if (fd >= 0)
		close(fd);
	close(parent_fd);
	return is_good;
}

gboolean checkpoint_disks_merge(struct checkpoint_disks *disks, struct job *job, const char *child,
				GError **error)
{
	int fd = checkpoint_disks_open(disks, child, FILE_WRITE, error);
	struct work work;
	gboolean is_good;

	if (fd < 0)
		return FALSE;
	is_good = begin(&work, disks, "merge", error);
	if (is_good)
		add_image(&work, "file", child, fd);
	is_good = run(&work, job, is_good, error);
	close(fd);
	return is_good;
}

gboolean checkpoint_disks_reconnect_open(struct checkpoint_disks *disks, struct job *job, const char *child,
					 int fd, const char *parent, int parent_fd, GError **error)
{
	char *name = full_name(disks, parent);
	struct work work;
	gboolean is_good = begin(&work, disks, "reconnect", error);

	if (is_good) {
		add_image(&work, "file", child, fd);
		add_image(&work, "parent", parent, parent_fd);
		/* What it holds is the same, but its identity is another since its content was written. */
		link_add_number(work.request, "force", 1);
		is_good = parent_paths_add(work.request, fd, parent_fd, name, error);
		is_good = run(&work, job, is_good, error);
	}
	g_free(name);
	return is_good;
}

gboolean checkpoint_disks_reconnect(struct checkpoint_disks *disks, struct job *job, const char *child,
				    const char *parent, GError **error)
{
	int fd = checkpoint_disks_open(disks, child, FILE_WRITE, error);
	int parent_fd = fd < 0 ? -1 : checkpoint_disks_open(disks, parent, FILE_READ, error);
	gboolean is_good = parent_fd >= 0 &&
			   checkpoint_disks_reconnect_open(disks, job, child, fd, parent, parent_fd, error);

	if (parent_fd >= 0)
		close(parent_fd);
	if (fd >= 0)
		close(fd);
	return is_good;
}

/* The first that is asked for is the parent; those behind it are its own. */
struct parent_seen {
	char *path;
	struct stat st;
};

static void on_parent(gpointer opaque, const char *path, int fd)
{
	struct parent_seen *seen = opaque;

	if (!seen->path && fstat(fd, &seen->st) == 0)
		seen->path = g_strdup(path);
}

gboolean checkpoint_disks_parent(struct checkpoint_disks *disks, struct job *job, const char *path, int fd,
				 char **ret_parent, struct stat *ret_st, GError **error)
{
	struct parent_seen seen = { 0 };
	struct work work;
	gboolean is_good;

	*ret_parent = NULL;
	if (strcmp(worker_disk_format(path), "raw") == 0)
		return TRUE;
	is_good = begin(&work, disks, "chain", error);
	work.parents.on_open = on_parent;
	work.parents.opaque = &seen;
	if (is_good)
		add_image(&work, "file", path, fd);
	is_good = run(&work, job, is_good, error);
	*ret_parent = seen.path;
	*ret_st = seen.st;
	return is_good;
}

static void on_chain(gpointer opaque, const char *path, int fd)
{
	struct worker_chain *chain = opaque;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (copy >= 0)
		worker_chain_add(chain, path, copy);
}

/* One that cannot be handed on is missing where the chain is opened, which says so. */
gboolean checkpoint_disks_chain(struct checkpoint_disks *disks, struct job *job, const char *path, int fd,
				struct worker_chain *ret_chain, GError **error)
{
	struct work work;
	gboolean is_good = begin(&work, disks, "chain", error);

	work.parents.on_open = on_chain;
	work.parents.opaque = ret_chain;
	if (is_good)
		add_image(&work, "file", path, fd);
	return run(&work, job, is_good, error);
}

gboolean checkpoint_disks_flatten(struct checkpoint_disks *disks, struct job *job, int fd, const char *path,
				  int to, const char *to_name, GError **error)
{
	static const char *const zeros[] = { "size", "block-size", "sector-size" };
	struct work work;
	gboolean is_good = begin(&work, disks, "convert", error);

	if (is_good) {
		add_image(&work, "file", path, fd);
		link_add_fd(work.request, "to", to);
		link_add(work.request, "to-name", to_name);
		link_add(work.request, "format", worker_disk_format(path));
		link_add(work.request, "type", "dynamic");
		for (unsigned i = 0; i < G_N_ELEMENTS(zeros); i++)
			link_add_number(work.request, zeros[i], 0);
	}
	return run(&work, job, is_good, error);
}
