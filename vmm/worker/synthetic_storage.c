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
#include "worker/image.h"
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
static void poll_images(void *opaque)
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
	poll_images(opaque);
}

static void tell(struct storage *storage, const char *verb, unsigned controller, unsigned lun,
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
	poll_images(opaque);
}

static void stopping(void *opaque)
{
	disk_limits_lift(((struct storage *)opaque)->limits, true);
	storage_for_each_disk(opaque, give_up);
	poll_images(opaque);
}

static void report(void *opaque)
{
	storage_for_each_disk(opaque, tell_critical);
}

/* --- controllers ------------------------------------------------------------------------------------- */

/* Stable over starts and moves: guests name devices by it. */
static struct vmbus_guid controller_instance(unsigned controller)
{
	struct vmbus_guid guid = { 0 };

	vmbus_guid_parse("6b5c1e00-53c5-4b68-b1d6-0000000d15c0", &guid);
	guid.bytes[0] = (uint8_t)controller;
	return guid;
}

static int need_controller(struct storage *storage, unsigned controller, struct machine_error *error)
{
	struct storvsp_config config = {
		.bus = synthetic_bus(storage->synthetic),
		.instance = controller_instance(controller),
		.subchannels = synthetic_config(storage->synthetic)->processors - 1,
		.on_submitted = poll_images,
		.opaque = storage,
	};
	int r;

	if (storage->controllers[controller])
		return 0;
	r = storvsp_new(&config, &storage->controllers[controller]);
	if (r < 0)
		return machine_fail(error, r, "SCSI controller %u cannot be made: %s", controller,
				    strerror(-r));
	return 0;
}

/* --- units ------------------------------------------------------------------------------------------- */

static bool is_disks_id(struct disk *disk, const struct disk_guid *id)
{
	struct disk_info info;

	if (!disk)
		return false;
	disk_get_info(disk, &info);
	return memcmp(&info.id, id, sizeof(*id)) == 0;
}

static bool has_id(const struct storage *storage, const struct disk_guid *id)
{
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (is_disks_id(storage->ide[i].disk, id))
			return true;
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++)
		for (unsigned j = 0; j < WORKER_LUNS; j++)
			if (is_disks_id(storage->units[i][j].disk, id))
				return true;
	return false;
}

/*
 * A VHDX or VHD brings its own (MS-VHDX 2.6.2.4 names page 83); other images, and copies that are in the same
 * machine, have that of their place.
 */
static struct disk_guid unit_id(const struct storage *storage, struct disk *disk, unsigned controller,
				unsigned number)
{
	static const struct disk_guid none;
	struct vmbus_guid instance = controller_instance(controller);
	struct disk_info info = { 0 };
	struct disk_guid id;

	if (disk)
		disk_get_info(disk, &info);
	if (memcmp(&info.id, &none, sizeof(none)) != 0 && !has_id(storage, &info.id))
		return info.id;
	memcpy(&id, &instance, sizeof(id));
	id.bytes[4] = (uint8_t)controller;
	id.bytes[5] = (uint8_t)number;
	return id;
}

static void on_released(void *opaque, struct disk *medium, bool is_eject)
{
	struct unit *unit = opaque;

	disk_close(medium);
	if (unit->disk == medium)
		unit->disk = NULL;
	if (is_eject)
		tell(unit->storage, "disk-ejected", unit->controller, unit->number, NULL);
}

static int make_lun(struct storage *storage, const struct worker_disk *config, struct disk *disk,
		    struct scsi_lun **ret_lun)
{
	struct disk_guid id = unit_id(storage, disk, config->controller, config->lun);
	struct scsi_disk_config disk_config = { .disk = disk,
						.is_read_only = config->is_read_only,
						.id = id,
						.max_transfer = STORVSP_TRANSFER_MAX };
	struct scsi_dvd_config dvd_config = { .medium = disk,
					      .id = id,
					      .on_released = on_released,
					      .opaque = &storage->units[config->controller][config->lun] };

	if (config->kind == WORKER_DRIVE_CDROM)
		return scsi_dvd_new(&dvd_config, ret_lun);
	return scsi_disk_new(&disk_config, ret_lun);
}

int storage_open_image(struct storage *storage, struct worker_disk *config, struct disk **ret_disk,
		       struct machine_error *error)
{
	struct image_config image = { .name = config->name,
				      .format = config->format,
				      .fd = config->fd,
				      .is_writable =
					  !config->is_read_only && config->kind == WORKER_DRIVE_DISK,
				      .chain = &config->chain };

	*ret_disk = NULL;
	if (config->fd < 0)
		return 0;
	config->fd = -1;
	return image_open(storage->io, &image, ret_disk, error);
}

static int add(struct storage *storage, struct worker_disk *config, struct machine_error *error)
{
	struct unit *unit = &storage->units[config->controller][config->lun];
	struct scsi_lun *lun = NULL;
	struct disk *disk = NULL;
	int r;

	if (unit->lun)
		return machine_fail(error, -EEXIST,
				    "SCSI controller %u has a unit %u already; give another number",
				    config->controller, config->lun);
	r = storage_open_image(storage, config, &disk, error);
	if (r == 0)
		r = need_controller(storage, config->controller, error);
	if (r < 0) {
		disk_close(disk);
		return r;
	}
	r = make_lun(storage, config, disk, &lun);
	if (r == 0)
		r = scsi_target_add(storvsp_target(storage->controllers[config->controller]), config->lun,
				    lun);
	if (r < 0) {
		scsi_lun_free(lun);
		disk_close(disk);
		return machine_fail(error, r, "%s: this is too small for a disk; give a larger image",
				    config->name);
	}
	*unit = (struct unit){ storage, config->kind, config->controller, config->lun, lun, disk, false };
	if (disk) {
		storage_watch(storage, disk);
		if (config->kind == WORKER_DRIVE_DISK) /* discs come and go */
			disk_limits_set(storage->limits, disk, &config->qos);
	}
	return 0;
}

static void warn_lost(struct storage *storage)
{
	synthetic_warn(storage->synthetic,
		       "a disk image could not be closed well; what the guest wrote last may be lost");
}

/* No request of it is under way any more. */
static void on_removed(void *opaque, struct scsi_lun *lun)
{
	struct unit *unit = opaque;
	struct storage *storage = unit->storage;
	struct disk *disk = unit->disk;

	scsi_lun_free(lun);
	*unit = (struct unit){ 0 };
	disk_limits_forget(storage->limits, disk);
	if (disk_close(disk) < 0)
		warn_lost(storage);
}

static int remove_unit(struct storage *storage, unsigned controller, unsigned number,
		       struct machine_error *error)
{
	struct unit *unit = &storage->units[controller][number];

	if (!unit->lun || unit->is_leaving)
		return machine_fail(error, -ENOENT, "SCSI controller %u has no unit %u; look which there are",
				    controller, number);
	unit->is_leaving = true;
	if (unit->disk) {
		disk_limits_set(storage->limits, unit->disk, &(struct worker_qos){ 0 }); /* what waits ends now */
		give_up(storage, unit->disk); /* what it keeps for want of space would never end */
	}
	return scsi_target_remove(storvsp_target(storage->controllers[controller]), number, on_removed, unit);
}

/* --- the hard disks of the emulated controller ------------------------------------------------------- */

static int add_ide(struct storage *storage, unsigned unit, struct worker_drive *drive,
		   struct machine_error *error)
{
	struct image_config image = { drive->name, drive->format, drive->fd, !drive->is_read_only,
				      &drive->chain };
	struct storvsp_config config = { .bus = synthetic_bus(storage->synthetic),
					 .is_ide = true,
					 .ide_unit = unit,
					 .on_submitted = poll_images,
					 .opaque = storage };
	struct scsi_disk_config disk = { .is_read_only = drive->is_read_only };
	struct scsi_lun *lun = NULL;
	struct disk *opened;
	int r;

	drive->fd = -1;
	r = image_open(storage->io, &image, &opened, error);
	if (r < 0)
		return r;
	/* no SCSI controller has this number */
	disk.id = unit_id(storage, opened, WORKER_CONTROLLERS, unit);
	disk.disk = storage->ide[unit].disk = opened;
	disk_limits_set(storage->limits, opened, &drive->qos);
	r = storvsp_new(&config, &storage->ide[unit].controller);
	if (r == 0)
		r = scsi_disk_new(&disk, &lun);
	if (r == 0)
		r = scsi_target_add(storvsp_target(storage->ide[unit].controller), 0, lun);
	if (r == 0)
		storage->ide[unit].lun = lun;
	if (r < 0) {
		scsi_lun_free(lun);
		return machine_fail(error, r,
				    "%s: this is too small for a disk; give an image of at least 512 bytes",
				    drive->name);
	}
	return 0;
}

/*
 * Linux leaves disks of the emulated controller to the synthetic driver when SMBIOS says Microsoft (ata_piix,
 * piix_ignore_devices_quirk). A kernel that is started without firmware finds no SMBIOS: it must find each
 * disk once.
 */
static int add_ide_disks(struct storage *storage, struct worker_config *config, struct machine_error *error)
{
	int r = 0;

	if (config->generation != 1 || config->kernel_fd >= 0)
		return 0;
	for (unsigned i = 0; r == 0 && i < WORKER_DRIVES; i++)
		if (config->drives[i].kind == WORKER_DRIVE_DISK)
			r = add_ide(storage, i, &config->drives[i], error);
	return r;
}

static void free_lun(void *opaque, struct scsi_lun *lun)
{
	scsi_lun_free(lun);
}

static void remove_ide(struct storage *storage, unsigned unit)
{
	struct storvsp *controller = storage->ide[unit].controller;

	if (controller)
		scsi_target_remove(storvsp_target(controller), 0, free_lun, NULL);
	storvsp_free(controller);
	disk_limits_forget(storage->limits, storage->ide[unit].disk);
	if (disk_close(storage->ide[unit].disk) < 0)
		warn_lost(storage);
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

/* --- from the service: worker_link.h ----------------------------------------------------------------- */

static int change_medium(struct storage *storage, struct worker_disk *config, bool is_forced,
			 struct machine_error *error)
{
	struct unit *unit = &storage->units[config->controller][config->lun];
	struct disk *medium = NULL;
	int r;

	if (unit->disk && scsi_dvd_is_locked(unit->lun) && !is_forced) {
		scsi_dvd_press_eject(unit->lun); /* asks the guest to let go */
		return machine_fail(error, -EBUSY,
				    "the guest uses the disc in the DVD drive; eject it there, or force it");
	}
	r = storage_open_image(storage, config, &medium, error);
	if (r < 0)
		return r;
	r = scsi_dvd_set_medium(unit->lun, medium);
	if (r < 0) {
		disk_close(medium);
		return machine_fail(error, r, "%s: the drive is busy with the last disc; try again",
				    config->name);
	}
	unit->disk = medium;
	return 0;
}

/* A new unit; or another disc, or none, for a DVD drive that is there. */
static void handle_disk(struct storage *storage, struct link_message *message)
{
	struct machine_error error = { "" };
	struct worker_disk config;
	uint64_t is_forced = 0;
	struct unit *unit;

	if (worker_disk_decode(message, &config) < 0) {
		synthetic_warn(storage->synthetic,
			       "a message about a disk makes no sense; the disk was not added");
		return;
	}
	(void)link_get_number(message, "force", 1, &is_forced); /* 0 when it is not there */
	unit = &storage->units[config.controller][config.lun];
	if (config.kind == WORKER_DRIVE_CDROM && unit->lun && unit->kind == WORKER_DRIVE_CDROM &&
	    !unit->is_leaving)
		change_medium(storage, &config, is_forced, &error);
	else if (add(storage, &config, &error) == 0)
		storvsp_rescan(storage->controllers[config.controller]);
	tell(storage, "disk-changed", config.controller, config.lun, &error);
	worker_disk_deinit(&config);
}

static void handle_remove(struct storage *storage, const struct link_message *message)
{
	struct machine_error error = { "" };
	uint64_t controller, lun;

	if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
	    link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0)
		return;
	if (remove_unit(storage, (unsigned)controller, (unsigned)lun, &error) == 0)
		storvsp_rescan(storage->controllers[controller]);
	tell(storage, "disk-changed", (unsigned)controller, (unsigned)lun, &error);
}

static int grow(struct storage *storage, struct unit *unit, uint64_t size, struct machine_error *error)
{
	struct disk_error text = { "" };
	int r;

	if (!unit->lun || unit->is_leaving || unit->kind != WORKER_DRIVE_DISK)
		return machine_fail(error, -ENOENT, "there is no such disk to grow; look which there are");
	r = disk_grow(unit->disk, size, &text);
	if (r < 0)
		return machine_fail(error, r, "%s", text.text[0] ? text.text : strerror(-r));
	scsi_disk_size_changed(unit->lun);
	return 0;
}

/* The guest hears of it with its next command. */
static void handle_grow(struct storage *storage, const struct link_message *message)
{
	struct machine_error error = { "" };
	uint64_t controller, lun, size;

	if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
	    link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0 ||
	    link_get_number(message, "size", UINT64_MAX, &size) < 0)
		return;
	grow(storage, &storage->units[controller][lun], size, &error);
	tell(storage, "disk-changed", (unsigned)controller, (unsigned)lun, &error);
}

/* Of a unit, or of a disk of the emulated controller; those that are not here are gen1's. */
static struct disk *limited_disk(const struct storage *storage, const struct link_message *message)
{
	uint64_t controller, lun, unit;

	if (link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0)
		return storage->ide[unit].disk;
	if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
	    link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0 || storage->units[controller][lun].is_leaving ||
	    storage->units[controller][lun].kind != WORKER_DRIVE_DISK)
		return NULL;
	return storage->units[controller][lun].disk;
}

static bool handle_limits(struct storage *storage, const struct link_message *message)
{
	struct disk *disk = limited_disk(storage, message);
	struct worker_qos qos;

	if (disk && worker_qos_decode(message, "", &qos) == 0)
		disk_limits_set(storage->limits, disk, &qos);
	return disk != NULL;
}

static bool handle(void *opaque, struct link_message *message)
{
	if (strcmp(link_verb(message), "disk-limits") == 0)
		return handle_limits(opaque, message);
	if (strcmp(link_verb(message), "disk") == 0)
		handle_disk(opaque, message);
	else if (strcmp(link_verb(message), "remove-disk") == 0)
		handle_remove(opaque, message);
	else if (strcmp(link_verb(message), "grow-disk") == 0)
		handle_grow(opaque, message);
	else
		return false;
	return true;
}

/* --- saving ------------------------------------------------------------------------------------------ */

struct flush {
	struct storage *storage;
	struct disk_request request;
};

static void on_flushed(struct disk_request *request, int result)
{
	struct flush *flush = request->userdata;
	struct storage *storage = flush->storage;

	if (result < 0)
		storage->flush_error = result;
	storage->flushes_left--;
	free(flush);
}

static void flush_disk(struct storage *storage, struct disk *disk)
{
	struct flush *flush = calloc(1, sizeof(*flush));

	if (!flush) {
		storage->flush_error = -ENOMEM;
		return;
	}
	flush->storage = storage;
	flush->request = (struct disk_request){ .kind = DISK_FLUSH, .on_done = on_flushed, .userdata = flush };
	storage->flushes_left++;
	disk_submit(disk, &flush->request);
}

static void flush_if_writable(struct storage *storage, struct disk *disk)
{
	struct disk_info info;

	disk_get_info(disk, &info);
	if (info.is_writable)
		flush_disk(storage, disk);
}

static bool is_idle(const struct storage *storage)
{
	for (unsigned i = 0; i < WORKER_CONTROLLERS; i++)
		if (storage->controllers[i] && !storvsp_is_idle(storage->controllers[i]))
			return false;
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		if (storage->ide[i].controller && !storvsp_is_idle(storage->ide[i].controller))
			return false;
	return true;
}

static int quiesce(void *opaque)
{
	struct storage *storage = opaque;

	disk_limits_lift(storage->limits, true);
	poll_images(storage);
	if (!is_idle(storage))
		return 0;
	if (storage->flush == FLUSH_NONE) {
		storage->flush = FLUSH_RUNS;
		storage->flush_error = 0;
		storage_for_each_disk(storage, flush_if_writable);
		poll_images(storage);
	}
	if (storage->flushes_left > 0)
		return 0;
	storage->flush = FLUSH_DONE;
	if (storage->flush_error == 0 && !storage->is_lent && synthetic_lends(storage->synthetic))
		storage->flush_error = storage_lend(storage);
	return storage->flush_error < 0 ? storage->flush_error : 1;
}

static void released(void *opaque)
{
	struct storage *storage = opaque;

	storage->flush = FLUSH_NONE;
	storage_take_back(storage);
	disk_limits_lift(storage->limits, false);
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
				remove_unit(storage, i, j, &error);
		storvsp_free(storage->controllers[i]);
	}
	for (unsigned i = 0; i < WORKER_DRIVES; i++)
		remove_ide(storage, i);
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
		r = add_ide_disks(storage, config, error);
	for (unsigned i = 0; r == 0 && i < config->disk_count; i++)
		r = add(storage, &config->disks[i], error);
	if (r < 0) {
		if (storage)
			free_storage(storage);
		return r;
	}
	*ret_part = storage;
	return 0;
}

const struct synthetic_part synthetic_storage = {
	.name = "storage",
	.make = make,
	.free = free_storage,
	.handle = handle,
	.attached = attached,
	.stopping = stopping,
	.resumed = resumed,
	.report = report,
	.quiesce = quiesce,
	.released = released,
};
