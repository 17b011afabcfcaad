/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine goes to another host: what is there first says that it has all of it, and has it in its inventory; then it goes to the trash
 * here. A machine that ran is saved for it and goes on there, or here when it does not come to that. Only when the connection ends after
 * all was sent and before the answer, nobody here knows whether it runs there: then it stays saved.
 */
#include "service/move_far.h"
#include "service/api_power.h"
#include "service/checkpoint_work.h"
#include "service/event_log.h"
#include "service/move.h"
#include "service/move_files.h"
#include "service/move_header.h"
#include "service/move_layer.h"
#include "service/move_plan.h"
#include "service/move_stream.h"
#include "service/objects.h"
#include "service/service.h"
#include "service/vm_save.h"

#include "api/api_error.h"
#include "model/checkpoint_store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct sending {
	struct checkpoint_work work;
	char *peer, *name;
	struct move_record *record;
	struct move_header *header;
	struct move_files files;
	struct move_stream stream;
	gboolean was_up, was_paused, is_saved;
	char *layer; /* move_layer.h; NULL: none */
	gboolean can_layer;
	gboolean is_in_doubt; /* all was sent: it may be there */
	gboolean is_gone;
};

static void free_sending(gpointer pointer)
{
	struct sending *sending = pointer;

	close(sending->stream.fd);
	checkpoint_work_deinit(&sending->work);
	move_record_free(sending->record);
	move_header_free(sending->header);
	g_free(sending->peer);
	g_free(sending->name);
	g_free(sending->layer);
	g_free(sending);
}

/* --- what is to be told: main thread ------------------------------------------------------------------ */

static void add_states(struct sending *sending, const struct vm *vm)
{
	struct move_header *header = sending->header;

	if (sending->was_up || vm->life.state == VM_SAVED)
		move_header_add(header, "saved", MOVE_SAVED);
	for (guint i = 0; i < header->tree->checkpoints->len; i++) {
		const struct checkpoint *checkpoint = header->tree->checkpoints->pdata[i];

		if (checkpoint->kind == CHECKPOINT_STANDARD)
			move_header_add(header, checkpoint->id, MOVE_STATE);
	}
}

/* As text and back: the same list, with the names that the files have there. */
static struct checkpoint_tree *tree_copy(const struct sending *sending, const struct vm *vm)
{
	gsize size;
	char *text = checkpoint_tree_format(vm->checkpoints, &size);
	struct checkpoint_tree *tree = checkpoint_tree_parse(text, size, NULL);

	for (guint i = 0; tree && i < tree->checkpoints->len; i++) {
		struct checkpoint *checkpoint = tree->checkpoints->pdata[i];
		const struct checkpoint *now = checkpoint_by_id(vm->checkpoints, checkpoint->id);

		checkpoint->config = now && now->config ? vm_config_copy(now->config) : NULL;
	}
	if (tree)
		move_record_apply_tree(sending->record, tree);
	g_free(text);
	return tree ? tree : checkpoint_tree_new();
}

static void begin_plan(struct checkpoint_work *work)
{
	struct sending *sending = (struct sending *)work;
	struct vm *vm = checkpoint_work_vm(work);
	struct move_header *header = move_header_new();

	move_record_free(sending->record);
	move_header_free(sending->header);
	sending->was_up = vm_state_is_up(vm->life.state);
	sending->can_layer = sending->was_up && checkpoints_check_make(vm, NULL, NULL);
	sending->record = move_plan_far(vm, work->who->user);
	header->config = vm_config_copy(vm->config);
	move_record_apply(sending->record, header->config);
	header->config->was_running = FALSE;
	header->tree = tree_copy(sending, vm);
	header->starts = sending->was_up;
	header->is_paused = vm->life.state == VM_PAUSED;
	g_free(header->layer);
	header->layer = g_strdup(sending->layer ? sending->layer : "");
	sending->header = header;
	for (guint i = 0; i < sending->record->files->len; i++)
		move_header_add(header, ((struct move_file *)sending->record->files->pdata[i])->to,
				MOVE_IMAGE);
	add_states(sending, vm);
	sending->files = (struct move_files){
		.record = sending->record, .disks = &work->disks, .machine = sending->name, .folder = -1
	};
}

static void begin_save(struct checkpoint_work *work, struct checkpoint_wait *wait)
{
	struct sending *sending = (struct sending *)work;
	struct vm *vm = checkpoint_work_vm(work);

	sending->was_paused = vm->life.state == VM_PAUSED;
	sending->is_saved = TRUE;
	vm_save(vm, work->who->user, checkpoint_wait_over, wait);
}

static void pause_again(struct checkpoint_work *work)
{
	vm_pause(checkpoint_work_vm(work), "it was paused before it was to move", NULL);
}

/* It is on the other host. */
static void leave(struct checkpoint_work *work)
{
	struct sending *sending = (struct sending *)work;
	struct vm *vm = checkpoint_work_vm(work);
	GError *error = NULL;

	sending->is_gone = TRUE;
	if (!vm_store_trash(vm->service->store, vm->config->id, &error)) {
		g_set_error(
		    &work->failure, API_ERROR, API_ERROR_FAILED,
		    "%s is on %s now, but it cannot be put into the trash here (%s); do not start it, delete it here",
		    sending->name, sending->peer, error->message);
		g_error_free(error);
		return;
	}
	event_log_add(vm->service->log, EVENT_CHANGE, work->who->user, vm->config->id, vm->config->name,
		      "it moved to %s; what it had here is in the trash", sending->peer);
	objects_vm_removed(vm);
	g_hash_table_remove(vm->service->vms, vm->config->id);
}

/* --- files ------------------------------------------------------------------------------------------- */

static int number_of(const struct move_header *header, const char *name, unsigned kind)
{
	for (guint i = 0; i < header->items->len; i++) {
		const struct move_item *item = header->items->pdata[i];

		if (item->kind == kind && strcmp(item->name, name) == 0)
			return (int)i;
	}
	return -1;
}

static gboolean send_part(struct sending *sending, int fd, off_t at, off_t end, char *buffer, GError **error)
{
	while (at < end) {
		ssize_t n = pread(fd, buffer, (size_t)MIN(end - at, MOVE_FRAME_MAX), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 || api_refuse(error, API_ERROR_FAILED,
						    "a file of it cannot be read: %s; check the disk",
						    g_strerror(errno));
		if (!move_stream_send(&sending->stream, MOVE_DATA, (guint64)at, buffer, (gsize)n, error))
			return FALSE;
		at += n;
		sending->files.progress.done += (guint64)n;
		job_advance(sending->stream.job, sending->files.progress.done, sending->header->bytes, NULL);
	}
	return TRUE;
}

static gboolean send_data(struct sending *sending, int fd, off_t size, GError **error)
{
	char *buffer = g_malloc(MOVE_FRAME_MAX);
	gboolean is_good = TRUE;

	for (off_t at = 0; is_good && at < size;) {
		off_t data = lseek(fd, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		hole = lseek(fd, data, SEEK_HOLE);
		at = hole < 0 || hole > size ? size : hole;
		is_good = send_part(sending, fd, data, at, buffer, error);
	}
	g_free(buffer);
	return is_good;
}

/* Takes `fd`. */
static gboolean send_file(struct sending *sending, int number, int fd, const char *parent, GError **error)
{
	struct stat st;
	gboolean is_good = number >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (!is_good)
		api_refuse(error, API_ERROR_FAILED, "a file of it is not as it was; try again");
	is_good =
	    is_good &&
	    move_stream_send(&sending->stream, MOVE_FILE, (guint64)number, parent, strlen(parent), error) &&
	    send_data(sending, fd, st.st_size, error) &&
	    move_stream_send(&sending->stream, MOVE_END, (guint64)st.st_size, "", 0, error);
	close(fd);
	return is_good;
}

static gboolean send_image(struct sending *sending, struct move_file *file, GError **error)
{
	struct move_file *parent = file->is_moved ? move_record_find(sending->record, file->parent) : NULL;
	int fd;

	if (file->is_there)
		return TRUE;
	if (file->parent && !parent)
		return api_refuse(error, API_ERROR_FAILED,
				  "%s is a child of %s, which does not go along; merge the two, or convert "
				  "it to a disk of its own",
				  file->from, file->parent);
	if (!move_record_begin(file, error) || (parent && !send_image(sending, parent, error)))
		return FALSE;
	fd = checkpoint_disks_open(sending->files.disks, file->from, FILE_READ, error);
	file->is_there = fd >= 0 && send_file(sending, number_of(sending->header, file->to, MOVE_IMAGE), fd,
					      parent ? parent->to : "", error);
	return file->is_there;
}

static gboolean send_images(struct sending *sending, struct job *job, gboolean is_late, GError **error)
{
	GPtrArray *all = sending->record->files;

	if (!move_files_look(&sending->files, job, is_late, error))
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		struct move_file *file = all->pdata[i];

		if (file->is_late == is_late && !send_image(sending, file, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean send_states(struct sending *sending, GError **error)
{
	struct vm_store *store = sending->work.service->store;
	const char *id = sending->work.vm_id;
	gboolean is_good = TRUE;

	for (guint i = 0; i < sending->header->items->len && is_good; i++) {
		const struct move_item *item = sending->header->items->pdata[i];
		int folder, fd;
		char *name;

		if (item->kind == MOVE_IMAGE)
			continue;
		name = item->kind == MOVE_SAVED ? g_strdup(VM_SAVE_FILE)
						: checkpoint_store_state_name(item->name);
		folder = item->kind == MOVE_SAVED ? vm_store_open_storage(store, id, FALSE)
						  : checkpoint_store_open(store, id, FALSE);
		fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (folder >= 0)
			close(folder);
		is_good =
		    fd >= 0
			? send_file(sending, (int)i, fd, "", error)
			: api_refuse(error, API_ERROR_FAILED,
				     "%s: this saved state cannot be opened; check the disk of the inventory",
				     name);
		g_free(name);
	}
	return is_good;
}

/* --- the job ----------------------------------------------------------------------------------------- */

/* "refused SENTENCE": TRUE when it is the word that is hoped for. */
static gboolean read_answer(struct sending *sending, const char *word, GError **error)
{
	char line[MOVE_LINE_MAX], *text;

	if (!move_stream_read_line(&sending->stream, line, error))
		return FALSE;
	if (strcmp(line, word) == 0)
		return TRUE;
	text = strchr(line, ' ');
	sending->is_in_doubt = FALSE; /* it said that it has nothing of it */
	text = g_utf8_make_valid(text ? text + 1 : line, -1);
	g_strdelimit(text, "\t\r\033", ' ');
	api_refuse(error, API_ERROR_FAILED, "%s does not take it: %s", sending->peer, text);
	g_free(text);
	return FALSE;
}

static guint64 bytes_of(const struct sending *sending)
{
	guint64 bytes = 0;

	for (guint i = 0; i < sending->record->files->len; i++)
		bytes += (guint64)((struct move_file *)sending->record->files->pdata[i])->st.st_blocks * 512;
	return bytes + sending->header->config->memory_mib * (sending->was_up ? 1 << 20 : 0);
}

static gboolean greet(struct sending *sending, GError **error)
{
	gsize size;
	char *text, *line;
	gboolean is_good;

	sending->header->bytes = bytes_of(sending);
	text = move_header_format(sending->header, &size);
	line = g_strdup_printf("Bulkhead move 1 %zu\n", size);
	is_good = (size <= MOVE_HEADER_MAX ||
		   api_refuse(error, API_ERROR_FAILED, "it has too many checkpoints to be told of")) &&
		  move_stream_write(&sending->stream, line, strlen(line), error) &&
		  move_stream_write(&sending->stream, text, size, error) &&
		  read_answer(sending, "ready", error);
	g_free(line);
	g_free(text);
	return is_good;
}

static gboolean add_layer(struct sending *sending, struct job *job, GError **error)
{
	if (!sending->can_layer ||
	    !move_layer_is_wanted(&sending->work, sending->record, NULL, sending->header->config->memory_mib))
		return TRUE;
	sending->layer = move_layer_make(&sending->work, job, error);
	return sending->layer && checkpoint_work_on_main(&sending->work, begin_plan, error);
}

static gboolean send_all(struct sending *sending, struct job *job, GError **error)
{
	if (!add_layer(sending, job, error) || !move_files_look(&sending->files, job, FALSE, error) ||
	    !greet(sending, error) || !send_images(sending, job, FALSE, error))
		return FALSE;
	if (sending->was_up && (!checkpoint_work_wait(&sending->work, begin_save, NULL, error) ||
				!send_images(sending, job, TRUE, error)))
		return FALSE;
	if (!send_states(sending, error) || g_cancellable_set_error_if_cancelled(job->cancellable, error))
		return FALSE;
	sending->is_in_doubt = TRUE;
	return move_stream_send(&sending->stream, MOVE_OVER, 0, "", 0, error) &&
	       read_answer(sending, "done", error);
}

/* Why the other end has gone, when it had a word to say. */
static void listen_once_more(struct sending *sending, GError **error)
{
	GError *why = NULL;

	if (!move_stream_has_answer(&sending->stream) || read_answer(sending, "done", &why) ||
	    !g_str_has_prefix(why->message, sending->peer)) {
		g_clear_error(&why);
		return;
	}
	g_clear_error(error);
	g_propagate_error(error, why);
}

static void go_on(struct sending *sending, struct job *job)
{
	GError *error = NULL;

	if (checkpoint_work_wait(&sending->work, checkpoint_work_restart_saved, NULL, &error) &&
	    sending->was_paused)
		checkpoint_work_on_main(&sending->work, pause_again, NULL);
	g_clear_error(&error); /* the event log has it */
}

static gboolean run_job(struct job *job, gpointer pointer, GError **error)
{
	struct sending *sending = pointer;
	GError *local = NULL;
	gboolean is_sent;

	sending->stream.job = job;
	if (!checkpoint_work_on_main(&sending->work, begin_plan, error))
		return FALSE;
	is_sent = send_all(sending, job, &local);
	if (sending->layer)
		move_layer_drop(&sending->work, sending->layer);
	if (is_sent)
		return checkpoint_work_on_main(&sending->work, leave, error);
	if (!g_cancellable_is_cancelled(job->cancellable))
		listen_once_more(sending, &local);
	if (sending->is_in_doubt) {
		g_clear_error(&local);
		local = g_error_new(
		    API_ERROR, API_ERROR_FAILED,
		    "the connection to %s ended before it could say that it has %s; look there: when it is there, delete it "
		    "here, else start it here",
		    sending->peer, sending->name);
	} else if (sending->is_saved) {
		go_on(sending, job);
	}
	g_propagate_error(error, local);
	return FALSE;
}

static gboolean finish_job(struct job *job, gpointer pointer, gboolean is_done, const GError *failure,
			   GError **error)
{
	return is_done;
}

/* --- the call ---------------------------------------------------------------------------------------- */

static void say_path(struct call *call, const struct move_record *record, const char *path)
{
	if (*path && !move_record_find(record, path))
		call_step(call, "%s stays here: it must be there under the same name, too", path);
}

static void say_missing(struct call *call, const struct vm_config *config, const struct move_record *record)
{
	say_path(call, record, config->kernel);
	say_path(call, record, config->initrd);
	for (guint i = 0; i < config->disks->len; i++)
		say_path(call, record, ((struct vm_disk *)config->disks->pdata[i])->path);
}

static void describe(struct call *call, struct vm *vm, const char *peer)
{
	guint checkpoints = checkpoints_count(vm);
	struct move_record *record = move_plan_far(vm, call->who->user);

	call_step(call, "%s goes to %s, with %u file%s", vm->config->name, peer, record->files->len,
		  record->files->len == 1 ? "" : "s");
	if (checkpoints)
		call_step(call, "its %u checkpoint%s go%s along", checkpoints, checkpoints == 1 ? "" : "s",
			  checkpoints == 1 ? "es" : "");
	say_missing(call, vm->config, record);
	if (vm_state_is_up(vm->life.state))
		call_step(
		    call,
		    "it is saved while the last of it goes over, and goes on there: it stands still for that time");
	call_step(call, "here it goes to the trash when it is there; `bulkhead vm undelete` brings it back");
	move_record_free(record);
}

static gboolean check(struct vm *vm, const char *peer, GError **error)
{
	if (!*peer || strlen(peer) > 255 || !g_utf8_validate(peer, -1, NULL)) {
		g_set_error(error, API_ERROR, API_ERROR_INVALID_ARGUMENT, "\"%s\": this is no name of a host",
			    peer);
		return FALSE;
	}
	for (guint i = 0; i < vm->config->disks->len; i++) {
		const struct vm_disk *disk = vm->config->disks->pdata[i];

		if (disk->is_pass_through)
			return api_refuse(error, API_ERROR_FAILED,
					  "%s: %s is a physical disk of this host; detach it first",
					  vm->config->name, disk->path);
	}
	return move_check_state(vm, error);
}

static struct job *start(struct call *call, struct vm *vm, const char *peer, int fd, GError **error)
{
	struct sending *sending = g_new0(struct sending, 1);
	struct job *job;
	char *title;

	if (!checkpoint_work_init(&sending->work, vm, call->who, error)) {
		close(fd);
		g_free(sending);
		return NULL;
	}
	sending->peer = g_strdup(peer);
	sending->name = g_strdup(vm->config->name);
	sending->stream = (struct move_stream){ .fd = fd, .peer = sending->peer };
	title = g_strdup_printf("Move %s to %s", vm->config->name, peer);
	job = job_start(vm->service, call->who->user, vm->config->id, title, sending, run_job, finish_job,
			free_sending, error);
	g_free(title);
	return job;
}

void api_move_to_host(struct call *call)
{
	const char *peer;
	GError *error = NULL;
	struct vm *vm;
	struct job *job = NULL;
	int fds[2] = { -1, -1 };

	g_variant_get_child(call->parameters, 0, "&s", &peer);
	if (!api_get_vm(call, &vm) || !call_require(call, RIGHT_DELETE, vm) ||
	    !api_check_idle(call, vm, FALSE))
		return;
	if (check(vm, peer, &error) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		api_refuse(&error, API_ERROR_FAILED, "no connection can be made: %s", g_strerror(errno));
	if (!error)
		describe(call, vm, peer);
	if (!error && !call->is_plan)
		job = start(call, vm, peer, fds[0], &error);
	else if (fds[0] >= 0)
		close(fds[0]);
	if (!error) {
		call_return_stream(call, fds[1], job ? job->path : "/");
		return;
	}
	if (fds[1] >= 0)
		close(fds[1]);
	api_fail(call, error);
}
