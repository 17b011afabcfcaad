/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paging: every combination of page and control bits against SDM 3, 4.6 written down a second time, reserved
 * bits, accessed and dirty bits, missing entries, canonical addresses.
 */
#include "mmu_guest.h"

#include <string.h>

enum who { WHO_USER, WHO_KERNEL, WHO_KERNEL_AC, WHO_SYSTEM, WHO_COUNT };

struct combination {
	enum paging paging;
	bool us, rw, nx, upper_us, upper_rw, wp, smep, smap, nxe;
	enum who who;
	unsigned access; /* MEM_READ, MEM_WRITE, MEM_EXECUTE */
};

static const uint64_t linear = 0x40201234; /* every level's index differs from 0 */

static bool is_pae_or_long(const struct combination *c)
{
	return c->paging >= PAGING_PAE;
}

/* SDM 3, 4.6.1, as the text has it. */
static bool expect_allowed(const struct combination *c)
{
	bool has_upper = c->paging != PAGING_32_4M;
	/* With PAE and 2 MiB pages the page-directory-pointer entries above are without permissions. */
	bool upper_counts = has_upper && c->paging != PAGING_PAE_2M;
	bool user_page = c->us && (c->upper_us || !upper_counts);
	bool writable = c->rw && (c->upper_rw || !upper_counts);
	bool nx = c->nx && c->nxe && is_pae_or_long(c);

	if (c->who == WHO_USER) {
		if (!user_page)
			return false;
		return c->access == MEM_EXECUTE ? !nx : c->access == MEM_WRITE ? writable : true;
	}
	if (c->access == MEM_EXECUTE)
		return !nx && !(user_page && c->smep);
	if (user_page && c->smap && c->who != WHO_KERNEL_AC)
		return false;
	return c->access == MEM_WRITE ? writable || !c->wp : true;
}

static uint32_t expect_error(const struct combination *c)
{
	bool reserved = c->nx && !c->nxe && is_pae_or_long(c);
	uint32_t error = 1 | (reserved ? 8 : 0);

	if (c->access == MEM_WRITE)
		error |= 2;
	if (c->who == WHO_USER)
		error |= 4;
	if (c->access == MEM_EXECUTE && (c->smep || (is_pae_or_long(c) && c->nxe)))
		error |= 16;
	return error;
}

static void set_bits(uint64_t *word, uint64_t bits, bool on)
{
	*word = on ? *word | bits : *word & ~bits;
}

static uint64_t setup(const struct combination *c)
{
	uint64_t flags =
	    (c->us ? PTE_US : 0) | (c->rw ? PTE_RW : 0) | (c->nx && is_pae_or_long(c) ? PTE_NX : 0);
	uint64_t upper = (c->upper_us ? PTE_US : 0) | (c->upper_rw ? PTE_RW : 0);

	set_bits(&cpu->cr0, CR0_WP, c->wp);
	set_bits(&cpu->cr4, CR4_SMEP, c->smep);
	set_bits(&cpu->cr4, CR4_SMAP, c->smap);
	set_bits(&cpu->efer, EFER_NXE, c->nxe);
	set_bits(&cpu->rflags, RFLAGS_AC, c->who == WHO_KERNEL_AC);
	guest_set_cpl(c->who == WHO_USER ? 3 : 0);
	tlb_flush_all(cpu);
	return guest_map(linear, 0xc00000, flags, upper);
}

static bool perform(const struct combination *c)
{
	unsigned system = c->who == WHO_SYSTEM ? MEM_SYSTEM : 0;
	uint32_t value = 0x11223344;
	const struct code_tlb_entry *code;

	if (c->access == MEM_WRITE)
		return try_write(linear, &value, 4, system);
	if (c->access == MEM_EXECUTE)
		return try_code(linear, &code);
	return try_read(linear, &value, 4, system);
}

static void check_combination(const struct combination *c)
{
	uint64_t leaf = setup(c), entry;
	bool reserved = c->nx && !c->nxe && is_pae_or_long(c);
	bool expected = !reserved && expect_allowed(c), done;
	char what[200];

	snprintf(what, sizeof(what),
		 "%s us %d rw %d nx %d upper us %d rw %d wp %d smep %d smap %d nxe %d who %d access %u",
		 paging_names[c->paging], c->us, c->rw, c->nx, c->upper_us, c->upper_rw, c->wp, c->smep,
		 c->smap, c->nxe, c->who, c->access);
	for (int round = 0; round < 2; round++) { /* the second time from the TLB */
		done = perform(c);
		CHECK(done == expected, "%s round %d", what, round);
		if (!done) {
			CHECK(seen.vector == VECTOR_PF && seen.error == expect_error(c),
			      "%s: vector %d error %x, not %x", what, seen.vector, seen.error,
			      expect_error(c));
			CHECK(seen.address == linear, "%s: address %lx", what, seen.address);
		}
	}
	entry = guest_entry(leaf);
	CHECK(!!(entry & PTE_A) == expected, "%s: entry %lx", what, entry);
	CHECK(!!(entry & PTE_D) == (expected && c->access == MEM_WRITE), "%s: entry %lx", what, entry);
}

static void test_permissions(void)
{
	for (enum paging paging = PAGING_32; paging < PAGING_COUNT; paging++) {
		if (paging == PAGING_LONG_1G)
			continue; /* test_gigabyte() */
		guest_reset(paging);
		for (unsigned bits = 0; bits < 1u << 9; bits++) {
			struct combination c = {
				paging,	   bits & 1,  bits & 2,	 bits & 4,   bits & 8,
				bits & 16, bits & 32, bits & 64, bits & 128, bits & 256,
			};

			for (c.who = 0; c.who < WHO_COUNT; c.who++) {
				/* RFLAGS.AC means this only with SMAP. */
				if (c.who == WHO_SYSTEM) {
					c.access = MEM_READ;
					check_combination(&c);
					c.access = MEM_WRITE;
					check_combination(&c);
					continue;
				}
				for (c.access = MEM_READ; c.access <= MEM_EXECUTE; c.access++)
					check_combination(&c);
			}
		}
	}
}

/* A 1 GiB page at 0 reaches all of RAM. */
static void test_gigabyte(void)
{
	uint32_t value = 0;

	guest_reset(PAGING_LONG_1G);
	guest_map(0x7fffc0000000, 0, PTE_RW, PTE_RW);
	memcpy(ram + 0x765432, "\x78\x56\x34\x12", 4);
	CHECK(try_read(0x7fffc0765432, &value, 4, 0) && value == 0x12345678, "value %x", value);
	CHECK(try_write(0x7fffc0765432, "\1\2\3\4", 4, 0) && ram[0x765435] == 4, "1 GiB write");
	CHECK((guest_entry(guest_entry_gpa(0x7fffc0765432, 2)) & (PTE_A | PTE_D)) == (PTE_A | PTE_D),
	      "A and D of a 1 GiB page");
}

static void test_unpaged(void)
{
	const struct code_tlb_entry *code;
	uint32_t value = 0;

	guest_reset(PAGING_NONE);
	memcpy(ram + 0x123456, "abcd", 4);
	for (unsigned cpl = 0; cpl <= 3; cpl += 3) {
		guest_set_cpl(cpl);
		CHECK(try_read(0x123456, &value, 4, 0) && value == 0x64636261, "cpl %u value %x", cpl, value);
		CHECK(try_write(0x123460, "wxyz", 4, 0) && !memcmp(ram + 0x123460, "wxyz", 4), "cpl %u", cpl);
		CHECK(try_code(0x123456, &code), "cpl %u", cpl);
	}
}

/* PSE-36: bits 13..20 of a 4 MiB entry are address bits 32..39; nothing is mapped up there. */
static void test_pse36(void)
{
	uint8_t byte;

	guest_reset(PAGING_32_4M);
	guest_set_entry(guest_map(linear, 0xc00000, PTE_RW, PTE_RW),
			0xc00000 | 0x81 << 13 | PTE_P | PTE_RW | PTE_PS);
	CHECK(!try_read(linear, &byte, 1, 0) && seen.left, "vector %d", seen.vector);
	CHECK(guest_exit.mmio.gpa == 0x8100c00000 + (linear & 0x3fffff), "gpa %lx", guest_exit.mmio.gpa);
}

static void check_reserved(enum paging paging, unsigned level, uint64_t bits, bool reserved)
{
	uint64_t at, entry;
	uint8_t byte;

	guest_reset(paging);
	guest_map(linear, 0, PTE_RW | PTE_US, PTE_RW | PTE_US);
	at = guest_entry_gpa(linear, level);
	entry = guest_entry(at) | bits;
	guest_set_entry(at, entry);
	if (try_read(linear, &byte, 1, 0) || seen.left)
		CHECK(!reserved, "%s level %u bits %lx were accepted", paging_names[paging], level, bits);
	else
		CHECK(reserved && seen.vector == VECTOR_PF && seen.error == 9,
		      "%s level %u bits %lx: vector %d error %x", paging_names[paging], level, bits,
		      seen.vector, seen.error);
	CHECK(guest_entry(at) == (reserved ? entry : entry | PTE_A), "%s level %u: entry %lx",
	      paging_names[paging], level, guest_entry(at));
	/* An entry that is not present may hold anything. */
	guest_set_entry(at, (uint64_t)-2);
	tlb_flush_all(cpu);
	CHECK(!try_read(linear, &byte, 1, 0) && seen.error == 0, "error %x", seen.error);
}

static void test_reserved(void)
{
	for (unsigned bit = 9; bit < 63; bit++) {
		uint64_t value = 1ull << bit;
		bool high = bit >= HV_GPA_BITS && bit < 52;

		/* Bit 12 of a large page is PAT. */
		check_reserved(PAGING_LONG, 3, bit < 12 || bit >= HV_GPA_BITS ? value : 0, high);
		check_reserved(PAGING_LONG, 0, bit < 12 || bit >= HV_GPA_BITS ? value : 0, high);
		check_reserved(PAGING_LONG_2M, 1, value, high || (bit >= 13 && bit < 21));
		check_reserved(PAGING_LONG_1G, 2, value, high || (bit >= 13 && bit < 30));
		check_reserved(PAGING_PAE, 0, bit < 12 || bit >= HV_GPA_BITS ? value : 0, bit >= HV_GPA_BITS);
		check_reserved(PAGING_PAE_2M, 1, value, bit >= HV_GPA_BITS || (bit >= 13 && bit < 21));
	}
	check_reserved(PAGING_LONG, 3, PTE_PS, true);
	check_reserved(PAGING_32_4M, 1, 1 << 21, true);
	check_reserved(PAGING_32_4M, 1, 1 << 12, false);
}

static void test_pdptes(void)
{
	static const struct {
		uint64_t value;
		bool good;
	} cases[] = { { 0, true },
		      { 0x1001, true },
		      { 0x1003, false },
		      { 0x1005, false },
		      { 0x1021, false },
		      { 0x1101, false },
		      { 0x1009, true },
		      { 1ull << 40 | 1, false },
		      { 1ull << 63 | 1, false },
		      { 1ull << 63 | 2, true } };

	guest_reset(PAGING_PAE);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(ram + TABLES_GPA, 0, 32);
		memcpy(ram + TABLES_GPA + 16, &cases[i].value, 8);
		CHECK(mmu_load_pdptes(cpu, TABLES_GPA) == cases[i].good, "%lx", cases[i].value);
		CHECK(!cases[i].good || cpu->pdpte[2] == cases[i].value, "%lx", cpu->pdpte[2]);
	}
	CHECK(!mmu_load_pdptes(cpu, MMIO_GPA), "entries in nothing");
}

static void test_not_present(void)
{
	static const enum paging modes[] = { PAGING_32, PAGING_PAE, PAGING_LONG };
	uint8_t byte;

	for (unsigned i = 0; i < 3; i++) {
		for (unsigned level = 0; level < 4; level++) {
			if ((modes[i] == PAGING_32 && level > 1) || (modes[i] == PAGING_PAE && level > 1))
				continue;
			guest_reset(modes[i]);
			guest_map(linear, 0x5000, PTE_RW | PTE_US, PTE_RW | PTE_US);
			guest_set_entry(guest_entry_gpa(linear, level), 0);
			guest_set_cpl(3);
			CHECK(!try_read(linear, &byte, 1, 0) && seen.error == 4, "level %u: %x", level,
			      seen.error);
			CHECK(!try_write(linear, &byte, 1, 0) && seen.error == 6, "level %u: %x", level,
			      seen.error);
		}
	}
}

/* NX at any level forbids fetches, and nothing else. */
static void test_upper_nx(void)
{
	const struct code_tlb_entry *code;
	uint8_t byte;

	for (unsigned level = 0; level < 4; level++) {
		uint64_t at;

		guest_reset(PAGING_LONG);
		guest_map(linear, 0x5000, PTE_RW | PTE_US, PTE_RW | PTE_US);
		at = guest_entry_gpa(linear, level);
		guest_set_entry(at, guest_entry(at) | PTE_NX);
		CHECK(try_read(linear, &byte, 1, 0), "level %u", level);
		CHECK(!try_code(linear, &code) && seen.error == 0x11, "level %u: error %x", level,
		      seen.error);
	}
}

/*
 * A page that is clean and was read is written later: the second walk sets D. Accessed bits appear at every
 * level.
 */
static void test_accessed_dirty(void)
{
	uint32_t value = 0;
	uint64_t leaf;

	guest_reset(PAGING_LONG);
	leaf = guest_map(linear, 0x5000, PTE_RW, PTE_RW);
	CHECK(try_read(linear, &value, 4, 0), "read");
	for (unsigned level = 0; level < 4; level++)
		CHECK(guest_entry(guest_entry_gpa(linear, level)) & PTE_A, "level %u", level);
	CHECK(!(guest_entry(leaf) & PTE_D), "dirty by a read");
	CHECK(!mmu_fill(cpu, linear + 0xdca, 4, false), "page crossing"); /* 0x234 + 0xdca = 0xffe */
	CHECK(cpu->tlb[TLB_KERNEL][linear >> 12 & (TLB_ENTRIES - 1)].tag_write != (linear & ~4095ull),
	      "write tag of a clean page");
	CHECK(try_write(linear, &value, 4, 0), "write");
	CHECK(guest_entry(leaf) & PTE_D, "not dirty by a write");
	CHECK(cpu->tlb[TLB_KERNEL][linear >> 12 & (TLB_ENTRIES - 1)].tag_write == (linear & ~4095ull),
	      "no write tag");
	for (unsigned level = 1; level < 4; level++)
		CHECK(!(guest_entry(guest_entry_gpa(linear, level)) & PTE_D), "D at level %u", level);
}

/* Page tables in ROM work, and stay as they are; tables in nothing fault. */
static void test_odd_tables(void)
{
	uint64_t entry = 0x5000 | PTE_P | PTE_RW;
	uint8_t byte = 7;

	guest_reset(PAGING_LONG);
	guest_map(linear, 0x5000, PTE_RW, PTE_RW);
	guest_set_entry(guest_entry_gpa(linear, 1), ROM_GPA | PTE_P | PTE_RW);
	memcpy(rom + (linear >> 12 & 511) * 8, &entry, 8);
	CHECK(try_write(linear, &byte, 1, 0) && ram[0x5234] == 7, "tables in ROM");
	CHECK(!memcmp(rom + (linear >> 12 & 511) * 8, &entry, 8), "ROM was written");
	guest_set_entry(guest_entry_gpa(linear, 1), MMIO_GPA | PTE_P | PTE_RW);
	tlb_flush_all(cpu);
	CHECK(!try_write(linear, &byte, 1, 0) && seen.error == 11, "error %x", seen.error);
}

static void test_canonical(void)
{
	static const uint64_t bad[] = { 0x800000000000,	    0xffff7fffffffffff, 0x8000000000000000,
					0x8000000000000fff, 0x8000000000001000, 0x8000000000001fff,
					0x80000000007ff000, 0x7fffffffffffffff, 0x1000000000000 };
	const struct code_tlb_entry *code;
	uint64_t value = 0;

	guest_reset(PAGING_LONG);
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (unsigned size = 1; size <= 8; size *= 2) {
			CHECK(!try_read(bad[i], &value, size, 0) && seen.vector == VECTOR_GP, "%lx vector %d",
			      bad[i], seen.vector);
			CHECK(!try_write(bad[i], &value, size, MEM_STACK) && seen.vector == VECTOR_SS, "%lx",
			      bad[i]);
			CHECK(!mmu_fill(cpu, bad[i], size, false), "%lx", bad[i]);
		}
		CHECK(!try_code(bad[i], &code) && seen.vector == VECTOR_GP, "%lx", bad[i]);
		CHECK(mmu_peek(cpu, bad[i], &value, 1) < 0, "%lx", bad[i]);
	}
	/* Across the edge: #GP even where its first page is missing, as processors do it. */
	CHECK(!try_read(0x7ffffffffffe, &value, 4, 0) && seen.vector == VECTOR_GP, "vector %d", seen.vector);
	CHECK(!try_write(0x7fffffffffff, &value, 8, MEM_STACK) && seen.vector == VECTOR_SS, "vector %d",
	      seen.vector);
	CHECK(!try_read(0x7ffffffffffc, &value, 4, 0) && seen.vector == VECTOR_PF, "vector %d", seen.vector);
	guest_map(0x7ffffffff000, 0x5000, PTE_RW, PTE_RW);
	CHECK(!try_read(0x7ffffffffffe, &value, 4, 0) && seen.vector == VECTOR_GP, "vector %d", seen.vector);
	CHECK(try_read(0x7ffffffffffc, &value, 4, 0), "vector %d", seen.vector);
}

int main(void)
{
	test_permissions();
	test_gigabyte();
	test_unpaged();
	test_pse36();
	test_reserved();
	test_pdptes();
	test_not_present();
	test_upper_nx();
	test_accessed_dirty();
	test_odd_tables();
	test_canonical();
	printf("%u failures\n", failures);
	return failures != 0;
}
