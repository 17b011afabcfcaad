/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which units there are: SCSI controllers with disks and DVD drives, and the hard disks of a generation 1 machine's IDE controller. */
#include "worker/critical_disk.h"
#include "worker/gen1.h"
#include "worker/image.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage_priv.h"

#include "vmbus/vmbus.h"
#include "vsp/storvsp/storvsp.h"

#include <errno.h>
#include <string.h>

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
		.on_submitted = storage_poll,
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
		storage_tell(unit->storage, "disk-ejected", unit->controller, unit->number, NULL);
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

int storage_add(struct storage *storage, struct worker_disk *config, struct machine_error *error)
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

int storage_remove(struct storage *storage, unsigned controller, unsigned number, struct machine_error *error)
{
	struct unit *unit = &storage->units[controller][number];

	if (!unit->lun || unit->is_leaving)
		return machine_fail(error, -ENOENT, "SCSI controller %u has no unit %u; look which there are",
				    controller, number);
	unit->is_leaving = true;
	if (unit->disk) {
		/* what waits ends now */
		disk_limits_set(storage->limits, unit->disk, &(struct worker_qos){ 0 });
		critical_disk_give_up(unit->disk); /* what it keeps for want of space would never end */
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
					 .on_submitted = storage_poll,
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
int storage_add_ide_disks(struct storage *storage, struct worker_config *config, struct machine_error *error)
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

void storage_remove_ide(struct storage *storage, unsigned unit)
{
	struct storvsp *controller = storage->ide[unit].controller;

	if (controller)
		scsi_target_remove(storvsp_target(controller), 0, free_lun, NULL);
	storvsp_free(controller);
	disk_limits_forget(storage->limits, storage->ide[unit].disk);
	if (disk_close(storage->ide[unit].disk) < 0)
		warn_lost(storage);
}
