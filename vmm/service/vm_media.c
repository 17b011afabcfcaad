/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/vm_media.h"
#include "service/caller_files.h"
#include "service/event_log.h"
#include "service/service.h"
#include "service/start_files.h"

#include "api/api_error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { ANSWER_S = 15 };

/* One that is under way; the machine has at most one. */
struct media_change {
	struct call *call;
	struct vm_config *config;
	int index;
	guint timeout;
};

static struct vm_disk *disk_of(const struct vm_config *config, int index)
{
	return config->disks->pdata[index];
}

int vm_media_find_change(const struct vm *vm, const struct vm_config *config)
{
	int found = -1;

	for (guint i = 0; i < MIN(config->disks->len, vm->config->disks->len); i++)
		if (strcmp(disk_of(config, (int)i)->path, disk_of(vm->config, (int)i)->path) != 0)
			found = found == -1 ? (int)i : -2;
	return found;
}

/* --- the end of one ---------------------------------------------------------------------------------- */

static void free_change(struct vm *vm, struct media_change *change)
{
	if (change->timeout)
		g_source_remove(change->timeout);
	vm->busy--;
	vm_config_free(change->config);
	g_free(change);
}

static void fail(struct vm *vm, enum api_error code, const char *text)
{
	struct media_change *change = g_steal_pointer(&vm->media_change);

	call_fail_text(change->call, (int)code, "%s: %s", vm->config->name, text);
	free_change(vm, change);
}

static void finish(struct vm *vm)
{
	struct media_change *change = g_steal_pointer(&vm->media_change);
	struct vm_config *config = g_steal_pointer(&change->config);
	GError *error = NULL;

	vm_catch_up(vm, config);
	if (vm_set_config(vm, config, &error)) {
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

static int encode_scsi(const struct vm_disk *disk, int fd, struct link_message **ret_message)
{
	const struct worker_disk drive = { .kind = WORKER_DRIVE_CDROM,
					   .controller = (unsigned)disk->controller_number,
					   .lun = (unsigned)disk->location,
					   .name = disk->path,
					   .format = (char *)"iso",
					   .is_read_only = true,
					   .fd = fd };

	return worker_disk_encode(&drive, ret_message);
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

static gboolean send_disc(struct vm *vm, const struct vm_disk *disk, int fd)
{
	struct link_message *message;
	gboolean is_sent;

	if ((disk->controller == VM_SCSI ? encode_scsi(disk, fd, &message) : encode_ide(disk, fd, &message)) <
	    0)
		return FALSE;
	is_sent = vm->worker && worker_process_send_message(vm->worker, message);
	link_message_free(message);
	return is_sent;
}

static void on_file(gpointer opaque, GPtrArray *files)
{
	struct call *call = opaque;
	struct vm *vm = call_vm(call);
	struct media_change *change = vm ? vm->media_change : NULL;
	char *problem;

	if (!change || change->call != call) { /* abandoned, and answered */
		g_ptr_array_unref(files);
		return;
	}
	problem = caller_files_problem(files, call->who);
	if (problem)
		fail(vm, API_ERROR_FAILED, problem);
	else if (!send_disc(vm, disk_of(change->config, change->index),
			    files->len ? ((struct caller_file *)files->pdata[0])->fd : -1))
		fail(vm, API_ERROR_FAILED, "its worker process does not answer; turn it off");
	else
		change->timeout = g_timeout_add_seconds(ANSWER_S, on_timeout, vm);
	g_free(problem);
	g_ptr_array_unref(files);
}

void vm_media_change(struct call *call, struct vm *vm, struct vm_config *config, int index)
{
	GPtrArray *files = caller_files_new();
	const char *path = disk_of(config, index)->path;
	struct caller_file *file;

	vm->busy++;
	if (!call->vm_id)
		call->vm_id = g_strdup(vm->config->id);
	vm->media_change = g_new0(struct media_change, 1);
	*vm->media_change = (struct media_change){ .call = call, .config = config, .index = index };
	if (!vm_path_is_own(path)) {
		if (*path)
			caller_files_add(files, path, FILE_READ);
		caller_files_open(call->who, files, on_file, call);
		return;
	}
	file = caller_files_add(files, path, FILE_READ);
	file->fd = start_files_open_own(vm, path, O_RDONLY);
	file->error = file->fd < 0 ? ENOENT : 0;
	on_file(call, files);
}

/* --- from the worker --------------------------------------------------------------------------------- */

/* The drive that a message is about; -1. */
static int find_drive(const struct vm *vm, const struct link_message *message)
{
	guint64 unit, controller, lun;
	gboolean is_ide = link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0;

	if (is_ide) {
		controller = unit / 2;
		lun = unit % 2;
	} else if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
		   link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0) {
		return -1;
	}
	for (guint i = 0; i < vm->config->disks->len; i++) {
		const struct vm_disk *disk = vm->config->disks->pdata[i];

		if ((disk->controller == VM_IDE) == is_ide && disk->controller_number == controller &&
		    disk->location == lun)
			return (int)i;
	}
	return -1;
}

static void on_changed(struct vm *vm, const struct link_message *message)
{
	const char *error = link_get(message, "error");
	char *text;

	if (!vm->media_change || find_drive(vm, message) != vm->media_change->index)
		return;
	if (!error || !*error) {
		finish(vm);
		return;
	}
	text = g_utf8_make_valid(error, -1);
	fail(vm, API_ERROR_FAILED, text);
	g_free(text);
}

/* Its image is closed; after the next start the drive is empty, too. */
static void on_ejected(struct vm *vm, const struct link_message *message)
{
	int index = find_drive(vm, message);
	struct vm_config *config;

	if (index < 0 || disk_of(vm->config, index)->media != VM_DVD || !*disk_of(vm->config, index)->path)
		return;
	event_log_add(vm->service->log, EVENT_CHANGE, NULL, vm->config->id, vm->config->name,
		      "its guest ejected the disc %s", disk_of(vm->config, index)->path);
	config = vm_config_copy(vm->config);
	*disk_of(config, index)->path = '\0';
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
