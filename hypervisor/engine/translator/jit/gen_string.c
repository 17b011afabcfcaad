/* SPDX-License-Identifier: GPL-2.0-or-later */
/* String instructions without REP and with DF = 0: MOVS, STOS, LODS. The others, and all with REP, go to the
 * interpreter, which moves pages at a time. */
#include "engine/translator/jit/jit_priv.h"

/* mov of 1, 2, 4 or 8 bytes between reg and [T0] */
static void move(struct emitter *e, bool store, unsigned reg, unsigned size)
{
	if (size == 2)
		emit8(e, 0x66);
	unsigned rex = (size == 8 ? 8 : 0) | (reg >> 3 & 1) << 2 | 1;
	emit8(e, 0x40 | rex);
	emit8(e, (store ? 0x88 : 0x8a) | (size > 1));
	emit8(e, (reg & 7) << 3 | (T0 & 7));
}

/* T0 = host address of the element at reg (rSI or rDI) */
static void check_at(struct gen *g, unsigned reg, unsigned segment, unsigned size, bool write)
{
	struct emitter *e = &g->hot;
	uint64_t start = emit_pc(e);
	emit_rex(e, gen_is_64(g), reg, 0, T0); /* mov reg, T0 in the address size */
	emit8(e, 0x89);
	emit8(e, 0xc0 | (reg & 7) << 3 | (T0 & 7));
	if (!gen_is_64(g))
		legacy_add_segment(g, segment, 4, size);
	else if (segment == SEG_FS || segment == SEG_GS)
		emit_gs(e, true, 0x03, T0, VCPU_SEG_BASE(segment));
	gen_check_t0(g, start, size, write);
}

static void advance(struct gen *g, unsigned reg, unsigned size)
{
	emit_rex(&g->hot, gen_is_64(g), reg, 0, reg);
	emit8(&g->hot, 0x8d);
	emit_modrm_disp(&g->hot, reg, reg, (int32_t)size);
}

static bool is_flat(const struct gen *g, unsigned segment)
{
	return segment >= SEG_FS || mode_class(g->block->mode, segment) <= CLASS_BASE;
}

static bool in_line(const struct gen *g, const struct insn *insn, unsigned source)
{
	if ((insn->prefixes & (PREFIX_REP | PREFIX_REPNE)) || (g->block->mode & JIT_DF))
		return false;
	if (gen_is_64(g))
		return insn->addrsize == 8;
	return insn->addrsize == 4 && is_flat(g, source) && is_flat(g, SEG_ES);
}

/* --- REP ----------------------------------------------------------------------------------------------- */

enum { CC_E = 4, CC_A = 7 };
enum { SLOT_RSI = 1, SLOT_RDI = 2, SLOT_BYTES = 3, SLOT_SOURCE = 4 }; /* of vcpu.scratch */

static uint32_t slot(unsigned n)
{
	return VCPU(scratch) + 8 * n;
}

/* mov from, to in the width of addresses */
static void move_address(struct gen *g, unsigned to, unsigned from)
{
	emit_rex(&g->hot, gen_is_64(g), from, 0, to);
	emit8(&g->hot, 0x89);
	emit8(&g->hot, 0xc0 | (from & 7) << 3 | (to & 7));
}

/* scratch[SLOT_BYTES] = rCX * size; more than a page is not for here */
static void count_bytes(struct gen *g, unsigned size)
{
	struct emitter *e = &g->hot;
	unsigned shift = (unsigned)__builtin_ctz(size);
	emit_alu_imm(e, true, ALU_CMP, HOST_RCX, (int32_t)(4096 >> shift));
	gen_jump_to_interpreter(g, CC_A);
	emit_mov_reg(e, T0, HOST_RCX);
	if (shift) {
		emit_rex(e, true, 0, 0, T0);
		emit8(e, 0xc1); /* shl */
		emit8(e, 0xe0 | (T0 & 7));
		emit8(e, shift);
	}
	emit_store_gs(e, T0, slot(SLOT_BYTES));
}

/*
 * T1 = host address of the piece at reg, which ends within its page. A miss tries only this check again: the two pages may want the same TLB entry, and
 * what was found for the first stays good until the instruction is done.
 */
static void check_piece(struct gen *g, unsigned reg, bool write)
{
	struct emitter *e = &g->hot;
	uint64_t start = emit_pc(e);
	move_address(g, T0, reg);
	gen_check_piece_t0(g, start, write);
	emit_rex(e, true, T0, 0, T1); /* add T0, T1 */
	emit8(e, 0x01);
	emit8(e, 0xc0 | (T0 & 7) << 3 | (T1 & 7));
	emit_gs(e, true, 0x03, T0, slot(SLOT_BYTES));
	emit_alu_imm(e, true, ALU_CMP, T0, 4096);
	gen_jump_to_interpreter(g, CC_A);
}

static void emit_rep(struct emitter *e, unsigned op, unsigned size)
{
	if (size == 2)
		emit8(e, 0x66);
	emit8(e, 0xf3);
	if (size == 8)
		emit8(e, 0x48);
	emit8(e, (op == OP_MOVS ? 0xa4 : 0xaa) | (size > 1));
}

/* reg = what it was + bytes, in the width of addresses */
static void advance_by_bytes(struct gen *g, unsigned reg, unsigned saved)
{
	emit_gs(&g->hot, gen_is_64(g), 0x8b, reg, slot(saved));
	emit_gs(&g->hot, gen_is_64(g), 0x03, reg, slot(SLOT_BYTES));
}

static void gen_rep(struct gen *g, unsigned op, unsigned size)
{
	struct emitter *e = &g->hot;
	flags_clobber(g);
	if (!gen_is_64(g))
		move_address(g, HOST_RCX, HOST_RCX); /* the upper half is nothing there */
	count_bytes(g, size);
	emit_rex(e, true, HOST_RCX, 0, HOST_RCX); /* test %rcx, %rcx */
	emit8(e, 0x85);
	emit8(e, 0xc0 | HOST_RCX << 3 | HOST_RCX);
	emit8(e, 0x0f);
	emit8(e, 0x80 | CC_E);
	uint8_t *done = e->at;
	emit32(e, 0);
	if (op == OP_MOVS) {
		check_piece(g, HOST_RSI, false);
		emit_store_gs(e, T1, slot(SLOT_SOURCE));
		emit_store_gs(e, HOST_RSI, slot(SLOT_RSI));
	}
	check_piece(g, HOST_RDI, true);
	emit_store_gs(e, HOST_RDI, slot(SLOT_RDI));
	emit_mov_reg(e, HOST_RDI, T1);
	if (op == OP_MOVS)
		emit_load_gs(e, HOST_RSI, slot(SLOT_SOURCE));
	emit_rep(e, op, size);
	advance_by_bytes(g, HOST_RDI, SLOT_RDI);
	if (op == OP_MOVS)
		advance_by_bytes(g, HOST_RSI, SLOT_RSI);
	emit_patch32(done, (uint32_t)(e->at - (done + 4)));
}

static bool rep_in_line(const struct gen *g, const struct insn *insn, unsigned source)
{
	if (!(insn->prefixes & (PREFIX_REP | PREFIX_REPNE)) || (g->block->mode & JIT_DF) ||
	    insn->facts->op == OP_LODS)
		return false;
	if (gen_is_64(g))
		return insn->addrsize == 8 && source < SEG_FS;
	return insn->addrsize == 4 && source < SEG_FS && mode_class(g->block->mode, source) == CLASS_FLAT &&
	       mode_class(g->block->mode, SEG_ES) == CLASS_FLAT;
}

bool gen_string(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	unsigned size = insn->opsize, op = insn->facts->op, source = insn->segment;
	if (source == SEG_NONE)
		source = SEG_DS;
	if (op != OP_MOVS && op != OP_STOS && op != OP_LODS)
		return false;
	if (rep_in_line(g, insn, source)) {
		gen_rep(g, op, size);
		return true;
	}
	if (!in_line(g, insn, source))
		return false;
	struct emitter *e = &g->hot;
	flags_clobber(g);
	if (op != OP_STOS) {
		check_at(g, HOST_RSI, source, size, false);
		move(e, false, op == OP_LODS ? HOST_RAX : T1, size);
	}
	if (op == OP_MOVS)
		emit_store_gs(e, T1, VCPU(scratch[2]));
	if (op != OP_LODS) {
		check_at(g, HOST_RDI, SEG_ES, size, true);
		if (op == OP_MOVS)
			emit_load_gs(e, T1, VCPU(scratch[2]));
		move(e, true, op == OP_MOVS ? T1 : HOST_RAX, size);
		advance(g, HOST_RDI, size);
	}
	if (op != OP_STOS)
		advance(g, HOST_RSI, size);
	return true;
}
