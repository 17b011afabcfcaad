/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/switch_store.h"
#include "model/durable.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".conf"

int switch_store_open(int data)
{
	int fd;

	if (mkdirat(data, "switches", 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(data, "switches", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	durable_clean(fd);
	return fd;
}

static struct switch_config *load_one(int folder, const char *file, GError **error)
{
	struct switch_config *config = NULL;
	char *data = NULL;
	gsize size = 0;
	int r = durable_read(folder, file, SWITCH_CONFIG_FILE_MAX, &data, &size);

	if (r < 0)
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO, "it cannot be read: %s", g_strerror(-r));
	else
		config = switch_config_parse(data, size, error);
	g_free(data);
	if (config) {
		g_free(config->id);
		config->id = g_strndup(file, strlen(file) - strlen(SUFFIX));
	}
	return config;
}

void switch_store_load(int folder, void (*on_config)(gpointer opaque, struct switch_config *config),
		       void (*on_broken)(gpointer opaque, const char *file, const char *reason),
		       gpointer opaque)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		struct switch_config *config;
		GError *error = NULL;

		if (!g_str_has_suffix(entry->d_name, SUFFIX) || entry->d_name[0] == '.')
			continue;
		config = load_one(folder, entry->d_name, &error);
		if (config)
			on_config(opaque, config);
		else
			on_broken(opaque, entry->d_name, error->message);
		g_clear_error(&error);
	}
	if (dir)
		closedir(dir);
	else if (copy >= 0)
		close(copy);
}

static gboolean done(int r, const struct switch_config *config, const char *what, GError **error)
{
	if (r < 0)
		g_set_error(error, MODEL_ERROR, MODEL_ERROR_IO,
			    "%s: the virtual switch cannot be %s: %s; check the disk of the data folder",
			    config->name, what, g_strerror(-r));
	return r == 0;
}

gboolean switch_store_save(int folder, const struct switch_config *config, GError **error)
{
	char *file = g_strconcat(config->id, SUFFIX, NULL), *data;
	gsize size = 0;
	int r;

	data = switch_config_format(config, &size);
	r = durable_write(folder, file, data, size);
	g_free(data);
	g_free(file);
	return done(r, config, "written", error);
}

gboolean switch_store_remove(int folder, const struct switch_config *config, GError **error)
{
	char *file = g_strconcat(config->id, SUFFIX, NULL);
	int r = durable_remove(folder, file);

	g_free(file);
	return done(r, config, "removed", error);
}
