/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power cuts in the middle of jobs that change an image in place: compact, grow, shrink, reconnect, merge. At random
 * operations and before syncs the image that may be left is opened: same content, and the job, run again, comes to its end.
 * usage: test_job_crash [SEED [ROUNDS]]
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "fault.h"

enum job_kind {
	JOB_COMPACT,
	JOB_GROW,
	JOB_SHRINK,
	JOB_RECONNECT,
	JOB_MERGE_PARENT,
	JOB_MERGE_CHILD,
	JOB_COUNT
};

static const char *const job_names[] = { "compact",   "grow",		"shrink",
					 "reconnect", "merge (parent)", "merge (child)" };

struct run {
	enum job_kind kind;
	enum disk_format format;
	enum disk_type type;
	struct fault_engine *engine;
	struct disk_io *real;
	struct test_model model; /* through the chain */
	uint64_t large;
	char base[256], child[256]; /* the files that the job works on */
	char moved[256];	    /* where the base is as well: reconnect */
	unsigned cuts;
};

static struct disk *open_or_fail(struct disk_io *io, const char *path, bool is_writable, const char *when)
{
	struct disk_open_options options = { .writable = is_writable, .no_lock = true, .allow_raw = true };
	struct disk_error error;
	struct disk *disk = NULL;
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "%s: %s (seed %llu)\n", when, error.text, (unsigned long long)test_seed);
	CHECK_OK(result);
	return disk;
}

static int run_job(struct run *run, struct disk_io *io, const char *base, const char *child,
		   struct disk_error *error);

static void copy_file(const char *from, const char *to)
{
	char command[600];
	snprintf(command, sizeof(command), "cp --sparse=always %s %s", from, to);
	if (system(command))
		abort();
}

static void compare(struct run *run, const char *path, bool is_writable, const char *when)
{
	struct disk *disk = open_or_fail(run->real, path, is_writable, when);
	if (!disk)
		return;
	struct test_model model = run->model;
	struct disk_info info;
	disk_get_info(disk, &info);
	CHECK(info.size == model.size || (run->kind == JOB_GROW && info.size == run->large) ||
	      (run->kind == JOB_SHRINK && info.size == run->large));
	/* What is being cut off is already given up. */
	if (run->kind == JOB_SHRINK)
		model.size = run->large;
	bool is_same = test_model_compare(&model, disk);
	if (!is_same)
		fprintf(stderr, "%s: %s\n", job_names[run->kind], when);
	CHECK(is_same);
	CHECK_OK(disk_close(disk));
}

/* The file under the fault engine as a cut leaves it; the other one as it is. */
static void cut(void *userdata)
{
	struct run *run = userdata;
	struct disk_error error = { "" };
	bool is_child_watched = run->kind == JOB_MERGE_CHILD || run->kind == JOB_RECONNECT;
	char crashed[256];
	/* Beside the original, so that the relative names in it hold. */
	int fd = test_file(crashed);
	CHECK_OK(fault_crash_image(run->engine, fd));
	close(fd);
	run->cuts++;
	if (run->kind < JOB_RECONNECT) {
		compare(run, crashed, false, "after a cut, read only");
		CHECK_OK(run_job(run, run->real, crashed, NULL, &error));
		compare(run, crashed, true, "after the job ran again");
	} else if (is_child_watched) {
		compare(run, crashed, true, "child after a cut");
		if (run->kind == JOB_RECONNECT) {
			CHECK_OK(run_job(run, run->real, run->moved, crashed, &error));
			compare(run, crashed, true, "child after the job ran again");
		}
	} else { /* the child's file is real and knows both identities; the base is what the cut left */
		char base[256], child[256];
		snprintf(base, sizeof(base), "%s/again", test_directory());
		snprintf(child, sizeof(child), "%s/again/child", test_directory());
		CHECK(!mkdir(base, 0700) || errno == EEXIST);
		snprintf(base, sizeof(base), "%s/again/%s", test_directory(), strrchr(run->base, '/') + 1);
		copy_file(run->child, child);
		CHECK(!rename(crashed, base));
		compare(run, child, false, "chain after a cut in the base");
		CHECK_OK(run_job(run, run->real, base, child, &error));
		compare(run, base, false, "base after the merge ran again");
		unlink(base);
		unlink(child);
	}
	if (error.text[0])
		fprintf(stderr, "%s: %s\n", job_names[run->kind], error.text);
	if (!test_failures)
		unlink(crashed);
}

static void on_sync(void *userdata)
{
	if (!test_failures && test_random_below(3) == 0)
		cut(userdata);
}

static bool on_progress(void *userdata, uint64_t done, uint64_t total)
{
	if (!test_failures && test_random_below(40) == 0)
		cut(userdata);
	return true;
}

static int run_job(struct run *run, struct disk_io *io, const char *base, const char *child,
		   struct disk_error *error)
{
	bool is_first = io != run->real;
	struct disk_job job = { is_first ? on_progress : NULL, run };
	struct disk_open_options options = {
		.writable = true, .no_lock = true, .no_parent = true, .allow_raw = true
	};
	struct disk *disk = NULL, *parent = NULL;
	bool is_child_job = run->kind >= JOB_RECONNECT;
	int result = disk_open_path(io, is_child_job ? child : base, &options, &disk, error);
	if (!result && is_child_job) {
		options.writable = run->kind != JOB_RECONNECT;
		options.no_parent = false;
		result = disk_open_path(io, base, &options, &parent, error);
	}
	if (is_first && !result)
		fault_set_on_sync(run->engine, on_sync, run);
	if (!result) {
		switch (run->kind) {
		case JOB_COMPACT: result = disk_compact(disk, &job, error); break;
		case JOB_GROW:
		case JOB_SHRINK: result = disk_resize(disk, run->large, true, &job, error); break;
		case JOB_RECONNECT:
			result = disk_reconnect(disk, parent, strrchr(base, '/') + 1, base, false, error);
			break;
		default: result = disk_merge(disk, parent, &job, error); break;
		}
	}
	int close_error = disk_close(parent);
	int disk_error = disk_close(disk);
	return result ? result : close_error ? close_error : disk_error;
}

static void make(struct run *run)
{
	struct disk_create_options options = { .format = run->format,
					       .type = run->type,
					       .size = run->model.size,
					       .block_size = run->format == DISK_FORMAT_VHDX  ? DISK_MIB
							     : run->type == DISK_TYPE_DYNAMIC ? 512 * DISK_KIB
											      : 0 };
	struct disk_error error;
	CHECK_OK(disk_create_path(run->real, run->base, &options, NULL, NULL, &error));
	struct disk *disk = open_or_fail(run->real, run->base, true, "new");
	for (unsigned i = 0; i < 60; i++)
		test_model_step(&run->model, disk, DISK_MIB);
	uint64_t zero = test_random_below(5) * DISK_MIB; /* something to compact */
	memset(run->model.bytes + zero, 0, 2 * DISK_MIB);
	CHECK_OK(disk_write(disk, zero, run->model.bytes + zero, 2 * DISK_MIB));
	CHECK_OK(disk_close(disk));
	if (run->kind < JOB_RECONNECT)
		return;
	options.type = DISK_TYPE_DIFFERENCING;
	options.block_size = 0;
	CHECK_OK(disk_create_path(run->real, run->child, &options, run->base, NULL, &error));
	disk = open_or_fail(run->real, run->child, true, "new child");
	for (unsigned i = 0; i < 30; i++)
		test_model_step(&run->model, disk, DISK_MIB);
	CHECK_OK(disk_close(disk));
}

static unsigned run_one(enum job_kind kind, enum disk_format format, enum disk_type type,
			struct disk_io *real)
{
	static unsigned count;
	static const uint64_t size = 8 * DISK_MIB;
	struct run run = { .kind = kind, .format = format, .type = type, .real = real };
	struct disk_io *io;
	struct disk_error error = { "" };
	/* 600 GiB: the VHDX table outgrows its region; VHD tables have no room at all. */
	run.large = kind == JOB_SHRINK					? 3 * DISK_MIB + 512
		    : type == DISK_TYPE_DYNAMIC && test_random_below(2) ? 600 * DISK_GIB
									: 13 * DISK_MIB;
	snprintf(run.base, sizeof(run.base), "%s/base-%u", test_directory(), count);
	snprintf(run.child, sizeof(run.child), "%s/child-%u", test_directory(), count);
	snprintf(run.moved, sizeof(run.moved), "%s/moved-%u", test_directory(), count++);
	CHECK_OK(test_model_init(&run.model, size, 512));
	CHECK_OK(fault_new(&io, &run.engine));
	make(&run);
	if (kind == JOB_RECONNECT)
		CHECK(!link(run.base, run.moved));
	bool is_child_watched = kind == JOB_MERGE_CHILD || kind == JOB_RECONNECT;
	int fd = open(is_child_watched ? run.child : run.base, O_RDONLY | O_CLOEXEC);
	CHECK_OK(fault_watch(run.engine, fd, 512));
	close(fd);
	int result = run_job(&run, io, kind == JOB_RECONNECT ? run.moved : run.base, run.child, &error);
	if (result)
		fprintf(stderr, "%s: %s\n", job_names[kind], error.text);
	CHECK_OK(result);
	compare(&run, kind == JOB_RECONNECT ? run.child : run.base, true, "at the end");
	disk_io_free(io);
	test_model_deinit(&run.model);
	unlink(run.base);
	unlink(run.child);
	unlink(run.moved);
	return run.cuts;
}

int main(int argc, char **argv)
{
	struct disk_io *real;
	unsigned cuts = 0;
	test_seed_from(argc, argv);
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 2;
	CHECK_OK(disk_io_new(DISK_IO_THREADS, &real));
	for (unsigned i = 0; i < rounds && !test_failures; i++) {
		for (unsigned kind = 0; kind < JOB_COUNT && !test_failures; kind++) {
			cuts += run_one((enum job_kind)kind, DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, real);
			cuts += run_one((enum job_kind)kind, DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, real);
			if (kind != JOB_GROW && kind != JOB_SHRINK)
				continue;
			cuts += run_one((enum job_kind)kind, DISK_FORMAT_VHDX, DISK_TYPE_FIXED, real);
			cuts += run_one((enum job_kind)kind, DISK_FORMAT_VHD, DISK_TYPE_FIXED, real);
			cuts += run_one((enum job_kind)kind, DISK_FORMAT_RAW, DISK_TYPE_FIXED, real);
		}
	}
	disk_io_free(real);
	CHECK(cuts > 10 * rounds);
	printf("%u cuts\n", cuts);
	return test_failures ? 1 : test_end();
}
