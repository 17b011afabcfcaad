/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions that run as they are. Without a memory operand the bytes are copied; with one they are encoded
 * anew around the checked host address. Guest r10 and r11 are loaded into the host's registers of the same
 * number (the scratch registers) and stored back.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/jit/jit_priv.h"

static bool may_copy(const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_ADD ... OP_ADOX:
	case OP_MOV ... OP_SETCC:
	case OP_CBW:
	case OP_CWD:
	case OP_MOVNTI:
	case OP_LAHF:
	case OP_SAHF:
	case OP_CLC:
	case OP_STC:
	case OP_CMC:
	case OP_NOP:
	case OP_FENCE:
	case OP_EMMS:
	case OP_FWAIT:
	case OP_RDRAND:
	case OP_RDSEED:
	case OP_NATIVE: return true;
	default: return false;
	}
}

static bool domain_enabled(const struct gen *g, const struct insn *insn)
{
	switch (insn->facts->domain) {
	case DOMAIN_X87:
	case DOMAIN_MMX: return !(g->block->mode & JIT_NO_X87);
	case DOMAIN_SSE: return !(g->block->mode & JIT_NO_SSE);
	case DOMAIN_AVX: return !(g->block->mode & JIT_NO_AVX);
	default: return true;
	}
}

/* --- which scratch registers the operands name -------------------------------------------------------- */

struct operands {
	int reg, rm, vvvv; /* GPR numbers, -1 when the field is no GPR */
};

static struct operands operands_of(const struct insn *insn)
{
	const struct insn_facts *facts = insn->facts;
	struct operands o = { -1, -1, -1 };
	if (facts->attr & FACT_REG_IN_OPCODE)
		o.reg = facts->reg_kind == KIND_GPR ? (int)insn_opcode_reg(insn) : -1;
	else if ((facts->attr & FACT_MODRM) && facts->reg_kind == KIND_GPR)
		o.reg = (int)insn_reg(insn);
	if ((facts->attr & FACT_MODRM) && !insn->has_mem && facts->rm_kind == KIND_GPR)
		o.rm = (int)insn_rm(insn);
	if (facts->vvvv_kind == KIND_GPR)
		o.vvvv = insn->vvvv;
	return o;
}

static bool names(const struct operands *o, int number)
{
	return o->reg == number || o->rm == number || o->vvvv == number;
}

static bool writes(const struct operands *o, const struct insn *insn, int number)
{
	const struct insn_facts *facts = insn->facts;
	return (o->reg == number && (facts->reg_access & ACCESS_W)) ||
	       (o->rm == number && (facts->rm_access & ACCESS_W)) ||
	       (o->vvvv == number && (facts->vvvv_access & ACCESS_W));
}

/* --- encoding ------------------------------------------------------------------------------------------ */

struct memory_form {
	unsigned base;	/* host register */
	bool has_index; /* T1 */
	unsigned mod;
	int32_t disp;
};

static void emit_modrm_memory(struct emitter *e, unsigned reg, const struct memory_form *m)
{
	bool sib = m->has_index || (m->base & 7) == 4;
	unsigned mod = m->mod;
	if (mod == 0 && (m->base & 7) == 5)
		mod = 1; /* rbp and r13 need a displacement */
	emit8(e, mod << 6 | (reg & 7) << 3 | (sib ? 4 : (m->base & 7)));
	if (sib)
		emit8(e, (m->has_index ? (T1 & 7) : 4) << 3 | (m->base & 7));
	if (mod == 1)
		emit8(e, (unsigned)m->disp);
	else if (mod == 2)
		emit32(e, (uint32_t)m->disp);
}

/* VBLENDVPS, VBLENDVPD, VPBLENDVB: a register in imm8[7:4], whose upper half 16-bit and 32-bit code does not
 * have. */
static bool immediate_is_register(const struct insn *insn)
{
	return (insn->prefixes & PREFIX_VEX) && insn->map == MAP_0F3A && insn->opcode >= 0x4a &&
	       insn->opcode <= 0x4c;
}

static void emit_immediate(struct emitter *e, const struct insn *insn)
{
	uint64_t imm = insn->mode != MODE_64 && immediate_is_register(insn) ? insn->imm & 0x7f : insn->imm;
	for (unsigned i = 0; i < insn->imm_size; i++)
		emit8(e, (unsigned)(imm >> (8 * i)));
}

/* 82 is 80 by another name, and not there in 64-bit mode. */
static unsigned host_opcode(const struct insn *insn)
{
	return insn->map == MAP_ONE && insn->opcode == 0x82 ? 0x80 : insn->opcode;
}

static void emit_vex_prefix(struct emitter *e, const struct insn *insn, unsigned reg, unsigned vvvv,
			    const struct memory_form *m)
{
	unsigned pp = insn->prefixes & PREFIX_OPSIZE  ? 1
		      : insn->prefixes & PREFIX_REP   ? 2
		      : insn->prefixes & PREFIX_REPNE ? 3
						      : 0;
	emit8(e, 0xc4);
	emit8(e, (reg < 8 ? 0x80 : 0) | (m->has_index ? 0 : 0x40) | (m->base < 8 ? 0x20 : 0) | insn->map);
	emit8(e, (insn->rex & REX_W ? 0x80 : 0) | (~vvvv & 15) << 3 |
		     (insn->prefixes & PREFIX_VEX_L ? 4 : 0) | pp);
}

/* In 16-bit code the prefix means the other size; for vector instructions it is part of the opcode
 * everywhere. */
static bool needs_opsize_prefix(const struct insn *insn)
{
	if (insn->mode == MODE_64 || insn->facts->domain != DOMAIN_INT)
		return insn->prefixes & PREFIX_OPSIZE;
	switch (insn->facts->op) { /* 66 makes another instruction of these; they have no 16-bit form */
	case OP_FENCE:
	case OP_MOVNTI:
	case OP_CMPXCHG8B: return false;
	default: return insn->opsize == 2;
	}
}

static void emit_legacy_prefix(struct emitter *e, const struct insn *insn, unsigned reg,
			       const struct memory_form *m)
{
	if (insn->prefixes & PREFIX_LOCK)
		emit8(e, 0xf0);
	if (needs_opsize_prefix(insn))
		emit8(e, 0x66);
	if (insn->prefixes & PREFIX_REP)
		emit8(e, 0xf3);
	if (insn->prefixes & PREFIX_REPNE)
		emit8(e, 0xf2);
	unsigned rex =
	    (insn->rex & REX_W) | (reg >> 3 & 1) << 2 | (m->has_index ? REX_X : 0) | (m->base >> 3 & 1);
	if (rex || (insn->prefixes & PREFIX_REX))
		emit8(e, 0x40 | rex);
	if (insn->map != MAP_ONE)
		emit8(e, 0x0f);
	if (insn->map == MAP_0F38)
		emit8(e, 0x38);
	if (insn->map == MAP_0F3A)
		emit8(e, 0x3a);
}

/* The instruction with its memory operand at `m` and its reg field (a register or an opcode extension) as
 * given. */
static void emit_with_memory(struct gen *g, const struct insn *insn, unsigned reg, unsigned vvvv,
			     const struct memory_form *m)
{
	struct emitter *e = &g->hot;
	if (insn->prefixes & PREFIX_VEX)
		emit_vex_prefix(e, insn, reg, vvvv, m);
	else
		emit_legacy_prefix(e, insn, reg, m);
	emit8(e, host_opcode(insn));
	emit_modrm_memory(e, reg, m);
	emit_immediate(e, insn);
}

/* The register form of 16-bit and 32-bit code: no REX there, and 40..4f are INC and DEC. */
static void emit_legacy_register_form(struct gen *g, const struct insn *insn)
{
	struct emitter *e = &g->hot;
	const struct memory_form none = { 0 };
	bool is_short_inc = insn->map == MAP_ONE && (insn->opcode & 0xf0) == 0x40;
	if (insn->prefixes & PREFIX_VEX)
		emit_vex_prefix(e, insn, insn_reg(insn), insn->vvvv, &none);
	else
		emit_legacy_prefix(e, insn, 0, &none);
	if (is_short_inc) {
		emit8(e, 0xff);
		emit8(e, 0xc0 | (insn->opcode & 15));
		return;
	}
	emit8(e, host_opcode(insn));
	if (insn->facts->attr & FACT_MODRM)
		emit8(e, insn->modrm);
	emit_immediate(e, insn);
}

/* Division and vector instructions may fault on the host as they would on the guest's processor. */
static void note_fault(struct gen *g, const struct insn *insn)
{
	unsigned op = insn->facts->op;
	bool divides = op == OP_DIV || op == OP_IDIV;
	if (!divides && insn->facts->domain == DOMAIN_INT && insn->map <= MAP_0F && op != OP_POPCNT &&
	    op != OP_RDRAND && op != OP_RDSEED && op != OP_CMPXCHG16B)
		return;
	struct fault_site *site = &g->faults[g->fault_count++];
	site->host = (uint16_t)(emit_pc(&g->hot) - g->block->code);
	site->guest = (uint16_t)(gen_rip(g) - g->block->rip);
	site->flags_in_eflags = g->in_eflags && !g->in_memory;
	site->vector = divides ? VECTOR_DE : insn->facts->domain <= DOMAIN_MMX ? VECTOR_MF : VECTOR_XM;
	site->has_mmx = insn_touches_mmx(insn);
}

/* --- register forms ------------------------------------------------------------------------------------ */

static void load_named(struct gen *g, const struct operands *o)
{
	for (int number = T0; number <= T1; number++)
		if (names(o, number))
			emit_load_gs(&g->hot, (unsigned)number, VCPU_GPR((unsigned)number));
}

static void store_written(struct gen *g, const struct operands *o, const struct insn *insn)
{
	for (int number = T0; number <= T1; number++)
		if (writes(o, insn, number))
			emit_store_gs(&g->hot, (unsigned)number, VCPU_GPR((unsigned)number));
}

static bool copy_register_form(struct gen *g, const struct insn *insn)
{
	struct operands o = operands_of(insn);
	flags_need(g);
	load_named(g, &o);
	note_fault(g, insn);
	if (gen_is_64(g)) {
		bytes_copy16(g->hot.at, g->raw[g->index]); /* there is room for what follows it */
		g->hot.at += insn->len;
	} else {
		emit_legacy_register_form(g, insn);
	}
	store_written(g, &o, insn);
	flags_written(g);
	return true;
}

/* --- memory forms -------------------------------------------------------------------------------------- */

static unsigned reg_operand_size(const struct insn *insn)
{
	unsigned size = insn->facts->gpr_size & 15;
	if (size)
		return size;
	return insn->facts->attr & FACT_BYTE ? 1 : insn->opsize;
}

/* AH, CH, DH, BH cannot stand in an instruction with REX, which [r10] needs: the address goes into rdi
 * meanwhile. */
static bool names_high_byte(const struct insn *insn, const struct operands *o)
{
	return o->reg >= 4 && o->reg < 8 && !(insn->prefixes & (PREFIX_REX | PREFIX_VEX)) &&
	       reg_operand_size(insn) == 1;
}

static void emit_high_byte(struct gen *g, const struct insn *insn, unsigned reg)
{
	struct emitter *e = &g->hot;
	struct memory_form m = { .base = HOST_RDI };
	emit_store_gs(e, HOST_RDI, VCPU(scratch[1]));
	emit_mov_reg(e, HOST_RDI, T0);
	emit_with_memory(g, insn, reg, insn->vvvv, &m);
	emit_load_gs(e, HOST_RDI, VCPU(scratch[1]));
}

static struct memory_form addend_form(const struct insn *insn)
{
	struct memory_form m = { .has_index = true, .mod = insn->modrm >> 6, .disp = insn->disp };
	if ((insn->modrm & 7) == 4)
		m.base = (insn->sib & 7) | (insn->rex & REX_B) << 3;
	else
		m.base = insn_rm(insn);
	return m;
}

/* A spilled register operand beside a memory operand is represented by T1. */
static unsigned substitute(int number, unsigned field)
{
	return number == T0 || number == T1 ? T1 : field;
}

static bool access_writes(const struct insn *insn)
{
	return insn->facts->mem_access & ACCESS_W;
}

static bool copy_memory_form(struct gen *g, const struct insn *insn)
{
	struct operands o = operands_of(insn);
	bool has_t0 = names(&o, T0), has_t1 = names(&o, T1), spilled = has_t0 || has_t1;
	bool high = names_high_byte(insn, &o);
	if (!insn->mem_size || (has_t0 && has_t1))
		return false;
	enum gen_place place = gen_check_modrm(g, insn->mem_size, access_writes(insn), !spilled && !high);
	flags_need(g);
	unsigned number = has_t0 ? T0 : T1;
	if (spilled)
		emit_load_gs(&g->hot, T1, VCPU_GPR(number));
	unsigned reg = substitute(o.reg, insn_reg(insn)), vvvv = substitute(o.vvvv, insn->vvvv);
	struct memory_form m = place == PLACE_ADDEND ? addend_form(insn) : (struct memory_form){ .base = T0 };
	note_fault(g, insn);
	if (high)
		emit_high_byte(g, insn, reg);
	else
		emit_with_memory(g, insn, reg, vvvv, &m);
	if (spilled && writes(&o, insn, (int)number))
		emit_store_gs(&g->hot, T1, VCPU_GPR(number));
	flags_written(g);
	return true;
}

/* --- special cases ------------------------------------------------------------------------------------- */

/* and $mask, reg without touching memory; flags are ours */
static void emit_shift_imm(struct emitter *e, bool w, unsigned digit, unsigned reg, unsigned count)
{
	emit_rex(e, w, 0, 0, reg);
	emit8(e, 0xc1);
	emit8(e, 0xc0 | digit << 3 | (reg & 7));
	emit8(e, count);
}

/* T0 += byte offset of the word that holds bit `reg`; then T1 = bit within the word */
static void bitstring_address(struct gen *g, const struct insn *insn)
{
	struct emitter *e = &g->hot;
	unsigned bits = insn->opsize * 8u, log = insn->opsize == 8 ? 6 : insn->opsize == 4 ? 5 : 4;
	unsigned reg = insn_reg(insn);
	if (reg == T0 || reg == T1)
		emit_load_gs(e, T1, VCPU_GPR(reg));
	else
		emit_mov_reg(e, T1, reg);
	if (bits == 32) { /* movslq %r11d, %r11 */
		emit_rex(e, true, T1, 0, T1);
		emit8(e, 0x63);
		emit8(e, 0xc0 | (T1 & 7) << 3 | (T1 & 7));
	}
	emit_shift_imm(e, true, 7, T1, log);	 /* sar */
	emit_shift_imm(e, true, 4, T1, log - 3); /* shl */
	emit_rex(e, true, T1, 0, T0);		 /* add T1, T0 */
	emit8(e, 0x01);
	emit8(e, 0xc0 | (T1 & 7) << 3 | (T0 & 7));
}

static bool copy_bitstring(struct gen *g, const struct insn *insn)
{
	if (!gen_is_64(g) || insn->opsize == 2 || insn->addrsize != 8)
		return false;
	unsigned reg = insn_reg(insn);
	flags_clobber(g);
	uint64_t start = emit_pc(&g->hot);
	gen_effective(g, insn, T0);
	bitstring_address(g, insn);
	if (insn->segment == SEG_FS || insn->segment == SEG_GS)
		emit_gs(&g->hot, true, 0x03, T0, VCPU_SEG_BASE(insn->segment));
	gen_check_t0(g, start, insn->opsize, access_writes(insn));
	if (reg == T0 || reg == T1)
		emit_load_gs(&g->hot, T1, VCPU_GPR(reg));
	else
		emit_mov_reg(&g->hot, T1, reg);
	emit_alu_imm(&g->hot, false, ALU_AND, T1, insn->opsize * 8 - 1);
	flags_need(g);
	struct memory_form m = { .base = T0 };
	emit_with_memory(g, insn, T1, 0, &m);
	flags_written(g);
	return true;
}

static bool copy_legacy_lea(struct gen *g, const struct insn *insn)
{
	struct emitter *e = &g->hot;
	gen_effective(g, insn, T0);
	if (insn->opsize == 2)
		emit8(e, 0x66);
	emit_rex(e, false, T0, 0, 0);
	emit8(e, 0x89); /* mov T0, reg */
	emit8(e, 0xc0 | (T0 & 7) << 3 | insn_reg(insn));
	return true;
}

static bool copy_lea(struct gen *g, const struct insn *insn)
{
	if (!gen_is_64(g))
		return copy_legacy_lea(g, insn);
	unsigned to = insn_reg(insn);
	if (insn->opsize == 2) { /* merges: through T1 and a 16-bit move is not worth it */
		return false;
	}
	gen_effective(g, insn, to == T0 || to == T1 ? T1 : to);
	if (to == T0 || to == T1) {
		if (insn->opsize == 4) { /* mov %r11d, %r11d */
			emit_rex(&g->hot, false, T1, 0, T1);
			emit8(&g->hot, 0x89);
			emit8(&g->hot, 0xc0 | (T1 & 7) << 3 | (T1 & 7));
		}
		emit_store_gs(&g->hot, T1, VCPU_GPR(to));
	} else if (insn->opsize == 4 && insn->addrsize == 8) {
		emit_rex(&g->hot, false, to, 0, to);
		emit8(&g->hot, 0x89);
		emit8(&g->hot, 0xc0 | (to & 7) << 3 | (to & 7));
	}
	return true;
}

static bool touches_nothing(const struct insn *insn)
{
	return insn->facts->op == OP_NOP ||
	       (insn->has_mem && insn->facts->mem == MEM_NONE && insn->facts->op != OP_LEA);
}

/* mov between the accumulator and a constant address, frequent in 32-bit code */
static bool copy_moffs(struct gen *g, const struct insn *insn)
{
	struct emitter *e = &g->hot;
	unsigned segment = insn->segment == SEG_NONE ? SEG_DS : insn->segment,
		 size = insn->opcode & 1 ? insn->opsize : 1;
	bool store = insn->opcode & 2;
	if (gen_is_64(g) || segment == SEG_CS ||
	    (segment < SEG_FS &&
	     mode_class(g->block->mode, segment) > (insn->addrsize == 2 ? CLASS_REAL : CLASS_BASE)))
		return false;
	flags_clobber(g);
	uint64_t start = emit_pc(e);
	emit_mov_imm(e, T0, insn->addrsize == 2 ? (uint16_t)insn->imm : (uint32_t)insn->imm);
	legacy_add_segment(g, segment, insn->addrsize, size);
	gen_check_t0(g, start, size, store);
	if (size == 2)
		emit8(e, 0x66);
	emit_rex(e, false, 0, 0, T0);
	emit8(e, (store ? 0x88 : 0x8a) | (size > 1));
	emit8(e, T0 & 7);
	return true;
}

/* Outside 64-bit mode: what the encoder does not handle. */
static bool legacy_refuses(const struct gen *g, const struct insn *insn)
{
	if (gen_is_64(g))
		return false;
	if (insn->facts->domain == DOMAIN_INT && insn->map >= MAP_0F38)
		return true; /* 66 may be part of these opcodes */
	if (insn->facts->op == OP_NATIVE && (insn->opcode == 0x77) && (insn->prefixes & PREFIX_VEX))
		return true; /* VZEROUPPER and VZEROALL leave registers 8 to 15 alone there */
	return insn->has_mem && insn->facts->op != OP_LEA && insn->facts->mem != MEM_NONE &&
	       !legacy_can_address(g, insn);
}

bool gen_copy(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	if (insn->facts->op == OP_MOV_MOFFS)
		return copy_moffs(g, insn);
	if (!may_copy(insn) || !domain_enabled(g, insn) || legacy_refuses(g, insn))
		return false;
	if (touches_nothing(insn))
		return true;
	if (insn->facts->op == OP_LEA)
		return copy_lea(g, insn);
	if (!insn->has_mem)
		return !(insn->facts->attr & FACT_MEM_IMPLICIT) && copy_register_form(g, insn);
	if (insn->facts->attr & (FACT_VSIB | FACT_MEM_IMPLICIT))
		return false;
	if (insn->facts->attr & FACT_BITSTRING)
		return copy_bitstring(g, insn);
	return copy_memory_form(g, insn);
}
