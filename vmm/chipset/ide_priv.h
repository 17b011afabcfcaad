/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the IDE controller: ide.c has the ports and the task file, ide_bmdma.c the bus master,
 * ata.c the disk's commands, ata_identify.c what it says of itself, atapi.c the DVD drive's packets.
 */
#ifndef CHIPSET_IDE_PRIV_H
#define CHIPSET_IDE_PRIV_H

#include <stddef.h>

#include "ide.h"
#include "pci.h"

enum {
	SECTOR_SIZE = 512,
	CD_SECTOR_SIZE = 2048,
	MULTIPLE_MAX = 16,

	STATUS_ERR = 1 << 0,
	STATUS_DRQ = 1 << 3,
	STATUS_DSC = 1 << 4, /* seek complete */
	STATUS_DF = 1 << 5,
	STATUS_DRDY = 1 << 6,
	STATUS_BSY = 1 << 7,

	ERROR_ABRT = 1 << 2,
	ERROR_IDNF = 1 << 4,
	ERROR_UNC = 1 << 6,

	DEVICE_SLAVE = 1 << 4,
	DEVICE_LBA = 1 << 6,
	DEVICE_ALWAYS = 0xa0,

	CONTROL_NIEN = 1 << 1,
	CONTROL_SRST = 1 << 2,
	CONTROL_HOB = 1 << 7,
};

enum ide_kind { IDE_ABSENT, IDE_DISK, IDE_CDROM };

struct ide_drive;
typedef void (*drive_step)(struct ide_drive *drive, int result);

struct atapi {
	uint8_t packet[12];
	uint8_t sense_key, asc, ascq;
	bool is_locked, is_open;
	bool has_attention; /* the medium was changed: the next command fails with that */
	bool has_event;	    /* the same, for GET EVENT STATUS NOTIFICATION */
	uint32_t lba, left; /* sectors still to be read from the medium */
};

struct ide_drive {
	struct ide_channel *channel;
	enum ide_kind kind;
	struct block *block; /* NULL: absent, or no medium */
	struct ide_identity identity;

	/* task file; [1] is what was written before (LBA48) */
	uint8_t feature[2], count[2], lba_low[2], lba_mid[2], lba_high[2];
	uint8_t device, status, error;

	/* the data port's window into the buffer */
	uint8_t *buffer;
	uint32_t pos, end;
	void (*on_window_end)(struct ide_drive *drive);

	/* the command that runs */
	bool is_write, is_dma, is_lba48, wants_fua;
	uint64_t lba;
	uint32_t left;		 /* sectors not moved yet */
	uint32_t chunk;		 /* what the buffer holds: sectors (disk), bytes (packets) */
	uint32_t window_sectors; /* disk: between two interrupts */
	uint32_t byte_limit;	 /* packets: the same, in bytes */
	drive_step on_dma;	 /* waits for the bus master: what to do when it is started */

	struct block_request request;
	drive_step step; /* after the request */
	bool is_request_out;
	bool is_aborted; /* its answer is not wanted any more */
	struct block *next_medium;
	bool has_next_medium; /* goes in when the request is answered */

	uint8_t multiple; /* 0 = not set */
	uint8_t dma_mode; /* as SET FEATURES 03h had it */
	bool has_write_cache;
	uint16_t heads, sectors; /* of the CHS translation that the guest set */
	struct atapi atapi;
};

struct bus_master {
	uint8_t command, status;
	uint32_t table;	  /* the guest's pointer */
	uint32_t next;	  /* offset of the next descriptor in the table */
	uint64_t address; /* the rest of the present one */
	uint32_t left;
	bool is_last;
};

struct ide_channel {
	struct ide *ide;
	unsigned index;
	struct irq_line irq;
	bool is_irq_pending;
	uint8_t control;
	unsigned selected;
	struct ide_drive drives[2];
	struct bus_master bm;
};

struct ide {
	struct io_bus *bus;
	struct pci_function *function; /* NULL without PCI */
	struct dma dma;
	const struct ide_ops *ops;
	void *opaque;
	struct ide_channel channels[2];
};

/* ide.c */
void ide_raise_irq(struct ide_channel *channel);
void drive_set_signature(struct ide_drive *drive);
/* The end of a command: DRDY, no BSY, no DRQ. */
void drive_finish(struct ide_drive *drive, bool with_irq);
void drive_fail(struct ide_drive *drive, uint8_t error);
/* Gives buffer[pos, end) to the data port; on_end when all of it was moved. */
void drive_open_window(struct ide_drive *drive, uint32_t pos, uint32_t end,
		       void (*on_end)(struct ide_drive *drive));
/* Hands a request to the block backend; BSY until step() comes. */
void drive_submit(struct ide_drive *drive, enum block_kind kind, uint64_t offset, uint32_t length,
		  drive_step step);
unsigned drive_unit(const struct ide_drive *drive);
/* Identify strings: two bytes a word, swapped, filled with blanks. */
void ide_put_string(uint8_t *words, unsigned word, unsigned count, const char *text);
void ide_put_word(uint8_t *words, unsigned word, uint16_t value);

/* ide_bmdma.c */
int bmdma_add(struct ide *ide);
void bmdma_reset(struct ide_channel *channel);
/* Calls on_dma(drive, 0) when the guest has started the bus master; at once if it has already. */
void bmdma_wait(struct ide_drive *drive, drive_step on_dma);
/* Moves bytes between a buffer and the memory of the table. 0, -EFAULT for bad memory, -ENOSPC when
   the table is too short, -ECANCELED when the guest stopped it. */
int bmdma_copy(struct ide_channel *channel, uint8_t *data, uint32_t size, bool to_memory);
void bmdma_finish(struct ide_channel *channel, int result);

/* What a drive can wait for the guest with (ide_drive.on_window_end, .on_dma), in an order that saved states know: NULL ends. */
extern void (*const ata_window_ends[])(struct ide_drive *drive);
extern const drive_step ata_dma_steps[];
extern void (*const atapi_window_ends[])(struct ide_drive *drive);
extern const drive_step atapi_dma_steps[];

/* ata.c */
void ata_command(struct ide_drive *drive, uint8_t command);
/* ata_identify.c */
void ata_identify(struct ide_drive *drive);
uint64_t ata_sectors(const struct ide_drive *drive);
uint16_t ata_cylinders(const struct ide_drive *drive);
/* atapi.c */
void atapi_command(struct ide_drive *drive, uint8_t command);
void atapi_reset(struct ide_drive *drive);

#endif
