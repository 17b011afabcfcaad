/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the local APIC stand on: APICs with a fake clock, and owners that note what they are told. */
#ifndef UNIT_APIC_RIG_H
#define UNIT_APIC_RIG_H

#include "check.h"

#include "core/apic_priv.h"

#include <string.h>

enum { COUNT = 40, TSC_HZ = 2000000000, TICKS_PER_COUNT = TSC_HZ / APIC_BUS_HZ };

struct vp { /* the owner of an APIC */
	_Atomic unsigned kicks;
	uint64_t timer;
	int eoi;
};

extern struct vp vps[COUNT];
extern struct apic apics[COUNT];
extern struct apic_bus bus;
extern uint64_t tsc;
extern const struct apic_ops ops;

void write_reg(unsigned id, uint32_t reg, uint32_t value);
uint32_t read_reg(unsigned id, uint32_t reg);
/* All APICs after reset, software-enabled. */
void reset(unsigned count);
void x2_enable(unsigned id);
int x2_write(unsigned id, uint32_t reg, uint64_t value);
bool has_irr(unsigned id, uint8_t vector);
/* Which APICs have that vector, as a set; and forgets it. */
uint64_t take_receivers(uint8_t vector);
/* The same of events. */
uint64_t take_events(uint32_t event);
/* An MSI with vector 0x77: which APICs got it. */
uint64_t msi(uint8_t destination, bool logical, uint32_t data);

#endif
