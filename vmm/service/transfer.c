/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is common to all three: the files of a configuration are opened (those of others with the caller's
 * rights, the machine's own by the service), then a job copies them, then the result is put into the
 * inventory or beside them.
 */
#include "service/transfer.h"
#include "service/caller_files.h"
#include "service/checkpoint.h"
#include "service/checkpoint_disks.h"
#include "service/copy.h"
#include "service/job.h"
#include "service/network.h"
#include "service/plan_files.h"
#include "service/room.h"
#include "service/service.h"
#include "service/vm.h"

#include "api/api_error.h"
#include "model/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum transfer_kind { CLONE, EXPORT, IMPORT };

struct transfer {
	enum transfer_kind kind;
	enum import_mode mode;
	struct call *call; /* until the job runs */
	struct service *service;
	char *source_id;	  /* the machine that is busy meanwhile; NULL */
	char *folder;		  /* of export and import */
	char *name;		  /* the new one's; "": as in the file */
	struct vm_config *config; /* what results; NULL until it is known */
	GPtrArray *texts;	  /* the places in it that name files: char **, not owned */
	struct copy *copy;
	gboolean has_storage; /* made for the new machine */
	gboolean has_folder;  /* made for an export, by `who` */
	struct identity *who;
};

/* --- the names of files in a configuration ----------------------------------------------------------- */

/* A clone leaves kernel, initrd and DVD images where they are: they are only read. */
static GPtrArray *file_places(struct vm_config *config, gboolean with_read_only)
{
	GPtrArray *places = g_ptr_array_new();

	if (*config->kernel && (with_read_only || vm_path_is_own(config->kernel)))
		g_ptr_array_add(places, &config->kernel);
	if (*config->initrd && (with_read_only || vm_path_is_own(config->initrd)))
		g_ptr_array_add(places, &config->initrd);
	for (guint i = 0; i < config->disks->len; i++) {
		struct vm_disk *disk = config->disks->pdata[i];

		if (*disk->path && !disk->is_pass_through &&
		    (disk->media == VM_HARD_DISK || vm_path_is_own(disk->path)))
			g_ptr_array_add(places, &disk->path);
	}
	return places;
}

/* The name of the copy: as it was, unless another file has it already. */
static char *copy_name(const struct copy *copy, const char *path)
{
	char *base = g_path_get_basename(path), *name = g_strdup(base);

	for (unsigned n = 2; n < 1000; n++) {
		gboolean is_taken = strcmp(name, TRANSFER_CONFIG) == 0;

		for (guint i = 0; i < copy->files->len; i++)
			is_taken |= strcmp(((struct copy_file *)copy->files->pdata[i])->name, name) == 0;
		if (!is_taken)
			break;
		g_free(name);
		name = g_strdup_printf("%u-%s", n, base);
	}
	g_free(base);
	return name;
}

char *transfer_config_text(const struct vm_config *config, const char *folder, gsize *ret_size)
{
	struct vm_config *copy = vm_config_copy(config);
	GPtrArray *places = file_places(copy, TRUE);
	char *text;

	for (guint i = 0; i < places->len; i++) {
		char **place = places->pdata[i];
		char *in = g_path_get_dirname(*place), *name = g_path_get_basename(*place);

		if (strcmp(in, folder) == 0) {
			g_free(*place);
			*place = g_steal_pointer(&name);
		}
		g_free(in);
		g_free(name);
	}
	g_ptr_array_unref(places);
	g_free(copy->location);
	copy->location = g_strdup("");
	text = vm_config_format(copy, NULL, ret_size);
	vm_config_free(copy);
	return text;
}

/* --- life of a transfer ------------------------------------------------------------------------------ */

static struct transfer *transfer_new(struct call *call, enum transfer_kind kind, const char *source_id)
{
	struct transfer *transfer = g_new0(struct transfer, 1);
	struct vm *vm = source_id ? vm_by_id(call->service, source_id) : NULL;

	transfer->kind = kind;
	transfer->call = call;
	transfer->service = call->service;
	transfer->source_id = g_strdup(source_id);
	if (vm)
		vm->busy++;
	return transfer;
}

static void transfer_free(gpointer pointer)
{
	struct transfer *transfer = pointer;
	struct vm *vm = transfer->source_id ? vm_by_id(transfer->service, transfer->source_id) : NULL;

	if (vm)
		vm->busy--;
	copy_free(transfer->copy);
	vm_config_free(transfer->config);
	if (transfer->texts)
		g_ptr_array_unref(transfer->texts);
	identity_free(transfer->who);
	g_free(transfer->source_id);
	g_free(transfer->folder);
	g_free(transfer->name);
	g_free(transfer);
}

/* `waits`: in the thread of the job. */
static void remove_copies(struct transfer *transfer, gboolean waits)
{
	if (transfer->copy)
		copy_undo(transfer->copy);
	if (transfer->has_folder)
		caller_files_remove_folder(transfer->who, transfer->folder,
					   waits); /* empty then; otherwise it stays */
	transfer->has_folder = FALSE;
}

static void remove_traces(struct transfer *transfer)
{
	remove_copies(transfer, FALSE);
	if (transfer->has_storage)
		vm_store_remove_storage(transfer->service->store, transfer->config->id);
}

static void abandon(struct transfer *transfer, enum api_error code, const char *text)
{
	struct call *call = transfer->call;

	remove_traces(transfer);
	transfer_free(transfer);
	call_fail_text(call, code, "%s", text);
}

/* --- the job --------------------------------------------------------------------------------------- */

static gboolean write_config(struct transfer *transfer, GError **error)
{
	struct copy *copy = transfer->copy;
	gsize size;
	char *text = vm_config_format(transfer->config, NULL, &size);
	int r = durable_write_for(copy->folder, TRANSFER_CONFIG, text, size,
				  copy->gives_away ? copy->uid : (uid_t)-1, copy->gid);

	g_free(text);
	if (r < 0)
		g_set_error(error, API_ERROR, API_ERROR_FAILED,
			    "the configuration cannot be written: %s; check the disk", g_strerror(-r));
	return r == 0;
}

static gboolean run_job(struct job *job, gpointer work, GError **error)
{
	struct transfer *transfer = work;
	gboolean is_done = copy_run(transfer->copy, job, error) &&
			   (transfer->kind != EXPORT || write_config(transfer, error));

	if (!is_done)
		remove_copies(transfer, TRUE);
	return is_done;
}

/* The inventory may have changed while the files were copied. */
static gboolean put_into_inventory(struct transfer *transfer, GError **error)
{
	struct vm_config *config = transfer->config;

	if (vm_by_id(transfer->service, config->id) ||
	    vm_store_deleted_at(transfer->service->store, config->id)) {
		g_set_error(error, API_ERROR, API_ERROR_EXISTS,
			    "%s: a machine with this identity is here already; import it as a copy",
			    config->name);
		return FALSE;
	}
	if (vm_name_is_taken(transfer->service, config->name, NULL)) {
		g_set_error(error, API_ERROR, API_ERROR_EXISTS, "%s: this name is taken; give another",
			    config->name);
		return FALSE;
	}
	if (strcmp(config->checkpoint_location, config->location) == 0)
		*config->checkpoint_location = '\0';
	/* that of the machine that it comes from; one whose files stay has them there */
	g_free(config->location);
	config->location =
	    g_strdup(transfer->kind == IMPORT && transfer->mode == IMPORT_REGISTER ? transfer->folder : "");
	network_choose_macs(transfer->service, config);
	if (!vm_store_save(transfer->service->store, config, error))
		return FALSE;
	transfer->config = NULL;
	vm_add(vm_new(transfer->service, config));
	return TRUE;
}

static gboolean finish_job(struct job *job, gpointer work, gboolean is_done, const GError *failure,
			   GError **error)
{
	struct transfer *transfer = work;

	if (is_done && transfer->kind != EXPORT)
		is_done = put_into_inventory(transfer, error);
	if (!is_done)
		remove_traces(transfer);
	return is_done;
}

static void start_job(struct transfer *transfer)
{
	struct call *call = transfer->call;
	GError *error = NULL;
	struct job *job;
	char *title = transfer->kind == CLONE	 ? g_strdup_printf("Clone to %s", transfer->config->name)
		      : transfer->kind == EXPORT ? g_strdup_printf("Export to %s", transfer->folder)
						 : g_strdup_printf("Import %s", transfer->config->name);

	transfer->call = NULL;
	if (job_count_running(transfer->service) >= SERVICE_JOBS_RUNNING_MAX)
		remove_traces(transfer);
	job = job_start(transfer->service, call->who->user, transfer->source_id, title, transfer, run_job,
			finish_job, transfer_free, &error);
	g_free(title);
	if (!job) {
		call_fail(call, error);
		g_error_free(error);
		return;
	}
	call_return_path(call, job->path);
}

/* --- opening its files ------------------------------------------------------------------------------- */

static int open_own(const struct transfer *transfer, const char *name)
{
	int fd, folder = vm_store_open_storage(transfer->service->store, transfer->source_id, FALSE);

	if (folder < 0)
		return -1;
	fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	close(folder);
	return fd;
}

/* Whether it has parents that checkpoints gave it. */
static gboolean is_chain(const struct vm *vm, const char *path)
{
	const struct checkpoint_file *file =
	    vm && vm->checkpoints ? checkpoint_file_find(vm->checkpoints, path) : NULL;

	return file && *file->parent;
}

/* Takes fd; the name of the copy, or NULL. */
static char *add_file(struct transfer *transfer, const char *path, int fd)
{
	struct vm *vm = transfer->source_id ? vm_by_id(transfer->service, transfer->source_id) : NULL;
	struct copy *copy = transfer->copy;
	char *plain = is_chain(vm, path) ? checkpoint_disks_plain_name(path) : NULL;
	char *name = copy_name(copy, plain ? plain : path);
	struct copy_file *file = copy_add(copy, fd, name);

	if (plain && file) {
		file->chain = g_strdup(path);
		if (!copy->disks) {
			copy->disks = g_new0(struct checkpoint_disks, 1);
			if (!checkpoint_disks_init(copy->disks, vm, transfer->call->who, NULL))
				file = NULL;
		}
	}
	g_free(plain);
	if (!file)
		g_clear_pointer(&name, g_free);
	return name;
}

/* Takes over all descriptors that are there, and renames the files in the configuration. */
static gboolean collect(struct transfer *transfer, GPtrArray *files, guint first)
{
	for (guint i = 0, next = first; i < transfer->texts->len; i++) {
		char **place = transfer->texts->pdata[i];
		gboolean is_own = vm_path_is_own(*place) && transfer->source_id;
		int fd = is_own ? open_own(transfer, *place) : caller_file_take(files->pdata[next++]);
		char *name;

		if (fd < 0)
			return FALSE;
		name = add_file(transfer, *place, fd);
		if (!name)
			return FALSE;
		g_free(*place);
		*place = name;
	}
	return TRUE;
}

#define LACKS_OWN_FILE "one of the machine's own files is missing; look into its folder"

/* FALSE: one of the machine's own is not there. */
static gboolean add_up(const struct transfer *transfer, const GPtrArray *files, guint next,
		       guint64 *ret_bytes)
{
	for (guint i = 0; i < transfer->texts->len; i++) {
		const char *path = *(char **)transfer->texts->pdata[i];
		gboolean is_own = vm_path_is_own(path) && transfer->source_id;
		int fd = is_own ? open_own(transfer, path) : ((struct caller_file *)files->pdata[next++])->fd;
		struct stat st = { 0 };

		if (fd < 0)
			return FALSE;
		fstat(fd, &st);
		*ret_bytes += (guint64)st.st_blocks * 512;
		if (is_own)
			close(fd);
	}
	return TRUE;
}

/* What stands against it, once its files are open: in a plan too. NULL: nothing. */
static char *lacks(const struct transfer *transfer, const GPtrArray *files, guint first)
{
	const char *store = vm_store_path(transfer->service->store);
	gboolean is_export = transfer->kind == EXPORT;
	int folder = is_export ? ((struct caller_file *)files->pdata[0])->fd
			       : open(store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	GError *error = NULL;
	guint64 bytes = 0;
	char *problem = NULL;

	if (!add_up(transfer, files, first, &bytes))
		problem = g_strdup(LACKS_OWN_FILE);
	else if (!room_check(folder, is_export ? transfer->folder : store, bytes, &error))
		problem = g_strdup(error->message);
	g_clear_error(&error);
	if (!is_export && folder >= 0)
		close(folder);
	return problem;
}

static void end_plan(struct transfer *transfer)
{
	struct call *call = transfer->call;

	transfer_free(transfer);
	plan_files_no_job(call);
}

static void on_files(gpointer opaque, GPtrArray *files)
{
	struct transfer *transfer = opaque;
	char *problem = caller_files_problem(files, transfer->call->who);
	guint first = transfer->kind == EXPORT ? 1 : 0;

	transfer->who = identity_copy(transfer->call->who);
	transfer->has_folder =
	    first && !transfer->call->is_plan && ((struct caller_file *)files->pdata[0])->fd >= 0;
	if (!problem)
		problem = lacks(transfer, files, first);
	if (!problem && transfer->call->is_plan) {
		g_ptr_array_unref(files);
		end_plan(transfer);
		return;
	}
	if (!problem && transfer->kind == EXPORT) {
		transfer->copy = copy_new(caller_file_take(files->pdata[0]));
		transfer->copy->gives_away = geteuid() == 0 && transfer->call->who->uid != 0;
		transfer->copy->uid = transfer->call->who->uid;
		transfer->copy->gid = transfer->call->who->gid;
	} else if (!problem) {
		int folder = vm_store_open_storage(transfer->service->store, transfer->config->id, TRUE);

		transfer->has_storage = folder >= 0;
		if (folder < 0)
			problem = g_strdup_printf("no folder can be made for its files: %s; check the disk",
						  g_strerror(-folder));
		else
			transfer->copy = copy_new(folder);
	}
	if (!problem && !collect(transfer, files, first))
		problem = g_strdup(LACKS_OWN_FILE);
	g_ptr_array_unref(files);
	if (problem)
		abandon(transfer, API_ERROR_FAILED, problem);
	else
		start_job(transfer);
	g_free(problem);
}

static void open_files(struct transfer *transfer, GPtrArray *files)
{
	for (guint i = 0; i < transfer->texts->len; i++) {
		const char *path = *(char **)transfer->texts->pdata[i];
		char *full;

		if (vm_path_is_own(path) && transfer->source_id)
			continue;
		full = vm_path_is_own(path) ? g_build_filename(transfer->folder, path, NULL) : g_strdup(path);
		caller_files_add(files, full, FILE_READ);
		g_free(full);
	}
	if (transfer->call->is_plan)
		plan_files_ask(files);
	caller_files_open(transfer->call->who, files, on_files, transfer);
}

/* --- the three ------------------------------------------------------------------------------------- */

void transfer_clone(struct call *call, struct vm *vm, const char *name)
{
	struct transfer *transfer = transfer_new(call, CLONE, vm->config->id);

	transfer->config = vm_config_copy(vm->config);
	vm_config_renew_id(transfer->config);
	g_free(transfer->config->name);
	transfer->config->name = g_strdup(name);
	g_free(transfer->config->creator);
	transfer->config->creator = g_strdup(call->who->user);
	transfer->config->was_running = FALSE;
	*transfer->config->checkpoint = '\0';
	for (guint i = 0; i < transfer->config->adapters->len;
	     i++) { /* two machines must not have one address */
		struct vm_adapter *adapter = transfer->config->adapters->pdata[i];

		*adapter->mac = '\0';
	}
	transfer->texts = file_places(transfer->config, FALSE);
	open_files(transfer, caller_files_new());
}

/* Takes the configuration. Checkpoints do not go along: what they and the disks hold together is in one image then. */
static void export(struct call *call, struct vm *vm, struct vm_config *config, const char *folder)
{
	struct transfer *transfer = transfer_new(call, EXPORT, vm->config->id);
	GPtrArray *files = caller_files_new();

	transfer->config = config;
	config->was_running = FALSE;
	*config->checkpoint = '\0';
	transfer->folder = g_build_filename(folder, vm->config->name, NULL);
	transfer->texts = file_places(config, TRUE);
	caller_files_add(files, transfer->folder, FILE_NEW_FOLDER);
	open_files(transfer, files);
}

void transfer_export(struct call *call, struct vm *vm, const char *folder)
{
	export(call, vm, vm_config_copy(vm->config), folder);
}

void transfer_export_checkpoint(struct call *call, struct vm *vm, const struct vm_config *config,
				const char *folder)
{
	struct vm_config *copy = vm_config_copy(config);

	g_free(copy->name);
	copy->name = g_strdup(vm->config->name);
	export(call, vm, copy, folder);
}

/* Whoever made the file does not decide who has rights here. */
static void adjust_import(struct transfer *transfer)
{
	struct vm_config *config = transfer->config;

	if (transfer->mode == IMPORT_COPY)
		vm_config_renew_id(config);
	if (*transfer->name) {
		g_free(config->name);
		config->name = g_strdup(transfer->name);
	}
	g_free(config->creator);
	config->creator = g_strdup(transfer->call->who->user);
	config->was_running = FALSE;
	*config->checkpoint = '\0';
	g_hash_table_remove_all(config->grants);
}

static void make_absolute(struct transfer *transfer)
{
	for (guint i = 0; i < transfer->texts->len; i++) {
		char **place = transfer->texts->pdata[i];
		char *full = vm_path_is_own(*place) ? g_build_filename(transfer->folder, *place, NULL)
						    : g_strdup(*place);

		g_free(*place);
		*place = full;
	}
}

static gboolean uses_pass_through(const struct vm_config *config)
{
	for (guint i = 0; i < config->disks->len; i++)
		if (((struct vm_disk *)config->disks->pdata[i])->is_pass_through)
			return TRUE;
	return FALSE;
}

static void import_config(struct transfer *transfer)
{
	struct call *call = transfer->call;
	struct vm_config *config;

	adjust_import(transfer);
	config = transfer->config;
	call_step(call, "the virtual machine %s (%s) is imported from %s", config->name, config->id,
		  transfer->folder);
	if (vm_by_id(call->service, config->id) || vm_store_deleted_at(call->service->store, config->id)) {
		abandon(transfer, API_ERROR_EXISTS,
			"a machine with this identity is here already; import it as a copy");
		return;
	}
	if (vm_name_is_taken(call->service, config->name, NULL)) {
		abandon(transfer, API_ERROR_EXISTS, "this name is taken here; give another with --name");
		return;
	}
	if (uses_pass_through(config) && !call_require(call, RIGHT_PASS_THROUGH, NULL)) {
		transfer_free(transfer); /* the call was answered */
		return;
	}
	transfer->texts = file_places(config, TRUE);
	if (transfer->mode == IMPORT_REGISTER) {
		make_absolute(transfer);
		g_ptr_array_set_size(transfer->texts, 0);
	}
	open_files(transfer, caller_files_new());
}

static void on_import_file(gpointer opaque, GPtrArray *files)
{
	struct transfer *transfer = opaque;
	char *problem = caller_files_problem(files, transfer->call->who), *data;
	GError *error = NULL;
	ssize_t size;

	if (!problem) {
		data = g_malloc(VM_FILE_MAX);
		size = pread(((struct caller_file *)files->pdata[0])->fd, data, VM_FILE_MAX, 0);
		transfer->config =
		    size >= 0 && size < VM_FILE_MAX ? vm_config_parse(data, (gsize)size, &error) : NULL;
		if (!transfer->config)
			problem = g_strdup_printf("%s/" TRANSFER_CONFIG ": %s", transfer->folder,
						  error ? error->message : "it cannot be read");
		g_clear_error(&error);
		g_free(data);
	}
	g_ptr_array_unref(files);
	if (problem)
		abandon(transfer, API_ERROR_FAILED, problem);
	else
		import_config(transfer);
	g_free(problem);
}

void transfer_import(struct call *call, const char *folder, enum import_mode mode, const char *name)
{
	struct transfer *transfer = transfer_new(call, IMPORT, NULL);
	GPtrArray *files = caller_files_new();
	char *path = g_build_filename(folder, TRANSFER_CONFIG, NULL);

	transfer->mode = mode;
	transfer->folder = g_canonicalize_filename(folder, "/");
	transfer->name = g_strdup(name);
	caller_files_add(files, path, FILE_READ);
	g_free(path);
	caller_files_open(call->who, files, on_import_file, transfer);
}
