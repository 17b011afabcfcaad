/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Direct jumps between blocks. A field is one aligned 4-byte store, so another VP sees the old target or the
 * new one. */
#include "engine/translator/jit/jit_priv.h"

static void patch(struct jit *jit, uint8_t *site, uint64_t target)
{
	uint32_t rel = (uint32_t)(target - ((uint64_t)site + 4 + (uint64_t)jit->to_exec));
	__atomic_store_n((uint32_t *)site, rel, __ATOMIC_RELEASE);
}

void link_edge(struct jit *jit, struct edge *edge, struct block *to)
{
	if (edge->to || edge->from->dead || to->dead)
		return;
	uint64_t entry = edge->polled ? to->code : to->body;
	if (edge->stub_site && to->flags_in)
		patch(jit, edge->stub_site, entry);
	else
		patch(jit, edge->site, entry);
	edge->to = to;
	edge->next_in = to->in;
	to->in = edge;
}

static void unlink(struct jit *jit, struct edge *edge)
{
	patch(jit, edge->site, edge->stub);
	if (edge->stub_site)
		patch(jit, edge->stub_site, edge->unlinked);
	edge->to = NULL;
}

void link_unlink_in(struct jit *jit, struct block *block)
{
	for (struct edge *edge = block->in, *next; edge; edge = next) {
		next = edge->next_in;
		edge->next_in = NULL;
		unlink(jit, edge);
	}
	block->in = NULL;
}
