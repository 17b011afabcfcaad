/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single flags, and instructions that do nothing here. */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector.h"

void exec_clc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags &= ~(uint64_t)FLAG_CF;
}

void exec_stc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags |= FLAG_CF;
}

void exec_cmc(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags ^= FLAG_CF;
}

void exec_cld(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags &= ~(uint64_t)RFLAGS_DF;
}

void exec_std(struct vcpu *cpu, const struct insn *insn)
{
	cpu->rflags |= RFLAGS_DF;
}

static void require_iopl(struct vcpu *cpu)
{
	if (cpu->cpl > cpu_iopl(cpu)) /* virtual-8086 mode has CPL 3 */
		raise_gp0(cpu);
}

void exec_cli(struct vcpu *cpu, const struct insn *insn)
{
	require_iopl(cpu);
	cpu->rflags &= ~(uint64_t)RFLAGS_IF;
}

void exec_sti(struct vcpu *cpu, const struct insn *insn)
{
	require_iopl(cpu);
	if (!(cpu->rflags & RFLAGS_IF))
		cpu->interrupt_shadow = SHADOW_NEW;
	cpu->rflags |= RFLAGS_IF;
}

static void set_ac(struct vcpu *cpu, uint64_t value)
{
	if (cpu->cpl != 0 || !cpu_has(cpu, CPUID_SMAP))
		cpu_raise(cpu, VECTOR_UD);
	flags_set(cpu, RFLAGS_AC, value);
	cpu_update_tlb_mode(cpu);
}

void exec_clac(struct vcpu *cpu, const struct insn *insn)
{
	set_ac(cpu, 0);
}

void exec_stac(struct vcpu *cpu, const struct insn *insn)
{
	set_ac(cpu, RFLAGS_AC);
}

void exec_nop(struct vcpu *cpu, const struct insn *insn)
{
}

void exec_pause(struct vcpu *cpu, const struct insn *insn)
{
	__asm__ volatile("pause");
}

/* Guest memory is the host's own, in the host's order. */
void exec_serialize(struct vcpu *cpu, const struct insn *insn)
{
	__asm__ volatile("mfence" : : : "memory");
}

/* Faults as a load of one byte, but reads no device; the caches need nothing. */
void exec_clflush(struct vcpu *cpu, const struct insn *insn)
{
	const struct segment *segment = &cpu->seg[operand_segment(insn)];
	enum { CODE = 8, READABLE = 2 };
	uint64_t offset = operand_offset(cpu, insn), linear = (uint32_t)(segment->base + offset), unused;
	bool is_execute_only =
	    cpu_mode(cpu) != MODE_64 && cpu_is_protected(cpu) && offset <= segment->limit &&
	    (segment->attr & (SEGMENT_PRESENT | CODE | READABLE)) == (SEGMENT_PRESENT | CODE);

	if (!is_execute_only) /* all else is as with a byte's load (SDM 2, CLFLUSH) */
		linear = operand_linear(cpu, insn, 1, MEM_READ);
	mem_span(cpu, linear, 1, &unused, operand_access(insn));
}

/* Of operands whose size the table does not tell (MEM_SPECIAL): bytes that are surely accessed. */
static unsigned special_size(const struct vcpu *cpu, const struct insn *insn)
{
	enum { AVX = 4 };

	switch (insn->facts->op) {
	case OP_FXSAVE:
	case OP_FXRSTOR: return 512;
	case OP_XSAVE: return cpu->gpr[REG_RAX] & cpu->xcr0 & AVX ? 832 : 576;
	case OP_XSAVEOPT:
	case OP_XSAVEC:
	case OP_XRSTOR: return 576;
	case OP_FNSTENV:
	case OP_FLDENV: return insn->opsize == 2 ? 14 : 28;
	case OP_FNSAVE:
	case OP_FRSTOR: return insn->opsize == 2 ? 94 : 108;
	default: return 1; /* element by element */
	}
}

/* SDM 3, table 6-7, for those that operand_linear() does not know: 80-bit operands and x87 environments. */
static void check_x87_alignment(struct vcpu *cpu, const struct insn *insn, uint64_t linear, unsigned size)
{
	if (size == 10)
		check_alignment(cpu, linear, size, 8, operand_access(insn));
	else if (insn->facts->domain == DOMAIN_X87 && insn->facts->mem == MEM_SPECIAL && size < 512)
		check_alignment(cpu, linear, size, insn->opsize == 2 ? 2 : 4, operand_access(insn));
}

/* VCVTPH2PS and VCVTPS2PH: exceptions of type 11, which have no #AC (SDM 2, 2.8) */
static bool is_half_conversion(const struct insn *insn)
{
	return (insn->prefixes & PREFIX_VEX) && ((insn->map == MAP_0F38 && insn->opcode == 0x13) ||
						 (insn->map == MAP_0F3A && insn->opcode == 0x1d));
}

/* MASKMOV and the gathers address memory in their own ways. Being enabled comes before anything about the
 * operand. */
void exec_vector(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t linear = 0;
	unsigned size = insn->mem_size ? insn->mem_size : special_size(cpu, insn);

	vector_check_enabled(cpu, insn);
	if (insn->has_mem && insn->facts->mem != MEM_NONE && !(insn->facts->attr & FACT_VSIB)) {
		linear = operand_linear(cpu, insn, size,
					(insn->facts->mem_access == ACCESS_R ? MEM_READ : MEM_WRITE) |
					    (is_half_conversion(insn) ? SEGMENT_ANY_ALIGNMENT : 0u));
		check_x87_alignment(cpu, insn, linear, size);
	}
	vector_execute(cpu, insn, linear);
}
