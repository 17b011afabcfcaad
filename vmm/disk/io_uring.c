/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The io_uring engine. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "disk/io.h"

/*
 * Large transfers between memory and the page cache are copied by the kernel's workers, side by side, when there is
 * more than one of them: on this thread they would go one after the other and hold up everything else.
 */
enum { COPY_ELSEWHERE = 128 << 10 };

struct uring_engine {
	struct io_uring ring;
	unsigned large; /* transfers under way that are that large */
	/* One thread for what the ring cannot do: truncating, calls. It is heard through a poll in the ring. */
	const struct io_engine *helper;
	void *helper_data;
	bool has_helped, is_listening;
};

static bool is_large(const struct io_op *op)
{
	return (op->kind == IO_READ || op->kind == IO_WRITE) && op->length >= COPY_ELSEWHERE;
}

static void listen_to_helper(struct uring_engine *engine)
{
	if (!engine->has_helped || engine->is_listening)
		return;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&engine->ring);
	if (!sqe)
		return; /* full: at the next kick */
	io_uring_prep_poll_add(sqe, engine->helper->fd(engine->helper_data), POLLIN);
	io_uring_sqe_set_data(sqe, NULL);
	engine->is_listening = true;
}

static bool start_helper(struct uring_engine *engine, struct io_op *op)
{
	engine->has_helped = true;
	return engine->helper->start(engine->helper_data, op);
}

static bool uring_start(void *data, struct io_op *op)
{
	struct uring_engine *engine = data;
	if (op->kind == IO_RESIZE || op->kind == IO_ALLOCATE || op->kind == IO_CALL)
		return start_helper(engine, op);
	struct io_uring_sqe *sqe = io_uring_get_sqe(&engine->ring);
	if (!sqe)
		return false;
	unsigned count = op->iov_count > IOV_MAX ? IOV_MAX : op->iov_count;
	switch (op->writes_zeros ? IO_WRITE : op->kind) {
	case IO_READ: io_uring_prep_readv(sqe, op->fd, op->iov, count, op->offset); break;
	case IO_WRITE:
		io_uring_prep_writev2(sqe, op->fd, op->iov, count, op->offset,
				      op->is_durable ? RWF_DSYNC : 0);
		break;
	case IO_SYNC: io_uring_prep_fsync(sqe, op->fd, IORING_FSYNC_DATASYNC); break;
	case IO_PUNCH:
		io_uring_prep_fallocate(sqe, op->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
					(off_t)op->offset, (off_t)op->length);
		break;
	case IO_ZERO:
		io_uring_prep_fallocate(sqe, op->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
					(off_t)op->offset, (off_t)op->length);
		break;
	default: io_uring_prep_nop(sqe); break;
	}
	if (is_large(op) && engine->large++)
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	io_uring_sqe_set_data(sqe, op);
	return true;
}

static void uring_kick(void *data)
{
	struct uring_engine *engine = data;
	listen_to_helper(engine);
	if (io_uring_sq_ready(&engine->ring))
		io_uring_submit(&engine->ring);
}

static int wait_for_completion(struct uring_engine *engine, int timeout_ms)
{
	struct __kernel_timespec timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000000LL };
	struct io_uring_cqe *cqe;
	int error = io_uring_wait_cqe_timeout(&engine->ring, &cqe, timeout_ms < 0 ? NULL : &timeout);
	return error == -ETIME || error == -EINTR ? 0 : error;
}

static void attempt_done(struct uring_engine *engine, struct disk_io *io, struct io_op *op, int result)
{
	if (is_large(op))
		engine->large--;
	op->result = result;
	io_attempt_done(io, op);
}

static int reap_helper(struct uring_engine *engine, struct disk_io *io)
{
	engine->is_listening = false;
	return engine->helper->reap(engine->helper_data, io, 0);
}

static int uring_reap(void *data, struct disk_io *io, int timeout_ms)
{
	struct uring_engine *engine = data;
	struct io_uring_cqe *cqe;
	int error = timeout_ms ? wait_for_completion(engine, timeout_ms) : 0;
	/* Completions may submit and even poll again: mark each as seen before its callback runs. */
	for (unsigned budget = DISK_OPS_IN_FLIGHT; budget && !io_uring_peek_cqe(&engine->ring, &cqe);
	     budget--) {
		struct io_op *op = io_uring_cqe_get_data(cqe);
		int result = cqe->res;
		io_uring_cqe_seen(&engine->ring, cqe);
		if (op)
			attempt_done(engine, io, op, result);
		else
			error = reap_helper(engine, io);
	}
	return error;
}

static int uring_fd(void *data)
{
	struct uring_engine *engine = data;
	return engine->ring.ring_fd;
}

static void uring_free(void *data)
{
	struct uring_engine *engine = data;
	engine->helper->free(engine->helper_data);
	io_uring_queue_exit(&engine->ring);
	free(engine);
}

static const struct io_engine uring_engine = {
	.name = "io_uring",
	.copies_here = true,
	.start = uring_start,
	.kick = uring_kick,
	.reap = uring_reap,
	.fd = uring_fd,
	.free = uring_free,
};

static const uint8_t operations[] = { IORING_OP_NOP,   IORING_OP_READV,	    IORING_OP_WRITEV,
				      IORING_OP_FSYNC, IORING_OP_FALLOCATE, IORING_OP_POLL_ADD };

/* Kernels before 5.6 lack fallocate and readv with offsets as we use them: the threads do it there. */
static int probe_operations(struct io_uring *ring)
{
	struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
	if (!probe)
		return -ENOSYS;
	int error = 0;
	for (size_t i = 0; i < sizeof(operations); i++) {
		if (!io_uring_opcode_supported(probe, operations[i]))
			error = -ENOSYS;
	}
	io_uring_free_probe(probe);
	return error;
}

/*
 * Whoever gets hold of the ring, such as a guest through a hole in this process, can do nothing with it but what
 * the disk code does: system call filters do not see what goes through a ring. From then on nothing can be
 * registered, either.
 */
static int restrict_ring(struct io_uring *ring)
{
	struct io_uring_restriction rules[sizeof(operations) + 2] = { 0 };
	unsigned count = 0;
	for (; count < sizeof(operations); count++)
		rules[count] = (struct io_uring_restriction){ .opcode = IORING_RESTRICTION_SQE_OP,
							      .sqe_op = operations[count] };
	if (!(ring->features &
	      IORING_FEAT_EXT_ARG)) /* waiting for a limited time needs it before Linux 5.11 */
		rules[count++] = (struct io_uring_restriction){ .opcode = IORING_RESTRICTION_SQE_OP,
								.sqe_op = IORING_OP_TIMEOUT };
	rules[count++] = (struct io_uring_restriction){ .opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
							.sqe_flags = IOSQE_ASYNC };
	/* Debian's liburing 2.3 declares functions for these two, but does not export them. */
	if (syscall(SYS_io_uring_register, ring->ring_fd, IORING_REGISTER_RESTRICTIONS, rules, count) < 0 ||
	    syscall(SYS_io_uring_register, ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0)
		return -errno;
	return 0;
}

static int init_ring(struct uring_engine *engine)
{
	unsigned entries = 2 * DISK_OPS_IN_FLIGHT; /* room for the poll of the helper as well */
	/* Completion work runs when this thread enters the kernel, not by interrupting it (Linux 5.19). */
	int error =
	    io_uring_queue_init(entries, &engine->ring, IORING_SETUP_COOP_TASKRUN | IORING_SETUP_R_DISABLED);
	if (error == -EINVAL)
		error = io_uring_queue_init(entries, &engine->ring, IORING_SETUP_R_DISABLED);
	if (error) /* before Linux 5.10: threads */
		return error;
	error = probe_operations(&engine->ring);
	if (!error)
		error = restrict_ring(&engine->ring);
	if (error)
		io_uring_queue_exit(&engine->ring);
	return error;
}

int io_uring_engine_new(const struct io_engine **ret_engine, void **ret_data)
{
	struct uring_engine *engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	int error = io_threads_engine_new(1, &engine->helper, &engine->helper_data);
	if (!error) {
		error = init_ring(engine);
		if (error)
			engine->helper->free(engine->helper_data);
	}
	if (error) {
		free(engine);
		return error;
	}
	*ret_engine = &uring_engine;
	*ret_data = engine;
	return 0;
}
