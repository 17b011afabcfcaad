/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes on the queue's own thread: which ones, how many in a turn, and that an event loop hears of the rest; the ring. */
#include "disk_test.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/io_uring.h>

#include "disk/io_copy.h"

enum { PIECE = 1 << 20, PIECES = 5 };

static uint8_t bytes[PIECE] __attribute__((aligned(4096)));
static unsigned done_count, started_count;
static int last_result;

static void on_done(struct io_op *op, int result)
{
	done_count++;
	last_result = result;
}

/* An engine that counts what is left for it, and does it at the next reap. */
static struct list started;

static bool count_start(void *data, struct io_op *op)
{
	started_count++;
	list_append(&started, &op->link);
	return true;
}

static int count_reap(void *data, struct disk_io *io, int timeout_ms)
{
	while (!list_is_empty(&started)) {
		struct io_op *op = list_entry(list_take(&started), struct io_op, link);
		io_attempt_now(op);
		io_attempt_done(io, op);
	}
	return 0;
}

static int no_fd(void *data)
{
	return -1;
}

static void no_free(void *data)
{
}

static const struct io_engine counting = { .name = "counting",
					   .copies_here = true,
					   .start = count_start,
					   .reap = count_reap,
					   .fd = no_fd,
					   .free = no_free };
static const struct io_engine old_way = {
	.name = "counting", .start = count_start, .reap = count_reap, .fd = no_fd, .free = no_free
};

struct case_of_op {
	const char *name;
	struct io_op op;
	bool is_here;
};

static void test_choice(void)
{
	static const struct case_of_op cases[] = {
		{ "whole pages",
		  { .kind = IO_WRITE, .is_cached = true, .offset = 8192, .length = 4096 },
		  true },
		{ "large", { .kind = IO_WRITE, .is_cached = true, .offset = 0, .length = PIECE }, true },
		{ "not said", { .kind = IO_WRITE, .offset = 8192, .length = 4096 }, false },
		{ "durable",
		  { .kind = IO_WRITE, .is_cached = true, .is_durable = true, .length = 4096 },
		  false },
		{ "part of a page", { .kind = IO_WRITE, .is_cached = true, .length = 512 }, false },
		{ "across pages",
		  { .kind = IO_WRITE, .is_cached = true, .offset = 512, .length = 4096 },
		  false },
		{ "read", { .kind = IO_READ, .is_cached = true, .length = 4096 }, false },
	};
	char path[256];
	int fd = test_file(path);
	for (unsigned i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const struct case_of_op *it = &cases[i / 2];
		bool is_here = it->is_here && i % 2 == 0;
		struct disk_io *io;
		struct iovec iov = { bytes, it->op.length };
		struct io_op op = it->op;
		CHECK_OK(io_new(i % 2 ? &old_way : &counting, NULL, &io));
		op.fd = fd;
		op.iov = &iov;
		op.iov_count = 1;
		op.on_done = on_done;
		done_count = started_count = 0;
		io_submit(io, &op);
		CHECK(!done_count);
		CHECK_OK(disk_io_poll(io, 0));
		if (done_count != 1 || started_count != !is_here || last_result) {
			fprintf(stderr, "%s, engine %u: %u done, %u by the engine, result %d\n", it->name,
				i % 2, done_count, started_count, last_result);
			CHECK(!"the write goes where it should");
		}
		disk_io_free(io);
	}
	close(fd);
}

/* A turn ends after IO_COPY_TURN bytes; the descriptor stays readable until all is done. */
static void test_turns(void)
{
	struct io_op ops[PIECES];
	struct iovec iovs[PIECES];
	struct disk_io *io;
	char path[256];
	int fd = test_file(path);
	unsigned turns = 0;
	CHECK_OK(io_new(&counting, NULL, &io));
	done_count = started_count = 0;
	for (unsigned i = 0; i < PIECES; i++) {
		iovs[i] = (struct iovec){ bytes, PIECE };
		ops[i] = (struct io_op){ .kind = IO_WRITE,
					 .fd = fd,
					 .is_cached = true,
					 .offset = (uint64_t)i * PIECE,
					 .length = PIECE,
					 .iov = &iovs[i],
					 .iov_count = 1,
					 .on_done = on_done };
		io_submit(io, &ops[i]);
	}
	disk_io_kick(io);
	CHECK(!done_count); /* no callback outside of polls */
	for (struct pollfd ready = { disk_io_fd(io), POLLIN, 0 }; poll(&ready, 1, 0) == 1 && turns < 100;
	     turns++)
		CHECK_OK(disk_io_poll(io, 0));
	CHECK(done_count == PIECES && !last_result);
	CHECK(turns >= 2 || started_count); /* a slow host: the engine had to take over */
	disk_io_free(io);
	close(fd);
}

/* After a write that had to wait: the engine, until the time is over. */
static void test_off(void)
{
	struct io_op op = { .kind = IO_WRITE, .is_cached = true, .length = 4096 };
	struct io_copier copier;
	uint64_t left = IO_COPY_TURN;
	io_copier_init(&copier);
	CHECK(io_copier_takes(&copier, &op) && !io_copier_is_off(&copier));
	list_append(&copier.waiting, &op.link);
	copier.off_until_ns = UINT64_MAX;
	CHECK(!io_copier_takes(&copier, &op) && !io_copier_next(&copier, &left));
	copier.off_until_ns = 1;
	CHECK(io_copier_takes(&copier, &op) && !io_copier_is_off(&copier));
}

static void test_error(void)
{
	struct iovec iov = { bytes, 4096 };
	struct io_op op = { .kind = IO_WRITE,
			    .fd = -1,
			    .is_cached = true,
			    .length = 4096,
			    .iov = &iov,
			    .iov_count = 1,
			    .on_done = on_done };
	struct disk_io *io;
	CHECK_OK(io_new(&counting, NULL, &io));
	io_submit(io, &op);
	CHECK_OK(disk_io_poll(io, 0));
	CHECK(last_result == -EBADF);
	disk_io_free(io);
}

/* Nothing can be registered with a ring any more, so nothing but the disk code's operations goes through it. */
static void test_ring_is_restricted(void)
{
	const struct io_engine *engine;
	static uint8_t probe[4096];
	void *data;
	if (io_uring_engine_new(&engine, &data))
		return; /* the kernel refuses io_uring */
	errno = 0;
	CHECK(syscall(SYS_io_uring_register, engine->fd(data), IORING_REGISTER_PROBE, probe, 16) < 0 &&
	      errno == EACCES);
	engine->free(data);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	list_init(&started);
	test_choice();
	test_turns();
	test_off();
	test_error();
	test_ring_is_restricted();
	return test_end();
}
