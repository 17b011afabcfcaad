/* SPDX-License-Identifier: GPL-2.0-or-later */
/* org.bulkhead.VirtualMachine1.ResizeDisk: by the worker of a running machine, otherwise by the helper. */
#include "service/api_power.h"
#include "service/call.h"
#include "service/disk_settings.h"
#include "service/service.h"
#include "service/vm.h"
#include "service/vm_media.h"

#include "api/api_error.h"
#include "model/disk_shape.h"
#include "model/units.h"

#include <stdio.h>
#include <string.h>

/* "scsi:0:1", the path, or the plain name of a file in the machine's own folder. */
static const struct vm_disk *find_disk(const struct vm *vm, const char *name)
{
	for (guint i = 0; i < vm->config->disks->len; i++) {
		const struct vm_disk *disk = vm->config->disks->pdata[i];
		char place[64];

		snprintf(place, sizeof(place), "%s:%u:%u", disk->controller == VM_SCSI ? "scsi" : "ide",
			 (unsigned)disk->controller_number, (unsigned)disk->location);
		if (strcmp(place, name) == 0 || (*disk->path && strcmp(disk->path, name) == 0))
			return disk;
	}
	return NULL;
}

/* Answered when it is FALSE. */
static gboolean check_disk(struct call *call, const struct vm *vm, const struct vm_disk *disk,
			   const char *name)
{
	if (!disk)
		call_fail_text(call, API_ERROR_NOT_FOUND,
			       "%s: %s has no such disk; `bulkhead vm show` lists its drives", name,
			       vm->config->name);
	else if (disk->media != VM_HARD_DISK || disk->is_pass_through || !*disk->path)
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "%s: only the image of a hard disk has a size to change", name);
	else if (vm->worker && disk->controller != VM_SCSI)
		call_fail_text(
		    call, API_ERROR_INVALID_STATE,
		    "%s: a disk of the IDE controller has one size while it runs; shut %s down first", name,
		    vm->config->name);
	else
		return TRUE;
	return FALSE;
}

/* The caller's right to the machine was asked for; to the file it is asked for here. */
static void resize_image(struct call *call, struct vm *vm, const struct vm_disk *disk, guint64 bytes)
{
	const struct disk_settings settings = { 0 };
	struct disk_task *task = disk_task_new(call, "resize");
	GError *error = NULL;

	disk_task_use_machine(task, vm, TRUE);
	if (!disk_settings_add_image(task, &settings, disk->path, FILE_WRITE, &error)) {
		disk_settings_drop(call, task, error);
		return;
	}
	link_add_number(task->request, "size", bytes);
	link_add_number(task->request, "force", call->is_forced != 0);
	task->end = DISK_TASK_ANSWER;
	task->answer = disk_task_answer_steps;
	disk_settings_start(task, "Resize", disk->path);
}

void api_resize_disk(struct call *call)
{
	const struct vm_disk *disk;
	const char *name;
	guint64 bytes;
	struct vm *vm;
	char *size;

	if (!api_get_vm(call, &vm) || !api_check_idle(call, vm, FALSE))
		return;
	g_variant_get(call->parameters, "(&st@a{sv})", &name, &bytes, NULL);
	disk = find_disk(vm, name);
	if (!check_disk(call, vm, disk, name))
		return;
	if (bytes == 0 || bytes > G_MAXINT64) {
		call_fail_text(call, API_ERROR_INVALID_ARGUMENT,
			       "a disk has at most 64 TiB, and more than nothing");
		return;
	}
	size = units_format_bytes(bytes);
	call_step(call, "%s gets the size %s", disk->path, size);
	g_free(size);
	if (!vm->worker)
		resize_image(call, vm, disk, bytes);
	else if (call->is_plan)
		call_return_steps(call);
	else
		vm_media_grow(call, vm, disk, bytes);
}
