/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk_test.h"

/* Something done to the file that no sync has covered. */
struct record {
	struct list link;
	enum io_kind kind;
	bool is_durable;
	uint64_t offset, length;
	uint8_t *bytes; /* IO_WRITE */
};

struct fault_engine {
	struct list pending; /* operations that were started and not performed */
	struct list slow;    /* the same: those that everything else overtakes */
	unsigned pending_count, slow_count;
	struct list records;
	struct fault_plan plan;
	struct stat watched;
	bool is_watching;
	uint8_t *durable;
	uint64_t durable_size, durable_room;
	uint64_t count, syncs;
	void (*on_sync)(void *userdata);
	void *userdata;
	uint32_t sector; /* what the medium writes whole */
};

/* --- the durable state ----------------------------------------------------------------------------- */

static void set_size(uint8_t **bytes, uint64_t *size, uint64_t *room, uint64_t new_size)
{
	if (new_size > *room) {
		*room = new_size + new_size / 2;
		*bytes = realloc(*bytes, *room);
		if (!*bytes)
			abort();
	}
	if (new_size > *size)
		memset(*bytes + *size, 0, new_size - *size);
	*size = new_size;
}

struct image {
	uint8_t *bytes;
	uint64_t size, room;
};

static void apply_part(struct image *image, const struct record *record, uint64_t from, uint64_t length)
{
	uint64_t offset = record->offset + from;
	if (record->kind == IO_PUNCH || record->kind == IO_ZERO) {
		if (offset < image->size)
			memset(image->bytes + offset, 0,
			       length < image->size - offset ? length : image->size - offset);
		return;
	}
	if (offset + length > image->size)
		set_size(&image->bytes, &image->size, &image->room, offset + length);
	if (record->kind == IO_WRITE)
		memcpy(image->bytes + offset, record->bytes + from, length);
}

static void apply_whole(struct image *image, const struct record *record)
{
	if (record->kind == IO_RESIZE)
		set_size(&image->bytes, &image->size, &image->room, record->offset);
	else
		apply_part(image, record, 0, record->length);
}

static void free_record(struct record *record)
{
	list_remove(&record->link);
	free(record->bytes);
	free(record);
}

static void sync_all(struct fault_engine *engine)
{
	struct image image = { engine->durable, engine->durable_size, engine->durable_room };
	while (!list_is_empty(&engine->records)) {
		struct record *record = list_first(&engine->records, struct record, link);
		apply_whole(&image, record);
		free_record(record);
	}
	engine->durable = image.bytes;
	engine->durable_size = image.size;
	engine->durable_room = image.room;
	engine->syncs++;
}

/* --- crash images ---------------------------------------------------------------------------------- */

static void apply_torn(struct image *image, const struct record *record, uint32_t sector)
{
	uint64_t sectors = record->length / sector;
	unsigned keep = (unsigned)test_random_below(100);
	for (uint64_t i = 0; i < sectors; i++) {
		if (test_random_below(100) < keep)
			apply_part(image, record, i * sector, sector);
	}
}

static void apply_random(struct image *image, const struct record *record, uint32_t sector)
{
	bool is_whole_only = record->kind == IO_RESIZE || record->length % sector || record->offset % sector;
	switch (record->is_durable ? 0 : test_random_below(is_whole_only ? 2 : 4)) {
	case 0: apply_whole(image, record); break;
	case 1: break;
	case 2: apply_torn(image, record, sector); break;
	default: { /* a prefix */
		uint64_t sectors = test_random_below(record->length / sector + 1);
		if (sectors)
			apply_part(image, record, 0, sectors * sector);
		break;
	}
	}
}

static int write_image(const struct image *image, int fd)
{
	static const uint8_t zeros[65536];
	if (ftruncate(fd, (off_t)image->size) < 0)
		return -errno;
	for (uint64_t at = 0; at < image->size; at += sizeof(zeros)) {
		uint64_t length = image->size - at < sizeof(zeros) ? image->size - at : sizeof(zeros);
		if (!memcmp(image->bytes + at, zeros, length))
			continue;
		if (pwrite(fd, image->bytes + at, length, (off_t)at) != (ssize_t)length)
			return -EIO;
	}
	return 0;
}

int fault_crash_image(struct fault_engine *engine, int to_fd)
{
	struct image image = { malloc(engine->durable_size + 1), engine->durable_size,
			       engine->durable_size + 1 };
	if (!image.bytes)
		return -ENOMEM;
	memcpy(image.bytes, engine->durable, engine->durable_size);
	/* Sometimes all or nothing: the cases just before and after a sync. */
	unsigned mode = (unsigned)test_random_below(8);
	for (struct list *link = engine->records.next; link != &engine->records; link = link->next) {
		const struct record *record = list_entry(link, struct record, link);
		if (mode == 0)
			apply_whole(&image, record);
		else if (mode > 1 || record->is_durable)
			apply_random(&image, record, engine->sector);
	}
	int error = write_image(&image, to_fd);
	free(image.bytes);
	return error;
}

/* --- performing ------------------------------------------------------------------------------------ */

static bool is_watched(const struct fault_engine *engine, int fd)
{
	struct stat st;
	return engine->is_watching && !fstat(fd, &st) && st.st_ino == engine->watched.st_ino &&
	       st.st_dev == engine->watched.st_dev;
}

static void remember(struct fault_engine *engine, const struct io_op *op, uint64_t length)
{
	struct record *record = calloc(1, sizeof(*record));
	if (!record)
		abort();
	record->kind = op->writes_zeros ? IO_WRITE : op->kind;
	record->is_durable = op->is_durable;
	record->offset = op->offset;
	record->length = length;
	if (record->kind == IO_WRITE) {
		record->bytes = malloc(length ? length : 1);
		uint64_t at = 0;
		for (unsigned i = 0; at < length; i++) {
			uint64_t take = op->iov[i].iov_len < length - at ? op->iov[i].iov_len : length - at;
			memcpy(record->bytes + at, op->iov[i].iov_base, take);
			at += take;
		}
	}
	list_append(&engine->records, &record->link);
}

static bool fails(struct fault_engine *engine, struct io_op *op)
{
	if (op->kind == IO_SYNC && test_random_below(1000) < engine->plan.sync_error_per_1000) {
		op->result = -EIO;
		return true;
	}
	if (op->kind == IO_READ || op->kind == IO_SYNC || op->kind == IO_NOP)
		return false;
	if (test_random_below(1000) >= engine->plan.write_error_per_1000)
		return false;
	op->result = test_random_below(2) ? -ENOSPC : -EIO;
	return true;
}

static void perform(struct fault_engine *engine, struct io_op *op)
{
	engine->count++;
	if (op->kind == IO_CALL || !is_watched(engine, op->fd)) { /* what a call does comes here by itself */
		io_attempt_now(op);
		return;
	}
	if (fails(engine, op)) {
		/* A failed sync leaves everything as uncertain as before; a failed write, nothing. */
		return;
	}
	if (op->kind == IO_SYNC) {
		if (engine->on_sync)
			engine->on_sync(engine->userdata);
		sync_all(engine);
		op->result = 0;
		return;
	}
	/* The page cache: seen at once by readers, durable only later. */
	bool is_durable = op->is_durable;
	io_attempt_now(op);
	op->is_durable = is_durable;
	if (op->kind == IO_READ || op->kind == IO_NOP || op->result < 0)
		return;
	bool is_write = op->kind == IO_WRITE || op->writes_zeros;
	remember(engine, op, is_write ? (uint64_t)op->result : op->length);
}

static bool fault_start(void *data, struct io_op *op)
{
	struct fault_engine *engine = data;
	if (test_random_below(4) == 0) {
		list_append(&engine->slow, &op->link);
		engine->slow_count++;
	} else {
		list_append(&engine->pending, &op->link);
		engine->pending_count++;
	}
	return true;
}

static struct io_op *take(struct list *list, unsigned *count)
{
	struct list *link = list->next;
	for (uint64_t skip = test_random_below(*count); skip; skip--)
		link = link->next;
	list_remove(link);
	--*count;
	return list_entry(link, struct io_op, link);
}

/* One operation, any of those that are pending. */
static int fault_reap(void *data, struct disk_io *io, int timeout_ms)
{
	struct fault_engine *engine = data;
	bool is_slow = engine->slow_count && test_random_below(timeout_ms ? 20 : 60) == 0;
	struct io_op *op;
	if (engine->pending_count && !is_slow)
		op = take(&engine->pending, &engine->pending_count);
	else if (is_slow || (timeout_ms && engine->slow_count))
		op = take(&engine->slow, &engine->slow_count);
	else
		return 0;
	perform(engine, op);
	io_attempt_done(io, op);
	return 0;
}

static void fault_now(void *data, struct io_op *op)
{
	perform(data, op);
}

static void fault_free(void *data)
{
	struct fault_engine *engine = data;
	while (!list_is_empty(&engine->records))
		free_record(list_first(&engine->records, struct record, link));
	free(engine->durable);
	free(engine);
}

static const struct io_engine fault_engine_ops = {
	.name = "fault",
	.start = fault_start,
	.reap = fault_reap,
	.now = fault_now,
	.free = fault_free,
};

int fault_new(struct disk_io **ret_io, struct fault_engine **ret_engine)
{
	struct fault_engine *engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	list_init(&engine->pending);
	list_init(&engine->slow);
	list_init(&engine->records);
	*ret_engine = engine;
	return io_new(&fault_engine_ops, engine, ret_io);
}

int fault_watch(struct fault_engine *engine, int fd, uint32_t sector)
{
	engine->sector = sector;
	if (fstat(fd, &engine->watched) < 0)
		return -errno;
	engine->is_watching = true;
	uint64_t size = (uint64_t)engine->watched.st_size;
	set_size(&engine->durable, &engine->durable_size, &engine->durable_room, size);
	return pread(fd, engine->durable, size, 0) == (ssize_t)size ? 0 : -EIO;
}

void fault_set_plan(struct fault_engine *engine, const struct fault_plan *plan)
{
	engine->plan = *plan;
}

void fault_set_on_sync(struct fault_engine *engine, void (*on_sync)(void *userdata), void *userdata)
{
	engine->on_sync = on_sync;
	engine->userdata = userdata;
}

uint64_t fault_count(const struct fault_engine *engine)
{
	return engine->count;
}

uint64_t fault_sync_count(const struct fault_engine *engine)
{
	return engine->syncs;
}
