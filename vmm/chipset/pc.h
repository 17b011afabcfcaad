/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest PC: all chips made, wired and put on one bus.
 *
 * Holds      I/O bus, clock, PIC, I/O APIC, PIT, RTC, COM1 and COM2, ACPI power management, reset
 *            control, 8042, on request PCI with the 440FX board and IDE, and ports that swallow what
 *            PCs write by habit (POST code 80h, delay EDh, FPU F0h-F1h).
 * FADT       what acpi_pm.h, reset_control.h and rtc.h say; the PM timer has 32 bits.
 * Use        pc_new(); then the VP threads hand their exits to pc_port_*(), pc_mmio_*(), pc_eoi() and
 *            pc_extint_vector(), any thread, no lock held. Everything else that enters a chip takes
 *            io_bus_lock(pc->bus).
 * Threads    Timers run on the loop given. on_power_off() and on_reset() come under the bus lock, on
 *            a VP's thread: note it, wake somebody, return.
 */
#ifndef CHIPSET_PC_H
#define CHIPSET_PC_H

#include <stdbool.h>
#include <stdint.h>

#include "acpi_pm.h"
#include "i440fx.h"
#include "i8042.h"
#include "ide.h"
#include "io_bus.h"
#include "ioapic.h"
#include "irq.h"
#include "pci.h"
#include "pic.h"
#include "pit.h"
#include "reset_control.h"
#include "rtc.h"
#include "uart.h"
#include "vm_clock.h"

struct loop;
struct state;

enum { PC_UARTS = 2 };

struct pc_ops {
	void (*set_extint)(void *opaque, bool level); /* hv_set_extint(partition, 0, level) */
	void (*interrupt)(void *opaque, uint64_t address, uint32_t data); /* hv_interrupt() */
	void (*on_power_off)(void *opaque);
	void (*on_reset)(void *opaque);
};

struct pc_config {
	const struct pc_ops *ops;
	void *opaque;
	struct loop *loop;			   /* for timers; may be NULL when `clock` is given */
	struct vm_clock *clock;			   /* NULL = the host's */
	const struct uart_ops *uart_ops[PC_UARTS]; /* NULL = no such port */
	void *uart_opaque[PC_UARTS];
	int64_t rtc_utc_offset_s;
	bool has_pci; /* the 440FX board: generation 1 */
	/* With has_pci, both or none: the IDE controller, whose drives the caller connects. */
	const struct dma *dma;
	const struct ide_ops *ide_ops;
	void *ide_opaque;
};

struct pc {
	struct io_bus *bus;
	struct vm_clock *clock;
	struct pic *pic;
	struct ioapic *ioapic;
	struct irq_router *irqs;
	struct pit *pit;
	struct rtc *rtc;
	struct uart *uarts[PC_UARTS];
	struct acpi_pm *pm;
	struct reset_control *reset;
	struct i8042 *i8042;
	struct pci_bus *pci;  /* NULL without */
	struct i440fx *board; /* NULL without */
	struct ide *ide;      /* NULL without */
	/* private */
	bool owns_clock;
	bool pic_listens, ioapic_listens;
	const struct pc_ops *ops;
	void *opaque;
};

int pc_new(const struct pc_config *config, struct pc **ret_pc);
struct pc *pc_free(struct pc *pc);
/* All chips as after power-on, CMOS memory and clock kept. Takes the lock; no VP runs. */
void pc_reset(struct pc *pc);

/*
 * All chips, saved or taken back (state/state.h), while no VP runs and the clock stands still. Taken back by a machine of the same
 * making, right after power-on or pc_reset(), whose partition has its own state already: lines may rise. What was read wrong
 * leaves chips that are good for nothing but pc_free().
 */
void pc_state(struct pc *pc, struct state *state);

uint32_t pc_port_read(struct pc *pc, uint16_t port, unsigned size);
void pc_port_write(struct pc *pc, uint16_t port, unsigned size, uint32_t value);
uint64_t pc_mmio_read(struct pc *pc, uint64_t gpa, unsigned size);
void pc_mmio_write(struct pc *pc, uint64_t gpa, unsigned size, uint64_t value);
void pc_eoi(struct pc *pc, uint8_t vector); /* HV_EXIT_EOI */
uint8_t pc_extint_vector(struct pc *pc);    /* HV_EXIT_EXTINT: to hv_vp_inject_extint() */

#endif
