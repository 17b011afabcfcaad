/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pushes and pops: the guest's RSP is the host's, so only the memory access goes through the check. RSP moves
 * last. */
#include "engine/translator/jit/jit_priv.h"

static bool is_spilled(unsigned reg)
{
	return reg == T0 || reg == T1;
}

static bool is_stack32(const struct gen *g)
{
	return g->block->mode & JIT_STACK32;
}

/* T0 = disp(%rsp), cut to the stack's width */
static void stack_offset(struct gen *g, unsigned base, int32_t disp)
{
	struct emitter *e = &g->hot;
	if (gen_is_64(g)) {
		emit_lea(e, T0, base, disp);
		return;
	}
	emit_rex(e, false, T0, 0, base); /* lea with a 32-bit destination */
	emit8(e, 0x8d);
	emit_modrm_disp(e, T0, base, disp);
	if (is_stack32(g))
		return;
	emit_rex(e, false, T0, 0, T0); /* movzwl */
	emit8(e, 0x0f);
	emit8(e, 0xb7);
	emit8(e, 0xc0 | (T0 & 7) << 3 | (T0 & 7));
}

/* T0 = host address of the `size` bytes at base + disp in the stack segment */
void gen_check_stack(struct gen *g, unsigned base, int32_t disp, unsigned size, bool write)
{
	flags_clobber(g);
	uint64_t start = emit_pc(&g->hot);
	stack_offset(g, base, disp);
	if (!gen_is_64(g))
		legacy_add_segment(g, SEG_SS, is_stack32(g) ? 4 : 2, size);
	gen_check_t0(g, start, size, write);
}

/* rsp = from + by in the stack's width; may use T1 */
void gen_set_rsp(struct gen *g, unsigned from, int32_t by)
{
	struct emitter *e = &g->hot;
	unsigned to = gen_is_64(g) || is_stack32(g) ? HOST_RSP : T1;
	emit_rex(e, gen_is_64(g), to, 0, from);
	emit8(e, 0x8d);
	emit_modrm_disp(e, to, from, by);
	if (to == HOST_RSP)
		return;
	emit8(e, 0x66); /* mov %r11w, %sp */
	emit_rex(e, false, T1, 0, HOST_RSP);
	emit8(e, 0x89);
	emit8(e, 0xc0 | (T1 & 7) << 3 | HOST_RSP);
}

/* mov of 2, 4 or 8 bytes between reg and [T0] */
static void move_at_t0(struct emitter *e, unsigned opcode, unsigned reg, unsigned size)
{
	if (size == 2)
		emit8(e, 0x66);
	emit_rex(e, size == 8, reg, 0, T0);
	emit8(e, opcode);
	emit8(e, (reg & 7) << 3 | (T0 & 7));
}

static void store_imm_t0(struct emitter *e, int32_t value, unsigned size)
{
	move_at_t0(e, 0xc7, 0, size);
	if (size == 2)
		emit16(e, (uint16_t)value);
	else
		emit32(e, (uint32_t)value);
}

/* The load of `size` bytes at [T0], zero-extended */
void gen_load_t0(struct gen *g, unsigned reg, unsigned size)
{
	struct emitter *e = &g->hot;
	if (size != 2) {
		move_at_t0(e, 0x8b, reg, size);
		return;
	}
	emit_rex(e, false, reg, 0, T0);
	emit8(e, 0x0f);
	emit8(e, 0xb7);
	emit8(e, (reg & 7) << 3 | (T0 & 7));
}

static int32_t bytes(const struct gen *g)
{
	return gen_insn(g)->opsize;
}

static void finish_push(struct gen *g)
{
	gen_set_rsp(g, HOST_RSP, -bytes(g));
}

static void begin_push(struct gen *g)
{
	gen_check_stack(g, HOST_RSP, -bytes(g), (unsigned)bytes(g), true);
}

void gen_push_value(struct gen *g, uint64_t value)
{
	begin_push(g);
	if (bytes(g) < 8 || (int64_t)value == (int32_t)value) {
		store_imm_t0(&g->hot, (int32_t)value, (unsigned)bytes(g));
	} else {
		emit_mov_imm(&g->hot, T1, value);
		emit_store(&g->hot, T1, T0, 0);
	}
	finish_push(g);
}

static void push_reg(struct gen *g, unsigned reg)
{
	begin_push(g);
	if (is_spilled(reg)) {
		emit_load_gs(&g->hot, T1, VCPU_GPR(reg));
		reg = T1;
	}
	move_at_t0(&g->hot, 0x89, reg, (unsigned)bytes(g));
	finish_push(g);
}

void gen_push_scratch(struct gen *g)
{
	begin_push(g);
	emit_load_gs(&g->hot, T1, VCPU(scratch[2]));
	move_at_t0(&g->hot, 0x89, T1, (unsigned)bytes(g));
	finish_push(g);
}

static void push_memory(struct gen *g)
{
	gen_check_modrm(g, (unsigned)bytes(g), false, false);
	gen_load_t0(g, T1, (unsigned)bytes(g));
	emit_store_gs(&g->hot, T1, VCPU(scratch[2]));
	gen_push_scratch(g);
}

static bool pop_reg(struct gen *g, unsigned reg)
{
	unsigned size = (unsigned)bytes(g);
	if (reg == HOST_RSP && size == 2)
		return false;
	gen_check_stack(g, HOST_RSP, 0, size, false);
	if (reg == HOST_RSP) {
		gen_load_t0(g, HOST_RSP, size);
		return true;
	}
	if (size == 2) {
		move_at_t0(&g->hot, 0x8b, reg, 2); /* keeps the upper bits */
	} else {
		gen_load_t0(g, is_spilled(reg) ? T1 : reg, size);
		if (is_spilled(reg))
			emit_store_gs(&g->hot, T1, VCPU_GPR(reg));
	}
	gen_set_rsp(g, HOST_RSP, (int32_t)size);
	return true;
}

static bool leave(struct gen *g)
{
	enum { RBP = 5 };
	unsigned size = (unsigned)bytes(g);
	if (!gen_is_64(g) && (size != 4 || !is_stack32(g)))
		return false;
	gen_check_stack(g, RBP, 0, size, false);
	gen_set_rsp(g, RBP, (int32_t)size);
	gen_load_t0(g, RBP, size);
	return true;
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
		return pop_reg(g, insn_opcode_reg(insn));
	return !insn->has_mem && pop_reg(g, insn_rm(insn));
}

bool gen_stack_usable(const struct gen *g, const struct insn *insn)
{
	if (gen_is_64(g))
		return insn->opsize == 8;
	enum segment_class class = mode_class(g->block->mode, SEG_SS);
	if (insn->has_mem && !legacy_can_address(g, insn))
		return false;
	return insn->opsize <= 4 && (class <= CLASS_BASE || (class == CLASS_REAL && !is_stack32(g)));
}

bool gen_stack(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	switch (insn->facts->op) {
	case OP_PUSH: return gen_stack_usable(g, insn) && gen_push(g, insn);
	case OP_POP: return gen_stack_usable(g, insn) && gen_pop(g, insn);
	case OP_LEAVE: return gen_stack_usable(g, insn) && leave(g);
	default: return false;
	}
}
