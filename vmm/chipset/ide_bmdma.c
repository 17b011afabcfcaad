/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus master of the IDE controller (SFF-8038i). */
#include <errno.h>

#include "ide_priv.h"
#include "io_bus.h"

enum {
	BAR_INDEX = 4,
	BAR_SIZE = 16,

	REG_COMMAND = 0,
	REG_STATUS = 2,
	REG_TABLE = 4,

	COMMAND_START = 1 << 0,
	COMMAND_TO_MEMORY = 1 << 3,

	STATUS_ACTIVE = 1 << 0,
	STATUS_ERROR = 1 << 1,
	STATUS_INTERRUPT = 1 << 2,
	STATUS_CAPABLE = 3 << 5, /* kept for the guest's drivers */

	TABLE_SIZE = 65536, /* a table does not cross 64 KiB */
	DESCRIPTOR_LAST = 1 << 31,
};

/* The next descriptor: base, count (0 = 64 KiB) and the end mark. */
static int fetch(struct ide_channel *channel)
{
	struct bus_master *bm = &channel->bm;
	uint32_t descriptor[2];

	if (bm->is_last || bm->next >= TABLE_SIZE - (bm->table & (TABLE_SIZE - 1)))
		return -ENOSPC;
	if (channel->ide->dma.read(channel->ide->dma.opaque, (uint64_t)bm->table + bm->next, descriptor,
				   sizeof(descriptor)) < 0)
		return -EFAULT;
	bm->next += sizeof(descriptor);
	bm->address = descriptor[0] & ~1u;
	bm->left = descriptor[1] & 0xfffe;
	if (bm->left == 0)
		bm->left = 65536;
	bm->is_last = descriptor[1] & (uint32_t)DESCRIPTOR_LAST;
	return 0;
}

int bmdma_copy(struct ide_channel *channel, uint8_t *data, uint32_t size, bool to_memory)
{
	struct bus_master *bm = &channel->bm;
	const struct dma *dma = &channel->ide->dma;
	int r;

	if (!(bm->status & STATUS_ACTIVE))
		return -ECANCELED; /* the guest stopped it */
	if (!pci_is_master(channel->ide->function))
		return -EFAULT;
	while (size) {
		uint32_t part;

		r = bm->left ? 0 : fetch(channel);
		if (r < 0)
			return r;
		part = size < bm->left ? size : bm->left;
		r = to_memory ? dma->write(dma->opaque, bm->address, data, part)
			      : dma->read(dma->opaque, bm->address, data, part);
		if (r < 0)
			return r;
		bm->address += part;
		bm->left -= part;
		data += part;
		size -= part;
	}
	return 0;
}

void bmdma_finish(struct ide_channel *channel, int result)
{
	struct bus_master *bm = &channel->bm;

	/* With memory left over in the table the master stays active (SFF-8038i 3.1, status table). */
	if (result < 0 || (bm->is_last && bm->left == 0))
		bm->status &= (uint8_t)~STATUS_ACTIVE;
	if (result == -EFAULT)
		bm->status |= STATUS_ERROR;
	bm->status |= STATUS_INTERRUPT;
}

void bmdma_wait(struct ide_drive *drive, drive_step on_dma)
{
	struct bus_master *bm = &drive->channel->bm;

	drive->on_dma = on_dma;
	if (!(bm->status & STATUS_ACTIVE))
		return;
	drive->on_dma = NULL;
	on_dma(drive, 0);
}

static void start(struct ide_channel *channel)
{
	struct bus_master *bm = &channel->bm;
	struct ide_drive *drive = &channel->drives[channel->selected];
	drive_step on_dma = drive->on_dma;

	bm->status |= STATUS_ACTIVE;
	bm->next = bm->left = 0;
	bm->is_last = false;
	if (!on_dma)
		return;
	drive->on_dma = NULL;
	on_dma(drive, 0);
}

static void write_command(struct ide_channel *channel, uint8_t value)
{
	struct bus_master *bm = &channel->bm;
	bool was_started = bm->command & COMMAND_START;

	bm->command = value & (COMMAND_START | COMMAND_TO_MEMORY);
	if (value & COMMAND_START && !was_started)
		start(channel);
	else if (!(value & COMMAND_START))
		bm->status &= (uint8_t)~STATUS_ACTIVE;
}

static void write_status(struct bus_master *bm, uint8_t value)
{
	uint8_t kept = bm->status & (STATUS_ACTIVE | STATUS_ERROR | STATUS_INTERRUPT);

	bm->status = (kept & ~(value & (STATUS_ERROR | STATUS_INTERRUPT))) | (value & STATUS_CAPABLE);
}

/* By byte: the bus cuts wider accesses. */
static void bm_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct ide *ide = opaque;
	struct ide_channel *channel = &ide->channels[offset >> 3 & 1];
	unsigned reg = offset & 7, shift = (reg & 3) * 8;

	if (reg == REG_COMMAND)
		write_command(channel, (uint8_t)value);
	else if (reg == REG_STATUS)
		write_status(&channel->bm, (uint8_t)value);
	else if (reg >= REG_TABLE)
		channel->bm.table =
		    ((channel->bm.table & ~(0xffu << shift)) | (uint32_t)value << shift) & ~3u;
}

static uint64_t bm_read(void *opaque, uint64_t offset, unsigned size)
{
	struct ide *ide = opaque;
	const struct bus_master *bm = &ide->channels[offset >> 3 & 1].bm;
	unsigned reg = offset & 7;

	switch (reg) {
	case REG_COMMAND: return bm->command;
	case REG_STATUS: return bm->status;
	default: return reg >= REG_TABLE ? bm->table >> (reg & 3) * 8 & 0xff : 0;
	}
}

static const struct io_handler bm_handler = { bm_read, bm_write, 1 };

int bmdma_add(struct ide *ide)
{
	return pci_add_port_bar(ide->function, BAR_INDEX, BAR_SIZE, &bm_handler, ide);
}

void bmdma_reset(struct ide_channel *channel)
{
	channel->bm = (struct bus_master){ 0 };
}
