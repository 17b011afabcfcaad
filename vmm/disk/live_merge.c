/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "disk/live_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/changes.h"
#include "disk/disk_limits.h"
#include "disk/guid.h"
#include "disk/merge_copy.h"
#include "disk/request.h"

/* copied bytes after which the parent is flushed: the last flush finds little */
#define FLUSH_STEP (64 * DISK_MIB)
#define STAND_MIN  DISK_MIB
#define STAND_MAX  (32 * DISK_MIB)
enum { STANDS_PER_SECOND = 5 }; /* what is copied in a fifth of a second may be left for the last stand */

static const uint64_t second_ns = 1000000000u;

enum live_merge_state { MERGE_COPIES, MERGE_FLUSHES, MERGE_COPIED, MERGE_HELD, MERGE_KEPT };

struct live_merge {
	struct live_merge_config config;
	struct disk *top, *above, *child, *parent; /* above NULL: the child is the top */
	struct disk_parent_link *link;		   /* that the image above gets */
	enum live_merge_state state;
	struct merge_copy copy;
	struct disk_changes changes; /* of a top */
	unsigned rounds;
	uint64_t begun_ns, begun_copied, flushed_copied;
	struct disk_request flush;
	bool is_flushing;
	int error;
	struct disk_qos limits;
	bool is_unlimited; /* the top's limits are lifted, `limits` has them */
};

static bool is_file(const struct disk *disk, const struct stat *st)
{
	struct stat mine;
	return fstat(disk->fd, &mine) == 0 && mine.st_dev == st->st_dev && mine.st_ino == st->st_ino;
}

static struct disk *find_child(struct disk *top, int fd, struct disk **ret_above)
{
	struct stat st;
	*ret_above = NULL;
	if (fstat(fd, &st) < 0)
		return NULL;
	for (struct disk *disk = top; disk; *ret_above = disk, disk = disk->parent)
		if (is_file(disk, &st))
			return disk->parent ? disk : NULL;
	return NULL;
}

bool live_merge_finds(struct disk *top, int child)
{
	struct disk *above;
	return top->is_writable && find_child(top, child, &above) != NULL;
}

/* --- images that were open for reading --------------------------------------------------------------- */

/* One that is opened once more, for writing, with the reader's lock made a writer's. */
struct reopened {
	struct disk *before, *after;
};

static int take_over_lock(struct disk *before, int fd, struct disk_error *error)
{
	int result = lock_file_at_once(fd, false);
	if (!result && before->has_lock)
		unlock_file(before->fd);
	if (!result)
		result = lock_file_at_once(fd, true);
	if (result && before->has_lock)
		lock_file_at_once(before->fd, false); /* `fd` still has what it has: nobody came in between */
	return result ? disk_fail(error, result,
				  "%s is used by another program or machine, too; stop that first",
				  disk_path(before))
		      : 0;
}

static int open_again(struct disk *before, int fd, struct disk_error *error, struct disk **ret_disk)
{
	struct disk_open_options options = { .format = before->format,
					     .writable = true,
					     .no_lock = true,
					     .no_parent = true,
					     .path = before->path };
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	int result = copy < 0 ? -errno : take_over_lock(before, fd, error);
	if (result) {
		unlock_file(fd);
		close(fd);
	} else {
		result = disk_open(before->io, fd, &options, ret_disk, error);
		if (result && before->has_lock)
			lock_file_at_once(
			    copy, false); /* from a writer's to a reader's, then this one is not alone */
		if (result && before->has_lock)
			lock_file_at_once(before->fd, false);
		if (result)
			unlock_file(copy);
	}
	if (copy >= 0)
		close(copy);
	return result;
}

static int reopen(struct disk *before, int fd, struct reopened *reopened, struct disk_error *error)
{
	struct stat st;
	*reopened = (struct reopened){ 0 };
	if (fstat(fd, &st) < 0 || !is_file(before, &st)) {
		close(fd);
		return disk_fail(error, -EINVAL, "%s is another file than before", disk_path(before));
	}
	int result = open_again(before, fd, error, &reopened->after);
	if (result)
		return result;
	reopened->before = before;
	reopened->after->has_lock = true;
	before->has_lock = false;
	return 0;
}

/* The new one has the place of the one before, and its parents; nothing of the chain is being read. */
static void put_in_place(struct reopened *reopened, struct disk *above)
{
	if (!reopened->after)
		return;
	above->parent = reopened->after;
	reopened->after->parent = reopened->before->parent;
	reopened->before->parent = NULL;
}

/* For reading only from now on, clean, and others may read it again. An error costs only that it is not clean. */
static int rest(struct disk *disk)
{
	int error = disk_settle(disk);
	if (!error && disk->has_changed && disk->ops->rest)
		error = disk->ops->rest(disk);
	disk->is_writable = false;
	if (!error)
		disk->has_changed = disk->has_prepared = false;
	if (disk->has_lock)
		lock_file_at_once(disk->fd, false);
	return error;
}

/* It never came into the chain. */
static void give_back(struct reopened *reopened)
{
	if (!reopened->after)
		return;
	rest(reopened->after);
	reopened->before->has_lock = lock_file_at_once(reopened->before->fd, false) == 0;
	disk_close(reopened->after);
}

/* --- the top stands still ------------------------------------------------------------------------------ */

static int hold(struct live_merge *merge)
{
	merge->limits = merge->top->qos.limits;
	merge->is_unlimited = true;
	/* or what waits for its turn would be waited for */
	disk_set_qos(merge->top, &(struct disk_qos){ 0 });
	disk_hold(merge->top);
	return disk_drain(merge->top);
}

static void release(struct live_merge *merge)
{
	if (merge->is_unlimited)
		disk_set_qos(merge->top, &merge->limits);
	merge->is_unlimited = false;
	if (merge->top->is_held)
		disk_release(merge->top);
	disk_io_kick(merge->top->io);
}

/* --- copying ------------------------------------------------------------------------------------------- */

static void begin_round(struct live_merge *merge, bool is_first)
{
	merge->state = MERGE_COPIES;
	merge->begun_ns = io_now_ns();
	merge->begun_copied = merge->copy.copied;
	merge_copy_begin(&merge->copy, is_first ? NULL : &merge->changes);
	disk_io_kick(merge->top->io); /* it may be outside of disk_io_poll() */
}

static uint64_t last_stand(const struct live_merge *merge)
{
	uint64_t took = io_now_ns() - merge->begun_ns, copied = merge->copy.copied - merge->begun_copied;
	uint64_t rate = (uint64_t)((unsigned __int128)copied * second_ns / (took ? took : 1));
	uint64_t bytes = rate / STANDS_PER_SECOND;
	return bytes < STAND_MIN ? STAND_MIN : bytes > STAND_MAX ? STAND_MAX : bytes;
}

static void on_flushed(struct disk_request *request, int result)
{
	struct live_merge *merge = request->userdata;
	merge->is_flushing = false;
	if (merge->state != MERGE_FLUSHES)
		return;
	if (result && !merge->error)
		merge->error = result;
	merge->state = MERGE_COPIED;
	merge->config.on_copied(merge->config.opaque, merge->error);
}

/* Also after an error: what was written so far is on the disk before anybody has to wait for it. */
static void flush(struct live_merge *merge)
{
	merge->state = MERGE_FLUSHES;
	merge->is_flushing = true;
	merge->flush = (struct disk_request){ .kind = DISK_FLUSH, .on_done = on_flushed, .userdata = merge };
	disk_submit(merge->parent, &merge->flush);
	disk_io_kick(merge->parent->io);
}

static void on_round_done(struct merge_copy *copy)
{
	struct live_merge *merge = list_entry(copy, struct live_merge, copy);
	bool is_too_much = changes_bytes(&merge->changes) > last_stand(merge);
	merge->error = copy->error;
	if (merge->state == MERGE_HELD)
		return; /* settle() looks at it */
	if (!merge->error && is_too_much && ++merge->rounds > LIVE_MERGE_ROUNDS)
		merge->error = -EAGAIN;
	if (!merge->error && is_too_much)
		begin_round(merge, false);
	else
		flush(merge);
}

void live_merge_progress(const struct live_merge *merge, uint64_t *ret_done, uint64_t *ret_size)
{
	*ret_size = merge->copy.size ? merge->copy.size : merge->child->size;
	*ret_done = merge->state > MERGE_COPIES || merge->copy.changes ? *ret_size : merge->copy.position;
}

void live_merge_cancel(struct live_merge *merge)
{
	merge_copy_stop(&merge->copy);
}

/* --- the beginning ------------------------------------------------------------------------------------- */

/* As disk_merge(): both identities, before the parent has the new one. A VHD's identity does not change. */
static int name_both(struct live_merge *merge)
{
	struct disk *child = merge->child, *parent = merge->parent;
	struct disk_parent_link *link;
	int result;
	if (parent->format != DISK_FORMAT_VHDX || parent->has_prepared)
		return 0;
	link = malloc(sizeof(*link));
	if (!link)
		return -ENOMEM;
	*link = *child->link;
	guid_make(&link->id);
	parent->next_id = link->id;
	parent->has_next_id = true;
	result = child->ops->set_parent(child, link, &parent->data_id);
	free(link);
	return result;
}

static int make_link(struct live_merge *merge)
{
	struct disk_parent_link *link = calloc(1, sizeof(*link));
	if (!link)
		return -ENOMEM;
	merge->link = link;
	link->format = merge->child->format;
	if (!merge->config.relative || !merge->config.absolute ||
	    strlen(merge->config.relative) >= sizeof(link->relative_path) ||
	    strlen(merge->config.absolute) >= sizeof(link->absolute_path))
		return -EINVAL;
	strcpy(link->relative_path, merge->config.relative);
	strcpy(link->absolute_path, merge->config.absolute);
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int take_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

/* With nothing of the chain being read: the images that are written to have their places, and the parent may be. */
static int enter(struct live_merge *merge, struct reopened opened[3], struct disk *above_above)
{
	int result = hold(merge);
	if (result) {
		release(merge);
		for (unsigned i = 0; i < 3; i++)
			give_back(&opened[i]);
		return result;
	}
	if (opened[2].after) {
		put_in_place(&opened[2], above_above);
		merge->above = opened[2].after;
	}
	if (opened[1].after) {
		put_in_place(&opened[1], merge->above);
		merge->child = opened[1].after;
	}
	if (opened[0].after) {
		put_in_place(&opened[0], merge->child);
		merge->parent = opened[0].after;
		result = name_both(merge);
		if (!result && merge->parent->size < merge->child->size)
			result = disk_grow(merge->parent, merge->child->size, NULL);
	}
	release(merge);
	for (unsigned i = 0; i < 3; i++) {
		disk_close(opened[i].before);
		opened[i] = (struct reopened){ 0 };
	}
	return result;
}

static struct disk *child_of(struct disk *top, const struct disk *parent)
{
	for (struct disk *disk = top; disk; disk = disk->parent)
		if (disk->parent == parent)
			return disk;
	return NULL;
}

/* opened: the parent, the child when it is not the top, the one above it when that is not the top either. */
static int open_all(struct live_merge *merge, struct disk_error *error)
{
	struct live_merge_config *config = &merge->config;
	struct reopened opened[3] = { 0 };
	int result = 0;
	bool is_above_read = merge->above && merge->above != merge->top;
	if (!config->is_copied)
		result = reopen(merge->parent, take_fd(&config->parent), &opened[0], error);
	if (!result && !config->is_copied && merge->above)
		result = reopen(merge->child, take_fd(&config->child), &opened[1], error);
	if (!result && is_above_read)
		result = config->above < 0 ? -EINVAL
					   : reopen(merge->above, take_fd(&config->above), &opened[2], error);
	if (!result)
		return enter(merge, opened, is_above_read ? child_of(merge->top, merge->above) : NULL);
	for (unsigned i = 0; i < 3; i++)
		give_back(&opened[i]);
	return result;
}

static int begin(struct live_merge *merge, struct disk_error *error)
{
	int result = merge->above ? make_link(merge) : 0;
	if (!result && !merge->above)
		result = changes_watch(&merge->changes, merge->top);
	if (!result)
		result = open_all(merge, error);
	if (!result)
		result = merge_copy_init(&merge->copy, merge->child, merge->parent);
	if (result)
		return result;
	merge->copy.on_done = on_round_done;
	if (merge->config.is_copied)
		flush(merge);
	else
		begin_round(merge, true);
	return 0;
}

int live_merge_new(const struct live_merge_config *config, struct live_merge **ret_merge,
		   struct disk_error *error)
{
	struct live_merge *merge = calloc(1, sizeof(*merge));
	struct live_merge_config fds = *config;
	int result = -ENOMEM;
	if (merge) {
		merge->config = *config;
		merge->top = config->top;
		merge->child = find_child(config->top, config->child, &merge->above);
		merge->parent = merge->child ? merge->child->parent : NULL;
		result = !merge->child || (config->is_copied && !merge->above) || config->top->is_held
			     ? -EINVAL
			     : 0;
	}
	if (!result) {
		result = begin(merge, error);
		fds = merge->config;
	}
	close_fd(&fds.child);
	close_fd(&fds.parent);
	close_fd(&fds.above);
	if (result) {
		live_merge_free(merge);
		return disk_fail(error, result, "its images cannot be merged while it runs: %s",
				 strerror(-result));
	}
	merge->config.child = merge->config.parent = merge->config.above = -1;
	merge->config.relative = merge->config.absolute = NULL;
	*ret_merge = merge;
	return 0;
}

bool live_merge_is_of_top(const struct live_merge *merge)
{
	return !merge->above;
}

/* --- the end ------------------------------------------------------------------------------------------- */

static int copy_rest(struct live_merge *merge)
{
	int result = 0;
	if (merge->parent->size < merge->top->size)
		result = disk_grow(merge->parent, merge->top->size, NULL);
	if (result || merge->changes.is_larger)
		return result ? result : -EAGAIN; /* written behind what is watched: another merge sees all */
	merge_copy_begin(&merge->copy, &merge->changes);
	while (merge->copy.is_running && !result)
		result = disk_io_poll(merge->top->io, -1);
	return result ? result : merge->copy.error;
}

/* Requests that wait for the host's storage have an order of their own. */
static bool is_critical(const struct disk *disk)
{
	return disk->broken || disk->critical.error || disk->critical.count || disk->critical.retried;
}

int live_merge_settle(struct live_merge *merge, struct disk_error *error)
{
	int result;
	if (merge->above)
		return 0;
	if (is_critical(merge->top))
		return disk_fail(error, -EIO, "the host cannot write %s at the moment",
				 disk_path(merge->top));
	result = hold(merge);
	if (!result && changes_bytes(&merge->changes) > 2 * STAND_MAX) {
		release(merge);
		if (++merge->rounds > LIVE_MERGE_ROUNDS)
			return -EAGAIN;
		begin_round(merge, false);
		return 1;
	}
	merge->state = MERGE_HELD;
	if (!result)
		result = copy_rest(merge);
	if (!result)
		result = disk_flush(merge->parent);
	if (!result && is_critical(merge->top))
		result = -EIO;
	if (result) {
		merge->state = MERGE_COPIED;
		release(merge);
	}
	return result;
}

static int reparent(struct live_merge *merge)
{
	struct disk *above = merge->above, *child = merge->child, *parent = merge->parent;
	int result = hold(merge);
	merge->link->id = parent->data_id;
	if (!result)
		result = above->ops->set_parent(above, merge->link, NULL);
	if (!result) {
		above->parent = parent;
		child->parent = NULL;
	}
	release(merge);
	if (!result) {
		disk_close(child);
		merge->child = NULL;
		merge->state = MERGE_KEPT;
	}
	return result;
}

int live_merge_keep(struct live_merge *merge, struct disk **ret_disk, struct disk_error *error)
{
	int result = merge->above ? reparent(merge) : 0;
	*ret_disk = NULL;
	if (result)
		return disk_fail(error, result, "%s cannot be told of its parent: %s",
				 disk_path(merge->above), strerror(-result));
	if (merge->above)
		return 0;
	changes_end(&merge->changes);
	merge->state = MERGE_KEPT;
	merge->top->parent = NULL;
	*ret_disk = merge->parent;
	return 0;
}

void live_merge_fail_held(struct live_merge *merge)
{
	struct disk *top = merge->top;
	while (merge->state == MERGE_HELD && !list_is_empty(&top->held)) {
		struct disk_request *request =
		    list_entry(list_take(&top->held), struct disk_request, state.queue);
		top->stats.in_flight++;
		request_end(request, -EIO);
	}
	disk_io_kick(top->io);
}

static void wait_for_all(struct live_merge *merge)
{
	merge_copy_stop(&merge->copy);
	if (merge->state == MERGE_FLUSHES)
		merge->state = MERGE_COPIED; /* nobody is to hear of it */
	while (merge->copy.is_running || merge->is_flushing)
		if (disk_io_poll(merge->top->io, -1))
			break;
}

struct live_merge *live_merge_free(struct live_merge *merge)
{
	if (!merge)
		return NULL;
	bool is_new_top = merge->state == MERGE_KEPT && !merge->above;
	if (merge->state == MERGE_COPIES)
		merge->state = MERGE_HELD; /* on_round_done() leaves it alone */
	if (merge->copy.bytes)
		wait_for_all(merge);
	changes_end(&merge->changes);
	if (!is_new_top && merge->top)
		release(merge);
	if (!is_new_top && merge->parent && merge->parent->is_writable)
		rest(merge->parent);
	if (merge->above && merge->child && merge->child->is_writable)
		rest(merge->child);
	if (merge->above && merge->above != merge->top && merge->above->is_writable)
		rest(merge->above);
	merge_copy_deinit(&merge->copy);
	free(merge->link);
	free(merge);
	return NULL;
}
