/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A raw image behind block_disk: requests from another thread, in order, each answered once under the bus
 * lock. */
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chipset/block_disk.h"
#include "disk/disk.h"
#include "fake.h"
#include "loop/loop.h"

enum {
	REQUESTS = 64,
	SIZE = 8192,
	IMAGE = REQUESTS * SIZE,
};

static struct loop *loop;
static struct io_bus *bus;
static struct disk_io *io;
static struct block *block;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_done = PTHREAD_COND_INITIALIZER;
static unsigned answers, errors, last_answered;

static void on_disk(void *opaque, int fd, uint32_t events)
{
	disk_io_poll(io, 0);
}

static void *run_loop(void *opaque)
{
	loop_run(loop);
	return NULL;
}

static void on_done(struct block_request *request, int result)
{
	unsigned index = (unsigned)(uintptr_t)request->owner;

	pthread_mutex_lock(&lock);
	errors += result < 0;
	EXPECT(index, answers ? last_answered + 1 : 0); /* in order */
	last_answered = index;
	answers++;
	pthread_cond_signal(&all_done);
	pthread_mutex_unlock(&lock);
}

/* Submits all of `kind` at once and waits for the answers; returns how many failed. */
static unsigned run_all(enum block_kind kind, uint8_t *data, uint64_t offset)
{
	static struct block_request requests[REQUESTS];

	answers = errors = 0;
	io_bus_lock(bus);
	for (unsigned i = 0; i < REQUESTS; i++) {
		requests[i] = (struct block_request){
			.kind = kind,
			.offset = kind == BLOCK_FLUSH ? 0 : offset + (uint64_t)i * SIZE,
			.length = kind == BLOCK_FLUSH ? 0 : SIZE,
			.data = data + i * SIZE,
			.on_done = on_done,
			.owner = (void *)(uintptr_t)i,
		};
		block->submit(block, &requests[i]);
	}
	io_bus_unlock(bus);
	pthread_mutex_lock(&lock);
	while (answers < REQUESTS)
		pthread_cond_wait(&all_done, &lock);
	pthread_mutex_unlock(&lock);
	return errors;
}

static void test_disk(bool writable)
{
	static uint8_t written[IMAGE], seen[IMAGE];
	struct disk_open_options options = { .format = DISK_FORMAT_RAW,
					     .allow_raw = true,
					     .writable = writable };
	struct disk_error error;
	struct loop_watch *watch;
	struct block_disk *backend;
	struct disk *disk;
	pthread_t thread;
	int fd = memfd_create("disk", MFD_CLOEXEC);

	for (unsigned i = 0; i < IMAGE; i++)
		written[i] = (uint8_t)(i * 13 + i / 512);
	EXPECT(pwrite(fd, written, IMAGE, 0), IMAGE);
	EXPECT(loop_new(&loop), 0);
	EXPECT(io_bus_new(&bus), 0);
	EXPECT(disk_io_new(DISK_IO_AUTO, &io), 0);
	EXPECT(loop_watch_new(loop, disk_io_fd(io), EPOLLIN, on_disk, NULL, &watch), 0);
	EXPECT(disk_open(io, dup(fd), &options, &disk, &error), 0);
	EXPECT(block_disk_new(loop, bus, io, disk, &backend), 0);
	block = block_disk_block(backend);
	EXPECT(block->size, IMAGE);
	EXPECT(block->is_read_only, !writable);
	pthread_create(&thread, NULL, run_loop, NULL);

	EXPECT(run_all(BLOCK_READ, seen, 0), 0);
	EXPECT(memcmp(seen, written, IMAGE), 0);
	for (unsigned i = 0; i < IMAGE; i++)
		seen[i] = (uint8_t)~written[i];
	EXPECT(run_all(BLOCK_WRITE, seen, 0), writable ? 0 : REQUESTS);
	EXPECT(run_all(BLOCK_FLUSH, seen, 0), 0);
	EXPECT(run_all(BLOCK_READ, seen, SIZE), 1); /* the last is beyond the end */
	EXPECT(pread(fd, seen, IMAGE, 0), IMAGE);
	EXPECT(seen[777], writable ? (uint8_t)~written[777] : written[777]);

	loop_quit(loop);
	pthread_join(thread, NULL);
	block_disk_free(backend);
	EXPECT(disk_close(disk), 0);
	loop_watch_free(watch);
	disk_io_free(io);
	loop_free(loop);
	io_bus_free(bus);
	close(fd);
}

int main(void)
{
	test_disk(true);
	test_disk(false);
	return finish("block_disk");
}
