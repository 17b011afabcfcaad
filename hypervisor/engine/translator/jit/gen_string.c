/* SPDX-License-Identifier: GPL-2.0-or-later */
/* String instructions without REP and with DF = 0: MOVS, STOS, LODS. The others, and all with REP, go to the interpreter, which moves pages at a time. */
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

static void check_at(struct gen *g, unsigned reg, unsigned segment, unsigned size, bool write)
{
	uint64_t start = emit_pc(&g->hot);
	emit_mov_reg(&g->hot, T0, reg);
	if (segment == SEG_FS || segment == SEG_GS)
		emit_gs(&g->hot, true, 0x03, T0, VCPU_SEG_BASE(segment));
	gen_check_t0(g, start, size, write);
}

bool gen_string(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	unsigned size = insn->opsize, op = insn->facts->op;
	if ((op != OP_MOVS && op != OP_STOS && op != OP_LODS) || (insn->prefixes & (PREFIX_REP | PREFIX_REPNE)) ||
	    (g->block->mode & JIT_DF) || insn->addrsize != 8)
		return false;
	struct emitter *e = &g->hot;
	flags_clobber(g);
	if (op != OP_STOS) {
		check_at(g, HOST_RSI, insn->segment, size, false);
		move(e, false, op == OP_LODS ? HOST_RAX : T1, size);
	}
	if (op == OP_MOVS)
		emit_store_gs(e, T1, VCPU(scratch[2]));
	if (op != OP_LODS) {
		check_at(g, HOST_RDI, SEG_NONE, size, true);
		if (op == OP_MOVS)
			emit_load_gs(e, T1, VCPU(scratch[2]));
		move(e, true, op == OP_MOVS ? T1 : HOST_RAX, size);
		emit_lea(e, HOST_RDI, HOST_RDI, (int32_t)size);
	}
	if (op != OP_STOS)
		emit_lea(e, HOST_RSI, HOST_RSI, (int32_t)size);
	return true;
}
