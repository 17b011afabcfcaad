/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmu_guest.h"

#include "engine/translator/jit/jit.h"

#include <setjmp.h>
#include <string.h>

const char *const paging_names[PAGING_COUNT] = { "none",   "32-bit", "32-bit 4M", "PAE",
						 "PAE 2M", "long",   "long 2M",	  "long 1G" };

static struct vcpu vcpu_memory;
static uint8_t ram_memory[RAM_BYTES] __attribute__((aligned(4096)));
static uint8_t rom_memory[ROM_BYTES] __attribute__((aligned(4096)));
static uint8_t tracked_memory[TRACKED_BYTES] __attribute__((aligned(4096)));
static struct hv_slots guest_slots;
static struct cpuid_policy guest_cpuid;
static struct apic_bus guest_bus;
static enum paging guest_paging;
static uint64_t tables_next;
static jmp_buf guest_frame;

struct vcpu *cpu = &vcpu_memory;
uint8_t *ram = ram_memory, *rom = rom_memory, *tracked = tracked_memory;
_Atomic uint64_t tracked_dirty[1];
struct seen seen;
bool page_has_code[RAM_PAGES];
struct hv_exit guest_exit;
unsigned failures;

/* --- fakes --------------------------------------------------------------------------------------------- */

_Noreturn void cpu_raise(struct vcpu *c, enum cpu_vector vector)
{
	cpu_raise_error(c, vector, 0);
}

_Noreturn void cpu_raise_error(struct vcpu *c, enum cpu_vector vector, uint32_t error)
{
	seen.vector = vector;
	seen.error = error;
	longjmp(guest_frame, 1);
}

_Noreturn void cpu_raise_page_fault(struct vcpu *c, uint64_t address, uint32_t error)
{
	seen.address = address;
	cpu_raise_error(c, VECTOR_PF, error);
}

_Noreturn void cpu_leave(struct vcpu *c)
{
	seen.left = true;
	longjmp(guest_frame, 1);
}

bool jit_page_has_code(const struct translator *translator, uint64_t gpa)
{
	return gpa < RAM_BYTES && page_has_code[gpa >> 12];
}

void jit_code_written(struct translator *translator, struct vcpu *c, uint64_t gpa, uint64_t size)
{
	seen.code_writes++;
	seen.code_gpa = gpa;
	seen.code_size = size;
}

void jit_flush_jumps(struct vcpu *c)
{
	seen.jump_flushes++;
}

void jit_flush_local_jumps(struct vcpu *c)
{
	seen.jump_flushes++;
}

static void on_kick(struct apic *apic)
{
}

static uint64_t on_read_tsc(struct apic *apic)
{
	return 1000;
}

static uint64_t on_tsc_hz(struct apic *apic)
{
	return 1000000000;
}

static void on_set_timer(struct apic *apic, uint64_t deadline)
{
}

static void on_eoi(struct apic *apic, uint8_t vector)
{
}

static const struct apic_ops ops = { on_kick, on_read_tsc, on_tsc_hz, on_set_timer, on_eoi };

/* --- instructions ------------------------------------------------------------------------------------ */

#define ATTEMPT(statement)                                                                                   \
	do {                                                                                                 \
		seen.vector = -1;                                                                            \
		seen.left = false;                                                                           \
		if (setjmp(guest_frame))                                                                     \
			return false;                                                                        \
		statement;                                                                                   \
		return true;                                                                                 \
	} while (0)

bool try_read(uint64_t linear, void *buffer, unsigned size, unsigned access)
{
	ATTEMPT(mem_read(cpu, linear, buffer, size, access));
}

bool try_write(uint64_t linear, const void *buffer, unsigned size, unsigned access)
{
	ATTEMPT(mem_write(cpu, linear, buffer, size, access));
}

bool try_check_write(uint64_t linear, unsigned size, unsigned access)
{
	ATTEMPT(mem_check_write(cpu, linear, size, access));
}

bool try_code(uint64_t linear, const struct code_tlb_entry **ret_entry)
{
	ATTEMPT(*ret_entry = mem_code_page(cpu, linear));
}

bool try_fetch(uint64_t linear, uint8_t *bytes, unsigned need, unsigned *ret_size)
{
	ATTEMPT(*ret_size = mem_fetch(cpu, linear, bytes, need));
}

bool try_atomic(uint64_t linear, unsigned size, void **ret_host)
{
	ATTEMPT(*ret_host = mem_atomic(cpu, linear, size, 0));
}

bool try_span(uint64_t linear, uint64_t wanted, unsigned access, void **ret_host, uint64_t *ret_size)
{
	ATTEMPT(*ret_host = mem_span(cpu, linear, wanted, ret_size, access));
}

bool try_fill(uint64_t linear, unsigned size, bool write, bool *ret_filled)
{
	ATTEMPT(*ret_filled = mmu_fill(cpu, linear, size, write));
}

bool try_port_read(uint16_t port, unsigned size, uint32_t *ret_value)
{
	ATTEMPT(*ret_value = port_read(cpu, port, size));
}

bool try_port_write(uint16_t port, unsigned size, uint32_t value)
{
	ATTEMPT(port_write(cpu, port, size, value));
}

/* --- the VP ------------------------------------------------------------------------------------------ */

static void slot_set(unsigned index, uint64_t gpa, uint64_t size, uint8_t *host, unsigned flags,
		     _Atomic uint64_t *dirty)
{
	guest_slots.slot[index] =
	    (struct hv_slot){ .gpa = gpa, .size = size, .host = host, .flags = flags, .dirty = dirty };
	guest_slots.count = index + 1;
}

static void paging_start(enum paging paging)
{
	cpu->cr0 = CR0_PE | CR0_WP;
	if (paging != PAGING_NONE)
		cpu->cr0 |= CR0_PG;
	cpu->cr4 = CR4_PGE;
	cpu->efer = 0;
	cpu->seg[SEG_CS].attr = SEGMENT_DB;
	if (paging == PAGING_32_4M)
		cpu->cr4 |= CR4_PSE;
	if (paging >= PAGING_PAE) {
		cpu->cr4 |= CR4_PAE;
		cpu->efer |= EFER_NXE;
	}
	if (paging >= PAGING_LONG) {
		cpu->efer |= EFER_LME | EFER_LMA;
		cpu->seg[SEG_CS].attr = SEGMENT_L;
	}
	cpu->cr3 = TABLES_GPA;
	tables_next = TABLES_GPA + 4096;
}

void guest_reset(enum paging paging)
{
	memset(cpu, 0, sizeof(*cpu));
	memset(ram, 0, RAM_BYTES);
	memset(rom, 0x5a, ROM_BYTES);
	memset(tracked, 0, TRACKED_BYTES);
	memset(page_has_code, 0, sizeof(page_has_code));
	memset(&seen, 0, sizeof(seen));
	atomic_store(&tracked_dirty[0], 0);
	slot_set(0, 0, RAM_BYTES, ram, HV_MAP_WRITE, NULL);
	slot_set(1, ROM_GPA, ROM_BYTES, rom, 0, NULL);
	slot_set(2, TRACKED_GPA, TRACKED_BYTES, tracked, HV_MAP_WRITE | HV_MAP_TRACK, tracked_dirty);
	cpuid_policy_init_translator(&guest_cpuid, 1000000000);
	cpu->cpuid = &guest_cpuid;
	cpu->slots = &guest_slots;
	cpu->exit = &guest_exit;
	apic_bus_init(&guest_bus);
	apic_init(&cpu->apic, &guest_bus, 0, &ops, cpu);
	guest_paging = paging;
	paging_start(paging);
	guest_set_cpl(0);
	tlb_flush_all(cpu);
}

void guest_set_cpl(unsigned cpl)
{
	cpu->cpl = cpl;
	cpu_update_tlb_mode(cpu);
}

/* --- page tables ------------------------------------------------------------------------------------- */

unsigned guest_page_shift(enum paging paging)
{
	static const unsigned shifts[PAGING_COUNT] = { 12, 12, 22, 12, 21, 12, 21, 30 };

	return shifts[paging];
}

static bool is_narrow(void)
{
	return guest_paging == PAGING_32 || guest_paging == PAGING_32_4M;
}

uint64_t guest_entry(uint64_t gpa)
{
	uint64_t value = 0;

	memcpy(&value, ram + gpa, is_narrow() ? 4 : 8);
	return value;
}

void guest_set_entry(uint64_t gpa, uint64_t value)
{
	memcpy(ram + gpa, &value, is_narrow() ? 4 : 8);
}

static unsigned leaf_level(void)
{
	switch (guest_paging) {
	case PAGING_32_4M:
	case PAGING_PAE_2M:
	case PAGING_LONG_2M: return 1;
	case PAGING_LONG_1G: return 2;
	default: return 0;
	}
}

static unsigned top_level(void)
{
	return guest_paging >= PAGING_LONG ? 3 : guest_paging >= PAGING_PAE ? 2 : 1;
}

static uint64_t entry_at(uint64_t table, uint64_t linear, unsigned level)
{
	if (is_narrow())
		return table + (linear >> (12 + 10 * level) & 1023) * 4;
	if (guest_paging < PAGING_LONG && level == 2)
		return table + (linear >> 30 & 3) * 8;
	return table + (linear >> (12 + 9 * level) & 511) * 8;
}

uint64_t guest_entry_gpa(uint64_t linear, unsigned level)
{
	uint64_t table = cpu->cr3 & ~4095ull;

	for (unsigned l = top_level(); l > level; l--)
		table = guest_entry(entry_at(table, linear, l)) & 0x000ffffffffff000ull;
	return entry_at(table, linear, level);
}

uint64_t guest_map(uint64_t linear, uint64_t gpa, uint64_t flags, uint64_t upper)
{
	unsigned leaf = leaf_level();
	uint64_t table = cpu->cr3 & ~4095ull, at;

	for (unsigned level = top_level(); level > leaf; level--) {
		uint64_t entry;

		at = entry_at(table, linear, level);
		entry = guest_entry(at);
		if (!(entry & PTE_P)) {
			entry = tables_next;
			tables_next += 4096;
		}
		table = entry & 0x000ffffffffff000ull;
		/* The four entries of PAE paging have no permissions. */
		if (guest_paging < PAGING_LONG && guest_paging >= PAGING_PAE && level == 2)
			guest_set_entry(at, table | PTE_P);
		else
			guest_set_entry(at, table | PTE_P | upper);
	}
	at = entry_at(table, linear, leaf);
	guest_set_entry(at, (gpa & ~((1ull << guest_page_shift(guest_paging)) - 1)) | flags | PTE_P |
				(leaf ? PTE_PS : 0));
	if (guest_paging == PAGING_PAE || guest_paging == PAGING_PAE_2M)
		mmu_load_pdptes(cpu, cpu->cr3);
	return at;
}

void guest_answer(const void *data)
{
	struct mmio_log *log = &cpu->mmio;

	if (!log->pending || log->count == 0) {
		failures++;
		fprintf(stderr, "no access is pending\n");
		return;
	}
	if (!log->access[log->count - 1].is_write)
		memcpy(log->access[log->count - 1].data, data, log->access[log->count - 1].size);
	log->pending = false;
	log->next = 0;
}
