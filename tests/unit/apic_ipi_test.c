/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPIs and MSIs of the local APIC in every addressing mode. */
#include "apic_rig.h"

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

int main(void)
{
	test_physical();
	test_flat();
	test_cluster();
	test_lowest();
	test_ipi();
	test_init_sipi();
	test_x2_destinations();
	printf("%u failures\n", failures);
	return failures != 0;
}
