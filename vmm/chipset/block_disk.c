/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtual disk as the block backend of a controller: hands requests over to the disk's thread and answers
 * back. */
#include <errno.h>
#include <stdlib.h>

#include "block_disk.h"
#include "disk/disk.h"
#include "io_bus.h"
#include "loop/loop.h"

struct block_disk {
	struct block base;
	struct loop *loop;
	struct io_bus *bus;
	struct disk_io *io;
	struct disk *disk;
	struct loop_call call;
	struct block_request *first, **last; /* wait; under the bus lock */
	/* the loop's thread only */
	struct block_request *running;
	struct disk_request request;
	struct iovec iov;
};

static void on_done(struct disk_request *request, int result)
{
	struct block_disk *backend = request->userdata;
	struct block_request *running = backend->running;
	bool is_waiting;

	backend->running = NULL;
	io_bus_lock(backend->bus);
	running->on_done(running, result); /* may submit the next one */
	is_waiting = backend->first;
	io_bus_unlock(backend->bus);
	if (is_waiting)
		loop_call(backend->loop, &backend->call);
}

static struct block_request *take_first(struct block_disk *backend)
{
	struct block_request *request;

	io_bus_lock(backend->bus);
	request = backend->first;
	if (request) {
		backend->first = request->next;
		if (!backend->first)
			backend->last = &backend->first;
	}
	io_bus_unlock(backend->bus);
	return request;
}

static enum disk_request_kind kind_of(enum block_kind kind)
{
	switch (kind) {
	case BLOCK_READ: return DISK_READ;
	case BLOCK_WRITE: return DISK_WRITE;
	default: return DISK_FLUSH;
	}
}

static void start_next(struct block_disk *backend)
{
	struct block_request *request;

	if (backend->running)
		return;
	request = take_first(backend);
	if (!request)
		return;
	backend->running = request;
	backend->iov = (struct iovec){ .iov_base = request->data, .iov_len = request->length };
	backend->request = (struct disk_request){
		.kind = kind_of(request->kind),
		.offset = request->offset,
		.length = request->length,
		.iov = &backend->iov,
		.iov_count = request->kind == BLOCK_FLUSH ? 0 : 1,
		.on_done = on_done,
		.userdata = backend,
	};
	disk_submit(backend->disk, &backend->request);
}

/* Polling is also what starts the disk's file operations. */
static void on_call(void *opaque)
{
	struct block_disk *backend = opaque;

	start_next(backend);
	disk_io_poll(backend->io, 0);
}

static void submit(struct block *block, struct block_request *request)
{
	struct block_disk *backend = (struct block_disk *)block;

	request->next = NULL;
	*backend->last = request;
	backend->last = &request->next;
	loop_call(backend->loop, &backend->call);
}

int block_disk_new(struct loop *loop, struct io_bus *bus, struct disk_io *io, struct disk *disk,
		   struct block_disk **ret_backend)
{
	struct block_disk *backend = calloc(1, sizeof(*backend));
	struct disk_info info;

	if (!backend)
		return -ENOMEM;
	disk_get_info(disk, &info);
	backend->base =
	    (struct block){ .submit = submit, .size = info.size, .is_read_only = !info.is_writable };
	backend->loop = loop;
	backend->bus = bus;
	backend->io = io;
	backend->disk = disk;
	backend->call = (struct loop_call){ .fn = on_call, .opaque = backend };
	backend->last = &backend->first;
	*ret_backend = backend;
	return 0;
}

struct block_disk *block_disk_free(struct block_disk *backend)
{
	if (!backend)
		return NULL;
	loop_call_cancel(backend->loop, &backend->call);
	free(backend);
	return NULL;
}

struct block *block_disk_block(struct block_disk *backend)
{
	return &backend->base;
}

void block_disk_set_disk(struct block_disk *backend, struct disk *disk)
{
	backend->disk = disk;
}
