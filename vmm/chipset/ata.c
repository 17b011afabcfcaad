/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of an ATA disk (ATA/ATAPI-7 volume 1, clause 6). */
#include <string.h>

#include "ide_priv.h"

enum { CHUNK_SECTORS = IDE_BUFFER_SIZE / SECTOR_SIZE };

/* --- addresses --------------------------------------------------------------------------------------- */

static uint64_t chs_to_lba(const struct ide_drive *drive)
{
	uint32_t cylinder = drive->lba_mid[0] | (uint32_t)drive->lba_high[0] << 8;
	uint32_t head = drive->device & 15;

	if (drive->lba_low[0] == 0 || drive->lba_low[0] > drive->sectors || head >= drive->heads)
		return UINT64_MAX; /* sectors count from 1 */
	return ((uint64_t)cylinder * drive->heads + head) * drive->sectors + drive->lba_low[0] - 1;
}

static uint64_t read_lba(const struct ide_drive *drive)
{
	uint64_t low =
	    drive->lba_low[0] | (uint32_t)drive->lba_mid[0] << 8 | (uint32_t)drive->lba_high[0] << 16;

	if (drive->is_lba48)
		return low | (uint64_t)drive->lba_low[1] << 24 | (uint64_t)drive->lba_mid[1] << 32 |
		       (uint64_t)drive->lba_high[1] << 40;
	return drive->device & DEVICE_LBA ? low | (uint64_t)(drive->device & 15) << 24 : chs_to_lba(drive);
}

static void write_lba(struct ide_drive *drive, uint64_t lba)
{
	drive->lba_low[0] = (uint8_t)lba;
	drive->lba_mid[0] = (uint8_t)(lba >> 8);
	drive->lba_high[0] = (uint8_t)(lba >> 16);
	if (drive->is_lba48) {
		drive->lba_low[1] = (uint8_t)(lba >> 24);
		drive->lba_mid[1] = (uint8_t)(lba >> 32);
		drive->lba_high[1] = (uint8_t)(lba >> 40);
	} else {
		drive->device = (drive->device & 0xf0) | (lba >> 24 & 15);
	}
}

/* 0 means the most. */
static uint32_t read_count(const struct ide_drive *drive)
{
	uint32_t count = drive->count[0];

	if (!drive->is_lba48)
		return count ? count : 256;
	count |= (uint32_t)drive->count[1] << 8;
	return count ? count : 65536;
}

/* Takes address and count from the task file. */
static bool take_range(struct ide_drive *drive)
{
	uint64_t sectors = ata_sectors(drive);

	drive->lba = read_lba(drive);
	drive->left = read_count(drive);
	if (drive->lba < sectors && drive->left <= sectors - drive->lba)
		return true;
	drive_fail(drive, ERROR_IDNF);
	return false;
}

/* --- moving sectors ----------------------------------------------------------------------------------- */

static void next_chunk(struct ide_drive *drive)
{
	drive->chunk = drive->left < CHUNK_SECTORS ? drive->left : CHUNK_SECTORS;
}

static void submit_chunk(struct ide_drive *drive, drive_step step)
{
	drive_submit(drive, drive->is_write ? BLOCK_WRITE : BLOCK_READ, drive->lba * SECTOR_SIZE,
		     drive->chunk * SECTOR_SIZE, step);
}

static void chunk_done(struct ide_drive *drive)
{
	drive->lba += drive->chunk;
	drive->left -= drive->chunk;
	next_chunk(drive);
}

static void on_flushed(struct ide_drive *drive, int result)
{
	if (result < 0)
		drive_fail(drive, ERROR_ABRT);
	else
		drive_finish(drive, true);
}

/* A write is over when it is in the cache, or on the disk where that was asked for. */
static void finish_write(struct ide_drive *drive)
{
	if (drive->wants_fua || !drive->has_write_cache)
		drive_submit(drive, BLOCK_FLUSH, 0, 0, on_flushed);
	else
		drive_finish(drive, true);
}

static void fail_chunk(struct ide_drive *drive)
{
	write_lba(drive, drive->lba);
	drive_fail(drive, drive->is_write ? ERROR_ABRT : ERROR_UNC);
}

/* --- PIO ---------------------------------------------------------------------------------------------- */

static void on_pio_read_chunk(struct ide_drive *drive, int result);
static void on_pio_window_end(struct ide_drive *drive);

/* The data port's next window: a sector or a multiple, inside the chunk. */
static void open_next_window(struct ide_drive *drive, uint32_t pos)
{
	uint32_t size = drive->window_sectors * SECTOR_SIZE;
	uint32_t rest = drive->chunk * SECTOR_SIZE - pos;

	drive_open_window(drive, pos, pos + (size < rest ? size : rest), on_pio_window_end);
}

static void on_pio_read_chunk(struct ide_drive *drive, int result)
{
	if (result < 0) {
		fail_chunk(drive);
		return;
	}
	open_next_window(drive, 0);
	ide_raise_irq(drive->channel);
}

static void on_pio_written_chunk(struct ide_drive *drive, int result)
{
	if (result < 0) {
		fail_chunk(drive);
		return;
	}
	chunk_done(drive);
	if (drive->left == 0) {
		finish_write(drive);
		return;
	}
	open_next_window(drive, 0);
	ide_raise_irq(drive->channel);
}

static void on_pio_window_end(struct ide_drive *drive)
{
	if (drive->pos < drive->chunk * SECTOR_SIZE) {
		open_next_window(drive, drive->pos);
		ide_raise_irq(drive->channel);
	} else if (drive->is_write) {
		submit_chunk(drive, on_pio_written_chunk);
	} else {
		chunk_done(drive);
		if (drive->left)
			submit_chunk(drive, on_pio_read_chunk);
		else
			drive_finish(drive, false); /* the last sector was announced already */
	}
}

static void start_pio(struct ide_drive *drive, bool is_write, bool is_lba48, bool is_multiple)
{
	drive->is_lba48 = is_lba48;
	drive->is_write = is_write;
	if (is_multiple && drive->multiple == 0) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	if (!take_range(drive))
		return;
	drive->window_sectors = is_multiple ? drive->multiple : 1;
	next_chunk(drive);
	if (is_write)
		open_next_window(drive, 0); /* the first comes without an interrupt */
	else
		submit_chunk(drive, on_pio_read_chunk);
}

/* --- DMA ---------------------------------------------------------------------------------------------- */

static void dma_failed(struct ide_drive *drive, int result)
{
	bmdma_finish(drive->channel, result);
	write_lba(drive, drive->lba);
	drive_fail(drive, ERROR_ABRT);
}

static void on_dma_read_chunk(struct ide_drive *drive, int result)
{
	if (result < 0) {
		bmdma_finish(drive->channel, result);
		fail_chunk(drive);
		return;
	}
	result = bmdma_copy(drive->channel, drive->buffer, drive->chunk * SECTOR_SIZE, true);
	if (result < 0) {
		dma_failed(drive, result);
		return;
	}
	chunk_done(drive);
	if (drive->left) {
		submit_chunk(drive, on_dma_read_chunk);
		return;
	}
	bmdma_finish(drive->channel, 0);
	drive_finish(drive, true);
}

static void on_dma_flushed(struct ide_drive *drive, int result)
{
	bmdma_finish(drive->channel, 0);
	on_flushed(drive, result);
}

static void on_dma_written_chunk(struct ide_drive *drive, int result);

static void write_dma_chunk(struct ide_drive *drive)
{
	int result = bmdma_copy(drive->channel, drive->buffer, drive->chunk * SECTOR_SIZE, false);

	if (result < 0)
		dma_failed(drive, result);
	else
		submit_chunk(drive, on_dma_written_chunk);
}

static void on_dma_written_chunk(struct ide_drive *drive, int result)
{
	if (result < 0) {
		bmdma_finish(drive->channel, result);
		fail_chunk(drive);
		return;
	}
	chunk_done(drive);
	if (drive->left) {
		write_dma_chunk(drive);
	} else if (drive->wants_fua || !drive->has_write_cache) {
		drive_submit(drive, BLOCK_FLUSH, 0, 0, on_dma_flushed);
	} else {
		bmdma_finish(drive->channel, 0);
		drive_finish(drive, true);
	}
}

static void on_dma_started(struct ide_drive *drive, int result)
{
	next_chunk(drive);
	if (drive->is_write)
		write_dma_chunk(drive);
	else
		submit_chunk(drive, on_dma_read_chunk);
}

static void start_dma(struct ide_drive *drive, bool is_write, bool is_lba48)
{
	drive->is_lba48 = is_lba48;
	drive->is_write = is_write;
	if (!drive->channel->ide->function) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	if (!take_range(drive))
		return;
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
	bmdma_wait(drive, on_dma_started);
}

/* --- other commands ------------------------------------------------------------------------------------ */

static void identify(struct ide_drive *drive)
{
	ata_identify(drive);
	drive->is_write = false;
	drive->window_sectors = drive->chunk = drive->left = 1;
	open_next_window(drive, 0);
	ide_raise_irq(drive->channel);
}

static void verify(struct ide_drive *drive, bool is_lba48)
{
	drive->is_lba48 = is_lba48;
	if (take_range(drive))
		drive_finish(drive, true);
}

static void set_multiple(struct ide_drive *drive)
{
	uint8_t count = drive->count[0];

	if (count > MULTIPLE_MAX || count & (count - 1)) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	drive->multiple = count;
	drive_finish(drive, true);
}

/* INITIALIZE DEVICE PARAMETERS: the guest's translation. */
static void set_geometry(struct ide_drive *drive)
{
	if (drive->count[0] == 0) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	drive->heads = (drive->device & 15) + 1u;
	drive->sectors = drive->count[0];
	drive_finish(drive, true);
}

static void set_features(struct ide_drive *drive)
{
	switch (drive->feature[0]) {
	case 0x02: drive->has_write_cache = true; break;
	case 0x82:
		drive->has_write_cache = false;
		drive_submit(drive, BLOCK_FLUSH, 0, 0, on_flushed);
		return;
	case 0x03:
		if (drive->count[0] >> 3 == 4 || drive->count[0] >> 3 == 8)
			drive->dma_mode = drive->count[0];
		break;
	case 0x55: /* look-ahead */
	case 0xaa:
	case 0x66: /* what stays over a reset */
	case 0xcc: break;
	default: drive_fail(drive, ERROR_ABRT); return;
	}
	drive_finish(drive, true);
}

static void read_native_max(struct ide_drive *drive, bool is_lba48)
{
	uint64_t last = ata_sectors(drive) - 1;

	drive->is_lba48 = is_lba48;
	write_lba(drive, is_lba48 || last < 0x0fffffff ? last : 0x0fffffff);
	drive_finish(drive, true);
}

static bool is_write_command(uint8_t command)
{
	switch (command) {
	case 0x30:
	case 0x31:
	case 0x34:
	case 0x35:
	case 0x39:
	case 0x3d:
	case 0xc5:
	case 0xca:
	case 0xcb:
	case 0xce: return true;
	default: return false;
	}
}

void ata_command(struct ide_drive *drive, uint8_t command)
{
	if (is_write_command(command) && drive->block->is_read_only) {
		drive_fail(drive, ERROR_ABRT);
		return;
	}
	drive->wants_fua = command == 0x3d || command == 0xce;
	switch (command) {
	case 0x20: /* READ SECTORS, with and without retries */
	case 0x21: start_pio(drive, false, false, false); break;
	case 0x24: start_pio(drive, false, true, false); break;
	case 0x25: start_dma(drive, false, true); break;
	case 0x29: start_pio(drive, false, true, true); break;
	case 0x30: /* WRITE SECTORS */
	case 0x31: start_pio(drive, true, false, false); break;
	case 0x34: start_pio(drive, true, true, false); break;
	case 0x35: /* WRITE DMA EXT, FUA */
	case 0x3d: start_dma(drive, true, true); break;
	case 0x39: /* WRITE MULTIPLE EXT, FUA */
	case 0xce: start_pio(drive, true, true, true); break;
	case 0xc4: start_pio(drive, false, false, true); break;
	case 0xc5: start_pio(drive, true, false, true); break;
	case 0xc8: /* READ DMA, WRITE DMA */
	case 0xc9: start_dma(drive, false, false); break;
	case 0xca:
	case 0xcb: start_dma(drive, true, false); break;
	case 0x40: /* READ VERIFY */
	case 0x41: verify(drive, false); break;
	case 0x42: verify(drive, true); break;
	case 0x27: read_native_max(drive, true); break;
	case 0xf8: read_native_max(drive, false); break;
	case 0xc6: set_multiple(drive); break;
	case 0x91: set_geometry(drive); break;
	case 0xef: set_features(drive); break;
	case 0xec: identify(drive); break;
	case 0xe7: /* FLUSH CACHE, EXT */
	case 0xea: drive_submit(drive, BLOCK_FLUSH, 0, 0, on_flushed); break;
	case 0xe5: /* CHECK POWER MODE: active */
	case 0x98:
		drive->count[0] = 0xff;
		drive_finish(drive, true);
		break;
	case 0x10 ... 0x1f: /* RECALIBRATE */
	case 0x70:	    /* SEEK */
	case 0xe0 ... 0xe3: /* STANDBY, IDLE */
	case 0xe6:	    /* SLEEP */
	case 0x94 ... 0x97: drive_finish(drive, true); break;
	default: drive_fail(drive, ERROR_ABRT); break;
	}
}

void (*const ata_window_ends[])(struct ide_drive *drive) = { on_pio_window_end, NULL };
const drive_step ata_dma_steps[] = { on_dma_started, NULL };
