/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and MMIO: every size, read-modify-write, strings, faults between the accesses of one instruction. */
#include "guest.h"

static void mmio_sizes(void)
{
	volatile uint8_t *m = (volatile uint8_t *)MMIO_BASE;
	*(volatile uint64_t *)m = 0x1122334455667788;
	CHECK_EQ(*(volatile uint64_t *)m, 0x1122334455667788);
	CHECK_EQ(*(volatile uint32_t *)(m + 4), 0x11223344);
	CHECK_EQ(*(volatile uint16_t *)(m + 2), 0x5566);
	CHECK_EQ(m[7], 0x11);
	m[1] = 0xee;
	CHECK_EQ(*(volatile uint32_t *)m, 0x5566ee88);
}

static void mmio_modify(void)
{
	volatile uint32_t *m = (volatile uint32_t *)(MMIO_BASE + 64);
	*m = 10;
	__asm__ volatile("addl $5, %0; lock incl %0; notl %0" : "+m"(*m) : : "cc");
	CHECK_EQ(*m, ~16u);
	uint32_t x = 3;
	__asm__ volatile("xchg %0, %1" : "+r"(x), "+m"(*m));
	CHECK_EQ(x, ~16u);
	CHECK_EQ(*m, 3);
	__asm__ volatile("push %1; pop %0" : "=m"(m[2]) : "m"(*(volatile uint64_t *)m));
	CHECK_EQ(m[2], 3);
}

static void mmio_strings(void)
{
	static uint8_t from[64], to[64];
	for (unsigned i = 0; i < 64; i++)
		from[i] = (uint8_t)(i * 3);
	uint64_t si = (uint64_t)from, di = MMIO_BASE + 128, c = 64;
	__asm__ volatile("rep movsb" : "+S"(si), "+D"(di), "+c"(c) : : "memory");
	si = MMIO_BASE + 128, di = (uint64_t)to, c = 8;
	__asm__ volatile("rep movsq" : "+S"(si), "+D"(di), "+c"(c) : : "memory");
	for (unsigned i = 0; i < 64; i++)
		CHECK_EQ(to[i], from[i]);
	si = MMIO_BASE + 128, di = MMIO_BASE + 256, c = 16;
	__asm__ volatile("rep movsl" : "+S"(si), "+D"(di), "+c"(c) : : "memory");
	CHECK_EQ(*(volatile uint8_t *)(MMIO_BASE + 256 + 63), 189);
}

static void mmio_vector(void)
{
	static uint64_t in[2] __attribute__((aligned(16))) = { 5, 6 }, out[2] __attribute__((aligned(16)));
	__asm__ volatile("movaps %1, %%xmm0; movups %%xmm0, (%2); movups (%2), %%xmm1; movaps %%xmm1, %0"
			 : "=m"(out)
			 : "m"(in), "r"(MMIO_BASE + 512)
			 : "memory");
	CHECK_EQ(out[0], 5);
	CHECK_EQ(out[1], 6);
}

static void unmapped(void)
{
	CHECK_EQ(*(volatile uint32_t *)(MMIO_BASE + 0x10000), 0xffffffff);
}

/* Half in memory, half in a device. */
static void crossing(void)
{
	uint64_t va = 0x7000000000;
	map_page(va, FREE_BASE, PG_P | PG_W);
	map_page(va + 4096, MMIO_BASE, PG_P | PG_W);
	*(volatile uint64_t *)MMIO_BASE = 0;
	*(volatile uint64_t *)(va + 4092) = 0x1122334455667788;
	CHECK_EQ(*(volatile uint32_t *)MMIO_BASE, 0x11223344);
	CHECK_EQ(*(volatile uint64_t *)(va + 4092), 0x1122334455667788);
}

static void ports(void)
{
	out8(0xf6, 10);
	CHECK_EQ(in8(0xf6), 10);
	CHECK_EQ(in8(0xf6), 11);
	static uint8_t to[8];
	uint64_t di = (uint64_t)to, c = 8;
	__asm__ volatile("rep insb" : "+D"(di), "+c"(c) : "d"(0xf6) : "memory");
	for (unsigned i = 0; i < 8; i++)
		CHECK_EQ(to[i], 12 + i);
	static const char text[] = "outsb\n";
	uint64_t si = (uint64_t)text;
	c = 6;
	__asm__ volatile("rep outsb" : "+S"(si), "+c"(c) : "d"(0xe9) : "memory");
	CHECK_EQ(c, 0);
	CHECK_EQ(in32(0x1234), 0xffffffff);
}

const struct named_test tests_io[] = {
	{ "mmio_sizes", mmio_sizes },
	{ "mmio_modify", mmio_modify },
	{ "mmio_strings", mmio_strings },
	{ "mmio_vector", mmio_vector },
	{ "mmio_unmapped", unmapped },
	{ "mmio_crossing", crossing },
	{ "ports", ports },
	{ 0 },
};
