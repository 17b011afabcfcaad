/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VGATHER* and VPGATHER*: one load an element whose mask is negative. Elements are loaded from the lowest up;
 * when one faults, those below are in the destination already and their mask elements are zero, so the
 * instruction goes on where it stopped (SDM 2, VGATHERDPS).
 */
#include "engine/translator/interp/exec.h"
#include "engine/translator/vector/vector_priv.h"

enum { PAGE_SHIFT = 12, NO_PAGE = -1 };

struct gather {
	unsigned count, element, index_size;
	unsigned target_number, mask_number, index_number;
	uint8_t target[32], mask[32], index[32];
	uint64_t page;	  /* of the last load, or NO_PAGE */
	bool uncommitted; /* an element was loaded that is not in the registers yet */
};

static unsigned number_in_mode(const struct insn *insn, unsigned number)
{
	return insn->mode == MODE_64 ? number : number & 7;
}

static void gather_begin(struct gather *gather, const struct insn *insn)
{
	unsigned size = insn->prefixes & PREFIX_VEX_L ? 32 : 16;
	unsigned index = (insn->sib >> 3 & 7) | (insn->rex & REX_X) << 2;
	gather->element = insn->rex & REX_W ? 8 : 4;
	gather->index_size = insn->opcode & 1 ? 8 : 4;
	gather->count = size / (gather->element > gather->index_size ? gather->element : gather->index_size);
	gather->target_number = number_in_mode(insn, insn_reg(insn));
	gather->mask_number = number_in_mode(insn, insn->vvvv);
	gather->index_number = number_in_mode(insn, index);
	gather->page = (uint64_t)NO_PAGE;
	gather->uncommitted = false;
}

static bool registers_overlap(const struct gather *gather)
{
	return gather->target_number == gather->mask_number ||
	       gather->target_number == gather->index_number || gather->mask_number == gather->index_number;
}

static bool is_selected(const struct gather *gather, unsigned i)
{
	return gather->mask[(i + 1) * gather->element - 1] & 0x80;
}

/* What the architecture does first: each mask element becomes its sign bit, repeated. */
static void spread_mask(struct gather *gather)
{
	for (unsigned i = 0; i < gather->count; i++)
		bytes_fill(gather->mask + i * gather->element, is_selected(gather, i) ? 0xff : 0,
			   gather->element);
}

static uint64_t element_offset(const struct vcpu *cpu, const struct insn *insn, const struct gather *gather,
			       unsigned i)
{
	uint64_t index = 0;
	bytes_copy(&index, gather->index + i * gather->index_size, gather->index_size);
	index = (uint64_t)sign_extend(index, gather->index_size);
	return (operand_offset(cpu, insn) + (index << (insn->sib >> 6))) & size_mask(insn->addrsize);
}

static void commit(struct vcpu *cpu, struct gather *gather)
{
	register_write(gather->target_number, gather->target, 32, true);
	register_write(gather->mask_number, gather->mask, 32, true);
	gather->uncommitted = false;
	mmio_log_commit(cpu); /* a new start does not repeat these loads */
}

/* Whether a load there may raise although the last one did not: another page, a segment limit. Elements need
 * no alignment (SDM 2, exception type 12 has no #AC). */
static bool may_raise(const struct insn *insn, const struct gather *gather, uint64_t offset)
{
	if (insn->mode != MODE_64 || operand_segment(insn) >= SEG_FS)
		return true;
	return offset >> PAGE_SHIFT != gather->page ||
	       (offset + gather->element - 1) >> PAGE_SHIFT != gather->page;
}

static void load_element(struct vcpu *cpu, const struct insn *insn, struct gather *gather, unsigned i)
{
	uint64_t offset = element_offset(cpu, insn, gather, i);
	if (gather->uncommitted && may_raise(insn, gather, offset))
		commit(cpu, gather);
	uint64_t linear = segment_linear(cpu, operand_segment(insn), offset, gather->element,
					 MEM_READ | SEGMENT_ANY_ALIGNMENT);
	mem_read(cpu, linear, gather->target + i * gather->element, gather->element,
		 MEM_READ | operand_access(insn));
	bytes_fill(gather->mask + i * gather->element, 0, gather->element);
	gather->uncommitted = true;
	gather->page = offset >> PAGE_SHIFT;
}

void vector_gather(struct vcpu *cpu, const struct insn *insn, uint64_t unused)
{
	struct gather gather;
	gather_begin(&gather, insn);
	if (insn->addrsize == 2 || registers_overlap(&gather))
		cpu_raise(cpu, VECTOR_UD);
	register_read(gather.target_number, gather.target, 32, true);
	register_read(gather.mask_number, gather.mask, 32, true);
	register_read(gather.index_number, gather.index, 32, true);
	spread_mask(&gather);
	for (unsigned i = 0; i < gather.count; i++)
		if (is_selected(&gather, i))
			load_element(cpu, insn, &gather, i);
	/* Done: the mask is zero, and so is the target above its elements. */
	unsigned used = gather.count * gather.element;
	bytes_fill(gather.target + used, 0, 32 - used);
	bytes_fill(gather.mask, 0, 32);
	register_write(gather.target_number, gather.target, 32, true);
	register_write(gather.mask_number, gather.mask, 32, true);
}
