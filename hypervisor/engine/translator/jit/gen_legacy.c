/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses in 16-bit and 32-bit code: offsets of 16 or 32 bits, segment bases, limits. What the data
 * segments are like is part of the block's mode, so flat segments cost nothing; FS and GS, which are seldom
 * flat, are looked at when they are used.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/jit/jit_priv.h"

#include <stddef.h>

enum { BX = 3, SP = 4, BP = 5, SI = 6, DI = 7 };

static bool is_disp32(const struct insn *insn)
{
	return insn->addrsize == 4 && (insn->modrm & 0xc7) == 5;
}

static bool is_disp16(const struct insn *insn)
{
	return insn->addrsize == 2 && (insn->modrm & 0xc7) == 6;
}

static bool has_sib(const struct insn *insn)
{
	return insn->addrsize == 4 && (insn->modrm & 7) == 4;
}

/* SDM 2, tables 2-1 and 2-2: SS with a base of BP, EBP or ESP. */
static bool uses_stack_segment(const struct insn *insn)
{
	unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;
	if (insn->addrsize == 2)
		return rm == 2 || rm == 3 || (rm == 6 && mod != 0);
	if (has_sib(insn))
		return (insn->sib & 7) == SP || ((insn->sib & 7) == BP && mod != 0);
	return rm == BP && mod != 0;
}

unsigned legacy_segment(const struct insn *insn)
{
	if (insn->segment != SEG_NONE)
		return insn->segment;
	return uses_stack_segment(insn) ? SEG_SS : SEG_DS;
}

bool legacy_can_address(const struct gen *g, const struct insn *insn)
{
	unsigned segment = legacy_segment(insn);
	if (segment >= SEG_FS)
		return true;
	enum segment_class class = mode_class(g->block->mode, segment);
	if (segment == SEG_CS && (insn->facts->mem_access & ACCESS_W))
		return false;
	return class <= CLASS_BASE || (class == CLASS_REAL && insn->addrsize == 2);
}

/* lea with a 32-bit destination: the sum is cut to 32 bits */
static void lea32(struct gen *g, const struct insn *insn, unsigned to)
{
	struct emitter *e = &g->hot;
	unsigned mod = insn->modrm >> 6;
	bool no_base = has_sib(insn) && (insn->sib & 7) == BP && mod == 0;
	emit_rex(e, false, to, 0, 0);
	emit8(e, 0x8d);
	emit8(e, (insn->modrm & 0xc7) | (to & 7) << 3);
	if (has_sib(insn))
		emit8(e, insn->sib);
	if (mod == 1)
		emit8(e, (unsigned)insn->disp);
	else if (mod == 2 || no_base)
		emit32(e, (uint32_t)insn->disp);
}

static void movzx16(struct emitter *e, unsigned to, unsigned from)
{
	emit_rex(e, false, to, 0, from);
	emit8(e, 0x0f);
	emit8(e, 0xb7);
	emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
}

static void lea16(struct gen *g, const struct insn *insn, unsigned to)
{
	static const struct {
		uint8_t base, index;
	} forms[8] = {
		{ BX, SI }, { BX, DI }, { BP, SI }, { BP, DI },
		{ SI, SP }, { DI, SP }, { BP, SP }, { BX, SP }, /* SP: no index */
	};
	struct emitter *e = &g->hot;
	unsigned rm = insn->modrm & 7;
	emit_rex(e, false, to, 0, 0);
	emit8(e, 0x8d); /* lea disp32(base, index), to */
	emit8(e, 0x84 | (to & 7) << 3);
	emit8(e, forms[rm].index << 3 | forms[rm].base);
	emit32(e, insn->modrm >> 6 ? (uint32_t)insn->disp : 0);
	movzx16(e, to, to);
}

void legacy_effective(struct gen *g, const struct insn *insn, unsigned to)
{
	if (is_disp32(insn))
		emit_mov_imm(&g->hot, to, (uint32_t)insn->disp);
	else if (is_disp16(insn))
		emit_mov_imm(&g->hot, to, (uint16_t)insn->disp);
	else if (insn->addrsize == 4)
		lea32(g, insn, to);
	else
		lea16(g, insn, to);
}

void gen_jump_to_interpreter(struct gen *g, unsigned cc)
{
	struct cold *cold = gen_cold(g, COLD_INTERPRET);
	emit8(&g->hot, 0x0f);
	emit8(&g->hot, 0x80 | cc);
	cold->site = g->hot.at;
	emit32(&g->hot, 0);
	if (g->insn_copy_of != g->index || !g->insn_copy) {
		g->insn_copy = cache_table_alloc(g->jit, sizeof(struct insn));
		g->insn_copy_of = g->index;
		bytes_copy(g->insn_copy, gen_insn(g), sizeof(struct insn));
	}
	cold->insn = g->insn_copy;
}

/* Present, writable data, growing up, 4 GiB: anything else is for the interpreter. */
static void check_unknown_segment(struct gen *g, unsigned segment)
{
	enum { NEEDED = 0x92, LOOKED_AT = 0x9e, CC_NE = 5 };
	struct emitter *e = &g->hot;
	uint32_t at = VCPU(seg) + (uint32_t)(segment * sizeof(struct segment));
	emit_gs(e, false, 0x83, ALU_CMP, at + offsetof(struct segment, limit));
	emit8(e, 0xff);
	gen_jump_to_interpreter(g, CC_NE);
	emit_gs(e, false, 0x0fb7, T1, at + offsetof(struct segment, attr));
	emit_alu_imm(e, false, ALU_AND, T1, LOOKED_AT);
	emit_alu_imm(e, false, ALU_CMP, T1, NEEDED);
	gen_jump_to_interpreter(g, CC_NE);
}

void legacy_add_segment(struct gen *g, unsigned segment, unsigned addrsize, unsigned size)
{
	enum { CC_A = 7 };
	struct emitter *e = &g->hot;
	if (segment >= SEG_FS) {
		check_unknown_segment(g, segment);
	} else if (mode_class(g->block->mode, segment) == CLASS_FLAT) {
		return;
	} else if (mode_class(g->block->mode, segment) == CLASS_REAL && size > 1) {
		emit_alu_imm(e, false, ALU_CMP, T0, (int32_t)(0x10000 - size));
		gen_jump_to_interpreter(g, CC_A);
	}
	emit_gs(e, false, 0x03, T0, VCPU_SEG_BASE(segment)); /* addl: wraps at 4 GiB */
}
