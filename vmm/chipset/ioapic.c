/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The I/O APIC. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io_bus.h"
#include "ioapic.h"
#include "state/state.h"

enum {
	REG_ID = 0,
	REG_VERSION = 1,
	REG_ARBITRATION = 2,
	REG_TABLE = 0x10,

	MMIO_SELECT = 0x00,
	MMIO_WINDOW = 0x10,
	MMIO_EOI = 0x40,

	VERSION = 0x20, /* has the EOI register */
	VERSION_PINS_SHIFT = 16,

	RTE_MODE_SHIFT = 8,
	RTE_MODE_LOWEST = 1, /* above it: 2 SMI, 4 NMI, 5 INIT, 7 ExtINT */
	RTE_DEST_SHIFT = 56,
};

#define RTE_LOGICAL    (1ull << 11)
#define RTE_STATUS     (1ull << 12)
#define RTE_REMOTE_IRR (1ull << 14)
#define RTE_LEVEL      (1ull << 15)
#define RTE_MASKED     (1ull << 16)
#define RTE_WRITABLE   (0xff0000000001ffffull & ~(RTE_STATUS | RTE_REMOTE_IRR))

struct ioapic {
	const struct ioapic_ops *ops;
	void *opaque;
	uint32_t *page; /* as the guest reads it */
	unsigned pins;
	uint64_t table[IOAPIC_PINS];
	uint32_t lines;
	uint8_t select;
	uint8_t id;
};

static unsigned delivery_mode(uint64_t entry)
{
	return entry >> RTE_MODE_SHIFT & 7;
}

/* SMI, NMI, INIT and ExtINT are always edges (82093AA 3.2.4: trigger mode). */
static bool is_level(uint64_t entry)
{
	unsigned mode = delivery_mode(entry);

	return entry & RTE_LEVEL && mode <= RTE_MODE_LOWEST;
}

static void send(struct ioapic *ioapic, unsigned pin)
{
	uint64_t entry = ioapic->table[pin];
	unsigned mode = delivery_mode(entry);
	uint64_t address = 0xfee00000 | (entry >> RTE_DEST_SHIFT) << 12;
	uint32_t data = (uint32_t)(entry & 0xff) | mode << 8;

	if (entry & RTE_LOGICAL)
		address |= 1 << 2;
	if (mode == RTE_MODE_LOWEST)
		address |= 1 << 3;
	if (is_level(entry)) {
		data |= 1 << 15 | 1 << 14;
		ioapic->table[pin] |= RTE_REMOTE_IRR;
	}
	ioapic->ops->deliver(ioapic->opaque, address, data);
}

/* A level that is high, not masked, and not being served already. */
static void send_level(struct ioapic *ioapic, unsigned pin)
{
	uint64_t entry = ioapic->table[pin];

	if (is_level(entry) && ioapic->lines >> pin & 1 && !(entry & (RTE_MASKED | RTE_REMOTE_IRR)))
		send(ioapic, pin);
}

static uint32_t register_read(const struct ioapic *ioapic)
{
	unsigned index = ioapic->select - REG_TABLE;

	switch (ioapic->select) {
	case REG_ID:
	case REG_ARBITRATION: return (uint32_t)ioapic->id << 24;
	case REG_VERSION: return VERSION | (ioapic->pins - 1) << VERSION_PINS_SHIFT;
	}
	if (ioapic->select < REG_TABLE || index >= ioapic->pins * 2)
		return 0;
	return (uint32_t)(ioapic->table[index / 2] >> (index & 1) * 32);
}

/* After each change; the guest may be reading. */
static void show(struct ioapic *ioapic)
{
	__atomic_store_n(&ioapic->page[MMIO_SELECT / 4], ioapic->select, __ATOMIC_RELAXED);
	__atomic_store_n(&ioapic->page[MMIO_WINDOW / 4], register_read(ioapic), __ATOMIC_RELEASE);
}

void ioapic_set_line(struct ioapic *ioapic, unsigned pin, bool level)
{
	uint32_t bit;
	bool rises;

	if (pin >= ioapic->pins)
		return;
	bit = 1u << pin;
	rises = level && !(ioapic->lines & bit);
	ioapic->lines = level ? ioapic->lines | bit : ioapic->lines & ~bit;
	if (is_level(ioapic->table[pin]))
		send_level(ioapic, pin);
	else if (rises && !(ioapic->table[pin] & RTE_MASKED))
		send(ioapic, pin);
	show(ioapic);
}

void ioapic_eoi(struct ioapic *ioapic, uint8_t vector)
{
	for (unsigned pin = 0; pin < ioapic->pins; pin++) {
		uint64_t entry = ioapic->table[pin];

		if (!(entry & RTE_REMOTE_IRR) || (entry & 0xff) != vector)
			continue;
		ioapic->table[pin] = entry & ~RTE_REMOTE_IRR;
		send_level(ioapic, pin);
	}
	show(ioapic);
}

bool ioapic_is_masked(const struct ioapic *ioapic, unsigned pin)
{
	return pin >= ioapic->pins || ioapic->table[pin] & RTE_MASKED;
}

static void set_entry(struct ioapic *ioapic, unsigned pin, uint64_t value)
{
	uint64_t before = ioapic->table[pin];
	uint64_t after = (value & RTE_WRITABLE) | (before & RTE_REMOTE_IRR);
	bool is_change = (before ^ after) & RTE_MASKED;

	/* Guests clear a stuck remote IRR by switching the pin to edge and back. */
	if (!is_level(after))
		after &= ~RTE_REMOTE_IRR;
	/* Sources catch up while the pin is masked still: their edges are lost, as on hardware. */
	if (is_change && !(after & RTE_MASKED) && ioapic->ops->listen)
		ioapic->ops->listen(ioapic->opaque, pin, true);
	ioapic->table[pin] = after;
	if (is_change && after & RTE_MASKED && ioapic->ops->listen)
		ioapic->ops->listen(ioapic->opaque, pin, false);
	send_level(ioapic, pin);
}

static void register_write(struct ioapic *ioapic, uint32_t value)
{
	unsigned index = ioapic->select - REG_TABLE;
	uint64_t entry;

	if (ioapic->select == REG_ID)
		ioapic->id = value >> 24 & 0xf;
	if (ioapic->select < REG_TABLE || index >= ioapic->pins * 2)
		return;
	entry = ioapic->table[index / 2];
	if (index & 1)
		entry = (uint32_t)entry | (uint64_t)value << 32;
	else
		entry = (entry & 0xffffffff00000000ull) | value;
	set_entry(ioapic, index / 2, entry);
}

/* Registers are 32 bits wide; a narrower access works on the low bytes, as guests use it for the select
 * register. */
static uint64_t mmio_read(void *opaque, uint64_t offset, unsigned size)
{
	struct ioapic *ioapic = opaque;

	switch (offset) {
	case MMIO_SELECT: return ioapic->select;
	case MMIO_WINDOW: return register_read(ioapic);
	default: return 0;
	}
}

static void mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
	struct ioapic *ioapic = opaque;

	switch (offset) {
	case MMIO_SELECT: ioapic->select = (uint8_t)value; break;
	case MMIO_WINDOW: register_write(ioapic, (uint32_t)value); break;
	case MMIO_EOI: ioapic_eoi(ioapic, (uint8_t)value); break;
	}
	show(ioapic);
}

static const struct io_handler mmio_handler = { mmio_read, mmio_write, 4 };

int ioapic_attach(struct ioapic *ioapic, struct io_bus *bus)
{
	return io_bus_add_mmio(bus, IOAPIC_GPA, IOAPIC_MMIO_SIZE, &mmio_handler, ioapic);
}

void *ioapic_page(struct ioapic *ioapic)
{
	return ioapic->page;
}

void ioapic_reset(struct ioapic *ioapic)
{
	for (unsigned pin = 0; pin < ioapic->pins; pin++)
		set_entry(ioapic, pin, RTE_MASKED);
	ioapic->select = 0;
	ioapic->id = 0;
	show(ioapic);
}

int ioapic_new(unsigned pins, const struct ioapic_ops *ops, void *opaque, struct ioapic **ret_ioapic)
{
	struct ioapic *ioapic = calloc(1, sizeof(*ioapic));

	if (!ioapic)
		return -ENOMEM;
	ioapic->page = aligned_alloc(IOAPIC_MMIO_SIZE, IOAPIC_MMIO_SIZE);
	if (!ioapic->page) {
		free(ioapic);
		return -ENOMEM;
	}
	memset(ioapic->page, 0, IOAPIC_MMIO_SIZE);
	ioapic->pins = pins < IOAPIC_PINS ? pins : IOAPIC_PINS;
	ioapic->ops = ops;
	ioapic->opaque = opaque;
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++)
		ioapic->table[pin] = RTE_MASKED;
	show(ioapic);
	*ret_ioapic = ioapic;
	return 0;
}

struct ioapic *ioapic_free(struct ioapic *ioapic)
{
	if (ioapic)
		free(ioapic->page);
	free(ioapic);
	return NULL;
}

void ioapic_state(struct ioapic *ioapic, struct state *state)
{
	if (!state_begin(state, "ioapic", 1))
		return;
	for (unsigned pin = 0; pin < IOAPIC_PINS; pin++) {
		state_u64(state, &ioapic->table[pin]);
		ioapic->table[pin] &= RTE_WRITABLE | RTE_REMOTE_IRR;
	}
	state_u32(state, &ioapic->lines);
	state_u8(state, &ioapic->select);
	state_u8(state, &ioapic->id);
	state_end(state);
	ioapic->lines &= (uint32_t)((UINT64_C(1) << ioapic->pins) - 1);
	show(ioapic);
}
