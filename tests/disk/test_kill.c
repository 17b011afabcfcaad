/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A writer that is killed (SIGKILL) at any moment, in a job or under load: what it had flushed is there, and the image
 * opens and goes on. The writer tells through shared memory what it began and what was flushed.
 * usage: test_kill [SEED [ROUNDS]]
 */
#include "disk_test.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "history.h"
#include "images.h"

enum { SLOTS = 64, SLOT_BYTES = 96 * 1024 };

/* Each slot is one place on the disk; its generation only goes up. */
struct shared {
	_Atomic uint32_t begun[SLOTS], flushed[SLOTS];
	_Atomic uint64_t flushes;
};

static struct shared *shared;
static struct disk_io *io;

static void writer(const char *path, uint64_t seed)
{
	struct disk_open_options options = { .writable = true, .allow_raw = true };
	struct disk *disk;
	struct disk_io *own;
	struct disk_error error;
	uint8_t *bytes = malloc(SLOT_BYTES);
	uint32_t written[SLOTS];
	char text[32], *args[] = { "", text };
	snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
	test_seed_from(2, args);
	if (disk_io_new(seed & 1 ? DISK_IO_AUTO : DISK_IO_THREADS, &own) ||
	    disk_open_path(own, path, &options, &disk, &error))
		_exit(1);
	for (unsigned i = 0; i < SLOTS; i++)
		written[i] = shared->flushed[i];
	for (;;) {
		unsigned slot = (unsigned)test_random_below(SLOTS);
		uint32_t generation = ++shared->begun[slot];
		test_fill(bytes, (uint64_t)slot * SLOT_BYTES, SLOT_BYTES, generation);
		if (disk_write(disk, (uint64_t)slot * SLOT_BYTES, bytes, SLOT_BYTES))
			_exit(2);
		written[slot] = generation;
		if (test_random_below(5))
			continue;
		if (test_random_below(8) == 0 && disk_compact(disk, NULL, &error) == -EIO)
			_exit(3);
		if (disk_flush(disk))
			_exit(4);
		for (unsigned i = 0; i < SLOTS; i++)
			shared->flushed[i] = written[i];
		shared->flushes++;
	}
}

static void check(const char *path)
{
	struct disk_open_options options = { .writable = true, .allow_raw = true };
	struct disk_error error;
	struct disk *disk = NULL;
	uint8_t *bytes = malloc(SLOT_BYTES);
	int result = disk_open_path(io, path, &options, &disk, &error);
	if (result)
		fprintf(stderr, "after a kill: %s\n", error.text);
	CHECK_OK(result);
	for (unsigned slot = 0; disk && slot < SLOTS; slot++) {
		uint64_t offset = (uint64_t)slot * SLOT_BYTES;
		CHECK_OK(disk_read(disk, offset, bytes, SLOT_BYTES));
		uint32_t newest = shared->flushed[slot];
		for (uint64_t at = 0; at < SLOT_BYTES; at += 512) {
			uint32_t generation = history_identify(bytes + at, offset + at, 512);
			if (generation < shared->flushed[slot] || generation > shared->begun[slot]) {
				fprintf(stderr, "slot %u holds %d, not %u to %u\n", slot, (int)generation,
					shared->flushed[slot], shared->begun[slot]);
				CHECK(!"a version that may be there");
				break;
			}
			newest = generation > newest ? generation : newest;
		}
		/* One version for the whole slot, so that the next writer starts from something known. */
		test_fill(bytes, offset, SLOT_BYTES, newest ? newest : 1);
		shared->begun[slot] = shared->flushed[slot] = newest ? newest : 1;
		CHECK_OK(disk_write(disk, offset, bytes, SLOT_BYTES));
	}
	CHECK_OK(disk_close(disk));
	free(bytes);
}

static void run_one(const struct image_shape *shape, unsigned rounds)
{
	char path[256];
	struct image_shape empty = *shape;
	memset(shared, 0, sizeof(*shared));
	close(image_make(io, &empty, path));
	for (unsigned round = 0; round < rounds && !test_failures; round++) {
		uint64_t seed = test_random(), delay_us = 2000 + test_random_below(30000);
		if (round == 0)
			check(path); /* fills every slot */
		pid_t pid = fork();
		if (pid == 0)
			writer(path, seed);
		usleep((useconds_t)delay_us);
		kill(pid, SIGKILL);
		int status;
		waitpid(pid, &status, 0);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		check(path);
	}
	unlink(path);
}

int main(int argc, char **argv)
{
	test_seed_from(argc, argv);
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 30;
	uint64_t flushes = 0;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	CHECK_OK(disk_io_new(DISK_IO_THREADS, &io));
	for (size_t i = 0; i < image_shape_count && !test_failures; i++) {
		if (image_shapes[i].size < (uint64_t)SLOTS * SLOT_BYTES || image_shapes[i].sector != 512 ||
		    image_shapes[i].type == DISK_TYPE_DIFFERENCING)
			continue;
		run_one(&image_shapes[i], rounds);
		flushes += shared->flushes;
	}
	CHECK(flushes > 0); /* the writers did get something done */
	disk_io_free(io);
	return test_end();
}
