/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI bus 0: configuration mechanism #1 and functions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"
#include "irq.h"
#include "pci.h"
#include "reset_control.h"
#include "state/state.h"

enum {
	PORT_ADDRESS = 0xcf8,
	OFFSET_RESET = 1, /* CF9h */
	OFFSET_DATA = 4,
	ISA_IRQS = 16,
	STATUS_CLEAR = 0xf900, /* bits of the status register that a written 1 clears */
	COMMAND_WRITABLE = 0x0547,
	COMMAND_NO_INTX = 1 << 10,
	STATUS_INTX = 1 << 3,
};

#define ADDRESS_ENABLE (1u << 31)

enum bar_kind { BAR_NONE, BAR_PORTS, BAR_MEMORY, BAR_MAPPED };

struct bar {
	enum bar_kind kind;
	uint32_t size;
	const struct io_handler *handler;
	void (*on_map)(void *opaque, uint32_t gpa);
	void *opaque;
	uint32_t at; /* where it is on the bus, 0 = it is not */
};

struct pci_function {
	struct pci_bus *pci;
	struct pci_function_config config;
	unsigned devfn;
	uint8_t space[PCI_CONFIG_SIZE], initial[PCI_CONFIG_SIZE], writable[PCI_CONFIG_SIZE];
	struct bar bars[PCI_BARS];
	bool irq_wanted, irq_driven;
};

struct lane {
	unsigned asserted; /* functions that hold it */
	int irq;
	struct irq_line isa[ISA_IRQS]; /* without `set` where PIRQ cannot go */
	struct irq_line gsi;
};

struct pci_bus {
	struct io_bus *bus;
	struct reset_control *reset;
	struct pci_function *functions[256];
	struct lane lanes[PCI_LANES];
	uint32_t address;
};

/* --- interrupts ---------------------------------------------------------------------------------- */

static void drive_lane(struct lane *lane, bool level)
{
	irq_line_set(&lane->gsi, level);
	if (lane->irq >= 0)
		irq_line_set(&lane->isa[lane->irq], level);
}

void pci_route_lane(struct pci_bus *pci, unsigned index, int irq)
{
	struct lane *lane = &pci->lanes[index % PCI_LANES];

	if (irq == lane->irq || irq >= ISA_IRQS)
		return;
	if (lane->irq >= 0)
		irq_line_set(&lane->isa[lane->irq], false);
	lane->irq = irq;
	drive_lane(lane, lane->asserted);
}

static void update_irq(struct pci_function *function)
{
	unsigned pin = function->config.interrupt_pin - 1u;
	struct lane *lane = &function->pci->lanes[((function->devfn >> 3) - 1 + pin) % PCI_LANES];
	uint16_t command = (uint16_t)pci_get(function, PCI_COMMAND, 2);
	bool level = function->irq_wanted && !(command & COMMAND_NO_INTX);

	function->space[PCI_STATUS] &= (uint8_t)~STATUS_INTX;
	function->space[PCI_STATUS] |= function->irq_wanted ? STATUS_INTX : 0;
	if (level == function->irq_driven || function->config.interrupt_pin == 0)
		return;
	function->irq_driven = level;
	lane->asserted += level ? 1 : -1u;
	drive_lane(lane, lane->asserted);
}

void pci_set_irq(struct pci_function *function, bool level)
{
	function->irq_wanted = level;
	update_irq(function);
}

/* --- ranges -------------------------------------------------------------------------------------- */

static void unmap_bar(struct pci_function *function, struct bar *bar)
{
	if (bar->at == 0)
		return;
	if (bar->kind == BAR_PORTS)
		io_bus_remove_ports(function->pci->bus, (uint16_t)bar->at);
	else if (bar->kind == BAR_MEMORY)
		io_bus_remove_mmio(function->pci->bus, bar->at);
	else
		bar->on_map(bar->opaque, 0);
	bar->at = 0;
}

static void map_bar(struct pci_function *function, struct bar *bar, uint32_t address)
{
	int r = 0;

	if (bar->kind == BAR_PORTS)
		r = io_bus_add_ports(function->pci->bus, (uint16_t)address, bar->size, bar->handler,
				     bar->opaque);
	else if (bar->kind == BAR_MEMORY)
		r = io_bus_add_mmio(function->pci->bus, address, bar->size, bar->handler, bar->opaque);
	else
		bar->on_map(bar->opaque, address);
	if (r == 0)
		bar->at = address;
}

/* Where the registers want the range, 0 = nowhere. */
static uint32_t bar_address(const struct pci_function *function, unsigned index)
{
	const struct bar *bar = &function->bars[index];
	uint16_t command = (uint16_t)pci_get(function, PCI_COMMAND, 2);
	uint32_t address = pci_get(function, PCI_BAR0 + index * 4, 4) & ~(bar->size - 1);
	bool is_ports = bar->kind == BAR_PORTS;

	if (bar->kind == BAR_NONE || !(command & (is_ports ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)))
		return 0;
	/* All ones is what a guest writes to learn the size. */
	if ((is_ports && address > 0xffff) || address == (uint32_t)-bar->size)
		return 0;
	return address;
}

static void update_bars(struct pci_function *function)
{
	for (unsigned i = 0; i < PCI_BARS; i++) {
		struct bar *bar = &function->bars[i];
		uint32_t address = bar_address(function, i);

		if (address == bar->at)
			continue;
		unmap_bar(function, bar);
		if (address)
			map_bar(function, bar, address);
	}
}

static int add_bar(struct pci_function *function, unsigned index, const struct bar *bar)
{
	bool is_ports = bar->kind == BAR_PORTS;

	if (index >= PCI_BARS || bar->size & (bar->size - 1) || bar->size < (is_ports ? 4 : 16) ||
	    (is_ports && bar->size > 256))
		return -EINVAL;
	if (function->bars[index].kind != BAR_NONE)
		return -EEXIST;
	function->bars[index] = *bar;
	pci_define(function, PCI_BAR0 + index * 4, 4, is_ports ? 1 : 0, -bar->size);
	return 0;
}

int pci_add_port_bar(struct pci_function *function, unsigned index, uint32_t size,
		     const struct io_handler *handler, void *opaque)
{
	return add_bar(
	    function, index,
	    &(struct bar){ .kind = BAR_PORTS, .size = size, .handler = handler, .opaque = opaque });
}

int pci_add_memory_bar(struct pci_function *function, unsigned index, uint32_t size,
		       const struct io_handler *handler, void *opaque)
{
	return add_bar(
	    function, index,
	    &(struct bar){ .kind = BAR_MEMORY, .size = size, .handler = handler, .opaque = opaque });
}

int pci_add_mapped_bar(struct pci_function *function, unsigned index, uint32_t size,
		       void (*on_map)(void *opaque, uint32_t gpa), void *opaque)
{
	return add_bar(function, index,
		       &(struct bar){ .kind = BAR_MAPPED, .size = size, .on_map = on_map, .opaque = opaque });
}

/* --- configuration space ------------------------------------------------------------------------- */

uint32_t pci_get(const struct pci_function *function, unsigned offset, unsigned size)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < size; i++)
		value |= (uint32_t)function->space[(offset + i) % PCI_CONFIG_SIZE] << i * 8;
	return value;
}

void pci_set(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
	for (unsigned i = 0; i < size; i++)
		function->space[(offset + i) % PCI_CONFIG_SIZE] = (uint8_t)(value >> i * 8);
}

void pci_define(struct pci_function *function, unsigned offset, unsigned size, uint32_t value,
		uint32_t writable)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned at = (offset + i) % PCI_CONFIG_SIZE;

		function->space[at] = function->initial[at] = (uint8_t)(value >> i * 8);
		function->writable[at] = (uint8_t)(writable >> i * 8);
	}
}

bool pci_is_master(const struct pci_function *function)
{
	return pci_get(function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

static void guest_write(struct pci_function *function, unsigned offset, unsigned size, uint32_t value)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned at = offset + i;
		uint8_t byte = (uint8_t)(value >> i * 8);

		if (at == PCI_STATUS + 1)
			function->space[at] &= (uint8_t) ~(byte & STATUS_CLEAR >> 8);
		else
			function->space[at] =
			    (function->space[at] & ~function->writable[at]) | (byte & function->writable[at]);
	}
	if (offset < PCI_BAR0 + PCI_BARS * 4) {
		update_bars(function);
		update_irq(function);
	}
	if (function->config.on_write)
		function->config.on_write(function->config.opaque, offset, size);
}

static struct pci_function *addressed(const struct pci_bus *pci)
{
	/* Bits 23:16 are the bus: there is only number 0. */
	if (!(pci->address & ADDRESS_ENABLE) || pci->address >> 16 & 0xff)
		return NULL;
	return pci->functions[pci->address >> 8 & 0xff];
}

static uint64_t config_read(void *opaque, uint64_t offset, unsigned size)
{
	struct pci_bus *pci = opaque;
	struct pci_function *function;

	if (offset == OFFSET_RESET && size == 1)
		return reset_control_read(pci->reset);
	if (offset < OFFSET_DATA)
		return offset == 0 && size == 4 ? pci->address : UINT64_MAX;
	function = addressed(pci);
	return function ? pci_get(function, (pci->address & 0xfc) + (unsigned)offset - OFFSET_DATA, size)
			: UINT64_MAX;
}

static void config_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct pci_bus *pci = opaque;
	struct pci_function *function;

	if (offset == OFFSET_RESET && size == 1)
		reset_control_write(pci->reset, (uint8_t)value);
	else if (offset == 0 && size == 4)
		pci->address = (uint32_t)value & 0x80fffffc;
	if (offset < OFFSET_DATA)
		return;
	function = addressed(pci);
	if (function)
		guest_write(function, (pci->address & 0xfc) + (unsigned)offset - OFFSET_DATA, size,
			    (uint32_t)value);
}

static const struct io_handler config_handler = { config_read, config_write, 4 };

/* --- functions and the bus ------------------------------------------------------------------------ */

static void reset_function(struct pci_function *function)
{
	memcpy(function->space, function->initial, sizeof(function->space));
	update_bars(function);
	function->irq_wanted = false;
	update_irq(function);
	if (function->config.on_reset)
		function->config.on_reset(function->config.opaque);
}

void pci_bus_reset(struct pci_bus *pci)
{
	for (unsigned i = 0; i < 256; i++)
		if (pci->functions[i])
			reset_function(pci->functions[i]);
	pci->address = 0;
}

int pci_function_new(struct pci_bus *pci, unsigned devfn, const struct pci_function_config *config,
		     struct pci_function **ret_function)
{
	struct pci_function *function;

	if (devfn > 255)
		return -EINVAL;
	if (pci->functions[devfn])
		return -EEXIST;
	function = calloc(1, sizeof(*function));
	if (!function)
		return -ENOMEM;
	function->pci = pci;
	function->config = *config;
	function->devfn = devfn;
	pci_define(function, 0, 4, config->vendor | (uint32_t)config->device << 16, 0);
	pci_define(function, PCI_COMMAND, 2, 0, COMMAND_WRITABLE);
	pci_define(function, 8, 4, config->revision | config->class_code << 8, 0);
	pci_define(function, 0x0c, 2, 0, 0xffff); /* cache line size, latency timer */
	pci_define(function, 0x0e, 1, config->is_multifunction ? 0x80 : 0, 0);
	pci_define(function, 0x2c, 4, config->subsystem_vendor | (uint32_t)config->subsystem << 16, 0);
	pci_define(function, PCI_INTERRUPT_LINE, 2, (uint32_t)config->interrupt_pin << 8, 0xff);
	pci->functions[devfn] = function;
	*ret_function = function;
	return 0;
}

struct pci_function *pci_function_free(struct pci_function *function)
{
	if (!function)
		return NULL;
	pci_set_irq(function, false);
	for (unsigned i = 0; i < PCI_BARS; i++)
		unmap_bar(function, &function->bars[i]);
	function->pci->functions[function->devfn] = NULL;
	free(function);
	return NULL;
}

static int connect_lanes(struct pci_bus *pci, struct irq_router *irqs)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < PCI_LANES; i++) {
		struct lane *lane = &pci->lanes[i];

		lane->irq = -1;
		r = irq_router_connect(irqs, PCI_GSI_BASE + i, &lane->gsi);
		/* PIIX3 2.2.10: 0-2, 8 and 13 are reserved */
		for (unsigned irq = 3; r == 0 && irq < ISA_IRQS; irq++)
			if (irq != 8 && irq != 13)
				r = irq_router_connect(irqs, irq, &lane->isa[irq]);
	}
	return r;
}

int pci_bus_new(struct io_bus *bus, struct irq_router *irqs, struct reset_control *reset,
		struct pci_bus **ret_pci)
{
	struct pci_bus *pci = calloc(1, sizeof(*pci));
	int r;

	if (!pci)
		return -ENOMEM;
	pci->bus = bus;
	pci->reset = reset;
	r = connect_lanes(pci, irqs);
	if (r < 0) {
		free(pci);
		return r;
	}
	*ret_pci = pci;
	return 0;
}

int pci_bus_attach(struct pci_bus *pci)
{
	return io_bus_add_ports(pci->bus, PORT_ADDRESS, 8, &config_handler, pci);
}

struct pci_bus *pci_bus_free(struct pci_bus *pci)
{
	free(pci);
	return NULL;
}

/* --- saved state --------------------------------------------------------------------------------- */

static void function_state(struct pci_function *function, struct state *state)
{
	uint32_t identity = pci_get(function, 0, 4);

	state_bytes(state, function->space, sizeof(function->space));
	state_bool(state, &function->irq_wanted);
	state_bool(state, &function->irq_driven);
	if (!state_is_reading(state))
		return;
	if (pci_get(function, 0, 4) != identity) {
		state_refuse(state, "has another device at %02x.%x", function->devfn >> 3,
			     function->devfn & 7);
		pci_set(function, 0, 4, identity);
		return;
	}
	if (function->config.interrupt_pin == 0)
		function->irq_driven = false;
	update_bars(function);
}

/* How many hold each lane follows from the functions; the interrupt router has the levels. */
static void count_holders(struct pci_bus *pci)
{
	for (unsigned i = 0; i < PCI_LANES; i++)
		pci->lanes[i].asserted = 0;
	for (unsigned i = 0; i < 256; i++) {
		const struct pci_function *function = pci->functions[i];

		if (function && function->irq_driven)
			pci->lanes[((i >> 3) - 1 + function->config.interrupt_pin - 1u) % PCI_LANES]
			    .asserted++;
	}
}

void pci_bus_state(struct pci_bus *pci, struct state *state)
{
	if (!state_begin(state, "pci", 1))
		return;
	state_u32(state, &pci->address);
	for (unsigned i = 0; i < PCI_LANES; i++) {
		state_i32(state, &pci->lanes[i].irq);
		if (pci->lanes[i].irq < -1 || pci->lanes[i].irq >= ISA_IRQS)
			pci->lanes[i].irq = -1;
	}
	for (unsigned i = 0; i < 256; i++)
		if (pci->functions[i])
			function_state(pci->functions[i], state);
	state_end(state);
	if (state_is_reading(state))
		count_holders(pci);
}
