/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The local APIC: registers, priorities, EOI, mode changes, ExtINT; anything written anywhere; other threads. */
#include <pthread.h>
#include <sched.h>

#include "apic_rig.h"

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
	test_x2_registers();
	test_base();
	test_extint();
	test_threads();
	test_hammer(1, 200000);
	printf("%u failures\n", failures);
	return failures != 0;
}
