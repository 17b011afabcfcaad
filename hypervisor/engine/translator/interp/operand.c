/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where operands are: effective addresses (SDM 1, 3.7.5), segments (SDM 3, 5.3 to 5.5), alignment checks. */
#include "engine/translator/interp/exec.h"

uint64_t insn_next_rip(const struct insn *insn, uint64_t rip)
{
	rip += insn->len;
	return insn->mode == MODE_64 ? rip : (uint32_t)rip;
}

static uint64_t offset16(const struct vcpu *cpu, const struct insn *insn)
{
	static const uint8_t base[8] = { REG_RBX, REG_RBX, REG_RBP, REG_RBP,
					 REG_RSI, REG_RDI, REG_RBP, REG_RBX };
	unsigned rm = insn->modrm & 7;
	uint64_t offset = (uint64_t)(int64_t)insn->disp;

	if (rm == 6 && insn->modrm < 0x40)
		return offset;
	offset += cpu->gpr[base[rm]];
	if (rm < 4)
		offset += cpu->gpr[rm & 1 ? REG_RDI : REG_RSI];
	return offset;
}

static uint64_t offset_sib(const struct vcpu *cpu, const struct insn *insn)
{
	unsigned base = (insn->sib & 7) | (insn->rex & REX_B) << 3;
	unsigned index = (insn->sib >> 3 & 7) | (insn->rex & REX_X) << 2;
	uint64_t offset = (uint64_t)(int64_t)insn->disp;

	if ((base & 7) != 5 || insn->modrm >= 0x40)
		offset += cpu->gpr[base];
	if (index != 4 && !(insn->facts->attr & FACT_VSIB))
		offset += cpu->gpr[index] << (insn->sib >> 6);
	return offset;
}

static uint64_t offset32(const struct vcpu *cpu, const struct insn *insn)
{
	unsigned rm = insn->modrm & 7;
	uint64_t offset = (uint64_t)(int64_t)insn->disp;

	if (rm == 4)
		return offset_sib(cpu, insn);
	if (rm == 5 && insn->modrm < 0x40)
		return insn->mode == MODE_64 ? cpu->rip + insn->len + offset : offset;
	return cpu->gpr[insn_rm(insn)] + offset;
}

uint64_t operand_offset(const struct vcpu *cpu, const struct insn *insn)
{
	uint64_t offset = insn->addrsize == 2 ? offset16(cpu, insn) : offset32(cpu, insn);
	return offset & size_mask(insn->addrsize);
}

static bool base_is_stack(const struct insn *insn)
{
	unsigned rm = insn->modrm & 7;
	unsigned base;

	if (!insn->has_mem)
		return false;
	if (insn->addrsize == 2)
		return rm == 2 || rm == 3 || (rm == 6 && insn->modrm >= 0x40);
	base = rm == 4 ? insn->sib & 7 : rm;
	if (base == 5 && insn->modrm < 0x40)
		return false;
	return !(insn->rex & REX_B) && (base == REG_RSP || base == REG_RBP);
}

enum insn_segment operand_segment(const struct insn *insn)
{
	if (insn->segment != SEG_NONE)
		return (enum insn_segment)insn->segment;
	return base_is_stack(insn) ? SEG_SS : SEG_DS;
}

bool segment_allows(const struct vcpu *cpu, const struct segment *segment, uint64_t offset, unsigned size,
		    bool write)
{
	uint64_t last = offset + size - 1;

	if (cpu_is_protected(cpu)) {
		unsigned type = segment->attr & 15;
		bool is_code = type & 8;

		if (!(segment->attr & SEGMENT_PRESENT))
			return false;
		if (write ? is_code || !(type & 2) : is_code && !(type & 2))
			return false;
		if (!is_code && (type & 4)) /* expand-down: the limit is the last byte that is NOT in it */
			return offset > segment->limit &&
			       last <= (segment->attr & SEGMENT_DB ? 0xffffffff : 0xffff);
	}
	return last <= segment->limit;
}

static void check_segment(struct vcpu *cpu, unsigned index, uint64_t offset, unsigned size, unsigned access)
{
	if (segment_allows(cpu, &cpu->seg[index], offset, size, access & MEM_WRITE))
		return;
	cpu_raise_error(cpu, index == SEG_SS ? VECTOR_SS : VECTOR_GP, 0);
}

void check_alignment(struct vcpu *cpu, uint64_t linear, unsigned size, unsigned alignment, unsigned access)
{
	if (cpu->cpl != 3 || !(cpu->cr0 & CR0_AM) || !(cpu->rflags & RFLAGS_AC) ||
	    !(linear & (alignment - 1)))
		return;
	if (cpu_mode(cpu) == MODE_64 && (!is_canonical(linear) || !is_canonical(linear + size - 1)))
		cpu_raise_error(cpu, access & MEM_STACK ? VECTOR_SS : VECTOR_GP, 0);
	cpu_raise_error(cpu, VECTOR_AC, 0);
}

uint64_t segment_linear(struct vcpu *cpu, unsigned index, uint64_t offset, unsigned size, unsigned access)
{
	uint64_t linear;

	if (cpu_mode(cpu) == MODE_64) {
		linear = index == SEG_FS || index == SEG_GS ? cpu->seg[index].base + offset : offset;
	} else {
		check_segment(cpu, index, offset, size, access);
		linear = (uint32_t)(cpu->seg[index].base + offset);
	}
	if (!(access & SEGMENT_ANY_ALIGNMENT) &&
	    (size == 2 || size == 4 || size == 8)) /* others have rules of their own */
		check_alignment(cpu, linear, size, size, index == SEG_SS ? MEM_STACK : 0);
	if (debug_is_active(cpu))
		debug_note_data(cpu, linear, size, access & MEM_WRITE);
	return linear;
}

uint64_t operand_linear(struct vcpu *cpu, const struct insn *insn, unsigned size, unsigned access)
{
	return segment_linear(cpu, operand_segment(insn), operand_offset(cpu, insn), size, access);
}

uint64_t operand_load(struct vcpu *cpu, const struct insn *insn, unsigned offset, unsigned size)
{
	uint64_t at = (operand_offset(cpu, insn) + offset) & size_mask(insn->addrsize);
	uint64_t linear = segment_linear(cpu, operand_segment(insn), at, size, MEM_READ);

	return mem_load(cpu, linear, size, operand_access(insn));
}

uint64_t rm_read(struct vcpu *cpu, const struct insn *insn, unsigned size)
{
	if (!insn->has_mem)
		return reg_read(cpu, insn, insn_rm(insn), size);
	return mem_load(cpu, operand_linear(cpu, insn, size, MEM_READ), size, operand_access(insn));
}

void rm_write(struct vcpu *cpu, const struct insn *insn, unsigned size, uint64_t value)
{
	if (!insn->has_mem)
		reg_write(cpu, insn, insn_rm(insn), size, value);
	else
		mem_store(cpu, operand_linear(cpu, insn, size, MEM_WRITE), size, value, operand_access(insn));
}
