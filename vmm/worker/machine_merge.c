/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An image of one of its disks goes into its parent while the machine runs (disk/live_merge.h).
 *
 * Threads    All here on the main thread; what touches images is done on the thread of their queue while the main thread waits.
 * Deciding   As with a checkpoint: whoever asked writes down what is true when it hears "ready", and says "keep". The disk that
 *            the guest writes to is held meanwhile, also until another service comes.
 */
#include "worker/gen1.h"
#include "worker/machine_priv.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage.h"

#include "disk/live_merge.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TELL_NS 300000000u

struct machine_merge {
	struct machine *machine;
	struct loop *images; /* whose thread has the images; NULL: the main thread */
	struct machine_merge_wish wish;
	struct live_merge *live;
	struct disk *top;
	struct loop_call copied_call; /* from the images' thread */
	_Atomic int copied;
	struct loop_timer *timer; /* tells how far it is */
	bool is_ready, is_canceled;
	/* of a call to the images' thread */
	struct disk *next;
	struct disk_error error;
	uint64_t done, size;
	int result;
};

static void run(struct machine_merge *merge, void (*fn)(void *opaque))
{
	if (merge->images)
		loop_call_sync(merge->images, fn, merge);
	else
		fn(merge);
}

static void tell(struct machine_merge *merge, enum machine_merge_step step, const char *text)
{
	const struct machine_ops *ops = merge->machine->ops;

	ops->on_merge(merge->machine->opaque, step, merge->wish.id, text);
}

/* --- on the images' thread ------------------------------------------------------------------------------------- */

static void end_live(void *opaque)
{
	struct machine_merge *merge = opaque;

	merge->live = live_merge_free(merge->live);
}

static void look(void *opaque)
{
	struct machine_merge *merge = opaque;

	live_merge_progress(merge->live, &merge->done, &merge->size);
}

static void cancel_live(void *opaque)
{
	live_merge_cancel(((struct machine_merge *)opaque)->live);
}

static void fail_held(void *opaque)
{
	live_merge_fail_held(((struct machine_merge *)opaque)->live);
}

static void settle(void *opaque)
{
	struct machine_merge *merge = opaque;

	merge->result = live_merge_settle(merge->live, &merge->error);
}

static void keep(void *opaque)
{
	struct machine_merge *merge = opaque;

	merge->result = live_merge_keep(merge->live, &merge->next, &merge->error);
	if (!merge->next)
		return;
	if (merge->images)
		synthetic_storage_put(merge->machine->synthetic, merge->top, merge->next);
	else
		gen1_put_disk(merge->machine->gen1, merge->top, merge->next);
	disk_hand_over(merge->top, merge->next);
}

/* Nobody can submit to the one before any more. What it was given until then is the new one's; it need not be whole. */
static void close_before(void *opaque)
{
	struct machine_merge *merge = opaque;

	disk_hand_over(merge->top, merge->next);
	disk_close(merge->top);
	merge->top = merge->next;
}

static void on_copied(void *opaque, int error)
{
	struct machine_merge *merge = opaque;

	atomic_store(&merge->copied, error);
	loop_call(merge->machine->loop, &merge->copied_call);
}

static bool has_child(struct disk *disk, void *opaque)
{
	return live_merge_finds(disk, ((struct machine_merge *)opaque)->wish.child);
}

static void begin_live(void *opaque)
{
	struct machine_merge *merge = opaque;
	struct machine_merge_wish *wish = &merge->wish;
	struct live_merge_config config = { .child = wish->child,
					    .parent = wish->parent,
					    .above = wish->above,
					    .relative = wish->relative,
					    .absolute = wish->absolute,
					    .is_copied = wish->is_copied,
					    .on_copied = on_copied,
					    .opaque = merge };

	merge->top = merge->images ? synthetic_storage_find(merge->machine->synthetic, has_child, merge)
				   : gen1_find_disk(merge->machine->gen1, has_child, merge);
	merge->result = merge->top ? 0 : -ENOENT;
	if (!merge->top)
		return;
	config.top = merge->top;
	wish->child = wish->parent = wish->above = -1;
	merge->result = live_merge_new(&config, &merge->live, &merge->error);
}

/* --- the main thread --------------------------------------------------------------------------------------------- */

static void free_wish(struct machine_merge_wish *wish)
{
	int *fds[] = { &wish->child, &wish->parent, &wish->above };

	for (unsigned i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	free(wish->id);
	free(wish->relative);
	free(wish->absolute);
	*wish = (struct machine_merge_wish){ .child = -1, .parent = -1, .above = -1 };
}

static void forget(struct machine_merge *merge)
{
	if (merge->live)
		run(merge, end_live);
	merge->machine->merge = NULL;
	loop_call_cancel(merge->machine->loop, &merge->copied_call);
	loop_timer_free(merge->timer);
	free_wish(&merge->wish);
	free(merge);
}

/* The disk that it is about goes on as it was. */
static void fail(struct machine_merge *merge, int error)
{
	struct machine *machine = merge->machine;
	enum machine_merge_step step = merge->is_canceled ? MACHINE_MERGE_CANCELED
				       : error == -EAGAIN ? MACHINE_MERGE_TOO_FAST
							  : MACHINE_MERGE_FAILED;
	const char *text = merge->error.text[0] ? merge->error.text
			   : error == -ENOSPC
			       ? "there is not enough room on the disk of its images; make room"
			       : strerror(-error);
	char *id = merge->wish.id, copy[sizeof(merge->error.text)];

	merge->wish.id = NULL;
	snprintf(copy, sizeof(copy), "%s", text);
	forget(merge);
	machine->ops->on_merge(machine->opaque, step, id, copy);
	free(id);
}

static void on_copied_main(void *opaque)
{
	struct machine_merge *merge = opaque;
	int error = atomic_load(&merge->copied);

	if (error == 0 && !merge->is_canceled) {
		run(merge, settle);
		error = merge->result;
	}
	if (error < 0 || merge->is_canceled) {
		fail(merge, error);
	} else if (error == 0) {
		merge->is_ready = true;
		tell(merge, MACHINE_MERGE_READY, "");
	}
}

static void on_timer(void *opaque)
{
	struct machine_merge *merge = opaque;

	if (merge->is_ready)
		return;
	run(merge, look);
	merge->machine->ops->on_merging(merge->machine->opaque, merge->done, merge->size);
	loop_timer_set(merge->timer, loop_now() + TELL_NS);
}

static int begin_at(struct machine_merge *merge, bool is_synthetic)
{
	struct machine *machine = merge->machine;

	if (is_synthetic ? !machine->synthetic : !machine->gen1)
		return -ENOENT;
	merge->images = is_synthetic ? synthetic_loop(machine->synthetic) : NULL;
	run(merge, begin_live);
	return merge->result;
}

static void begin(struct machine_merge *merge)
{
	int r = loop_timer_new(merge->machine->loop, on_timer, merge, &merge->timer);

	if (r == 0)
		r = begin_at(merge, true);
	if (r == -ENOENT)
		r = begin_at(merge, false);
	if (r == -ENOENT && merge->wish.is_copied) { /* the last step is done already; nobody heard of it */
		merge->result = 0;
		merge->is_ready = true;
		tell(merge, MACHINE_MERGE_READY, "");
	} else if (r == -ENOENT) {
		snprintf(merge->error.text, sizeof(merge->error.text),
			 "%s: no disk of the machine has this image", merge->wish.id);
		fail(merge, r);
	} else if (r < 0) {
		fail(merge, r);
	} else {
		loop_timer_set(merge->timer, loop_now() + TELL_NS);
	}
}

void machine_merge(struct machine *machine, struct machine_merge_wish *wish)
{
	struct machine_merge *merge = machine->merge ? NULL : calloc(1, sizeof(*merge));

	if (!merge) {
		machine->ops->on_merge(machine->opaque, MACHINE_MERGE_FAILED, wish->id,
				       machine->merge ? "another image of it is being merged"
						      : "there is no memory left");
		free_wish(wish);
		return;
	}
	machine->merge = merge;
	merge->machine = machine;
	merge->wish = *wish;
	*wish = (struct machine_merge_wish){ .child = -1, .parent = -1, .above = -1 };
	merge->copied_call = (struct loop_call){ .fn = on_copied_main, .opaque = merge };
	begin(merge);
}

void machine_merge_keep(struct machine *machine, const char *id)
{
	struct machine_merge *merge = machine->merge;

	if (!merge || !merge->is_ready || strcmp(merge->wish.id, id) != 0) {
		machine->ops->on_merge(machine->opaque, MACHINE_MERGE_FAILED, id,
				       "it was broken off meanwhile");
		return;
	}
	if (merge->live)
		run(merge, keep);
	if (merge->result < 0) {
		fail(merge, merge->result);
		return;
	}
	if (merge->next) {
		machine_follow_shared(machine);
		run(merge, close_before);
	}
	id = merge->wish.id;
	merge->wish.id = NULL;
	forget(merge);
	machine->ops->on_merge(machine->opaque, MACHINE_MERGE_DONE, id, "");
	free((char *)id);
}

void machine_merge_cancel(struct machine *machine)
{
	struct machine_merge *merge = machine->merge;

	if (!merge)
		return;
	merge->is_canceled = true;
	if (merge->is_ready)
		fail(merge, -ECANCELED);
	else
		run(merge, cancel_live);
}

static bool must_be_decided(const struct machine_merge *merge)
{
	return merge && merge->is_ready && merge->live && live_merge_is_of_top(merge->live);
}

const char *machine_merge_waits(struct machine *machine)
{
	if (must_be_decided(machine->merge))
		return machine->merge->wish.id;
	machine_merge_cancel(machine);
	return NULL;
}

bool machine_is_merging(const struct machine *machine)
{
	return machine->merge;
}

/* What the guest asked of a disk that is held will not be answered: the guest ends. */
void merge_stopping(struct machine *machine)
{
	if (must_be_decided(machine->merge))
		run(machine->merge, fail_held);
}

void machine_merge_abort(struct machine *machine)
{
	if (machine->merge)
		fail(machine->merge, -ECANCELED);
}
