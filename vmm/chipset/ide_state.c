/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The saved state of the IDE controller: its drives are idle, or wait for the guest in the middle of a command (for the data port, or
 * for the bus master to be started).
 */
#include "ide_priv.h"
#include "state/state.h"

static void task_file_state(struct ide_drive *drive, struct state *state)
{
	uint8_t *const pairs[] = { drive->feature, drive->count, drive->lba_low, drive->lba_mid,
				   drive->lba_high };

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		state_bytes(state, pairs[i], 2);
	state_u8(state, &drive->device);
	state_u8(state, &drive->status);
	state_u8(state, &drive->error);
}

static void command_state(struct ide_drive *drive, struct state *state)
{
	state_u32_max(state, &drive->end, IDE_BUFFER_SIZE);
	state_u32_max(state, &drive->pos, drive->end);
	state_bool(state, &drive->is_write);
	state_bool(state, &drive->is_dma);
	state_bool(state, &drive->is_lba48);
	state_bool(state, &drive->wants_fua);
	state_u64(state, &drive->lba);
	state_u32(state, &drive->left);
	state_u32_max(state, &drive->chunk,
		      drive->kind == IDE_DISK ? IDE_BUFFER_SIZE / SECTOR_SIZE : IDE_BUFFER_SIZE);
	state_u32_max(state, &drive->window_sectors, IDE_BUFFER_SIZE / SECTOR_SIZE);
	state_u32_max(state, &drive->byte_limit, UINT16_MAX);
}

static void settings_state(struct ide_drive *drive, struct state *state)
{
	state_u8_max(state, &drive->multiple, MULTIPLE_MAX);
	state_u8(state, &drive->dma_mode);
	state_bool(state, &drive->has_write_cache);
	state_u16_max(state, &drive->heads, 16);
	state_u16_max(state, &drive->sectors, 255);
	if (drive->heads > 0 && drive->sectors > 0)
		return;
	state_refuse(state, "has a geometry of nothing");
	drive->heads = 16;
	drive->sectors = 63;
}

static void packet_state(struct ide_drive *drive, struct state *state)
{
	struct atapi *atapi = &drive->atapi;

	state_bytes(state, atapi->packet, sizeof(atapi->packet));
	state_u8_max(state, &atapi->sense_key, 15);
	state_u8(state, &atapi->asc);
	state_u8(state, &atapi->ascq);
	state_bool(state, &atapi->is_locked);
	state_bool(state, &atapi->is_open);
	state_bool(state, &atapi->has_attention);
	state_bool(state, &atapi->has_event);
	state_u32(state, &atapi->lba);
	state_u32(state, &atapi->left);
}

/* What it waits with, as a number: 0 is nothing. */
static void waits_state(struct ide_drive *drive, struct state *state)
{
	void (*const *ends)(struct ide_drive *) =
	    drive->kind == IDE_DISK ? ata_window_ends : atapi_window_ends;
	const drive_step *steps = drive->kind == IDE_DISK ? ata_dma_steps : atapi_dma_steps;
	uint8_t end = 0, step = 0, ends_count = 0, steps_count = 0;

	for (; ends[ends_count]; ends_count++)
		if (drive->on_window_end == ends[ends_count])
			end = ends_count + 1;
	for (; steps[steps_count]; steps_count++)
		if (drive->on_dma == steps[steps_count])
			step = steps_count + 1;
	state_u8_max(state, &end, ends_count);
	state_u8_max(state, &step, steps_count);
	drive->on_window_end = end ? ends[end - 1] : NULL;
	drive->on_dma = step ? steps[step - 1] : NULL;
	state_bytes(state, drive->buffer, IDE_BUFFER_SIZE);
}

/* A command that goes on must stay inside of the disk. */
static bool is_possible(const struct ide_drive *drive)
{
	uint64_t sectors = drive->kind == IDE_DISK ? ata_sectors(drive)
			   : drive->block	   ? drive->block->size / CD_SECTOR_SIZE
						   : 0;

	if (drive->kind == IDE_CDROM)
		return drive->atapi.left == 0 ||
		       (drive->atapi.lba < sectors && drive->atapi.left <= sectors - drive->atapi.lba);
	if (!drive->on_window_end && !drive->on_dma)
		return true;
	if (drive->on_window_end && drive->chunk > drive->left)
		return false;
	if (!drive->is_write && !drive->on_dma && drive->left == drive->chunk)
		return true; /* the rest is in the buffer */
	return drive->lba < sectors && drive->left <= sectors - drive->lba &&
	       !(drive->is_write && drive->block->is_read_only);
}

static void drive_state(struct ide_drive *drive, struct state *state)
{
	enum ide_kind kind = drive->kind;

	state_enum_max(state, &kind, IDE_CDROM);
	if (kind != drive->kind) {
		state_refuse(state, "has another drive %u", drive_unit(drive));
		return;
	}
	task_file_state(drive, state);
	if (kind == IDE_ABSENT)
		return;
	command_state(drive, state);
	settings_state(drive, state);
	packet_state(drive, state);
	waits_state(drive, state);
	if (!state_is_reading(state) || is_possible(drive))
		return;
	state_refuse(state, "is in the middle of a command that cannot be");
	drive->on_window_end = NULL;
	drive->on_dma = NULL;
	drive->atapi.left = 0;
}

static void master_state(struct bus_master *bm, struct state *state)
{
	state_u8(state, &bm->command);
	state_u8(state, &bm->status);
	state_u32(state, &bm->table);
	state_u32_max(state, &bm->next, 65536);
	state_u64(state, &bm->address);
	state_u32_max(state, &bm->left, 65536);
	state_bool(state, &bm->is_last);
}

void ide_state(struct ide *ide, struct state *state)
{
	if (!state_begin(state, "ide", 1))
		return;
	if (!state_is_reading(state) && !ide_is_idle(ide))
		state_refuse(state, "has a request under way");
	for (unsigned i = 0; i < 2; i++) {
		struct ide_channel *channel = &ide->channels[i];

		state_bool(state, &channel->is_irq_pending);
		state_u8(state, &channel->control);
		state_u32_max(state, &channel->selected, 1);
		master_state(&channel->bm, state);
		for (unsigned j = 0; j < 2; j++)
			drive_state(&channel->drives[j], state);
	}
	state_end(state);
}
