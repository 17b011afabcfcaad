/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XSAVE, XSAVEOPT, XSAVEC, XRSTOR, FXSAVE, FXRSTOR, LDMXCSR, STMXCSR on guest memory: SDM 1, 10.5 and 13.7
 * to 13.10.
 *
 * Saving goes through an image on the stack of which the architecture's parts are written. Restoring changes
 * such an image of the present state and loads it as the last step, so that nothing changes when an access
 * faults. Both layouts, standard and compacted, put AVX at 576, because nothing lies between it and the
 * header.
 */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector_priv.h"

#define XCOMP_COMPACT (1ull << 63)

enum {
	OFFSET_MXCSR = 24,
	OFFSET_ST = 32,
	OFFSET_XMM = 160,
	OFFSET_HEADER = 512,
	OFFSET_AVX = 576,
	X87_END = 24,
	REGISTER_BYTES = 16,
};

/* XMM8 to XMM15 are neither saved nor loaded outside 64-bit mode. */
static unsigned register_bytes(const struct insn *insn)
{
	return (insn->mode == MODE_64 ? 16 : 8) * REGISTER_BYTES;
}

static uint64_t requested(const struct vcpu *cpu)
{
	uint64_t mask = cpu->gpr[REG_RDX] << 32 | (uint32_t)cpu->gpr[REG_RAX];
	return mask & cpu->xcr0 & vector_host.components;
}

static void write_part(struct vcpu *cpu, const struct insn *insn, uint64_t linear,
		       const struct vector_area *area, unsigned offset, unsigned size)
{
	mem_write(cpu, linear_add(insn, linear, offset), (const uint8_t *)area + offset, size,
		  MEM_WRITE | operand_access(insn));
}

static void read_part(struct vcpu *cpu, const struct insn *insn, uint64_t linear, struct vector_area *area,
		      unsigned offset, unsigned size)
{
	mem_read(cpu, linear_add(insn, linear, offset), (uint8_t *)area + offset, size,
		 MEM_READ | operand_access(insn));
}

/* --- saving ------------------------------------------------------------------------------------------ */

static void write_components(struct vcpu *cpu, const struct insn *insn, uint64_t linear,
			     const struct vector_area *area, uint64_t which, bool with_mxcsr)
{
	unsigned bytes = register_bytes(insn);
	if (which & VECTOR_X87) {
		write_part(cpu, insn, linear, area, 0, X87_END);
		write_part(cpu, insn, linear, area, OFFSET_ST, OFFSET_XMM - OFFSET_ST);
	}
	if (with_mxcsr)
		write_part(cpu, insn, linear, area, OFFSET_MXCSR, 8);
	if (which & VECTOR_SSE)
		write_part(cpu, insn, linear, area, OFFSET_XMM, bytes);
	if (which & VECTOR_AVX)
		write_part(cpu, insn, linear, area, OFFSET_AVX, bytes);
}

static void write_header(struct vcpu *cpu, const struct insn *insn, uint64_t linear, uint64_t rfbm,
			 uint64_t in_use)
{
	uint64_t words[2] = { in_use & rfbm, rfbm | XCOMP_COMPACT };
	uint64_t at = linear_add(insn, linear, OFFSET_HEADER);
	bool is_compact = insn->facts->op == OP_XSAVEC;
	if (!is_compact) { /* bits outside RFBM stay */
		uint64_t old;
		mem_read(cpu, at, &old, sizeof(old), MEM_READ | operand_access(insn));
		words[0] |= old & ~rfbm;
	}
	mem_write(cpu, at, words, is_compact ? 16 : 8, MEM_WRITE | operand_access(insn));
}

void vector_xsave(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	struct vector_area area;
	uint64_t rfbm = requested(cpu), in_use, which = rfbm;
	unsigned op = insn->facts->op;
	check_aligned(cpu, linear, 64);
	mem_check_write(cpu, linear, rfbm & VECTOR_AVX ? AREA_SIZE : OFFSET_AVX,
			MEM_WRITE | operand_access(insn));
	area_save(&area);
	in_use = area.xstate_bv;
	if (op == OP_XSAVEC && area.mxcsr != MXCSR_DEFAULT)
		in_use |= VECTOR_SSE;
	if (op != OP_XSAVE)
		which &= in_use;
	bool with_mxcsr = (op == OP_XSAVEC ? which & VECTOR_SSE : rfbm & (VECTOR_SSE | VECTOR_AVX)) != 0;
	write_components(cpu, insn, linear, &area, which, with_mxcsr);
	write_header(cpu, insn, linear, rfbm, in_use);
}

void vector_fxsave(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	struct vector_area area;
	check_aligned(cpu, linear, 16);
	area_save(&area);
	mem_write(cpu, linear, &area, OFFSET_XMM + register_bytes(insn), MEM_WRITE | operand_access(insn));
}

void vector_stmxcsr(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint32_t value = mxcsr_read();
	mem_write(cpu, linear, &value, sizeof(value), MEM_WRITE | operand_access(insn));
}

/* --- restoring --------------------------------------------------------------------------------------- */

static void check_mxcsr(struct vcpu *cpu, uint32_t value)
{
	if (value & ~vector_host.mxcsr_mask)
		raise_gp(cpu);
}

static void check_header(struct vcpu *cpu, const uint64_t header[8])
{
	uint64_t bv = header[0], comp = header[1], rest = 0;
	bool bad;
	for (unsigned i = 2; i < 8; i++)
		rest |= header[i];
	if (comp & XCOMP_COMPACT) {
		uint64_t offered = cpu->xcr0 & vector_host.components;
		bad = !vector_host.has_xsavec || (comp & ~XCOMP_COMPACT & ~offered) || (bv & ~comp) || rest;
	} else { /* bytes 8..23 must be zero; the processor does not look at the others */
		bad = comp || header[2] || (bv & ~cpu->xcr0);
	}
	if (bad)
		raise_gp(cpu);
}

static void init_x87(struct vector_area *area)
{
	bytes_fill(area, 0, X87_END);
	bytes_fill(area->st, 0, sizeof(area->st));
	area->cw = X87_CW_DEFAULT;
}

static void fix_x87(struct vector_area *area)
{
	area->sw = x87_status_fixed(area->sw, area->cw);
	area->opcode = 0;
	area->fip = area->fdp = 0;
}

static void restore_x87(struct vcpu *cpu, const struct insn *insn, uint64_t linear, struct vector_area *area,
			uint64_t bv)
{
	if (bv & VECTOR_X87) {
		read_part(cpu, insn, linear, area, 0, X87_END);
		read_part(cpu, insn, linear, area, OFFSET_ST, OFFSET_XMM - OFFSET_ST);
		fix_x87(area);
	} else {
		init_x87(area);
	}
}

static void restore_registers(struct vcpu *cpu, const struct insn *insn, uint64_t linear,
			      struct vector_area *area, unsigned offset, bool from_memory)
{
	unsigned bytes = register_bytes(insn);
	if (from_memory)
		read_part(cpu, insn, linear, area, offset, bytes);
	else
		bytes_fill((uint8_t *)area + offset, 0, bytes);
}

/* The standard form loads MXCSR with either of SSE and AVX, whatever XSTATE_BV says; the compacted one treats
 * it as a part of SSE. */
static void restore_mxcsr(struct vcpu *cpu, const struct insn *insn, uint64_t linear,
			  struct vector_area *area, uint64_t rfbm, const uint64_t header[8])
{
	uint32_t value = MXCSR_DEFAULT;
	bool is_compact = header[1] & XCOMP_COMPACT;
	if (!(rfbm & (is_compact ? VECTOR_SSE : VECTOR_SSE | VECTOR_AVX)))
		return;
	if (!is_compact || (header[0] & VECTOR_SSE))
		mem_read(cpu, linear_add(insn, linear, OFFSET_MXCSR), &value, sizeof(value),
			 MEM_READ | operand_access(insn));
	check_mxcsr(cpu, value);
	area->mxcsr = value;
}

/* What the image's XSTATE_BV becomes: a component whose upper registers another mode left in use stays in
 * use. */
static uint64_t restored_bv(const struct insn *insn, const struct vector_area *area, uint64_t rfbm,
			    uint64_t bv)
{
	uint64_t merged = (area->xstate_bv & ~rfbm) | (bv & rfbm);
	if (insn->mode != MODE_64)
		merged |= area->xstate_bv & (VECTOR_SSE | VECTOR_AVX);
	return merged;
}

void vector_xrstor(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	struct vector_area area;
	uint64_t header[8], rfbm = requested(cpu);
	check_aligned(cpu, linear, 64);
	mem_read(cpu, linear_add(insn, linear, OFFSET_HEADER), header, sizeof(header),
		 MEM_READ | operand_access(insn));
	check_header(cpu, header);
	area_save(&area);
	if (rfbm & VECTOR_X87)
		restore_x87(cpu, insn, linear, &area, header[0]);
	restore_mxcsr(cpu, insn, linear, &area, rfbm, header);
	if (rfbm & VECTOR_SSE)
		restore_registers(cpu, insn, linear, &area, OFFSET_XMM, header[0] & VECTOR_SSE);
	if (rfbm & VECTOR_AVX)
		restore_registers(cpu, insn, linear, &area, OFFSET_AVX, header[0] & VECTOR_AVX);
	area.xstate_bv = restored_bv(insn, &area, rfbm, header[0]);
	area_load(&area);
}

void vector_fxrstor(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	struct vector_area area;
	check_aligned(cpu, linear, 16);
	area_save(&area);
	read_part(cpu, insn, linear, &area, 0, OFFSET_XMM + register_bytes(insn));
	check_mxcsr(cpu, area.mxcsr);
	fix_x87(&area);
	area.xstate_bv |= VECTOR_X87 | VECTOR_SSE;
	area_load(&area);
}

void vector_ldmxcsr(struct vcpu *cpu, const struct insn *insn, uint64_t linear)
{
	uint32_t value;
	mem_read(cpu, linear, &value, sizeof(value), MEM_READ | operand_access(insn));
	check_mxcsr(cpu, value);
	__asm__ volatile("ldmxcsr %0" : : "m"(value));
}
