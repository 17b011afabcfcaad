/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making one block: read and decode, find out which flags live, write the hot code instruction by
 * instruction, then what is out of line. */
#include "engine/translator/bytes.h"
#include "engine/translator/jit/jit_priv.h"

#include <stddef.h>

/* --- reading -------------------------------------------------------------------------------------------- */

static bool ends_block(const struct insn *insn)
{
	unsigned op = insn->facts->op;
	return (insn->facts->attr & FACT_JUMP) && op != OP_JCC && op != OP_LOOP && op != OP_JCXZ;
}

/* Copies what may be one instruction; the second page only helps the block's first instruction. */
static unsigned read_bytes(uint8_t *to, uint64_t linear, const struct code_tlb_entry *page,
			   const struct code_tlb_entry *page2)
{
	unsigned offset = linear & 4095, here = 4096 - offset < 15 ? 4096 - offset : 15;
	if (offset <= 4096 - 16) {
		bytes_copy16(to, page->host + offset);
		return 15;
	}
	bytes_copy(to, page->host + offset, here);
	if (here < 15 && page2) {
		bytes_copy(to + here, page2->host, 15 - here);
		here = 15;
	}
	return here;
}

/* EIP stays below the limit of CS; the instruction that would cross it is the interpreter's. */
static bool is_past_limit(const struct gen *g, uint64_t end)
{
	if (gen_is_64(g))
		return false;
	return end > (mode_class(g->block->mode, SEG_CS) == CLASS_REAL ? 0x10000ull : 0x100000000ull);
}

static bool is_in_page(const struct gen *g, uint64_t rip)
{
	return (gen_linear(g, rip) ^ gen_linear(g, g->block->rip)) < 4096;
}

static void read_block(struct gen *g, enum insn_mode mode, const struct code_tlb_entry *page,
		       const struct code_tlb_entry *page2)
{
	uint64_t rip = g->block->rip;
	g->rips[0] = rip;
	for (unsigned edges = 0; g->count < JIT_MAX_INSNS && edges < JIT_MAX_EDGES - 2;) {
		struct insn *insn = &g->insns[g->count];
		bool first = g->count == 0;
		if (!first && !is_in_page(g, rip))
			return;
		unsigned avail = read_bytes(g->raw[g->count], gen_linear(g, rip), page, first ? page2 : NULL);
		if (insn_decode(insn, g->raw[g->count], avail, mode) != INSN_OK ||
		    is_past_limit(g, rip + insn->len))
			return;
		rip += insn->len;
		g->rips[++g->count] = rip;
		if (first && !is_in_page(g, rip - 1)) {
			g->block->gpa2 = page2->gpa;
			return;
		}
		if (ends_block(insn))
			return;
		edges += (insn->facts->attr & FACT_JUMP) != 0;
	}
}

/* --- hot code ------------------------------------------------------------------------------------------- */

static void emit_poll(struct gen *g)
{
	struct emitter *e = &g->hot;
	g->block->code = emit_pc(e);
	emit_gs(e, false, 0x83, 7, VCPU(request)); /* cmpl $0, gs:request */
	emit8(e, 0);
	emit8(e, 0x0f); /* jne */
	emit8(e, 0x85);
	struct cold *cold = gen_cold(g, COLD_POLL);
	cold->site = e->at;
	emit32(e, 0);
	g->block->body = emit_pc(e);
}

static bool gen_one(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	if (insn->facts->attr & FACT_JUMP)
		return gen_control(g);
	if (insn->facts->attr & FACT_STRING)
		return gen_string(g);
	return gen_copy(g) || gen_stack(g) || gen_system(g);
}

/* Returns how many instructions the block came to have. */
static unsigned emit_block(struct gen *g)
{
	for (g->index = 0; g->index < g->count && !g->ended; g->index++) {
		if (g->cold_count > JIT_MAX_COLD - 8)
			break;
		g->live = g->live_before[g->index];
		if (!gen_one(g))
			gen_interpret(g);
		if (g->index == g->end_after) {
			g->index++;
			break;
		}
	}
	if (!g->ended) {
		unsigned last = g->index - 1;
		uint64_t next = g->rips[g->index];
		g->index = last;
		gen_edge(g, next);
		return last + 1;
	}
	return g->index;
}

/* --- out of line ---------------------------------------------------------------------------------------- */

static void fix_site(struct emitter *cold, struct gen *g, uint8_t *site)
{
	emit_patch32(site, emit_rel(&g->hot, site, emit_pc(cold)));
}

static void emit_miss(struct gen *g, struct emitter *e, const struct cold *cold)
{
	fix_site(e, g, cold->site);
	if (cold->const_slot >= 0)
		emit_gs(e, true, 0x33, T0, cold->tag_disp);
	else
		emit_gs_t1(e, true, 0x33, T0, cold->tag_disp); /* the address again */
	emit8(e, 0x4c);					       /* lea record(%rip), %r11 */
	emit8(e, 0x8d);
	emit8(e, 0x1d);
	uint8_t *at = e->at;
	emit32(e, 0);
	emit_jmp(e, g->jit->thunks.miss);
	while ((uint64_t)e->at & 7)
		emit8(e, 0xcc);
	emit_patch32(at, (uint32_t)(e->at - (at + 4)));
	*(struct miss_record *)e->at = (struct miss_record){ cold->rip, cold->back, cold->size, cold->write };
	e->at += sizeof(struct miss_record);
}

static void emit_poll_exit(struct gen *g, struct emitter *e, const struct cold *cold)
{
	fix_site(e, g, cold->site);
	emit_store_gs_imm(e, cold->rip, VCPU(rip), T0);
	emit_jmp(e, g->jit->thunks.leave);
}

static void emit_recheck(struct gen *g, struct emitter *e, const struct cold *cold)
{
	fix_site(e, g, cold->site);
	emit8(e, 0xf0); /* lock orl $REQUEST_INTERRUPT, gs:request */
	emit_gs(e, false, 0x83, ALU_OR, VCPU(request));
	emit8(e, REQUEST_INTERRUPT);
	emit_jmp(e, cold->back);
}

static void emit_interpret(struct gen *g, struct emitter *e, const struct cold *cold)
{
	fix_site(e, g, cold->site);
	emit_store_gs_imm(e, cold->rip, VCPU(rip), T0);
	emit_mov_imm(e, T1, (uint64_t)cold->insn);
	emit_jmp(e, g->jit->thunks.interpret);
}

/* The inline look-up of a constant target in the jump cache, for edges into another page. */
static void emit_jump_cache(struct emitter *e, uint64_t target)
{
	uint32_t slot = VCPU(jump_cache) + (uint32_t)(jump_index(target) * sizeof(struct jump_entry));
	emit_mov_imm(e, T0, target);
	emit_gs(e, true, 0x33, T0, VCPU(jump_salt));
	emit_gs(e, true, 0x3b, T0, slot + offsetof(struct jump_entry, key));
	emit8(e, 0x75); /* jne over the jump */
	emit8(e, 8);
	emit8(e, 0x65); /* jmp *gs:code */
	emit8(e, 0xff);
	emit8(e, 0x24);
	emit8(e, 0x25);
	emit32(e, slot + offsetof(struct jump_entry, code));
}

static void emit_edge(struct gen *g, struct emitter *e, const struct cold *cold, struct edge *edge)
{
	fix_site(e, g, cold->site);
	edge->stub = emit_pc(e);
	if (cold->save_flags)
		flags_emit_save(e);
	if (cold->save_flags &&
	    edge->linkable) { /* a field of its own to patch, for targets that want the flags */
		while ((((uint64_t)e->at + 1) & 7) > 4)
			emit8(e, 0x90);
		emit8(e, 0xe9);
		edge->stub_site = e->at;
		emit32(e, 0);
	}
	edge->unlinked = emit_pc(e);
	if (!edge->linkable)
		emit_jump_cache(e, edge->target);
	emit_mov_imm(e, T1, (uint64_t)edge);
	emit_jmp(e, g->jit->thunks.edge);
}

static void emit_cold(struct gen *g, struct edge *edges)
{
	struct jit *jit = g->jit;
	struct emitter e = { jit->cold.at, jit->cold.end, jit->to_exec };
	for (unsigned i = 0; i < g->cold_count; i++) {
		const struct cold *cold = &g->cold[i];
		if (cold->kind == COLD_MISS)
			emit_miss(g, &e, cold);
		else if (cold->kind == COLD_POLL)
			emit_poll_exit(g, &e, cold);
		else if (cold->kind == COLD_RECHECK)
			emit_recheck(g, &e, cold);
		else if (cold->kind == COLD_INTERPRET)
			emit_interpret(g, &e, cold);
		else
			emit_edge(g, &e, cold, &edges[cold->edge - g->edges]);
	}
	jit->cold.at = e.at;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

static struct edge *keep_edges(struct gen *g)
{
	struct edge *edges = cache_table_alloc(g->jit, g->edge_count * sizeof(*edges));
	for (unsigned i = 0; i < g->edge_count; i++) {
		edges[i] = g->edges[i];
		edges[i].from = g->block;
	}
	g->block->edges = edges;
	g->block->edge_count = (uint8_t)g->edge_count;
	return edges;
}

static void keep_faults(struct gen *g)
{
	size_t bytes = g->fault_count * sizeof(struct fault_site);
	g->block->faults = cache_table_alloc(g->jit, bytes);
	g->block->fault_count = (uint8_t)g->fault_count;
	bytes_copy(g->block->faults, g->faults, bytes);
}

static void gen_begin(struct gen *g, struct jit *jit, struct block *block)
{
	g->jit = jit;
	g->block = block;
	g->hot = (struct emitter){ jit->hot.at, jit->hot.end, jit->to_exec };
	g->count = g->index = g->cold_count = g->edge_count = g->fault_count = 0;
	g->in_eflags = false;
	g->in_memory = true;
	g->ended = false;
	g->end_after = JIT_MAX_INSNS;
	g->insn_copy = NULL;
	unsigned tlb = block->mode & JIT_USER ? TLB_USER : block->mode & JIT_AC ? TLB_KERNEL_AC : TLB_KERNEL;
	g->tlb_base = VCPU(tlb) + (uint32_t)(tlb * sizeof(((struct vcpu *)0)->tlb[0]));
}

static void gen_finish(struct gen *g)
{
	struct jit *jit = g->jit;
	struct edge *edges = keep_edges(g);
	keep_faults(g);
	emit_cold(g, edges);
	g->block->code_bytes = (uint32_t)(g->hot.at - jit->hot.at);
	jit->hot.at = (uint8_t *)(((uint64_t)g->hot.at + 15) & ~15ull);
}

struct block *translate_block(struct jit *jit, struct vcpu *cpu, uint64_t rip, uint32_t base, uint32_t mode,
			      const struct code_tlb_entry *page, const struct code_tlb_entry *page2)
{
	struct gen *g = &jit->gen;
	jit->tables.at = (uint8_t *)(((uint64_t)jit->tables.at + 63) & ~63ull);
	struct block *block = cache_table_alloc(jit, sizeof(*block));
	*block = (struct block){ .rip = rip, .base = base, .mode = mode };
	gen_begin(g, jit, block);
	block->gpa = page->gpa | (gen_linear(g, rip) & 4095);
	read_block(g, (enum insn_mode)(mode & JIT_CODE_SIZE), page, page2);
	if (g->count == 0)
		return NULL; /* the interpreter raises what there is to raise */
	flags_liveness(g);
	emit_poll(g);
	unsigned made = emit_block(g);
	block->guest_bytes = (uint16_t)(g->rips[made] - rip);
	gen_finish(g);
	cache_insert(jit, block);
	cpu->stats.blocks_translated++;
	cpu->stats.insns_translated += made;
	return block;
}
