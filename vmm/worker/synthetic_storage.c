/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic SCSI controllers with the disks and DVD drives on them, and their images; and the hard disks of a
 * generation 1 machine's IDE controller once more, as synthetic disks.
 *
 * Threads    All on the device thread, whose loop also polls the images' struct disk_io.
 * Order      Units come before the guest and while it runs; a controller is offered when its first unit
 *            comes, and stays.
 */
#include "worker/synthetic_storage_priv.h"
#include "worker/counters.h"
#include "worker/critical_disk.h"
#include "worker/disk_limits.h"
#include "worker/gen1.h"
#include "worker/gen1_drives.h"
#include "worker/synthetic.h"

#include "vmbus/vmbus.h"
#include "vsp/storvsp/storvsp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

/* --- the images' queue ------------------------------------------------------------------------------- */

/*
 * What several disks answer in one turn goes to the guest with one interrupt. Inside, answered requests make
 * room for others: those are started at the end of the same turn.
 */
void storage_poll(void *opaque)
{
	struct storage *storage = opaque;
	struct vmbus *bus = synthetic_bus(storage->synthetic);

	if (storage->is_polling)
		return;
	storage->is_polling = true;
	vmbus_batch_begin(bus);
	disk_io_poll(storage->io, 0);
	vmbus_batch_end(bus);
	storage->is_polling = false;
}

static void on_io(void *opaque, int fd, uint32_t events)
{
	storage_poll(opaque);
}

void storage_tell(struct storage *storage, const char *verb, unsigned controller, unsigned lun,
		  const struct machine_error *error)
{
	struct link_message *message;

	if (link_message_new(verb, &message) < 0)
		return;
	link_add_number(message, "controller", controller);
	link_add_number(message, "lun", lun);
	if (error)
		link_add(message, "error", error->text);
	synthetic_tell(storage->synthetic, message);
}

/* --- images that the host cannot write --------------------------------------------------------------- */

void storage_for_each_disk(struct storage *storage, void (*fn)(struct storage *storage, struct disk *disk))
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (storage->ide[i].disk)
			fn(storage, storage->ide[i].disk);
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++)
		for (unsigned j = 0; j < WORKER_LUNS; j++)
			if (storage->units[i][j].disk)
				fn(storage, storage->units[i][j].disk);
}

static void on_critical(void *userdata, struct disk *disk, int error)
{
	struct storage *storage = userdata;
	struct link_message *message = critical_disk_message(disk, error);

	if (message)
		synthetic_tell(storage->synthetic, message);
}

void storage_watch(struct storage *storage, struct disk *disk)
{
	critical_disk_watch(disk, synthetic_config(storage->synthetic), on_critical, storage);
}

static void retry(struct storage *storage, struct disk *disk)
{
	disk_retry_kept(disk);
}

static void give_up(struct storage *storage, struct disk *disk)
{
	critical_disk_give_up(disk);
}

static void tell_critical(struct storage *storage, struct disk *disk)
{
	if (disk_critical_error(disk))
		on_critical(storage, disk, disk_critical_error(disk));
}

/* The guest begins, for the first time or anew. */
static void attached(void *opaque)
{
	struct storage *storage = opaque;

	storage_for_each_disk(storage, storage_watch);
	disk_limits_lift(storage->limits, false);
}

static void resumed(void *opaque)
{
	storage_for_each_disk(opaque, retry);
	storage_poll(opaque);
}

static void stopping(void *opaque)
{
	disk_limits_lift(((struct storage *)opaque)->limits, true);
	storage_for_each_disk(opaque, give_up);
	storage_poll(opaque);
}

static void report(void *opaque)
{
	storage_for_each_disk(opaque, tell_critical);
}

/* --- life -------------------------------------------------------------------------------------------- */

/* The bus is stopped: no request is under way. */
static void free_storage(void *opaque)
{
	struct storage *storage = opaque;
	struct machine_error error;

	storage_undo_exchange(storage);
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++) {
		for (unsigned j = 0; j < WORKER_LUNS; j++)
			if (storage->units[i][j].lun)
				storage_remove(storage, i, j, &error);
		storvsp_free(storage->controllers[i]);
	}
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		storage_remove_ide(storage, i);
	loop_watch_free(storage->watch);
	disk_limits_free(storage->limits);
	disk_io_free(storage->io);
	free(storage);
}

static void on_slow(void *opaque, const char *text)
{
	synthetic_warn(((struct storage *)opaque)->synthetic, text);
}

static int make_queue(struct storage *storage)
{
	int r = disk_io_new(DISK_IO_AUTO, &storage->io);

	if (r < 0)
		return r;
	disk_io_set_counters(storage->io, counters_disk());
	r = disk_limits_new(synthetic_loop(storage->synthetic), on_slow, storage, &storage->limits);
	if (r < 0)
		return r;
	return loop_watch_new(synthetic_loop(storage->synthetic), disk_io_fd(storage->io), EPOLLIN, on_io,
			      storage, &storage->watch);
}

static int make(struct synthetic *synthetic, void **ret_part, struct machine_error *error)
{
	struct storage *storage = calloc(1, sizeof(*storage));
	struct worker_config *config = synthetic_config(synthetic);
	int r = -ENOMEM;

	if (storage) {
		storage->synthetic = synthetic;
		r = make_queue(storage);
	}
	if (r < 0)
		machine_fail(error, r, "no queue for disk images can be made: %s", strerror(-r));
	if (r == 0)
		r = storage_add_ide_disks(storage, config, error);
	for (unsigned i = 0; r == 0 && i < config->disk_count; i++)
		r = storage_add(storage, &config->disks[i], error);
	if (r < 0) {
		if (storage)
			free_storage(storage);
		return r;
	}
	*ret_part = storage;
	return 0;
}

bool synthetic_storage_share(struct synthetic *synthetic, unsigned unit, struct gen1_shared_disk *ret_shared)
{
	struct storage *storage = synthetic_made(synthetic, &synthetic_storage);

	if (!storage || !storage->ide[unit].disk)
		return false;
	*ret_shared = (struct gen1_shared_disk){ .loop = synthetic_loop(synthetic),
						 .io = storage->io,
						 .disk = storage->ide[unit].disk };
	return true;
}

const struct synthetic_part synthetic_storage = {
	.name = "storage",
	.make = make,
	.free = free_storage,
	.handle = storage_handle,
	.attached = attached,
	.stopping = stopping,
	.resumed = resumed,
	.report = report,
	.quiesce = storage_quiesce,
	.released = storage_released,
};
