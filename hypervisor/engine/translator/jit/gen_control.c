/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving a block. An edge whose target lies in the block's own page may be patched to jump straight to the
 * target's code (link.c): whoever executes this block has the page mapped here. Any other target goes through
 * the jump cache, which is emptied when a mapping changes.
 */
#include "engine/translator/jit/jit_priv.h"

#include <stddef.h>

static bool same_page(const struct gen *g, uint64_t target)
{
	return (gen_linear(g, target) ^ gen_linear(g, g->block->rip)) < 4096 && !g->block->gpa2;
}

struct edge *gen_new_edge(struct gen *g, uint64_t target)
{
	struct edge *edge = &g->edges[g->edge_count++];
	*edge = (struct edge){ .target = target,
			       .polled = target <= gen_rip(g) || g->index == g->end_after,
			       .linkable = same_page(g, target) };
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

/* rel32 fields lie within 8 aligned bytes, so that linking replaces them in one store (other VPs may be
 * executing them). */
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
	g->ended = true;
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
}

/* --- conditions ---------------------------------------------------------------------------------------- */

/* Conditions that one bit (or CF|ZF) of the saved flags decides: byte and mask in flags_packed. */
static bool packed_condition(unsigned cc, unsigned *ret_byte, unsigned *ret_mask)
{
	static const struct {
		uint8_t byte, mask;
	} table[8] = {
		[0] = { 0, 0x01 }, [1] = { 1, 0x01 }, [2] = { 1, 0x40 },
		[3] = { 1, 0x41 }, [4] = { 1, 0x80 }, [5] = { 1, 0x04 },
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

/* test of rCX in the address size; EFLAGS are ours */
static void test_rcx(struct gen *g, unsigned size)
{
	struct emitter *e = &g->hot;
	if (size == 2)
		emit8(e, 0x66);
	emit_rex(e, size == 8, HOST_RCX, 0, HOST_RCX);
	emit8(e, 0x85);
	emit8(e, 0xc0 | HOST_RCX << 3 | HOST_RCX);
}

static void decrement_rcx(struct gen *g, unsigned size)
{
	struct emitter *e = &g->hot;
	unsigned to = size == 2 ? T1 : HOST_RCX;
	emit_rex(e, size == 8, to, 0, HOST_RCX);
	emit8(e, 0x8d); /* lea -1(%rcx), to */
	emit_modrm_disp(e, to, HOST_RCX, -1);
	if (size != 2)
		return;
	emit8(e, 0x66); /* mov %r11w, %cx */
	emit_rex(e, false, T1, 0, HOST_RCX);
	emit8(e, 0x89);
	emit8(e, 0xc0 | (T1 & 7) << 3 | HOST_RCX);
}

static bool gen_rcx_branch(struct gen *g, const struct insn *insn, uint64_t target)
{
	enum { CC_E = 4, CC_NE = 5 };
	bool loops = insn->facts->op == OP_LOOP;
	flags_clobber(g);
	if (loops)
		decrement_rcx(g, insn->addrsize);
	test_rcx(g, insn->addrsize);
	jcc_to_edge(g, loops ? CC_NE : CC_E, target);
	return true;
}

/* --- calls and returns ---------------------------------------------------------------------------------- */

/* T0 = the value of an indirect branch's operand */
static void load_target(struct gen *g, const struct insn *insn)
{
	struct emitter *e = &g->hot;
	if (insn->has_mem) {
		gen_check_modrm(g, insn->opsize, false, false);
		gen_load_t0(g, T0, insn->opsize);
		return;
	}
	unsigned reg = insn_rm(insn);
	if (reg == T0 || reg == T1) {
		emit_load_gs(e, T0, VCPU_GPR(reg));
	} else if (insn->opsize == 2) {
		emit_rex(e, false, T0, 0, reg); /* movzwl */
		emit8(e, 0x0f);
		emit8(e, 0xb7);
		emit8(e, 0xc0 | (T0 & 7) << 3 | (reg & 7));
	} else {
		emit_rex(e, insn->opsize == 8, reg, 0, T0);
		emit8(e, 0x89);
		emit8(e, 0xc0 | (reg & 7) << 3 | (T0 & 7));
	}
}

static bool gen_jump_indirect(struct gen *g, const struct insn *insn)
{
	if (gen_is_64(g) ? insn->opsize != 8 : insn->has_mem && !legacy_can_address(g, insn))
		return false;
	flags_clobber(g);
	load_target(g, insn);
	gen_indirect(g);
	return true;
}

static bool gen_call_indirect(struct gen *g, const struct insn *insn)
{
	if (!gen_stack_usable(g, insn))
		return false;
	flags_clobber(g);
	load_target(g, insn);
	emit_store_gs(&g->hot, T0, VCPU(scratch[3]));
	gen_push_value(g, gen_next_rip(g));
	emit_load_gs(&g->hot, T0, VCPU(scratch[3]));
	gen_indirect(g);
	return true;
}

static bool gen_call(struct gen *g, const struct insn *insn, uint64_t target)
{
	if (!gen_stack_usable(g, insn))
		return false;
	gen_push_value(g, gen_next_rip(g));
	gen_edge(g, target);
	return true;
}

static bool gen_ret(struct gen *g, const struct insn *insn)
{
	if (!gen_stack_usable(g, insn))
		return false;
	gen_check_stack(g, HOST_RSP, 0, insn->opsize, false);
	gen_load_t0(g, T0, insn->opsize);
	gen_set_rsp(g, HOST_RSP, insn->opsize + (int32_t)(uint16_t)insn->imm);
	gen_indirect(g);
	return true;
}

static uint64_t branch_target(const struct gen *g, const struct insn *insn)
{
	uint64_t target = gen_next_rip(g) + insn->imm;
	if (gen_is_64(g))
		return target;
	return insn->opsize == 2 ? (uint16_t)target : (uint32_t)target;
}

bool gen_control(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	uint64_t target = branch_target(g, insn);
	switch (insn->facts->op) {
	case OP_JCC: return gen_jcc(g, insn, target);
	case OP_LOOP:
	case OP_JCXZ: return gen_rcx_branch(g, insn, target);
	case OP_JMP: gen_edge(g, target); return true;
	case OP_CALL: return gen_call(g, insn, target);
	case OP_JMP_IND: return gen_jump_indirect(g, insn);
	case OP_CALL_IND: return gen_call_indirect(g, insn);
	case OP_RET: return gen_ret(g, insn);
	default: return false;
	}
}
