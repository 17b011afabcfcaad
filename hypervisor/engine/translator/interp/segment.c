/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading segment registers: the checks of SDM 3, 5.4 to 5.8. */
#include "engine/translator/interp/exec.h"

_Noreturn static void raise_selector(struct vcpu *cpu, enum cpu_vector vector, uint16_t selector,
				     unsigned ext)
{
	cpu_raise_error(cpu, vector, SELECTOR_ERROR(selector) | ext);
}

static void finish(struct vcpu *cpu, const struct descriptor *descriptor, struct segment *ret)
{
	descriptor_mark_accessed(cpu, descriptor);
	segment_from_descriptor(ret, descriptor);
}

void segment_prepare_stack(struct vcpu *cpu, uint16_t selector, unsigned cpl, enum cpu_vector vector,
			   unsigned ext, struct segment *ret)
{
	struct descriptor descriptor;

	if (SELECTOR_IS_NULL(selector))
		cpu_raise_error(cpu, vector, ext);
	descriptor_read(cpu, selector, false, vector, ext, &descriptor);
	if (SELECTOR_RPL(selector) != cpl || DESC_DPL(descriptor.raw) != cpl ||
	    !DESC_IS_MEMORY(descriptor.raw) || DESC_IS_CODE(descriptor.raw) ||
	    !DESC_IS_WRITABLE(descriptor.raw))
		raise_selector(cpu, vector, selector, ext);
	if (!DESC_IS_PRESENT(descriptor.raw))
		raise_selector(cpu, VECTOR_SS, selector, ext);
	finish(cpu, &descriptor, ret);
}

void segment_prepare_data(struct vcpu *cpu, uint16_t selector, unsigned cpl, enum cpu_vector vector,
			  unsigned ext, struct segment *ret)
{
	struct descriptor descriptor;
	unsigned dpl;

	if (SELECTOR_IS_NULL(selector)) {
		segment_set_null(ret, selector);
		return;
	}
	descriptor_read(cpu, selector, false, vector, ext, &descriptor);
	if (!DESC_IS_MEMORY(descriptor.raw) ||
	    (DESC_IS_CODE(descriptor.raw) && !DESC_IS_READABLE(descriptor.raw)))
		raise_selector(cpu, vector, selector, ext);
	dpl = DESC_DPL(descriptor.raw);
	if (!(DESC_IS_CODE(descriptor.raw) && DESC_IS_CONFORMING(descriptor.raw)) &&
	    (SELECTOR_RPL(selector) > dpl || cpl > dpl))
		raise_selector(cpu, vector, selector, ext);
	if (!DESC_IS_PRESENT(descriptor.raw))
		raise_selector(cpu, VECTOR_NP, selector, ext);
	finish(cpu, &descriptor, ret);
}

void segment_prepare(struct vcpu *cpu, unsigned index, uint16_t selector, struct segment *ret)
{
	if (!cpu_is_protected(cpu)) {
		*ret = cpu->seg[index];
		segment_set_real(cpu, ret, selector);
	} else if (index != SEG_SS) {
		segment_prepare_data(cpu, selector, cpu->cpl, VECTOR_GP, 0, ret);
	} else if (SELECTOR_IS_NULL(selector) && cpu_mode(cpu) == MODE_64 && cpu->cpl < 3 &&
		   SELECTOR_RPL(selector) == cpu->cpl) {
		segment_set_null_stack(ret, selector, cpu->cpl);
	} else {
		segment_prepare_stack(cpu, selector, cpu->cpl, VECTOR_GP, 0, ret);
	}
}

void segment_drop_inner(struct vcpu *cpu)
{
	static const uint8_t data[] = { SEG_ES, SEG_DS, SEG_FS, SEG_GS };

	for (unsigned i = 0; i < sizeof(data); i++) {
		struct segment *segment = &cpu->seg[data[i]];
		unsigned type = segment->attr & 15;

		if ((segment->attr & SEGMENT_PRESENT) && SEGMENT_DPL(segment) < cpu->cpl && (type & 12) != 12)
			segment_set_null(segment, 0);
	}
}

/* --- code segments ---------------------------------------------------------------------------- */

void code_check(struct vcpu *cpu, const struct descriptor *code, enum code_load how)
{
	unsigned dpl = DESC_DPL(code->raw), rpl = SELECTOR_RPL(code->selector);
	unsigned level = how == CODE_RETURN ? rpl : cpu->cpl; /* that the code is to run at */
	bool allowed = DESC_IS_CODE(code->raw);

	if (how == CODE_RETURN && rpl < cpu->cpl)
		allowed = false;
	if (DESC_IS_CONFORMING(code->raw))
		allowed = allowed && dpl <= level;
	else
		allowed = allowed && dpl == level && rpl <= level;
	if (cpu_long_mode(cpu) && DESC_IS_LONG(code->raw) && DESC_IS_BIG(code->raw))
		allowed = false;
	if (!allowed)
		raise_selector(cpu, VECTOR_GP, code->selector, 0);
	if (!DESC_IS_PRESENT(code->raw))
		raise_selector(cpu, VECTOR_NP, code->selector, 0);
	descriptor_mark_accessed(cpu, code);
}

bool code_is_long(const struct vcpu *cpu, const struct segment *cs)
{
	return cpu_long_mode(cpu) && (cs->attr & SEGMENT_L);
}

void code_check_rip(struct vcpu *cpu, const struct segment *cs, uint64_t rip)
{
	if (code_is_long(cpu, cs) ? !is_canonical(rip) : rip > cs->limit)
		raise_gp0(cpu);
}

void code_commit(struct vcpu *cpu, const struct segment *cs, unsigned cpl, uint64_t rip)
{
	cpu->seg[SEG_CS] = *cs;
	cpu->seg[SEG_CS].selector = (uint16_t)((cs->selector & ~3) | cpl);
	cpu->rip = rip;
	cpu_set_cpl(cpu, cpl);
}

void cpu_set_cpl(struct vcpu *cpu, unsigned cpl)
{
	cpu->cpl = cpl;
	cpu_update_tlb_mode(cpu);
}
