/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same load as `qemu-img bench`: COUNT requests of SIZE bytes, each STEP behind the last (modulo the disk), DEPTH at a time,
 * all from or into one buffer, as there.
 * usage: disk-bench FILE read|write|zero COUNT SIZE STEP DEPTH [uring|threads] [flush interval]
 */
#include "disk_test.h"

#include "disk/io.h"

struct slot {
	struct disk_request request;
	struct iovec iov;
};

static struct {
	struct disk *disk;
	enum disk_request_kind kind;
	uint64_t left, busy, offset, size, step, limit, flush_every, submitted;
	int error;
} run;

static void on_done(struct disk_request *request, int result);

static void next(struct slot *slot)
{
	bool is_flush = run.flush_every && run.submitted && run.submitted % run.flush_every == 0;
	run.submitted++;
	run.busy++;
	slot->request = (struct disk_request){ .kind = is_flush ? DISK_FLUSH : run.kind,
					       .on_done = on_done,
					       .userdata = slot };
	if (!is_flush) {
		run.left--;
		slot->request.offset = run.offset;
		slot->request.length = run.size;
		slot->request.iov = &slot->iov;
		slot->request.iov_count = 1;
		run.offset = (run.offset + run.step) % run.limit;
		if (run.offset + run.size > run.limit)
			run.offset = 0;
	}
	disk_submit(run.disk, &slot->request);
}

static void on_done(struct disk_request *request, int result)
{
	run.busy--;
	run.error |= result;
	if (run.left)
		next(request->userdata);
}

int main(int argc, char **argv)
{
	struct disk_open_options options = { .writable = true, .allow_raw = true };
	struct disk_error error;
	struct disk_info info;
	struct disk_io *io;
	if (argc < 7)
		return 2;
	if (disk_io_new(argc > 7 && !strcmp(argv[7], "threads") ? DISK_IO_THREADS : DISK_IO_AUTO, &io))
		return 1;
	if (disk_open_path(io, argv[1], &options, &run.disk, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	disk_get_info(run.disk, &info);
	run.kind = strcmp(argv[2], "read") ? DISK_WRITE : DISK_READ;
	bool is_zero = !strcmp(argv[2], "zero");
	run.left = strtoull(argv[3], NULL, 0);
	run.size = strtoull(argv[4], NULL, 0);
	run.step = strtoull(argv[5], NULL, 0);
	unsigned depth = (unsigned)strtoul(argv[6], NULL, 0);
	run.flush_every = argc > 8 ? strtoull(argv[8], NULL, 0) : 0;
	run.limit = info.size;
	uint64_t count = run.left;
	struct slot *slots = calloc(depth, sizeof(*slots));
	void *buffer;
	if (posix_memalign(&buffer, 4096, run.size))
		return 1;
	memset(buffer, is_zero ? 0 : 1, run.size);
	uint64_t begin = io_now_ns();
	for (unsigned i = 0; i < depth; i++) {
		slots[i].iov = (struct iovec){ buffer, run.size };
		if (run.left)
			next(&slots[i]);
	}
	while (run.busy)
		disk_io_poll(io, -1);
	double seconds = (double)(io_now_ns() - begin) / 1e9;
	printf("%s %s %.3f s %.0f/s %.1f MB/s%s\n", disk_io_name(io), argv[2], seconds,
	       (double)count / seconds, (double)(count * run.size) / seconds / 1e6,
	       run.error ? " ERROR" : "");
	disk_close(run.disk);
	disk_io_free(io);
	free(slots);
	free(buffer);
	return run.error ? 1 : 0;
}
