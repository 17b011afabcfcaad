/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/com_sockets.h"
#include "service/caller_files.h"
#include "service/service.h"
#include "service/vm.h"

#include "model/durable.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORD_MAX = 16384 };

struct com_socket {
	char *path;
	int fd;		       /* its name, by O_PATH: while it is open no other one has its inode; -1 */
	guint64 device, inode; /* of a record: what it must be; 0: whatever it is */
};

struct com_sockets {
	struct identity *who;
	guint count;
	struct com_socket each[VM_COMS];
	char *record; /* its name */
	int folder;   /* where the record is; the service's */
	/* What is due when the names were looked at; the machine may be gone then. */
	gboolean is_looking, is_over, is_forgotten;
};

static void free_sockets(struct com_sockets *sockets)
{
	for (guint i = 0; i < sockets->count; i++) {
		g_free(sockets->each[i].path);
		if (sockets->each[i].fd >= 0)
			close(sockets->each[i].fd);
	}
	identity_free(sockets->who);
	g_free(sockets->record);
	g_free(sockets);
}

static struct com_sockets *sockets_new(struct vm *vm, struct identity *who)
{
	struct com_sockets *sockets = g_new0(struct com_sockets, 1);

	sockets->who = who;
	sockets->folder = vm->service->workers_fd;
	sockets->record = g_strconcat(vm->config->id, ".coms", NULL);
	return sockets;
}

/* Takes the path. */
static void add(struct com_sockets *sockets, char *path, guint64 device, guint64 inode)
{
	sockets->each[sockets->count++] =
	    (struct com_socket){ .path = path, .fd = -1, .device = device, .inode = inode };
}

/* --- the names, with their user's rights ------------------------------------------------------------------- */

static void on_removed(gpointer opaque, GPtrArray *files)
{
	close(((struct caller_file *)files->pdata[0])->given);
	g_ptr_array_unref(files); /* who has moved or replaced it wanted it so */
}

static void remove_all(struct com_sockets *sockets)
{
	for (guint i = 0; i < sockets->count; i++) {
		GPtrArray *files;

		if (sockets->each[i].fd < 0)
			continue;
		files = caller_files_new();
		caller_files_add(files, sockets->each[i].path, FILE_REMOVE)->given = sockets->each[i].fd;
		sockets->each[i].fd = -1;
		caller_files_open(sockets->who, files, on_removed, NULL);
	}
	free_sockets(sockets);
}

static void keep(struct com_socket *one, int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) ||
	    (one->inode && (st.st_dev != one->device || st.st_ino != one->inode))) {
		close(fd);
		return;
	}
	one->fd = fd;
	one->device = st.st_dev;
	one->inode = st.st_ino;
}

/* "UID GID", then "DEVICE INODE PATH" for each. */
static void write_record(const struct com_sockets *sockets)
{
	GString *text = g_string_new(NULL);

	g_string_printf(text, "%u %u\n", sockets->who->uid, sockets->who->gid);
	for (guint i = 0; i < sockets->count; i++)
		if (sockets->each[i].fd >= 0)
			g_string_append_printf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s\n",
					       sockets->each[i].device, sockets->each[i].inode,
					       sockets->each[i].path);
	/* without it the next start makes room */
	durable_write(sockets->folder, sockets->record, text->str, text->len);
	g_string_free(text, TRUE);
}

static void on_looked(gpointer opaque, GPtrArray *files)
{
	struct com_sockets *sockets = opaque;

	for (guint i = 0; i < files->len; i++)
		keep(&sockets->each[i], caller_file_take(files->pdata[i]));
	g_ptr_array_unref(files);
	sockets->is_looking = FALSE;
	if (sockets->is_forgotten)
		free_sockets(sockets);
	else if (sockets->is_over)
		remove_all(sockets);
	else
		write_record(sockets);
}

static void look(struct vm *vm, struct com_sockets *sockets)
{
	GPtrArray *files;

	if (sockets->count == 0) {
		free_sockets(sockets);
		return;
	}
	com_sockets_forget(vm);
	vm->com_sockets = sockets;
	sockets->is_looking = TRUE;
	files = caller_files_new();
	for (guint i = 0; i < sockets->count; i++)
		caller_files_add(files, sockets->each[i].path, FILE_NAME);
	caller_files_open(sockets->who, files, on_looked, sockets);
}

/* --- of a machine ------------------------------------------------------------------------------------------- */

void com_sockets_note(struct vm *vm, const struct identity *who)
{
	struct com_sockets *sockets = sockets_new(vm, identity_copy(who));

	for (unsigned i = 0; i < VM_COMS; i++)
		if (vm->config->coms[i].kind == VM_SERIAL_SOCKET)
			add(sockets, g_strdup(vm->config->coms[i].path), 0, 0);
	look(vm, sockets);
}

void com_sockets_find(struct vm *vm)
{
	char *name = g_strconcat(vm->config->id, ".coms", NULL), *text = NULL, **lines;
	struct com_sockets *sockets;
	unsigned uid, gid;
	gsize size;
	int r = durable_read(vm->service->workers_fd, name, RECORD_MAX, &text, &size);

	g_free(name);
	if (r < 0)
		return;
	lines = g_strsplit(text, "\n", 2 + VM_COMS);
	if (lines[0] && sscanf(lines[0], "%u %u", &uid, &gid) == 2) {
		sockets = sockets_new(vm, identity_of_uid(uid, gid));
		for (char **line = lines + 1; *line && sockets->count < VM_COMS; line++) {
			unsigned long long device, inode;
			int start = 0;

			if (sscanf(*line, "%llu %llu %n", &device, &inode, &start) == 2 &&
			    (*line)[start] == '/')
				add(sockets, g_strdup(*line + start), device, inode);
		}
		look(vm, sockets);
	}
	g_strfreev(lines);
	g_free(text);
}

void com_sockets_remove(struct vm *vm)
{
	struct com_sockets *sockets = g_steal_pointer(&vm->com_sockets);

	if (!sockets)
		return;
	unlinkat(sockets->folder, sockets->record, 0);
	sockets->is_over = TRUE;
	if (!sockets->is_looking)
		remove_all(sockets);
}

void com_sockets_forget(struct vm *vm)
{
	struct com_sockets *sockets = g_steal_pointer(&vm->com_sockets);

	if (!sockets)
		return;
	sockets->is_forgotten = TRUE;
	if (!sockets->is_looking)
		free_sockets(sockets);
}
