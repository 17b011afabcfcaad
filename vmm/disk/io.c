/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue: what waits for a place in the engine, what goes on after a short transfer, and timers. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/io.h"
#include "disk/io_copy.h"
#include "disk/wire.h"

struct disk_io {
	const struct io_engine *engine;
	void *data;
	struct list waiting; /* not yet in the engine */
	struct list done;    /* complete without the engine */
	struct list timers;
	struct io_copier copier;
	unsigned in_flight;
	int epoll_fd, timer_fd;
	int ready_fd; /* an eventfd that is readable while `done` waits for a poll */
	bool is_ready_signaled;
	uint64_t timer_ns;	    /* what timer_fd is set to; 0: off */
	_Atomic uint64_t *counters; /* NULL: nobody counts */
};

static const uint8_t zero_bytes[1 << 20] __attribute__((aligned(4096)));

uint64_t io_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int watch_fd(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int io_new(const struct io_engine *engine, void *data, struct disk_io **ret_io)
{
	struct disk_io *io = calloc(1, sizeof(*io));
	if (!io) {
		engine->free(data);
		return -ENOMEM;
	}
	io->engine = engine;
	io->data = data;
	list_init(&io->waiting);
	list_init(&io->done);
	list_init(&io->timers);
	io_copier_init(&io->copier);
	io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	io->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	io->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = io->epoll_fd < 0 || io->timer_fd < 0 || io->ready_fd < 0 ? -errno : 0;
	if (!error)
		error = watch_fd(io->epoll_fd, io->timer_fd);
	if (!error)
		error = watch_fd(io->epoll_fd, io->ready_fd);
	if (!error && engine->fd && engine->fd(data) >= 0)
		error = watch_fd(io->epoll_fd, engine->fd(data));
	if (error) {
		disk_io_free(io);
		return error;
	}
	*ret_io = io;
	return 0;
}

int disk_io_new(enum disk_io_kind kind, struct disk_io **ret_io)
{
	const struct io_engine *engine;
	void *data;
	int error = -ENOSYS;
	if (kind != DISK_IO_THREADS)
		error = io_uring_engine_new(&engine, &data);
	/* EPERM, ENOSYS (seccomp, io_uring_disabled), ENOMEM (locked memory): threads do instead. */
	if (error && kind != DISK_IO_URING)
		error = io_threads_engine_new(DISK_THREADS, &engine, &data);
	return error ? error : io_new(engine, data, ret_io);
}

struct disk_io *disk_io_free(struct disk_io *io)
{
	if (!io)
		return NULL;
	io->engine->free(io->data);
	if (io->epoll_fd >= 0)
		close(io->epoll_fd);
	if (io->timer_fd >= 0)
		close(io->timer_fd);
	if (io->ready_fd >= 0)
		close(io->ready_fd);
	free(io);
	return NULL;
}

void disk_io_set_counters(struct disk_io *io, _Atomic uint64_t *counters)
{
	io->counters = counters;
}

void io_count(struct disk_io *io, enum disk_counter counter, uint64_t amount)
{
	if (io->counters)
		atomic_fetch_add_explicit(&io->counters[counter], amount, memory_order_relaxed);
}

const char *disk_io_name(const struct disk_io *io)
{
	return io->engine->name;
}

int disk_io_fd(const struct disk_io *io)
{
	return io->epoll_fd;
}

/* --- operations ------------------------------------------------------------------------------------ */

static void aim_at_zeros(struct io_op *op)
{
	op->writes_zeros = true;
	op->zeros.iov_base = (void *)zero_bytes;
	op->zeros.iov_len = op->length < sizeof(zero_bytes) ? op->length : sizeof(zero_bytes);
	op->iov = &op->zeros;
	op->iov_count = 1;
}

static void advance_iov(struct io_op *op, uint64_t bytes)
{
	while (bytes && op->iov_count) {
		uint64_t take = bytes < op->iov->iov_len ? bytes : op->iov->iov_len;
		op->iov->iov_base = (char *)op->iov->iov_base + take;
		op->iov->iov_len -= take;
		bytes -= take;
		if (!op->iov->iov_len) {
			op->iov++;
			op->iov_count--;
		}
	}
}

static void fill_with_zeros(struct io_op *op)
{
	for (; op->iov_count; op->iov++, op->iov_count--)
		memset(op->iov->iov_base, 0, op->iov->iov_len);
	op->length = 0;
}

/* After one attempt: true when the operation is over, with *ret_result. */
static bool settle(struct io_op *op, int *ret_result)
{
	*ret_result = 0;
	if (op->kind == IO_CALL) {
		*ret_result = (int)op->result;
		return true;
	}
	if (op->result == -EINTR || op->result == -EAGAIN)
		return false;
	if (op->result == -EDQUOT)
		op->result =
		    -ENOSPC; /* whoever set the limit: nothing was written, and later there may be space */
	if ((op->kind == IO_PUNCH || op->kind == IO_ZERO) && !op->writes_zeros) {
		if (op->result == -EOPNOTSUPP || op->result == -ENOSYS || op->result == -EINVAL) {
			aim_at_zeros(op);
			return op->length == 0;
		}
		*ret_result = op->result < 0 ? (int)op->result : 0;
		return true;
	}
	if (op->result < 0) {
		*ret_result = (int)op->result;
		return true;
	}
	if (op->kind != IO_READ && op->kind != IO_WRITE && !op->writes_zeros)
		return true;
	uint64_t bytes = (uint64_t)op->result;
	if (!bytes && op->length) {
		if (op->kind == IO_READ)
			fill_with_zeros(op); /* end of the file */
		else
			*ret_result = -EIO;
		return true;
	}
	advance_iov(op, bytes);
	op->offset += bytes;
	op->length -= bytes;
	if (op->writes_zeros && op->length)
		aim_at_zeros(op);
	return op->length == 0;
}

static void start_waiting(struct disk_io *io)
{
	while (!list_is_empty(&io->waiting) && io->in_flight < DISK_OPS_IN_FLIGHT) {
		struct io_op *op = list_first(&io->waiting, struct io_op, link);
		list_remove(&op->link); /* the engine may use the link */
		if (!io->engine->start(io->data, op)) {
			list_insert(&io->waiting, &op->link);
			break;
		}
		io->in_flight++;
	}
	if (io->engine->kick)
		io->engine->kick(io->data);
}

static void end_attempt(struct disk_io *io, struct io_op *op)
{
	int result;
	if (settle(op, &result))
		op->on_done(op, result);
	else
		list_append(&io->waiting, &op->link);
}

void io_attempt_done(struct disk_io *io, struct io_op *op)
{
	io->in_flight--;
	end_attempt(io, op);
}

void io_submit(struct disk_io *io, struct io_op *op)
{
	op->writes_zeros = false;
	list_init(&op->link);
	if (op->kind == IO_NOP)
		list_append(&io->done, &op->link);
	else if (io->engine->copies_here && io_copier_takes(&io->copier, op))
		list_append(&io->copier.waiting, &op->link);
	else
		list_append(&io->waiting, &op->link);
}

/* Some of the writes that are made on this thread. False: there were none. */
static bool run_copies(struct disk_io *io)
{
	struct io_op *op;
	uint64_t left = IO_COPY_TURN;
	if (list_is_empty(&io->copier.waiting))
		return false;
	while ((op = io_copier_next(&io->copier, &left)))
		end_attempt(io, op);
	/* One had to wait: the rest is for the engine. */
	if (io_copier_is_off(&io->copier))
		list_move_all(&io->waiting, &io->copier.waiting);
	return true;
}

/* What the next poll can do without waiting makes disk_io_fd() readable. */
static void signal_ready(struct disk_io *io)
{
	static const uint64_t one = 1;
	if (list_is_empty(&io->done) && list_is_empty(&io->copier.waiting))
		return;
	if (!io->is_ready_signaled)
		io->is_ready_signaled = write(io->ready_fd, &one, sizeof(one)) == sizeof(one);
}

static void run_done(struct disk_io *io)
{
	struct list batch;
	uint64_t count;
	if (io->is_ready_signaled && read(io->ready_fd, &count, sizeof(count)) >= 0)
		io->is_ready_signaled = false;
	list_init(&batch);
	list_move_all(&batch, &io->done);
	while (!list_is_empty(&batch)) {
		struct io_op *op = list_entry(list_take(&batch), struct io_op, link);
		op->on_done(op, 0);
	}
}

/* --- timers ---------------------------------------------------------------------------------------- */

void io_timer_cancel(struct io_timer *timer)
{
	if (timer->link.next)
		list_remove(&timer->link);
}

void io_timer_set(struct disk_io *io, struct io_timer *timer, uint64_t at_ns)
{
	io_timer_cancel(timer);
	timer->at_ns = at_ns;
	struct list *after = io->timers.prev;
	while (after != &io->timers && list_entry(after, struct io_timer, link)->at_ns > at_ns)
		after = after->prev;
	list_insert(after, &timer->link);
}

static void run_timers(struct disk_io *io)
{
	if (list_is_empty(&io->timers) && !io->timer_ns)
		return;
	uint64_t now = io_now_ns();
	while (!list_is_empty(&io->timers)) {
		struct io_timer *timer = list_first(&io->timers, struct io_timer, link);
		if (timer->at_ns > now)
			break;
		list_remove(&timer->link);
		timer->on_timer(timer);
	}
	uint64_t next =
	    list_is_empty(&io->timers) ? 0 : list_first(&io->timers, struct io_timer, link)->at_ns;
	if (next == io->timer_ns && next > now)
		return;
	struct itimerspec when = { .it_value = { (time_t)(next / 1000000000u), (long)(next % 1000000000u) } };
	timerfd_settime(io->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
	io->timer_ns = next;
}

void disk_io_kick(struct disk_io *io)
{
	start_waiting(io);
	signal_ready(io);
}

int disk_io_poll(struct disk_io *io, int timeout_ms)
{
	bool has_done = !list_is_empty(&io->done);
	run_done(io);
	run_timers(io);
	start_waiting(io);
	if (run_copies(io)) {
		has_done = true;
		start_waiting(io);
	}
	if (has_done || !list_is_empty(&io->done) || !list_is_empty(&io->waiting))
		timeout_ms = io->in_flight >= DISK_OPS_IN_FLIGHT && !has_done ? timeout_ms : 0;
	int error;
	if (timeout_ms != 0 && io->timer_ns) {
		struct pollfd fd = { .fd = io->epoll_fd, .events = POLLIN };
		poll(&fd, 1, timeout_ms);
		timeout_ms = 0;
	}
	/* Nothing in the engine and no timer: waiting would be for ever. */
	if (!io->in_flight)
		timeout_ms = 0;
	error = io->engine->reap(io->data, io, timeout_ms);
	run_done(io);
	run_timers(io);
	start_waiting(io);
	signal_ready(io);
	return error;
}

/* --- at once --------------------------------------------------------------------------------------- */

void io_attempt_now(struct io_op *op)
{
	int count = op->iov_count > IOV_MAX ? IOV_MAX : (int)op->iov_count;
	enum io_kind kind = op->writes_zeros ? IO_WRITE : op->kind;
	int64_t result = 0;
	switch (kind) {
	case IO_NOP: break;
	case IO_READ: result = preadv(op->fd, op->iov, count, (off_t)op->offset); break;
	case IO_WRITE:
		result = pwritev2(op->fd, op->iov, count, (off_t)op->offset, op->is_durable ? RWF_DSYNC : 0);
		break;
	case IO_SYNC: result = fdatasync(op->fd); break;
	case IO_PUNCH:
		result = fallocate(op->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)op->offset,
				   (off_t)op->length);
		break;
	case IO_ZERO:
		result = fallocate(op->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, (off_t)op->offset,
				   (off_t)op->length);
		break;
	case IO_RESIZE: result = ftruncate(op->fd, (off_t)op->offset); break;
	case IO_ALLOCATE: result = fallocate(op->fd, 0, (off_t)op->offset, (off_t)op->length); break;
	case IO_CALL: op->result = op->call(op); return;
	}
	op->result = result < 0 ? -errno : result;
}

static int do_now(struct disk_io *io, struct io_op *op)
{
	int result;
	do {
		if (io->engine->now)
			io->engine->now(io->data, op);
		else
			io_attempt_now(op);
	} while (!settle(op, &result));
	return result;
}

static int transfer_now(struct disk_io *io, enum io_kind kind, int fd, uint64_t offset, void *buffer,
			size_t length)
{
	struct iovec iov = { buffer, length };
	struct io_op op = {
		.kind = kind, .fd = fd, .offset = offset, .length = length, .iov = &iov, .iov_count = 1
	};
	return length ? do_now(io, &op) : 0;
}

int io_read_now(struct disk_io *io, int fd, uint64_t offset, void *buffer, size_t length)
{
	return transfer_now(io, IO_READ, fd, offset, buffer, length);
}

int io_write_now(struct disk_io *io, int fd, uint64_t offset, const void *buffer, size_t length)
{
	return transfer_now(io, IO_WRITE, fd, offset, (void *)buffer, length);
}

static int simple_now(struct disk_io *io, enum io_kind kind, int fd, uint64_t offset, uint64_t length)
{
	struct io_op op = { .kind = kind, .fd = fd, .offset = offset, .length = length };
	return do_now(io, &op);
}

int io_sync_now(struct disk_io *io, int fd)
{
	int error = simple_now(io, IO_SYNC, fd, 0, 0);
	return error == -ENOSPC ? -EIO : error;
}

int io_punch_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length)
{
	return length ? simple_now(io, IO_PUNCH, fd, offset, length) : 0;
}

int io_zero_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length)
{
	return length ? simple_now(io, IO_ZERO, fd, offset, length) : 0;
}

int io_resize_now(struct disk_io *io, int fd, uint64_t size)
{
	return simple_now(io, IO_RESIZE, fd, size, 0);
}

int io_allocate_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length)
{
	return length ? simple_now(io, IO_ALLOCATE, fd, offset, length) : 0;
}
