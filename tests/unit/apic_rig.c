/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "apic_rig.h"

unsigned failures;
struct vp vps[COUNT];
struct apic apics[COUNT];
struct apic_bus bus;
uint64_t tsc;

static struct vp *vp_of(struct apic *apic)
{
	return apic->owner;
}

static void on_kick(struct apic *apic)
{
	vp_of(apic)->kicks++;
}

static uint64_t on_read_tsc(struct apic *apic)
{
	return tsc;
}

static uint64_t on_tsc_hz(struct apic *apic)
{
	return TSC_HZ;
}

static void on_set_timer(struct apic *apic, uint64_t deadline)
{
	vp_of(apic)->timer = deadline;
}

static void on_eoi(struct apic *apic, uint8_t vector)
{
	vp_of(apic)->eoi = vector;
}

const struct apic_ops ops = { on_kick, on_read_tsc, on_tsc_hz, on_set_timer, on_eoi };

void write_reg(unsigned id, uint32_t reg, uint32_t value)
{
	apic_mmio_write(&apics[id], reg << 4, value);
}

uint32_t read_reg(unsigned id, uint32_t reg)
{
	return apic_mmio_read(&apics[id], reg << 4);
}

void reset(unsigned count)
{
	memset(vps, 0, sizeof(vps));
	memset(apics, 0, sizeof(apics));
	tsc = 1000000;
	apic_bus_init(&bus);
	for (unsigned i = 0; i < count; i++) {
		apic_init(&apics[i], &bus, i, &ops, &vps[i]);
		write_reg(i, APIC_SVR, 0x1ff);
		vps[i] = (struct vp){ .timer = UINT64_MAX, .eoi = -1 };
	}
}

void x2_enable(unsigned id)
{
	uint64_t base;

	apic_msr_read(&apics[id], 0x1b, &base);
	CHECK(apic_msr_write(&apics[id], 0x1b, base | BASE_EXTD) == 0, "x2APIC mode of %u", id);
}

bool has_irr(unsigned id, uint8_t vector)
{
	return atomic_load(&apics[id].irr[vector / 64]) >> (vector % 64) & 1;
}

uint64_t take_receivers(uint8_t vector)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		if (apics[i].ops && has_irr(i, vector))
			set |= 1ull << i;
		atomic_store(&apics[i].irr[vector / 64], 0);
	}
	return set;
}

uint64_t take_events(uint32_t event)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < COUNT; i++)
		if (atomic_exchange(&apics[i].events, 0) & event)
			set |= 1ull << i;
	return set;
}

int x2_write(unsigned id, uint32_t reg, uint64_t value)
{
	return apic_msr_write(&apics[id], 0x800 + reg, value);
}

uint64_t msi(uint8_t destination, bool logical, uint32_t data)
{
	unsigned accepted =
	    apic_deliver_msi(&bus, 0xfee00000 | (uint32_t)destination << 12 | (logical ? 4 : 0), data | 0x77);
	uint64_t set = take_receivers(0x77);

	CHECK(accepted == (unsigned)__builtin_popcountll(set), "%u accepted, set %lx", accepted, set);
	return set;
}
