/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing host instructions: the few forms that the translator itself adds around the guest's own instructions. Registers by number; T0 and T1 are the
 * host's r10 and r11, whose guest values live in the vcpu. "gs" forms address the vcpu (GS base).
 */
#ifndef HV_TRANSLATOR_EMIT_H
#define HV_TRANSLATOR_EMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { HOST_RAX = 0, HOST_RCX = 1, HOST_RDX = 2, HOST_RSP = 4, HOST_RSI = 6, HOST_RDI = 7, T0 = 10, T1 = 11 };

/* /digit of opcode 81 */
enum host_alu { ALU_ADD = 0, ALU_OR = 1, ALU_AND = 4, ALU_SUB = 5, ALU_XOR = 6, ALU_CMP = 7 };

struct emitter {
	uint8_t *at; /* writable alias */
	uint8_t *end;
	int64_t to_exec; /* executable address - writable address */
};

static inline uint64_t emit_pc(const struct emitter *e)
{
	return (uint64_t)e->at + (uint64_t)e->to_exec;
}

static inline void emit8(struct emitter *e, unsigned value)
{
	*e->at++ = (uint8_t)value;
}

static inline void emit16(struct emitter *e, unsigned value)
{
	*(uint16_t *)e->at = (uint16_t)value;
	e->at += 2;
}

static inline void emit32(struct emitter *e, uint32_t value)
{
	*(uint32_t *)e->at = value;
	e->at += 4;
}

static inline void emit64(struct emitter *e, uint64_t value)
{
	*(uint64_t *)e->at = value;
	e->at += 8;
}

static inline void emit_patch32(uint8_t *at, uint32_t value)
{
	*(uint32_t *)at = value;
}

/* rel32 of a branch whose field is at `at` (writable alias) to the executable address `target`. */
static inline uint32_t emit_rel(const struct emitter *e, const uint8_t *at, uint64_t target)
{
	return (uint32_t)(target - ((uint64_t)at + 4 + (uint64_t)e->to_exec));
}

static inline void emit_rel32(struct emitter *e, uint64_t target)
{
	emit32(e, emit_rel(e, e->at, target));
}

static inline void emit_jmp(struct emitter *e, uint64_t target)
{
	emit8(e, 0xe9);
	emit_rel32(e, target);
}

static inline void emit_jcc(struct emitter *e, unsigned cc, uint64_t target)
{
	emit8(e, 0x0f);
	emit8(e, 0x80 | cc);
	emit_rel32(e, target);
}

static inline void emit_rex(struct emitter *e, bool w, unsigned reg, unsigned index, unsigned base)
{
	unsigned rex = (w ? 8 : 0) | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 | (base >> 3 & 1);
	if (rex)
		emit8(e, 0x40 | rex);
}

/* op reg, gs:[disp] (opcode one byte, or 0F xx when above 0xff) */
static inline void emit_gs(struct emitter *e, bool w, unsigned opcode, unsigned reg, uint32_t disp)
{
	emit8(e, 0x65);
	emit_rex(e, w, reg, 0, 0);
	if (opcode > 0xff)
		emit8(e, opcode >> 8);
	emit8(e, opcode);
	emit8(e, (reg & 7) << 3 | 4);
	emit8(e, 0x25);
	emit32(e, disp);
}

/* op reg, gs:[T1 + disp] */
static inline void emit_gs_t1(struct emitter *e, bool w, unsigned opcode, unsigned reg, uint32_t disp)
{
	emit8(e, 0x65);
	emit_rex(e, w, reg, 0, T1);
	emit8(e, opcode);
	emit8(e, 0x80 | (reg & 7) << 3 | (T1 & 7));
	emit32(e, disp);
}

static inline void emit_load_gs(struct emitter *e, unsigned reg, uint32_t disp) /* mov gs:[disp], reg */
{
	emit_gs(e, true, 0x8b, reg, disp);
}

static inline void emit_store_gs(struct emitter *e, unsigned reg, uint32_t disp) /* mov reg, gs:[disp] */
{
	emit_gs(e, true, 0x89, reg, disp);
}

static inline void emit_mov_reg(struct emitter *e, unsigned to, unsigned from)
{
	emit_rex(e, true, from, 0, to);
	emit8(e, 0x89);
	emit8(e, 0xc0 | (from & 7) << 3 | (to & 7));
}

/* No flags: mov imm, in the shortest form. */
static inline void emit_mov_imm(struct emitter *e, unsigned reg, uint64_t value)
{
	if (value <= UINT32_MAX) {
		emit_rex(e, false, 0, 0, reg);
		emit8(e, 0xb8 | (reg & 7));
		emit32(e, (uint32_t)value);
	} else if ((int64_t)value == (int32_t)value) {
		emit_rex(e, true, 0, 0, reg);
		emit8(e, 0xc7);
		emit8(e, 0xc0 | (reg & 7));
		emit32(e, (uint32_t)value);
	} else {
		emit_rex(e, true, 0, 0, reg);
		emit8(e, 0xb8 | (reg & 7));
		emit64(e, value);
	}
}

/* movq $imm32 sign-extended, gs:[disp], or through `scratch` when it does not fit */
static inline void emit_store_gs_imm(struct emitter *e, uint64_t value, uint32_t disp, unsigned scratch)
{
	if ((int64_t)value == (int32_t)value) {
		emit_gs(e, true, 0xc7, 0, disp);
		emit32(e, (uint32_t)value);
		return;
	}
	emit_mov_imm(e, scratch, value);
	emit_store_gs(e, scratch, disp);
}

static inline void emit_alu_imm(struct emitter *e, bool w, enum host_alu op, unsigned reg, int32_t value)
{
	emit_rex(e, w, 0, 0, reg);
	bool small = value == (int8_t)value;
	emit8(e, small ? 0x83 : 0x81);
	emit8(e, 0xc0 | (unsigned)op << 3 | (reg & 7));
	if (small)
		emit8(e, (unsigned)value);
	else
		emit32(e, (uint32_t)value);
}

static inline void emit_rorx64(struct emitter *e, unsigned to, unsigned from,
			       unsigned count) /* VEX.LZ.F2.0F3A.W1 F0 */
{
	emit8(e, 0xc4);
	emit8(e, (to < 8 ? 0x80 : 0) | 0x40 | (from < 8 ? 0x20 : 0) | 3);
	emit8(e, 0xfb);
	emit8(e, 0xf0);
	emit8(e, 0xc0 | (to & 7) << 3 | (from & 7));
	emit8(e, count);
}

/* modrm [base + disp] for a reg field; base without index (rsp and r12 need a SIB byte) */
static inline void emit_modrm_disp(struct emitter *e, unsigned reg, unsigned base, int32_t disp)
{
	unsigned mod = disp == 0 && (base & 7) != 5 ? 0 : disp == (int8_t)disp ? 1 : 2;
	emit8(e, mod << 6 | (reg & 7) << 3 | (base & 7));
	if ((base & 7) == 4)
		emit8(e, 0x24);
	if (mod == 1)
		emit8(e, (unsigned)disp);
	else if (mod == 2)
		emit32(e, (uint32_t)disp);
}

static inline void emit_lea(struct emitter *e, unsigned to, unsigned base, int32_t disp)
{
	emit_rex(e, true, to, 0, base);
	emit8(e, 0x8d);
	emit_modrm_disp(e, to, base, disp);
}

/* mov (base), reg / mov reg, (base), 64 bit */
static inline void emit_load(struct emitter *e, unsigned reg, unsigned base, int32_t disp)
{
	emit_rex(e, true, reg, 0, base);
	emit8(e, 0x8b);
	emit_modrm_disp(e, reg, base, disp);
}

static inline void emit_store(struct emitter *e, unsigned reg, unsigned base, int32_t disp)
{
	emit_rex(e, true, reg, 0, base);
	emit8(e, 0x89);
	emit_modrm_disp(e, reg, base, disp);
}

static inline void emit_jmp_reg(struct emitter *e, unsigned reg)
{
	emit_rex(e, false, 0, 0, reg);
	emit8(e, 0xff);
	emit8(e, 0xe0 | (reg & 7));
}

#endif
