/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI power management: the fixed hardware of ACPI 6.4 chapter 4.8, laid out as in Intel's PIIX4
 * (290562).
 *
 * Ports      ACPI_PM_BASE+0 PM1a status, +2 enable, +4 control, +8 timer (4 bytes), +0Ch GPE0 status
 *            (2), +0Eh GPE0 enable (2); ACPI_PM_SMI_CMD B2h (ACPI_PM_ENABLE and ACPI_PM_DISABLE
 *            switch SCI_EN), B3h (a byte that is kept).
 * FADT       PM1_EVT_LEN 4, PM1_CNT_LEN 2, PM_TMR_LEN 4, GPE0_BLK_LEN 4, SCI_INT 9 (level, active
 *            high), TMR_VAL_EXT as configured, PWR_BUTTON and SLP_BUTTON 0 (fixed buttons), \_S5 =
 *            Package { ACPI_PM_S5, ACPI_PM_S5, 0, 0 }.
 * Timer      Runs only when the guest enabled the timer's overflow interrupt.
 * Threads    Under the bus lock (io_bus.h); on_power_off() too, on a VP's thread.
 */
#ifndef CHIPSET_ACPI_PM_H
#define CHIPSET_ACPI_PM_H

#include <stdbool.h>
#include <stdint.h>

#include "irq.h"

struct state;

enum {
	ACPI_PM_BASE = 0x600,
	ACPI_PM_SMI_CMD = 0xb2,
	ACPI_PM_ENABLE = 0xe1, /* as Hyper-V has them */
	ACPI_PM_DISABLE = 0x1e,
	ACPI_PM_S5 = 0, /* SLP_TYP of soft off (PIIX4, PMCNTRL) */
	ACPI_PM_IRQ = 9,
	ACPI_PM_TIMER_HZ = 3579545,
};

struct acpi_pm;
struct io_bus;
struct vm_clock;

struct acpi_pm_ops {
	void (*on_power_off)(void *opaque); /* the guest entered S5 */
};

/* has_32bit_timer: what the FADT says in TMR_VAL_EXT. */
int acpi_pm_new(struct vm_clock *clock, const struct irq_line *sci, bool has_32bit_timer,
		const struct acpi_pm_ops *ops, void *opaque, struct acpi_pm **ret_pm);
struct acpi_pm *acpi_pm_free(struct acpi_pm *pm);
/* Registers SMI_CMD and the block at ACPI_PM_BASE. */
int acpi_pm_attach(struct acpi_pm *pm, struct io_bus *bus);
/* Moves the block (a PCI function's PMBASE); 0 takes it off the bus. */
int acpi_pm_move(struct acpi_pm *pm, uint16_t base);
void acpi_pm_reset(struct acpi_pm *pm);

/* The buttons were pressed. False when the guest's system does not listen (no ACPI mode, or event not
 * enabled). */
bool acpi_pm_power_button(struct acpi_pm *pm);
bool acpi_pm_sleep_button(struct acpi_pm *pm);

void acpi_pm_state(struct acpi_pm *pm, struct state *state);

#endif
