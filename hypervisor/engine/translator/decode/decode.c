/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: prefixes, opcode, the row of the opcode table, modrm and immediates, then what the row forbids.
 * The translator calls this once for each guest instruction, so the common path is straight and reads each
 * byte once.
 */
#include "optable.h"

#include <stddef.h>

enum { INSN_MAX = 15 };
#define MATCH_PP KEY(KEY_PP, KEY_PP)

struct cursor {
	const uint8_t *bytes;
	unsigned at;
	unsigned limit;		       /* bytes that may be read: available, and at most 15 */
	unsigned pp;		       /* mandatory prefix, PP_* */
	enum insn_result short_result; /* what running into the limit means */
};

/* --- prefixes ---------------------------------------------------------------------------------------- */

enum prefix_kind { NO_PREFIX, PRE_SEGMENT, PRE_OPSIZE, PRE_ADDRSIZE, PRE_LOCK, PRE_REPNE, PRE_REP, PRE_REX };

static const uint8_t prefix_kinds[256] = {
	[0x26] = PRE_SEGMENT, [0x2e] = PRE_SEGMENT, [0x36] = PRE_SEGMENT, [0x3e] = PRE_SEGMENT,
	[0x64] = PRE_SEGMENT, [0x65] = PRE_SEGMENT, [0x66] = PRE_OPSIZE,  [0x67] = PRE_ADDRSIZE,
	[0xf0] = PRE_LOCK,    [0xf2] = PRE_REPNE,   [0xf3] = PRE_REP,	  [0x40 ... 0x4f] = PRE_REX,
};

static unsigned segment_of_prefix(unsigned byte)
{
	return byte >= 0x64 ? byte - 0x64 + SEG_FS : byte >> 3 & 3;
}

static void take_legacy_prefix(struct insn *insn, unsigned kind, unsigned byte)
{
	switch (kind) {
	case PRE_SEGMENT:
		/* ES, CS, SS and DS do nothing in 64-bit mode, not even undo FS or GS */
		if (insn->mode != MODE_64 || byte >= 0x64)
			insn->segment = segment_of_prefix(byte);
		break;
	case PRE_OPSIZE: insn->prefixes |= PREFIX_OPSIZE; break;
	case PRE_ADDRSIZE: insn->prefixes |= PREFIX_ADDRSIZE; break;
	case PRE_LOCK: insn->prefixes |= PREFIX_LOCK; break;
	case PRE_REPNE: insn->prefixes = (insn->prefixes & ~PREFIX_REP) | PREFIX_REPNE; break;
	case PRE_REP: insn->prefixes = (insn->prefixes & ~PREFIX_REPNE) | PREFIX_REP; break;
	}
}

/* A REX byte counts only right before the opcode (SDM 2, 2.2.1). */
static enum insn_result read_prefixes(struct cursor *c, struct insn *insn)
{
	for (; c->at < c->limit; c->at++) {
		unsigned byte = c->bytes[c->at];
		unsigned kind = prefix_kinds[byte];

		if (kind == NO_PREFIX || (kind == PRE_REX && insn->mode != MODE_64))
			return INSN_OK;
		if (kind == PRE_REX) {
			insn->rex = byte & 15;
			insn->prefixes |= PREFIX_REX;
			continue;
		}
		insn->rex = 0;
		insn->prefixes &= ~PREFIX_REX;
		take_legacy_prefix(insn, kind, byte);
	}
	return c->short_result;
}

static unsigned legacy_pp(const struct insn *insn)
{
	if (insn->prefixes & (PREFIX_REP | PREFIX_REPNE))
		return insn->prefixes & PREFIX_REP ? PP_F3 : PP_F2;
	return insn->prefixes & PREFIX_OPSIZE ? PP_66 : PP_NONE;
}

/* --- opcode ------------------------------------------------------------------------------------------ */

static enum insn_result read_byte(struct cursor *c, uint8_t *ret_byte)
{
	if (c->at >= c->limit)
		return c->short_result;
	*ret_byte = c->bytes[c->at++];
	return INSN_OK;
}

/* SDM 2, 2.3: the fields are stored inverted, and no 66, F2, F3, LOCK or REX may stand before. */
static enum insn_result read_vex(struct cursor *c, struct insn *insn, const opcode_map **ret_map)
{
	static const opcode_map *const maps[4] = { NULL, &optable_vex_0f, &optable_vex_0f38,
						   &optable_vex_0f3a };
	static const uint8_t pp_prefix[4] = { 0, PREFIX_OPSIZE, PREFIX_REP, PREFIX_REPNE };
	bool is_long = c->bytes[c->at] == 0xc4;
	uint8_t first, last;

	if (c->at + (is_long ? 4 : 3) > c->limit)
		return c->short_result;
	first = c->bytes[c->at + 1];
	last = is_long ? c->bytes[c->at + 2] : first & 0x7f;
	c->at += is_long ? 3 : 2;
	if (insn->prefixes & (PREFIX_OPSIZE | PREFIX_REP | PREFIX_REPNE | PREFIX_LOCK | PREFIX_REX))
		return INSN_INVALID;
	insn->map = is_long ? first & 31 : MAP_0F;
	if (insn->map < MAP_0F || insn->map > MAP_0F3A)
		return INSN_INVALID;
	insn->vvvv = ~last >> 3 & 15;
	if (insn->mode == MODE_64)
		insn->rex = (~first >> 5 & (is_long ? 7 : 4)) | (last >> 7) << 3;
	else
		insn->rex = (last >> 7) << 3;
	c->pp = last & 3;
	insn->prefixes |= PREFIX_VEX | (last & 4 ? PREFIX_VEX_L : 0) | pp_prefix[c->pp];
	*ret_map = maps[insn->map];
	return INSN_OK;
}

static bool starts_vex(const struct cursor *c, const struct insn *insn)
{
	if ((c->bytes[c->at] & 0xfe) != 0xc4)
		return false;
	/* elsewhere LES and LDS, whose register forms do not exist */
	return insn->mode == MODE_64 || (c->at + 1 < c->limit && c->bytes[c->at + 1] >= 0xc0);
}

static enum insn_result read_escape(struct cursor *c, struct insn *insn, const opcode_map **ret_map)
{
	c->at++;
	if (c->at >= c->limit)
		return c->short_result;
	insn->map = MAP_0F;
	*ret_map = &optable_0f;
	if ((c->bytes[c->at] & 0xfd) == 0x38) {
		insn->map = c->bytes[c->at] == 0x38 ? MAP_0F38 : MAP_0F3A;
		*ret_map = insn->map == MAP_0F38 ? &optable_0f38 : &optable_0f3a;
		c->at++;
	}
	return INSN_OK;
}

static enum insn_result read_opcode(struct cursor *c, struct insn *insn,
				    const struct opcode_row *const **ret_map)
{
	const opcode_map *map = &optable_one;
	enum insn_result result = INSN_OK;

	c->pp = legacy_pp(insn);
	if (c->bytes[c->at] == 0x0f)
		result = read_escape(c, insn, &map);
	else if (starts_vex(c, insn))
		result = read_vex(c, insn, &map);
	if (result != INSN_OK)
		return result;
	insn->opcode_at = c->at;
	*ret_map = *map;
	return read_byte(c, &insn->opcode);
}

static const struct opcode_row *find_rows(const struct opcode_row *const *map, const struct cursor *c,
					  const struct insn *insn, unsigned modrm)
{
	if (insn->map != MAP_ONE)
		return map[insn->opcode];
	if ((insn->opcode & 0xf8) == 0xd8)
		return optable_x87[insn->opcode & 7][(modrm >> 3 & 7) | (modrm >= 0xc0 ? 8 : 0)];
	if (insn->opcode == 0x90 && (insn->rex & REX_B) && c->pp != PP_F3)
		return map[0x91]; /* XCHG r8, rAX; with F3 PAUSE nevertheless */
	return map[insn->opcode];
}

static const struct opcode_row *find_row(const struct opcode_row *row, const struct cursor *c,
					 const struct insn *insn, unsigned modrm)
{
	unsigned key = c->pp | (modrm & 0x38) << 1 | (modrm & 7) << 8;

	if (modrm >= 0xc0)
		key |= KEY_MOD3;
	if (insn->rex & REX_W)
		key |= KEY_W;
	if (insn->prefixes & PREFIX_VEX_L)
		key |= KEY_L;
	if (insn->mode == MODE_64)
		key |= KEY_64;
	while ((key & row->match >> 16) != (uint16_t)row->match)
		row++;
	return row;
}

/* --- operands ---------------------------------------------------------------------------------------- */

static unsigned operand_size(const struct opcode_row *row, const struct cursor *c, const struct insn *insn)
{
	const struct insn_facts *facts = &row->facts;
	bool is_wide = (insn->rex & REX_W) && insn->mode == MODE_64;
	bool is_short;

	if (facts->attr & FACT_BYTE)
		return 1;
	if (row->special == SPECIAL_NATURAL || row->special == SPECIAL_MOD_IGNORED)
		return insn->mode == MODE_64 ? 8 : 4;
	if (is_wide)
		return 8;
	if (row->special == SPECIAL_DWORD || (insn->prefixes & PREFIX_VEX) || facts->domain > DOMAIN_X87)
		return 4;
	/* a 66 that selected the row is no operand-size prefix */
	is_short = (insn->prefixes & PREFIX_OPSIZE) && (row->match & MATCH_PP) != KEY(KEY_PP, PP_66);
	if (insn->mode == MODE_64) {
		if (facts->attr & FACT_FORCE64)
			return 8;
		if (facts->attr & FACT_DEF64)
			return is_short ? 2 : 8;
	}
	return (insn->mode == MODE_16) != is_short ? 2 : 4;
}

static unsigned address_size(const struct insn *insn)
{
	bool is_other = insn->prefixes & PREFIX_ADDRSIZE;

	if (insn->mode == MODE_64)
		return is_other ? 4 : 8;
	return (insn->mode == MODE_16) != is_other ? 2 : 4;
}

/* Bytes of displacement of a memory form, from modrm and (32- and 64-bit addresses) SIB. */
static unsigned displacement_size(const struct insn *insn)
{
	unsigned mod = insn->modrm >> 6, rm = insn->modrm & 7;

	if (mod == 1)
		return 1;
	if (insn->addrsize == 2)
		return mod == 2 || rm == 6 ? 2 : 0;
	if (mod == 2 || rm == 5 || (rm == 4 && (insn->sib & 7) == 5))
		return 4;
	return 0;
}

static enum insn_result read_memory_form(struct cursor *c, struct insn *insn)
{
	insn->has_mem = 1;
	if (insn->addrsize != 2 && (insn->modrm & 7) == 4) {
		enum insn_result result = read_byte(c, &insn->sib);

		if (result != INSN_OK)
			return result;
	}
	insn->disp_size = displacement_size(insn);
	return INSN_OK;
}

static unsigned immediate_size(unsigned imm, const struct insn *insn)
{
	switch (imm) {
	case IMM_8: return 1;
	case IMM_16: return 2;
	case IMM_Z: return insn->opsize == 2 ? 2 : 4;
	case IMM_V: return insn->opsize;
	case IMM_MOFFS: return insn->addrsize;
	case IMM_FAR: return insn->opsize + 2;
	case IMM_ENTER: return 3;
	default: return 0;
	}
}

static uint64_t load(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

static uint64_t load_signed(const uint8_t *bytes, unsigned size)
{
	switch (size) {
	case 1: return (int8_t)bytes[0];
	case 2: return (int16_t)load(bytes, 2);
	case 4: return (int32_t)load(bytes, 4);
	default: return load(bytes, size);
	}
}

static uint64_t immediate_value(const uint8_t *bytes, unsigned imm, const struct insn *insn)
{
	switch (imm) {
	case IMM_16:
	case IMM_MOFFS: return load(bytes, insn->imm_size);
	case IMM_FAR: return load(bytes, insn->opsize) | load(bytes + insn->opsize, 2) << 32;
	case IMM_ENTER: return load(bytes, 2) | (uint64_t)bytes[2] << 32;
	default: return load_signed(bytes, insn->imm_size);
	}
}

static enum insn_result read_displacement_and_immediate(struct cursor *c, struct insn *insn, unsigned imm)
{
	insn->imm_size = immediate_size(imm, insn);
	if (c->at + insn->disp_size + insn->imm_size > c->limit)
		return c->short_result;
	if (insn->disp_size) {
		insn->disp = (int32_t)load_signed(c->bytes + c->at, insn->disp_size);
		c->at += insn->disp_size;
	}
	if (insn->imm_size) {
		insn->imm = immediate_value(c->bytes + c->at, imm, insn);
		c->at += insn->imm_size;
	} else if (imm >= IMM_SEG) {
		insn->imm = imm - IMM_SEG;
	}
	return INSN_OK;
}

static unsigned memory_size(const struct insn *insn)
{
	static const uint8_t fixed[] = { [MEM_1] = 1,	[MEM_2] = 2,   [MEM_4] = 4,   [MEM_8] = 8,
					 [MEM_10] = 10, [MEM_16] = 16, [MEM_32] = 32, [MEM_SPECIAL] = 0 };
	unsigned vector = insn->prefixes & PREFIX_VEX_L ? 32 : 16;

	switch (insn->facts->mem) {
	case MEM_OP:
	case MEM_YQ: return insn->opsize;
	case MEM_VL: return vector;
	case MEM_VL_2: return vector / 2;
	case MEM_VL_4: return vector / 4;
	case MEM_VL_8: return vector / 8;
	case MEM_OP_2OP: return insn->opsize * 2;
	case MEM_FAR: return insn->opsize + 2;
	case MEM_TABLE: return insn->mode == MODE_64 ? 10 : 6;
	case MEM_OP_MIN4: return insn->opsize;
	default: return fixed[insn->facts->mem];
	}
}

/* --- what the row says ------------------------------------------------------------------------------- */

/* VEX.vvvv that names nothing must be 1111b, in all its bits in all modes (as a processor does it). */
static bool vvvv_is_valid(const struct insn *insn)
{
	return insn->facts->vvvv_kind != KIND_NONE || insn->vvvv == 0;
}

/* MMX, x87 and segment registers have no high half: REX.R and REX.B do nothing. Nor do registers 8 to 15
 * exist outside 64-bit mode. */
static void drop_ignored_bits(struct insn *insn, const struct opcode_row *row)
{
	const struct insn_facts *facts = insn->facts;

	if (insn->mode != MODE_64) {
		insn->vvvv &= 7;
		if (!(row->match &
		      KEY(KEY_W, 0))) /* VEX.W that selects an operand size, not an instruction */
			insn->rex &= ~REX_W;
	}
	if (facts->reg_kind == KIND_SEG || facts->reg_kind == KIND_MMX)
		insn->rex &= ~REX_R;
	if (!insn->has_mem && (facts->rm_kind == KIND_MMX || facts->rm_kind == KIND_X87))
		insn->rex &= ~REX_B;
}

static bool control_register_exists(const struct insn *insn)
{
	unsigned reg = insn_reg(insn);

	if (insn->facts->reg_kind == KIND_DR)
		return reg < 8;
	return reg < 5 ? reg != 1 : reg == 8;
}

/* Gathers need a SIB byte and three different registers (SDM 2, VGATHERDPS). */
static bool vsib_is_valid(const struct insn *insn)
{
	unsigned index = (insn->sib >> 3 & 7) | (insn->rex & REX_X) << 2;

	if (insn->addrsize == 2 || (insn->modrm & 7) != 4)
		return false;
	return insn_reg(insn) != index && insn_reg(insn) != insn->vvvv && index != insn->vvvv;
}

static bool is_allowed(const struct insn *insn)
{
	uint32_t attr = insn->facts->attr;

	if (attr & (insn->mode == MODE_64 ? FACT_NO64 : FACT_ONLY64))
		return false;
	if (attr & (insn->has_mem ? FACT_REG_ONLY : FACT_MEM_ONLY))
		return false;
	if ((insn->prefixes & PREFIX_LOCK) && !((attr & FACT_LOCKABLE) && insn->has_mem))
		return false;
	if ((insn->facts->reg_kind == KIND_CR || insn->facts->reg_kind == KIND_DR) &&
	    !control_register_exists(insn))
		return false;
	return !(attr & FACT_VSIB) || vsib_is_valid(insn);
}

/* By bits 1..3 of the condition code. */
static const uint16_t condition_flags[8] = {
	FLAG_OF, FLAG_CF, FLAG_ZF,	     FLAG_CF | FLAG_ZF,
	FLAG_SF, FLAG_PF, FLAG_SF | FLAG_OF, FLAG_ZF | FLAG_SF | FLAG_OF,
};

static void narrow_flags(struct insn *insn, unsigned special)
{
	const struct insn_facts *facts = insn->facts;

	insn->flags_read = facts->flags_read;
	insn->flags_written = facts->flags_written;
	insn->flags_maybe = facts->flags_maybe;
	if (special == SPECIAL_COND)
		insn->flags_read = condition_flags[insn->opcode >> 1 & 7];
	if ((special != SPECIAL_SHIFT_IMM && special != SPECIAL_ROTATE_IMM) ||
	    !(insn->imm & (insn->opsize == 8 ? 63 : 31)))
		return;
	insn->flags_written = special == SPECIAL_ROTATE_IMM ? FLAG_CF : facts->flags_maybe;
	insn->flags_maybe &= ~insn->flags_written;
}

static enum insn_result read_operands(struct cursor *c, struct insn *insn, const struct opcode_row *row)
{
	enum insn_result result = INSN_OK;

	insn->facts = &row->facts;
	insn->opsize = operand_size(row, c, insn);
	insn->addrsize = address_size(insn);
	if (row->facts.attr & FACT_MODRM) {
		insn->modrm = c->bytes[c->at++];
		if (insn->modrm < 0xc0 && row->special != SPECIAL_MOD_IGNORED)
			result = read_memory_form(c, insn);
	}
	if (result == INSN_OK)
		result = read_displacement_and_immediate(c, insn, row->imm);
	if (result != INSN_OK)
		return result;
	insn->mem_size = insn->has_mem ? memory_size(insn) : 0;
	if (!vvvv_is_valid(insn))
		return INSN_INVALID;
	drop_ignored_bits(insn, row);
	narrow_flags(insn, row->special);
	return is_allowed(insn) ? INSN_OK : INSN_INVALID;
}

static enum insn_result decode(struct cursor *c, struct insn *insn)
{
	const struct opcode_row *const *map;
	const struct opcode_row *row;
	enum insn_result result = read_prefixes(c, insn);
	unsigned modrm;

	if (result == INSN_OK)
		result = read_opcode(c, insn, &map);
	if (result != INSN_OK)
		return result;
	modrm = c->at < c->limit ? c->bytes[c->at] : 0;
	row = find_rows(map, c, insn, modrm);
	if (!row)
		return INSN_INVALID;
	if ((row->facts.attr & FACT_MODRM) && c->at >= c->limit)
		return c->short_result;
	row = find_row(row, c, insn, modrm);
	if (row->facts.op == OP_INVALID)
		return INSN_INVALID;
	return read_operands(c, insn, row);
}

enum insn_result insn_decode(struct insn *insn, const uint8_t *bytes, unsigned avail, enum insn_mode mode)
{
	struct cursor cursor = {
		.bytes = bytes,
		.limit = avail < INSN_MAX ? avail : INSN_MAX,
		.short_result = avail < INSN_MAX ? INSN_TRUNCATED : INSN_TOO_LONG,
	};
	enum insn_result result;

	*insn = (struct insn){ .segment = SEG_NONE, .mode = mode };
	result = decode(&cursor, insn);
	insn->len = cursor.at;
	return result;
}
