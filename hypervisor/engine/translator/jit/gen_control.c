/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving a block. An edge whose target lies in the block's own page may be patched to jump straight to the target's code (link.c): whoever executes this block has the page
 * mapped here. Any other target goes through the jump cache, which is emptied when a mapping changes.
 */
#include "engine/translator/jit/jit_priv.h"

#include <stddef.h>

static bool same_page(const struct gen *g, uint64_t target)
{
	return (target ^ g->block->rip) < 4096 && !g->block->gpa2;
}

struct edge *gen_new_edge(struct gen *g, uint64_t target)
{
	struct edge *edge = &g->edges[g->edge_count++];
	*edge = (struct edge){ .target = target, 
				.polled = target <= gen_rip(g) || g->index == g->end_after, .linkable = same_page(g, target) };
	return edge;
}

static struct cold *cold_edge(struct gen *g, uint64_t target)
{
	struct cold *cold = gen_cold(g, COLD_EDGE);
	cold->edge = gen_new_edge(g, target);
	cold->save_flags = g->in_eflags && !g->in_memory;
	return cold;
}

/* A branch instruction's rel32 that leads to the edge. */
static void rel32_to_edge(struct gen *g, uint64_t target)
{
	struct cold *cold = cold_edge(g, target);
	cold->site = g->hot.at;
	cold->edge->site = g->hot.at;
	emit32(&g->hot, 0);
}

/* rel32 fields lie within 8 aligned bytes, so that linking replaces them in one store (other VPs may be executing them). */
static void align_field(struct gen *g, unsigned opcode_bytes)
{
	while ((((uint64_t)g->hot.at + opcode_bytes) & 7) > 4)
		emit8(&g->hot, 0x90);
}

void gen_edge(struct gen *g, uint64_t target)
{
	align_field(g, 1);
	emit8(&g->hot, 0xe9);
	rel32_to_edge(g, target);
	g->ended = true;
}

static void jcc_to_edge(struct gen *g, unsigned cc, uint64_t target)
{
	align_field(g, 2);
	emit8(&g->hot, 0x0f);
	emit8(&g->hot, 0x80 | cc);
	rel32_to_edge(g, target);
}

/* Same way as cold_jump_cache() in translate.c, but with the target in T0. */
void gen_indirect(struct gen *g)
{
	struct emitter *e = &g->hot;
	emit_rorx64(e, T1, T0, JUMP_CACHE_BITS); /* jump_index() << 4 */
	emit_rex(e, true, T0, 0, T1);
	emit8(e, 0x31); /* xor T0, T1 */
	emit8(e, 0xc0 | (T0 & 7) << 3 | (T1 & 7));
	emit_rorx64(e, T1, T1, 60);
	emit_alu_imm(e, false, ALU_AND, T1, (JUMP_CACHE_ENTRIES - 1) << 4);
	emit_gs(e, true, 0x33, T0, VCPU(jump_salt));
	emit_gs_t1(e, true, 0x3b, T0, VCPU(jump_cache) + offsetof(struct jump_entry, key));
	emit_jcc(e, 5, g->jit->thunks.indirect);
	emit8(e, 0x65); /* jmp *gs:[T1 + code] */
	emit8(e, 0x41);
	emit8(e, 0xff);
	emit8(e, 0xa0 | (T1 & 7));
	emit32(e, VCPU(jump_cache) + offsetof(struct jump_entry, code));
	g->ended = true;
}

/* --- conditions ---------------------------------------------------------------------------------------- */

/* Conditions that one bit (or CF|ZF) of the saved flags decides: byte and mask in flags_packed. */
static bool packed_condition(unsigned cc, unsigned *ret_byte, unsigned *ret_mask)
{
	static const struct { uint8_t byte, mask; } table[8] = {
		[0] = { 0, 0x01 }, [1] = { 1, 0x01 }, [2] = { 1, 0x40 }, [3] = { 1, 0x41 }, [4] = { 1, 0x80 }, [5] = { 1, 0x04 },
	};
	*ret_byte = table[cc >> 1].byte;
	*ret_mask = table[cc >> 1].mask;
	return *ret_mask != 0;
}

static bool gen_jcc(struct gen *g, const struct insn *insn, uint64_t target)
{
	unsigned cc = insn->opcode & 15, byte, mask;
	if (!g->in_eflags && packed_condition(cc, &byte, &mask)) {
		emit_gs(&g->hot, false, 0xf6, 0, VCPU(flags_packed) + byte); /* testb */
		emit8(&g->hot, mask);
		cc = 5 ^ (cc & 1);
	} else if (!g->in_eflags) {
		flags_emit_restore(&g->hot);
		g->in_eflags = true;
	}
	jcc_to_edge(g, cc, target);
	return true;
}

/* jrcxz reaches 127 bytes only: over a jump */
static void jump_if_rcx_zero(struct gen *g, uint64_t target)
{
	struct emitter *e = &g->hot;
	while ((((uint64_t)e->at + 5) & 7) > 4)
		emit8(e, 0x90);
	emit8(e, 0xe3);
	emit8(e, 2);
	emit8(e, 0xeb);
	emit8(e, 5);
	emit8(e, 0xe9);
	rel32_to_edge(g, target);
}

static void jump_if_rcx_not_zero(struct gen *g, uint64_t target)
{
	struct emitter *e = &g->hot;
	while ((((uint64_t)e->at + 3) & 7) > 4)
		emit8(e, 0x90);
	emit8(e, 0xe3);
	emit8(e, 5);
	emit8(e, 0xe9);
	rel32_to_edge(g, target);
}

static bool gen_loop(struct gen *g, const struct insn *insn, uint64_t target)
{
	if (insn->addrsize != 8)
		return false;
	emit_lea(&g->hot, HOST_RCX, HOST_RCX, -1);
	jump_if_rcx_not_zero(g, target);
	return true;
}

/* --- calls and returns ---------------------------------------------------------------------------------- */

/* T0 = the value of an indirect branch's operand */
static void load_target(struct gen *g, const struct insn *insn)
{
	if (insn->has_mem) {
		gen_check_modrm(g, 8, false, false);
		emit_load(&g->hot, T0, T0, 0);
		return;
	}
	unsigned reg = insn_rm(insn);
	if (reg == T0 || reg == T1)
		emit_load_gs(&g->hot, T0, VCPU_GPR(reg));
	else
		emit_mov_reg(&g->hot, T0, reg);
}

static bool gen_call_indirect(struct gen *g, const struct insn *insn)
{
	flags_clobber(g);
	load_target(g, insn);
	emit_store_gs(&g->hot, T0, VCPU(scratch[2]));
	gen_push_value(g, gen_next_rip(g));
	emit_load_gs(&g->hot, T0, VCPU(scratch[2]));
	gen_indirect(g);
	return true;
}

static bool gen_ret(struct gen *g, const struct insn *insn)
{
	flags_clobber(g);
	uint64_t start = emit_pc(&g->hot);
	emit_mov_reg(&g->hot, T0, HOST_RSP);
	gen_check_t0(g, start, 8, false);
	emit_load(&g->hot, T0, T0, 0);
	emit_lea(&g->hot, HOST_RSP, HOST_RSP, 8 + (int32_t)(uint16_t)insn->imm);
	gen_indirect(g);
	return true;
}

bool gen_control(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	uint64_t target = gen_next_rip(g) + insn->imm;
	switch (insn->facts->op) {
	case OP_JCC: return gen_jcc(g, insn, target);
	case OP_LOOP: return gen_loop(g, insn, target);
	case OP_JCXZ:
		if (insn->addrsize != 8)
			return false;
		jump_if_rcx_zero(g, target);
		return true;
	case OP_JMP: gen_edge(g, target); return true;
	case OP_CALL:
		gen_push_value(g, gen_next_rip(g));
		gen_edge(g, target);
		return true;
	case OP_JMP_IND:
		if (insn->opsize != 8)
			return false;
		flags_clobber(g);
		load_target(g, insn);
		gen_indirect(g);
		return true;
	case OP_CALL_IND: return insn->opsize == 8 && gen_call_indirect(g, insn);
	case OP_RET: return insn->opsize == 8 && gen_ret(g, insn);
	default: return false;
	}
}
