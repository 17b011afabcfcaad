/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The software TLB. Three tables (user, kernel, kernel with AC) so that a hit needs no permission check;
 * always 4 KiB entries, whatever the guest's page size. Each table remembers which entries it filled, so that
 * the usual flush touches only these.
 */
#include "engine/translator/mmu/mmu_priv.h"
#include "engine/translator/jit/jit.h"

static inline bool entry_is_valid(const struct tlb_entry *entry, unsigned index)
{
	return entry->tag_read != tlb_invalid_tag(index);
}

static inline void entry_clear(struct tlb_entry *entry, unsigned index)
{
	entry->tag_read = entry->tag_write = tlb_invalid_tag(index);
}

static inline void local_add(struct vcpu *cpu, enum tlb_mode mode, unsigned index)
{
	uint32_t count = cpu->tlb_local_count[mode];

	if (count < TLB_LOCAL_MAX)
		cpu->tlb_local[mode][count] = (uint16_t)index;
	if (count <= TLB_LOCAL_MAX)
		cpu->tlb_local_count[mode] = count + 1;
}

static inline bool is_all_listed(const struct vcpu *cpu, enum tlb_mode mode)
{
	return !cpu->tlb_has_global[mode] && cpu->tlb_local_count[mode] <= TLB_LOCAL_MAX;
}

/* Calls the statement for every entry of `mode` that may be valid. */
#define FOR_EACH_FILLED(cpu, mode, index, body)                                                              \
	do {                                                                                                 \
		if (is_all_listed(cpu, mode)) {                                                              \
			for (unsigned n_ = 0; n_ < (cpu)->tlb_local_count[mode]; n_++) {                     \
				unsigned index = (cpu)->tlb_local[mode][n_];                                 \
				body;                                                                        \
			}                                                                                    \
		} else {                                                                                     \
			for (unsigned index = 0; index < TLB_ENTRIES; index++)                               \
				body;                                                                        \
		}                                                                                            \
	} while (0)

/* --- large pages ------------------------------------------------------------------------------------- */

static void large_region_add(struct large_regions *regions, uint64_t linear, bool global)
{
	uint64_t gib = linear >> 30;

	if (regions->count > LARGE_REGIONS)
		return;
	for (unsigned i = 0; i < regions->count; i++) {
		if (regions->region[i].gib == gib) {
			regions->region[i].global |= global;
			return;
		}
	}
	if (regions->count < LARGE_REGIONS) {
		regions->region[regions->count].gib = gib;
		regions->region[regions->count].global = global;
	}
	regions->count++;
}

static bool large_region_has(const struct large_regions *regions, uint64_t linear)
{
	if (regions->count > LARGE_REGIONS)
		return true;
	for (unsigned i = 0; i < regions->count; i++)
		if (regions->region[i].gib == linear >> 30)
			return true;
	return false;
}

static void large_regions_drop_non_global(struct large_regions *regions)
{
	uint32_t kept = 0;

	if (regions->count > LARGE_REGIONS)
		return;
	for (unsigned i = 0; i < regions->count; i++)
		if (regions->region[i].global)
			regions->region[kept++] = regions->region[i];
	regions->count = kept;
}

/* --- filling ------------------------------------------------------------------------------------------ */

/* The local APIC's page covers whatever memory is below it. */
static inline bool is_apic_page(const struct vcpu *cpu, uint64_t gpa)
{
	uint64_t base = atomic_load_explicit(&cpu->apic.base_msr, memory_order_relaxed);

	return PAGE_OF(base) == gpa && apic_is_mmio_page(&cpu->apic, gpa);
}

static bool writes_inline(const struct vcpu *cpu, enum tlb_mode mode, const struct mmu_page *page,
			  const struct hv_slot *slot)
{
	bool allowed = page->writable || (mode != TLB_USER && !(cpu->cr0 & CR0_WP));

	if (!allowed || !page->dirty || !(slot->flags & HV_MAP_WRITE))
		return false;
	return !slot->dirty || memory_is_dirty(slot, page->gpa);
}

static void entry_fill(struct vcpu *cpu, enum tlb_mode mode, uint64_t linear, const struct mmu_page *page,
		       uint8_t *host, bool writes)
{
	unsigned index = tlb_index(linear);
	struct tlb_entry *entry = &cpu->tlb[mode][index];
	struct tlb_side *side = &cpu->tlb_side[mode][index];
	uint64_t tag = PAGE_OF(linear);

	if (page->global)
		cpu->tlb_has_global[mode] = 1;
	else if (!entry_is_valid(entry, index) || side->global)
		local_add(cpu, mode, index);
	entry->tag_read = tag;
	entry->tag_write = writes ? tag : tlb_invalid_tag(index);
	entry->host = (uint64_t)host;
	entry->addend = (uint64_t)host - tag;
	side->gpa = page->gpa;
	side->global = page->global;
	side->shift = page->shift;
	if (page->shift > 12)
		large_region_add(&cpu->large_regions, linear, page->global);
}

void tlb_install(struct vcpu *cpu, enum tlb_mode mode, uint64_t linear, const struct mmu_page *page,
		 bool write, struct mem_target *ret_target)
{
	const struct hv_slot *slot = memory_slot(cpu, page->gpa);
	uint8_t *host;
	bool has_code = false, writes;

	cpu->stats.tlb_misses++;
	ret_target->gpa = page->gpa + PAGE_OFFSET(linear);
	ret_target->host = NULL;
	ret_target->has_code = false;
	if (!slot || __builtin_expect(is_apic_page(cpu, page->gpa), 0))
		return;
	if (write) {
		if (!(slot->flags & HV_MAP_WRITE))
			return;
		memory_mark_dirty(slot, page->gpa);
	}
	writes = writes_inline(cpu, mode, page, slot);
	if (writes || write)
		has_code = jit_page_has_code(cpu->translator, page->gpa);
	host = slot->host + (page->gpa - slot->gpa);
	entry_fill(cpu, mode, linear, page, host, writes && !has_code);
	ret_target->host = host + PAGE_OFFSET(linear);
	ret_target->has_code = write && has_code;
}

bool mmu_fill(struct vcpu *cpu, uint64_t linear, unsigned size, bool write)
{
	enum tlb_mode mode = (enum tlb_mode)cpu->tlb_mode;
	struct mem_target target;
	struct mmu_page page;

	/* The interpreter knows whether a non-canonical address means #GP or #SS. */
	if (PAGE_OFFSET(linear) + size > PAGE_BYTES || !mmu_is_canonical(cpu, linear))
		return false;
	mmu_translate(cpu, linear, mode, write ? MEM_WRITE : MEM_READ, &page);
	tlb_install(cpu, mode, linear, &page, write, &target);
	return target.host && !target.has_code;
}

/* --- code ---------------------------------------------------------------------------------------------- */

static void code_tlb_clear(struct vcpu *cpu)
{
	for (unsigned i = 0; i < CODE_TLB_ENTRIES; i++)
		cpu->code_tlb[i].tag = TLB_INVALID;
	cpu->code_tlb_evicted[0] = cpu->code_tlb_evicted[1] = 0;
}

/* MOV CR3: what was evicted was perhaps not global, but then the jump cache forgets it all the same. */
static void code_tlb_clear_non_global(struct vcpu *cpu)
{
	for (unsigned i = 0; i < CODE_TLB_ENTRIES; i++)
		if (!cpu->code_tlb[i].global)
			cpu->code_tlb[i].tag = TLB_INVALID;
}

static const struct code_tlb_entry *code_page_fill(struct vcpu *cpu, uint64_t linear,
						   struct code_tlb_entry *entry)
{
	bool smep = (cpu->cr4 & CR4_SMEP) && (cpu->cr0 & CR0_PG);
	const struct hv_slot *slot;
	struct mmu_page page;

	mmu_translate(cpu, linear, cpu->cpl == 3 ? TLB_USER : TLB_KERNEL, MEM_EXECUTE, &page);
	slot = memory_slot(cpu, page.gpa);
	if (!slot || is_apic_page(cpu, page.gpa))
		return NULL;
	/* large_regions remembers the large ones */
	if (entry->tag != TLB_INVALID && entry->tag != PAGE_OF(linear) && !entry->large)
		cpu->code_tlb_evicted[code_tlb_half(entry->tag)] = 1;
	entry->tag = PAGE_OF(linear);
	entry->host = slot->host + (page.gpa - slot->gpa);
	entry->gpa = page.gpa;
	entry->global = page.global;
	entry->large = page.shift > 12;
	entry->user_ok = page.user && !page.nx;
	entry->kernel_ok = !page.nx && !(page.user && smep);
	if (page.shift > 12)
		large_region_add(&cpu->large_regions, linear, page.global);
	return entry;
}

const struct code_tlb_entry *mem_code_page(struct vcpu *cpu, uint64_t linear)
{
	struct code_tlb_entry *entry = &cpu->code_tlb[code_tlb_index(linear)];

	if (entry->tag != PAGE_OF(linear) || !(cpu->cpl == 3 ? entry->user_ok : entry->kernel_ok)) {
		if (!code_page_fill(cpu, linear, entry))
			return NULL;
	}
	if (cpu->cpl != 3 && (!entry->global || code_tlb_half(linear) == 0))
		cpu->kernel_code_local = 1;
	return entry;
}

/* --- flushing ------------------------------------------------------------------------------------------ */

static void table_clear(struct vcpu *cpu, enum tlb_mode mode)
{
	struct tlb_entry *table = cpu->tlb[mode];

	FOR_EACH_FILLED(cpu, mode, index, entry_clear(&table[index], index));
	cpu->tlb_local_count[mode] = 0;
	cpu->tlb_has_global[mode] = 0;
}

/*
 * A new VP's tables are all zero, which entry 1 never holds otherwise: the first flush has to clear all of
 * them.
 */
static void tables_init(struct vcpu *cpu)
{
	if (cpu->tlb[TLB_KERNEL][1].tag_read != 0)
		return;
	for (unsigned mode = 0; mode < TLB_MODES; mode++)
		cpu->tlb_has_global[mode] = 1;
}

void tlb_flush_all(struct vcpu *cpu)
{
	tables_init(cpu);
	for (unsigned mode = 0; mode < TLB_MODES; mode++)
		table_clear(cpu, (enum tlb_mode)mode);
	code_tlb_clear(cpu);
	cpu->large_regions.count = 0;
	jit_flush_jumps(cpu);
}

static void table_clear_non_global(struct vcpu *cpu, enum tlb_mode mode)
{
	const struct tlb_side *side = cpu->tlb_side[mode];
	struct tlb_entry *table = cpu->tlb[mode];
	uint32_t count = cpu->tlb_local_count[mode];
	bool listed = count <= TLB_LOCAL_MAX;

	for (unsigned i = 0; i < (listed ? count : TLB_ENTRIES); i++) {
		unsigned index = listed ? cpu->tlb_local[mode][i] : i;

		if (!side[index].global)
			entry_clear(&table[index], index);
	}
	cpu->tlb_local_count[mode] = 0;
}

void tlb_flush_non_global(struct vcpu *cpu)
{
	for (unsigned mode = 0; mode < TLB_MODES; mode++)
		table_clear_non_global(cpu, (enum tlb_mode)mode);
	code_tlb_clear_non_global(cpu);
	large_regions_drop_non_global(&cpu->large_regions);
	jit_flush_local_jumps(cpu);
}

/* The pieces of a large page that covers `linear`. */
static void tlb_flush_large(struct vcpu *cpu, uint64_t linear)
{
	for (unsigned mode = 0; mode < TLB_MODES; mode++) {
		const struct tlb_side *side = cpu->tlb_side[mode];
		struct tlb_entry *table = cpu->tlb[mode];

		FOR_EACH_FILLED(cpu, mode, index, {
			if (entry_is_valid(&table[index], index) && side[index].shift > 12 &&
			    !((table[index].tag_read ^ linear) >> side[index].shift))
				entry_clear(&table[index], index);
		});
	}
	/* The code TLB does not know page sizes. */
	code_tlb_clear(cpu);
	jit_flush_jumps(cpu);
}

/* Supervisor code in the lower half makes the local flush a whole one (kernel_code_local). */
static void flush_code_page(struct vcpu *cpu, uint64_t linear, struct code_tlb_entry *code)
{
	unsigned half = code_tlb_half(linear);

	if (code->tag != PAGE_OF(linear) && !cpu->code_tlb_evicted[half])
		return;
	if (code->tag == PAGE_OF(linear))
		code->tag = TLB_INVALID;
	cpu->code_tlb_evicted[half] = 0; /* nothing is left of the pages that were evicted */
	if (half)
		jit_flush_jumps(cpu);
	else
		jit_flush_local_jumps(cpu);
}

void tlb_flush_page(struct vcpu *cpu, uint64_t linear)
{
	struct code_tlb_entry *code = &cpu->code_tlb[code_tlb_index(linear)];
	unsigned index = tlb_index(linear);

	for (unsigned mode = 0; mode < TLB_MODES; mode++) {
		struct tlb_entry *entry = &cpu->tlb[mode][index];

		if (entry->tag_read == PAGE_OF(linear))
			entry_clear(entry, index);
	}
	if (__builtin_expect(large_region_has(&cpu->large_regions, linear), 0)) {
		tlb_flush_large(cpu, linear);
		return;
	}
	flush_code_page(cpu, linear, code);
}

void tlb_forbid_writes(struct vcpu *cpu, uint64_t gpa)
{
	gpa = PAGE_OF(gpa);
	for (unsigned mode = 0; mode < TLB_MODES; mode++) {
		const struct tlb_side *side = cpu->tlb_side[mode];
		struct tlb_entry *table = cpu->tlb[mode];

		FOR_EACH_FILLED(cpu, mode, index, {
			if (side[index].gpa == gpa)
				table[index].tag_write = tlb_invalid_tag(index);
		});
	}
}
