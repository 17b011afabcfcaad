/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a request: checked, held back by QoS, cut into extents, done, flushed, reported. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "disk/changes.h"
#include "disk/critical.h"
#include "disk/disk_limits.h"
#include "disk/disk_priv.h"
#include "disk/request.h"

enum { STALL_FACTOR = 8 };

static void request_step(struct disk_request *request);

static bool is_data(const struct disk_request *request)
{
	return request->kind != DISK_FLUSH;
}

/* --- the end --------------------------------------------------------------------------------------- */

/* Who looks at the whole machine. */
static void count_for_all(struct disk_io *io, const struct disk_request *request)
{
	bool is_read = request->kind == DISK_READ;

	if (request->state.error)
		io_count(io, DISK_COUNT_ERRORS, 1);
	else if (request->kind == DISK_FLUSH)
		io_count(io, DISK_COUNT_FLUSHES, 1);
	else if (is_read || request->kind == DISK_WRITE || request->kind == DISK_WRITE_ZEROES) {
		io_count(io, is_read ? DISK_COUNT_READS : DISK_COUNT_WRITES, 1);
		io_count(io, is_read ? DISK_COUNT_READ_BYTES : DISK_COUNT_WRITTEN_BYTES, request->length);
	}
}

static void count_done(struct disk *disk, const struct disk_request *request)
{
	uint64_t now = io_now_ns(), took = now - request->state.start_ns;
	struct disk_stats *stats = &disk->stats;
	stats->in_flight--;
	if (is_data(request))
		qos_count(&disk->qos, request->length, !stats->in_flight, now, &stats->below_minimum);
	stats->errors += request->state.error != 0;
	switch (request->kind) {
	case DISK_READ:
		stats->reads++;
		stats->read_bytes += request->length;
		stats->read_ns += took;
		break;
	case DISK_WRITE:
		stats->writes++;
		stats->write_bytes += request->length;
		stats->write_ns += took;
		break;
	case DISK_FLUSH:
		stats->flushes++;
		stats->flush_ns += took;
		break;
	case DISK_WRITE_ZEROES: stats->zeroes++; break;
	case DISK_UNMAP: stats->unmaps++; break;
	}
	count_for_all(disk->io, request);
}

static void request_finish(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	list_remove(&request->state.active);
	if (disk->changes && request_is_change(request))
		changes_note(disk->changes, request->offset, request->length);
	critical_over(request);
	if (!request->state.error || !critical_keeps(request)) {
		count_done(disk, request);
		request->on_done(request, request->state.error);
	}
	critical_continue(disk);
	if (disk->ops->request_done)
		disk->ops->request_done(disk);
}

/* All extents are done. */
static void request_settle(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	bool wants_flush = request_is_change(request) && request->flags & DISK_FUA && !request->state.error;
	if (wants_flush && (request->state.needs_flush || disk->is_committing || disk->ops->is_dirty(disk))) {
		list_remove(&request->state.active);
		list_append(&disk->flush_waiting, &request->state.queue);
		disk_commit_start(disk);
		return;
	}
	request_finish(request);
}

void request_put(struct disk_request *request)
{
	if (--request->state.pending == 0)
		request_settle(request);
}

/* --- being stepped later --------------------------------------------------------------------------- */

static void on_ready(struct io_op *op, int result)
{
	struct disk *disk = list_entry(op, struct disk, ready_op);
	struct list batch;
	disk->is_ready_queued = false;
	list_init(&batch);
	list_move_all(&batch, &disk->ready);
	while (!list_is_empty(&batch))
		request_step(list_entry(list_take(&batch), struct disk_request, state.queue));
}

static void step_later(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	list_append(&disk->ready, &request->state.queue);
	if (disk->is_ready_queued)
		return;
	disk->is_ready_queued = true;
	disk->ready_op = (struct io_op){ .kind = IO_NOP, .on_done = on_ready };
	io_submit(disk->io, &disk->ready_op);
}

static void on_resume(struct disk_waiter *waiter)
{
	struct disk_request *request = list_entry(waiter, struct disk_request, state.waiter);
	if (waiter->error && !request->state.error)
		request->state.error = waiter->error;
	request_step(request);
}

static int step_once(struct disk_request *request)
{
	struct disk_extent extent = { 0 };
	uint64_t left = request->length - request->state.position;
	uint64_t most = request_is_change(request) && request->kind != DISK_WRITE ? 64 * DISK_EXTENT_MAX
										  : DISK_EXTENT_MAX;
	int result = extent_map(request, request->offset + request->state.position, left < most ? left : most,
				&extent);
	if (result)
		return result;
	request->state.position += extent.length;
	return extent_start(request, &extent);
}

/* Too much metadata is dirty: writers wait for the commit that this starts. */
static bool stall(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	if (disk->meta.dirty_count < META_DIRTY_MAX || !request_is_change(request))
		return false;
	disk_commit_start(disk);
	if (disk->meta.dirty_count < META_DIRTY_MAX * STALL_FACTOR || !disk->is_committing)
		return false;
	list_append(&disk->stalled, &request->state.queue);
	return true;
}

static void request_step(struct disk_request *request)
{
	for (unsigned steps = 0; !request->state.error && request->state.position < request->length;
	     steps++) {
		if (stall(request))
			return;
		if (steps == DISK_STEPS_MAX) {
			step_later(request);
			return;
		}
		int result = step_once(request);
		if (result == DISK_WAIT)
			return;
		if (result < 0)
			request->state.error = result;
	}
	request_put(request);
}

/* --- commits --------------------------------------------------------------------------------------- */

void disk_commit_start(struct disk *disk)
{
	if (disk->is_committing)
		return;
	disk->is_committing = true;
	list_move_all(&disk->flush_running, &disk->flush_waiting);
	disk->stats.commits++;
	disk->ops->commit(disk);
}

void disk_commit_done(struct disk *disk, int result)
{
	disk->is_committing = false;
	struct list done, stalled;
	list_init(&done);
	list_init(&stalled);
	list_move_all(&done, &disk->flush_running);
	list_move_all(&stalled, &disk->stalled);
	if (!list_is_empty(&disk->flush_waiting))
		disk_commit_start(disk);
	while (!list_is_empty(&done)) {
		struct disk_request *request = list_entry(list_take(&done), struct disk_request, state.queue);
		request->state.error = result;
		request_finish(request);
	}
	while (!list_is_empty(&stalled))
		step_later(list_entry(list_take(&stalled), struct disk_request, state.queue));
}

uint64_t disk_oldest_serial(const struct disk *disk)
{
	if (list_is_empty(&disk->active))
		return UINT64_MAX;
	return list_first(&disk->active, struct disk_request, state.active)->state.serial;
}

/* --- the beginning --------------------------------------------------------------------------------- */

static int check_iov(const struct disk_request *request)
{
	uint64_t total = 0;
	if (request->iov_count > DISK_IOV_MAX || request->length > DISK_REQUEST_MAX)
		return -EINVAL;
	for (unsigned i = 0; i < request->iov_count; i++) {
		if (request->iov[i].iov_len > DISK_REQUEST_MAX)
			return -EINVAL;
		total += request->iov[i].iov_len;
	}
	return total == request->length ? 0 : -EINVAL;
}

static int check_request(struct disk *disk, const struct disk_request *request)
{
	if (request->kind == DISK_FLUSH)
		return 0;
	if ((request->offset | request->length) % disk->logical_sector)
		return -EINVAL;
	if (request->offset > disk->size || request->length > disk->size - request->offset)
		return -ERANGE;
	if (request_is_change(request) && !disk->is_writable)
		return -EROFS;
	if (request_is_change(request) && disk->broken)
		return disk->broken;
	if (request->kind == DISK_READ || request->kind == DISK_WRITE)
		return check_iov(request);
	return 0;
}

/* True when the request has to wait its turn. Reads and writes only: flushes are never held back. */
static bool hold_back(struct disk *disk, struct disk_request *request)
{
	struct disk_qos_state *qos = &disk->qos;
	if (!qos->limits.max_iops && !qos->limits.max_bytes_per_second)
		return false;
	uint64_t at = list_is_empty(&qos->waiting) ? qos_charge(qos, request->length, request->state.start_ns)
						   : qos->timer.at_ns;
	if (!at)
		return false;
	disk->stats.throttled++;
	bool is_first = list_is_empty(&qos->waiting);
	list_append(&qos->waiting, &request->state.queue);
	if (is_first)
		io_timer_set(disk->io, &qos->timer, at);
	return true;
}

static void on_qos_timer(struct io_timer *timer)
{
	struct disk *disk = list_entry(timer, struct disk, qos.timer);
	while (!list_is_empty(&disk->qos.waiting)) {
		struct disk_request *request =
		    list_first(&disk->qos.waiting, struct disk_request, state.queue);
		uint64_t at = qos_charge(&disk->qos, request->length, io_now_ns());
		if (at) {
			io_timer_set(disk->io, timer, at);
			return;
		}
		list_remove(&request->state.queue);
		request_step(request);
	}
}

static void request_init(struct disk *disk, struct disk_request *request)
{
	memset(&request->state, 0, sizeof(request->state));
	request->state.disk = disk;
	request->state.pending = 1;
	request->state.start_ns = io_now_ns();
	request->state.serial = request->state.age = disk->next_serial++;
	request->state.is_waited_for = disk->is_bypassing;
	request->state.waiter.resume = on_resume;
	list_init(&request->state.active);
	list_init(&request->state.queue);
	list_init(&request->state.waiter.link);
	disk->stats.in_flight++;
	if (is_data(request))
		qos_begin(&disk->qos, request->state.start_ns);
}

/* Stepped at once; but what is over at once (zeros) is reported from the next poll, not from disk_submit(). */
static void request_start(struct disk_request *request)
{
	request->state.pending++;
	request_step(request);
	if (request->state.pending == 1)
		step_later(request);
	else
		request->state.pending--;
}

static void request_begin(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	if (!is_data(request)) {
		list_append(&disk->flush_waiting, &request->state.queue);
		disk_commit_start(disk);
		return;
	}
	list_append(&disk->active, &request->state.active);
	if (hold_back(disk, request))
		return;
	request_start(request);
}

/* --- before the first change ----------------------------------------------------------------------- */

/*
 * After a failed sync a header may or may not be in the file, and it may name a log that another attempt would begin anew
 * over it. So there is no other attempt, except when there was no space to write anything.
 */
static int set_prepared(struct disk *disk, int error)
{
	if (error && error != -ENOSPC)
		disk->broken = error;
	if (error)
		return error;
	disk->has_prepared = disk->has_changed = true;
	if (disk->ops->prepared)
		disk->ops->prepared(disk);
	return 0;
}

static void on_prepared(struct io_op *op, int result)
{
	struct disk *disk = list_entry(op, struct disk, prepare_op);
	struct list batch;
	disk->is_preparing = false;
	set_prepared(disk, result);
	list_init(&batch);
	list_move_all(&batch, &disk->preparing);
	while (!list_is_empty(&batch)) {
		struct disk_request *request =
		    list_entry(list_take(&batch), struct disk_request, state.queue);
		if (result && request_is_change(request)) {
			request->state.error = result;
			step_later(request);
		} else {
			request_begin(request);
		}
	}
}

static int call_prepare(struct io_op *op)
{
	struct disk *disk = list_entry(op, struct disk, prepare_op);
	return disk->ops->prepare_write ? disk->ops->prepare_write(disk) : 0;
}

/* True when the request has to wait until the image is ready for changes: syncs, on another thread. */
static bool prepare(struct disk *disk, struct disk_request *request)
{
	bool needs_it = request_is_change(request) && !disk->has_prepared;
	if (request->kind == DISK_READ || (!needs_it && !disk->is_preparing))
		return false;
	list_append(&disk->preparing, &request->state.queue);
	if (disk->is_preparing)
		return true;
	disk->is_preparing = true;
	disk->prepare_op =
	    (struct io_op){ .kind = IO_CALL, .fd = disk->fd, .call = call_prepare, .on_done = on_prepared };
	io_submit(disk->io, &disk->prepare_op);
	return true;
}

int disk_prepare_change(struct disk *disk)
{
	while (disk->is_preparing) {
		int error = disk_io_poll(disk->io, -1);
		if (error)
			return error;
	}
	return disk->has_prepared ? 0 : set_prepared(disk, call_prepare(&disk->prepare_op));
}

/* Unless it has to wait: until the host has space again, or until the image is ready for changes. */
static void admit(struct disk_request *request)
{
	if (!critical_delays(request) && !prepare(request->state.disk, request))
		request_begin(request);
}

void request_end(struct disk_request *request, int error)
{
	request->state.pending = 1;
	request->state.is_waited_for = true; /* not kept once more */
	request->state.error = error;
	step_later(request);
}

void request_again(struct disk_request *request)
{
	struct disk *disk = request->state.disk;
	request->state.error = 0;
	request->state.position = 0;
	request->state.iov_index = 0;
	request->state.iov_offset = 0;
	request->state.pending = 1;
	request->state.needs_flush = false;
	request->state.serial = disk->next_serial++;
	if (disk->is_held) {
		disk->stats.in_flight--;
		list_append(&disk->held, &request->state.queue);
	} else {
		admit(request);
	}
}

void disk_hold(struct disk *disk)
{
	disk->is_held = true;
}

void disk_release(struct disk *disk)
{
	struct list batch;
	disk->is_held = false;
	list_init(&batch);
	list_move_all(&batch, &disk->held);
	while (!list_is_empty(&batch)) {
		struct disk_request *request =
		    list_entry(list_take(&batch), struct disk_request, state.queue);
		disk->stats.in_flight++;
		admit(request);
	}
}

void disk_hand_over(struct disk *from, struct disk *to)
{
	while (!list_is_empty(&from->held)) {
		struct disk_request *request =
		    list_entry(list_take(&from->held), struct disk_request, state.queue);
		request->state.disk = to;
		request->state.age = to->next_serial; /* the serial that it gets */
		to->stats.in_flight++;
		request_again(request);
	}
	disk_io_kick(to->io);
}

void disk_submit(struct disk *disk, struct disk_request *request)
{
	request_init(disk, request);
	request->state.error = check_request(disk, request);
	if (request->state.error) {
		step_later(request);
	} else if (disk->is_held && !disk->is_bypassing) {
		disk->stats.in_flight--; /* so that draining does not wait for it */
		list_append(&disk->held, &request->state.queue);
	} else {
		admit(request);
	}
}

/*
 * A request is in one of the disk's queues, or with the kernel, or waits for metadata. Only those that are kept, and those in
 * `preparing`, `stalled` and QoS's queue that have not moved any data, can be given up.
 */
bool disk_cancel(struct disk *disk, struct disk_request *request)
{
	struct list *const queues[] = { &disk->preparing, &disk->stalled, &disk->qos.waiting };
	if (critical_cancel(request))
		return true;
	if (request->state.position || request->state.pending != 1)
		return false;
	for (unsigned i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		for (struct list *link = queues[i]->next; link != queues[i]; link = link->next) {
			if (link != &request->state.queue)
				continue;
			list_remove(link);
			request->state.error = -ECANCELED;
			step_later(request);
			return true;
		}
	}
	return false;
}

void disk_init(struct disk *disk, const struct disk_ops *ops, const struct disk_source *source)
{
	disk->ops = ops;
	disk->io = source->io;
	disk->fd = source->fd;
	disk->is_writable = source->options->writable;
	list_init(&disk->active);
	list_init(&disk->ready);
	list_init(&disk->held);
	list_init(&disk->preparing);
	list_init(&disk->stalled);
	list_init(&disk->flush_waiting);
	list_init(&disk->flush_running);
	critical_init(&disk->critical);
	qos_init(&disk->qos);
	disk->qos.timer.on_timer = on_qos_timer;
}
