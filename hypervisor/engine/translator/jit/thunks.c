/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The code between C and translated code, written once at the start of the cache. Translated code keeps guest
 * registers in the host's, so each way into C stores them all and switches to the host's stack; each way back
 * loads them all.
 */
#include "engine/translator/jit/jit_priv.h"

static const uint8_t callee_saved[] = { 3 /* rbx */, 5 /* rbp */, 12, 13, 14, 15 };

static bool is_pinned(unsigned reg)
{
	return reg != T0 && reg != T1;
}

static void emit_spill(struct emitter *e)
{
	for (unsigned reg = 0; reg < 16; reg++)
		if (is_pinned(reg))
			emit_store_gs(e, reg, VCPU_GPR(reg));
	emit_load_gs(e, HOST_RSP, VCPU(host_rsp));
}

static void emit_reload(struct emitter *e)
{
	for (unsigned reg = 0; reg < 16; reg++)
		if (is_pinned(reg) && reg != HOST_RSP)
			emit_load_gs(e, reg, VCPU_GPR(reg));
	emit_load_gs(e, HOST_RSP, VCPU_GPR(HOST_RSP));
}

static void emit_push(struct emitter *e, bool pop, unsigned reg)
{
	emit_rex(e, false, 0, 0, reg);
	emit8(e, (pop ? 0x58 : 0x50) | (reg & 7));
}

/* void enter(uint64_t code): SysV */
static void emit_enter(struct emitter *e)
{
	for (unsigned i = 0; i < sizeof(callee_saved); i++)
		emit_push(e, false, callee_saved[i]);
	emit_lea(e, HOST_RSP, HOST_RSP, -8); /* aligned to 16 for the calls of helpers */
	emit_store_gs(e, HOST_RSP, VCPU(host_rsp));
	emit_mov_reg(e, T0, HOST_RDI);
	emit_reload(e);
	emit_jmp_reg(e, T0);
}

static void emit_return(struct emitter *e)
{
	emit_lea(e, HOST_RSP, HOST_RSP, 8);
	for (unsigned i = sizeof(callee_saved); i-- > 0;)
		emit_push(e, true, callee_saved[i]);
	emit8(e, 0xc3);
}

/* Calls helper(vcpu, T1, T0); goes on at what it returns, or leaves when that is 0. */
static void emit_helper_call(struct emitter *e, const void *helper)
{
	emit_spill(e);
	emit_load_gs(e, HOST_RDI, VCPU(self));
	emit_mov_reg(e, HOST_RSI, T1);
	emit_mov_reg(e, HOST_RDX, T0);
	emit_mov_imm(e, HOST_RAX, (uint64_t)helper);
	emit8(e, 0xff); /* call *%rax */
	emit8(e, 0xd0);
	emit8(e, 0x48); /* test %rax, %rax */
	emit8(e, 0x85);
	emit8(e, 0xc0);
	emit8(e, 0x75); /* jne: over emit_return() */
	uint8_t *skip = e->at;
	emit8(e, 0);
	emit_return(e);
	*skip = (uint8_t)(e->at - skip - 1);
	emit_mov_reg(e, T0, HOST_RAX);
	emit_reload(e);
	emit_jmp_reg(e, T0);
}

static uint64_t make(struct emitter *e, const void *helper)
{
	uint64_t pc = emit_pc(e);
	emit_helper_call(e, helper);
	return pc;
}

void thunks_make(struct jit *jit, struct emitter *e)
{
	struct jit_thunks *t = &jit->thunks;
	t->enter = emit_pc(e);
	emit_enter(e);
	t->leave = emit_pc(e);
	emit_spill(e);
	emit_return(e);
	t->miss = make(e, jit_on_miss);
	t->edge = make(e, jit_on_edge);
	t->interpret = make(e, jit_on_interpret);
	t->fault = make(e, jit_on_fault);
	t->indirect = emit_pc(e);
	emit_gs(e, true, 0x33, T0, VCPU(jump_salt)); /* the key back to the target */
	emit_helper_call(e, jit_on_indirect);
}
