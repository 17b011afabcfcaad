/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image that a running machine uses goes into its parent: its worker does it (disk/live_merge.h), this decides.
 *
 * The image that it writes to: when the parent has all of it the guest's requests wait, the machine's configuration is written, which
 * names the parent from then on, and the worker goes on with that. An inner image: the list says that the parent has all of it; the
 * worker tells the image above it of its parent; other children are told by the helper (checkpoint_merge.c). Whatever dies meanwhile,
 * the configuration and the list tell what is left to do, and for whom: nobody writes to a parent any more that a child was told of.
 */
#include "service/checkpoint_live.h"
#include "service/checkpoint_work.h"
#include "service/disks_in_use.h"
#include "service/room.h"
#include "service/service.h"
#include "service/vm_save.h"

#include "api/api_error.h"

#include <unistd.h>

enum { FD_CHILD, FD_PARENT, FD_ABOVE, FDS };
enum { MIB = 1 << 20, ROOM_LEFT_MIB = 64 }; /* for the guest */

static void close_all(struct checkpoint_work *work)
{
	for (guint i = 0; i < FDS; i++) {
		if (work->fds[i] >= 0)
			close(work->fds[i]);
		work->fds[i] = -1;
	}
}

/* A full disk would stop the machine itself: what it writes needs room, too. */
static gboolean has_room(const struct checkpoint_work *work, GError **error)
{
	guint64 wanted = (guint64)work->child_st.st_blocks * 512 + ROOM_LEFT_MIB * MIB, free_bytes;

	return work->is_copied || room_has(work->fds[FD_PARENT], wanted, &free_bytes) ||
	       api_refuse(error, API_ERROR_FAILED,
			  "%s cannot be merged while the machine runs: there are %" G_GUINT64_FORMAT
			  " MiB free on the disk of %s, and it may "
			  "take %" G_GUINT64_FORMAT "; make room",
			  work->path, free_bytes / MIB, work->parent, (wanted + MIB - 1) / MIB);
}

static gboolean open_all(struct checkpoint_work *work, GError **error)
{
	struct checkpoint_disks *disks = &work->disks;

	for (guint i = 0; i < FDS; i++)
		work->fds[i] = -1;
	work->fds[FD_CHILD] = checkpoint_disks_open(disks, work->path, FILE_WRITE, error);
	if (work->fds[FD_CHILD] >= 0)
		work->fds[FD_PARENT] = checkpoint_disks_open(disks, work->parent, FILE_WRITE, error);
	if (work->fds[FD_PARENT] >= 0 && work->above)
		work->fds[FD_ABOVE] = checkpoint_disks_open(
		    disks, work->above, work->is_above_read ? FILE_WRITE : FILE_READ, error);
	return work->fds[FD_PARENT] >= 0 && (!work->above || work->fds[FD_ABOVE] >= 0) &&
	       fstat(work->fds[FD_CHILD], &work->child_st) == 0 &&
	       fstat(work->fds[FD_PARENT], &work->parent_st) == 0 && has_room(work, error);
}

/* --- main thread --------------------------------------------------------------------------------------- */

static void begin(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);
	struct link_message *message;

	if (!vm_save_check(vm, &work->failure))
		return;
	if (link_message_new("merge", &message) < 0) {
		vm_send(vm, NULL, &work->failure);
		return;
	}
	link_add(message, "id", work->path);
	link_add_number(message, "copied", work->is_copied);
	link_add_fd(message, "child", work->fds[FD_CHILD]);
	link_add_fd(message, "parent", work->fds[FD_PARENT]);
	if (work->above && work->is_above_read)
		link_add_fd(message, "above", work->fds[FD_ABOVE]);
	if (work->above && !checkpoint_disks_add_paths(&work->disks, message, work->fds[FD_ABOVE],
						       work->parent, work->fds[FD_PARENT], &work->failure))
		link_message_free(message);
	else
		checkpoint_live_begin_merge(vm, work->live, work->path, message, &work->failure);
}

static gboolean write_word(struct checkpoint_work *work, struct vm *vm)
{
	if (!work->above) {
		checkpoint_merge_finish(vm, &work->failure);
		/* it is true then, whatever failed after it */
		return checkpoint_config_uses(vm->config, work->parent);
	}
	vm->checkpoints->merging_is_copied = TRUE;
	if (checkpoints_save(vm, &work->failure))
		return TRUE;
	vm->checkpoints->merging_is_copied = FALSE;
	return FALSE;
}

static void decide(struct checkpoint_work *work)
{
	struct vm *vm = checkpoint_work_vm(work);

	if (!vm->worker)
		api_refuse(&work->failure, API_ERROR_FAILED, "%s ended meanwhile", vm->config->name);
	else if (write_word(work, vm))
		checkpoint_live_keep(vm);
	else
		checkpoint_live_cancel(vm);
}

static void end(struct checkpoint_work *work)
{
	checkpoint_live_end(checkpoint_work_vm(work));
}

static void note_merged(struct checkpoint_work *work)
{
	disks_in_use_merged(checkpoint_work_vm(work), &work->child_st, &work->parent_st, !work->above);
}

/* --- the thread ---------------------------------------------------------------------------------------- */

static gboolean converse(struct checkpoint_work *work, struct job *job, GError **error)
{
	struct checkpoint_live *live = work->live;
	gboolean is_begun = checkpoint_work_on_main(work, begin, error), is_good;

	close_all(work); /* the message has its own */
	is_good = is_begun && checkpoint_live_wait(work, live, job, LIVE_READY, error) &&
		  checkpoint_work_on_main(work, decide, error) &&
		  checkpoint_live_wait(work, live, job, LIVE_DONE, error);
	if (is_begun && !is_good)
		checkpoint_live_give_up(work, live);
	checkpoint_work_on_main(work, end, NULL);
	return is_good && checkpoint_work_on_main(work, note_merged, error);
}

gboolean checkpoint_work_merge_live(struct checkpoint_work *work, struct job *job, GError **error)
{
	gboolean is_good = open_all(work, error);

	work->live = checkpoint_live_new();
	if (is_good)
		is_good = converse(work, job, error);
	else if (error && !*error)
		api_refuse(error, API_ERROR_FAILED, "%s: this image cannot be looked at; check the disk",
			   work->path);
	if (!is_good && work->live->is_too_fast) {
		g_clear_error(error);
		work->left_for_off = g_strdup("its guest writes faster than its disks can be merged");
		is_good = TRUE;
	}
	close_all(work);
	work->live = checkpoint_live_free(work->live);
	return is_good;
}
