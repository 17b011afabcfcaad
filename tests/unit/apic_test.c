/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC with a fake clock: registers, priorities, EOI, IPIs and MSIs in every addressing mode, timer
 * modes, mode changes, ExtINT.
 */
#include "core/apic_priv.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

static unsigned failures;

#define CHECK(condition, ...)                                                                                \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			failures++;                                                                          \
			fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition);                      \
			fprintf(stderr, __VA_ARGS__);                                                        \
			fputc('\n', stderr);                                                                 \
		}                                                                                            \
	} while (0)

enum { COUNT = 40, TSC_HZ = 2000000000, TICKS_PER_COUNT = TSC_HZ / APIC_BUS_HZ };

struct vp { /* the owner of an APIC */
	_Atomic unsigned kicks;
	uint64_t timer;
	int eoi;
};

static struct vp vps[COUNT];
static struct apic apics[COUNT];
static struct apic_bus bus;
static uint64_t tsc;

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

static const struct apic_ops ops = { on_kick, on_read_tsc, on_tsc_hz, on_set_timer, on_eoi };

static void write_reg(unsigned id, uint32_t reg, uint32_t value)
{
	apic_mmio_write(&apics[id], reg << 4, value);
}

static uint32_t read_reg(unsigned id, uint32_t reg)
{
	return apic_mmio_read(&apics[id], reg << 4);
}

/* All APICs after reset, software-enabled. */
static void reset(unsigned count)
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

static void x2_enable(unsigned id)
{
	uint64_t base;

	apic_msr_read(&apics[id], 0x1b, &base);
	CHECK(apic_msr_write(&apics[id], 0x1b, base | BASE_EXTD) == 0, "x2APIC mode of %u", id);
}

static bool has_irr(unsigned id, uint8_t vector)
{
	return atomic_load(&apics[id].irr[vector / 64]) >> (vector % 64) & 1;
}

/* Which APICs have that vector, as a set; and forgets it. */
static uint64_t take_receivers(uint8_t vector)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		if (apics[i].ops && has_irr(i, vector))
			set |= 1ull << i;
		atomic_store(&apics[i].irr[vector / 64], 0);
	}
	return set;
}

static uint64_t take_events(uint32_t event)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < COUNT; i++)
		if (atomic_exchange(&apics[i].events, 0) & event)
			set |= 1ull << i;
	return set;
}

/* --- reset and registers ---------------------------------------------------------------------------------
 */

static void test_reset(void)
{
	uint64_t value = 0;

	memset(apics, 0, sizeof(apics));
	apic_bus_init(&bus);
	for (unsigned i = 0; i < 2; i++) {
		apic_init(&apics[i], &bus, i, &ops, &vps[i]);
		CHECK(apic_msr_read(&apics[i], 0x1b, &value) == 0 && value == (i ? 0xfee00800 : 0xfee00900),
		      "base %lx", value);
		CHECK(read_reg(i, APIC_ID) == i << 24 && read_reg(i, APIC_VERSION) == 0x60014, "id, version");
		CHECK(read_reg(i, APIC_SVR) == 0xff && read_reg(i, APIC_DFR) == 0xffffffff &&
			  read_reg(i, APIC_LDR) == 0,
		      "SVR, DFR, LDR");
		CHECK(read_reg(i, APIC_LVT_TIMER) == 0x10000 && read_reg(i, APIC_LVT_ERROR) == 0x10000,
		      "LVT");
		CHECK(read_reg(i, APIC_LVT_LINT0) == (i ? 0x10000 : 0x700), "LINT0 %x",
		      read_reg(i, APIC_LVT_LINT0));
		CHECK(apic_pending_vector(&apics[i]) == -1, "pending");
	}
	/* INIT keeps the id and the base. */
	write_reg(1, APIC_SVR, 0x1ff);
	write_reg(1, APIC_TPR, 0x30);
	CHECK(apic_msr_write(&apics[1], 0x1b, 0xfed00800) == 0, "base");
	apic_reset(&apics[1], true);
	CHECK(read_reg(1, APIC_SVR) == 0xff && read_reg(1, APIC_TPR) == 0 && read_reg(1, APIC_ID) == 1 << 24,
	      "INIT");
	CHECK(apic_is_mmio_page(&apics[1], 0xfed00000) && !apic_is_mmio_page(&apics[1], 0xfee00000),
	      "INIT and the base");
	apic_reset(&apics[1], false);
	CHECK(apic_is_mmio_page(&apics[1], 0xfee00000), "RESET and the base");
}

/* Reserved bits of each register read as 0 after a write of ones. */
static void test_writable_bits(void)
{
	static const struct {
		uint32_t reg, kept;
	} cases[] = {
		{ APIC_TPR, 0xff },
		{ APIC_LDR, 0xff000000 },
		{ APIC_DFR, 0xffffffff },
		{ APIC_SVR, 0x3ff },
		{ APIC_LVT_TIMER, 0x700ff },
		{ APIC_LVT_CMCI, 0x107ff },
		{ APIC_LVT_THERMAL, 0x107ff },
		{ APIC_LVT_PERF, 0x107ff },
		{ APIC_LVT_LINT0, 0x1a7ff },
		{ APIC_LVT_LINT1, 0x1a7ff },
		{ APIC_LVT_ERROR, 0x100ff },
		{ APIC_DIVIDE, 0xb },
		{ APIC_ICR_HIGH, 0xff000000 },
		{ APIC_VERSION, 0x60014 },
		{ APIC_ID, 0 },
		{ APIC_EOI, 0 },
		{ APIC_ISR, 0 },
		{ APIC_IRR + 7, 0 },
	};

	reset(1);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_reg(0, cases[i].reg, 0xffffffff);
		CHECK(read_reg(0, cases[i].reg) == cases[i].kept, "register %x: %x", cases[i].reg,
		      read_reg(0, cases[i].reg));
	}
	reset(1);
	write_reg(0, APIC_DFR, 0);
	CHECK(read_reg(0, APIC_DFR) == 0x0fffffff, "DFR %x", read_reg(0, APIC_DFR));
	/* Within a register's 16 bytes, only the first word is one. */
	apic_mmio_write(&apics[0], 0x84, 0xff);
	CHECK(read_reg(0, APIC_TPR) == 0 && apic_mmio_read(&apics[0], 0x34) == 0, "words between registers");
}

static void test_errors(void)
{
	reset(1);
	write_reg(0, APIC_LVT_ERROR, 0xfe);
	read_reg(0, 0x3d);
	CHECK(has_irr(0, 0xfe), "error interrupt");
	CHECK(read_reg(0, APIC_ESR) == 0, "ESR before a write");
	write_reg(0, APIC_ESR, 0);
	CHECK(read_reg(0, APIC_ESR) == 0x80, "ESR %x", read_reg(0, APIC_ESR));
	write_reg(0, APIC_ESR, 0);
	CHECK(read_reg(0, APIC_ESR) == 0, "ESR %x", read_reg(0, APIC_ESR));
	write_reg(0, APIC_ICR, 0x4000f); /* to itself: vector 15 */
	write_reg(0, APIC_ESR, 0);
	CHECK(read_reg(0, APIC_ESR) == 0x20 && !has_irr(0, 15), "ESR %x", read_reg(0, APIC_ESR));
	read_reg(0, APIC_PPR);
	write_reg(0, APIC_PPR, 5);
	write_reg(0, APIC_ESR, 0);
	CHECK(read_reg(0, APIC_ESR) == 0, "a read-only register is an error");
}

/*
 * A software-disabled APIC takes no fixed interrupts and masks its LVT, but keeps what it has and takes NMI
 * and INIT.
 */
static void test_software_disable(void)
{
	reset(2);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	write_reg(0, APIC_LVT_LINT0, 0x700);
	apic_post_vector(&apics[0], 0x50, false);
	write_reg(0, APIC_SVR, 0xff);
	CHECK(read_reg(0, APIC_LVT_TIMER) == 0x10030 && read_reg(0, APIC_LVT_LINT0) == 0x10700,
	      "LVT is not masked");
	write_reg(0, APIC_LVT_TIMER, 0x31);
	CHECK(read_reg(0, APIC_LVT_TIMER) == 0x10031, "LVT can be unmasked");
	CHECK(apic_pending_vector(&apics[0]) == 0x50, "IRR is lost");
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 0x41) == 0 && !has_irr(0, 0x41), "fixed interrupt");
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 0x400) == 1 && take_events(APIC_EVENT_NMI) == 1, "NMI");
	write_reg(0, APIC_SVR, 0x1ff);
	CHECK(read_reg(0, APIC_LVT_TIMER) == 0x10031, "LVT is unmasked by itself");
}

/*
 * --- priorities
 * ----------------------------------------------------------------------------------------------
 */

static void test_priority(void)
{
	reset(1);
	for (unsigned vector = 16; vector < 256; vector++) {
		for (unsigned tpr = 0; tpr < 256; tpr += 8) {
			bool taken = vector >> 4 > tpr >> 4;

			write_reg(0, APIC_TPR, tpr);
			apic_post_vector(&apics[0], (uint8_t)vector, false);
			CHECK(apic_pending_vector(&apics[0]) == (taken ? (int)vector : -1),
			      "vector %x, TPR %x", vector, tpr);
			CHECK(read_reg(0, APIC_PPR) == tpr && apic_get_cr8(&apics[0]) == tpr >> 4, "PPR %x",
			      read_reg(0, APIC_PPR));
			take_receivers((uint8_t)vector);
		}
	}
	apic_post_vector(&apics[0], 15, false);
	CHECK(!has_irr(0, 15), "an illegal vector");
}

static void test_nesting(void)
{
	reset(1);
	apic_post_vector(&apics[0], 0x41, false);
	apic_post_vector(&apics[0], 0x45, false);
	CHECK(vps[0].kicks == 2, "%u kicks", vps[0].kicks);
	CHECK(apic_pending_vector(&apics[0]) == 0x45, "highest first");
	apic_accept(&apics[0], 0x45);
	CHECK(!has_irr(0, 0x45) && read_reg(0, APIC_ISR + 2) == 1 << 5, "IRR to ISR");
	CHECK(read_reg(0, APIC_PPR) == 0x40 && apic_pending_vector(&apics[0]) == -1, "the same class waits");
	apic_post_vector(&apics[0], 0x50, false);
	CHECK(apic_pending_vector(&apics[0]) == 0x50, "a higher class does not");
	apic_accept(&apics[0], 0x50);
	apic_post_vector(&apics[0], 0x45, false); /* again, while in service */
	vps[0].kicks = 0;
	write_reg(0, APIC_EOI, 0);
	CHECK(read_reg(0, APIC_PPR) == 0x40 && vps[0].kicks == 0, "EOI of the inner one: PPR %x",
	      read_reg(0, APIC_PPR));
	write_reg(0, APIC_EOI, 0);
	CHECK(read_reg(0, APIC_PPR) == 0 && vps[0].kicks == 1 && apic_pending_vector(&apics[0]) == 0x45,
	      "EOI of the outer one");
	apic_accept(&apics[0], 0x45);
	write_reg(0, APIC_EOI, 0);
	CHECK(apic_pending_vector(&apics[0]) == 0x41, "the lower one at last");
	write_reg(0, APIC_EOI, 0);
	CHECK(vps[0].eoi == -1, "edge-triggered EOI is told");
}

static void test_tpr_kicks(void)
{
	reset(1);
	apic_set_cr8(&apics[0], 5);
	CHECK(read_reg(0, APIC_TPR) == 0x50, "TPR %x", read_reg(0, APIC_TPR));
	apic_post_vector(&apics[0], 0x51, false);
	vps[0].kicks = 0;
	apic_set_cr8(&apics[0], 6);
	CHECK(vps[0].kicks == 0, "raising");
	apic_set_cr8(&apics[0], 5);
	CHECK(vps[0].kicks == 0, "not low enough");
	apic_set_cr8(&apics[0], 4);
	CHECK(vps[0].kicks == 1 && apic_pending_vector(&apics[0]) == 0x51, "low enough");
}

static void test_level(void)
{
	reset(1);
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 0xc000 | 0x61) == 1, "level-triggered");
	CHECK(read_reg(0, APIC_TMR + 3) == 2, "TMR");
	apic_accept(&apics[0], 0x61);
	write_reg(0, APIC_EOI, 0);
	CHECK(vps[0].eoi == 0x61, "EOI %d", vps[0].eoi);
	vps[0].eoi = -1;
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 0x61) == 1 && read_reg(0, APIC_TMR + 3) == 0,
	      "edge-triggered");
	apic_accept(&apics[0], 0x61);
	write_reg(0, APIC_EOI, 0);
	CHECK(vps[0].eoi == -1, "EOI %d", vps[0].eoi);
	write_reg(0, APIC_EOI, 0); /* with nothing in service */
	CHECK(vps[0].eoi == -1, "EOI of nothing");
}

/*
 * --- destinations
 * ----------------------------------------------------------------------------------------------
 */

static uint64_t msi(uint8_t destination, bool logical, uint32_t data)
{
	unsigned accepted =
	    apic_deliver_msi(&bus, 0xfee00000 | (uint32_t)destination << 12 | (logical ? 4 : 0), data | 0x77);
	uint64_t set = take_receivers(0x77);

	CHECK(accepted == (unsigned)__builtin_popcountll(set), "%u accepted, set %lx", accepted, set);
	return set;
}

static void test_physical(void)
{
	reset(8);
	for (unsigned i = 0; i < 8; i++)
		CHECK(msi((uint8_t)i, false, 0) == 1ull << i, "to %u", i);
	CHECK(msi(8, false, 0) == 0 && msi(0x80, false, 0) == 0, "to nobody");
	CHECK(msi(0xff, false, 0) == 0xff, "to all");
	CHECK(apic_deliver_msi(&bus, 0xfed00000, 0x77) == 0 && apic_deliver_msi(&bus, 0x1fee00000, 0x77) == 0,
	      "not an MSI address");
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 5) == 0, "illegal vector");
	CHECK(apic_deliver_msi(&bus, 0xfee00000, 0x677) == 0 &&
		  apic_deliver_msi(&bus, 0xfee00000, 0x377) == 0 &&
		  apic_deliver_msi(&bus, 0xfee00000, 0x777) == 0,
	      "delivery modes that are none for a device");
}

static void test_flat(void)
{
	reset(8);
	for (unsigned i = 0; i < 8; i++)
		write_reg(i, APIC_LDR, 1u << (24 + i));
	for (unsigned set = 0; set < 256; set++)
		CHECK(msi((uint8_t)set, true, 0) == set, "flat %x", set);
	/* Nobody without a logical id, but all of them by broadcast. */
	write_reg(3, APIC_LDR, 0);
	CHECK(msi(0x0c, true, 0) == 4 && msi(0xff, true, 0) == 0xff, "no logical id");
}

static void test_cluster(void)
{
	reset(12);
	for (unsigned i = 0; i < 12; i++) {
		write_reg(i, APIC_DFR, 0x0fffffff);
		write_reg(i, APIC_LDR, (i / 4) << 28 | 1u << (24 + i % 4));
	}
	for (unsigned cluster = 0; cluster < 15; cluster++)
		for (unsigned set = 0; set < 16; set++)
			CHECK(msi((uint8_t)(cluster << 4 | set), true, 0) ==
				  (cluster < 3 ? (uint64_t)set << cluster * 4 : 0),
			      "cluster %u, %x", cluster, set);
	CHECK(msi(0xf2, true, 0) == 0x222, "member 1 of every cluster");
	CHECK(msi(0xff, true, 0) == 0xfff, "broadcast");
}

static void test_lowest(void)
{
	unsigned seen[8] = { 0 };

	reset(8);
	for (unsigned i = 0; i < 8; i++)
		write_reg(i, APIC_LDR, 1u << (24 + i));
	write_reg(5, APIC_SVR, 0xff);
	for (unsigned i = 0; i < 700; i++) {
		uint64_t set = i % 2 ? msi(0xf0, true, 0x100) : 0;

		if (!(i % 2)) { /* redirection hint */
			CHECK(apic_deliver_msi(&bus, 0xfee00000 | 0xf0 << 12 | 0xc, 0x77) == 1, "one");
			set = take_receivers(0x77);
		}
		CHECK(set && !(set & (set - 1)) && !(set & ~0xd0ull), "lowest %lx", set);
		seen[__builtin_ctzll(set)]++;
	}
	CHECK(seen[4] > 100 && seen[6] > 100 && seen[7] > 100, "%u %u %u", seen[4], seen[6], seen[7]);
	CHECK(msi(0x20, true, 0x100) == 0, "lowest among the disabled");
}

static void ipi(unsigned from, uint8_t destination, uint32_t low)
{
	write_reg(from, APIC_ICR_HIGH, (uint32_t)destination << 24);
	write_reg(from, APIC_ICR, low);
	CHECK(!(read_reg(from, APIC_ICR) & 1 << 12), "delivery is pending");
}

static void test_ipi(void)
{
	reset(6);
	for (unsigned i = 0; i < 6; i++)
		write_reg(i, APIC_LDR, 1u << (24 + i));
	ipi(2, 4, 0x4077);
	CHECK(take_receivers(0x77) == 1 << 4, "physical");
	ipi(2, 0x2a, 0x4877);
	CHECK(take_receivers(0x77) == 0x2a, "logical");
	ipi(2, 0xff, 0x4077);
	CHECK(take_receivers(0x77) == 0x3f, "broadcast");
	ipi(2, 9, 0x44077);
	CHECK(take_receivers(0x77) == 1 << 2, "self");
	ipi(2, 9, 0x84077);
	CHECK(take_receivers(0x77) == 0x3f, "all");
	ipi(2, 9, 0xc4077);
	CHECK(take_receivers(0x77) == 0x3b, "others");
	ipi(2, 3, 0x4400);
	CHECK(take_events(APIC_EVENT_NMI) == 1 << 3, "NMI");
	ipi(2, 3, 0xc4400);
	CHECK(take_events(APIC_EVENT_NMI) == 0x3b, "NMI to others");
	ipi(2, 3, 0x44400);
	CHECK(take_events(APIC_EVENT_NMI) == 0, "NMI by the self shorthand");
	ipi(2, 3, 0x4200);
	CHECK(take_events(~0u) == 0, "SMI");
	ipi(2, 3, 0x4700);
	CHECK(take_events(~0u) == 0, "ExtINT");
	ipi(2, 3, 0x4100 | 0x77);
	CHECK(take_receivers(0x77) == 1 << 3, "lowest priority");
}

/* The sequence that starts a processor (SDM 3, 9.4.4). */
static void test_init_sipi(void)
{
	reset(3);
	ipi(0, 1, 0xc500);
	CHECK(take_events(APIC_EVENT_INIT) == 1 << 1, "INIT");
	ipi(0, 1, 0x8500);
	CHECK(take_events(~0u) == 0, "INIT de-assert");
	ipi(0, 1, 0x469a);
	CHECK(take_events(APIC_EVENT_SIPI) == 1 << 1 && atomic_load(&apics[1].sipi_vector) == 0x9a, "SIPI");
	ipi(0, 0, 0xc4603);
	CHECK(take_events(APIC_EVENT_SIPI) == 6 && atomic_load(&apics[2].sipi_vector) == 3, "SIPI to others");
	write_reg(1, APIC_SVR, 0xff);
	ipi(0, 1, 0x4500);
	CHECK(take_events(APIC_EVENT_INIT) == 1 << 1, "INIT of a software-disabled APIC");
}

/*
 * --- x2APIC
 * -------------------------------------------------------------------------------------------------------
 */

static int x2_write(unsigned id, uint32_t reg, uint64_t value)
{
	return apic_msr_write(&apics[id], 0x800 + reg, value);
}

static void test_x2_destinations(void)
{
	uint64_t value = 0;

	reset(COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		x2_enable(i);
		CHECK(apic_msr_read(&apics[i], 0x80d, &value) == 0 &&
			  value == ((uint64_t)(i / 16) << 16 | 1u << i % 16),
		      "LDR %lx", value);
		CHECK(apic_msr_read(&apics[i], 0x802, &value) == 0 && value == i, "id %lx", value);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		CHECK(x2_write(3, APIC_ICR, (uint64_t)i << 32 | 0x4077) == 0 &&
			  take_receivers(0x77) == 1ull << i,
		      "physical %u", i);
		CHECK(msi((uint8_t)i, false, 0) == 1ull << i, "MSI to %u", i);
	}
	CHECK(x2_write(3, APIC_ICR, 0xff00000077) == 0 && take_receivers(0x77) == 0, "0xff is no broadcast");
	CHECK(x2_write(3, APIC_ICR, 0xffffffff00000077) == 0 && take_receivers(0x77) == (1ull << COUNT) - 1,
	      "broadcast");
	CHECK(x2_write(3, APIC_ICR, 0x00018421ull << 32 | 0x877) == 0 && take_receivers(0x77) == 0x8421ull
												     << 16,
	      "cluster 1");
	CHECK(x2_write(3, APIC_ICR, 0x00020081ull << 32 | 0x877) == 0 && take_receivers(0x77) == 0x81ull
												     << 32,
	      "cluster 2");
	CHECK(x2_write(3, APIC_ICR, 0x0003ffffull << 32 | 0x877) == 0 && take_receivers(0x77) == 0,
	      "a cluster without members");
	CHECK(x2_write(3, APIC_ICR, 0xc0077) == 0 && take_receivers(0x77) == ((1ull << COUNT) - 1 - 8),
	      "others");
	CHECK(x2_write(3, APIC_SELF_IPI, 0x77) == 0 && take_receivers(0x77) == 8, "self IPI");
	CHECK(msi(0x21, true, 0) == 0x21, "logical MSI reaches cluster 0");
	CHECK(apic_msr_read(&apics[3], 0x830, &value) == 0 && value == 0xc0077, "ICR %lx", value);
}

static void test_x2_registers(void)
{
	/* Writes that give #GP, and one bit beyond what each register has. */
	static const struct {
		uint32_t reg;
		uint64_t bad;
	} cases[] = {
		{ APIC_ID, 0 },
		{ APIC_VERSION, 0 },
		{ APIC_PPR, 0 },
		{ APIC_LDR, 0 },
		{ APIC_DFR, 0 },
		{ APIC_APR, 0 },
		{ APIC_RRD, 0 },
		{ APIC_ISR, 0 },
		{ APIC_IRR + 7, 0 },
		{ APIC_TMR, 0 },
		{ APIC_CURRENT_COUNT, 0 },
		{ APIC_ICR_HIGH, 0 },
		{ 0, 0 },
		{ 0x3d, 0 },
		{ 0x40, 0 },
		{ 0xff, 0 },
		{ APIC_TPR, 0x100 },
		{ APIC_EOI, 1 },
		{ APIC_ESR, 1 },
		{ APIC_SVR, 0x400 },
		{ APIC_SVR, 1ull << 32 },
		{ APIC_LVT_TIMER, 0x80000 },
		{ APIC_LVT_TIMER, 0x100 },
		{ APIC_LVT_LINT0, 0x800 },
		{ APIC_LVT_ERROR, 0x400 },
		{ APIC_DIVIDE, 4 },
		{ APIC_INITIAL_COUNT, 1ull << 32 },
		{ APIC_SELF_IPI, 0x100 },
		{ APIC_ICR, 0x1000 },
		{ APIC_ICR, 0x2000 },
		{ APIC_ICR, 0x10000 },
		{ APIC_ICR, 0x100000 },
		{ APIC_ICR, 0x80000000 },
	};
	static const uint32_t unreadable[] = { APIC_EOI,      APIC_DFR, APIC_APR, APIC_RRD, APIC_ICR_HIGH,
					       APIC_SELF_IPI, 0,	1,	  4,	    0x3d,
					       0x40,	      0xff };
	uint64_t value = 0;

	reset(1);
	CHECK(apic_msr_read(&apics[0], 0x802, &value) == 1 && x2_write(0, APIC_TPR, 0) == 1,
	      "x2APIC registers in xAPIC mode");
	x2_enable(0);
	CHECK(!apic_is_mmio_page(&apics[0], 0xfee00000), "page in x2APIC mode");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK(x2_write(0, cases[i].reg, cases[i].bad) == 1, "register %x, value %lx", cases[i].reg,
		      cases[i].bad);
	for (unsigned i = 0; i < sizeof(unreadable) / sizeof(unreadable[0]); i++)
		CHECK(apic_msr_read(&apics[0], 0x800 + unreadable[i], &value) == 1, "register %x",
		      unreadable[i]);
	CHECK(x2_write(0, APIC_TPR, 0x35) == 0 && apic_get_cr8(&apics[0]) == 3, "TPR");
	CHECK(x2_write(0, APIC_EOI, 0) == 0 && x2_write(0, APIC_ESR, 0) == 0 &&
		  x2_write(0, APIC_LVT_TIMER, 0x700ff) == 0,
	      "good writes");
	/* As Linux restores virtual wire mode: the read-only bits may be written as 1. */
	CHECK(x2_write(0, APIC_LVT_LINT0, 0x5700) == 0 && apic_msr_read(&apics[0], 0x835, &value) == 0 &&
		  (value & ~(uint64_t)LVT_MASKED) == 0x700,
	      "LINT0 %lx", value);
	CHECK(apic_msr_read(&apics[0], 0x700, &value) == 1 && apic_msr_read(&apics[0], 0x900, &value) == 1,
	      "not ours");
	CHECK(apic_msr_write(&apics[0], 0x900, 0) == 1 && apic_msr_write(&apics[0], 0x1c, 0) == 1,
	      "not ours");
}

/* SDM 3, figure 11-27, all ways between disabled, xAPIC, invalid and x2APIC. */
static void test_base(void)
{
	static const uint64_t modes[3] = { 0, BASE_ENABLE, BASE_ENABLE | BASE_EXTD };
	static const bool allowed[3][3] = { { true, true, false },
					    { true, true, true },
					    { true, false, true } };
	uint64_t value = 0;

	for (unsigned from = 0; from < 3; from++) {
		for (unsigned to = 0; to < 3; to++) {
			reset(1);
			if (from == 0)
				CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00100) == 0, "disable");
			if (from == 2)
				x2_enable(0);
			CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00100 | modes[to]) == !allowed[from][to],
			      "%u to %u", from, to);
			CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00100 | BASE_EXTD) == 1, "EXTD alone");
			CHECK(apic_msr_read(&apics[0], 0x1b, &value) == 0 &&
				  (value & 0xfff) == (0x100 | modes[allowed[from][to] ? to : from]),
			      "%u to %u: %lx", from, to, value);
		}
	}
	reset(1);
	for (unsigned bit = 0; bit < 64; bit++) {
		bool reserved = bit < 8 || bit == 9 || bit >= 40;

		if (bit != 10 && bit != 11)
			CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00900 | 1ull << bit) == reserved, "bit %u",
			      bit);
	}
	reset(2);
	CHECK(apic_msr_write(&apics[1], 0x1b, 0xfee00900) == 0 &&
		  apic_msr_read(&apics[1], 0x1b, &value) == 0 && value == 0xfee00800,
	      "BSP %lx", value);
	/* Off and on again is like a reset. */
	write_reg(0, APIC_TPR, 0x40);
	apic_post_vector(&apics[0], 0x90, false);
	CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00100) == 0, "off");
	CHECK(msi(0, false, 0) == 0 && apic_pending_vector(&apics[0]) == -1,
	      "takes interrupts while it is off");
	CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00900) == 0, "on");
	CHECK(read_reg(0, APIC_TPR) == 0 && read_reg(0, APIC_SVR) == 0xff &&
		  apic_pending_vector(&apics[0]) == -1,
	      "state survives");
}

/*
 * --- ExtINT
 * --------------------------------------------------------------------------------------------------------
 */

static void test_extint(void)
{
	reset(1);
	write_reg(0, APIC_LVT_LINT0, 0x10700);
	apic_set_extint_level(&apics[0], true);
	CHECK(vps[0].kicks == 1 && !apic_extint_pending(&apics[0]), "masked");
	write_reg(0, APIC_LVT_LINT0, 0x700);
	CHECK(vps[0].kicks == 2 && apic_extint_pending(&apics[0]), "unmasked");
	write_reg(0, APIC_TPR, 0xff);
	CHECK(apic_extint_pending(&apics[0]), "TPR blocks it");
	write_reg(0, APIC_LVT_LINT0, 0x30);
	CHECK(!apic_extint_pending(&apics[0]), "LINT0 as a fixed interrupt");
	apic_set_extint_level(&apics[0], true);
	CHECK(vps[0].kicks == 2, "a level that is there already");
	CHECK(apic_msr_write(&apics[0], 0x1b, 0xfee00100) == 0 && apic_extint_pending(&apics[0]),
	      "without the APIC");
	apic_set_extint_level(&apics[0], false);
	CHECK(!apic_extint_pending(&apics[0]), "low");
}

/* --- timer
 * ------------------------------------------------------------------------------------------------------------
 */

/* What the engine does: calls when the deadline has come. Returns whether the vector arrived. */
static bool advance(uint64_t ticks)
{
	tsc += ticks;
	if (vps[0].timer <= tsc)
		apic_timer_expired(&apics[0]);
	return take_receivers(0x30) == 1;
}

static void test_one_shot(void)
{
	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	write_reg(0, APIC_DIVIDE, 0xb);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	CHECK(vps[0].timer == tsc + 1000 * TICKS_PER_COUNT, "deadline");
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 1000 && read_reg(0, APIC_INITIAL_COUNT) == 1000, "count");
	CHECK(!advance(400 * TICKS_PER_COUNT) && read_reg(0, APIC_CURRENT_COUNT) == 600, "count %u",
	      read_reg(0, APIC_CURRENT_COUNT));
	CHECK(!advance(600 * TICKS_PER_COUNT - 1), "early");
	apic_timer_expired(&apics[0]); /* a wake-up that comes too soon */
	CHECK(!has_irr(0, 0x30) && vps[0].timer == tsc + 1, "spurious");
	CHECK(advance(1), "late");
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 0, "count");
	CHECK(!advance(1u << 31), "again");
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	write_reg(0, APIC_INITIAL_COUNT, 0);
	CHECK(vps[0].timer == UINT64_MAX && !advance(1u << 31), "stopped");
}

static void test_divide(void)
{
	static const struct {
		uint32_t code, divisor;
	} cases[] = { { 0, 2 }, { 1, 4 }, { 2, 8 }, { 3, 16 }, { 8, 32 }, { 9, 64 }, { 10, 128 }, { 11, 1 } };

	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	for (unsigned i = 0; i < 8; i++) {
		write_reg(0, APIC_DIVIDE, cases[i].code);
		write_reg(0, APIC_INITIAL_COUNT, 0xffffffff);
		CHECK(vps[0].timer == tsc + 0xffffffffull * cases[i].divisor * TICKS_PER_COUNT,
		      "divide by %u", cases[i].divisor);
		CHECK(read_reg(0, APIC_CURRENT_COUNT) == 0xffffffff, "divide by %u", cases[i].divisor);
	}
	/* Changed in the middle: the count goes on from where it is. */
	write_reg(0, APIC_DIVIDE, 11);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	tsc += 500 * TICKS_PER_COUNT;
	write_reg(0, APIC_DIVIDE, 0);
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 500 && vps[0].timer == tsc + 1000 * TICKS_PER_COUNT, "%u",
	      read_reg(0, APIC_CURRENT_COUNT));
}

static void test_periodic(void)
{
	uint64_t start;

	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x20030);
	write_reg(0, APIC_DIVIDE, 0xb);
	start = tsc;
	write_reg(0, APIC_INITIAL_COUNT, 200000); /* a millisecond */
	for (unsigned i = 1; i <= 5; i++) {
		CHECK(advance(start + i * 2000000ull + 17 - tsc), "period %u", i);
		CHECK(vps[0].timer == start + (i + 1) * 2000000ull, "drifts");
		CHECK(read_reg(0, APIC_CURRENT_COUNT) == 200000 - 2, "%u", read_reg(0, APIC_CURRENT_COUNT));
	}
	CHECK(advance(10 * 2000000), "after a long sleep");
	CHECK(!advance(0) && vps[0].timer == start + 16 * 2000000ull, "missed ticks are made up for");
	/* Masked, it wakes nobody, but counts on. */
	write_reg(0, APIC_LVT_TIMER, 0x30030);
	CHECK(vps[0].timer == UINT64_MAX, "armed while masked");
	tsc += 7 * 2000000 + 1000000;
	CHECK(read_reg(0, APIC_CURRENT_COUNT) > 99000 && read_reg(0, APIC_CURRENT_COUNT) < 101000, "%u",
	      read_reg(0, APIC_CURRENT_COUNT));
	write_reg(0, APIC_LVT_TIMER, 0x20030);
	CHECK(vps[0].timer == start + 23 * 2000000ull, "not armed again");
	/* A period that is too short to be served. */
	write_reg(0, APIC_INITIAL_COUNT, 1);
	CHECK(vps[0].timer >= tsc + TSC_HZ / 20000, "storm");
	for (unsigned i = 0; i < 10; i++) {
		CHECK(advance(vps[0].timer - tsc), "short period");
		CHECK(vps[0].timer >= tsc + TSC_HZ / 20000, "storm");
	}
}

static void test_deadline(void)
{
	uint64_t value = 1;

	reset(1);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 100) == 0 &&
		  apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0,
	      "in another mode the MSR is 0");
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0 && vps[0].timer == tsc + 1000, "armed");
	CHECK(apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == tsc + 1000, "%lx", value);
	write_reg(0, APIC_INITIAL_COUNT, 5);
	CHECK(read_reg(0, APIC_INITIAL_COUNT) == 0 && read_reg(0, APIC_CURRENT_COUNT) == 0 &&
		  vps[0].timer == tsc + 1000,
	      "counts are ignored");
	CHECK(!advance(999) && advance(1), "fires");
	CHECK(apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0 && !advance(1u << 30), "fired once");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc - 5) == 0 && advance(0), "a deadline in the past");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0 && apic_msr_write(&apics[0], 0x6e0, 0) == 0 &&
		  vps[0].timer == UINT64_MAX,
	      "disarmed");
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0, "armed");
	write_reg(0, APIC_LVT_TIMER, 0x30);
	CHECK(vps[0].timer == UINT64_MAX && !advance(2000), "leaving the mode disarms");
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(vps[0].timer == UINT64_MAX && apic_msr_read(&apics[0], 0x6e0, &value) == 0 && value == 0,
	      "entering the mode disarms");
}

static void test_tsc_jump(void)
{
	reset(1);
	write_reg(0, APIC_LVT_TIMER, 0x30);
	write_reg(0, APIC_DIVIDE, 0xb);
	write_reg(0, APIC_INITIAL_COUNT, 1000);
	tsc -= 500000;
	apic_tsc_jumped(&apics[0], (uint64_t)-500000);
	CHECK(read_reg(0, APIC_CURRENT_COUNT) == 1000 && vps[0].timer == tsc + 1000 * TICKS_PER_COUNT,
	      "the count jumps");
	write_reg(0, APIC_LVT_TIMER, 0x40030);
	CHECK(apic_msr_write(&apics[0], 0x6e0, tsc + 1000) == 0, "armed");
	tsc += 5000;
	apic_tsc_jumped(&apics[0], 5000);
	CHECK(advance(0), "a deadline is a TSC value");
}

/* A guest that writes anything anywhere: nothing but its own state suffers. */
static void test_hammer(uint32_t seed, unsigned count)
{
	uint32_t random = seed;

	reset(4);
	for (unsigned i = 0; i < count; i++) {
		unsigned id;
		uint64_t value;

		random = random * 1664525 + 1013904223;
		id = random >> 30;
		value = (uint64_t)(random ^ random >> 7) << (random >> 20 & 31);
		if (random >> 16 & 1)
			apic_mmio_write(&apics[id], (random >> 3 & 0x3f) << 4, (uint32_t)value);
		else if (random >> 17 & 1)
			apic_msr_write(&apics[id], 0x800 + (random >> 3 & 0x3f), value);
		else if (random >> 18 & 1)
			apic_msr_write(&apics[id], 0x6e0, value);
		else if (random >> 19 & 1)
			apic_deliver_msi(&bus, 0xfee00000 | (value & 0xfffff), (uint32_t)(value >> 9));
		else
			apic_msr_write(&apics[id], 0x1b, 0xfee00000 | (random >> 4 & 0xc00));
		tsc += random >> 24;
		apic_mmio_read(&apics[id], (random >> 9 & 0x3f) << 4);
		apic_timer_expired(&apics[id]);
		if (apic_pending_vector(&apics[id]) >= 0)
			apic_accept(&apics[id], (uint8_t)apic_pending_vector(&apics[id]));
		/* Illegal vectors never show up. */
		CHECK(!(atomic_load(&apics[id].irr[0]) & 0xffff) && !(apics[id].isr[0] & 0xffff),
		      "seed %u, step %u", seed, i);
	}
}

/* --- other threads
 * ------------------------------------------------------------------------------------------ */

enum { POSTERS = 4, POSTS = 5000 };
static _Atomic unsigned taken[POSTERS];

/* One after the other, so that none may be merged: a post that is lost hangs here until the limit. */
static void *poster(void *argument)
{
	unsigned n = (unsigned)(uintptr_t)argument;

	for (unsigned i = 0; i < POSTS; i++) {
		if (n % 2)
			apic_deliver_msi(&bus, 0xfee00000, 0x40u + n);
		else
			apic_post_vector(&apics[0], (uint8_t)(0x40 + n), true);
		for (unsigned tries = 0; atomic_load(&taken[n]) == i && tries < 10000000; tries++)
			sched_yield();
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[POSTERS];
	unsigned total = 0, idle = 0;

	reset(1);
	for (uintptr_t i = 0; i < POSTERS; i++)
		pthread_create(&threads[i], NULL, poster, (void *)i);
	while (total < POSTERS * POSTS && idle < 20000000) {
		int vector = apic_pending_vector(&apics[0]);

		if (vector < 0) {
			idle++;
			sched_yield();
			continue;
		}
		apic_accept(&apics[0], (uint8_t)vector);
		vps[0].eoi = -1;
		write_reg(0, APIC_EOI, 0);
		CHECK((vps[0].eoi == vector) == !(vector % 2), "vector %x: EOI %d", (unsigned)vector,
		      vps[0].eoi);
		atomic_fetch_add(&taken[vector - 0x40], 1);
		total++;
	}
	for (unsigned i = 0; i < POSTERS; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < POSTERS; i++)
		CHECK(atomic_load(&taken[i]) == POSTS, "poster %u: %u arrived", i, atomic_load(&taken[i]));
}

int main(void)
{
	test_reset();
	test_writable_bits();
	test_errors();
	test_software_disable();
	test_priority();
	test_nesting();
	test_tpr_kicks();
	test_level();
	test_physical();
	test_flat();
	test_cluster();
	test_lowest();
	test_ipi();
	test_init_sipi();
	test_x2_destinations();
	test_x2_registers();
	test_base();
	test_extint();
	test_one_shot();
	test_divide();
	test_periodic();
	test_deadline();
	test_tsc_jump();
	test_hammer(1, 200000);
	test_threads();
	printf("%u failures\n", failures);
	return failures != 0;
}
