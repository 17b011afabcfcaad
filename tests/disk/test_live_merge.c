/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images that go into their parents while the disk is used: it reads all the time what was written to it, and so does whoever opens
 * copies of its files made at any moment (which is what a killed process
 * leaves of what was flushed). usage: test_live_merge [SEED [ROUNDS]]
 */
#include "disk_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/disk_priv.h"
#include "disk/live_merge.h"

enum { IMAGES_MAX = 4, BURST = 6, BURST_BYTES = 8192 };

static struct disk_io *io;

struct shape {
	enum disk_format format;
	enum disk_type type; /* of the first image */
	uint32_t first_block, block;
	unsigned images, child; /* which of them goes into the one before it */
};

static const struct shape shapes[] = {
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB, 2 * DISK_MIB, 2, 1 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 4 * DISK_MIB, DISK_MIB, 3, 2 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, DISK_MIB, 3, 1 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_FIXED, DISK_MIB, 2 * DISK_MIB, 3, 1 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, 2 * DISK_MIB, 4, 1 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, 2 * DISK_MIB, 4, 2 },
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, 2 * DISK_MIB, 4, 3 },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB, 2 * DISK_MIB, 2, 1 },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, 512 * DISK_KIB, 3, 1 },
	{ DISK_FORMAT_VHD, DISK_TYPE_FIXED, 0, 2 * DISK_MIB, 4, 1 },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 2 * DISK_MIB, 2 * DISK_MIB, 4, 2 },
};

struct burst {
	struct disk_request request;
	struct iovec iov;
	uint8_t bytes[BURST_BYTES];
	struct run *run;
};

struct run {
	const struct shape *shape;
	char folder[512], paths[IMAGES_MAX][600];
	struct test_model model;
	struct disk *top;
	struct live_merge *merge;
	bool is_copied;
	bool is_calm; /* the guest was faster than the merge: it writes nothing meanwhile */
	int error;
	struct burst bursts[BURST];
	unsigned under_way;
};

/* --- a chain ----------------------------------------------------------------------------------------- */

static const char *last_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

static struct disk *open_image(const char *path, bool is_writable)
{
	struct disk_open_options options = { .writable = is_writable };
	struct disk_error error;
	struct disk *disk = NULL;
	if (disk_open_path(io, path, &options, &disk, &error)) {
		fprintf(stderr, "%s\n", error.text);
		CHECK(!"it can be opened");
	}
	return disk;
}

static void scribble(struct run *run, struct disk *disk, unsigned count)
{
	for (; disk && count; count--)
		test_model_step(&run->model, disk, DISK_MIB);
}

static void make_chain(struct run *run)
{
	const struct shape *shape = run->shape;
	static unsigned folders;
	snprintf(run->folder, sizeof(run->folder), "%s/merge-%u", test_directory(), folders++);
	mkdir(run->folder, 0700);
	for (unsigned i = 0; i < shape->images; i++) {
		struct disk_create_options options = { .format = shape->format,
						       .type = i ? DISK_TYPE_DIFFERENCING : shape->type,
						       .size = i ? 0 : run->model.size,
						       .block_size = i ? shape->block : shape->first_block };
		struct disk_error error = { "" };
		struct disk *disk;
		snprintf(run->paths[i], sizeof(run->paths[i]), "%s/%u.image", run->folder, i);
		CHECK_OK(disk_create_path(io, run->paths[i], &options, i ? run->paths[i - 1] : NULL, NULL,
					  &error));
		disk = open_image(run->paths[i], true);
		scribble(run, disk, 20);
		CHECK_OK(disk_close(disk));
	}
	run->top = open_image(run->paths[shape->images - 1], true);
}

static void remove_chain(struct run *run)
{
	for (unsigned i = 0; i < run->shape->images; i++)
		unlink(run->paths[i]);
	rmdir(run->folder);
}

/* --- what a killed process leaves ---------------------------------------------------------------------- */

static void copy_file(const char *from, const char *folder)
{
	char command[1400];
	snprintf(command, sizeof(command), "cp --sparse=always '%s' '%s/'", from, folder);
	CHECK_OK(system(command));
}

/* Copies show what the model has: through the top and, when the parent has all, through that. */
static void check_copies(struct run *run, unsigned top)
{
	char folder[600], path[1200];
	struct disk *disk;
	snprintf(folder, sizeof(folder), "%s/copy", run->folder);
	mkdir(folder, 0700);
	CHECK_OK(disk_flush(run->top)); /* what was not flushed may be lost */
	for (unsigned i = 0; i < run->shape->images; i++)
		if (access(run->paths[i], F_OK) == 0)
			copy_file(run->paths[i], folder);
	snprintf(path, sizeof(path), "%s/%s", folder, last_name(run->paths[top]));
	disk = open_image(path, test_random_below(2));
	CHECK(disk && test_model_compare(&run->model, disk));
	CHECK_OK(disk_close(disk));
	for (unsigned i = 0; i < run->shape->images; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, last_name(run->paths[i]));
		unlink(path);
	}
	rmdir(folder);
}

/* --- requests that are under way while the top changes -------------------------------------------------- */

static void on_burst(struct disk_request *request, int result)
{
	struct burst *burst = request->userdata;
	CHECK_OK(result);
	burst->run->under_way--;
}

static void begin_burst(struct run *run)
{
	uint64_t places = run->model.size / BURST_BYTES / BURST;
	for (unsigned i = 0; i < BURST; i++) {
		struct burst *burst = &run->bursts[i];
		uint64_t offset = (i * places + test_random_below(places)) * BURST_BYTES;
		burst->run = run;
		test_fill(burst->bytes, offset, BURST_BYTES, ++run->model.generation);
		memcpy(run->model.bytes + offset, burst->bytes, BURST_BYTES);
		burst->iov = (struct iovec){ burst->bytes, BURST_BYTES };
		burst->request = (struct disk_request){ .kind = DISK_WRITE,
							.offset = offset,
							.length = BURST_BYTES,
							.iov = &burst->iov,
							.iov_count = 1,
							.on_done = on_burst,
							.userdata = burst };
		run->under_way++;
		disk_submit(run->top, &burst->request);
	}
}

static void end_burst(struct run *run)
{
	for (unsigned turns = 0; run->under_way && turns < 100000; turns++)
		disk_io_poll(io, 100);
	CHECK(!run->under_way);
}

/* --- the merge ----------------------------------------------------------------------------------------- */

static void on_copied(void *opaque, int error)
{
	struct run *run = opaque;
	run->is_copied = true;
	run->error = error;
}

static void begin_merge(struct run *run, bool is_copied)
{
	unsigned child = run->shape->child, top = run->shape->images - 1;
	char relative[600];
	struct disk_error error = { "" };
	struct live_merge_config config = {
		.top = run->top,
		.child = open(run->paths[child], O_RDWR | O_CLOEXEC),
		.parent = open(run->paths[child - 1], O_RDWR | O_CLOEXEC),
		.above = child + 1 < top ? open(run->paths[child + 1], O_RDWR | O_CLOEXEC) : -1,
		.relative = relative,
		.absolute = run->paths[child - 1],
		.is_copied = is_copied,
		.on_copied = on_copied,
		.opaque = run,
	};
	snprintf(relative, sizeof(relative), "./%s", last_name(run->paths[child - 1]));
	run->is_copied = false;
	CHECK(live_merge_finds(run->top, config.child));
	CHECK_OK(live_merge_new(&config, &run->merge, &error));
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
}

/* 0: settled. */
static int work_until_settled(struct run *run, unsigned cancel_after)
{
	struct disk_error error = { "" };
	for (unsigned steps = 0; run->merge; steps++) {
		if (!run->is_calm)
			test_model_step(&run->model, run->top, 256 * DISK_KIB);
		if (test_random_below(60) == 0)
			check_copies(run, run->shape->images - 1);
		if (steps == cancel_after)
			live_merge_cancel(run->merge);
		disk_io_poll(io, 0);
		if (!run->is_copied)
			continue;
		if (run->error)
			return run->error;
		run->is_copied = false;
		begin_burst(run);
		int result = live_merge_settle(run->merge, &error);
		if (result <= 0)
			return result;
		end_burst(run);
	}
	return -EINVAL;
}

static void take_new_top(struct run *run, struct disk *next)
{
	struct disk *before = run->top;
	run->top = next;
	disk_hand_over(before, next);
	end_burst(run);
	CHECK_OK(disk_close(before));
}

/* True: it was kept. */
static bool finish_merge(struct run *run, bool keeps)
{
	struct disk_error error = { "" };
	struct disk *next = NULL;
	bool is_of_top = live_merge_is_of_top(run->merge);
	if (keeps) {
		CHECK_OK(live_merge_keep(run->merge, &next, &error));
		CHECK(is_of_top == (next != NULL));
	}
	if (next)
		take_new_top(run, next);
	run->merge = live_merge_free(run->merge);
	end_burst(run);
	return keeps;
}

static void check_end(struct run *run, bool is_kept)
{
	unsigned child = run->shape->child, last = run->shape->images - 1;
	unsigned top = is_kept && child == last ? child - 1 : last;
	scribble(run, run->top, 15);
	CHECK(test_model_compare(&run->model, run->top));
	if (is_kept)
		unlink(run->paths[child]);
	check_copies(run, top);
	CHECK_OK(disk_close(run->top));
	run->top = open_image(run->paths[top], true);
	CHECK(run->top && test_model_compare(&run->model, run->top));
	scribble(run, run->top, 5);
	CHECK_OK(disk_close(run->top));
}

/* While one merges nobody else reads the parent; afterwards others may again read what is no top. */
static void check_locks(struct run *run, bool is_merging)
{
	struct disk_error error;
	struct disk *disk = NULL;
	if (run->shape->child + 1 == run->shape->images && !is_merging)
		return;
	int result = disk_open_path(io, run->paths[run->shape->child - 1], NULL, &disk, &error);
	CHECK(is_merging ? result == -EBUSY : result == 0);
	disk_close(disk);
}

static void run_one(const struct shape *shape, unsigned how)
{
	struct run *run = calloc(1, sizeof(*run));
	bool is_kept = false;
	int result;
	run->shape = shape;
	CHECK_OK(test_model_init(&run->model, 24 * DISK_MIB + 512 * test_random_below(64), 512));
	make_chain(run);
	for (unsigned try = 0; run->top && try < 3 && !is_kept && !test_failures; try++) {
		begin_merge(run, false);
		if (!run->merge)
			break;
		check_locks(run, true);
		if (how == 1 && try == 0) { /* freed in the middle */
			scribble(run, run->top, (unsigned)test_random_below(4));
			run->merge = live_merge_free(run->merge);
		} else if ((result = work_until_settled(
				run, how == 2 && try == 0 ? (unsigned)test_random_below(4) : 1000000))) {
			/* How fast the copying is depends on the host. */
			CHECK((how == 2 && result == -ECANCELED) ||
			      (result == -EAGAIN && live_merge_is_of_top(run->merge) && !run->is_calm));
			run->is_calm |= result == -EAGAIN;
			run->merge = live_merge_free(run->merge);
		} else {
			is_kept = finish_merge(run, how != 3 || try > 0);
		}
		if (!is_kept)
			check_locks(run, false);
		/* it was ready: only the last step is left */
		if (!is_kept && shape->child + 1 < shape->images && how == 3) {
			begin_merge(run, true);
			CHECK_OK(work_until_settled(run, 1000000));
			is_kept = finish_merge(run, true);
		}
	}
	CHECK(is_kept);
	if (run->top)
		check_end(run, is_kept);
	remove_chain(run);
	test_model_deinit(&run->model);
	free(run);
}

int main(int argc, char **argv)
{
	static const enum disk_io_kind kinds[] = { DISK_IO_AUTO, DISK_IO_THREADS };
	test_seed_from(argc, argv);
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 1;
	for (unsigned round = 0; round < rounds && !test_failures; round++)
		for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]) && !test_failures; i++)
			for (unsigned how = 0; how < 4 && !test_failures; how++) {
				CHECK_OK(disk_io_new(kinds[(i + how + round) % 2], &io));
				run_one(&shapes[i], how);
				if (test_failures)
					fprintf(stderr, "shape %u, way %u, round %u\n", i, how, round);
				disk_io_free(io);
			}
	return test_end();
}
