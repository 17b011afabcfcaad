/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System instructions. The frequent ones of kernel code are done in line; for the others the decoded
 * instruction is kept beside the block and the interpreter executes it.
 */
#include "engine/translator/bytes.h"
#include "engine/translator/jit/jit_priv.h"

#include <stddef.h>

void gen_interpret(struct gen *g)
{
	struct emitter *e = &g->hot;
	struct insn *copy = cache_table_alloc(g->jit, sizeof(*copy));
	bytes_copy(copy, gen_insn(g), sizeof(*copy));
	if (g->in_eflags && !g->in_memory)
		flags_emit_save(e);
	emit_store_gs_imm(e, gen_rip(g), VCPU(rip), T0);
	emit_mov_imm(e, T1, (uint64_t)copy);
	emit_jmp(e, g->jit->thunks.interpret);
	g->ended = true;
}

/* op $imm32, gs:[disp], 64 bit; EFLAGS are ours */
static void alu_gs_imm(struct emitter *e, enum host_alu op, uint32_t disp, int32_t value)
{
	emit_gs(e, true, 0x81, op, disp);
	emit32(e, (uint32_t)value);
}

static void cli(struct gen *g)
{
	flags_clobber(g);
	alu_gs_imm(&g->hot, ALU_AND, VCPU(rflags), ~(int32_t)RFLAGS_IF);
}

/*
 * No interrupt is taken within a block, which makes the shadow of one instruction when that instruction ends
 * the block. An interrupt that waited for IF is brought back to the poll by a request bit.
 */
static bool sti(struct gen *g)
{
	if (g->index + 1 >= g->count)
		return false;
	flags_clobber(g);
	alu_gs_imm(&g->hot, ALU_OR, VCPU(rflags), RFLAGS_IF);
	emit_gs(&g->hot, false, 0x83, ALU_CMP, VCPU(irq_masked));
	emit8(&g->hot, 0);
	emit8(&g->hot, 0x0f); /* jne */
	emit8(&g->hot, 0x85);
	struct cold *cold = gen_cold(g, COLD_RECHECK);
	cold->site = g->hot.at;
	emit32(&g->hot, 0);
	cold->back = emit_pc(&g->hot);
	g->end_after = g->index + 1;
	return true;
}

/* The mode of the TLB and of the jump cache change with RFLAGS.AC; so the block ends. Without CR4.SMAP the
 * two modes allow the same. */
static bool set_ac(struct gen *g, bool on)
{
	struct emitter *e = &g->hot;
	if (g->block->gpa2)
		return false;
	flags_clobber(g);
	alu_gs_imm(e, on ? ALU_OR : ALU_AND, VCPU(rflags), on ? RFLAGS_AC : ~(int32_t)RFLAGS_AC);
	emit_gs(e, false, 0xc7, 0, VCPU(tlb_mode)); /* movl */
	emit32(e, on ? TLB_KERNEL_AC : TLB_KERNEL);
	alu_gs_imm(e, on ? ALU_OR : ALU_AND, VCPU(jump_salt), on ? JIT_AC : ~JIT_AC);
	gen_edge(g, gen_next_rip(g));
	return true;
}

static void swapgs(struct gen *g)
{
	struct emitter *e = &g->hot;
	emit_load_gs(e, T0, VCPU_SEG_BASE(SEG_GS));
	emit_load_gs(e, T1, VCPU(kernel_gs_base));
	emit_store_gs(e, T1, VCPU_SEG_BASE(SEG_GS));
	emit_store_gs(e, T0, VCPU(kernel_gs_base));
}

/* shl $count, reg / or from, to: 64 bit */
static void shift_left(struct emitter *e, unsigned reg, unsigned count)
{
	emit_rex(e, true, 0, 0, reg);
	emit8(e, 0xc1);
	emit8(e, 0xe0 | (reg & 7));
	emit8(e, count);
}

static void or_reg(struct emitter *e, unsigned to, unsigned from)
{
	emit_rex(e, true, from, 0, to);
	emit8(e, 0x09);
	emit8(e, 0xc0 | (from & 7) << 3 | (to & 7));
}

/* T1 = the RFLAGS image that PUSHF stores, from flags_packed and the system flags */
static bool pushf(struct gen *g)
{
	struct emitter *e = &g->hot;
	if (gen_insn(g)->opsize != 8)
		return false;
	if (g->in_eflags && !g->in_memory) {
		flags_emit_save(e);
		g->in_memory = true;
	}
	g->in_eflags = false;
	emit_load_gs(e, T1, VCPU(rflags));
	emit_alu_imm(e, true, ALU_AND, T1, ~(int32_t)(FLAGS_ALL | RFLAGS_RF | RFLAGS_VM));
	emit_gs(e, false, 0x0fb6, T0, VCPU(flags_packed) + 1); /* movzbl */
	emit_alu_imm(e, false, ALU_AND, T0, 0xd5);
	or_reg(e, T1, T0);
	emit_gs(e, false, 0x0fb6, T0, VCPU(flags_packed));
	shift_left(e, T0, 11);
	or_reg(e, T1, T0);
	emit_store_gs(e, T1, VCPU(scratch[2]));
	gen_push_scratch(g);
	return true;
}

/* CR4.TSD counts for users only; they have the check in line. */
static void rdtsc(struct gen *g, bool with_aux)
{
	struct emitter *e = &g->hot;
	flags_clobber(g);
	emit8(e, 0x0f);
	emit8(e, with_aux ? 0x01 : 0x31);
	if (with_aux)
		emit8(e, 0xf9);
	shift_left(e, HOST_RDX, 32);
	or_reg(e, HOST_RAX, HOST_RDX);
	emit_gs(e, true, 0x03, HOST_RAX, VCPU(tsc_offset));
	emit_mov_reg(e, HOST_RDX, HOST_RAX);
	emit_rex(e, true, 0, 0, HOST_RDX); /* shr $32, %rdx */
	emit8(e, 0xc1);
	emit8(e, 0xe8 | HOST_RDX);
	emit8(e, 32);
	emit8(e, 0x89); /* mov %eax, %eax */
	emit8(e, 0xc0);
	if (with_aux)
		emit_gs(e, false, 0x8b, HOST_RCX, VCPU(tsc_aux));
}

static bool rdtsc_checked(struct gen *g, bool with_aux)
{
	enum { CC_NE = 5 };
	struct emitter *e = &g->hot;
	if (g->block->mode & JIT_USER) {
		flags_clobber(g);
		emit_gs(e, false, 0xf6, 0, VCPU(cr4)); /* testb $CR4_TSD */
		emit8(e, CR4_TSD);
		gen_jump_to_interpreter(g, CC_NE);
	}
	rdtsc(g, with_aux);
	return true;
}

static bool gen_supervisor(struct gen *g)
{
	switch (gen_insn(g)->facts->op) {
	case OP_CLI: cli(g); return true;
	case OP_STI: return sti(g);
	case OP_STAC: return gen_is_64(g) && set_ac(g, true); /* other modes are numbered in the salt */
	case OP_CLAC: return gen_is_64(g) && set_ac(g, false);
	case OP_SWAPGS:
		if (gen_is_64(g))
			swapgs(g);
		return gen_is_64(g);
	default: return false;
	}
}

bool gen_system(struct gen *g)
{
	switch (gen_insn(g)->facts->op) {
	case OP_CLD: return !(g->block->mode & JIT_DF); /* clear already: nothing to do */
	case OP_PUSHF: return pushf(g);
	case OP_RDTSC: return rdtsc_checked(g, false);
	case OP_RDTSCP: return rdtsc_checked(g, true);
	default: return !(g->block->mode & JIT_USER) && gen_supervisor(g);
	}
}
