/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inline check of a guest memory access against the software TLB. One comparison covers a wrong page, a
 * missing permission and an access that crosses the page: T0 = address xor tag is the offset in the page when
 * the tag matches, and something large otherwise.
 */
#include "engine/translator/jit/jit_priv.h"

struct cold *gen_cold(struct gen *g, enum cold_kind kind)
{
	struct cold *cold = &g->cold[g->cold_count++];
	*cold = (struct cold){ .kind = (uint8_t)kind, .rip = gen_rip(g), .const_slot = -1 };
	return cold;
}

static uint32_t tag_field(bool write)
{
	return write ? offsetof(struct tlb_entry, tag_write) : offsetof(struct tlb_entry, tag_read);
}

static void compare_and_leave(struct gen *g, struct cold *cold, unsigned size)
{
	struct emitter *e = &g->hot;
	emit_alu_imm(e, true, ALU_CMP, T0, (int32_t)(4096 - size));
	emit8(e, 0x0f); /* ja cold */
	emit8(e, 0x87);
	cold->site = e->at;
	emit32(e, 0);
}

static struct cold *new_miss(struct gen *g, uint64_t check_start, unsigned size, bool write,
			     uint32_t tag_disp)
{
	struct cold *cold = gen_cold(g, COLD_MISS);
	cold->back = check_start;
	cold->size = (uint8_t)size;
	cold->write = write;
	cold->tag_disp = tag_disp;
	return cold;
}

static void check_core(struct gen *g, uint64_t check_start, unsigned size, bool write, bool addend)
{
	struct emitter *e = &g->hot;
	uint32_t tag = g->tlb_base + tag_field(write);
	struct cold *cold = new_miss(g, check_start, size, write, tag);
	emit_rorx64(e, T1, T0, 12 - TLB_ENTRY_SHIFT);
	emit_alu_imm(e, false, ALU_AND, T1, (TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT);
	emit_gs_t1(e, true, 0x33, T0, tag); /* xor */
	compare_and_leave(g, cold, size);
	if (addend)
		emit_gs_t1(e, true, 0x8b, T1, g->tlb_base + offsetof(struct tlb_entry, addend));
	else
		emit_gs_t1(e, true, 0x03, T0, g->tlb_base + offsetof(struct tlb_entry, host));
}

void gen_check_t0(struct gen *g, uint64_t check_start, unsigned size, bool write)
{
	check_core(g, check_start, size, write, false);
}

void gen_check_piece_t0(struct gen *g, uint64_t check_start, bool write)
{
	struct emitter *e = &g->hot;
	uint32_t tag = g->tlb_base + tag_field(write);
	struct cold *cold = new_miss(g, check_start, 1, write, tag);
	emit_rorx64(e, T1, T0, 12 - TLB_ENTRY_SHIFT);
	emit_alu_imm(e, false, ALU_AND, T1, (TLB_ENTRIES - 1) << TLB_ENTRY_SHIFT);
	emit_gs_t1(e, true, 0x33, T0, tag); /* xor */
	compare_and_leave(g, cold, 1);
	emit_gs_t1(e, true, 0x8b, T1, g->tlb_base + offsetof(struct tlb_entry, host));
}

/* The address is known now, so the slot is too. */
static void check_constant(struct gen *g, uint64_t va, unsigned size, bool write)
{
	struct emitter *e = &g->hot;
	uint64_t start = emit_pc(e);
	uint32_t slot = g->tlb_base + (uint32_t)((va >> 12 & (TLB_ENTRIES - 1)) << TLB_ENTRY_SHIFT);
	emit_mov_imm(e, T0, va);
	struct cold *cold = new_miss(g, start, size, write, slot + tag_field(write));
	cold->const_slot = (int32_t)slot;
	emit_gs(e, true, 0x33, T0, slot + tag_field(write));
	compare_and_leave(g, cold, size);
	emit_gs(e, true, 0x03, T0, slot + offsetof(struct tlb_entry, host));
}

static bool is_rip_relative(const struct insn *insn)
{
	return insn->mode == MODE_64 && (insn->modrm & 0xc7) == 5;
}

static uint64_t rip_address(const struct gen *g, const struct insn *insn)
{
	uint64_t va = gen_next_rip(g) + (int64_t)insn->disp;
	return insn->addrsize == 4 ? (uint32_t)va : va;
}

static bool has_sib(const struct insn *insn)
{
	return (insn->modrm & 7) == 4;
}

/* The base register, or -1. */
static int base_of(const struct insn *insn)
{
	if (!has_sib(insn))
		return (int)insn_rm(insn);
	if ((insn->sib & 7) == 5 && insn->modrm < 0x40)
		return -1;
	return (insn->sib & 7) | (insn->rex & REX_B) << 3;
}

static int index_of(const struct insn *insn)
{
	if (!has_sib(insn))
		return -1;
	int index = (insn->sib >> 3 & 7) | (insn->rex & REX_X) << 2;
	return index == 4 ? -1 : index;
}

static void load_spilled(struct gen *g, int reg)
{
	if (reg == T0 || reg == T1)
		emit_load_gs(&g->hot, (unsigned)reg, VCPU_GPR((unsigned)reg));
}

/* lea of the same operand; guest r10 and r11 are loaded into the host's first, so the encoding stays. */
static void emit_same_lea(struct gen *g, const struct insn *insn, unsigned to, bool wide)
{
	struct emitter *e = &g->hot;
	unsigned mod = insn->modrm >> 6;
	unsigned rex = 0x40 | (wide ? 8 : 0) | (to >> 3 & 1) << 2 | (insn->rex & (REX_X | REX_B));
	emit8(e, rex);
	emit8(e, 0x8d);
	emit8(e, (insn->modrm & 0xc7) | (to & 7) << 3);
	if (has_sib(insn))
		emit8(e, insn->sib);
	if (mod == 1)
		emit8(e, (unsigned)insn->disp);
	else if (mod == 2 || (mod == 0 && base_of(insn) < 0))
		emit32(e, (uint32_t)insn->disp);
}

void gen_effective(struct gen *g, const struct insn *insn, unsigned to)
{
	if (!gen_is_64(g)) {
		legacy_effective(g, insn, to);
		return;
	}
	if (is_rip_relative(insn)) {
		emit_mov_imm(&g->hot, to, rip_address(g, insn));
		return;
	}
	load_spilled(g, base_of(insn));
	load_spilled(g, index_of(insn));
	emit_same_lea(g, insn, to, insn->addrsize == 8);
}

static bool has_segment_base(const struct insn *insn)
{
	return insn->segment == SEG_FS || insn->segment == SEG_GS;
}

void gen_address(struct gen *g, const struct insn *insn)
{
	gen_effective(g, insn, T0);
	if (!gen_is_64(g))
		legacy_add_segment(g, legacy_segment(insn), insn->addrsize, insn->mem_size);
	else if (has_segment_base(insn))
		emit_gs(&g->hot, true, 0x03, T0, VCPU_SEG_BASE(insn->segment));
}

enum gen_place gen_check_modrm(struct gen *g, unsigned size, bool write, bool allow_addend)
{
	const struct insn *insn = gen_insn(g);
	flags_clobber(g);
	if (is_rip_relative(insn) && !has_segment_base(insn)) {
		check_constant(g, rip_address(g, insn), size, write);
		return PLACE_HOST;
	}
	uint64_t start = emit_pc(&g->hot);
	int base = base_of(insn);
	bool addend = allow_addend && gen_is_64(g) && index_of(insn) < 0 && base >= 0 && base != T0 &&
		      base != T1 && !has_segment_base(insn) && insn->addrsize == 8;
	gen_address(g, insn);
	check_core(g, start, size, write, addend);
	return addend ? PLACE_ADDEND : PLACE_HOST;
}
