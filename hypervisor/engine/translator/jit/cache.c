/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code cache: one memfd mapped twice, writable here and executable there, never both at one address.
 * Blocks are allocated in order; when a region is full everything is dropped. Guest pages that code was made
 * from are marked, so that writes to them are noticed.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/exclusive.h"
#include "engine/translator/jit/jit_priv.h"
#include "engine/translator/mmu/mmu.h"

/* --- tables --------------------------------------------------------------------------------------------- */

void *cache_table_alloc(struct jit *jit, size_t bytes)
{
	void *memory = jit->tables.at;
	jit->tables.at += (bytes + 7) & ~(size_t)7;
	return memory;
}

static size_t room(const struct jit_arena *arena)
{
	return (size_t)(arena->end - arena->at);
}

bool cache_has_room(const struct jit *jit)
{
	return room(&jit->hot) >= JIT_HOT_MARGIN && room(&jit->cold) >= JIT_COLD_MARGIN &&
	       room(&jit->tables) >= JIT_TABLE_MARGIN && jit->by_address_count < jit->by_address_max;
}

static unsigned block_hash(uint64_t gpa, uint64_t rip, uint32_t mode)
{
	uint64_t h = (gpa ^ rip << 7 ^ (uint64_t)mode << 40) * 0x9e3779b97f4a7c15ull;
	return (unsigned)(h >> (64 - JIT_HASH_BITS));
}

struct block *cache_find(struct jit *jit, uint64_t gpa, uint64_t gpa2, uint64_t rip, uint32_t base,
			 uint32_t mode)
{
	struct block *block = jit->hash[block_hash(gpa, rip, mode)];
	for (; block; block = block->hash_next) {
		if (block->gpa == gpa && block->rip == rip && block->mode == mode && block->base == base &&
		    (!block->gpa2 || block->gpa2 == gpa2))
			return block;
	}
	return NULL;
}

/* --- pages ---------------------------------------------------------------------------------------------- */

static struct code_page **page_slot(struct jit *jit, uint64_t gpa)
{
	uint64_t h = (gpa >> 12) * 0x9e3779b97f4a7c15ull;
	return &jit->code_pages[h >> (64 - CODE_PAGE_HASH_BITS)];
}

static struct code_page *find_page(struct jit *jit, uint64_t gpa)
{
	struct code_page *page = *page_slot(jit, gpa);
	while (page && page->gpa != (gpa & ~4095ull))
		page = page->next;
	return page;
}

static struct code_page *need_page(struct jit *jit, uint64_t gpa)
{
	struct code_page *page = find_page(jit, gpa);
	if (page)
		return page;
	struct code_page **slot = page_slot(jit, gpa);
	page = cache_table_alloc(jit, sizeof(*page));
	*page = (struct code_page){ .gpa = gpa & ~4095ull, .next = *slot };
	*slot = page;
	return page;
}

static uint8_t *code_flag(const struct jit *jit, uint64_t gpa)
{
	for (unsigned i = 0; i < jit->slot_count; i++) {
		uint64_t index = (gpa - jit->slots[i].gpa) >> 12;
		if (gpa >= jit->slots[i].gpa && index < jit->slots[i].pages)
			return &jit->slots[i].has_code[index];
	}
	return NULL;
}

bool jit_page_has_code(const struct translator *translator, uint64_t gpa)
{
	const uint8_t *flag = translator->jit ? code_flag(translator->jit, gpa) : NULL;
	return flag && __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* From here on no VP can write the page without the slow path; so what is read afterwards stays what was
 * translated. */
void cache_claim_page(struct jit *jit, struct vcpu *cpu, uint64_t gpa)
{
	struct translator *translator = jit->translator;
	exclusive_begin(translator, cpu);
	uint8_t *flag = code_flag(jit, gpa);
	if (flag && !*flag) {
		__atomic_store_n(flag, 1, __ATOMIC_RELEASE);
		for (unsigned i = 0; i < translator->vcpu_count; i++)
			if (translator->vcpus[i])
				tlb_forbid_writes(translator->vcpus[i], gpa & ~4095ull);
	}
	exclusive_end(translator, cpu);
}

/* 64-byte pieces of the page that [from, to) touches */
static uint64_t granules(uint64_t from, uint64_t to)
{
	unsigned first = from >> 6 & 63, last = (to - 1) >> 6 & 63;
	return (~0ull << first) & (~0ull >> (63 - last));
}

static void enter_page(struct jit *jit, struct block *block, unsigned which, uint64_t from, uint64_t to)
{
	struct code_page *page = need_page(jit, from);
	page->granules |= granules(from, to);
	block->page_next[which] = page->blocks;
	page->blocks = block;
}

static uint64_t bytes_in_first_page(const struct block *block)
{
	uint64_t here = 4096 - (block->gpa & 4095);
	return block->guest_bytes < here ? block->guest_bytes : here;
}

void cache_insert(struct jit *jit, struct block *block)
{
	struct block **slot = &jit->hash[block_hash(block->gpa, block->rip, block->mode)];
	block->hash_next = *slot;
	*slot = block;
	uint64_t here = bytes_in_first_page(block);
	enter_page(jit, block, 0, block->gpa, block->gpa + here);
	if (block->gpa2)
		enter_page(jit, block, 1, block->gpa2, block->gpa2 + block->guest_bytes - here);
	uint32_t count = jit->by_address_count;
	jit->by_address[count] = block;
	atomic_store(&jit->by_address_count, count + 1);
}

/* --- invalidation: the partition is held ------------------------------------------------------------- */

static bool overlaps(const struct block *block, uint64_t from, uint64_t to)
{
	uint64_t here = bytes_in_first_page(block);
	if (from < block->gpa + here && to > block->gpa)
		return true;
	return block->gpa2 && from < block->gpa2 + block->guest_bytes - here && to > block->gpa2;
}

static void forget_jumps(struct jit *jit, const struct block *block)
{
	struct translator *translator = jit->translator;
	for (unsigned i = 0; i < translator->vcpu_count; i++) {
		struct vcpu *cpu = translator->vcpus[i];
		if (!cpu)
			continue;
		struct jump_entry *entry = &cpu->jump_cache[jump_index(block->rip)];
		if (entry->code == block->code)
			*entry = (struct jump_entry){ .key = jump_index(block->rip) };
	}
}

static void remove_from_hash(struct jit *jit, struct block *block)
{
	struct block **at = &jit->hash[block_hash(block->gpa, block->rip, block->mode)];
	while (*at && *at != block)
		at = &(*at)->hash_next;
	if (*at)
		*at = block->hash_next;
}

/* Its own outgoing edges leave their targets' lists, so that a target's death does not patch a dead block for
 * ever. */
static void unlink_out(struct block *block)
{
	for (unsigned i = 0; i < block->edge_count; i++) {
		struct edge *edge = &block->edges[i];
		if (!edge->to)
			continue;
		struct edge **at = &edge->to->in;
		while (*at && *at != edge)
			at = &(*at)->next_in;
		if (*at)
			*at = edge->next_in;
		edge->to = NULL;
	}
}

static void kill_block(struct jit *jit, struct block *block)
{
	block->dead = 1;
	link_unlink_in(jit, block);
	unlink_out(block);
	remove_from_hash(jit, block);
	forget_jumps(jit, block);
}

static unsigned page_link(const struct block *block, const struct code_page *page)
{
	return (block->gpa & ~4095ull) == page->gpa ? 0 : 1;
}

/* Dead blocks of the other page of a pair stay in that page's list until it is swept itself. */
static void sweep_page(struct jit *jit, struct vcpu *cpu, struct code_page *page, uint64_t from, uint64_t to)
{
	struct block **at = &page->blocks;
	page->granules = 0;
	while (*at) {
		struct block *block = *at;
		if (!block->dead && overlaps(block, from, to)) {
			kill_block(jit, block);
			if (cpu)
				cpu->stats.blocks_invalidated++;
		}
		unsigned link = page_link(block, page);
		if (block->dead) {
			*at = block->page_next[link];
			continue;
		}
		uint64_t start = link ? block->gpa2 : block->gpa, here = bytes_in_first_page(block);
		page->granules |= granules(start, start + (link ? block->guest_bytes - here : here));
		at = &block->page_next[link];
	}
}

static bool is_translated(struct jit *jit, uint64_t gpa, uint64_t size)
{
	const struct code_page *page = find_page(jit, gpa);
	return !page || !page->blocks || (page->granules & granules(gpa, gpa + size));
}

void jit_code_written(struct translator *translator, struct vcpu *cpu, uint64_t gpa, uint64_t size)
{
	struct jit *jit = translator->jit;
	/* Data beside code: a VP that is alone need not stop anybody to see that no block is concerned. */
	if (cpu && translator->vcpu_count == 1 && !is_translated(jit, gpa, size))
		return;
	exclusive_begin(translator, cpu);
	struct code_page *page = find_page(jit, gpa);
	if (page && (page->granules & granules(gpa, gpa + size)))
		sweep_page(jit, cpu, page, gpa, gpa + size);
	if (!page || !page->blocks) {
		uint8_t *flag = code_flag(jit, gpa);
		if (flag)
			__atomic_store_n(flag, 0, __ATOMIC_RELEASE);
	}
	exclusive_end(translator, cpu);
}

/* --- everything -------------------------------------------------------------------------------------- */

void cache_flush(struct jit *jit)
{
	struct translator *translator = jit->translator;
	for (unsigned i = 0; i < 1 << CODE_PAGE_HASH_BITS; i++) {
		for (struct code_page *page = jit->code_pages[i]; page; page = page->next) {
			uint8_t *flag = code_flag(jit, page->gpa);
			if (flag)
				__atomic_store_n(flag, 0, __ATOMIC_RELEASE);
		}
		jit->code_pages[i] = NULL;
	}
	words_fill((uint64_t *)jit->hash, 0, 1 << JIT_HASH_BITS);
	jit->hot.at = jit->hot.start;
	jit->cold.at = jit->cold.start;
	jit->tables.at = jit->tables.start;
	atomic_store(&jit->by_address_count, 0);
	jit->flushes++;
	for (unsigned i = 0; i < translator->vcpu_count; i++)
		if (translator->vcpus[i])
			jit_flush_jumps(translator->vcpus[i]);
}

void cache_make_room(struct jit *jit, struct vcpu *cpu)
{
	exclusive_begin(jit->translator, cpu);
	if (!cache_has_room(jit)) {
		cache_flush(jit);
		cpu->stats.cache_flushes++;
	}
	exclusive_end(jit->translator, cpu);
}

/* Binary search; safe in a signal handler on a VP's thread. */
struct block *cache_by_pc(struct jit *jit, uint64_t pc)
{
	uint32_t low = 0, high = atomic_load(&jit->by_address_count);
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (jit->by_address[middle]->code <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	struct block *block = jit->by_address[low - 1];
	return pc < block->code + block->code_bytes ? block : NULL;
}
