/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving: the worker writes, a job waits for it and then gives the file its name. */
#include "service/vm_save.h"
#include "service/checkpoint_live.h"
#include "service/event_log.h"
#include "service/job.h"
#include "service/saved_disks.h"
#include "service/service.h"
#include "service/start_files.h"

#include "api/api_error.h"
#include "model/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_FILE     "saved-state.new"
#define DISKS_FILE   "saved-state.conf"
#define PARENTS_FILE "disk-parents"

enum outcome { SAVE_RUNS, SAVE_WRITTEN, SAVE_FAILED };

/* One save under way: the job's thread waits on it. */
struct vm_saving {
	struct service *service;
	char *id;
	int folder;	  /* of the machine */
	GPtrArray *paths; /* of its disks, by saved_disks.h */
	vm_saved_fn fn;
	gpointer opaque;
	gboolean was_paused;
	GMutex lock; /* all below */
	GCond changed;
	enum outcome outcome;
	char *text; /* why it failed */
	gboolean is_canceled;
	guint64 done, size;
};

/* --- files ----------------------------------------------------------------------------------------------- */

static int open_folder(const struct vm *vm, gboolean makes)
{
	return vm_store_open_storage(vm->service->store, vm->config->id, makes);
}

static gboolean has_file(int folder, const char *name)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* The worker writes the beginning last, when all else is on the disk (state/state_file.h). */
static gboolean is_whole(int folder, const char *name)
{
	static const char magic[16] = "Bulkhead saved\r\n";
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char begin[sizeof(magic)];
	gboolean is_good = fd >= 0 && read(fd, begin, sizeof(begin)) == (ssize_t)sizeof(begin) &&
			   memcmp(begin, magic, sizeof(magic)) == 0;

	if (fd >= 0)
		close(fd);
	return is_good;
}

/* The worker is gone, its images are closed: from here on it is saved. */
static int commit(int folder, GPtrArray *paths)
{
	gsize size;
	char *text = saved_disks_describe(folder, paths, &size);
	int r = durable_write(folder, DISKS_FILE, text, size);

	g_free(text);
	if (r == 0)
		r = durable_remove(folder, VM_SAVE_FILE);
	if (r == 0)
		r = durable_move(folder, NEW_FILE, folder, VM_SAVE_FILE);
	if (r == 0 && has_file(folder, PARENTS_FILE))
		durable_remove(folder, PARENTS_FILE);
	return r;
}

/* --- one that is under way --------------------------------------------------------------------------------- */

/* Of its disks, and of what they depend on. */
static GPtrArray *paths_of(const struct vm *vm, int folder)
{
	GPtrArray *paths = saved_disks_paths(vm->config);
	char *names = NULL;
	gsize size;

	if (folder >= 0 && durable_read(folder, PARENTS_FILE, SAVED_DISKS_MAX, &names, &size) == 0)
		saved_disks_add_parents(paths, names);
	g_free(names);
	return paths;
}

/* What cannot be noted is not compared: no reason not to run. */
static void write_parents(const struct vm *vm, const GString *names)
{
	int folder = open_folder(vm, names->len > 0);

	if (folder < 0)
		return;
	if (names->len > 0)
		durable_write(folder, PARENTS_FILE, names->str, names->len);
	else if (has_file(folder, PARENTS_FILE))
		durable_remove(folder, PARENTS_FILE);
	close(folder);
}

void vm_save_note_parents(const struct vm *vm, const struct worker_config *config)
{
	GString *names = g_string_new(NULL);

	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		saved_disks_note_chain(names, &config->drives[i].chain);
	for (unsigned i = 0; i < config->disk_count; i++)
		saved_disks_note_chain(names, &config->disks[i].chain);
	write_parents(vm, names);
	g_string_free(names, TRUE);
}

void vm_save_note_more_parents(const struct vm *vm, const struct worker_chain *chain)
{
	int folder = chain->count > 0 ? open_folder(vm, TRUE) : -1;
	char *before = NULL;
	GString *names;
	gsize size;

	if (folder < 0)
		return;
	durable_read(folder, PARENTS_FILE, SAVED_DISKS_MAX, &before, &size);
	close(folder);
	names = g_string_new(before);
	saved_disks_note_chain(names, chain);
	write_parents(vm, names);
	g_string_free(names, TRUE);
	g_free(before);
}

static struct vm_saving *saving_new(struct vm *vm, int folder)
{
	struct vm_saving *saving = g_new0(struct vm_saving, 1);

	saving->service = vm->service;
	saving->id = g_strdup(vm->config->id);
	saving->folder = folder;
	saving->paths = paths_of(vm, folder);
	saving->was_paused = vm->life.state == VM_PAUSED;
	g_mutex_init(&saving->lock);
	g_cond_init(&saving->changed);
	return saving;
}

static void saving_free(gpointer pointer)
{
	struct vm_saving *saving = pointer;

	close(saving->folder);
	g_ptr_array_unref(saving->paths);
	g_mutex_clear(&saving->lock);
	g_cond_clear(&saving->changed);
	g_free(saving->text);
	g_free(saving->id);
	g_free(saving);
}

static void settle(struct vm_saving *saving, enum outcome outcome, const char *text)
{
	g_mutex_lock(&saving->lock);
	if (saving->outcome == SAVE_RUNS) {
		saving->outcome = outcome;
		saving->text = g_strdup(text);
	}
	g_cond_signal(&saving->changed);
	g_mutex_unlock(&saving->lock);
}

/* On the main thread: the job was canceled. The machine says when it goes on. */
static gboolean tell_cancel(gpointer opaque)
{
	struct job *job = opaque;
	struct vm *vm = job->vm_id ? vm_by_id(job->service, job->vm_id) : NULL;

	if (vm && vm->worker && vm->saving)
		worker_process_send(vm->worker, "save-cancel");
	return G_SOURCE_REMOVE;
}

/* The job's thread. */
static enum outcome wait_for_worker(struct job *job, struct vm_saving *saving)
{
	gboolean is_cancel_told = FALSE;
	enum outcome outcome;

	g_mutex_lock(&saving->lock);
	while (saving->outcome == SAVE_RUNS) {
		g_cond_wait_until(&saving->changed, &saving->lock, g_get_monotonic_time() + 200 * 1000);
		if (!job_advance(job, saving->done, saving->size, NULL) && !is_cancel_told) {
			is_cancel_told = TRUE;
			g_main_context_invoke(NULL, tell_cancel, job);
		}
	}
	outcome = saving->outcome;
	g_mutex_unlock(&saving->lock);
	return outcome;
}

static gboolean run(struct job *job, gpointer work, GError **error)
{
	struct vm_saving *saving = work;
	int r;

	if (wait_for_worker(job, saving) == SAVE_FAILED) {
		g_set_error(error, API_ERROR, saving->is_canceled ? API_ERROR_CANCELLED : API_ERROR_FAILED,
			    "%s", saving->text);
		return FALSE;
	}
	r = commit(saving->folder, saving->paths);
	if (r == 0)
		return TRUE;
	g_set_error(error, API_ERROR, API_ERROR_FAILED,
		    "its saved state cannot be kept: %s; what its guest had in memory is lost",
		    g_strerror(-r));
	return FALSE;
}

/* What the state has to be when it failed: it goes on, unless its worker is gone. */
static void after_failure(struct vm *vm, const struct vm_saving *saving, const GError *failure)
{
	durable_remove(saving->folder, NEW_FILE);
	if (vm->life.state != VM_SAVING)
		return;
	if (!vm->worker)
		vm_move(vm, VM_ENDED, failure->message, NULL);
	else
		vm_move(vm, VM_SAVE_FAILED, NULL, NULL);
	if (vm->worker && saving->was_paused)
		vm_move(vm, VM_PAUSE, "it was paused before", NULL);
}

static gboolean finish(struct job *job, gpointer work, gboolean is_done, const GError *failure,
		       GError **error)
{
	struct vm_saving *saving = work;
	struct vm *vm = vm_by_id(saving->service, saving->id);
	GError *local = NULL;

	if (vm) {
		vm->saving = NULL;
		vm->busy--;
		if (is_done)
			vm_move(vm, VM_SAVE_DONE, NULL, NULL);
		else
			after_failure(vm, saving, failure);
	}
	if (!is_done)
		local = g_error_new(API_ERROR, failure->code, "%s was not saved: %s",
				    vm ? vm->config->name : "it", failure->message);
	if (saving->fn)
		saving->fn(saving->opaque, local);
	g_clear_error(&local);
	return is_done;
}

/* --- beginning --------------------------------------------------------------------------------------------- */

gboolean vm_save_check(struct vm *vm, GError **error)
{
	struct vm_life probe = { .state = vm->life.state };
	gboolean is_good = vm_life_move(&probe, vm->config->name, VM_SAVE, NULL, error);

	vm_life_deinit(&probe);
	if (!is_good || !vm_check_verb(vm, "save", error))
		return FALSE;
	if (!vm->checkpoint_live || vm->checkpoint_live->merging) /* that gives way */
		return TRUE;
	return api_refuse(error, API_ERROR_INVALID_STATE,
			  "%s: a checkpoint of it is being made; wait until that is done", vm->config->name);
}

static gboolean send_save(struct vm *vm, int fd, GError **error)
{
	struct link_message *message;

	if (link_message_new("save", &message) < 0)
		return vm_send(vm, NULL, error);
	link_add_fd(message, "fd", fd);
	return vm_send(vm, message, error);
}

/* Takes `folder`. */
static void begin(struct vm *vm, const char *user, int folder, int fd, vm_saved_fn fn, gpointer opaque)
{
	struct vm_saving *saving = saving_new(vm, folder);
	char *title = g_strdup_printf("Save %s", vm->config->name),
	     *reason = g_strdup_printf("%s saves it", user);
	GError *error = NULL;

	if (send_save(vm, fd, &error)) {
		vm_move(vm, VM_SAVE, reason, NULL);
		vm->saving = saving;
		vm->busy++;
		saving->fn = fn;
		saving->opaque = opaque;
		if (!job_start(vm->service, user, vm->config->id, title, saving, run, finish, saving_free,
			       &error)) {
			/* free already; the worker gives up, and its state follows its word */
			vm->saving = NULL;
			vm->busy--;
			worker_process_send(vm->worker, "save-cancel");
		}
	} else {
		saving_free(saving);
	}
	if (error)
		fn(opaque, error);
	g_clear_error(&error);
	g_free(reason);
	g_free(title);
}

static void refuse(vm_saved_fn fn, gpointer opaque, GError *error)
{
	fn(opaque, error);
	g_error_free(error);
}

void vm_save(struct vm *vm, const char *user, vm_saved_fn fn, gpointer opaque)
{
	GError *error = NULL;
	int folder, fd = -1;

	if (!vm_save_check(vm, &error)) {
		refuse(fn, opaque, error);
		return;
	}
	folder = open_folder(vm, TRUE);
	if (folder >= 0)
		fd = openat(folder, NEW_FILE, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		refuse(
		    fn, opaque,
		    g_error_new(
			API_ERROR, API_ERROR_FAILED,
			"%s cannot be saved: no file can be made in its folder: %s; look at the disk of the inventory",
			vm->config->name, g_strerror(errno)));
		if (folder >= 0)
			close(folder);
		return;
	}
	begin(vm, user, folder, fd, fn, opaque);
	close(fd);
}

/* --- what the worker says ---------------------------------------------------------------------------------- */

static void on_saving(struct vm *vm, struct link_message *message)
{
	uint64_t done = 0, size = 0;

	link_get_number(message, "done", UINT64_MAX, &done);
	link_get_number(message, "size", UINT64_MAX, &size);
	if (!vm->saving) { /* begun by an earlier service, whose job is gone */
		if (vm->life.state == VM_RUNNING || vm->life.state == VM_PAUSED)
			vm_move(vm, VM_SAVE, "it was being saved when the service started", NULL);
		return;
	}
	g_mutex_lock(&vm->saving->lock);
	vm->saving->done = done;
	vm->saving->size = size;
	g_cond_signal(&vm->saving->changed);
	g_mutex_unlock(&vm->saving->lock);
}

static void remove_new(const struct vm *vm)
{
	int folder = open_folder(vm, FALSE);

	if (folder < 0)
		return;
	durable_remove(folder, NEW_FILE);
	close(folder);
}

static void on_failed(struct vm *vm, struct link_message *message)
{
	const char *text = link_get(message, "text");
	uint64_t is_canceled = 0;
	char *plain = g_utf8_make_valid(text ? text : "", -1);

	link_get_number(message, "canceled", 1, &is_canceled);
	if (vm->saving) {
		vm->saving->is_canceled = is_canceled;
		settle(vm->saving, SAVE_FAILED, plain);
	} else if (vm->life.state == VM_SAVING) {
		remove_new(vm);
		vm_move(vm, VM_SAVE_FAILED, plain, NULL);
	}
	g_free(plain);
}

gboolean vm_save_handle(struct vm *vm, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (strcmp(verb, "saving") == 0)
		on_saving(vm, message);
	else if (strcmp(verb, "save-failed") == 0)
		on_failed(vm, message);
	else
		return FALSE;
	return TRUE;
}

gboolean vm_save_ended(struct vm *vm, gboolean is_saved, const char *reason)
{
	if (!vm->saving)
		return FALSE;
	if (!is_saved) /* it may have died just before it could say so */
		is_saved = vm->life.state == VM_SAVING && is_whole(vm->saving->folder, NEW_FILE);
	settle(vm->saving, is_saved ? SAVE_WRITTEN : SAVE_FAILED, reason);
	return vm->life.state == VM_SAVING;
}

/* --- a saved state that is there --------------------------------------------------------------------------- */

void vm_save_find(struct vm *vm)
{
	int folder = open_folder(vm, FALSE);

	if (folder < 0)
		return;
	if (is_whole(folder, NEW_FILE)) {
		GPtrArray *paths = paths_of(vm, folder);

		commit(folder, paths);
		g_ptr_array_unref(paths);
	}
	durable_remove(folder, NEW_FILE);
	if (has_file(folder, PARENTS_FILE)) /* of a machine that runs */
		durable_remove(folder, PARENTS_FILE);
	if (has_file(folder, VM_SAVE_FILE) && vm->life.state == VM_OFF)
		vm_move(vm, VM_FOUND_SAVED, vm->life.reason, NULL);
	close(folder);
}

void vm_start_from(struct vm *vm, const struct identity *who, int fd, vm_started_fn fn, gpointer opaque)
{
	GError *error = NULL;

	if (vm->life.state == VM_SAVED)
		error = g_error_new(
		    API_ERROR, API_ERROR_INVALID_STATE,
		    "%s is saved; it cannot be started from something else; delete its saved state first",
		    vm->config->name);
	if (error || !vm_check_start(vm, &error)) {
		refuse(fn, opaque, error);
		return;
	}
	vm->start_from_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	vm_start(vm, who, fn, opaque);
}

int vm_save_open(const struct vm *vm, const struct start_files *files, gboolean is_forced, char **ret_changed,
		 GError **error)
{
	int folder = open_folder(vm, FALSE);
	int fd =
	    folder < 0 ? -1 : openat(folder, VM_SAVE_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char *text = NULL, *changed = NULL;
	gsize size = 0;

	if (fd < 0)
		g_set_error(
		    error, API_ERROR, API_ERROR_FAILED,
		    "its saved state cannot be opened: %s; look at the disk of the inventory, or delete the saved "
		    "state: bulkhead vm delete-saved %s",
		    g_strerror(errno), vm->config->name);
	else if (durable_read(folder, DISKS_FILE, SAVED_DISKS_MAX, &text, &size) == 0)
		changed = saved_disks_changed(text, size, vm->config, files);
	if (changed && !is_forced) {
		g_set_error(
		    error, API_ERROR, API_ERROR_INVALID_STATE,
		    "%s was changed since the machine was saved, and what it has in memory does not fit any more; bring "
		    "back the disk as it was, delete the saved state: bulkhead vm delete-saved %s, or start it with --force, which "
		    "may damage file systems on that disk",
		    changed, vm->config->name);
		close(fd);
		fd = -1;
	} else {
		*ret_changed = g_steal_pointer(&changed);
	}
	if (folder >= 0)
		close(folder);
	g_free(changed);
	g_free(text);
	return fd;
}

static int remove_saved(const struct vm *vm)
{
	int folder = open_folder(vm, FALSE), r;

	if (folder < 0)
		return folder == -ENOENT ? 0 : folder;
	r = durable_remove(folder, VM_SAVE_FILE);
	if (r == 0)
		r = durable_remove(folder, DISKS_FILE);
	close(folder);
	return r;
}

void vm_save_used(struct vm *vm)
{
	int r = remove_saved(vm);

	if (r < 0)
		event_log_add(
		    vm->service->log, EVENT_WARNING, NULL, vm->config->id, vm->config->name,
		    "the saved state that it was started from cannot be removed: %s; delete it yourself",
		    g_strerror(-r));
}

void vm_save_not_used(struct vm *vm)
{
	int folder = open_folder(vm, FALSE);
	GPtrArray *paths = paths_of(vm, folder);
	char *text;
	gsize size;

	if (folder >= 0 && has_file(folder, VM_SAVE_FILE)) {
		text = saved_disks_describe(folder, paths, &size);
		durable_write(folder, DISKS_FILE, text, size);
		g_free(text);
	}
	if (folder >= 0)
		close(folder);
	g_ptr_array_unref(paths);
}

gboolean vm_save_follow(struct vm_store *store, const char *id, const GPtrArray *from, const GPtrArray *to,
			GError **error)
{
	int folder = vm_store_open_storage(store, id, FALSE), r = 0;
	char *text = NULL, *followed = NULL;
	const char *changed = NULL;
	gsize size;

	if (folder >= 0 && has_file(folder, VM_SAVE_FILE) &&
	    durable_read(folder, DISKS_FILE, SAVED_DISKS_MAX, &text, &size) == 0)
		followed = saved_disks_follow(folder, text, size, from, to, &size, &changed);
	if (followed)
		r = durable_write(folder, DISKS_FILE, followed, size);
	if (changed)
		g_set_error(
		    error, API_ERROR, API_ERROR_INVALID_STATE,
		    "%s was changed since the machine was saved; bring back the disk as it was, or delete the saved state",
		    changed);
	else if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "what its saved state needs cannot be noted: %s; check the disk", g_strerror(-r));
	if (folder >= 0)
		close(folder);
	g_free(text);
	g_free(followed);
	return !changed && r == 0;
}

gboolean vm_save_discard(struct vm *vm, const char *reason, GError **error)
{
	struct vm_life probe = { .state = vm->life.state };
	gboolean is_good = vm_life_move(&probe, vm->config->name, VM_DISCARD, NULL, error);
	int r = is_good ? remove_saved(vm) : 0;

	vm_life_deinit(&probe);
	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED, "its saved state cannot be removed: %s",
			    g_strerror(-r));
	return is_good && r == 0 && vm_move(vm, VM_DISCARD, reason, error);
}
