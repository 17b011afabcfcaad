/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host without space, or whose storage is gone for a while: requests are kept, begun again in order, given up, canceled;
 * nothing is lost. On a file whose operations fail when the test says so.
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/io.h"
#include "fault.h"

enum { PIECE = 4096, SLOTS = 16, DISK_SIZE = 8 << 20 };

/* --- an engine that refuses changes while `refusal` is set, and notes the order of those that it makes -------------- */

static struct {
	struct list started;
	int refusal; /* of writes */
	int sync_refusal, read_refusal;
	uint64_t order[SLOTS * 4];
	unsigned count;
} host;

static bool host_start(void *data, struct io_op *op)
{
	list_append(&host.started, &op->link);
	return true;
}

static void perform(struct io_op *op)
{
	bool is_change =
	    op->kind != IO_READ && op->kind != IO_SYNC && op->kind != IO_NOP && op->kind != IO_CALL;
	int refusal = is_change		    ? host.refusal
		      : op->kind == IO_SYNC ? host.sync_refusal
		      : op->kind == IO_READ ? host.read_refusal
					    : 0;
	if (op->kind == IO_WRITE && !refusal && host.count < SLOTS * 4)
		host.order[host.count++] = op->offset;
	if (refusal)
		op->result = refusal;
	else
		io_attempt_now(op);
}

static int host_reap(void *data, struct disk_io *io, int timeout_ms)
{
	if (list_is_empty(&host.started))
		return 0;
	struct io_op *op = list_entry(list_take(&host.started), struct io_op, link);
	perform(op);
	io_attempt_done(io, op);
	return 0;
}

static void host_now(void *data, struct io_op *op)
{
	perform(op);
}

static int no_fd(void *data)
{
	return -1;
}

static void no_free(void *data)
{
}

static const struct io_engine host_engine = {
	.name = "host", .start = host_start, .reap = host_reap, .now = host_now, .fd = no_fd, .free = no_free
};

/* --- the guest -------------------------------------------------------------------------------------- */

struct slot {
	struct disk_request request;
	struct iovec iov;
	uint8_t bytes[PIECE];
	unsigned done;
	int result;
};

static struct slot slots[SLOTS];
static struct disk_io *io;
static struct disk *disk;
static char path[256];
static unsigned criticals;
static int critical_error;

static void on_done(struct disk_request *request, int result)
{
	struct slot *slot = request->userdata;
	slot->done++;
	slot->result = result;
}

static void on_critical(void *userdata, struct disk *which, int error)
{
	CHECK(which == disk);
	criticals++;
	critical_error = error;
}

static void start(unsigned i, enum disk_request_kind kind, uint64_t offset)
{
	struct slot *slot = &slots[i];
	bool has_data = kind == DISK_READ || kind == DISK_WRITE;
	slot->done = 0;
	slot->result = 1;
	slot->iov = (struct iovec){ slot->bytes, PIECE };
	slot->request = (struct disk_request){ .kind = kind,
					       .offset = offset,
					       .length = has_data ? PIECE : 0,
					       .iov = &slot->iov,
					       .iov_count = has_data,
					       .on_done = on_done,
					       .userdata = slot };
	if (kind == DISK_WRITE)
		test_fill(slot->bytes, offset, PIECE, i);
	disk_submit(disk, &slot->request);
}

static void run(void)
{
	for (unsigned i = 0; i < 200; i++)
		disk_io_poll(io, 0);
}

static void begin(enum disk_format format, bool holds_full, bool holds_errors)
{
	struct disk_create_options create = { .format = format,
					      .type = DISK_TYPE_DYNAMIC,
					      .size = DISK_SIZE,
					      .block_size = format == DISK_FORMAT_VHDX ? DISK_MIB : 0 };
	struct disk_open_options options = { .format = format, .writable = true };
	struct disk_hold_policy policy = { holds_full, holds_errors, on_critical, NULL };
	memset(&host, 0, sizeof(host));
	list_init(&host.started);
	int fd = test_file(path);
	CHECK_OK(io_new(&host_engine, NULL, &io));
	CHECK_OK(disk_create(io, fd, &create, NULL, NULL));
	CHECK_OK(disk_open(io, fd, &options, &disk, NULL));
	disk_set_hold_policy(disk, &policy);
	criticals = 0;
	host.count = 0;
}

static void end(void)
{
	CHECK_OK(disk_close(disk));
	disk_io_free(io);
}

static unsigned count_done(int result)
{
	unsigned count = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		count += slots[i].done == 1 && slots[i].result == result;
	return count;
}

static bool is_written(unsigned i, uint64_t offset)
{
	uint8_t seen[PIECE], expected[PIECE];
	test_fill(expected, offset, PIECE, i);
	return !disk_read(disk, offset, seen, PIECE) && !memcmp(seen, expected, PIECE);
}

/* --- cases ------------------------------------------------------------------------------------------ */

/* The first fails; the others queue up behind it. */
static void start_all(void)
{
	start(0, DISK_WRITE, 0);
	run();
	for (unsigned i = 1; i < SLOTS - 1; i++)
		start(i, DISK_WRITE, (uint64_t)i * PIECE);
	start(SLOTS - 1, DISK_FLUSH, 0);
	run();
}

static void test_order(void)
{
	struct disk_stats stats;
	begin(DISK_FORMAT_RAW, true, false);
	host.refusal = -ENOSPC;
	start_all();
	CHECK(criticals == 1 && critical_error == -ENOSPC && disk_critical_error(disk) == -ENOSPC);
	CHECK(count_done(-ENOSPC) + count_done(0) == 0);
	disk_get_stats(disk, &stats);
	CHECK(!stats.in_flight);
	CHECK_OK(disk_drain(disk)); /* does not wait for what is kept */
	disk_retry_kept(disk);
	run();
	CHECK(criticals == 2 && count_done(0) == 0);
	host.refusal = 0;
	disk_retry_kept(disk);
	run();
	CHECK(criticals == 2 && !disk_critical_error(disk));
	for (unsigned i = 0; i < SLOTS - 1; i++)
		CHECK(host.order[i] == (uint64_t)i * PIECE);
	CHECK(count_done(0) == SLOTS);
	end();
}

/* Reads go on, and calls that wait hear of the error. */
static void test_beside(enum disk_format format)
{
	uint8_t bytes[PIECE] = { 1 };
	begin(format, true, false);
	CHECK_OK(disk_write(disk, 0, bytes, PIECE));
	host.refusal = -ENOSPC;
	start(0, DISK_WRITE, 4 * DISK_MIB);
	run();
	CHECK(!slots[0].done && criticals == 1);
	start(1, DISK_READ, 0);
	run();
	CHECK(slots[1].done == 1 && !slots[1].result && slots[1].bytes[0] == 1);
	CHECK(disk_write(disk, 0, bytes, PIECE) == -ENOSPC);
	host.refusal = 0;
	disk_retry_kept(disk);
	run();
	CHECK(slots[0].done == 1 && !slots[0].result && is_written(0, 4 * DISK_MIB));
	end();
}

static void test_give_up(void)
{
	begin(DISK_FORMAT_RAW, true, false);
	host.refusal = -ENOSPC;
	start_all();
	CHECK(disk_cancel(disk, &slots[3].request) && !disk_cancel(disk, &slots[3].request));
	run();
	CHECK(slots[3].done == 1 && slots[3].result == -ECANCELED);
	disk_fail_kept(disk);
	CHECK(!slots[0].done);
	run();
	CHECK(count_done(-ENOSPC) == SLOTS - 1 && !disk_critical_error(disk));
	start(0, DISK_WRITE, 0);
	run();
	CHECK(!slots[0].done && criticals == 2); /* the policy still holds */
	host.refusal = 0;
	end(); /* closing gives it up */
	CHECK(slots[0].done == 1 && slots[0].result == -ENOSPC);
}

static void test_policies(void)
{
	begin(DISK_FORMAT_RAW, false, false);
	host.refusal = -ENOSPC;
	start(0, DISK_WRITE, 0);
	run();
	CHECK(slots[0].done && slots[0].result == -ENOSPC);
	disk_set_hold_policy(disk, &(struct disk_hold_policy){ .holds_full = true });
	host.refusal = -EDQUOT;
	start(0, DISK_WRITE, 0);
	host.refusal = -EIO;
	start(1, DISK_WRITE, PIECE);
	host.read_refusal = -EIO;
	start(2, DISK_READ, 0);
	run();
	CHECK(slots[1].done && slots[1].result == -EIO && slots[2].result == -EIO);
	disk_set_hold_policy(disk, &(struct disk_hold_policy){ .holds_full = true, .holds_errors = true });
	host.refusal = -EDQUOT;
	start(0, DISK_WRITE, 0);
	start(1, DISK_READ, 0);
	run();
	CHECK(!slots[0].done && !slots[1].done);
	host.refusal = host.read_refusal = 0;
	disk_retry_kept(disk);
	run();
	CHECK(slots[0].done == 1 && !slots[0].result && slots[1].done == 1 && !slots[1].result);
	end();
}

/* After a failed sync another attempt would prove nothing: it is held once, for its owner to know, and then reported. */
static void test_broken(enum disk_format format, int error)
{
	begin(format, true, true);
	start(0, DISK_WRITE, 0);
	run();
	host.sync_refusal = error;
	start(1, DISK_FLUSH, 0);
	run();
	CHECK(!slots[1].done && criticals == 1 && disk_critical_error(disk) == error && disk_is_broken(disk));
	start(2, DISK_WRITE, 0);
	start(3, DISK_READ, 0);
	run();
	CHECK(!slots[2].done && slots[3].done == 1 && !slots[3].result && criticals == 1);
	host.sync_refusal = 0;
	disk_retry_kept(disk);
	run();
	CHECK(slots[1].done == 1 && slots[1].result == error && slots[2].done == 1 &&
	      slots[2].result == error);
	start(4, DISK_WRITE, 0);
	run();
	CHECK(slots[4].done == 1 && slots[4].result == error && criticals == 1 && !disk_critical_error(disk));
	CHECK(disk_close(disk) == error);
	disk_io_free(io);
}

/* Without a policy it is reported at once. */
static void test_broken_unheld(void)
{
	begin(DISK_FORMAT_RAW, true, false);
	start(0, DISK_WRITE, 0);
	run();
	host.sync_refusal = -EIO; /* the policy holds a full host only */
	start(1, DISK_FLUSH, 0);
	run();
	CHECK(slots[1].done == 1 && slots[1].result == -EIO && !criticals);
	host.sync_refusal = 0;
	CHECK(disk_close(disk) == -EIO);
	disk_io_free(io);
}

static void test_limit(void)
{
	enum { MORE = 100, ALL = DISK_KEPT_MAX + MORE };
	struct slot *many = calloc(ALL, sizeof(*many));
	unsigned refused = 0;
	begin(DISK_FORMAT_RAW, true, false);
	host.refusal = -ENOSPC;
	for (unsigned i = 0; many && i < ALL; i++) {
		many[i].iov = (struct iovec){ many[i].bytes, PIECE };
		many[i].request = (struct disk_request){ .kind = DISK_WRITE,
							 .length = PIECE,
							 .iov = &many[i].iov,
							 .iov_count = 1,
							 .on_done = on_done,
							 .userdata = &many[i] };
		disk_submit(disk, &many[i].request);
	}
	for (unsigned i = 0; i < 2 * ALL; i++)
		disk_io_poll(io, 0);
	for (unsigned i = 0; many && i < ALL; i++)
		refused += many[i].done == 1 && many[i].result == -ENOSPC;
	CHECK(refused == MORE);
	disk_fail_kept(disk);
	for (unsigned i = 0; i < 2 * ALL; i++)
		disk_io_poll(io, 0);
	for (unsigned i = 0; many && i < ALL; i++)
		CHECK(many[i].done == 1);
	host.refusal = 0;
	end();
	free(many);
}

/* --- random load: space comes and goes, and what was written is there ---------------------------------- */

static void test_random_load(enum disk_format format)
{
	static const struct fault_plan full = { .write_error_per_1000 = 150 }, fine;
	struct disk_create_options create = { .format = format,
					      .type = DISK_TYPE_DYNAMIC,
					      .size = DISK_SIZE,
					      .block_size = format == DISK_FORMAT_VHDX ? DISK_MIB : 0 };
	struct disk_open_options options = { .format = format, .writable = true };
	struct disk_hold_policy policy = { true, true, on_critical, NULL };
	static uint8_t last[DISK_SIZE / PIECE];
	struct fault_engine *engine;
	memset(last, 0xff, sizeof(last));
	int fd = test_file(path);
	CHECK_OK(fault_new(&io, &engine));
	CHECK_OK(disk_create(io, fd, &create, NULL, NULL));
	CHECK_OK(disk_open(io, fd, &options, &disk, NULL));
	CHECK_OK(fault_watch(engine, fd, 512));
	disk_set_hold_policy(disk, &policy);
	criticals = 0;
	for (unsigned i = 0; i < SLOTS; i++)
		slots[i].done = 1, slots[i].result = 0;
	for (unsigned step = 0; step < 6000; step++) {
		unsigned i = (unsigned)test_random_below(SLOTS);
		fault_set_plan(engine, step / 100 % 2 ? &full : &fine);
		if (disk_critical_error(disk) && test_random_below(20) == 0)
			disk_retry_kept(disk);
		if (slots[i].done) {
			/* each slot has places of its own: no two writes of one place at a time */
			uint64_t piece = test_random_below(DISK_SIZE / PIECE / SLOTS) * SLOTS + i;
			CHECK(!slots[i].result);
			start(i, test_random_below(10) ? DISK_WRITE : DISK_FLUSH, piece * PIECE);
			if (slots[i].request.kind == DISK_WRITE)
				last[piece] = (uint8_t)i;
		}
		disk_io_poll(io, test_random_below(3) ? 0 : -1);
	}
	fault_set_plan(engine, &fine);
	for (unsigned round = 0; round < 100; round++) {
		disk_retry_kept(disk);
		CHECK_OK(disk_drain(disk));
	}
	CHECK(criticals > 5);
	for (unsigned i = 0; i < SLOTS; i++)
		CHECK(slots[i].done == 1 && !slots[i].result);
	for (unsigned piece = 0; piece < DISK_SIZE / PIECE; piece++)
		CHECK(last[piece] == 0xff || is_written(last[piece], (uint64_t)piece * PIECE));
	CHECK_OK(disk_close(disk));
	disk_io_free(io);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	test_order();
	test_beside(DISK_FORMAT_RAW);
	test_beside(DISK_FORMAT_VHDX);
	test_beside(DISK_FORMAT_VHD);
	test_give_up();
	test_policies();
	test_broken(DISK_FORMAT_VHDX, -EIO);
	test_broken(DISK_FORMAT_VHDX, -ENOSPC);
	test_broken(DISK_FORMAT_RAW, -ENOSPC);
	test_broken_unheld();
	test_limit();
	test_random_load(DISK_FORMAT_RAW);
	test_random_load(DISK_FORMAT_VHDX);
	test_random_load(DISK_FORMAT_VHD);
	return test_end();
}
