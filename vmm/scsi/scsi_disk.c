/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disk (SBC-3): its life, and which command is which. */
#include <errno.h>
#include <stdlib.h>

#include "scsi/scsi_disk.h"

#include "state/state.h"

enum {
	RAW_GRANULARITY = 4096, /* what a file system below gives back, mostly */
	COMMANDS = 256,
};

typedef void (*command_fn)(struct scsi_disk *disk, struct scsi_request *request);

/* Nothing to do: the medium is always there, spun up, alone with one initiator. */
static void succeed(struct scsi_disk *disk, struct scsi_request *request)
{
	scsi_done(request);
}

/* Only the self test (SPC-4, 6.42); nothing else can be diagnosed. */
static void send_diagnostic(struct scsi_disk *disk, struct scsi_request *request)
{
	bool is_self_test = request->cdb[1] & 4, has_list = get_be16(request->cdb + 3);

	if (!is_self_test || has_list)
		scsi_fail_field(request);
	else
		scsi_done(request);
}

static const command_fn commands[COMMANDS] = {
	[SCSI_TEST_UNIT_READY] = succeed,
	[SCSI_READ_6] = scsi_disk_read,
	[SCSI_READ_10] = scsi_disk_read,
	[SCSI_READ_12] = scsi_disk_read,
	[SCSI_READ_16] = scsi_disk_read,
	[SCSI_WRITE_6] = scsi_disk_write,
	[SCSI_WRITE_10] = scsi_disk_write,
	[SCSI_WRITE_12] = scsi_disk_write,
	[SCSI_WRITE_16] = scsi_disk_write,
	[SCSI_WRITE_VERIFY_10] = scsi_disk_write,
	[SCSI_WRITE_VERIFY_12] = scsi_disk_write,
	[SCSI_WRITE_VERIFY_16] = scsi_disk_write,
	[SCSI_VERIFY_10] = scsi_disk_verify,
	[SCSI_VERIFY_12] = scsi_disk_verify,
	[SCSI_VERIFY_16] = scsi_disk_verify,
	[SCSI_PREFETCH_10] = scsi_disk_prefetch,
	[SCSI_PREFETCH_16] = scsi_disk_prefetch,
	[SCSI_SYNCHRONIZE_CACHE_10] = scsi_disk_flush,
	[SCSI_SYNCHRONIZE_CACHE_16] = scsi_disk_flush,
	[SCSI_UNMAP] = scsi_disk_unmap,
	[SCSI_WRITE_SAME_10] = scsi_disk_write_same,
	[SCSI_WRITE_SAME_16] = scsi_disk_write_same,
	[SCSI_READ_CAPACITY_10] = scsi_disk_read_capacity_10,
	[SCSI_SERVICE_ACTION_IN_16] = scsi_disk_service_action_in,
	[SCSI_MODE_SENSE_6] = scsi_disk_mode_sense,
	[SCSI_MODE_SENSE_10] = scsi_disk_mode_sense,
	[SCSI_MODE_SELECT_6] = scsi_disk_mode_select,
	[SCSI_MODE_SELECT_10] = scsi_disk_mode_select,
	[SCSI_START_STOP_UNIT] = succeed,
	[SCSI_PREVENT_ALLOW] = succeed,
	[SCSI_RESERVE_6] = scsi_disk_reserve_old,
	[SCSI_RESERVE_10] = scsi_disk_reserve_old,
	[SCSI_RELEASE_6] = scsi_disk_reserve_old,
	[SCSI_RELEASE_10] = scsi_disk_reserve_old,
	[SCSI_PERSISTENT_RESERVE_IN] = scsi_disk_reserve_in,
	[SCSI_PERSISTENT_RESERVE_OUT] = scsi_disk_reserve_out,
	[SCSI_SEND_DIAGNOSTIC] = send_diagnostic,
};

static void execute(struct scsi_lun *lun, struct scsi_request *request)
{
	command_fn command = commands[request->cdb[0]];

	if (command)
		command(scsi_disk_of(lun), request);
	else
		scsi_fail(request, SCSI_KEY_ILLEGAL, SCSI_CODE_NO_SUCH_COMMAND);
}

/* --- life -------------------------------------------------------------------------------------------- */

static void reset(struct scsi_lun *lun)
{
	scsi_disk_of(lun)->has_write_cache = true;
}

static void disk_state(struct scsi_lun *lun, struct state *state)
{
	struct scsi_disk *disk = scsi_disk_of(lun);

	state_bool(state, &disk->has_write_cache);
	state_bool(state, &disk->reservation.is_registered);
	state_u64(state, &disk->reservation.key);
	state_u8_max(state, &disk->reservation.type, 8);
	state_u32(state, &disk->reservation.generation);
}

static void free_disk(struct scsi_lun *lun)
{
	free(scsi_disk_of(lun));
}

static const struct scsi_lun_ops disk_ops = {
	.type = SCSI_TYPE_DISK,
	.execute = execute,
	.inquiry = scsi_disk_inquiry,
	.reset = reset,
	.state = disk_state,
	.free = free_disk,
};

static void take_size(struct scsi_disk *disk, const struct disk_info *info)
{
	disk->blocks = info->size / info->logical_sector;
}

int scsi_disk_new(const struct scsi_disk_config *config, struct scsi_lun **ret_lun)
{
	struct scsi_disk *disk;
	struct disk_info info;

	disk_get_info(config->disk, &info);
	if (info.logical_sector > SCSI_SECTOR_MAX || info.size < info.logical_sector)
		return -EINVAL;
	disk = calloc(1, sizeof(*disk));
	if (!disk)
		return -ENOMEM;
	scsi_lun_init(&disk->lun, &disk_ops, &config->id);
	disk->disk = config->disk;
	disk->block_size = info.logical_sector;
	/* an image may say anything of the two */
	disk->physical_size =
	    info.physical_sector > info.logical_sector ? info.physical_sector : info.logical_sector;
	disk->granularity = info.block_size ? info.block_size : RAW_GRANULARITY;
	disk->max_transfer = config->max_transfer;
	disk->is_read_only = config->is_read_only || !info.is_writable;
	disk->has_unmap = info.has_unmap && !disk->is_read_only;
	disk->is_thin = info.type != DISK_TYPE_FIXED;
	disk->has_write_cache = true;
	take_size(disk, &info);
	*ret_lun = &disk->lun;
	return 0;
}

void scsi_disk_size_changed(struct scsi_lun *lun)
{
	struct scsi_disk *disk = scsi_disk_of(lun);
	struct disk_info info;

	disk_get_info(disk->disk, &info);
	take_size(disk, &info);
	scsi_lun_attention(lun, SCSI_ATTENTION_CAPACITY_CHANGED);
}

void scsi_disk_set_disk(struct scsi_lun *lun, struct disk *disk)
{
	scsi_disk_of(lun)->disk = disk;
}
