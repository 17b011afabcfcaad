/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/vm_media.h"
#include "service/api_power.h"
#include "service/caller_files.h"
#include "service/disks_in_use.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/start_chains.h"
#include "service/vm_save.h"

#include "api/api_error.h"
#include "link/worker_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { ANSWER_S = 15 };

/* One that is under way; the machine has at most one. */
struct media_change {
	struct call *call;
	struct vm_config *config; /* what it is to be; NULL: it stays (a disk grows) */
	enum media_kind kind;
	unsigned controller, number, location; /* where: enum vm_controller */
	guint64 bytes;			       /* of a disk that grows */
	GPtrArray *files;		       /* while the chain is looked up */
	guint timeout;
};

static struct vm_disk *disk_of(const struct vm_config *config, int index)
{
	return config->disks->pdata[index];
}

/* --- which it is ------------------------------------------------------------------------------------- */

static void add_change(enum media_kind *kind, const struct vm_disk **ret_disk, enum media_kind more,
		       const struct vm_disk *disk)
{
	*kind = *kind == MEDIA_NONE ? more : MEDIA_SEVERAL;
	*ret_disk = disk;
}

enum media_kind vm_media_find_change(const struct vm *vm, const struct vm_config *config,
				     const struct vm_disk **ret_disk)
{
	enum media_kind kind = MEDIA_NONE;

	*ret_disk = NULL;
	for (guint i = 0; i < config->disks->len; i++) {
		const struct vm_disk *disk = disk_of(config, (int)i),
				     *old = vm_disk_at_place(vm->config, disk);

		if (!old)
			add_change(&kind, ret_disk, MEDIA_ADD, disk);
		else if (strcmp(old->path, disk->path) != 0)
			add_change(&kind, ret_disk, MEDIA_DISC, disk);
	}
	for (guint i = 0; i < vm->config->disks->len; i++)
		if (!vm_disk_at_place(config, disk_of(vm->config, (int)i)))
			add_change(&kind, ret_disk, MEDIA_REMOVE, disk_of(vm->config, (int)i));
	return kind;
}

/* --- the end of one ---------------------------------------------------------------------------------- */

static void free_change(struct vm *vm, struct media_change *change)
{
	if (change->timeout)
		g_source_remove(change->timeout);
	vm->busy--;
	vm_config_free(change->config);
	g_clear_pointer(&change->files, g_ptr_array_unref);
	g_free(change);
}

/* Takes the error. */
static void refuse(struct vm *vm, GError *error)
{
	struct media_change *change = g_steal_pointer(&vm->media_change);

	if (change->kind == MEDIA_ADD)
		disks_in_use_forget(vm, change->number, change->location);
	api_fail(change->call, error);
	free_change(vm, change);
}

static void fail(struct vm *vm, enum api_error code, const char *text)
{
	refuse(vm, g_error_new(API_ERROR, code, "%s: %s", vm->config->name, text));
}

static void finish(struct vm *vm)
{
	struct media_change *change = g_steal_pointer(&vm->media_change);
	struct vm_config *config = g_steal_pointer(&change->config);
	GError *error = NULL;

	if (change->kind == MEDIA_REMOVE)
		disks_in_use_forget(vm, change->number, change->location);
	if (config)
		vm_catch_up(vm, config);
	if (!config || vm_set_config(vm, config, &error)) {
		call_return_steps(change->call);
	} else {
		vm_config_free(config);
		call_fail(change->call, error);
		g_error_free(error);
	}
	free_change(vm, change);
}

static gboolean on_timeout(gpointer opaque)
{
	struct vm *vm = opaque;

	vm->media_change->timeout = 0;
	fail(vm, API_ERROR_FAILED, "its worker does not answer; look with `bulkhead why` what it does");
	return G_SOURCE_REMOVE;
}

void vm_media_abandon(struct vm *vm)
{
	if (vm->media_change)
		fail(vm, API_ERROR_INVALID_STATE, "it ended before the disc was changed");
}

/* --- to the worker ----------------------------------------------------------------------------------- */

/* The descriptor and the chain stay the caller's. */
static int encode_scsi(struct vm *vm, const struct vm_disk *disk, int fd, const struct worker_chain *chain,
		       struct link_message **ret_message)
{
	gboolean is_dvd = disk->media == VM_DVD;
	const struct worker_disk drive = {
		.kind = is_dvd ? WORKER_DRIVE_CDROM : WORKER_DRIVE_DISK,
		.controller = (unsigned)disk->controller_number,
		.lun = (unsigned)disk->location,
		.name = disk->path,
		.format = (char *)(is_dvd ? "iso" : worker_disk_format(disk->path)),
		.is_read_only = is_dvd || disk->is_read_only,
		.fd = fd,
		.chain = *chain,
		.qos = { disk->min_iops, disk->max_iops },
	};
	int r = worker_disk_encode(&drive, ret_message);

	if (r == 0 && vm->media_change->call->is_forced)
		link_add_number(*ret_message, "force", 1);
	if (r == 0 && vm->media_change->kind == MEDIA_ADD)
		disks_in_use_note_disk(vm, &drive);
	if (r == 0)
		vm_save_note_more_parents(vm, chain);
	return r;
}

static int encode_ide(const struct vm_disk *disk, int fd, struct link_message **ret_message)
{
	const struct worker_drive drive = {
		.kind = WORKER_DRIVE_CDROM, .name = disk->path, .format = (char *)"iso", .fd = fd
	};
	int r = worker_drive_encode((unsigned)(disk->controller_number * 2 + disk->location), &drive,
				    ret_message);

	/* From outside, as with a paper clip: Hyper-V asks no guest either. */
	if (r == 0)
		link_add_number(*ret_message, "force", 1);
	return r;
}

/* For what needs no file: remove, grow. */
static int encode_place(const struct media_change *change, struct link_message **ret_message)
{
	int r = link_message_new(change->kind == MEDIA_GROW ? "grow-disk" : "remove-disk", ret_message);

	if (r < 0)
		return r;
	link_add_number(*ret_message, "controller", change->number);
	link_add_number(*ret_message, "lun", change->location);
	if (change->kind == MEDIA_GROW)
		link_add_number(*ret_message, "size", change->bytes);
	return 0;
}

/* `r`: of encoding. From here on the worker's answer decides. */
static void send(struct vm *vm, int r, struct link_message *message)
{
	GError *error = NULL;

	if (!vm_send(vm, r == 0 ? message : NULL, &error))
		refuse(vm, error);
	else
		vm->media_change->timeout = g_timeout_add_seconds(ANSWER_S, on_timeout, vm);
}

/* --- the files --------------------------------------------------------------------------------------- */

/* The change that this call waits for; NULL: it was abandoned, and answered. */
static struct media_change *change_of(struct call *call, struct vm **ret_vm)
{
	*ret_vm = call_vm(call);
	if (!*ret_vm || !(*ret_vm)->media_change || (*ret_vm)->media_change->call != call)
		return NULL;
	return (*ret_vm)->media_change;
}

static const struct vm_disk *disk_in(const struct media_change *change)
{
	const struct vm_disk place = { .controller = change->controller,
				       .controller_number = change->number,
				       .location = change->location };

	return vm_disk_at_place(change->config, &place);
}

/* What may outlive its change: `key` says which call it was for. */
struct lookup {
	struct service *service;
	char *vm_id;
	const struct call *key;
	GPtrArray *files;
};

static void on_chain(gpointer opaque, struct worker_chain *chain, const GError *error)
{
	struct lookup *lookup = opaque;
	struct vm *vm = vm_by_id(lookup->service, lookup->vm_id);
	struct media_change *change = vm ? vm->media_change : NULL;
	struct link_message *message = NULL;
	int r;

	if (change && change->call == lookup->key && error) {
		fail(vm, API_ERROR_FAILED, error->message);
	} else if (change && change->call == lookup->key) {
		r = encode_scsi(vm, disk_in(change), ((struct caller_file *)lookup->files->pdata[0])->fd,
				chain, &message);
		send(vm, r, message);
	}
	g_ptr_array_unref(lookup->files);
	g_free(lookup->vm_id);
	g_free(lookup);
}

static void find_chain(struct vm *vm, GPtrArray *files)
{
	struct media_change *change = vm->media_change;
	struct lookup *lookup = g_new0(struct lookup, 1);

	*lookup = (struct lookup){ .service = vm->service,
				   .vm_id = g_strdup(vm->config->id),
				   .key = change->call,
				   .files = g_ptr_array_ref(files) };
	start_chain_find_one(vm, disk_in(change), ((struct caller_file *)files->pdata[0])->fd,
			     change->call->who, on_chain, lookup);
}

static void on_file(gpointer opaque, GPtrArray *files)
{
	static const struct worker_chain none;
	struct call *call = opaque;
	struct vm *vm;
	struct media_change *change = change_of(call, &vm);
	struct link_message *message = NULL;
	char *problem = change ? caller_files_problem(files, call->who) : NULL;
	const struct vm_disk *disk = change ? disk_in(change) : NULL;
	int r, fd = files->len ? ((struct caller_file *)files->pdata[0])->fd : -1;

	if (problem) {
		fail(vm, API_ERROR_FAILED, problem);
	} else if (change && disk->media == VM_HARD_DISK) {
		find_chain(vm, files);
	} else if (change) {
		r = disk->controller == VM_SCSI ? encode_scsi(vm, disk, fd, &none, &message)
						: encode_ide(disk, fd, &message);
		send(vm, r, message);
	}
	g_free(problem);
	g_ptr_array_unref(files);
}

static void open_file(struct vm *vm, const struct vm_disk *disk)
{
	gboolean writes = disk->media == VM_HARD_DISK && !disk->is_read_only;
	struct call *call = vm->media_change->call;
	GPtrArray *files = caller_files_new();
	struct caller_file *file = NULL;

	if (*disk->path) {
		file = caller_files_add(files, disk->path, writes ? FILE_WRITE : FILE_READ);
		file->may_be_device = disk->is_pass_through;
	}
	if (!vm_path_is_own(disk->path)) {
		caller_files_open(call->who, files, on_file, call);
		return;
	}
	file->fd = start_files_open_own(vm, disk->path, writes ? O_RDWR : O_RDONLY);
	file->error = file->fd < 0 ? ENOENT : 0;
	on_file(call, files);
}

static void begin(struct call *call, struct vm *vm, const struct media_change *change)
{
	vm->busy++;
	if (!call->vm_id)
		call->vm_id = g_strdup(vm->config->id);
	vm->media_change = g_new0(struct media_change, 1);
	*vm->media_change = *change;
}

void vm_media_change(struct call *call, struct vm *vm, struct vm_config *config, enum media_kind kind,
		     const struct vm_disk *disk)
{
	const struct media_change change = { .call = call,
					     .config = config,
					     .kind = kind,
					     .controller = disk->controller,
					     .number = (unsigned)disk->controller_number,
					     .location = (unsigned)disk->location };
	struct link_message *message = NULL;
	int r;

	begin(call, vm, &change);
	if (kind != MEDIA_REMOVE) {
		open_file(vm, disk);
		return;
	}
	r = encode_place(vm->media_change, &message);
	send(vm, r, message);
}

void vm_media_grow(struct call *call, struct vm *vm, const struct vm_disk *disk, guint64 bytes)
{
	const struct media_change change = { .call = call,
					     .kind = MEDIA_GROW,
					     .controller = disk->controller,
					     .number = (unsigned)disk->controller_number,
					     .location = (unsigned)disk->location,
					     .bytes = bytes };
	struct link_message *message = NULL;
	int r;

	begin(call, vm, &change);
	r = encode_place(vm->media_change, &message);
	send(vm, r, message);
}

/* --- from the worker --------------------------------------------------------------------------------- */

/* The place that a message is about. */
static gboolean read_place(const struct link_message *message, struct vm_disk *ret_place)
{
	guint64 unit, controller = 0, lun = 0;
	gboolean is_ide = link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0;

	if (is_ide) {
		controller = unit / 2;
		lun = unit % 2;
	} else if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
		   link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0) {
		return FALSE;
	}
	*ret_place = (struct vm_disk){ .controller = is_ide ? VM_IDE : VM_SCSI,
				       .controller_number = controller,
				       .location = lun };
	return TRUE;
}

static void on_changed(struct vm *vm, const struct link_message *message)
{
	const struct media_change *change = vm->media_change;
	const char *error = link_get(message, "error");
	struct vm_disk place;
	char *text;

	if (!change || !read_place(message, &place) || place.controller != change->controller ||
	    place.controller_number != change->number || place.location != change->location)
		return;
	if (!error || !*error) {
		finish(vm);
		return;
	}
	text = g_utf8_make_valid(error, -1);
	if (g_str_has_suffix(text, ".")) /* disk/ ends its sentences so */
		text[strlen(text) - 1] = '\0';
	fail(vm, API_ERROR_FAILED, text);
	g_free(text);
}

/* Its image is closed; after the next start the drive is empty, too. */
static void on_ejected(struct vm *vm, const struct link_message *message)
{
	struct vm_disk place, *disk;
	struct vm_config *config;

	if (!read_place(message, &place))
		return;
	config = vm_config_copy(vm->config);
	disk = (struct vm_disk *)vm_disk_at_place(config, &place); /* the copy is ours */
	if (!disk || disk->media != VM_DVD || !*disk->path) {
		vm_config_free(config);
		return;
	}
	event_log_add(vm->service->log, EVENT_CHANGE, NULL, vm->config->id, vm->config->name,
		      "its guest ejected the disc %s", disk->path);
	*disk->path = '\0';
	if (!vm_set_config(vm, config, NULL))
		vm_config_free(config);
}

gboolean vm_media_handle(struct vm *vm, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (strcmp(verb, "disk-changed") == 0 || strcmp(verb, "drive-changed") == 0)
		on_changed(vm, message);
	else if (strcmp(verb, "disk-ejected") == 0 || strcmp(verb, "drive-ejected") == 0)
		on_ejected(vm, message);
	else
		return FALSE;
	return TRUE;
}

/* --- limits, which no file and no answer belong to ----------------------------------------------------- */

static void send_limits(struct vm *vm, const struct vm_disk *disk)
{
	struct worker_qos qos = { disk->min_iops, disk->max_iops };
	struct link_message *message;

	if (link_message_new("disk-limits", &message) < 0)
		return;
	if (disk->controller == VM_IDE) {
		link_add_number(message, "unit", disk->controller_number * 2 + disk->location);
	} else {
		link_add_number(message, "controller", disk->controller_number);
		link_add_number(message, "lun", disk->location);
	}
	worker_qos_encode(&qos, "", message);
	vm_send(vm, message, NULL);
}

void vm_media_follow_limits(struct vm *vm, const struct vm_config *before)
{
	if (!vm->worker)
		return;
	for (guint i = 0; i < vm->config->disks->len; i++) {
		const struct vm_disk *disk = disk_of(vm->config, (int)i),
				     *old = vm_disk_at_place(before, disk);

		if (old && disk->media == VM_HARD_DISK &&
		    (old->min_iops != disk->min_iops || old->max_iops != disk->max_iops))
			send_limits(vm, disk);
	}
}
