/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pushes and pops: the guest's RSP is the host's, so only the memory access goes through the check. RSP moves last. */
#include "engine/translator/jit/jit_priv.h"

static bool is_spilled(unsigned reg)
{
	return reg == T0 || reg == T1;
}

/* T0 = host address of the 8 bytes at guest rsp + disp */
static void check_stack(struct gen *g, int32_t disp, bool write)
{
	flags_clobber(g);
	uint64_t start = emit_pc(&g->hot);
	emit_lea(&g->hot, T0, HOST_RSP, disp);
	gen_check_t0(g, start, 8, write);
}

static void move_rsp(struct gen *g, int32_t by)
{
	emit_lea(&g->hot, HOST_RSP, HOST_RSP, by);
}

static void store_imm_t0(struct emitter *e, int32_t value)
{
	emit_rex(e, true, 0, 0, T0);
	emit8(e, 0xc7);
	emit8(e, T0 & 7);
	emit32(e, (uint32_t)value);
}

void gen_push_value(struct gen *g, uint64_t value)
{
	check_stack(g, -8, true);
	if ((int64_t)value == (int32_t)value) {
		store_imm_t0(&g->hot, (int32_t)value);
	} else {
		emit_mov_imm(&g->hot, T1, value);
		emit_store(&g->hot, T1, T0, 0);
	}
	move_rsp(g, -8);
}

static void push_reg(struct gen *g, unsigned reg)
{
	check_stack(g, -8, true);
	if (is_spilled(reg)) {
		emit_load_gs(&g->hot, T1, VCPU_GPR(reg));
		reg = T1;
	}
	emit_store(&g->hot, reg, T0, 0);
	move_rsp(g, -8);
}

void gen_push_scratch(struct gen *g)
{
	check_stack(g, -8, true);
	emit_load_gs(&g->hot, T1, VCPU(scratch[2]));
	emit_store(&g->hot, T1, T0, 0);
	move_rsp(g, -8);
}

static void push_memory(struct gen *g)
{
	gen_check_modrm(g, 8, false, false);
	emit_load(&g->hot, T1, T0, 0);
	emit_store_gs(&g->hot, T1, VCPU(scratch[2]));
	gen_push_scratch(g);
}

static void pop_reg(struct gen *g, unsigned reg)
{
	check_stack(g, 0, false);
	if (reg == HOST_RSP) {
		emit_load(&g->hot, HOST_RSP, T0, 0);
		return;
	}
	emit_load(&g->hot, is_spilled(reg) ? T1 : reg, T0, 0);
	if (is_spilled(reg))
		emit_store_gs(&g->hot, T1, VCPU_GPR(reg));
	move_rsp(g, 8);
}

static void leave(struct gen *g)
{
	enum { RBP = 5 };
	flags_clobber(g);
	uint64_t start = emit_pc(&g->hot);
	emit_mov_reg(&g->hot, T0, RBP);
	gen_check_t0(g, start, 8, false);
	emit_lea(&g->hot, HOST_RSP, RBP, 8);
	emit_load(&g->hot, RBP, T0, 0);
}

static bool gen_push(struct gen *g, const struct insn *insn)
{
	if (insn->facts->attr & FACT_REG_IN_OPCODE)
		push_reg(g, insn_opcode_reg(insn));
	else if (insn->has_mem)
		push_memory(g);
	else if (insn->facts->attr & FACT_MODRM)
		push_reg(g, insn_rm(insn));
	else
		gen_push_value(g, insn->imm);
	return true;
}

static bool gen_pop(struct gen *g, const struct insn *insn)
{
	if (insn->facts->attr & FACT_REG_IN_OPCODE)
		pop_reg(g, insn_opcode_reg(insn));
	else if (!insn->has_mem)
		pop_reg(g, insn_rm(insn));
	else
		return false;
	return true;
}

bool gen_stack(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	if (insn->opsize != 8)
		return false;
	switch (insn->facts->op) {
	case OP_PUSH: return gen_push(g, insn);
	case OP_POP: return gen_pop(g, insn);
	case OP_LEAVE: leave(g); return true;
	default: return false;
	}
}
