/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code that changes: by itself, through another mapping, under its own feet, across a page; and by REP and locked writes. */
#include "guest.h"

typedef int function(void);

static uint8_t *const page = (uint8_t *)(FREE_BASE + 0x20000);

static void put_mov_ret(uint8_t *at, uint32_t value)
{
	at[0] = 0xb8;
	*(volatile uint32_t *)(at + 1) = value;
	at[5] = 0xc3;
}

static void rewrite(void)
{
	function *volatile f = (function *)page;
	for (uint32_t i = 0; i < 300; i++) {
		put_mov_ret(page, i);
		CHECK_EQ(f(), i);
	}
}

static void rewrite_by_string(void)
{
	uint8_t code[8];
	function *volatile f = (function *)page;
	for (uint32_t i = 0; i < 50; i++) {
		put_mov_ret(code, i + 1000);
		void *to = page, *from = code;
		uint64_t n = 6;
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
		CHECK_EQ(f(), i + 1000);
		__asm__ volatile("lock addl $5, %0" : "+m"(*(uint32_t *)(page + 1)));
		CHECK_EQ(f(), i + 1005);
		__asm__ volatile("lock cmpxchgl %1, %0"
				 : "+m"(*(uint32_t *)(page + 1))
				 : "r"(i), "a"(i + 1005));
		CHECK_EQ(f(), i);
	}
}

static void through_alias(void)
{
	uint64_t va = 0x6000000000;
	map_page(va, (uint64_t)page, PG_P | PG_W);
	function *volatile f = (function *)page;
	for (uint32_t i = 0; i < 50; i++) {
		put_mov_ret((uint8_t *)va, i);
		CHECK_EQ(f(), i);
	}
}

/* The instruction after the store is the one that the store changes. */
static void next_instruction(void)
{
	for (uint32_t i = 1; i < 50; i++) {
		uint32_t r;
		__asm__ volatile("movl %1, 1f+1(%%rip); 1: mov $0x11111111, %%eax; mov %%eax, %0"
				 : "=r"(r)
				 : "r"(i)
				 : "rax", "memory");
		CHECK_EQ(r, i);
	}
}

/* Data beside code in one page: writes must work and not disturb. */
static void data_beside_code(void)
{
	volatile uint64_t *data = (volatile uint64_t *)(page + 2048);
	function *volatile f = (function *)page;
	put_mov_ret(page, 5);
	for (uint64_t i = 0; i < 2000; i++) {
		*data = i;
		if (i % 100 == 0)
			CHECK_EQ(f(), 5);
	}
	CHECK_EQ(*data, 1999);
}

static void crossing_instruction(void)
{
	uint64_t va = 0x6000010000;
	map_page(va, (uint64_t)page + 0x1000, PG_P | PG_W);
	map_page(va + 0x1000, (uint64_t)page + 0x3000, PG_P | PG_W);
	for (unsigned offset = 4090; offset < 4097; offset++) {
		put_mov_ret((uint8_t *)va + offset, offset);
		function *volatile f = (function *)(va + offset);
		CHECK_EQ(f(), offset);
		*(volatile uint32_t *)(va + offset + 1) = 7;
		CHECK_EQ(f(), 7);
	}
	/* the second page is exchanged */
	put_mov_ret((uint8_t *)va + 4093, 0x01020304);
	copy_bytes((void *)(page + 0x4000), (void *)(page + 0x3000), 4096);
	page[0x4000] = 9;
	function *volatile f = (function *)(va + 4093);
	CHECK_EQ(f(), 0x01020304);
	map_page(va + 0x1000, (uint64_t)page + 0x4000, PG_P | PG_W);
	CHECK_EQ(f(), 0x01090304);
	map_page(va + 0x1000, 0, 0);
	TRAPPED("call *%0", "r"(va + 4093));
	CHECK_EQ(trap_vector, 14);
	CHECK_EQ(trap_cr2, va + 0x1000);
	CHECK_EQ(trap_rip, va + 4093);
}

/* Blocks that jump to each other within a page, one of which is then changed. */
static void linked_blocks(void)
{
	static const uint8_t code[] = { 0xb9, 10,   0,	  0,	0, /* mov $10,%ecx */
					0x31, 0xc0,		   /* xor %eax,%eax */
					0xeb, 0x07,		   /* 7: jmp 16 */
					0x90, 0x90, 0x90, 0x90, 0x90,
					0x90, 0x90, 0x83, 0xc0, 0x01, /* 16: add $1,%eax */
					0xff, 0xc9,		      /* dec %ecx */
					0x75, 0xf0,		      /* jne 7 */
					0xc3 };
	copy_bytes(page, code, sizeof(code));
	function *volatile f = (function *)page;
	CHECK_EQ(f(), 10);
	CHECK_EQ(f(), 10);
	page[18] = 3;
	CHECK_EQ(f(), 30);
	page[8] = 0x0a; /* the jump skips the add */
	CHECK_EQ(f(), 0);
	page[8] = 0x07;
	CHECK_EQ(f(), 30);
}

/* More code than the cache keeps at hand: every byte of the page as a start, many pages. */
static void much_code(void)
{
	uint8_t *base = (uint8_t *)(FREE_BASE + 0x100000);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 512; i++)
			put_mov_ret(base + i * 2048, i + round);
		for (unsigned i = 0; i < 512; i++)
			CHECK_EQ(((function *volatile)(base + i * 2048))(), i + round);
	}
}

const struct named_test tests_code[] = {
	{ "rewrite", rewrite },
	{ "rewrite_by_string", rewrite_by_string },
	{ "through_alias", through_alias },
	{ "next_instruction", next_instruction },
	{ "data_beside_code", data_beside_code },
	{ "crossing_instruction", crossing_instruction },
	{ "linked_blocks", linked_blocks },
	{ "much_code", much_code },
	{ 0 },
};
