/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disk_reader DEVICE COUNT SIZE DEPTH [read|write]: random direct reads (or writes) of SIZE bytes, DEPTH at a
 * time, by the kernel's asynchronous I/O without a library. Prints "disk_reader: begin", waits for a line on
 * standard input, and at the end "disk_reader: COUNT in MILLISECONDS ms, sum X". A static program for guests.
 */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/fs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH_MAX = 256 };

static uint64_t state = 1;
static uint64_t sum;

static uint64_t next_random(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 20;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* Reads from the first half and writes to the second, so that what is read stays the same. */
static void aim(struct iocb *cb, uint64_t blocks, uint32_t size)
{
	uint64_t first = cb->aio_lio_opcode == IOCB_CMD_PWRITE ? blocks / 2 : 0;

	cb->aio_offset = (int64_t)((first + next_random() % (blocks / 2)) * size);
}

static void run(int fd, aio_context_t context, uint64_t blocks, uint32_t size, unsigned depth, long count,
		int opcode)
{
	static struct iocb cbs[DEPTH_MAX];
	struct iocb *list[DEPTH_MAX];
	struct io_event events[DEPTH_MAX];
	unsigned free_count = depth;
	long started = 0, done = 0;

	for (unsigned i = 0; i < depth; i++) {
		void *buffer;

		if (posix_memalign(&buffer, 4096, size))
			die("memory");
		memset(buffer, (int)i, size);
		cbs[i] = (struct iocb){ .aio_lio_opcode = (uint16_t)opcode,
					.aio_fildes = (uint32_t)fd,
					.aio_buf = (uint64_t)(uintptr_t)buffer,
					.aio_nbytes = size };
		list[i] = &cbs[i];
	}
	while (done < count) {
		unsigned n = 0;
		long got;

		while (n < free_count && started + n < count)
			aim(list[n++], blocks, size);
		if (n && syscall(SYS_io_submit, context, (long)n, list) != (long)n)
			die("io_submit");
		started += n;
		got = syscall(SYS_io_getevents, context, 1L, (long)depth, events, NULL);
		if (got < 1)
			die("io_getevents");
		free_count = 0;
		for (long i = 0; i < got; i++) {
			struct iocb *cb = (struct iocb *)(uintptr_t)events[i].obj;

			if (events[i].res != (int64_t)size)
				die("a transfer");
			sum += *(uint32_t *)(uintptr_t)cb->aio_buf;
			list[free_count++] = cb;
		}
		done += got;
	}
}

int main(int argc, char **argv)
{
	aio_context_t context = 0;
	uint64_t bytes = 0;
	uint32_t size;
	unsigned depth;
	long count;
	double begin;
	char line[8];
	int fd, opcode;

	if (argc < 5)
		return 2;
	opcode = argc > 5 && strcmp(argv[5], "write") == 0 ? IOCB_CMD_PWRITE : IOCB_CMD_PREAD;
	fd = open(argv[1], (opcode == IOCB_CMD_PWRITE ? O_RDWR : O_RDONLY) | O_DIRECT);
	count = atol(argv[2]);
	size = (uint32_t)atol(argv[3]);
	depth = (unsigned)atol(argv[4]);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		die(argv[1]);
	if (depth > DEPTH_MAX || size == 0 || syscall(SYS_io_setup, (long)depth, &context) < 0)
		die("io_setup");
	printf("disk_reader: begin\n");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	begin = now_ms();
	run(fd, context, bytes / size, size, depth, count, opcode);
	printf("disk_reader: %ld in %.1f ms, sum %llx\n", count, now_ms() - begin, (unsigned long long)sum);
	return 0;
}
