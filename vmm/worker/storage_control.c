/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service asks of the units while the machine runs: worker_link.h. */
#include "worker/gen1.h"
#include "worker/synthetic.h"
#include "worker/synthetic_storage_priv.h"

#include "vsp/storvsp/storvsp.h"

#include <errno.h>
#include <string.h>

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
	else if (storage_add(storage, &config, &error) == 0)
		storvsp_rescan(storage->controllers[config.controller]);
	storage_tell(storage, "disk-changed", config.controller, config.lun, &error);
	worker_disk_deinit(&config);
}

static void handle_remove(struct storage *storage, const struct link_message *message)
{
	struct machine_error error = { "" };
	uint64_t controller, lun;

	if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
	    link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0)
		return;
	if (storage_remove(storage, (unsigned)controller, (unsigned)lun, &error) == 0)
		storvsp_rescan(storage->controllers[controller]);
	storage_tell(storage, "disk-changed", (unsigned)controller, (unsigned)lun, &error);
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
	storage_tell(storage, "disk-changed", (unsigned)controller, (unsigned)lun, &error);
}

/* Of a unit, or of a disk of the emulated controller; those that are not here are gen1's. */
static struct disk *limited_disk(const struct storage *storage, const struct link_message *message)
{
	uint64_t controller, lun, unit;

	if (link_get_number(message, "unit", WORKER_DRIVES - 1, &unit) == 0)
		return storage->ide[unit].disk;
	if (link_get_number(message, "controller", WORKER_CONTROLLERS - 1, &controller) < 0 ||
	    link_get_number(message, "lun", WORKER_LUNS - 1, &lun) < 0 ||
	    storage->units[controller][lun].is_leaving ||
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

bool storage_handle(void *opaque, struct link_message *message)
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
