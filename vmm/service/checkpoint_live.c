/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/checkpoint_live.h"
#include "service/disks_in_use.h"
#include "service/vm_save.h"

#include "api/api_error.h"

#include <string.h>

enum { LOOK_US = 200000, ANSWER_S = 120 };

struct checkpoint_live *checkpoint_live_new(void)
{
	struct checkpoint_live *live = g_new0(struct checkpoint_live, 1);

	g_mutex_init(&live->lock);
	g_cond_init(&live->changed);
	live->heard_us = g_get_monotonic_time();
	return live;
}

struct checkpoint_live *checkpoint_live_free(struct checkpoint_live *live)
{
	if (!live)
		return NULL;
	g_mutex_clear(&live->lock);
	g_cond_clear(&live->changed);
	g_free(live->text);
	g_free(live->merging);
	g_free(live);
	return NULL;
}

/* --- to the worker ------------------------------------------------------------------------------------ */

gboolean checkpoint_live_begin(struct vm *vm, struct checkpoint_live *live, const char *id, int fd,
			       guint disks, GError **error)
{
	struct link_message *message;

	if (link_message_new("checkpoint", &message) < 0)
		return vm_send(vm, NULL, error);
	link_add(message, "id", id);
	link_add_number(message, "disks", disks);
	if (fd >= 0)
		link_add_fd(message, "fd", fd);
	if (!vm_send(vm, message, error))
		return FALSE;
	vm->checkpoint_live = live;
	return TRUE;
}

gboolean checkpoint_live_begin_merge(struct vm *vm, struct checkpoint_live *live, const char *image,
				     struct link_message *message, GError **error)
{
	if (!vm_send(vm, message, error))
		return FALSE;
	live->merging = g_strdup(image);
	vm->checkpoint_live = live;
	return TRUE;
}

static void note_files(struct vm *vm, const struct vm_disk *place, struct worker_disk *disk)
{
	if (place->controller == VM_SCSI)
		disks_in_use_forget(vm, disk->controller, disk->lun);
	disks_in_use_note_disk(vm, disk);
	vm_save_note_more_parents(vm, &disk->chain);
}

gboolean checkpoint_live_send(struct vm *vm, const struct vm_disk *place, struct worker_disk *disk,
			      GError **error)
{
	gboolean is_ide = place->controller == VM_IDE;
	struct link_message *message;

	disk->controller = is_ide ? 0 : (unsigned)place->controller_number;
	disk->lun = is_ide ? 0 : (unsigned)place->location;
	if (worker_disk_encode(disk, &message) < 0)
		return vm_send(vm, NULL, error);
	link_add_number(message, "checkpoint", 1);
	if (is_ide)
		link_add_number(message, "unit", place->controller_number * 2 + place->location);
	note_files(vm, place, disk);
	return vm_send(vm, message, error);
}

static void send_merge_word(struct vm *vm, const char *verb, const char *image)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add(message, "id", image);
	vm_send(vm, message, NULL);
}

void checkpoint_live_keep(struct vm *vm)
{
	const char *merging = vm->checkpoint_live ? vm->checkpoint_live->merging : NULL;

	if (vm->worker && merging)
		send_merge_word(vm, "merge-keep", merging);
	else if (vm->worker)
		worker_process_send(vm->worker, "checkpoint-keep");
}

void checkpoint_live_cancel(struct vm *vm)
{
	if (vm->worker && vm->checkpoint_live)
		worker_process_send(vm->worker,
				    vm->checkpoint_live->merging ? "merge-cancel" : "checkpoint-cancel");
}

void checkpoint_live_end(struct vm *vm)
{
	vm->checkpoint_live = NULL;
}

/* --- from the worker ---------------------------------------------------------------------------------- */

static void settle(struct checkpoint_live *live, enum checkpoint_live_step step, const char *text,
		   gboolean is_cancelled)
{
	g_mutex_lock(&live->lock);
	live->heard_us = g_get_monotonic_time();
	if (live->step < LIVE_DONE) {
		live->step = step;
		live->text = g_strdup(text);
		live->is_cancelled = is_cancelled;
	}
	g_cond_signal(&live->changed);
	g_mutex_unlock(&live->lock);
}

/* One that an earlier service asked for: did that write down that the machine goes on from it? */
static void decide(struct vm *vm, const char *id)
{
	gboolean is_known = id && strcmp(vm->config->checkpoint, id) == 0;

	worker_process_send(vm->worker, is_known ? "checkpoint-keep" : "checkpoint-cancel");
}

/* The same of an image that was merged: does the configuration still name it? */
static void decide_merge(struct vm *vm, const char *image)
{
	if (!image || checkpoint_config_uses(vm->config, image))
		worker_process_send(vm->worker, "merge-cancel");
	else
		send_merge_word(vm, "merge-keep", image);
}

/* Of what an earlier service asked for. */
static gboolean is_of_another(const struct checkpoint_live *live, const struct link_message *message)
{
	const char *id = link_get(message, "id");
	gboolean is_merge = g_str_has_prefix(link_verb(message), "merge");

	return is_merge != (live->merging != NULL) || (is_merge && id && strcmp(id, live->merging) != 0);
}

static void on_step(struct vm *vm, struct link_message *message)
{
	struct checkpoint_live *live = vm->checkpoint_live;
	const char *step = link_get(message, "step");

	if (!step)
		return;
	if (!live || is_of_another(live, message)) {
		if (strcmp(step, "ready") == 0)
			(strcmp(link_verb(message), "merge") == 0 ? decide_merge
								  : decide)(vm, link_get(message, "id"));
	} else if (strcmp(step, "writing") == 0) {
		g_mutex_lock(&live->lock);
		link_get_number(message, "done", UINT64_MAX, &live->done);
		link_get_number(message, "size", UINT64_MAX, &live->size);
		live->heard_us = g_get_monotonic_time();
		g_mutex_unlock(&live->lock);
	} else if (strcmp(step, "held") == 0) {
		settle(live, LIVE_HELD, NULL, FALSE);
	} else if (strcmp(step, "ready") == 0) {
		settle(live, LIVE_READY, NULL, FALSE);
	} else if (strcmp(step, "done") == 0) {
		settle(live, LIVE_DONE, NULL, FALSE);
	}
}

static void on_failed(struct vm *vm, struct link_message *message)
{
	const char *text = link_get(message, "text");
	char *plain = g_utf8_make_valid(text ? text : "", -1);
	uint64_t is_cancelled = 0, is_too_fast = 0;
	struct checkpoint_live *live = vm->checkpoint_live;

	link_get_number(message, "canceled", 1, &is_cancelled);
	link_get_number(message, "later", 1, &is_too_fast);
	if (live && !is_of_another(live, message)) {
		live->is_too_fast = is_too_fast; /* seen by the thread after the lock */
		settle(live, LIVE_FAILED, plain, is_cancelled != 0);
	}
	g_free(plain);
}

gboolean checkpoint_live_handle(struct vm *vm, struct link_message *message)
{
	const char *verb = link_verb(message);

	if (strcmp(verb, "checkpoint") == 0 || strcmp(verb, "merge") == 0)
		on_step(vm, message);
	else if (strcmp(verb, "checkpoint-failed") == 0 || strcmp(verb, "merge-failed") == 0)
		on_failed(vm, message);
	else
		return FALSE;
	return TRUE;
}

void checkpoint_live_abandon(struct vm *vm, const char *reason)
{
	if (vm->checkpoint_live)
		settle(vm->checkpoint_live, LIVE_FAILED, reason, FALSE);
}

/* --- the job's thread --------------------------------------------------------------------------------- */

static void cancel_on_main(struct checkpoint_work *work)
{
	checkpoint_live_cancel(checkpoint_work_vm(work));
}

/* With the lock. A worker that was started by an earlier version knows no merging. */
static void end_if_silent(struct checkpoint_live *live)
{
	if (!live->merging || live->step >= LIVE_DONE ||
	    g_get_monotonic_time() - live->heard_us < ANSWER_S * G_USEC_PER_SEC)
		return;
	live->step = LIVE_FAILED;
	live->text = g_strdup("its worker does not answer; its disks are merged when it is off");
}

gboolean checkpoint_live_wait(struct checkpoint_work *work, struct checkpoint_live *live, struct job *job,
			      enum checkpoint_live_step step, GError **error)
{
	gboolean is_told = FALSE, is_good;

	g_mutex_lock(&live->lock);
	while (live->step < step) {
		guint64 done = live->done, size = live->size;

		g_cond_wait_until(&live->changed, &live->lock, g_get_monotonic_time() + LOOK_US);
		end_if_silent(live);
		g_mutex_unlock(&live->lock);
		if (!job_advance(job, done, size, NULL) && !is_told && step < LIVE_DONE) {
			is_told = TRUE;
			checkpoint_work_on_main(work, cancel_on_main, NULL);
		}
		g_mutex_lock(&live->lock);
	}
	is_good = live->step != LIVE_FAILED;
	if (!is_good)
		g_set_error(error, API_ERROR, live->is_cancelled ? API_ERROR_CANCELLED : API_ERROR_FAILED,
			    "%s", live->text && *live->text ? live->text : "it ended");
	g_mutex_unlock(&live->lock);
	return is_good;
}

void checkpoint_live_give_up(struct checkpoint_work *work, struct checkpoint_live *live)
{
	checkpoint_work_on_main(work, cancel_on_main, NULL);
	g_mutex_lock(&live->lock);
	while (live->step < LIVE_DONE) {
		g_cond_wait_until(&live->changed, &live->lock, g_get_monotonic_time() + LOOK_US);
		end_if_silent(live);
	}
	g_mutex_unlock(&live->lock);
}
