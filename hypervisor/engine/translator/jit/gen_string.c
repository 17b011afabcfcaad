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

bool gen_string(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	unsigned size = insn->opsize, op = insn->facts->op, source = insn->segment;
	if (source == SEG_NONE)
		source = SEG_DS;
	if ((op != OP_MOVS && op != OP_STOS && op != OP_LODS) || !in_line(g, insn, source))
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
