/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/checkpoint_store.h"
#include "model/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER	  "checkpoints"
#define TREE_FILE "tree.conf"
#define SUFFIX	  ".conf"
#define STATE	  ".state"

static gboolean fail(GError **error, int r, const char *what)
{
	g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO, "%s: %s; check the disk of the inventory", what,
		    g_strerror(-r));
	return FALSE;
}

static int open_folder(int parent, const char *name, gboolean makes)
{
	int fd;

	if (makes && mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	if (makes)
		fsync(parent);
	return fd;
}

int checkpoint_store_open(struct vm_store *store, const char *id, gboolean makes)
{
	int all = vm_is_id(id) ? open_folder(vm_store_fd(store), FOLDER, makes) : -EINVAL;
	int fd = all < 0 ? all : open_folder(all, id, makes);

	if (all >= 0)
		close(all);
	return fd;
}

/* --- loading ----------------------------------------------------------------------------------------- */

static struct vm_config *load_config(int folder, const char *id, const char *checkpoint)
{
	char *name = g_strconcat(checkpoint, SUFFIX, NULL), *data = NULL;
	struct vm_config *config = NULL;
	gsize size = 0;

	if (durable_read(folder, name, VM_FILE_MAX, &data, &size) == 0)
		config = vm_config_parse(data, size, NULL);
	if (config && strcmp(config->id, id) != 0)
		config = vm_config_free(config);
	g_free(data);
	g_free(name);
	return config;
}

/* Those of checkpoints that never came to be. */
static void remove_strangers(int folder, const struct checkpoint_tree *tree)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		gboolean is_ours = dot && (strcmp(dot, SUFFIX) == 0 || strcmp(dot, STATE) == 0);
		char *id = is_ours ? g_strndup(entry->d_name, (gsize)(dot - entry->d_name)) : NULL;

		if (id && vm_is_id(id) && !checkpoint_by_id(tree, id))
			unlinkat(folder, entry->d_name, 0);
		g_free(id);
	}
	if (dir)
		closedir(dir);
}

static void settle(struct checkpoint_tree *tree, const struct vm_config *now)
{
	for (guint i = tree->checkpoints->len; i > 0; i--) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i - 1];

		if (checkpoint->is_pending && strcmp(now->checkpoint, checkpoint->id) == 0)
			checkpoint->is_pending = FALSE;
		else if (checkpoint->is_pending)
			checkpoint_remove(tree, checkpoint);
	}
}

static struct checkpoint_tree *load(int folder, const struct vm_config *now, GError **error)
{
	struct checkpoint_tree *tree;
	char *data = NULL;
	gsize size = 0;
	int r;

	durable_clean(folder);
	r = durable_read(folder, TREE_FILE, CHECKPOINT_TREE_MAX, &data, &size);
	if (r == -ENOENT)
		return checkpoint_tree_new();
	if (r < 0) {
		fail(error, r, TREE_FILE " cannot be read");
		return NULL;
	}
	tree = checkpoint_tree_parse(data, size, error);
	g_free(data);
	if (!tree)
		return NULL;
	settle(tree, now);
	for (guint i = 0; i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];

		checkpoint->config = load_config(folder, now->id, checkpoint->id);
	}
	remove_strangers(folder, tree);
	return tree;
}

struct checkpoint_tree *checkpoint_store_load(struct vm_store *store, const struct vm_config *now,
					      GError **error)
{
	int folder = checkpoint_store_open(store, now->id, FALSE);
	struct checkpoint_tree *tree;

	if (folder == -ENOENT)
		return checkpoint_tree_new();
	if (folder < 0) {
		fail(error, folder, "the folder of its checkpoints cannot be opened");
		return NULL;
	}
	tree = load(folder, now, error);
	close(folder);
	return tree;
}

/* --- saving ------------------------------------------------------------------------------------------ */

static gboolean write_file(struct vm_store *store, const char *id, const char *name, const char *data,
			   gsize size, GError **error)
{
	int folder = checkpoint_store_open(store, id, TRUE);
	int r = folder < 0 ? folder : durable_write(folder, name, data, size);

	if (folder >= 0)
		close(folder);
	return r == 0 || fail(error, r, "the list of checkpoints cannot be written");
}

gboolean checkpoint_store_save(struct vm_store *store, const char *id, const struct checkpoint_tree *tree,
			       GError **error)
{
	gsize size;
	char *data = checkpoint_tree_format(tree, &size);
	gboolean is_good = size <= CHECKPOINT_TREE_MAX
			       ? write_file(store, id, TREE_FILE, data, size, error)
			       : fail(error, -EFBIG, "there are too many checkpoints");

	g_free(data);
	return is_good;
}

gboolean checkpoint_store_save_config(struct vm_store *store, const char *id,
				      const struct checkpoint *checkpoint, GError **error)
{
	char *name = g_strconcat(checkpoint->id, SUFFIX, NULL);
	gsize size;
	char *data = vm_config_format(checkpoint->config, NULL, &size);
	gboolean is_good = write_file(store, id, name, data, size, error);

	g_free(data);
	g_free(name);
	return is_good;
}

void checkpoint_store_forget(struct vm_store *store, const char *id, const char *checkpoint)
{
	int folder = checkpoint_store_open(store, id, FALSE);
	char *name = g_strconcat(checkpoint, SUFFIX, NULL), *state = checkpoint_store_state_name(checkpoint);

	if (folder >= 0) {
		unlinkat(folder, name, 0);
		unlinkat(folder, state, 0);
		close(folder);
	}
	g_free(name);
	g_free(state);
}

char *checkpoint_store_state_name(const char *checkpoint)
{
	return g_strconcat(checkpoint, STATE, NULL);
}

int checkpoint_store_remove(struct vm_store *store, const char *id)
{
	int fd = checkpoint_store_open(store, id, FALSE), all, r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	r = durable_empty(fd);
	if (r < 0)
		return r;
	all = open_folder(vm_store_fd(store), FOLDER, FALSE);
	if (all < 0)
		return all;
	unlinkat(all, id, AT_REMOVEDIR);
	close(all);
	return 0;
}
