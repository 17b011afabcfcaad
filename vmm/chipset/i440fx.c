/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 440FX board's host bridge, ISA bridge and power management function. */
#include <errno.h>
#include <stdlib.h>

#include "acpi_pm.h"
#include "i440fx.h"
#include "pci.h"

enum {
	PAM = 0x59,
	SMRAM = 0x72,

	PIRQ = 0x60,
	PIRQ_OFF = 1 << 7,

	PM_BASE = 0x40,
	PM_BASE_MASK = 0xffc0,
	PM_ACTIVITY_B = 0x58,
	PM_SMM_DONE = 1 << 25, /* bit 1 of 5Bh */
	PM_MISC = 0x80,
	PM_MISC_ENABLE = 1 << 0,
	PM_SMBUS_BASE = 0x90,
	PM_SMBUS_CONFIG = 0xd2,
};

struct i440fx {
	struct pci_bus *pci;
	struct acpi_pm *pm;
	struct pci_function *host, *isa, *power;
};

static int make_host_bridge(struct i440fx *board)
{
	const struct pci_function_config config = {
		.vendor = 0x8086,
		.device = 0x1237,
		.class_code = 0x060000,
		.revision = 2,
		.subsystem_vendor = 0x1414,
	};
	int r = pci_function_new(board->pci, PCI_DEVFN(0, 0), &config, &board->host);

	if (r < 0)
		return r;
	pci_define(board->host, PAM, 4, 0, 0xffffffff);
	pci_define(board->host, PAM + 4, 3, 0, 0xffffff);
	pci_define(board->host, SMRAM, 1, 0x02, 0x78);
	return 0;
}

static void route_lanes(struct i440fx *board)
{
	for (unsigned lane = 0; lane < PCI_LANES; lane++) {
		uint8_t pirq = (uint8_t)pci_get(board->isa, PIRQ + lane, 1);

		pci_route_lane(board->pci, lane, pirq & PIRQ_OFF ? -1 : pirq & 15);
	}
}

static void on_isa_write(void *opaque, unsigned offset, unsigned size)
{
	if (offset < PIRQ + PCI_LANES && offset + size > PIRQ)
		route_lanes(opaque);
}

static void on_isa_reset(void *opaque)
{
	route_lanes(opaque);
}

static int make_isa_bridge(struct i440fx *board)
{
	const struct pci_function_config config = {
		.vendor = 0x8086,
		.device = 0x7000,
		.class_code = 0x060100,
		.subsystem_vendor = 0x1414,
		.is_multifunction = true,
		.on_write = on_isa_write,
		.on_reset = on_isa_reset,
		.opaque = board,
	};
	int r = pci_function_new(board->pci, PCI_DEVFN(I440FX_ISA_DEVICE, 0), &config, &board->isa);

	if (r < 0)
		return r;
	pci_define(board->isa, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
	pci_define(board->isa, 0x4c, 4, 0x0003004d,
		   0xffffffff); /* I/O recovery, X-bus chip selects: kept only */
	pci_define(board->isa, PIRQ, 4, 0x80808080, 0x8f8f8f8f);
	pci_define(board->isa, 0x69, 1, 0x02, 0xfe); /* top of memory */
	return 0;
}

static void place_block(struct i440fx *board)
{
	bool is_on = pci_get(board->power, PM_MISC, 1) & PM_MISC_ENABLE;

	/* Over something else it stays off the bus, as any range that does not fit. */
	acpi_pm_move(board->pm, is_on ? pci_get(board->power, PM_BASE, 2) & PM_BASE_MASK : 0);
}

static void on_power_write(void *opaque, unsigned offset, unsigned size)
{
	bool is_base = offset < PM_BASE + 4 && offset + size > PM_BASE;
	bool is_misc = offset <= PM_MISC && offset + size > PM_MISC;

	if (is_base || is_misc)
		place_block(opaque);
}

static void on_power_reset(void *opaque)
{
	place_block(opaque);
}

static int make_power(struct i440fx *board)
{
	const struct pci_function_config config = {
		.vendor = 0x8086,
		.device = 0x7113,
		.class_code = 0x068000,
		.revision = 3,
		.subsystem_vendor = 0x1414,
		.interrupt_pin = 1,
		.on_write = on_power_write,
		.on_reset = on_power_reset,
		.opaque = board,
	};
	int r = pci_function_new(board->pci, PCI_DEVFN(I440FX_ISA_DEVICE, 3), &config, &board->power);

	if (r < 0)
		return r;
	/* On from the start at the place that the FADT of a directly booted kernel names. */
	pci_define(board->power, PM_BASE, 4, ACPI_PM_BASE | 1, PM_BASE_MASK);
	pci_define(board->power, PM_MISC, 1, PM_MISC_ENABLE, 0x0f);
	pci_define(board->power, PM_ACTIVITY_B, 4, PM_SMM_DONE, ~(uint32_t)PM_SMM_DONE);
	pci_define(board->power, PM_SMBUS_BASE, 4, 1, 0xfff0);
	pci_define(board->power, PM_SMBUS_CONFIG, 1, 0, 0x0f);
	pci_define(board->power, PCI_INTERRUPT_LINE, 1, ACPI_PM_IRQ, 0xff);
	return 0;
}

int i440fx_new(struct pci_bus *pci, struct acpi_pm *pm, struct i440fx **ret_board)
{
	struct i440fx *board = calloc(1, sizeof(*board));
	int r;

	if (!board)
		return -ENOMEM;
	board->pci = pci;
	board->pm = pm;
	r = make_host_bridge(board);
	if (r == 0)
		r = make_isa_bridge(board);
	if (r == 0)
		r = make_power(board);
	if (r < 0) {
		i440fx_free(board);
		return r;
	}
	*ret_board = board;
	return 0;
}

struct i440fx *i440fx_free(struct i440fx *board)
{
	if (!board)
		return NULL;
	pci_function_free(board->power);
	pci_function_free(board->isa);
	pci_function_free(board->host);
	free(board);
	return NULL;
}
