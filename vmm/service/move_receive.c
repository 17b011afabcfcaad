/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine comes from another host (move_stream.h). Its files are complete before it is in the inventory; a record (move_record.h) without
 * a machine tells the next service what never arrived. Whoever takes it in is its creator here, and nobody else has rights on it: what the
 * other host says of that does not count.
 */
#include "service/move_far.h"
#include "service/checkpoint_work.h"
#include "service/creator.h"
#include "service/event_log.h"
#include "service/missing_files.h"
#include "service/move_files.h"
#include "service/move_header.h"
#include "service/move_stream.h"
#include "service/network.h"
#include "service/objects.h"
#include "service/own_file.h"
#include "service/room.h"
#include "service/service.h"
#include "service/switches.h"
#include "service/vm_save.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct receiving {
	struct checkpoint_work work; /* first; without a machine until the end of it */
	char *folder;		     /* that the caller chose; "": the inventory */
	struct move_stream stream;
	struct move_header *header;
	struct move_record *record;
	struct move_files files;
	guint next;	  /* file */
	gboolean is_open; /* it has begun to make something */
	gboolean is_there;
};

static void free_receiving(gpointer pointer)
{
	struct receiving *receiving = pointer;

	close(receiving->stream.fd);
	if (receiving->files.folder >= 0)
		close(receiving->files.folder);
	checkpoint_disks_deinit(&receiving->work.disks);
	identity_free(receiving->work.who);
	g_clear_error(&receiving->work.failure);
	g_free(receiving->work.vm_id);
	move_record_free(receiving->record);
	move_header_free(receiving->header);
	g_free(receiving->folder);
	g_free(receiving);
}

/* --- whether it may come: main thread ----------------------------------------------------------------- */

static gboolean check(const struct receiving *receiving, GError **error)
{
	struct service *service = receiving->work.service;
	const struct vm_config *config = receiving->header->config;

	if (g_hash_table_size(service->vms) >= SERVICE_MACHINES_MAX)
		return api_refuse(error, API_ERROR_FAILED, "there are %d machines already; delete some",
				  SERVICE_MACHINES_MAX);
	if (vm_by_id(service, config->id))
		return api_refuse(
		    error, API_ERROR_FAILED,
		    "a machine with this identity is here already; delete it, or import a copy");
	if (vm_store_deleted_at(service->store, config->id))
		return api_refuse(error, API_ERROR_FAILED,
				  "a machine with this identity is in the trash here; empty the trash, or "
				  "bring that one back");
	if (vm_name_is_taken(service, config->name, NULL))
		return api_refuse(error, API_ERROR_FAILED,
				  "the name %s is taken there; rename one of the two", config->name);
	for (guint i = 0; i < config->disks->len; i++)
		if (((struct vm_disk *)config->disks->pdata[i])->is_pass_through)
			return api_refuse(error, API_ERROR_FAILED,
					  "it has a physical disk of its host; detach that first");
	return switches_check(service, config, error) &&
	       checkpoints_check_drives(service, NULL, config, error);
}

/* What was known of the other host does not hold here. */
static void adapt(struct receiving *receiving)
{
	struct vm_config *config = receiving->header->config;
	const GPtrArray *checkpoints = receiving->header->tree->checkpoints;
	const char *user = receiving->work.who->user;

	creator_set(config, user);
	for (guint i = 0; i < checkpoints->len; i++)
		creator_set(((struct checkpoint *)checkpoints->pdata[i])->config, user);
	config->was_running = FALSE;
	g_hash_table_remove_all(config->grants);
}

static void plan_files(struct receiving *receiving)
{
	const char *folder = receiving->record->folder;

	for (guint i = 0; i < receiving->header->items->len; i++) {
		const struct move_item *item = receiving->header->items->pdata[i];
		char *to;

		if (item->kind != MOVE_IMAGE)
			continue;
		to = *folder ? g_build_filename(folder, item->name, NULL) : g_strdup(item->name);
		move_record_add(receiving->record, item->name, to);
		g_free(to);
	}
}

static void begin(struct checkpoint_work *work)
{
	struct receiving *receiving = (struct receiving *)work;
	struct vm_config *config = receiving->header->config;
	struct vm probe = { .service = work->service, .config = config };
	char *folder;

	if (!check(receiving, &work->failure))
		return;
	adapt(receiving);
	folder = *receiving->folder ? g_build_filename(receiving->folder, config->name, NULL) : g_strdup("");
	receiving->record = move_record_new(work->who->user, folder, "");
	g_free(folder);
	receiving->record->is_arriving = TRUE;
	plan_files(receiving);
	work->vm_id = g_strdup(config->id);
	receiving->is_open = checkpoint_disks_init(&work->disks, &probe, work->who, &work->failure);
	receiving->files = (struct move_files){
		.record = receiving->record, .disks = &work->disks, .machine = config->name, .folder = -1
	};
}

/* --- what comes: in the thread -------------------------------------------------------------------------- */

static gboolean read_header(struct receiving *receiving, GError **error)
{
	char line[MOVE_LINE_MAX], *text, *end;
	guint64 size;
	gboolean is_good;

	if (!move_stream_read_line(&receiving->stream, line, error))
		return FALSE;
	size = g_str_has_prefix(line, "Bulkhead move 1 ") ? g_ascii_strtoull(line + 16, &end, 10) : 0;
	if (size == 0 || size > MOVE_HEADER_MAX || *end)
		return api_refuse(
		    error, API_ERROR_FAILED,
		    "what comes is no machine of this version; use the same version on both hosts");
	text = g_malloc(size);
	is_good = move_stream_read(&receiving->stream, text, size, error);
	if (is_good)
		receiving->header = move_header_parse(text, size, error);
	g_free(text);
	return is_good && receiving->header;
}

static gboolean greet(struct receiving *receiving, GError **error)
{
	return read_header(receiving, error) && checkpoint_work_on_main(&receiving->work, begin, error) &&
	       move_files_make_folder(&receiving->files, receiving->work.service->store,
				      receiving->work.vm_id, error) &&
	       room_check(receiving->files.folder, NULL, receiving->header->bytes, error) &&
	       move_stream_write(&receiving->stream, "ready\n", 6, error);
}

/* A new file without a name; the folder of a state is left in *ret_folder. */
static int open_new(const struct receiving *receiving, const struct move_item *item, int *ret_folder,
		    char **ret_name, GError **error)
{
	struct vm_store *store = receiving->work.service->store;
	const char *id = receiving->work.vm_id;
	int fd;

	*ret_folder = -1;
	if (item->kind == MOVE_IMAGE) {
		*ret_name = g_strdup(move_record_find(receiving->record, item->name)->to);
		return checkpoint_disks_open(&receiving->work.disks, *ret_name, FILE_NEW, error);
	}
	*ret_name =
	    item->kind == MOVE_SAVED ? g_strdup(VM_SAVE_FILE) : checkpoint_store_state_name(item->name);
	*ret_folder = item->kind == MOVE_SAVED ? vm_store_open_storage(store, id, TRUE)
					       : checkpoint_store_open(store, id, TRUE);
	fd = *ret_folder < 0 ? *ret_folder : own_file_new(*ret_folder, *ret_name);
	if (fd < 0)
		api_refuse(error, API_ERROR_FAILED,
			   "%s: no file can be made in the inventory: %s; check its disk", *ret_name,
			   g_strerror(-fd));
	return fd < 0 ? -1 : fd;
}

static gboolean write_data(int fd, const struct move_frame *frame, GError **error)
{
	gsize done = 0;

	if (frame->place > G_MAXINT64 - MOVE_FRAME_MAX)
		return api_refuse(error, API_ERROR_FAILED, "what comes is no file; try again");
	while (done < frame->size) {
		ssize_t n = pwrite(fd, frame->data + done, frame->size - done, (off_t)(frame->place + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return api_refuse(
			    error, API_ERROR_FAILED,
			    "it cannot be written there: %s; free some room, or name another folder",
			    g_strerror(errno));
		done += (gsize)n;
	}
	return TRUE;
}

static gboolean read_file(struct receiving *receiving, int fd, struct move_frame *frame, GError **error)
{
	for (;;) {
		if (!move_stream_receive(&receiving->stream, frame, error))
			return FALSE;
		if (frame->kind == MOVE_END)
			return frame->place <= G_MAXINT64 && ftruncate(fd, (off_t)frame->place) == 0
				   ? TRUE
				   : api_refuse(error, API_ERROR_FAILED,
						"a file of it cannot have the size that it has: %s",
						g_strerror(errno));
		if (frame->kind != MOVE_DATA)
			return api_refuse(error, API_ERROR_FAILED, "what comes is no file; try again");
		if (!write_data(fd, frame, error))
			return FALSE;
		receiving->files.progress.done += frame->size;
		job_advance(receiving->stream.job, receiving->files.progress.done, receiving->header->bytes,
			    NULL);
	}
}

/* It came before its child. */
static gboolean tell_parent(struct receiving *receiving, const char *name, int fd, const char *parent,
			    GError **error)
{
	const struct move_file *file = move_record_find(receiving->record, parent);
	struct checkpoint_disks *disks = &receiving->work.disks;
	int parent_fd;
	gboolean is_good;

	if (!file || !file->is_there)
		return api_refuse(error, API_ERROR_FAILED,
				  "a disk comes before its parent; use the same version on both hosts");
	parent_fd = checkpoint_disks_open(disks, file->to, FILE_READ, error);
	is_good = parent_fd >= 0 && checkpoint_disks_reconnect_open(disks, receiving->stream.job, name, fd,
								    file->to, parent_fd, error);
	if (parent_fd >= 0)
		close(parent_fd);
	return is_good;
}

static gboolean keep(struct receiving *receiving, const struct move_item *item, int folder, const char *name,
		     int fd, GError **error)
{
	int r;

	if (item->kind == MOVE_IMAGE) {
		move_record_find(receiving->record, item->name)->is_there = TRUE;
		return checkpoint_disks_keep(&receiving->work.disks, name, fd, error);
	}
	r = own_file_keep(folder, fd, name);
	return r == 0 || api_refuse(error, API_ERROR_FAILED, "%s: it cannot be kept: %s; check the disk",
				    name, g_strerror(-r));
}

static gboolean receive_file(struct receiving *receiving, struct move_frame *frame, GError **error)
{
	const struct move_item *item = frame->place < receiving->header->items->len
					   ? receiving->header->items->pdata[frame->place]
					   : NULL;
	char *parent = g_strndup(frame->data, frame->size), *name = NULL;
	gboolean is_good = item != NULL;
	int folder = -1, fd = -1;

	if (!item)
		api_refuse(error, API_ERROR_FAILED,
			   "a file comes that was not told of; use the same version on both hosts");
	else
		fd = open_new(receiving, item, &folder, &name, error);
	is_good = fd >= 0 && read_file(receiving, fd, frame, error) &&
		  (!*parent || item->kind != MOVE_IMAGE || tell_parent(receiving, name, fd, parent, error)) &&
		  keep(receiving, item, folder, name, fd, error);
	if (fd >= 0 && !is_good && folder < 0)
		checkpoint_disks_undo(&receiving->work.disks, name, fd);
	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	g_free(parent);
	g_free(name);
	return is_good;
}

static gboolean receive_all(struct receiving *receiving, GError **error)
{
	struct move_frame frame = { .data = g_malloc(MOVE_FRAME_MAX + 1) };
	gboolean is_good = TRUE;
	guint count = 0;

	while (is_good) {
		is_good = move_stream_receive(&receiving->stream, &frame, error);
		if (is_good && frame.kind == MOVE_OVER)
			break;
		is_good = is_good &&
			  (frame.kind == MOVE_FILE ||
			   api_refuse(error, API_ERROR_FAILED, "what comes is no file; try again")) &&
			  receive_file(receiving, &frame, error);
		count++;
	}
	if (is_good && count != receiving->header->items->len)
		is_good = api_refuse(error, API_ERROR_FAILED, "not all of its files came; try again");
	g_free(frame.data);
	return is_good;
}

/* --- the machine: main thread --------------------------------------------------------------------------- */

static gboolean save_checkpoints(struct receiving *receiving, GError **error)
{
	struct vm_store *store = receiving->work.service->store;
	struct checkpoint_tree *tree = receiving->header->tree;
	const char *id = receiving->work.vm_id;

	if (tree->checkpoints->len == 0 && tree->files->len == 0)
		return TRUE;
	move_record_apply_tree(receiving->record, tree);
	for (guint i = 0; i < tree->checkpoints->len; i++)
		if (!checkpoint_store_save_config(store, id, tree->checkpoints->pdata[i], error))
			return FALSE;
	return checkpoint_store_save(store, id, tree, error);
}

static void arrive(struct checkpoint_work *work)
{
	struct receiving *receiving = (struct receiving *)work;
	struct vm_config *config = vm_config_copy(receiving->header->config);
	struct vm *vm;

	if (!check(receiving, &work->failure)) { /* somebody was faster */
		vm_config_free(config);
		return;
	}
	move_record_apply(receiving->record, config);
	network_choose_macs(work->service, config);
	if (!save_checkpoints(receiving, &work->failure) ||
	    !vm_store_save(work->service->store, config, &work->failure)) {
		vm_config_free(config);
		return;
	}
	vm = vm_new(work->service, config);
	vm_add(vm);
	receiving->is_there = TRUE;
	vm_save_not_used(vm); /* its disks are these */
	vm_save_find(vm);
	vm->busy++;
}

/* It did not start: as if it had never come. */
static void take_back(struct checkpoint_work *work)
{
	struct receiving *receiving = (struct receiving *)work;
	struct vm *vm = checkpoint_work_vm(work);
	struct vm_store *store = work->service->store;

	if (vm_store_trash(store, work->vm_id, &work->failure)) {
		objects_vm_removed(vm);
		g_hash_table_remove(work->service->vms, work->vm_id);
		vm_store_purge(store, work->vm_id, &work->failure);
	}
	receiving->is_there = FALSE;
}

static void settle(struct checkpoint_work *work)
{
	struct receiving *receiving = (struct receiving *)work;
	struct vm *vm = checkpoint_work_vm(work);

	vm->busy--;
	if (receiving->header->starts && receiving->header->is_paused)
		vm_pause(vm, "it was paused before it moved", NULL);
	if (checkpoint_by_id(vm->checkpoints, receiving->header->layer))
		checkpoints_delete(vm, work->who, receiving->header->layer, FALSE, NULL, NULL);
	event_log_add(vm->service->log, EVENT_CHANGE, work->who->user, vm->config->id, vm->config->name,
		      "it came from another host");
	missing_files_check(vm->service, vm);
	objects_checkpoints_changed(vm);
}

static gboolean start(struct receiving *receiving, struct job *job, GError **error)
{
	if (!receiving->header->starts)
		return TRUE;
	if (checkpoint_work_wait(&receiving->work, checkpoint_work_restart, NULL, error))
		return TRUE;
	checkpoint_work_on_main(&receiving->work, take_back, NULL);
	return FALSE;
}

/* --- the job ----------------------------------------------------------------------------------------- */

static void clean(struct receiving *receiving)
{
	struct vm_store *store = receiving->work.service->store;

	if (!receiving->is_open)
		return;
	if (!receiving->is_there) {
		g_free(move_files_remove(receiving->record, &receiving->work.disks, FALSE));
		vm_store_remove_storage(store, receiving->work.vm_id);
		checkpoint_store_remove(store, receiving->work.vm_id);
	}
	move_record_forget(store, receiving->work.vm_id);
}

static void say_failure(struct receiving *receiving, const char *text)
{
	char *plain = g_strdelimit(g_strdup(text), "\n", ' '),
	     *line = g_strdup_printf("failed %.1500s\n", plain);

	move_stream_write(&receiving->stream, line, strlen(line), NULL);
	g_free(line);
	g_free(plain);
}

static gboolean run_job(struct job *job, gpointer pointer, GError **error)
{
	struct receiving *receiving = pointer;
	GError *local = NULL;
	gboolean is_good;

	receiving->stream.job = job;
	is_good = greet(receiving, &local) && receive_all(receiving, &local) &&
		  checkpoint_work_on_main(&receiving->work, arrive, &local) && start(receiving, job, &local);
	clean(receiving);
	if (!is_good) {
		say_failure(receiving, local->message);
		g_propagate_error(error, local);
		return FALSE;
	}
	checkpoint_work_on_main(&receiving->work, settle, NULL);
	move_stream_write(&receiving->stream, "done\n", 5, NULL); /* who does not hear it looks here */
	return TRUE;
}

static gboolean finish_job(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
			   GError **error)
{
	return is_done;
}

void api_receive(struct call *call)
{
	const char *folder;
	struct receiving *receiving;
	GError *error = NULL;
	struct job *job;
	int fds[2];

	g_variant_get_child(call->parameters, 0, "&s", &folder);
	if (*folder && (!g_path_is_absolute(folder) || strlen(folder) > VM_PATH_MAX - VM_NAME_MAX ||
			!vm_path_check(folder, NULL))) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: this is no absolute path of a folder; give one", folder);
		return;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
		call_fail_text(call, API_ERROR_FAILED, "no connection can be made: %s", g_strerror(errno));
		return;
	}
	call_step(call, "a machine comes from another host");
	receiving = g_new0(struct receiving, 1);
	receiving->work.service = call->service;
	receiving->work.who = identity_copy(call->who);
	receiving->stream = (struct move_stream){ .fd = fds[0], .peer = "the other host" };
	receiving->folder = *folder ? g_canonicalize_filename(folder, "/") : g_strdup("");
	receiving->files.folder = -1;
	job = job_start(call->service, call->who->user, NULL, "A machine comes from another host", receiving,
			run_job, finish_job, free_receiving, &error);
	if (job) {
		call_return_stream(call, fds[1], job->path);
		return;
	}
	close(fds[1]);
	call_fail(call, error);
	g_error_free(error);
}

/* --- after a service that died ----------------------------------------------------------------------- */

static void remove_traces(struct service *service, const char *id, const struct move_record *record)
{
	struct vm_config config = { .id = (char *)id, .name = "a machine that did not arrive" };
	struct vm probe = { .service = service, .config = &config };
	struct identity *who = identity_of_name(record->user);
	struct checkpoint_disks disks;

	if (who && checkpoint_disks_init(&disks, &probe, who, NULL)) {
		g_free(move_files_remove(record, &disks, FALSE));
		checkpoint_disks_deinit(&disks);
	}
	vm_store_remove_storage(service->store, id);
	checkpoint_store_remove(service->store, id);
	move_record_forget(service->store, id);
	identity_free(who);
}

void move_receive_settle(struct service *service)
{
	GPtrArray *ids = move_record_list(service->store);

	for (guint i = 0; i < ids->len; i++) {
		const char *id = ids->pdata[i];
		struct move_record *record = move_record_load(service->store, id);

		if (record && record->is_arriving && !vm_store_has(service->store, id))
			remove_traces(service, id, record);
		move_record_free(record);
	}
	g_ptr_array_unref(ids);
}
