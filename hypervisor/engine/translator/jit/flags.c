/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's arithmetic flags live in EFLAGS as long as they can. The checks that the translator adds
 * destroy EFLAGS, so before one the flags are saved, if anything may still read them. A flag is dead where
 * every way on overwrites it first; at the block's exits all are live.
 */
#include "engine/translator/jit/jit_priv.h"

static uint16_t reads_of(const struct insn *insn)
{
	return insn->flags_read;
}

/* What must be right in EFLAGS when the instruction starts: what it reads, and what it leaves as it was. */
static uint16_t needed_in_eflags(const struct insn *insn, uint16_t live_after)
{
	uint16_t need = reads_of(insn);
	if (insn->flags_written | insn->flags_maybe)
		need |= live_after & ~insn->flags_written;
	return need & FLAGS_ALL;
}

static bool leaves_block(const struct insn *insn)
{
	return insn->facts->attr & FACT_JUMP;
}

void flags_liveness(struct gen *g)
{
	uint16_t live = FLAGS_ALL;
	for (unsigned i = g->count; i-- > 0;) {
		const struct insn *insn = &g->insns[i];
		g->live_after[i] = live;
		if (leaves_block(insn))
			live = FLAGS_ALL;
		else
			live = (uint16_t)((live & ~insn->flags_written) | (reads_of(insn) & FLAGS_ALL));
		g->live_before[i] = live;
	}
	g->block->flags_in = live;
}

/* EFLAGS -> flags_packed; rax waits in T1 */
void flags_emit_save(struct emitter *e)
{
	emit_mov_reg(e, T1, HOST_RAX);
	emit8(e, 0x9f); /* lahf */
	emit8(e, 0x0f); /* seto %al */
	emit8(e, 0x90);
	emit8(e, 0xc0);
	emit8(e, 0x65); /* mov %ax, gs:flags_packed */
	emit8(e, 0x66);
	emit8(e, 0x89);
	emit8(e, 0x04);
	emit8(e, 0x25);
	emit32(e, VCPU(flags_packed));
	emit_mov_reg(e, HOST_RAX, T1);
}

/* flags_packed -> EFLAGS; OF comes from adding 0x7f to its byte; T0 and T1 stay */
void flags_emit_restore(struct emitter *e)
{
	emit_store_gs(e, HOST_RAX, VCPU(scratch[0]));
	emit_gs(e, false, 0x0fb7, HOST_RAX, VCPU(flags_packed)); /* movzwl */
	emit8(e, 0x04);						 /* add $0x7f, %al */
	emit8(e, 0x7f);
	emit8(e, 0x9e); /* sahf */
	emit_load_gs(e, HOST_RAX, VCPU(scratch[0]));
}

void flags_save(struct gen *g)
{
	if (!g->in_eflags || g->in_memory || !g->live)
		return;
	flags_emit_save(&g->hot);
	g->in_memory = true;
	g->in_eflags = false; /* seto and lahf leave them, but nothing relies on it */
}

void flags_clobber(struct gen *g)
{
	flags_save(g);
	g->in_eflags = false;
}

void flags_need(struct gen *g)
{
	if (g->in_eflags || !needed_in_eflags(gen_insn(g), g->live_after[g->index]))
		return;
	flags_emit_restore(&g->hot);
	g->in_eflags = true;
}

void flags_written(struct gen *g)
{
	const struct insn *insn = gen_insn(g);
	if (!(insn->flags_written | insn->flags_maybe))
		return;
	g->in_eflags = true;
	g->in_memory = false;
}
