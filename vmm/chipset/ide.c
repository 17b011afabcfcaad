/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IDE controller: ports, task file, channel interrupts, reset, requests to the block backend. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "i440fx.h"
#include "ide_priv.h"
#include "io_bus.h"

enum {
	REG_DATA = 0,
	REG_ERROR = 1, /* feature when written */
	REG_COUNT = 2,
	REG_LBA_LOW = 3,
	REG_LBA_MID = 4,
	REG_LBA_HIGH = 5,
	REG_DEVICE = 6,
	REG_STATUS = 7, /* command when written */

	COMMAND_DEVICE_RESET = 0x08,
	COMMAND_DIAGNOSTIC = 0x90,

	PCI_IDE_TIMING = 0x40,
	IDE_FUNCTION = 1,
};

static struct ide_drive *selected_drive(struct ide_channel *channel)
{
	return &channel->drives[channel->selected];
}

static bool is_empty(const struct ide_channel *channel)
{
	return channel->drives[0].kind == IDE_ABSENT && channel->drives[1].kind == IDE_ABSENT;
}

unsigned drive_unit(const struct ide_drive *drive)
{
	return drive->channel->index * 2 + (drive == &drive->channel->drives[1]);
}

/* --- interrupts and ends of commands ---------------------------------------------------------------- */

static void update_irq(struct ide_channel *channel)
{
	irq_line_set(&channel->irq, channel->is_irq_pending && !(channel->control & CONTROL_NIEN));
}

void ide_raise_irq(struct ide_channel *channel)
{
	channel->is_irq_pending = true;
	update_irq(channel);
}

static void clear_irq(struct ide_channel *channel)
{
	channel->is_irq_pending = false;
	update_irq(channel);
}

void drive_finish(struct ide_drive *drive, bool with_irq)
{
	drive->status = STATUS_DRDY | STATUS_DSC;
	drive->on_window_end = NULL;
	drive->on_dma = NULL;
	if (with_irq)
		ide_raise_irq(drive->channel);
}

void drive_fail(struct ide_drive *drive, uint8_t error)
{
	drive_finish(drive, false);
	drive->status |= STATUS_ERR;
	drive->error = error;
	ide_raise_irq(drive->channel);
}

void drive_open_window(struct ide_drive *drive, uint32_t pos, uint32_t end,
		       void (*on_end)(struct ide_drive *drive))
{
	drive->pos = pos;
	drive->end = end;
	drive->on_window_end = on_end;
	drive->status = STATUS_DRDY | STATUS_DSC | STATUS_DRQ;
}

/* --- block backend ---------------------------------------------------------------------------------- */

static void finish_reset(struct ide_drive *drive);
static void change_waiting_medium(struct ide_drive *drive);

static void on_request_done(struct block_request *request, int result)
{
	struct ide_drive *drive = request->owner;

	drive->is_request_out = false;
	if (drive->has_next_medium) {
		change_waiting_medium(drive);
		result = -ENOMEDIUM;
	}
	if (!drive->is_aborted) {
		drive->step(drive, result);
		return;
	}
	drive->is_aborted = false;
	finish_reset(drive);
}

void drive_submit(struct ide_drive *drive, enum block_kind kind, uint64_t offset, uint32_t length,
		  drive_step step)
{
	drive->status = STATUS_BSY;
	drive->step = step;
	drive->is_request_out = true;
	drive->request = (struct block_request){
		.kind = kind,
		.offset = offset,
		.length = length,
		.data = drive->buffer,
		.on_done = on_request_done,
		.owner = drive,
	};
	drive->block->submit(drive->block, &drive->request);
}

bool ide_is_idle(const struct ide *ide)
{
	for (unsigned unit = 0; unit < IDE_UNITS; unit++)
		if (ide->channels[unit / 2].drives[unit % 2].is_request_out)
			return false;
	return true;
}

/* --- reset ------------------------------------------------------------------------------------------ */

void drive_set_signature(struct ide_drive *drive)
{
	bool is_cdrom = drive->kind == IDE_CDROM;

	drive->count[0] = drive->lba_low[0] = 1;
	drive->lba_mid[0] = is_cdrom ? 0x14 : 0;
	drive->lba_high[0] = is_cdrom ? 0xeb : 0;
	drive->device = 0;
}

static void finish_reset(struct ide_drive *drive)
{
	drive_set_signature(drive);
	drive->error = 1; /* diagnostics passed */
	/* A packet device shows no DRDY until its first command (ATA/ATAPI-7 volume 2, 9.2). */
	drive->status = drive->kind == IDE_DISK ? STATUS_DRDY | STATUS_DSC : 0;
}

static void reset_drive(struct ide_drive *drive)
{
	drive->multiple = MULTIPLE_MAX;
	drive->on_window_end = NULL;
	drive->on_dma = NULL;
	drive->pos = drive->end = 0;
	if (drive->kind == IDE_CDROM)
		atapi_reset(drive);
	if (drive->is_request_out) { /* the buffer is not ours: the reset ends with the request */
		drive->is_aborted = true;
		drive->status = STATUS_BSY;
		return;
	}
	finish_reset(drive);
}

static void reset_channel(struct ide_channel *channel)
{
	for (unsigned i = 0; i < 2; i++)
		reset_drive(&channel->drives[i]);
	channel->selected = 0;
	clear_irq(channel);
}

void ide_reset(struct ide *ide)
{
	for (unsigned i = 0; i < 2; i++) {
		ide->channels[i].control = 0;
		bmdma_reset(&ide->channels[i]);
		reset_channel(&ide->channels[i]);
		for (unsigned j = 0; j < 2; j++)
			ide->channels[i].drives[j].has_write_cache = true;
	}
}

/* --- data port --------------------------------------------------------------------------------------- */

static bool has_window(const struct ide_drive *drive, unsigned size)
{
	return drive->status & STATUS_DRQ && drive->on_window_end && drive->end - drive->pos >= size;
}

static void check_window_end(struct ide_drive *drive)
{
	void (*on_end)(struct ide_drive *) = drive->on_window_end;

	if (drive->pos < drive->end)
		return;
	drive->on_window_end = NULL;
	on_end(drive);
}

static uint32_t read_data(struct ide_drive *drive, unsigned size)
{
	uint32_t value = 0;

	if (!has_window(drive, 1))
		return UINT32_MAX;
	if (drive->end - drive->pos < size) /* an odd rest of a packet */
		size = drive->end - drive->pos;
	memcpy(&value, drive->buffer + drive->pos, size);
	drive->pos += size;
	check_window_end(drive);
	return value;
}

static void write_data(struct ide_drive *drive, unsigned size, uint32_t value)
{
	if (!has_window(drive, size))
		return;
	memcpy(drive->buffer + drive->pos, &value, size);
	drive->pos += size;
	check_window_end(drive);
}

/* --- task file --------------------------------------------------------------------------------------- */

/* With the slave absent the master answers for it, with status 0 (ATA/ATAPI-7 volume 2, 5.2.9); our slave has
 * registers. */
static uint8_t read_status(const struct ide_channel *channel)
{
	const struct ide_drive *drive = &channel->drives[channel->selected];

	return drive->kind == IDE_ABSENT ? 0 : drive->status;
}

static uint64_t command_read(void *opaque, uint64_t offset, unsigned size)
{
	struct ide_channel *channel = opaque;
	struct ide_drive *drive = selected_drive(channel);
	unsigned hob = channel->control & CONTROL_HOB ? 1 : 0;

	if (is_empty(channel))
		return UINT64_MAX; /* the bus floats */
	switch (offset) {
	case REG_DATA: return read_data(drive, size);
	case REG_ERROR: return hob ? drive->feature[1] : drive->error;
	case REG_COUNT: return drive->count[hob];
	case REG_LBA_LOW: return drive->lba_low[hob];
	case REG_LBA_MID: return drive->lba_mid[hob];
	case REG_LBA_HIGH: return drive->lba_high[hob];
	case REG_DEVICE: return drive->device | DEVICE_ALWAYS;
	default: clear_irq(channel); return read_status(channel);
	}
}

static void write_pair(uint8_t pair[2], uint8_t value)
{
	pair[1] = pair[0];
	pair[0] = value;
}

/* Both drives hear a write to the task file; a drive that is busy does not. */
static void write_register(struct ide_drive *drive, uint64_t offset, uint8_t value)
{
	if (drive->status & (STATUS_BSY | STATUS_DRQ))
		return;
	switch (offset) {
	case REG_ERROR: write_pair(drive->feature, value); break;
	case REG_COUNT: write_pair(drive->count, value); break;
	case REG_LBA_LOW: write_pair(drive->lba_low, value); break;
	case REG_LBA_MID: write_pair(drive->lba_mid, value); break;
	case REG_LBA_HIGH: write_pair(drive->lba_high, value); break;
	case REG_DEVICE: drive->device = value; break;
	}
}

static void run_diagnostic(struct ide_channel *channel)
{
	reset_channel(channel);
	ide_raise_irq(channel);
}

static void write_command(struct ide_channel *channel, uint8_t command)
{
	struct ide_drive *drive = selected_drive(channel);

	clear_irq(channel);
	if (command == COMMAND_DEVICE_RESET && drive->kind == IDE_CDROM) {
		reset_drive(drive);
		return;
	}
	if (drive->kind == IDE_ABSENT || drive->status & (STATUS_BSY | STATUS_DRQ))
		return;
	drive->error = 0;
	if (command == COMMAND_DIAGNOSTIC)
		run_diagnostic(channel);
	else if (drive->kind == IDE_DISK)
		ata_command(drive, command);
	else
		atapi_command(drive, command);
}

static void command_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct ide_channel *channel = opaque;

	if (is_empty(channel))
		return;
	if (offset == REG_DATA) {
		write_data(selected_drive(channel), size, (uint32_t)value);
		return;
	}
	/* Only the data port is wide; the bus gives a wide access to others as one. */
	channel->control &= (uint8_t)~CONTROL_HOB;
	if (offset == REG_STATUS) {
		write_command(channel, (uint8_t)value);
		return;
	}
	write_register(&channel->drives[0], offset, (uint8_t)value);
	write_register(&channel->drives[1], offset, (uint8_t)value);
	if (offset == REG_DEVICE)
		channel->selected = value & DEVICE_SLAVE ? 1 : 0;
}

static uint64_t control_read(void *opaque, uint64_t offset, unsigned size)
{
	struct ide_channel *channel = opaque;

	return is_empty(channel) ? UINT64_MAX : read_status(channel);
}

static void control_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct ide_channel *channel = opaque;
	uint8_t before = channel->control;

	channel->control = (uint8_t)value;
	if (value & CONTROL_SRST && !(before & CONTROL_SRST)) {
		reset_channel(channel);
		for (unsigned i = 0; i < 2; i++)
			channel->drives[i].status = STATUS_BSY;
	} else if (!(value & CONTROL_SRST) && before & CONTROL_SRST) {
		reset_channel(channel);
	}
	update_irq(channel);
}

static const struct io_handler command_handler = { command_read, command_write, 4 };
static const struct io_handler control_handler = { control_read, control_write, 1 };

/* --- making ------------------------------------------------------------------------------------------ */

int ide_attach(struct ide *ide)
{
	static const uint16_t ports[2] = { 0x1f0, 0x170 };
	int r = 0;

	for (unsigned i = 0; r == 0 && i < 2; i++) {
		r = io_bus_add_ports(ide->bus, ports[i], 8, &command_handler, &ide->channels[i]);
		if (r == 0)
			r = io_bus_add_ports(ide->bus, ports[i] + 0x206, 1, &control_handler,
					     &ide->channels[i]);
	}
	return r;
}

static int add_function(struct ide *ide, struct pci_bus *pci)
{
	const struct pci_function_config config = {
		.vendor = 0x8086,
		.device = 0x7010,
		.class_code = 0x010180, /* bus master, both channels at their fixed ports */
		.subsystem_vendor = 0x1414,
	};
	int r = pci_function_new(pci, PCI_DEVFN(I440FX_ISA_DEVICE, IDE_FUNCTION), &config, &ide->function);

	if (r < 0)
		return r;
	/* Both channels are on: a directly booted kernel finds no firmware that would do it. */
	pci_define(ide->function, PCI_IDE_TIMING, 4, 0x80008000, 0xf3ffffff);
	return bmdma_add(ide);
}

int ide_new(struct io_bus *bus, struct pci_bus *pci, const struct irq_line irqs[2], const struct dma *dma,
	    const struct ide_ops *ops, void *opaque, struct ide **ret_ide)
{
	struct ide *ide = calloc(1, sizeof(*ide));
	int r = 0;

	if (!ide)
		return -ENOMEM;
	ide->bus = bus;
	ide->ops = ops;
	ide->opaque = opaque;
	for (unsigned i = 0; i < 2; i++) {
		ide->channels[i].ide = ide;
		ide->channels[i].index = i;
		ide->channels[i].irq = irqs[i];
		for (unsigned j = 0; j < 2; j++)
			ide->channels[i].drives[j].channel = &ide->channels[i];
	}
	if (pci && dma) {
		ide->dma = *dma;
		r = add_function(ide, pci);
	}
	if (r < 0) {
		ide_free(ide);
		return r;
	}
	ide_reset(ide);
	*ret_ide = ide;
	return 0;
}

struct ide *ide_free(struct ide *ide)
{
	if (!ide)
		return NULL;
	for (unsigned unit = 0; unit < IDE_UNITS; unit++)
		free(ide->channels[unit / 2].drives[unit % 2].buffer);
	pci_function_free(ide->function);
	free(ide);
	return NULL;
}

static int connect_drive(struct ide *ide, unsigned unit, enum ide_kind kind, struct block *block,
			 const struct ide_identity *identity)
{
	struct ide_drive *drive;

	if (unit >= IDE_UNITS)
		return -EINVAL;
	drive = &ide->channels[unit / 2].drives[unit % 2];
	if (drive->kind != IDE_ABSENT)
		return -EEXIST;
	drive->buffer = calloc(1, IDE_BUFFER_SIZE);
	if (!drive->buffer)
		return -ENOMEM;
	drive->kind = kind;
	drive->block = block;
	drive->identity = *identity;
	drive->heads = 16;
	drive->sectors = 63;
	drive->dma_mode = 0x40 | 2; /* UDMA 2, as a BIOS would set */
	drive->has_write_cache = true;
	reset_drive(drive);
	return 0;
}

int ide_connect_disk(struct ide *ide, unsigned unit, struct block *block, const struct ide_identity *identity)
{
	if (!block || block->size < SECTOR_SIZE)
		return -EINVAL;
	return connect_drive(ide, unit, IDE_DISK, block, identity);
}

int ide_connect_cdrom(struct ide *ide, unsigned unit, struct block *medium,
		      const struct ide_identity *identity)
{
	return connect_drive(ide, unit, IDE_CDROM, medium, identity);
}

/* --- media ------------------------------------------------------------------------------------------- */

static void put_medium(struct ide_drive *drive, struct block *medium)
{
	drive->block = medium;
	drive->atapi.is_open = false;
	drive->atapi.is_locked = false;
	drive->atapi.has_attention = drive->atapi.has_event = true;
	drive->atapi.left = 0; /* a transfer that was under way has no medium any more */
}

static void change_waiting_medium(struct ide_drive *drive)
{
	struct ide *ide = drive->channel->ide;

	drive->has_next_medium = false;
	put_medium(drive, drive->next_medium);
	if (ide->ops->on_change)
		ide->ops->on_change(ide->opaque, drive_unit(drive));
}

int ide_change_medium(struct ide *ide, unsigned unit, struct block *medium, bool is_forced)
{
	struct ide_drive *drive = &ide->channels[unit / 2 % 2].drives[unit % 2];

	if (unit >= IDE_UNITS || drive->kind != IDE_CDROM)
		return -EINVAL;
	if (drive->has_next_medium || (drive->atapi.is_locked && !is_forced))
		return -EBUSY;
	if (!drive->is_request_out) {
		put_medium(drive, medium);
		return 0;
	}
	drive->has_next_medium = true;
	drive->next_medium = medium;
	return IDE_LATER;
}
