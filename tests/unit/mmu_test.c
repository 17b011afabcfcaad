/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory beyond the page walk: the TLB and its flushes, accesses across pages, code and ROM and tracked
 * pages, MMIO and ports with their replay.
 * `--bench` prints what a fill costs.
 */
#include "mmu_guest.h"

#include <string.h>
#include <time.h>

#define RW (PTE_RW | PTE_US)

static void map_identity(uint64_t from, unsigned pages, uint64_t flags)
{
	for (unsigned i = 0; i < pages; i++)
		guest_map(from + i * 4096ull, from + i * 4096ull, flags, RW);
}

/* --- across pages ------------------------------------------------------------------------------------ */

static void test_crossing(void)
{
	guest_reset(PAGING_LONG);
	guest_map(0x400000, 0x7000, RW, RW);
	guest_map(0x401000, 0x3000, RW, RW);
	for (unsigned size = 2; size <= 64; size++) {
		for (unsigned first = 1; first < size; first++) {
			uint8_t in[64], out[64] = { 0 };
			uint64_t linear = 0x401000 - first;

			for (unsigned i = 0; i < size; i++)
				in[i] = (uint8_t)(i * 7 + size + first);
			CHECK(try_write(linear, in, size, 0), "size %u", size);
			CHECK(!memcmp(ram + 0x8000 - first, in, first) &&
				  !memcmp(ram + 0x3000, in + first, size - first),
			      "%u of %u", first, size);
			CHECK(try_read(linear, out, size, 0) && !memcmp(in, out, size), "%u of %u", first,
			      size);
		}
	}
}

/* Nothing is written when the second page refuses; the fault names the second page. */
static void test_crossing_fault(void)
{
	uint64_t value = 0x1122334455667788, old;

	guest_reset(PAGING_LONG);
	guest_map(0x400000, 0x7000, RW, RW);
	guest_map(0x401000, 0x3000, PTE_US, RW);
	memcpy(&old, ram + 0x7ff8, 8);
	CHECK(!try_write(0x400ffc, &value, 8, 0) && seen.vector == VECTOR_PF && seen.address == 0x401000 &&
		  seen.error == 3,
	      "%d %lx %x", seen.vector, seen.address, seen.error);
	CHECK(!memcmp(&old, ram + 0x7ff8, 8), "a part was written");
	CHECK(!try_check_write(0x400ffc, 8, 0) && seen.address == 0x401000, "%lx", seen.address);
	CHECK(try_check_write(0x400ff8, 8, 0) && !memcmp(&old, ram + 0x7ff8, 8), "check_write wrote");
	guest_set_entry(guest_entry_gpa(0x400000, 0), 0);
	tlb_flush_all(cpu);
	CHECK(!try_read(0x400ffc, &value, 8, 0) && seen.address == 0x400ffc, "%lx", seen.address);
}

/* 32-bit addresses wrap at 4 GiB. */
static void test_wrap(void)
{
	uint32_t value = 0;

	guest_reset(PAGING_32);
	guest_map(0xfffff000, 0x7000, RW, RW);
	guest_map(0, 0x3000, RW, RW);
	memcpy(ram + 0x7ffe, "ab", 2);
	memcpy(ram + 0x3000, "cd", 2);
	CHECK(try_read(0xfffffffe, &value, 4, 0) && value == 0x64636261, "%x", value);
	guest_reset(PAGING_NONE);
	memcpy(ram, "cd", 2);
	CHECK(!try_read(0xfffffffe, &value, 4, 0) && seen.left && guest_exit.mmio.gpa == 0xfffffffe, "%lx",
	      guest_exit.mmio.gpa);
	guest_answer("xy");
	CHECK(try_read(0xfffffffe, &value, 4, 0) && value == 0x64637978, "%x", value);
}

/*
 * --- TLB
 * ------------------------------------------------------------------------------------------------------
 */

static uint8_t read_byte(uint64_t linear)
{
	uint8_t byte = 0xee;

	CHECK(try_read(linear, &byte, 1, 0), "%lx: vector %d", linear, seen.vector);
	return byte;
}

static void test_hits(void)
{
	uint64_t misses;

	guest_reset(PAGING_LONG);
	map_identity(0x400000, 1, RW);
	read_byte(0x400000);
	misses = cpu->stats.tlb_misses;
	for (unsigned i = 0; i < 4096; i++)
		read_byte(0x400000 + i);
	CHECK(cpu->stats.tlb_misses == misses, "reads miss");
	CHECK(try_write(0x400000, "x", 1, 0) && cpu->stats.tlb_misses == misses + 1, "first write");
	CHECK(try_write(0x400001, "x", 1, 0) && cpu->stats.tlb_misses == misses + 1, "second write");
	read_byte(0x400001);
	CHECK(cpu->stats.tlb_misses == misses + 1, "read after write");
	/* Another privilege level has a table of its own. */
	guest_set_cpl(3);
	read_byte(0x400000);
	CHECK(cpu->stats.tlb_misses == misses + 2, "user read");
}

/* A page is moved behind the TLB's back: who still sees the old one? */
static bool is_stale(uint64_t linear, uint8_t old)
{
	return read_byte(linear) == old;
}

enum { OLD = 0x100000 * 8, NEW = 0x100000 * 9 };

static void move_page(uint64_t linear, uint64_t flags)
{
	tlb_flush_all(cpu);
	memset(ram + OLD, 1, 4096);
	memset(ram + NEW, 2, 4096);
	guest_map(linear, OLD, flags, RW);
	CHECK(read_byte(linear) == 1, "%lx", linear);
	guest_map(linear, NEW, flags, RW);
	CHECK(is_stale(linear, 1), "no TLB at all?");
}

static void test_flushes(void)
{
	static const uint64_t linear = 0x7f1234567000;

	guest_reset(PAGING_LONG);
	move_page(linear, RW);
	tlb_flush_page(cpu, linear + 0x1000);
	tlb_flush_page(cpu, linear + 0x800000); /* the same index */
	CHECK(is_stale(linear, 1), "another page's flush");
	tlb_flush_page(cpu, linear + 0xfff);
	CHECK(!is_stale(linear, 1), "flush_page");
	move_page(linear, RW);
	tlb_flush_non_global(cpu);
	CHECK(!is_stale(linear, 1), "flush_non_global");
	move_page(linear, RW);
	tlb_flush_all(cpu);
	CHECK(!is_stale(linear, 1), "flush_all");
	move_page(linear, RW | PTE_G);
	tlb_flush_non_global(cpu);
	CHECK(is_stale(linear, 1), "flush_non_global of a global page");
	tlb_flush_page(cpu, linear);
	CHECK(!is_stale(linear, 1), "flush_page of a global page");
	move_page(linear, RW | PTE_G);
	tlb_flush_all(cpu);
	CHECK(!is_stale(linear, 1), "flush_all of a global page");
	/* Without CR4.PGE the bit means nothing. */
	cpu->cr4 &= ~CR4_PGE;
	tlb_flush_all(cpu);
	move_page(linear, RW | PTE_G);
	tlb_flush_non_global(cpu);
	CHECK(!is_stale(linear, 1), "global without PGE");
}

/* All three tables forget. */
static void test_flush_modes(void)
{
	guest_reset(PAGING_LONG);
	for (unsigned user = 0; user < 2; user++) {
		for (unsigned flush = 0; flush < 3; flush++) {
			guest_set_cpl(user ? 3 : 0);
			move_page(0x400000, RW);
			guest_set_cpl(user ? 0 : 3);
			if (flush == 0)
				tlb_flush_all(cpu);
			else if (flush == 1)
				tlb_flush_non_global(cpu);
			else
				tlb_flush_page(cpu, 0x400000);
			guest_set_cpl(user ? 3 : 0);
			CHECK(!is_stale(0x400000, 1), "user %u flush %u", user, flush);
		}
	}
}

/* More entries than the list holds; every second page is global. */
static void test_many(void)
{
	static const unsigned counts[] = { 1, 255, 256, 257, 2000, 2048 };

	for (unsigned n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
		unsigned stale = 0, globals = (counts[n] + 1) / 2;

		guest_reset(PAGING_LONG);
		for (unsigned i = 0; i < counts[n]; i++) {
			guest_map(0x10000000 + i * 4096, 0x300000, i % 2 ? RW : RW | PTE_G, RW);
			read_byte(0x10000000 + i * 4096);
		}
		for (unsigned i = 0; i < counts[n]; i++)
			guest_set_entry(guest_entry_gpa(0x10000000 + i * 4096, 0), 0);
		for (unsigned round = 0; round < 2; round++) {
			tlb_flush_non_global(cpu);
			stale = 0;
			for (unsigned i = 0; i < counts[n]; i++) {
				uint8_t byte;

				stale += try_read(0x10000000 + i * 4096, &byte, 1, 0);
			}
			CHECK(stale == globals, "%u pages, round %u: %u stay", counts[n], round, stale);
		}
		tlb_flush_all(cpu);
		stale = 0;
		for (unsigned i = 0; i < counts[n]; i++) {
			uint8_t byte;

			stale += try_read(0x10000000 + i * 4096, &byte, 1, 0);
		}
		CHECK(stale == 0, "%u pages: %u stay", counts[n], stale);
	}
}

/* INVLPG anywhere in a large page takes all of it; also when more regions were seen than are remembered. */
static void test_flush_large(unsigned regions)
{
	static const uint64_t at[] = { 0, 0x1000, 0x123000, 0x1ff000 };

	guest_reset(PAGING_LONG_2M);
	memset(ram + 0x800000, 1, 0x200000);
	memset(ram + 0xa00000, 2, 0x200000);
	for (unsigned i = 0; i < regions; i++) {
		uint64_t linear = 0x100000000000 + i * 0x40000000ull;

		guest_map(linear, 0x800000, RW, RW);
		read_byte(linear);
	}
	for (unsigned from = 0; from < 4; from++) {
		uint64_t linear = 0x600000000000 + from * 0x40000000ull;

		guest_map(linear, 0x800000, RW, RW);
		for (unsigned i = 0; i < 4; i++)
			CHECK(read_byte(linear + at[i]) == 1, "%lx", at[i]);
		guest_map(linear, 0xa00000, RW, RW);
		tlb_flush_page(cpu, linear + at[from] + 5);
		for (unsigned i = 0; i < 4; i++)
			CHECK(!is_stale(linear + at[i], 1), "flush at %lx, seen at %lx", at[from], at[i]);
	}
}

static void test_flush_code(void)
{
	const struct code_tlb_entry *code = NULL;
	unsigned before;

	guest_reset(PAGING_LONG);
	guest_map(0x400000, OLD, RW, RW);
	CHECK(try_code(0x400123, &code) && code->host == ram + OLD && code->gpa == OLD, "code page");
	guest_map(0x400000, NEW, RW, RW);
	CHECK(try_code(0x400123, &code) && code->host == ram + OLD, "no code TLB at all?");
	before = seen.jump_flushes;
	tlb_flush_page(cpu, 0x500000);
	CHECK(seen.jump_flushes == before, "a data page's flush drops jumps");
	tlb_flush_page(cpu, 0x400000);
	CHECK(seen.jump_flushes == before + 1, "jumps stay");
	CHECK(try_code(0x400123, &code) && code->host == ram + NEW, "stale code page");
	/* A page that the code TLB has forgotten may still have jumps to it. */
	guest_map(0x500000, OLD, RW, RW); /* the same entry */
	CHECK(try_code(0x500000, &code) && code->host == ram + OLD, "code page");
	before = seen.jump_flushes;
	tlb_flush_page(cpu, 0x400000);
	CHECK(seen.jump_flushes == before + 1, "jumps to an evicted page stay");
	before = seen.jump_flushes;
	tlb_flush_page(cpu, 0x600000);
	CHECK(seen.jump_flushes == before, "eviction is remembered for ever");
	tlb_flush_non_global(cpu);
	CHECK(seen.jump_flushes == before + 1, "flush_non_global keeps jumps");
	tlb_flush_all(cpu);
	CHECK(seen.jump_flushes == before + 2, "flush_all keeps jumps");
}

/*
 * --- kinds of pages
 * ------------------------------------------------------------------------------------------
 */

static uint64_t write_tag(uint64_t linear)
{
	return cpu->tlb[cpu->tlb_mode][linear >> 12 & (TLB_ENTRIES - 1)].tag_write;
}

static void test_code_pages(void)
{
	void *host = NULL;
	uint64_t size = 0;
	bool filled = true;

	guest_reset(PAGING_LONG);
	map_identity(0x400000, 2, RW);
	CHECK(try_write(0x400000, "a", 1, 0) && write_tag(0x400000) == 0x400000, "plain page");
	page_has_code[0x400] = true;
	tlb_forbid_writes(cpu, 0x400000);
	CHECK(write_tag(0x400000) != 0x400000, "writes are still inline");
	CHECK(read_byte(0x400000) == 'a', "reads");
	CHECK(try_fill(0x400000, 4, true, &filled) && !filled, "fill for a write");
	CHECK(try_fill(0x400000, 4, false, &filled) && filled && write_tag(0x400000) != 0x400000,
	      "fill for a read");
	CHECK(try_write(0x400010, "bcd", 3, 0) && !memcmp(ram + 0x400010, "bcd", 3), "write");
	CHECK(seen.code_writes == 1 && seen.code_gpa == 0x400010 && seen.code_size == 3, "%u %lx %lu",
	      seen.code_writes, seen.code_gpa, seen.code_size);
	CHECK(try_span(0x400010, 100, MEM_WRITE, &host, &size) && !host, "span for writes");
	CHECK(try_span(0x400f80, 1000, MEM_READ, &host, &size) && host == ram + 0x400f80 && size == 0x80,
	      "span for reads");
	CHECK(try_atomic(0x400020, 8, &host) && host == ram + 0x400020, "atomic");
	mem_atomic_done(cpu, 0x400020, 8);
	CHECK(seen.code_writes == 2 && seen.code_gpa == 0x400020 && seen.code_size == 8, "%u %lx",
	      seen.code_writes, seen.code_gpa);
	CHECK(try_atomic(0x401020, 8, &host) && host == ram + 0x401020, "atomic");
	mem_atomic_done(cpu, 0x401020, 8);
	CHECK(seen.code_writes == 2, "a plain page counts as code");
	CHECK(try_atomic(0x400ffc, 8, &host) && !host, "atomic across pages");
	/* Across into a code page: only that part is told. */
	page_has_code[0x400] = false;
	page_has_code[0x401] = true;
	tlb_flush_all(cpu);
	CHECK(try_write(0x400ffe, "wxyz", 4, 0) && seen.code_writes == 3 && seen.code_gpa == 0x401000 &&
		  seen.code_size == 2,
	      "%u %lx %lu", seen.code_writes, seen.code_gpa, seen.code_size);
}

static void test_rom(void)
{
	uint32_t value = 0, data = 0x01020304;
	void *host = &value;
	uint64_t size = 0;

	guest_reset(PAGING_NONE);
	CHECK(try_read(ROM_GPA + 16, &value, 4, 0) && value == 0x5a5a5a5a, "%x", value);
	CHECK(!try_write(ROM_GPA + 16, &data, 4, 0) && seen.left, "write to ROM");
	CHECK(guest_exit.reason == HV_EXIT_MMIO && guest_exit.mmio.is_write &&
		  guest_exit.mmio.gpa == ROM_GPA + 16 && guest_exit.mmio.size == 4 &&
		  !memcmp(guest_exit.mmio.data, &data, 4),
	      "exit");
	guest_answer(NULL);
	CHECK(try_write(ROM_GPA + 16, &data, 4, 0) && !seen.left && rom[16] == 0x5a, "completion");
	mmio_log_commit(cpu);
	CHECK(try_span(ROM_GPA, 16, MEM_WRITE, &host, &size) && !host, "span for writes");
	CHECK(try_span(ROM_GPA, 16, MEM_READ, &host, &size) && host == rom, "span for reads");
	CHECK(try_atomic(ROM_GPA, 4, &host) && !host, "atomic on ROM");
}

static void test_tracked(void)
{
	bool filled = false;

	guest_reset(PAGING_NONE);
	read_byte(TRACKED_GPA);
	CHECK(atomic_load(tracked_dirty) == 0, "read marks");
	CHECK(write_tag(TRACKED_GPA) != TRACKED_GPA, "clean page is written inline");
	CHECK(try_write(TRACKED_GPA + 0x3000, "x", 1, 0) && atomic_load(tracked_dirty) == 8, "%lx",
	      atomic_load(tracked_dirty));
	CHECK(write_tag(TRACKED_GPA + 0x3000) == TRACKED_GPA + 0x3000, "dirty page is not written inline");
	CHECK(try_fill(TRACKED_GPA + 0x5000, 4, true, &filled) && filled &&
		  atomic_load(tracked_dirty) == 0x28,
	      "%lx", atomic_load(tracked_dirty));
	/* What sync_dirty does. */
	atomic_store(tracked_dirty, 0);
	tlb_flush_all(cpu);
	read_byte(TRACKED_GPA + 0x3000);
	CHECK(write_tag(TRACKED_GPA + 0x3000) != TRACKED_GPA + 0x3000, "inline after the bits were taken");
	CHECK(try_write(TRACKED_GPA + 0x3000, "y", 1, 0) && atomic_load(tracked_dirty) == 8, "%lx",
	      atomic_load(tracked_dirty));
	/* A write across both marks both. */
	CHECK(try_write(TRACKED_GPA + 0x7ffe, "abcd", 4, 0) && atomic_load(tracked_dirty) == 0x188, "%lx",
	      atomic_load(tracked_dirty));
}

/*
 * --- MMIO and ports
 * ------------------------------------------------------------------------------------------
 */

static void test_mmio_read(void)
{
	uint32_t value = 0, answer = 0xcafe1234;
	bool filled = true;

	guest_reset(PAGING_LONG);
	guest_map(0x400000, MMIO_GPA, RW, RW);
	CHECK(!try_read(0x400010, &value, 4, 0) && seen.left, "no exit");
	CHECK(guest_exit.reason == HV_EXIT_MMIO && !guest_exit.mmio.is_write &&
		  guest_exit.mmio.gpa == MMIO_GPA + 0x10 && guest_exit.mmio.size == 4,
	      "exit");
	CHECK(value == 0, "%x", value);
	guest_answer(&answer);
	CHECK(try_read(0x400010, &value, 4, 0) && value == answer, "%x", value);
	mmio_log_commit(cpu);
	CHECK(!try_read(0x400010, &value, 4, 0) && seen.left, "the log answers the next instruction");
	guest_answer(&answer);
	mmio_log_commit(cpu);
	CHECK(try_fill(0x400010, 4, false, &filled) && !filled, "MMIO is never inline");
}

/*
 * An instruction with a read, a write and a read again, like a read-modify-write in device memory with a
 * stack push.
 */
static bool instruction(uint64_t *ret)
{
	uint32_t first, second, data = 0x77;

	if (!try_read(MMIO_GPA, &first, 4, 0) || !try_write(MMIO_GPA + 8, &data, 4, 0) ||
	    !try_read(MMIO_GPA, &second, 4, 0))
		return false;
	*ret = (uint64_t)second << 32 | first;
	return true;
}

static void test_mmio_replay(void)
{
	uint64_t result = 0, answers[3] = { 1, 0, 2 };

	guest_reset(PAGING_NONE);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(!instruction(&result) && cpu->mmio.count == i + 1 && cpu->mmio.pending, "step %u", i);
		CHECK(guest_exit.mmio.is_write == (i == 1), "step %u", i);
		guest_answer(&answers[i]);
	}
	CHECK(instruction(&result) && result == (2ull << 32 | 1), "%lx", result);
	/* The instruction turned into another one: what was logged is not given to it. */
	mmio_log_commit(cpu);
	CHECK(!instruction(&result), "step");
	guest_answer(&answers[0]);
	CHECK(!try_read(MMIO_GPA + 4, &result, 4, 0) && seen.left && cpu->mmio.count == 1, "mismatch");
}

/* 1..64 bytes at every offset of a line: pieces of up to 8 bytes that do not overlap and cover all. */
static void test_mmio_pieces(void)
{
	for (unsigned size = 1; size <= 64; size++) {
		for (unsigned offset = 0; offset < 16; offset++) {
			uint8_t out[64] = { 0 }, line[128];
			unsigned exits = 0;
			uint64_t next = MMIO_GPA + offset;

			guest_reset(PAGING_NONE);
			for (unsigned i = 0; i < sizeof(line); i++)
				line[i] = (uint8_t)(i + 1);
			while (!try_read(MMIO_GPA + offset, out, size, 0) && exits++ < 16) {
				CHECK(seen.left && guest_exit.mmio.gpa == next && guest_exit.mmio.size <= 8,
				      "size %u offset %u", size, offset);
				CHECK(size <= 8 || guest_exit.mmio.gpa / 8 ==
						       (guest_exit.mmio.gpa + guest_exit.mmio.size - 1) / 8,
				      "size %u offset %u: piece at %lx of %u", size, offset,
				      guest_exit.mmio.gpa, guest_exit.mmio.size);
				next += guest_exit.mmio.size;
				guest_answer(line + (guest_exit.mmio.gpa - MMIO_GPA));
			}
			CHECK(next == MMIO_GPA + offset + size && !memcmp(out, line + offset, size),
			      "size %u offset %u", size, offset);
		}
	}
}

/* A write half in memory, half in a device: memory changes only when the device has answered. */
static void test_mmio_crossing(void)
{
	uint8_t old;

	guest_reset(PAGING_LONG);
	guest_map(0x400000, 0x7000, RW, RW);
	guest_map(0x401000, MMIO_GPA, RW, RW);
	old = ram[0x7fff];
	CHECK(!try_write(0x400fff, "abcd", 4, 0) && seen.left && ram[0x7fff] == old,
	      "memory was written first");
	CHECK(guest_exit.mmio.gpa == MMIO_GPA && guest_exit.mmio.size == 3 &&
		  !memcmp(guest_exit.mmio.data, "bcd", 3),
	      "exit");
	guest_answer(NULL);
	CHECK(try_write(0x400fff, "abcd", 4, 0) && ram[0x7fff] == 'a', "completion");
}

static void test_mmio_limit(void)
{
	uint8_t buffer[256], answer[8] = { 0 };
	unsigned exits = 0;

	guest_reset(PAGING_NONE);
	while (!try_read(MMIO_GPA, buffer, sizeof(buffer), 0) && exits < 100) {
		exits++;
		guest_answer(answer);
	}
	CHECK(exits == MMIO_LOG_MAX, "%u exits", exits);
	CHECK(buffer[127] == 0 && buffer[128] == 0xff && buffer[255] == 0xff, "what is beyond the log");
}

static void test_ports(void)
{
	uint32_t value = 0, answer = 0x89abcdef;

	guest_reset(PAGING_NONE);
	for (unsigned size = 1; size <= 4; size *= 2) {
		uint32_t mask = (uint32_t)(0xffffffffull >> (32 - size * 8));

		CHECK(!try_port_read(0x3f8, size, &value) && seen.left && guest_exit.reason == HV_EXIT_PORT,
		      "no exit");
		CHECK(guest_exit.port.port == 0x3f8 && guest_exit.port.size == size &&
			  !guest_exit.port.is_write,
		      "exit");
		guest_answer(&answer);
		CHECK(try_port_read(0x3f8, size, &value) && value == (answer & mask), "%x", value);
		mmio_log_commit(cpu);
		CHECK(!try_port_write(0xffff, size, answer) && seen.left && guest_exit.port.is_write,
		      "no exit");
		CHECK(guest_exit.port.port == 0xffff && guest_exit.port.size == size &&
			  guest_exit.port.data == (answer & mask),
		      "exit");
		guest_answer(NULL);
		CHECK(try_port_write(0xffff, size, answer), "completion");
		mmio_log_commit(cpu);
	}
}

/* The local APIC's page: answered here, also when memory lies below it. */
static void test_apic_page(void)
{
	uint32_t value = 0, data = 0x1ff;
	uint8_t bytes[16];

	guest_reset(PAGING_LONG);
	guest_map(0x400000, APIC_DEFAULT_BASE_MSR, RW, RW);
	CHECK(try_read(0x400030, &value, 4, 0) && (value & 0xff) >= 0x10, "version %x", value);
	CHECK(try_write(0x4000f0, &data, 4, 0) && try_read(0x4000f0, &value, 4, 0) && value == data, "SVR %x",
	      value);
	data = 0;
	CHECK(try_write(0x4000f0, &data, 2, 0) && try_write(0x4000f1, &data, 4, 0) &&
		  try_write(0x4000f0, &data, 1, 0),
	      "odd writes");
	CHECK(try_read(0x4000f0, &value, 4, 0) && value == 0x1ff, "an odd write counts: %x", value);
	CHECK(try_read(0x4000f0, bytes, 16, 0) && bytes[0] == 0xff && bytes[1] == 1, "wide read");
	CHECK(try_read(0x4000f1, bytes, 1, 0) && bytes[0] == 1, "byte read");
	/* Moved onto RAM. */
	CHECK(apic_msr_write(&cpu->apic, 0x1b, 0x7000 | 0x900) == 0, "base");
	guest_map(0x400000, 0x7000, RW, RW);
	tlb_flush_all(cpu);
	CHECK(try_read(0x4000f0, &value, 4, 0) && value == 0x1ff, "RAM hides the APIC: %x", value);
	CHECK(apic_msr_write(&cpu->apic, 0x1b, 0x7000 | 0x100) == 0, "disable");
	tlb_flush_all(cpu);
	CHECK(try_read(0x4000f0, &value, 4, 0) && value == 0, "the APIC hides RAM: %x", value);
}

/*
 * --- code fetch and peek
 * --------------------------------------------------------------------------------------
 */

static void test_fetch(void)
{
	const struct code_tlb_entry *code = NULL;
	uint8_t bytes[15];
	unsigned size = 0;

	guest_reset(PAGING_LONG);
	guest_map(0x400000, 0x7000, RW, RW);
	for (unsigned i = 0; i < 32; i++)
		ram[0x7ff0 + i] = (uint8_t)i;
	CHECK(try_fetch(0x400ff0, bytes, 1, &size) && size == 15 && bytes[14] == 14, "%u", size);
	CHECK(try_fetch(0x400ffc, bytes, 1, &size) && size == 4 && bytes[3] == 15, "%u", size);
	CHECK(try_fetch(0x400ffc, bytes, 4, &size) && size == 4, "%u", size);
	CHECK(!try_fetch(0x400ffc, bytes, 5, &size) && seen.vector == VECTOR_PF && seen.address == 0x401000 &&
		  seen.error == 16,
	      "%lx %x", seen.address, seen.error);
	guest_map(0x401000, 0x3000, RW, RW);
	memset(ram + 0x3000, 0xaa, 16);
	CHECK(try_fetch(0x400ffc, bytes, 5, &size) && size == 15 && bytes[3] == 15 && bytes[4] == 0xaa &&
		  bytes[14] == 0xaa,
	      "%u", size);
	guest_map(0x402000, MMIO_GPA, RW, RW);
	CHECK(try_code(0x402000, &code) && !code, "code in nothing");
	CHECK(try_fetch(0x402000, bytes, 1, &size) && bytes[0] == 0xff && size == 15, "fetch from nothing");
	guest_map(0x403000, ROM_GPA, RW, RW);
	CHECK(try_code(0x403000, &code) && code && code->host == rom, "code in ROM");
}

static void test_peek(void)
{
	uint8_t bytes[8];
	uint64_t leaf;

	guest_reset(PAGING_LONG);
	leaf = guest_map(0x400000, 0x7000, 0, 0);
	memcpy(ram + 0x7ffc, "abcd", 4);
	CHECK(mmu_peek(cpu, 0x400ffc, bytes, 4) == 0 && !memcmp(bytes, "abcd", 4), "peek");
	CHECK(!(guest_entry(leaf) & PTE_A), "peek sets A");
	CHECK(mmu_peek(cpu, 0x400ffc, bytes, 8) < 0, "peek beyond");
}

static void test_memory_host(void)
{
	guest_reset(PAGING_NONE);
	CHECK(memory_host(cpu->slots, 0, RAM_BYTES, true) == ram, "all");
	CHECK(!memory_host(cpu->slots, 0, RAM_BYTES + 1ull, true), "too long");
	CHECK(!memory_host(cpu->slots, RAM_BYTES - 1, 2, false), "too long");
	CHECK(!memory_host(cpu->slots, 16, UINT64_MAX, false), "wraps");
	CHECK(memory_host(cpu->slots, ROM_GPA + 1, 3, false) == rom + 1 &&
		  !memory_host(cpu->slots, ROM_GPA, 1, true),
	      "ROM");
	CHECK(!memory_host(cpu->slots, MMIO_GPA, 1, false), "nothing");
}

/*
 * --- speed
 * ---------------------------------------------------------------------------------------------------
 */

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void bench(void)
{
	enum { PAGES = 512, ROUNDS = 4000 };
	double start;
	bool filled;

	guest_reset(PAGING_LONG);
	for (unsigned i = 0; i < PAGES; i++)
		guest_map(0x7f0000000000 + i * 4096ull, 0x300000 + i * 4096, RW | PTE_A | PTE_D, RW | PTE_A);
	start = seconds();
	for (unsigned round = 0; round < ROUNDS; round++)
		for (unsigned i = 0; i < PAGES; i++)
			filled = mmu_fill(cpu, 0x7f0000000000 + i * 4096ull, 8, round & 1);
	printf("mmu_fill %.1f ns\n", (seconds() - start) / ROUNDS / PAGES * 1e9);
	start = seconds();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < 100; i++)
			filled &= mmu_fill(cpu, 0x7f0000000000 + i * 4096ull, 8, false);
		tlb_flush_non_global(cpu);
	}
	printf("100 fills and flush_non_global %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < PAGES; i++)
			filled &= mmu_fill(cpu, 0x7f0000000000 + i * 4096ull, 8, false);
		tlb_flush_non_global(cpu);
	}
	printf("512 fills and flush_non_global %.0f ns\n", (seconds() - start) / ROUNDS * 1e9);
	start = seconds();
	for (unsigned i = 0; i < 1000000; i++)
		tlb_flush_page(cpu, 0x7f0000000000 + i % PAGES * 4096ull);
	printf("flush_page %.1f ns%s\n", (seconds() - start) / 1000000 * 1e9, filled ? "" : "!");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--bench")) {
		bench();
		return 0;
	}
	test_crossing();
	test_crossing_fault();
	test_wrap();
	test_hits();
	test_flushes();
	test_flush_modes();
	test_many();
	test_flush_large(0);
	test_flush_large(15);
	test_flush_large(40);
	test_flush_code();
	test_code_pages();
	test_rom();
	test_tracked();
	test_mmio_read();
	test_mmio_replay();
	test_mmio_pieces();
	test_mmio_crossing();
	test_mmio_limit();
	test_ports();
	test_apic_page();
	test_fetch();
	test_peek();
	test_memory_host();
	printf("%u failures\n", failures);
	return failures != 0;
}
