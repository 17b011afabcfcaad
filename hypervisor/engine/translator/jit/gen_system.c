/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What needs the interpreter: the decoded instruction is kept beside the block, so that it is not decoded again. */
#include "engine/translator/bytes.h"
#include "engine/translator/jit/jit_priv.h"

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

bool gen_system(struct gen *g)
{
	switch (gen_insn(g)->facts->op) {
	case OP_CLD: return !(g->block->mode & JIT_DF); /* clear already: nothing to do */
	default: return false;
	}
}
