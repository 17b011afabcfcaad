/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/vm_store.h"
#include "model/checkpoint_store.h"
#include "model/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".conf"

struct vm_store {
	char *path;
	int fd, vms, trash, broken, storage, lock;
};

static gboolean fail(GError **error, enum model_error code, int r, const char *what, const char *path)
{
	g_set_error(error, MODEL_ERROR, code, "%s: %s: %s; check the disk and the permissions of this folder",
		    path, what, g_strerror(-r));
	return FALSE;
}

static char *file_name(const char *id)
{
	return g_strconcat(id, SUFFIX, NULL);
}

/* --- the folders ----------------------------------------------------------------------------------- */

static int open_folder(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int take_lock(struct vm_store *store)
{
	store->lock = openat(store->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (store->lock < 0)
		return -errno;
	return flock(store->lock, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
}

static gboolean open_all(struct vm_store *store, GError **error)
{
	struct {
		const char *name;
		int *fd;
	} folders[] = {
		{ "vms", &store->vms },
		{ "trash", &store->trash },
		{ "broken", &store->broken },
		{ "storage", &store->storage },
	};
	int r;

	if (g_mkdir_with_parents(store->path, 0700) < 0)
		return fail(error, MODEL_ERROR_IO, -errno, "cannot make this folder", store->path);
	store->fd = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->fd < 0)
		return fail(error, MODEL_ERROR_IO, -errno, "cannot open this folder", store->path);
	r = take_lock(store);
	if (r == -EWOULDBLOCK) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_EXISTS,
			    "%s: another management service uses this folder; stop it first", store->path);
		return FALSE;
	}
	if (r < 0)
		return fail(error, MODEL_ERROR_IO, r, "cannot lock it", store->path);
	for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++) {
		*folders[i].fd = open_folder(store->fd, folders[i].name);
		if (*folders[i].fd < 0)
			return fail(error, MODEL_ERROR_IO, *folders[i].fd, folders[i].name, store->path);
		durable_clean(*folders[i].fd);
	}
	fsync(store->fd);
	return TRUE;
}

struct vm_store *vm_store_open(const char *path, GError **error)
{
	struct vm_store *store = g_new0(struct vm_store, 1);

	store->path = g_strdup(path);
	store->fd = store->vms = store->trash = store->broken = store->storage = store->lock = -1;
	if (!open_all(store, error))
		return vm_store_close(store);
	return store;
}

struct vm_store *vm_store_close(struct vm_store *store)
{
	const int *fds;

	if (!store)
		return NULL;
	fds =
	    (const int[]){ store->vms, store->trash, store->broken, store->storage, store->fd, store->lock };
	for (unsigned i = 0; i < 6; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	g_free(store->path);
	g_free(store);
	return NULL;
}

const char *vm_store_path(const struct vm_store *store)
{
	return store->path;
}

int vm_store_fd(const struct vm_store *store)
{
	return store->fd;
}

/* --- loading --------------------------------------------------------------------------------------- */

/* The names without the suffix. Read at once: loading moves files. */
static GPtrArray *list_ids(int folder)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (g_str_has_suffix(entry->d_name, SUFFIX) && entry->d_name[0] != '.')
			g_ptr_array_add(ids,
					g_strndup(entry->d_name, strlen(entry->d_name) - strlen(SUFFIX)));
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
	return ids;
}

static struct vm_config *load_one(int folder, const char *id, GError **error)
{
	char *name = file_name(id), *data = NULL;
	struct vm_config *config = NULL;
	gsize size = 0;
	int r = durable_read(folder, name, VM_FILE_MAX, &data, &size);

	g_free(name);
	if (r == -EFBIG || r == -EINVAL || r == -ELOOP)
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN, "%s",
			    r == -EFBIG ? "the file is too long for a configuration"
					: "this is no regular file");
	else if (r < 0)
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO, "it cannot be read: %s", g_strerror(-r));
	else
		config = vm_config_parse(data, size, error);
	g_free(data);
	if (config && strcmp(config->id, id) != 0) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_BROKEN,
			    "the file is named for another machine than vm.id=%s in it", config->id);
		config = vm_config_free(config);
	}
	return config;
}

static void set_aside(struct vm_store *store, const char *id, const GError *reason,
		      vm_store_broken_fn on_broken, gpointer opaque)
{
	char *name = file_name(id), *shown = NULL;
	gboolean is_moved = FALSE;

	for (unsigned i = 0; reason->code == MODEL_ERROR_BROKEN && !is_moved && i < 1000; i++) {
		char *target = i ? g_strdup_printf("%s.%u", name, i) : g_strdup(name);
		int r = durable_move(store->vms, name, store->broken, target);

		is_moved = r == 0;
		if (is_moved)
			shown = g_build_filename(store->path, "broken", target, NULL);
		g_free(target);
		if (r < 0 && r != -EEXIST)
			break;
	}
	if (!is_moved)
		shown = g_build_filename(store->path, "vms", name, NULL);
	on_broken(opaque, shown, reason->message);
	g_free(shown);
	g_free(name);
}

gboolean vm_store_load(struct vm_store *store, vm_store_config_fn on_config, vm_store_broken_fn on_broken,
		       gpointer opaque, GError **error)
{
	GPtrArray *ids = list_ids(store->vms);

	for (guint i = 0; i < ids->len; i++) {
		GError *reason = NULL;
		struct vm_config *config = load_one(store->vms, ids->pdata[i], &reason);

		if (config)
			on_config(opaque, config);
		else
			set_aside(store, ids->pdata[i], reason, on_broken, opaque);
		g_clear_error(&reason);
	}
	g_ptr_array_unref(ids);
	return TRUE;
}

/* --- changes --------------------------------------------------------------------------------------- */

gboolean vm_store_save(struct vm_store *store, const struct vm_config *config, GError **error)
{
	char *name, *old = NULL, *data;
	gsize old_size = 0, size = 0;
	int r;

	if (!vm_config_check(config, error))
		return FALSE;
	name = file_name(config->id);
	if (durable_read(store->vms, name, VM_FILE_MAX, &old, &old_size) < 0)
		old = NULL;
	data = vm_config_format(config, old, &size);
	r = size > VM_FILE_MAX ? -EFBIG : durable_write(store->vms, name, data, size);
	g_free(old);
	g_free(data);
	g_free(name);
	return r < 0 ? fail(error, MODEL_ERROR_IO, r, "the configuration cannot be written", store->path)
		     : TRUE;
}

static gboolean move(struct vm_store *store, int from, int to, const char *id, const char *what,
		     GError **error)
{
	char *name = file_name(id);
	int r = vm_is_id(id) ? durable_move(from, name, to, name) : -EINVAL;

	g_free(name);
	if (r == -ENOENT) {
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_NOT_FOUND, "%s: there is no such machine", id);
		return FALSE;
	}
	return r < 0 ? fail(error, MODEL_ERROR_IO, r, what, store->path) : TRUE;
}

gboolean vm_store_trash(struct vm_store *store, const char *id, GError **error)
{
	return move(store, store->vms, store->trash, id, "the machine cannot be put into the trash", error);
}

gboolean vm_store_undelete(struct vm_store *store, const char *id, GError **error)
{
	return move(store, store->trash, store->vms, id, "the machine cannot be taken out of the trash",
		    error);
}

/* Own files are plain ones, without folders. */
int vm_store_remove_storage(struct vm_store *store, const char *id)
{
	int fd = vm_store_open_storage(store, id, FALSE), r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = durable_empty(fd);
	if (r < 0)
		return r;
	return unlinkat(store->storage, id, AT_REMOVEDIR) < 0 ? -errno : 0;
}

gboolean vm_store_purge(struct vm_store *store, const char *id, GError **error)
{
	char *name = file_name(id);
	int r = vm_is_id(id) ? 0 : -EINVAL;

	if (r == 0 && vm_store_deleted_at(store, id) == 0)
		r = -ENOENT;
	if (r == 0)
		r = vm_store_remove_storage(store, id);
	if (r == 0)
		r = checkpoint_store_remove(store, id);
	if (r == 0)
		r = durable_remove(store->trash, name);
	g_free(name);
	return r < 0 ? fail(error, MODEL_ERROR_IO, r, "the machine cannot be removed from the trash",
			    store->path)
		     : TRUE;
}

static void free_config(gpointer config)
{
	vm_config_free(config);
}

GPtrArray *vm_store_list_trash(struct vm_store *store)
{
	GPtrArray *configs = g_ptr_array_new_with_free_func(free_config);
	GPtrArray *ids = list_ids(store->trash);

	for (guint i = 0; i < ids->len; i++) {
		struct vm_config *config = load_one(store->trash, ids->pdata[i], NULL);

		if (config)
			g_ptr_array_add(configs, config);
	}
	g_ptr_array_unref(ids);
	return configs;
}

gint64 vm_store_deleted_at(struct vm_store *store, const char *id)
{
	char *name = file_name(id);
	struct stat st;
	int r = fstatat(store->trash, name, &st, AT_SYMLINK_NOFOLLOW);

	g_free(name);
	return r < 0 ? 0 : (gint64)st.st_ctim.tv_sec; /* the rename's time */
}

gboolean vm_store_has(struct vm_store *store, const char *id)
{
	const int folders[] = { store->vms, store->trash, store->broken };
	char *name = file_name(id);
	gboolean has = FALSE;

	for (unsigned i = 0; i < G_N_ELEMENTS(folders); i++)
		has |= faccessat(folders[i], name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	g_free(name);
	return has;
}

int vm_store_open_storage(struct vm_store *store, const char *id, gboolean makes)
{
	int fd;

	if (!vm_is_id(id))
		return -EINVAL;
	if (makes) {
		fd = open_folder(store->storage, id);
		if (fd >= 0)
			fsync(store->storage);
		return fd;
	}
	fd = openat(store->storage, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}
