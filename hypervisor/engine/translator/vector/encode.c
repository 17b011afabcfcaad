/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The normal form of an instruction: 64-bit encoding, no redundant prefixes, memory operand [rdi], the
 * general register that it names replaced by rsi. No form is longer than eight bytes (66 REX 0F 38 opcode
 * modrm imm8 has seven). VEX forms are always the three-byte one.
 */
#include "engine/translator/vector/vector_priv.h"

enum { MODRM_AT_RDI = 7, FIELD_RSI = REG_RSI };
#define NOPS 0x9090909090909090ull

/* Bytes are shifted in from above, so what is left below are the NOPs that run first. */
static uint64_t append(uint64_t key, unsigned byte)
{
	return key >> 8 | (uint64_t)byte << 56;
}

static bool reg_is_gpr(const struct insn *insn)
{
	return insn->facts->reg_kind == KIND_GPR && insn->map != MAP_ONE;
}

static bool rm_is_gpr(const struct insn *insn) /* not FNSTSW AX: that has no field for it */
{
	return insn->facts->rm_kind == KIND_GPR && insn->map != MAP_ONE && !insn->has_mem;
}

int stub_named_gpr(const struct insn *insn)
{
	if (reg_is_gpr(insn))
		return (int)insn_reg(insn);
	return rm_is_gpr(insn) ? (int)insn_rm(insn) : -1;
}

static unsigned normal_modrm(const struct insn *insn)
{
	unsigned modrm = insn->modrm;
	if (reg_is_gpr(insn))
		modrm = (modrm & ~0x38u) | FIELD_RSI << 3;
	if (insn->has_mem)
		modrm = (modrm & 0x38) | MODRM_AT_RDI;
	else if (rm_is_gpr(insn))
		modrm = (modrm & ~7u) | FIELD_RSI;
	return modrm;
}

/*
 * Outside 64-bit mode there are eight registers, and VEX.W does not select 64-bit general registers (SDM
 * 2, 2.3.5.6 and the instructions' pages) while elsewhere it is part of the opcode.
 */
static unsigned normal_rex(const struct insn *insn)
{
	unsigned rex = insn->rex & (REX_W | REX_R | REX_B);
	bool names_gpr = reg_is_gpr(insn) || rm_is_gpr(insn) || insn->facts->mem == MEM_YQ;
	if (insn->mode != MODE_64)
		rex &= names_gpr ? 0 : REX_W;
	if (reg_is_gpr(insn) || insn->facts->reg_kind == KIND_NONE)
		rex &= ~(unsigned)REX_R;
	if (insn->has_mem || rm_is_gpr(insn))
		rex &= ~(unsigned)REX_B;
	return rex;
}

/* The register in bits 4..7 (VBLENDVPS and its like): three bits of it count outside 64-bit mode. */
static unsigned normal_imm(const struct insn *insn)
{
	bool is_register = (insn->prefixes & PREFIX_VEX) && insn->map == MAP_0F3A && insn->opcode >= 0x4a &&
			   insn->opcode <= 0x4c;
	return is_register && insn->mode != MODE_64 ? insn->imm & 0x7f : insn->imm & 0xff;
}

static unsigned prefix_number(const struct insn *insn) /* as VEX.pp has it */
{
	if (insn->prefixes & PREFIX_REPNE)
		return 3;
	if (insn->prefixes & PREFIX_REP)
		return 2;
	return insn->prefixes & PREFIX_OPSIZE ? 1 : 0;
}

static uint64_t append_vex(uint64_t key, unsigned rex, unsigned map, unsigned vvvv, bool is_256, unsigned pp)
{
	unsigned rxb = (rex & REX_R ? 0 : 0x80) | 0x40 | (rex & REX_B ? 0 : 0x20);
	key = append(key, 0xc4);
	key = append(key, rxb | map);
	return append(key, (rex & REX_W ? 0x80 : 0) | (~vvvv & 15) << 3 | (is_256 ? 4 : 0) | pp);
}

static uint64_t append_legacy(uint64_t key, const struct insn *insn, unsigned rex, unsigned pp)
{
	static const uint8_t bytes[4] = { 0, 0x66, 0xf3, 0xf2 };
	if (pp)
		key = append(key, bytes[pp]);
	if (rex)
		key = append(key, 0x40 | rex);
	key = append(key, 0x0f);
	if (insn->map == MAP_0F38)
		key = append(key, 0x38);
	else if (insn->map == MAP_0F3A)
		key = append(key, 0x3a);
	return key;
}

uint64_t stub_encode(const struct insn *insn)
{
	uint64_t key = NOPS;
	if (insn->prefixes & PREFIX_VEX) {
		unsigned vvvv = insn->mode == MODE_64 ? insn->vvvv : insn->vvvv & 7;
		key = append_vex(key, normal_rex(insn), insn->map, vvvv, insn->prefixes & PREFIX_VEX_L,
				 prefix_number(insn));
	} else if (insn->map != MAP_ONE) { /* MAP_ONE: x87, whose prefixes mean nothing */
		key = append_legacy(key, insn, normal_rex(insn), prefix_number(insn));
	}
	key = append(key, insn->opcode);
	if (insn->facts->attr & FACT_MODRM)
		key = append(key, normal_modrm(insn));
	return insn->imm_size ? append(key, normal_imm(insn)) : key;
}

uint64_t stub_encode_move(unsigned number, unsigned size, bool is_store, bool vex)
{
	unsigned rex = number & 8 ? REX_R : 0;
	uint64_t key = NOPS;
	if (vex) { /* VMOVUPS */
		key = append_vex(key, rex, MAP_0F, 0, size == 32, 0);
	} else { /* MOVUPS */
		if (rex)
			key = append(key, 0x40 | rex);
		key = append(key, 0x0f);
	}
	key = append(key, is_store ? 0x11 : 0x10);
	return append(key, (number & 7) << 3 | MODRM_AT_RDI);
}
