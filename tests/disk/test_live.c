/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk as a running machine uses it: driven by an event loop, canceled, throttled anew, made larger in the
 * middle. */
#include "disk_test.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "disk/disk_job.h"
#include "disk/disk_limits.h"
#include "disk/io.h"

static struct disk_io *io;

struct shape {
	enum disk_format format;
	enum disk_type type;
	uint32_t block_size;
};

static const struct shape shapes[] = {
	{ DISK_FORMAT_VHDX, DISK_TYPE_DYNAMIC, DISK_MIB },
	{ DISK_FORMAT_VHDX, DISK_TYPE_FIXED, DISK_MIB },
	{ DISK_FORMAT_VHD, DISK_TYPE_DYNAMIC, 512 * DISK_KIB },
	{ DISK_FORMAT_VHD, DISK_TYPE_FIXED, 0 },
	{ DISK_FORMAT_RAW, DISK_TYPE_DYNAMIC, 0 },
};

static struct disk *make_disk(const struct shape *shape, char path[256], uint64_t size)
{
	static unsigned count;
	struct disk_create_options options = {
		.format = shape->format, .type = shape->type, .size = size, .block_size = shape->block_size
	};
	struct disk_open_options open_options = { .writable = true, .format = shape->format };
	struct disk_error error;
	struct disk *disk = NULL;
	snprintf(path, 256, "%s/live-%u", test_directory(), count++);
	CHECK_OK(disk_create_path(io, path, &options, NULL, NULL, &error));
	CHECK_OK(disk_open_path(io, path, &open_options, &disk, &error));
	return disk;
}

struct slot {
	struct disk_request request;
	struct iovec iov;
	struct load *load;
	uint8_t *bytes;
	bool is_done;
	int result;
};

static void on_done(struct disk_request *request, int result)
{
	struct slot *slot = request->userdata;
	CHECK(!slot->is_done);
	slot->is_done = true;
	slot->result = result;
}

static void submit(struct disk *disk, struct slot *slot, enum disk_request_kind kind, uint64_t offset,
		   uint64_t length)
{
	slot->is_done = false;
	slot->iov = (struct iovec){ slot->bytes, length };
	slot->request = (struct disk_request){ .kind = kind,
					       .offset = offset,
					       .length = length,
					       .iov = &slot->iov,
					       .iov_count = 1,
					       .on_done = on_done,
					       .userdata = slot };
	disk_submit(disk, &slot->request);
}

/* --- an event loop --------------------------------------------------------------------------------- */

static bool is_readable(int timeout_ms)
{
	struct pollfd fd = { .fd = disk_io_fd(io), .events = POLLIN };
	return poll(&fd, 1, timeout_ms) == 1;
}

/* Nothing but the descriptor tells when to poll. */
static void test_kick(const struct shape *shape)
{
	static const enum disk_request_kind kinds[] = { DISK_READ, DISK_WRITE, DISK_FLUSH,
							DISK_READ, DISK_UNMAP, DISK_WRITE_ZEROES };
	char path[256];
	struct disk *disk = make_disk(shape, path, 8 * DISK_MIB);
	struct slot slot = { .bytes = calloc(1, 65536) };
	while (is_readable(0))
		disk_io_poll(io, 0);
	for (unsigned i = 0; disk && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		submit(disk, &slot, kinds[i], 65536, kinds[i] == DISK_FLUSH ? 0 : 65536);
		disk_io_kick(io);
		CHECK(!slot.is_done);
		unsigned wakes = 0;
		while (!slot.is_done && is_readable(5000) && wakes++ < 1000)
			disk_io_poll(io, 0);
		CHECK(slot.is_done && !slot.result);
	}
	CHECK_OK(disk_drain(disk));
	while (is_readable(0))
		disk_io_poll(io, 0);
	CHECK(!is_readable(20)); /* an idle disk wakes nobody */
	CHECK_OK(disk_close(disk));
	free(slot.bytes);
	unlink(path);
}

/* --- canceling and other limits -------------------------------------------------------------------- */

enum { HELD = 12 };

static void test_cancel(const struct shape *shape)
{
	char path[256];
	uint8_t seen[4096];
	struct slot slots[HELD];
	struct disk_stats stats;
	struct disk *disk = make_disk(shape, path, 8 * DISK_MIB);
	CHECK_OK(disk_write(disk, 0, "first", 0));
	CHECK_OK(disk_set_qos(disk, &(struct disk_qos){ .max_iops = 1 }));
	for (unsigned i = 0; i < HELD; i++) {
		slots[i] = (struct slot){ .bytes = malloc(4096) };
		memset(slots[i].bytes, (int)i + 1, 4096);
		submit(disk, &slots[i], DISK_WRITE, i * 4096, 4096);
	}
	CHECK(disk_cancel(disk, &slots[HELD - 1].request));
	CHECK(disk_cancel(disk, &slots[HELD / 2].request));
	CHECK(!slots[HELD - 1].is_done);		     /* not inside the call */
	CHECK(!disk_cancel(disk, &slots[0].request));	     /* under way */
	CHECK(!disk_cancel(disk, &slots[HELD - 1].request)); /* once only */
	disk_get_stats(disk, &stats);
	CHECK(stats.throttled >= HELD - 2 && stats.in_flight == HELD);
	/* At one a second this would take ten seconds. */
	uint64_t begin = io_now_ns();
	CHECK_OK(disk_set_qos(disk, &(struct disk_qos){ 0 }));
	CHECK_OK(disk_drain(disk));
	CHECK(io_now_ns() - begin < 5000000000u);
	for (unsigned i = 0; i < HELD; i++) {
		bool is_canceled = i == HELD - 1 || i == HELD / 2;
		CHECK(slots[i].is_done && slots[i].result == (is_canceled ? -ECANCELED : 0));
		CHECK_OK(disk_read(disk, i * 4096, seen, 4096));
		CHECK(seen[0] == (is_canceled ? 0 : i + 1) && seen[4095] == seen[0]);
		free(slots[i].bytes);
	}
	CHECK_OK(disk_close(disk));
	unlink(path);
}

/* --- larger, in the middle ------------------------------------------------------------------------- */

enum { BUSY = 16, PIECE = 32768, PIECES = 600 };

struct load {
	struct disk *disk;
	uint64_t next, done;
	uint64_t limit;
	struct slot slots[BUSY];
};

static void on_load_done(struct disk_request *request, int result);

static void load_next(struct slot *slot)
{
	struct load *load = slot->load;
	uint64_t offset = load->next++ * PIECE;
	test_fill(slot->bytes, offset, PIECE, 5);
	slot->iov = (struct iovec){ slot->bytes, PIECE };
	slot->request = (struct disk_request){ .kind = DISK_WRITE,
					       .offset = offset,
					       .length = PIECE,
					       .iov = &slot->iov,
					       .iov_count = 1,
					       .on_done = on_load_done,
					       .userdata = slot };
	disk_submit(load->disk, &slot->request);
}

static void on_load_done(struct disk_request *request, int result)
{
	struct slot *slot = request->userdata;
	CHECK_OK(result);
	slot->load->done++;
	if (slot->load->next < slot->load->limit)
		load_next(slot);
}

static void test_grow(const struct shape *shape)
{
	char path[256];
	struct disk_error error = { "" };
	struct load load = { .limit = PIECES };
	uint64_t size = (uint64_t)PIECES * PIECE, larger = size + 64 * DISK_MIB;
	uint8_t *seen = malloc(PIECE), *expected = malloc(PIECE);
	load.disk = make_disk(shape, path, size);
	for (unsigned i = 0; i < BUSY; i++) {
		load.slots[i] = (struct slot){ .load = &load, .bytes = malloc(PIECE) };
		load_next(&load.slots[i]);
	}
	while (load.done < PIECES / 4)
		disk_io_poll(io, -1);
	CHECK_OK(disk_grow(load.disk, larger, &error));
	CHECK(load.done < PIECES); /* it did happen in the middle */
	load.limit = larger / PIECE;
	CHECK_OK(disk_drain(load.disk));
	while (load.next < load.limit && load.done == load.next)
		load_next(&load.slots[0]), disk_drain(load.disk);
	CHECK(load.done == load.limit);
	CHECK_OK(disk_close(load.disk));
	CHECK_OK(disk_open_path(io, path, &(struct disk_open_options){ .format = shape->format }, &load.disk,
				&error));
	for (uint64_t at = 0; at < larger; at += PIECE) {
		CHECK_OK(disk_read(load.disk, at, seen, PIECE));
		test_fill(expected, at, PIECE, 5);
		if (memcmp(seen, expected, PIECE)) {
			fprintf(stderr, "%s %s at %llu\n", disk_format_name(shape->format),
				disk_type_name(shape->type), (unsigned long long)at);
			CHECK(!"what was written while the disk grew");
			break;
		}
	}
	disk_close(load.disk);
	for (unsigned i = 0; i < BUSY; i++)
		free(load.slots[i].bytes);
	free(seen);
	free(expected);
	unlink(path);
}

/* Others read what is there and nothing else, and a child of it fits; taken back, it is written on. */
static void test_lend(const struct shape *shape)
{
	char path[256];
	struct disk_open_options reader = { .format = shape->format },
				 writer = { .format = shape->format, .writable = true };
	struct disk *disk = make_disk(shape, path, 4 * DISK_MIB), *other = NULL;
	struct disk_info before, after;
	struct disk_error error;
	uint8_t *bytes = malloc(PIECE), *seen = malloc(PIECE);
	for (unsigned round = 0; round < 3; round++) {
		test_fill(bytes, 0, PIECE, round);
		CHECK_OK(disk_write(disk, round * PIECE, bytes, PIECE));
		CHECK_OK(disk_lend(disk));
		CHECK_OK(disk_open_path(io, path, &reader, &other, &error));
		disk_get_info(disk, &before);
		disk_get_info(other, &after);
		CHECK(!after.log_replayed &&
		      !memcmp(&before.data_id, &after.data_id, sizeof(before.data_id)));
		CHECK_OK(disk_read(other, round * PIECE, seen, PIECE));
		CHECK(!memcmp(seen, bytes, PIECE));
		if (shape == &shapes[0] && round == 1) /* which waits a little for the other one */
			CHECK(disk_take_back(disk) == -EBUSY);
		CHECK_OK(disk_close(other));
		CHECK_OK(disk_take_back(disk));
	}
	CHECK_OK(disk_lend(disk));
	CHECK_OK(disk_close(disk));
	CHECK_OK(disk_open_path(io, path, &writer, &disk, &error));
	for (unsigned round = 0; round < 3; round++) {
		test_fill(bytes, 0, PIECE, round);
		CHECK_OK(disk_read(disk, round * PIECE, seen, PIECE));
		CHECK(!memcmp(seen, bytes, PIECE));
	}
	CHECK_OK(disk_close(disk));
	free(bytes);
	free(seen);
	unlink(path);
}

int main(int argc, char **argv)
{
	static const enum disk_io_kind kinds[] = { DISK_IO_AUTO, DISK_IO_THREADS };
	test_seed_from(argc, argv);
	for (unsigned kind = 0; kind < 2; kind++) {
		CHECK_OK(disk_io_new(kinds[kind], &io));
		for (unsigned i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
			test_kick(&shapes[i]);
			test_cancel(&shapes[i]);
			test_grow(&shapes[i]);
			test_lend(&shapes[i]);
		}
		disk_io_free(io);
	}
	return test_end();
}
