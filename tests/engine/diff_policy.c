/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "diff_policy.h"

enum {
	VECTOR_DEBUG = 1,
	VECTOR_BREAKPOINT = 3,
	VECTOR_STACK = 12,
	VECTOR_PROTECTION = 13,
	VECTOR_PAGE = 14,
	VECTOR_X87 = 16,
	VECTOR_ALIGNMENT = 17,
	VECTOR_SIMD = 19
};

/* CF of a count that is not less than the width, OF of any count but 1. A count in CL may be anything. */
static unsigned undefined_by_shift(const struct insn *insn)
{
	enum insn_op op = insn->facts->op;
	unsigned count = insn->imm & (insn->opsize == 8 ? 63 : 31), width = insn->opsize * 8u;
	bool is_known = insn->imm_size, is_double = op == OP_SHLD || op == OP_SHRD;
	bool is_rotate = op == OP_ROL || op == OP_ROR || op == OP_RCL || op == OP_RCR;
	unsigned flags = is_rotate ? 0 : FLAG_AF;

	if (!is_known && !is_double && (insn->opcode & 2) == 0) /* D0, D1: by 1 */
		return flags;
	if (!is_known || count != 1)
		flags |= FLAG_OF;
	if ((op == OP_SHL || op == OP_SHR) && width < 32 && (!is_known || count >= width))
		flags |= FLAG_CF;
	if (is_double && width == 16 && (!is_known || count > 16))
		flags = FLAGS_ALL;
	return flags;
}

unsigned policy_undefined_flags(const struct insn *insn)
{
	switch (insn->facts->op) {
	case OP_AND:
	case OP_OR:
	case OP_XOR:
	case OP_TEST: return FLAG_AF;
	case OP_MUL:
	case OP_IMUL1:
	case OP_IMUL2:
	case OP_IMUL3: return FLAG_SF | FLAG_ZF | FLAG_AF | FLAG_PF;
	case OP_DIV:
	case OP_IDIV: return FLAGS_ALL;
	case OP_SHL:
	case OP_SHR:
	case OP_SAR:
	case OP_ROL:
	case OP_ROR:
	case OP_RCL:
	case OP_RCR:
	case OP_SHLD:
	case OP_SHRD: return undefined_by_shift(insn);
	case OP_BT:
	case OP_BTS:
	case OP_BTR:
	case OP_BTC: return FLAG_OF | FLAG_SF | FLAG_AF | FLAG_PF;
	case OP_BSF:
	case OP_BSR: return FLAGS_ALL & ~FLAG_ZF;
	case OP_TZCNT:
	case OP_LZCNT: return FLAGS_ALL & ~(FLAG_ZF | FLAG_CF);
	case OP_ANDN:
	case OP_BLSI:
	case OP_BLSR:
	case OP_BLSMSK:
	case OP_BZHI: return FLAG_AF | FLAG_PF;
	case OP_BEXTR: return FLAG_AF | FLAG_PF | FLAG_SF;
	case OP_AAA:
	case OP_AAS: return FLAG_OF | FLAG_SF | FLAG_ZF | FLAG_PF;
	case OP_AAD:
	case OP_AAM: return FLAG_OF | FLAG_AF | FLAG_CF;
	case OP_DAA:
	case OP_DAS: return FLAG_OF;
	default: return 0;
	}
}

/* The index of the instruction at `rip`, or the count when there is none. */
static unsigned index_of(const struct diff_program *program, uint64_t rip)
{
	unsigned i = 0;

	while (i < program->count && program->rip + program->at[i] != rip)
		i++;
	return i;
}

static bool decode_at(const struct diff_program *program, unsigned index, struct insn *insn)
{
	unsigned at = program->at[index];

	return index < program->count &&
	       insn_decode(insn, program->bytes + at, program->size - at, program->mode) == INSN_OK;
}

static bool decode_fault(const struct diff_program *program, const struct diff_result *native,
			 struct insn *insn)
{
	return native->vector != VECTOR_BREAKPOINT &&
	       decode_at(program, index_of(program, native->end.rip), insn);
}

/*
 * Flags that are read (or still there at a branch or the end) before they are written, from instruction
 * `index` on. What a pattern of several instructions does is not looked into: no more flags count then.
 */
static unsigned live_flags(const struct diff_program *program, unsigned index)
{
	unsigned live = 0, dead = 0;
	struct insn insn;

	for (; decode_at(program, index, &insn) && !(insn.facts->attr & FACT_JUMP); index++) {
		if (insn.len != program->at[index + 1] - program->at[index])
			return live;
		live |= insn.flags_read & ~dead;
		dead |= insn.flags_written & ~live;
	}
	return live | (FLAGS_ALL & ~dead);
}

/* Any flag that some instruction of the program leaves undefined; nothing reads these later (diff_program.c
 * sees to it). */
static unsigned undefined_flags(const struct diff_program *program)
{
	unsigned undefined = 0;
	struct insn insn;

	for (unsigned i = 0; decode_at(program, i, &insn); i++)
		undefined |= policy_undefined_flags(&insn);
	return undefined;
}

/* A fault of another instruction of a pattern than its first; which flags live there is not known. */
static bool is_in_pattern(const struct diff_program *program, const struct diff_result *native)
{
	return native->vector != VECTOR_BREAKPOINT && native->end.rip - program->rip < program->size &&
	       index_of(program, native->end.rip) == program->count;
}

unsigned policy_flags(const struct diff_program *program, const struct diff_result *native,
		      bool is_translated)
{
	struct insn insn;

	if (is_translated && is_in_pattern(program, native))
		return 0;
	if (!is_translated || !decode_fault(program, native, &insn))
		return FLAGS_ALL & ~undefined_flags(program);
	return live_flags(program, index_of(program, native->end.rip)) & ~undefined_flags(program);
}

static bool is_access_fault(uint32_t vector)
{
	return vector == VECTOR_STACK || vector == VECTOR_PROTECTION || vector == VECTOR_PAGE ||
	       vector == VECTOR_ALIGNMENT;
}

bool policy_fault_order(const struct diff_program *program, const struct diff_result *native,
			const struct diff_result *guest)
{
	struct insn insn;
	uint32_t attr;

	if (!is_access_fault(guest->vector) || native->end.rip != guest->end.rip ||
	    !decode_fault(program, native, &insn))
		return false;
	if (native->vector == VECTOR_X87) /* an exception pending from before and a bad operand */
		return insn.has_mem || insn.facts->op == OP_MASKMOV;
	if (native->vector == VECTOR_SIMD) /* an exception of a conversion and a bad destination */
		return insn.has_mem && insn.facts->mem_access == ACCESS_W;
	if (!is_access_fault(native->vector))
		return false;
	if (insn.facts->op == OP_MASKMOV &&
	    native->vector == VECTOR_ALIGNMENT) /* none, for bytes; or for 16 */
		return true;
	attr = insn.facts->attr;
	if (insn.facts->op == OP_MOVS || insn.facts->op == OP_CMPS || insn.facts->op == OP_ENTER ||
	    insn.facts->op == OP_GATHER)
		return true; /* two operands in memory, or more */
	if (insn.has_mem && (attr & FACT_MEM_IMPLICIT))
		return true; /* PUSH and POP of a memory operand */
	/* around the end of the segment: "implementation-specific" (SDM 3, 5.3) */
	if (program->mode != MODE_64 && (insn.facts->op == OP_MASKMOV || insn.facts->op == OP_VMASKMOV))
		return true;
	if (program->mode != MODE_64 && native->vector == VECTOR_ALIGNMENT)
		return true;
	if (program->mode != MODE_64 && native->vector == VECTOR_PAGE && (uint32_t)(native->cr2 + 64) < 128)
		return true;
	/* misaligned, and not present or beyond the segment */
	return (attr & FACT_ALIGN) && native->vector == VECTOR_PROTECTION;
}

unsigned policy_ignored_gprs(const struct diff_program *program, const struct diff_result *native)
{
	struct insn insn;

	if (!decode_fault(program, native, &insn) || insn.facts->op != OP_POPA)
		return 0;
	return diff_written_gprs(&insn) & ~(1u << 4);
}

bool policy_ignore_x87(const struct diff_program *program, const struct diff_result *native)
{
	struct insn insn;

	return decode_fault(program, native, &insn) && insn.facts->domain == DOMAIN_MMX;
}

unsigned policy_ignored_vectors(const struct diff_program *program, const struct diff_result *native)
{
	struct insn insn;

	if (!decode_fault(program, native, &insn) || insn.facts->op != OP_GATHER)
		return 0;
	return 1u << insn_reg(&insn) | 1u << insn.vvvv;
}

bool policy_fault_address(const struct diff_program *program, const struct diff_result *native,
			  const struct diff_result *guest)
{
	int32_t distance = (int32_t)(native->cr2 - guest->cr2); /* the operand may go around the end */
	struct insn insn;
	int32_t size;

	if (!decode_fault(program, native, &insn))
		return false;
	switch (insn.facts->op) {
	case OP_MASKMOV:
	case OP_VMASKMOV: size = 32; break;
	case OP_FLDENV:
	case OP_FRSTOR: size = 108; break;
	default: return false;
	}
	return distance > -size && distance < size;
}

bool policy_ignore_mxcsr(const struct diff_program *program, const struct diff_result *native)
{
	struct insn insn;

	return decode_fault(program, native, &insn) && insn.facts->domain >= DOMAIN_SSE &&
	       insn.facts->mem_access == ACCESS_W;
}

bool policy_ignore_memory(const struct diff_program *program, const struct diff_result *native)
{
	struct insn insn;

	return decode_fault(program, native, &insn) && insn.facts->domain == DOMAIN_X87 &&
	       insn.mem_size == 10;
}

bool policy_ignore_all(const struct diff_program *program, const struct diff_result *native,
		       const struct diff_result *guest)
{
	struct insn insn;
	/* in a loop it meets the pending exception, or the fault in another round, at the same place */
	bool has_gone_on =
	    native->end.rip != guest->end.rip || native->vector == VECTOR_X87 || program->has_loop;

	if (native->vector == VECTOR_DEBUG && decode_fault(program, native, &insn) &&
	    insn.facts->op == OP_GATHER)
		return true;
	if (has_gone_on && decode_fault(program, native, &insn) &&
	    (insn.facts->op == OP_MASKMOV || (insn.facts->op == OP_VMASKMOV && program->mode != MODE_64)))
		return true;
	if (!has_gone_on || !decode_fault(program, guest, &insn) || !is_access_fault(guest->vector))
		return false;
	if (insn.facts->domain == DOMAIN_X87 && insn.facts->mem_access == ACCESS_W)
		return (guest->end.vector.fcw & 0x3f) != 0x3f;
	return program->mode != MODE_64 &&
	       (insn.facts->op == OP_VMASKMOV || insn.facts->op == OP_GATHER || insn.facts->op == OP_MASKMOV);
}
