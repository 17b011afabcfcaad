/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI functions that make a board with Intel's 440FX (290549), PIIX3 (290550) and the PIIX4's
 * power management (290562).
 *
 * 0:0.0      8086:1237 host bridge, by which SeaBIOS knows the board. PAM registers 59h-5Fh and
 *            SMRAM 72h only keep what is written: RAM at C0000h-FFFFFh is always there, and always
 *            writable. SeaBIOS makes its own part read only when it is done; its memory map calls
 *            that part reserved, so only a guest that breaks its own BIOS can tell the difference,
 *            until a reset brings it back.
 * 0:1.0      8086:7000 ISA bridge: PIRQ registers 60h-63h route the four interrupt lanes.
 * 0:1.3      8086:7113 power management: PMBASE 40h and PMREGMISC 80h move the block of acpi_pm.h.
 *            There is no SMM: byte 5Bh reads with bit 1 set, which tells SeaBIOS that SMM was set up
 *            already (it would wait for ever).
 * Threads    Under the bus lock (io_bus.h).
 */
#ifndef CHIPSET_I440FX_H
#define CHIPSET_I440FX_H

struct acpi_pm;
struct i440fx;
struct pci_bus;

enum {
	I440FX_ISA_DEVICE = 1, /* its functions: 0 ISA, 1 IDE, 3 power management */
};

int i440fx_new(struct pci_bus *pci, struct acpi_pm *pm, struct i440fx **ret_board);
struct i440fx *i440fx_free(struct i440fx *board);

#endif
