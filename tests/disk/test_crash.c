/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Crash safety: random requests, several at a time, on a file layer that performs them in any order; at random moments
 * a power cut is imagined and the image that it may leave is opened, compared with what may be there, written on,
 * closed and opened again. With and without failing operations.
 * usage: test_crash [SEED [RUNS]]
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "disk/disk_limits.h"
#include "fault.h"
#include "history.h"
#include "images.h"

enum { IN_FLIGHT = 8, REQUESTS = 250, CRASH_EVERY = 60 };

struct job {
	struct disk_request request;
	struct iovec iov;
	uint8_t *bytes;
	struct run *run;
	bool is_busy;
	uint32_t generation;
	uint64_t began;
};

struct run {
	struct disk *disk;
	struct history history;
	struct job jobs[IN_FLIGHT];
	uint32_t generation;
	const struct image_shape *shape;
	struct fault_engine *engine;
	struct disk_io *real;
	bool may_fail;
	bool is_churning; /* blocks come and go all the time */
	bool is_stuck;	  /* a sync failed: nothing more is accepted */
};

static unsigned crash_count, open_count;

static void on_done(struct disk_request *request, int result)
{
	struct job *job = request->userdata;
	struct run *run = job->run;
	job->is_busy = false;
	if (result && !run->may_fail)
		test_fail_code(__FILE__, __LINE__, "request", result);
	if (result)
		run->is_stuck = true;
	if (request->kind == DISK_FLUSH) {
		if (!result)
			history_flushed(&run->history, job->began);
		else
			++run->history.clock;
		return;
	}
	if (request->kind == DISK_READ) {
		for (uint64_t at = 0; !result && at < request->length; at += run->history.sector)
			CHECK(history_identify(job->bytes + at, request->offset + at, run->history.sector) !=
			      UINT32_MAX);
		return;
	}
	history_end(&run->history, request->offset, request->length, job->generation, result != 0);
	if (!result && request->flags & DISK_FUA && request->kind != DISK_UNMAP)
		history_durable(&run->history, request->offset, request->length, job->generation);
}

static bool overlaps(const struct run *run, uint64_t offset, uint64_t length)
{
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		const struct disk_request *other = &run->jobs[i].request;
		if (run->jobs[i].is_busy && other->kind != DISK_FLUSH && other->kind != DISK_READ &&
		    offset < other->offset + other->length && other->offset < offset + length)
			return true;
	}
	return false;
}

static void pick_range(const struct run *run, uint64_t *ret_offset, uint64_t *ret_length)
{
	uint32_t sector = run->history.sector;
	uint64_t sectors = run->history.size / sector;
	/* Often small, sometimes a whole block or more: unmap then frees blocks. */
	uint64_t most = !run->is_churning && test_random_below(6) ? 64 : 3 * DISK_MIB / sector;
	uint64_t count = 1 + test_random_below(most), first = test_random_below(sectors);
	if (!test_random_below(run->is_churning ? 2 : 8)) {
		first -= first % (DISK_MIB / sector);
		count = (1 + test_random_below(2)) * DISK_MIB / sector;
	}
	if (count > sectors - first)
		count = sectors - first;
	*ret_offset = first * sector;
	*ret_length = count * sector;
}

static enum disk_request_kind pick_kind(const struct run *run)
{
	static const enum disk_request_kind mixed[] = { DISK_WRITE, DISK_WRITE,	       DISK_WRITE,
							DISK_WRITE, DISK_WRITE,	       DISK_READ,
							DISK_FLUSH, DISK_WRITE_ZEROES, DISK_UNMAP };
	static const enum disk_request_kind churn[] = { DISK_WRITE, DISK_WRITE, DISK_UNMAP, DISK_UNMAP,
							DISK_FLUSH, DISK_FLUSH, DISK_READ,  DISK_READ };
	return run->is_churning ? churn[test_random_below(8)] : mixed[test_random_below(9)];
}

static bool start_job(struct run *run, struct job *job)
{
	uint64_t offset, length;
	enum disk_request_kind kind = pick_kind(run);
	pick_range(run, &offset, &length);
	/* Reads may run into changes: they see either, but never somebody else's data. */
	if (kind != DISK_READ && overlaps(run, offset, length))
		return false;
	job->run = run;
	job->is_busy = true;
	job->began = ++run->history.clock;
	job->request = (struct disk_request){
		.kind = kind, .offset = offset, .length = length, .on_done = on_done, .userdata = job
	};
	if (job->request.kind == DISK_READ || job->request.kind == DISK_WRITE) {
		job->bytes = realloc(job->bytes, length);
		job->iov = (struct iovec){ job->bytes, length };
		job->request.iov = &job->iov;
		job->request.iov_count = 1;
	}
	if (!test_random_below(6))
		job->request.flags |= DISK_FUA;
	if (test_random_below(2))
		job->request.flags |= DISK_MAY_UNMAP;
	job->generation = HISTORY_ZERO;
	if (job->request.kind == DISK_WRITE) {
		job->generation = ++run->generation;
		test_fill(job->bytes, offset, length, job->generation);
	}
	if (job->request.kind != DISK_READ && job->request.kind != DISK_FLUSH)
		history_begin(&run->history, offset, length, job->generation,
			      job->request.kind == DISK_UNMAP);
	disk_submit(run->disk, &job->request);
	return true;
}

/* --- after the cut --------------------------------------------------------------------------------- */

static struct disk *open_image(struct disk_io *io, const char *path, bool is_writable)
{
	struct disk_error error;
	struct disk *disk = NULL;
	struct disk_open_options options = { .writable = is_writable, .allow_raw = true };
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "after a crash: %s (%d, seed %llu)\n", error.text, result,
			(unsigned long long)test_seed);
	CHECK(!result);
	open_count++;
	return disk;
}

/* What was there stays when the image is used again: small writes, some into space that was in use before. */
static void live_on(struct run *run, struct disk *disk)
{
	uint8_t *before = malloc(run->history.size), *after = malloc(run->history.size);
	CHECK_OK(disk_read(disk, 0, before, run->history.size));
	for (unsigned i = 0; i < 8; i++) {
		uint64_t at = test_random_below(run->history.size / 8192) * 8192;
		uint64_t length = run->history.size - at < 8192 ? run->history.size - at : 8192;
		test_fill(before + at, at, length, 0xffffff);
		CHECK_OK(disk_write(disk, at, before + at, length));
	}
	CHECK_OK(disk_read(disk, 0, after, run->history.size));
	CHECK(!memcmp(before, after, run->history.size));
	free(before);
	free(after);
}

static void crash(struct run *run)
{
	struct fault_engine *engine = run->engine;
	struct disk_io *real = run->real;
	char path[256], command[600];
	int fd = test_file(path);
	CHECK_OK(fault_crash_image(engine, fd));
	close(fd);
	crash_count++;
	struct disk *disk;
	if (crash_count % 3 == 0) { /* read only: a log is replayed in memory */
		disk = open_image(real, path, false);
		if (disk)
			CHECK(history_check(&run->history, disk, "read only after a crash"));
		disk_close(disk);
	}
	disk = open_image(real, path, true);
	if (disk) {
		CHECK(history_check(&run->history, disk, "after a crash"));
		if (crash_count % 2 == 0)
			live_on(run, disk);
		CHECK_OK(disk_close(disk));
		disk = open_image(real, path, false);
		struct disk_info info;
		disk_get_info(disk, &info);
		CHECK(!info.log_replayed);
		disk_close(disk);
	}
	if (run->shape->is_qemu_readable && crash_count % 64 == 0) {
		snprintf(command, sizeof(command),
			 "command -v qemu-img >/dev/null || exit 0; qemu-img check -q -f %s %s",
			 run->shape->qemu_format, path);
		CHECK(system(command) == 0);
	}
	if (test_failures)
		fprintf(stderr, "kept for a look: %s\n", path);
	else
		unlink(path);
}

static void settle(struct run *run, struct disk_io *io)
{
	CHECK_OK(disk_drain(run->disk));
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		free(run->jobs[i].bytes);
}

static void on_sync(void *userdata)
{
	struct run *run = userdata;
	if (!test_failures && test_random_below(6) == 0)
		crash(run);
}

static void run_one(const struct image_shape *shape, const struct fault_plan *plan, struct disk_io *real)
{
	struct run *run = calloc(1, sizeof(*run));
	struct disk_io *io;
	struct fault_engine *engine;
	char path[256];
	run->shape = shape;
	run->may_fail = plan->write_error_per_1000 || plan->sync_error_per_1000;
	run->is_churning = test_random_below(2);
	CHECK_OK(history_init(&run->history, shape->size, shape->sector));
	for (uint64_t at = 0; at < shape->size; at += shape->sector) {
		if (image_parent_has(shape, at))
			run->history.sectors[at / shape->sector].versions[0].generation =
			    IMAGE_PARENT_GENERATION;
	}
	CHECK_OK(fault_new(&io, &engine));
	int fd = image_make(real, shape, path);
	CHECK_OK(fault_watch(engine, fd, shape->sector));
	close(fd);
	run->disk = open_image(io, path, true);
	run->engine = engine;
	run->real = real;
	fault_set_plan(engine, plan);
	fault_set_on_sync(engine, on_sync, run);
	uint64_t next_crash = fault_count(engine) + test_random_below(CRASH_EVERY);
	for (unsigned started = 0; run->disk && started < REQUESTS && !test_failures;) {
		struct job *job = &run->jobs[test_random_below(IN_FLIGHT)];
		if (!job->is_busy && start_job(run, job))
			started++;
		for (uint64_t steps = test_random_below(6); steps; steps--)
			disk_io_poll(io, 0);
		if (fault_count(engine) >= next_crash) {
			crash(run);
			next_crash = fault_count(engine) + 1 + test_random_below(2 * CRASH_EVERY);
		}
	}
	settle(run, io);
	fault_set_plan(engine, &(struct fault_plan){ 0 });
	if (!run->may_fail)
		CHECK(history_check_newest(&run->history, run->disk, "at the end"));
	int error = disk_close(run->disk);
	CHECK(!error || run->may_fail);
	crash(run);
	disk_io_free(io);
	history_deinit(&run->history);
	free(run);
	unlink(path);
}

/* The first writes of a session, while syncs fail: one header may name a log that another attempt began anew. */
static void run_beginning(const struct image_shape *shape, struct disk_io *real)
{
	struct disk_io *io;
	struct fault_engine *engine;
	char path[256], crashed[256];
	uint8_t bytes[4096];
	CHECK_OK(fault_new(&io, &engine));
	int fd = image_make(real, shape, path);
	CHECK_OK(fault_watch(engine, fd, shape->sector));
	close(fd);
	struct disk *disk = open_image(io, path, true);
	fault_set_plan(engine, &(struct fault_plan){ .sync_error_per_1000 = 300 });
	memset(bytes, 1, sizeof(bytes));
	for (unsigned i = 0; disk && i < 6 && !test_failures; i++) {
		disk_write(disk, i * 4096, bytes, 4096);
		fd = test_file(crashed);
		CHECK_OK(fault_crash_image(engine, fd));
		close(fd);
		crash_count++;
		struct disk *again = open_image(real, crashed, i % 2);
		CHECK_OK(disk_close(again));
		unlink(crashed);
	}
	disk_close(disk);
	disk_io_free(io);
	unlink(path);
}

int main(int argc, char **argv)
{
	static const struct fault_plan plans[] = { { 0, 0 }, { 0, 0 }, { 30, 0 }, { 0, 60 }, { 10, 10 } };
	struct disk_io *real;
	test_seed_from(argc, argv);
	unsigned runs = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 6;
	CHECK_OK(disk_io_new(DISK_IO_THREADS, &real));
	for (unsigned i = 0; i < runs && !test_failures; i++) {
		for (size_t shape = 0; shape < image_shape_count && !test_failures; shape++) {
			run_one(&image_shapes[shape], &plans[i % 5], real);
			for (unsigned j = 0; j < 4; j++)
				run_beginning(&image_shapes[shape], real);
		}
	}
	disk_io_free(real);
	printf("%u crash images, %u openings\n", crash_count, open_count);
	return test_failures ? 1 : test_end();
}
