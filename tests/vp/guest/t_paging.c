/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paging: accessed and dirty bits, write protection, TLB invalidation, global pages, CR3, large pages, SMEP, SMAP. */
#include "guest.h"

#define VA 0x5000000000ull

static void accessed_dirty(void)
{
	map_page(VA, FREE_BASE, PG_P | PG_W);
	volatile uint64_t *entry = page_entry(VA), *p = (volatile uint64_t *)VA;
	(void)*p;
	CHECK_EQ(*entry & (PG_A | PG_D), PG_A);
	*p = 5;
	CHECK_EQ(*entry & (PG_A | PG_D), PG_A | PG_D);
	*entry &= ~(uint64_t)(PG_A | PG_D);
	invlpg(VA);
	*p = 6;
	CHECK_EQ(*entry & (PG_A | PG_D), PG_A | PG_D);
}

static void remap(void)
{
	volatile uint64_t *p = (volatile uint64_t *)VA;
	*(volatile uint64_t *)FREE_BASE = 111;
	*(volatile uint64_t *)(FREE_BASE + 4096) = 222;
	map_page(VA, FREE_BASE, PG_P | PG_W);
	CHECK_EQ(*p, 111);
	map_page(VA, FREE_BASE + 4096, PG_P | PG_W);
	CHECK_EQ(*p, 222);
	*page_entry(VA) = FREE_BASE | PG_P | PG_W;
	WRITE_CR(3, READ_CR(3));
	CHECK_EQ(*p, 111);
}

static void write_protect(void)
{
	map_page(VA, FREE_BASE, PG_P);
	TRAPPED("movl $1, (%0)", "r"(VA));
	CHECK_EQ(trap_vector, 14);
	WRITE_CR(0, READ_CR(0) & ~0x10000ull);
	TRAPPED("movl $1, (%0)", "r"(VA));
	CHECK_EQ(trap_count, 0);
	WRITE_CR(0, READ_CR(0) | 0x10000);
	TRAPPED("movl $1, (%0)", "r"(VA));
	CHECK_EQ(trap_vector, 14);
}

static void global_pages(void)
{
	volatile uint64_t *p = (volatile uint64_t *)VA;
	WRITE_CR(4, READ_CR(4) | 0x80);
	*(volatile uint64_t *)FREE_BASE = 333;
	*(volatile uint64_t *)(FREE_BASE + 4096) = 444;
	map_page(VA, FREE_BASE, PG_P | PG_W | PG_G);
	CHECK_EQ(*p, 333);
	invlpg(VA);
	CHECK_EQ(*p, 333);
	*page_entry(VA) = (FREE_BASE + 4096) | PG_P | PG_W;
	WRITE_CR(4, READ_CR(4) & ~0x80ull); /* flushes global ones too */
	CHECK_EQ(*p, 444);
}

static void large_pages(void)
{
	extern uint64_t page_tables[][512];
	volatile uint64_t *pml2 = page_tables[2];
	volatile uint64_t *p = (volatile uint64_t *)((31ull << 21) + 0x12340);
	*p = 1;
	CHECK(pml2[31] & PG_D);
	uint64_t saved = pml2[31];
	pml2[31] = (30ull << 21) | PG_P | PG_W | PG_PS;
	invlpg(31ull << 21); /* any address of the large page */
	*p = 77;
	CHECK_EQ(*(volatile uint64_t *)((30ull << 21) + 0x12340), 77);
	pml2[31] = saved;
	invlpg(31ull << 21);
	CHECK_EQ(*p, 1);
	pml2[31] = saved | 1 << 13; /* reserved in a 2 MiB entry */
	invlpg(31ull << 21);
	TRAPPED("mov (%0), %%rax", "r"(p));
	if (!engine_has(ENGINE_MOVES))
		CHECK_EQ(trap_error, engine_has(ENGINE_QEMU_FAULTS) ? 8 : 9);
	pml2[31] = saved;
	invlpg(31ull << 21);
}

static void supervisor_protection(void)
{
	map_page(VA, FREE_BASE, PG_P | PG_W | PG_U);
	*(volatile uint8_t *)FREE_BASE = 0xc3;
	WRITE_CR(4, READ_CR(4) | 1 << 21); /* SMAP */
	/* the tests' own code and data are user pages since user_mode(): make them the kernel's again */
	TRAPPED("mov (%0), %%rax", "r"(VA));
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_error, 1);
	TRAPPED("stac; mov (%0), %%rax; clac", "r"(VA));
	CHECK_EQ(trap_count, 0);
	TRAPPED("mov (%0), %%rax", "r"(VA));
	CHECK_EQ(trap_count, 1);
	WRITE_CR(4, READ_CR(4) & ~(1ull << 21));
	WRITE_CR(4, READ_CR(4) | 1 << 20); /* SMEP */
	TRAPPED("call *%0", "r"(VA));
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_error, 0x11);
	WRITE_CR(4, READ_CR(4) & ~(1ull << 20));
	TRAPPED("call *%0", "r"(VA));
	CHECK_EQ(trap_count, 0);
}

static void protect_kernel(void)
{
	extern uint64_t page_tables[][512];
	for (unsigned i = 0; i < 8; i++)
		page_tables[2][i] &= ~(uint64_t)PG_U;
	WRITE_CR(3, READ_CR(3));
	supervisor_protection();
}

/* Code mapped at one virtual address from two pages in turn: translations must follow the mapping. */
static void code_remap(void)
{
	static const uint8_t one[] = { 0xb8, 1, 0, 0, 0, 0xc3 }, two[] = { 0xb8, 2, 0, 0, 0, 0xc3 };
	copy_bytes((void *)(FREE_BASE + 0x10000), one, sizeof(one));
	copy_bytes((void *)(FREE_BASE + 0x11000), two, sizeof(two));
	int (*volatile f)(void) = (int (*)(void))(VA + 0x8000);
	for (int i = 0; i < 4; i++) {
		map_page(VA + 0x8000, FREE_BASE + 0x10000, PG_P);
		CHECK_EQ(f(), 1);
		CHECK_EQ(f(), 1);
		map_page(VA + 0x8000, FREE_BASE + 0x11000, PG_P);
		CHECK_EQ(f(), 2);
		*page_entry(VA + 0x8000) = (FREE_BASE + 0x10000) | PG_P;
		WRITE_CR(3, READ_CR(3));
		CHECK_EQ(f(), 1);
	}
}

/* Two pages that want the same entry of a direct-mapped TLB, in one instruction. */
static void same_entry(void)
{
	uint64_t other = VA + 2048 * 4096ull, n = 512, from = VA, to = other;
	map_page(VA, FREE_BASE, PG_P | PG_W);
	map_page(other, FREE_BASE + 4096, PG_P | PG_W);
	*(volatile uint64_t *)VA = 0x1122334455667788;
	__asm__ volatile("rep movsq" : "+S"(from), "+D"(to), "+c"(n) : : "memory");
	CHECK_EQ(*(volatile uint64_t *)other, 0x1122334455667788);
	from = VA, to = other + 8;
	__asm__ volatile("movsq" : "+S"(from), "+D"(to) : : "memory");
	CHECK_EQ(((volatile uint64_t *)other)[1], 0x1122334455667788);
	__asm__ volatile("push %%rsp; push (%0); pop 16(%1); pop %%rsp" : : "r"(VA), "r"(other) : "memory");
	CHECK_EQ(((volatile uint64_t *)other)[2], 0x1122334455667788);
}

const struct named_test tests_paging[] = {
	{ "accessed_dirty", accessed_dirty },
	{ "remap", remap },
	{ "write_protect", write_protect },
	{ "global_pages", global_pages },
	{ "large_pages", large_pages },
	{ "supervisor_protection", protect_kernel },
	{ "code_remap", code_remap },
	{ "same_entry", same_entry },
	{ 0 },
};
