/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/move_files.h"
#include "service/disks_in_use.h"
#include "service/room.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* --- requests with the caller's rights ---------------------------------------------------------------- */

/* A descriptor or -1; *ret_errno 0 then. */
static int ask(const struct identity *who, const char *path, enum file_need need, int given,
	       char **ret_problem, int *ret_errno)
{
	GPtrArray *list = caller_files_new();
	struct caller_file *file = caller_files_add(list, path, need);
	int fd;

	file->given = given;
	caller_files_open_now(who, list);
	*ret_problem = caller_files_problem(list, who);
	*ret_errno = file->error;
	fd = caller_file_take(file);
	g_ptr_array_unref(list);
	return fd;
}

static void give(const struct move_files *files, int fd)
{
	if (files->owner && geteuid() == 0 && fchown(fd, files->owner->uid, files->owner->gid) < 0)
		return; /* a file system without owners */
}

/* An empty folder of this name, left over by whatever, is as good as a new one. */
static int make_folder(const struct move_files *files, const char *path, GError **error)
{
	char *problem;
	int error_number, fd = ask(files->disks->who, path, FILE_NEW_FOLDER, -1, &problem, &error_number);

	if (fd < 0)
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
	else
		give(files, fd);
	g_free(problem);
	return fd;
}

gboolean move_files_make_folder(struct move_files *files, struct vm_store *store, const char *id,
				GError **error)
{
	struct move_record *record = files->record;
	char *problem = NULL;
	int r, error_number, fd;

	if (!*record->folder) {
		files->folder = fcntl(files->disks->folder_fd, F_DUPFD_CLOEXEC, 0);
	} else { /* what is there already is not ours to remove */
		fd = ask(files->disks->who, record->folder, FILE_CAN_BE_MADE, -1, &problem, &error_number);
		if (fd >= 0)
			close(fd);
	}
	if (problem) {
		api_refuse(error, API_ERROR_FAILED, "%s", problem);
		g_free(problem);
		return FALSE;
	}
	record->has_folder = *record->folder != '\0';
	r = move_record_save(store, id, record);
	if (r < 0)
		return api_refuse(error, API_ERROR_FAILED,
				  "the move cannot be noted in the inventory: %s; check its disk",
				  g_strerror(-r));
	if (record->has_folder)
		files->folder = make_folder(files, record->folder, error);
	if (files->folder < 0)
		record->has_folder = FALSE; /* none of ours */
	return files->folder >= 0;
}

/* --- looking ----------------------------------------------------------------------------------------- */

static gboolean is_meant(const struct move_file *file, gboolean is_late)
{
	return *file->from && *file->to && file->is_late == is_late;
}

static gboolean look_at(struct move_files *files, struct move_file *file, GError **error)
{
	int fd = checkpoint_disks_open(files->disks, file->from, FILE_MOVABLE, error);
	const char *machine = fd < 0 ? NULL : disks_in_use_by(files->disks->in_use, fd, TRUE);
	gboolean is_good = fd >= 0 && fstat(fd, &file->st) == 0;

	if (machine && strcmp(machine, files->machine) != 0)
		is_good = api_refuse(error, API_ERROR_FAILED,
				     "%s is in use by the virtual machine %s; turn that off, then try again",
				     file->from, machine);
	if (fd >= 0)
		close(fd);
	return is_good;
}

/* A path in the machine's own folder by its name. */
static char *short_name(const struct checkpoint_disks *disks, const char *path)
{
	gsize length = strlen(disks->folder);

	return strncmp(path, disks->folder, length) == 0 && path[length] == '/' &&
		       !strchr(path + length + 1, '/')
		   ? g_strdup(path + length + 1)
		   : g_strdup(path);
}

static gboolean find_parent(struct move_files *files, struct job *job, struct move_file *file, GError **error)
{
	GPtrArray *all = files->record->files;
	int fd = checkpoint_disks_open(files->disks, file->from, FILE_READ, error);
	struct stat st;
	char *path = NULL;
	gboolean is_good =
	    fd >= 0 && checkpoint_disks_parent(files->disks, job, file->from, fd, &path, &st, error);

	if (is_good && path) {
		file->parent = short_name(files->disks, path);
		for (guint i = 0; i < all->len; i++) {
			const struct move_file *each = all->pdata[i];

			if (each == file || !*each->from || !*each->to || each->st.st_ino != st.st_ino ||
			    each->st.st_dev != st.st_dev)
				continue;
			g_free(file->parent);
			file->parent = g_strdup(each->from);
			file->is_moved = TRUE;
		}
	}
	if (fd >= 0)
		close(fd);
	g_free(path);
	return is_good;
}

/* --- one more name instead of a copy ------------------------------------------------------------------- */

static gboolean is_beside(const char *a, const char *b)
{
	char *of_a = g_path_get_dirname(a), *of_b = g_path_get_dirname(b);
	gboolean is_it = strcmp(of_a, of_b) == 0;

	g_free(of_a);
	g_free(of_b);
	return is_it;
}

static gboolean keeps_name(const struct move_file *file)
{
	char *from = g_path_get_basename(file->from), *to = g_path_get_basename(file->to);
	gboolean is_it = strcmp(from, to) == 0;

	g_free(from);
	g_free(to);
	return is_it;
}

/* Nothing may be written to what both sets have, so a child must find its parent beside it, as before. */
static gboolean can_link(const struct move_files *files, const struct move_file *file)
{
	const struct move_file *parent =
	    file->is_moved ? move_record_find(files->record, file->parent) : NULL;
	struct stat st;

	if (fstat(files->folder, &st) < 0 || st.st_dev != file->st.st_dev)
		return FALSE;
	return !file->parent ||
	       (parent && is_beside(file->from, parent->from) && keeps_name(file) && keeps_name(parent));
}

static gboolean add_name(struct move_files *files, struct move_file *file, int fd)
{
	const struct identity *who = files->disks->who;
	char link[64], *problem = NULL;
	int result = -1, error_number;

	if (vm_path_is_own(file->to)) {
		g_snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		return linkat(AT_FDCWD, link, files->disks->folder_fd, file->to, AT_SYMLINK_FOLLOW) == 0;
	}
	/* the machine's folder is closed to them as before */
	if (vm_path_is_own(file->from) && geteuid() == 0) {
		const struct identity *owner = files->owner ? files->owner : who;

		if (fchown(fd, owner->uid, owner->gid) < 0)
			return FALSE;
	}
	result = ask(who, file->to, FILE_LINK, fd, &problem, &error_number);
	if (result >= 0)
		close(result);
	g_free(problem);
	return result >= 0;
}

/* --- room -------------------------------------------------------------------------------------------- */

static gboolean check_room(struct move_files *files, GError **error)
{
	guint64 needed = 0;

	for (guint i = 0; i < files->record->files->len; i++) {
		const struct move_file *file = files->record->files->pdata[i];

		if (*file->from && *file->to && !file->is_late && !can_link(files, file))
			needed += (guint64)file->st.st_blocks * 512;
		if (*file->from && *file->to)
			files->progress.total += (guint64)file->st.st_size;
	}
	return room_check(files->folder, *files->record->folder ? files->record->folder : "the inventory",
			  needed, error);
}

gboolean move_files_look(struct move_files *files, struct job *job, gboolean is_late, GError **error)
{
	GPtrArray *all = files->record->files;

	/* Those of a running machine too: it is not saved for what cannot be moved. */
	for (guint i = 0; i < all->len; i++)
		if ((is_meant(all->pdata[i], is_late) || is_meant(all->pdata[i], TRUE)) &&
		    !look_at(files, all->pdata[i], error))
			return FALSE;
	for (guint i = 0; i < all->len; i++)
		if (is_meant(all->pdata[i], is_late) && !find_parent(files, job, all->pdata[i], error))
			return FALSE;
	return is_late || check_room(files, error);
}

/* --- copying ----------------------------------------------------------------------------------------- */

static gboolean is_unchanged(const struct move_file *file, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == file->st.st_dev && st.st_ino == file->st.st_ino &&
	       st.st_size == file->st.st_size && st.st_mtim.tv_sec == file->st.st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == file->st.st_mtim.tv_nsec;
}

static gboolean copy_content(struct move_files *files, const struct move_file *file, int from, int to,
			     GError **error)
{
	char *buffer;
	int r = 0;

	if (!vm_path_is_own(file->to)) {
		give(files, to);
		if (!vm_path_is_own(file->from))
			fchmod(to, file->st.st_mode & 0777);
	}
	if (ioctl(to, FICLONE, from) == 0) {
		files->progress.done += (guint64)file->st.st_size;
		return TRUE;
	}
	buffer = g_malloc(COPY_PIECE);
	if (ftruncate(to, file->st.st_size) < 0)
		r = -errno;
	if (r == 0)
		r = copy_data(from, to, file->st.st_size, buffer, &files->progress, error);
	g_free(buffer);
	if (r < 0 && r != -ECANCELED)
		api_refuse(error, API_ERROR_FAILED,
			   "%s cannot be copied to %s: %s; check the room on the disk", file->from, file->to,
			   g_strerror(-r));
	return r == 0;
}

static gboolean tell_parent(struct move_files *files, struct job *job, const struct move_file *file, int to,
			    GError **error)
{
	const struct move_file *moved = file->is_moved ? move_record_find(files->record, file->parent) : NULL;
	const char *parent = moved ? moved->to : file->parent;
	int fd = checkpoint_disks_open(files->disks, parent, FILE_READ, error);
	gboolean is_good =
	    fd >= 0 && checkpoint_disks_reconnect_open(files->disks, job, file->to, to, parent, fd, error);

	if (fd >= 0)
		close(fd);
	return is_good;
}

static gboolean copy_file(struct move_files *files, struct job *job, struct move_file *file, int from,
			  GError **error)
{
	int to = checkpoint_disks_open(files->disks, file->to, FILE_NEW, error);
	gboolean is_good = to >= 0 && copy_content(files, file, from, to, error) &&
			   (!file->parent || tell_parent(files, job, file, to, error));

	if (is_good && !is_unchanged(file, from))
		is_good = api_refuse(error, API_ERROR_FAILED,
				     "%s was changed while it was copied; see who uses it, then move again",
				     file->from);
	is_good = is_good && checkpoint_disks_keep(files->disks, file->to, to, error);
	if (to >= 0 && !is_good)
		checkpoint_disks_undo(files->disks, file->to, to);
	if (to >= 0)
		close(to);
	return is_good;
}

static gboolean move_one(struct move_files *files, struct job *job, struct move_file *file, GError **error)
{
	struct move_file *parent = file->is_moved ? move_record_find(files->record, file->parent) : NULL;
	int from;

	if (file->is_there)
		return TRUE;
	if (!move_record_begin(file, error) ||
	    (parent && !parent->is_there && !move_one(files, job, parent, error)))
		return FALSE;
	if (g_cancellable_set_error_if_cancelled(job->cancellable, error))
		return FALSE;
	from = checkpoint_disks_open(files->disks, file->from, FILE_READ, error);
	if (from < 0)
		return FALSE;
	if (!is_unchanged(file, from)) {
		api_refuse(error, API_ERROR_FAILED,
			   "%s was changed meanwhile; see who uses it, then move again", file->from);
	} else if (can_link(files, file) && add_name(files, file, from)) {
		files->progress.done += (guint64)file->st.st_size;
		file->is_there = TRUE;
	} else {
		file->is_there = copy_file(files, job, file, from, error);
	}
	close(from);
	return file->is_there;
}

/* The copy of the configuration, and what else has nothing to come from. */
static gboolean write_config(struct move_files *files, struct move_file *file, GError **error)
{
	int fd = checkpoint_disks_open(files->disks, file->to, FILE_NEW, error);
	gsize size = strlen(files->config_text);
	gboolean is_good = fd >= 0;

	if (is_good)
		give(files, fd);
	if (is_good && pwrite(fd, files->config_text, size, 0) != (ssize_t)size)
		is_good = api_refuse(error, API_ERROR_FAILED, "%s cannot be written: %s; check the disk",
				     file->to, g_strerror(errno));
	is_good = is_good && checkpoint_disks_keep(files->disks, file->to, fd, error);
	if (fd >= 0)
		close(fd);
	return is_good;
}

gboolean move_files_copy(struct move_files *files, struct job *job, gboolean is_late, GError **error)
{
	GPtrArray *all = files->record->files;

	for (guint i = 0; i < all->len; i++) {
		struct move_file *file = all->pdata[i];

		if (is_meant(file, is_late) && !move_one(files, job, file, error))
			return FALSE;
		if (!*file->from && !is_late && !write_config(files, file, error))
			return FALSE;
	}
	fsync(files->folder);
	return TRUE;
}

/* --- what is not needed ------------------------------------------------------------------------------ */

static char *first_of(char *told, char *text)
{
	if (!told)
		return text;
	g_free(text);
	return told;
}

static char *remove_folder(const struct checkpoint_disks *disks, const char *path)
{
	char *problem;
	int error_number, fd = ask(disks->who, path, FILE_REMOVE_FOLDER, -1, &problem, &error_number);

	if (fd >= 0)
		close(fd);
	if (error_number == ENOENT || error_number == ENOTEMPTY || error_number == EEXIST)
		g_clear_pointer(&problem, g_free); /* what is in it is somebody's */
	return problem;
}

char *move_files_remove(const struct move_record *record, struct checkpoint_disks *disks, gboolean old)
{
	const char *folder = old ? record->old_folder : record->has_folder ? record->folder : "";
	char *told = NULL;

	if (!old && *record->folder && !record->has_folder)
		return NULL; /* a folder of somebody else's, in which nothing was made */
	for (guint i = 0; i < record->files->len; i++) {
		const struct move_file *file = record->files->pdata[i];
		const char *name = old ? file->from : file->to;
		GError *error = NULL;

		if (!*name || checkpoint_disks_remove(disks, name, &error))
			continue;
		told = first_of(told, g_strdup(error->message));
		g_error_free(error);
	}
	return *folder ? first_of(told, remove_folder(disks, folder)) : told;
}
