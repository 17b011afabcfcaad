/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data movement without arithmetic, and loads of segment registers by MOV and LDS. */
#include "engine/translator/interp/exec.h"

/* 88..8B, A0.. apart; B0..BF and C6, C7 with an immediate. */
void exec_mov(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;

	if (insn->facts->attr & FACT_REG_IN_OPCODE)
		reg_write(cpu, insn, insn_opcode_reg(insn), size, insn->imm);
	else if (insn->opcode >= 0xc0)
		rm_write(cpu, insn, size, insn->imm);
	else if (insn->opcode & 2)
		reg_write(cpu, insn, insn_reg(insn), size, rm_read(cpu, insn, size));
	else
		rm_write(cpu, insn, size, reg_read(cpu, insn, insn_reg(insn), size));
}

/* A0..A3: the address is in the instruction. */
void exec_mov_moffs(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;
	bool store = insn->opcode & 2;
	uint64_t offset = insn->imm & size_mask(insn->addrsize);
	uint64_t linear =
	    segment_linear(cpu, operand_segment(insn), offset, size, store ? MEM_WRITE : MEM_READ);

	if (store)
		mem_store(cpu, linear, size, cpu->gpr[REG_RAX], operand_access(insn));
	else
		gpr_write(cpu, REG_RAX, size, mem_load(cpu, linear, size, operand_access(insn)));
}

static uint64_t swap_bytes(uint64_t value, unsigned size)
{
	return __builtin_bswap64(value) >> (64 - size * 8);
}

void exec_movbe(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;

	require_feature(cpu, FEATURE_MOVBE);
	if (insn->opcode & 1)
		rm_write(cpu, insn, size, swap_bytes(gpr_read(cpu, insn_reg(insn), size), size));
	else
		gpr_write(cpu, insn_reg(insn), size, swap_bytes(rm_read(cpu, insn, size), size));
}

void exec_movnti(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->rex & REX_W ? 8 : 4;

	rm_write(cpu, insn, size, gpr_read(cpu, insn_reg(insn), size));
}

void exec_movzx(struct vcpu *cpu, const struct insn *insn)
{
	gpr_write(cpu, insn_reg(insn), insn->opsize, rm_read(cpu, insn, insn->opcode & 1 ? 2 : 1));
}

void exec_movsx(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opcode & 1 ? 2 : 1;

	gpr_write(cpu, insn_reg(insn), insn->opsize, (uint64_t)sign_extend(rm_read(cpu, insn, size), size));
}

/* Without REX.W it is a plain move of 4 or 2 bytes. */
void exec_movsxd(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize == 2 ? 2 : 4;

	gpr_write(cpu, insn_reg(insn), insn->opsize, (uint64_t)sign_extend(rm_read(cpu, insn, size), size));
}

void exec_lea(struct vcpu *cpu, const struct insn *insn)
{
	gpr_write(cpu, insn_reg(insn), insn->opsize, operand_offset(cpu, insn));
}

/* The result for 2 bytes is undefined; processors give 0. */
void exec_bswap(struct vcpu *cpu, const struct insn *insn)
{
	unsigned number = insn_opcode_reg(insn), size = insn->opsize;

	gpr_write(cpu, number, size, size == 2 ? 0 : swap_bytes(gpr_read(cpu, number, size), size));
}

void exec_cmovcc(struct vcpu *cpu, const struct insn *insn)
{
	unsigned number = insn_reg(insn), size = insn->opsize;
	uint64_t value = rm_read(cpu, insn, size); /* read, and its upper half cleared, in any case */

	gpr_write(cpu, number, size, condition_holds(cpu, insn->opcode) ? value : cpu->gpr[number]);
}

void exec_setcc(struct vcpu *cpu, const struct insn *insn)
{
	rm_write(cpu, insn, 1, condition_holds(cpu, insn->opcode));
}

void exec_cbw(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;

	gpr_write(cpu, REG_RAX, size, (uint64_t)sign_extend(cpu->gpr[REG_RAX], size / 2));
}

void exec_cwd(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize;

	gpr_write(cpu, REG_RDX, size, sign_extend(cpu->gpr[REG_RAX], size) < 0 ? UINT64_MAX : 0);
}

void exec_xlat(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t offset = (cpu->gpr[REG_RBX] + (cpu->gpr[REG_RAX] & 0xff)) & size_mask(insn->addrsize);
	uint64_t linear = segment_linear(cpu, operand_segment(insn), offset, 1, MEM_READ);

	gpr_write(cpu, REG_RAX, 1, mem_load(cpu, linear, 1, operand_access(insn)));
}

void exec_lahf(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t flags = (cpu->rflags & (FLAGS_ALL & 0xff)) | RFLAGS_ONE;

	cpu->gpr[REG_RAX] = (cpu->gpr[REG_RAX] & ~0xff00ull) | flags << 8;
}

void exec_sahf(struct vcpu *cpu, const struct insn *insn)
{
	flags_set(cpu, FLAGS_ALL & 0xff, cpu->gpr[REG_RAX] >> 8);
}

void exec_salc(struct vcpu *cpu, const struct insn *insn)
{
	gpr_write(cpu, REG_RAX, 1, cpu->rflags & FLAG_CF ? 0xff : 0);
}

/* --- segment registers ------------------------------------------------------------------------ */

void exec_mov_from_seg(struct vcpu *cpu, const struct insn *insn)
{
	uint16_t selector;

	if ((insn->modrm >> 3 & 7) > SEG_GS)
		cpu_raise(cpu, VECTOR_UD);
	selector = cpu->seg[insn->modrm >> 3 & 7].selector;
	if (insn->has_mem)
		rm_write(cpu, insn, 2, selector);
	else
		gpr_write(cpu, insn_rm(insn), insn->opsize, selector);
}

void exec_mov_to_seg(struct vcpu *cpu, const struct insn *insn)
{
	unsigned index = insn->modrm >> 3 & 7;
	struct segment segment;

	if (index > SEG_GS || index == SEG_CS)
		cpu_raise(cpu, VECTOR_UD);
	segment_prepare(cpu, index, (uint16_t)rm_read(cpu, insn, 2), &segment);
	cpu->seg[index] = segment;
	if (index == SEG_SS)
		cpu->interrupt_shadow = SHADOW_NEW;
}

/* LES, LDS, LSS, LFS, LGS: offset first, then the selector. */
void exec_lds(struct vcpu *cpu, const struct insn *insn)
{
	unsigned size = insn->opsize, index = (unsigned)insn->imm;
	struct segment segment;
	uint64_t offset = operand_load(cpu, insn, 0, size);

	segment_prepare(cpu, index, (uint16_t)operand_load(cpu, insn, size, 2), &segment);
	gpr_write(cpu, insn_reg(insn), size, offset);
	cpu->seg[index] = segment;
}
