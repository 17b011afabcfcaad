/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The IDE controller of the PIIX3 (290550, SFF-8038i bus master) with ATA disks (ATA/ATAPI-7) and
 * ATAPI drives (MMC-3).
 *
 * Ports      1F0h-1F7h, 3F6h, interrupt 14; 170h-177h, 376h, interrupt 15; on the PCI bus function
 *            0:1.1 with the bus master registers in its fifth range. Without PCI: the ports alone,
 *            PIO only.
 * Has        LBA28, LBA48, CHS; PIO by sector and by multiple; DMA; write cache with flush and FUA;
 *            DVD drive with eject, lock and medium change.
 * Units      0 primary master, 1 primary slave, 2 secondary master, 3 secondary slave.
 * Threads    Under the bus lock (io_bus.h), ide_change_medium() at any time while the machine runs.
 *            Before ide_free() no request may be out: ide_is_idle().
 * Trust      Registers, PRD tables and packets come from the guest and are checked at each use.
 * Limits     IDE_BUFFER_SIZE bytes are moved at a time; a PRD table has at most 8192 entries (64 KiB).
 */
#ifndef CHIPSET_IDE_H
#define CHIPSET_IDE_H

#include <stdbool.h>
#include <stdint.h>

#include "block.h"
#include "dma.h"
#include "irq.h"

enum {
	IDE_UNITS = 4,
	IDE_BUFFER_SIZE = 128 * 1024,
};

struct state;
struct ide;
struct io_bus;
struct pci_bus;

struct ide_identity {
	char model[41]; /* ASCII */
	char serial[21];
	char firmware[9];
};

struct ide_ops {
	/* All under the bus lock; all optional. */
	void (*on_eject)(void *opaque, unsigned unit); /* the guest opened the tray: nobody uses the medium */
	/* A change that had to wait is made: nobody uses the medium before. */
	void (*on_change)(void *opaque, unsigned unit);
};

/* dma and pci: both, or both NULL. */
int ide_new(struct io_bus *bus, struct pci_bus *pci, const struct irq_line irqs[2], const struct dma *dma,
	    const struct ide_ops *ops, void *opaque, struct ide **ret_ide);
struct ide *ide_free(struct ide *ide);
int ide_attach(struct ide *ide);
void ide_reset(struct ide *ide);

/* Before the VPs run. -EEXIST when the unit is taken, -EINVAL for a bad number or a disk of less than a
 * sector. */
int ide_connect_disk(struct ide *ide, unsigned unit, struct block *block,
		     const struct ide_identity *identity);
/* medium: NULL = no disc in it. */
int ide_connect_cdrom(struct ide *ide, unsigned unit, struct block *medium,
		      const struct ide_identity *identity);
/*
 * Puts another disc into a DVD drive, or (NULL) opens it and takes the disc out; the guest is told. 0: the
 * medium before is not used any more. IDE_LATER: the drive reads just now; that fails with a changed medium
 * as soon as the block backend answers, then on_change() comes. -EBUSY when the guest locked the tray and
 * !is_forced, or a change waits already; -EINVAL when there is no DVD drive.
 */
enum { IDE_LATER = 1 };
int ide_change_medium(struct ide *ide, unsigned unit, struct block *medium, bool is_forced);
bool ide_is_idle(const struct ide *ide);

/* While ide_is_idle(), with the drives connected; the lines are the interrupt router's (pc_state()). */
void ide_state(struct ide *ide, struct state *state);

#endif
