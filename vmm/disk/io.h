/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File operations for the disk code: an asynchronous queue over an engine (io_uring, threads, or a test's fault
 * injector), and the same operations done at once for opening and rare steps.
 *
 * Threads    One thread per struct disk_io.
 * Guarantee  An operation completes whole or with an error: short transfers go on, reading beyond the end of the file
 *            gives zeros, zeroing falls back to writing zeros where the file system cannot.
 */
#ifndef DISK_IO_H
#define DISK_IO_H

#include "disk/disk.h"
#include "disk/list.h"

enum io_kind {
	IO_NOP, /* completes at the next poll */
	IO_READ,
	IO_WRITE,
	IO_SYNC,     /* fdatasync: all completed writes and the file's size are durable */
	IO_PUNCH,    /* range reads as zeros; space given back where possible */
	IO_ZERO,     /* range reads as zeros; space stays allocated */
	IO_RESIZE,   /* file size becomes `offset` */
	IO_ALLOCATE, /* space for the range, size grows */
	IO_CALL,     /* `call`, on a thread that may wait; its result is the operation's */
};

struct io_op {
	enum io_kind kind;
	int fd;
	bool is_durable; /* IO_WRITE: as if a sync followed for this range */
	/* IO_WRITE: goes into the page cache, whole pages: may be copied on this thread (io_copy.h) */
	bool is_cached;
	uint64_t offset, length;
	struct iovec *iov; /* the engine moves it along: the submitter's own array */
	unsigned iov_count;
	void (*on_done)(struct io_op *op, int result);
	int (*call)(struct io_op *op); /* IO_CALL */

	/* private to io.c and the engines */
	struct list link;
	struct iovec zeros;
	bool writes_zeros;
	int64_t result; /* of one attempt: bytes or -errno */
};

struct io_engine {
	const char *name;
	bool copies_here; /* writes into the page cache may bypass it */
	/* Begins one attempt; false: full, try again after a completion. */
	bool (*start)(void *data, struct io_op *op);
	/* Hands what was started to the kernel. May be NULL. */
	void (*kick)(void *data);
	/* Waits up to timeout_ms for a completion (0: looks only) and calls io_attempt_done() for each. */
	int (*reap)(void *data, struct disk_io *io, int timeout_ms);
	/* Performs one attempt at once: op->result. */
	void (*now)(void *data, struct io_op *op);
	int (*fd)(void *data);
	void (*free)(void *data);
};

int io_new(const struct io_engine *engine, void *data, struct disk_io **ret_io);
int io_uring_engine_new(const struct io_engine **ret_engine, void **ret_data);
int io_threads_engine_new(unsigned thread_count, const struct io_engine **ret_engine, void **ret_data);

/* One attempt of one operation with system calls: for engines. */
void io_attempt_now(struct io_op *op);
/* Called by an engine's reap for each finished attempt. */
void io_attempt_done(struct disk_io *io, struct io_op *op);

void io_submit(struct disk_io *io, struct io_op *op);
void io_count(struct disk_io *io, enum disk_counter counter, uint64_t amount);

/* At once; 0 or -errno. Reads past the end of the file give zeros. */
int io_read_now(struct disk_io *io, int fd, uint64_t offset, void *buffer, size_t length);
int io_write_now(struct disk_io *io, int fd, uint64_t offset, const void *buffer, size_t length);
int io_sync_now(struct disk_io *io, int fd); /* never -ENOSPC, which would mean that nothing happened: -EIO */
int io_punch_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length);
int io_zero_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length);
int io_resize_now(struct disk_io *io, int fd, uint64_t size);
int io_allocate_now(struct disk_io *io, int fd, uint64_t offset, uint64_t length);

/* A timer of the queue: `on_timer` runs in disk_io_poll() once at_ns (CLOCK_MONOTONIC) has passed. */
struct io_timer {
	struct list link;
	uint64_t at_ns;
	void (*on_timer)(struct io_timer *timer);
};

uint64_t io_now_ns(void);
void io_timer_set(struct disk_io *io, struct io_timer *timer, uint64_t at_ns);
void io_timer_cancel(struct io_timer *timer);

#endif
