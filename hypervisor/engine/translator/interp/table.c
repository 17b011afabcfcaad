/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptor-table registers, and instructions that ask about descriptors without loading them. */
#include "engine/translator/interp/exec.h"

static void check_umip(struct vcpu *cpu)
{
	if ((cpu->cr4 & CR4_UMIP) && cpu->cpl > 0)
		raise_gp0(cpu);
}

static void require_protected(struct vcpu *cpu)
{
	if (!cpu_is_protected(cpu))
		cpu_raise(cpu, VECTOR_UD);
}

/* --- GDTR, IDTR: limit (2 bytes), base (4, or 8 in 64-bit mode) ------------------------------- */

static void table_store(struct vcpu *cpu, const struct insn *insn, const struct table_register *table)
{
	unsigned size = insn->mode == MODE_64 ? 8 : 4;
	uint8_t image[10];
	uint64_t linear;

	check_umip(cpu);
	*(host_u16 *)image = (uint16_t)table->limit;
	*(host_u64 *)(image + 2) = table->base;
	linear = operand_linear(cpu, insn, 2 + size, MEM_WRITE);
	mem_write(cpu, linear, image, 2 + size, operand_access(insn));
}

/* With a 16-bit operand size the base has 24 bits. */
static void table_load(struct vcpu *cpu, const struct insn *insn, struct table_register *table)
{
	unsigned size = insn->mode == MODE_64 ? 8 : 4;
	uint64_t base;
	uint16_t limit;

	require_cpl0(cpu);
	limit = (uint16_t)operand_load(cpu, insn, 0, 2);
	base = operand_load(cpu, insn, 2, size);
	if (size == 8 && !is_canonical(base))
		raise_gp0(cpu);
	if (insn->mode != MODE_64 && insn->opsize == 2)
		base &= 0xffffff;
	*table = (struct table_register){ .base = base, .limit = limit };
}

void exec_lgdt(struct vcpu *cpu, const struct insn *insn)
{
	table_load(cpu, insn, &cpu->gdtr);
}

void exec_sgdt(struct vcpu *cpu, const struct insn *insn)
{
	table_store(cpu, insn, &cpu->gdtr);
}

void exec_lidt(struct vcpu *cpu, const struct insn *insn)
{
	table_load(cpu, insn, &cpu->idtr);
}

void exec_sidt(struct vcpu *cpu, const struct insn *insn)
{
	table_store(cpu, insn, &cpu->idtr);
}

/* --- LDTR, TR --------------------------------------------------------------------------------- */

/* A system descriptor of the GDT, of one of two types. */
static void system_descriptor(struct vcpu *cpu, uint16_t selector, unsigned type, unsigned other_type,
			      struct descriptor *ret)
{
	if (selector & 4)
		cpu_raise_error(cpu, VECTOR_GP, SELECTOR_ERROR(selector));
	descriptor_read(cpu, selector, cpu_long_mode(cpu), VECTOR_GP, 0, ret);
	if (DESC_IS_MEMORY(ret->raw) || (DESC_TYPE(ret->raw) != type && DESC_TYPE(ret->raw) != other_type) ||
	    (ret->upper >> 40 & 0x1f))
		cpu_raise_error(cpu, VECTOR_GP, SELECTOR_ERROR(selector));
	if (!DESC_IS_PRESENT(ret->raw))
		cpu_raise_error(cpu, VECTOR_NP, SELECTOR_ERROR(selector));
}

static void system_segment(struct vcpu *cpu, const struct descriptor *descriptor, struct segment *segment)
{
	segment_from_descriptor(segment, descriptor);
	if (cpu_long_mode(cpu) && !is_canonical(segment->base))
		cpu_raise_error(cpu, VECTOR_GP, SELECTOR_ERROR(descriptor->selector));
}

void exec_lldt(struct vcpu *cpu, const struct insn *insn)
{
	struct descriptor descriptor;
	struct segment segment;
	uint16_t selector;

	require_protected(cpu);
	require_cpl0(cpu);
	selector = (uint16_t)rm_read(cpu, insn, 2);
	if (SELECTOR_IS_NULL(selector)) {
		segment_set_null(&cpu->ldtr, selector);
		return;
	}
	system_descriptor(cpu, selector, TYPE_LDT, TYPE_LDT, &descriptor);
	system_segment(cpu, &descriptor, &segment);
	cpu->ldtr = segment;
}

void exec_ltr(struct vcpu *cpu, const struct insn *insn)
{
	struct descriptor descriptor;
	struct segment segment;
	uint16_t selector;

	require_protected(cpu);
	require_cpl0(cpu);
	selector = (uint16_t)rm_read(cpu, insn, 2);
	if (SELECTOR_IS_NULL(selector))
		raise_gp0(cpu);
	system_descriptor(cpu, selector, TYPE_TSS32, cpu_long_mode(cpu) ? TYPE_TSS32 : TYPE_TSS16,
			  &descriptor);
	system_segment(cpu, &descriptor, &segment);
	descriptor_set_busy(cpu, &descriptor, true);
	cpu->tr = segment;
	cpu->tr.attr |= 2;
}

static void selector_store(struct vcpu *cpu, const struct insn *insn, uint16_t selector)
{
	require_protected(cpu);
	check_umip(cpu);
	rm_write(cpu, insn, insn->has_mem ? 2 : insn->opsize, selector);
}

void exec_sldt(struct vcpu *cpu, const struct insn *insn)
{
	selector_store(cpu, insn, cpu->ldtr.selector);
}

void exec_str(struct vcpu *cpu, const struct insn *insn)
{
	selector_store(cpu, insn, cpu->tr.selector);
}

/* --- questions -------------------------------------------------------------------------------- */

#define TYPE_BIT(type) (1u << (type))

static bool system_type_is_visible(const struct vcpu *cpu, unsigned type, bool for_limit)
{
	unsigned types = TYPE_BIT(TYPE_LDT) | TYPE_BIT(TYPE_TSS32) | TYPE_BIT(TYPE_TSS32_BUSY);

	if (!cpu_long_mode(cpu))
		types |= TYPE_BIT(TYPE_TSS16) | TYPE_BIT(TYPE_TSS16_BUSY);
	if (!for_limit)
		types |= TYPE_BIT(TYPE_CALL_GATE32) |
			 (cpu_long_mode(cpu) ? 0 : TYPE_BIT(TYPE_CALL_GATE16) | TYPE_BIT(TYPE_TASK_GATE));
	return types & TYPE_BIT(type);
}

/* The descriptor, when this selector may know about it at this level. */
static bool visible_descriptor(struct vcpu *cpu, uint16_t selector, struct descriptor *ret)
{
	if (SELECTOR_IS_NULL(selector) || !descriptor_try_read(cpu, selector, false, ret))
		return false;
	if (DESC_IS_CODE(ret->raw) && DESC_IS_CONFORMING(ret->raw))
		return true;
	return cpu->cpl <= DESC_DPL(ret->raw) && SELECTOR_RPL(selector) <= DESC_DPL(ret->raw);
}

static bool ask(struct vcpu *cpu, const struct insn *insn, bool for_limit, struct descriptor *ret)
{
	bool visible;

	require_protected(cpu);
	visible = visible_descriptor(cpu, (uint16_t)rm_read(cpu, insn, 2), ret) &&
		  (DESC_IS_MEMORY(ret->raw) || system_type_is_visible(cpu, DESC_TYPE(ret->raw), for_limit));
	flags_set(cpu, FLAG_ZF, visible ? FLAG_ZF : 0);
	return visible;
}

void exec_lar(struct vcpu *cpu, const struct insn *insn)
{
	struct descriptor descriptor;

	if (ask(cpu, insn, false, &descriptor))
		gpr_write(cpu, insn_reg(insn), insn->opsize, descriptor.raw >> 32 & 0xffff00);
}

void exec_lsl(struct vcpu *cpu, const struct insn *insn)
{
	struct descriptor descriptor;
	struct segment segment;

	if (ask(cpu, insn, true, &descriptor)) {
		segment_from_descriptor(&segment, &descriptor);
		gpr_write(cpu, insn_reg(insn), insn->opsize, segment.limit);
	}
}

static void verify(struct vcpu *cpu, const struct insn *insn, bool for_write)
{
	struct descriptor descriptor;
	bool allowed;

	require_protected(cpu);
	allowed = visible_descriptor(cpu, (uint16_t)rm_read(cpu, insn, 2), &descriptor) &&
		  DESC_IS_MEMORY(descriptor.raw);
	if (allowed && DESC_IS_CODE(descriptor.raw))
		allowed = !for_write && DESC_IS_READABLE(descriptor.raw);
	else if (allowed && for_write)
		allowed = DESC_IS_WRITABLE(descriptor.raw);
	flags_set(cpu, FLAG_ZF, allowed ? FLAG_ZF : 0);
}

void exec_verr(struct vcpu *cpu, const struct insn *insn)
{
	verify(cpu, insn, false);
}

void exec_verw(struct vcpu *cpu, const struct insn *insn)
{
	verify(cpu, insn, true);
}

static uint64_t update_arpl(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	return SELECTOR_RPL(old) < SELECTOR_RPL(argument) ? (old & ~3ull) | SELECTOR_RPL(argument) : old;
}

void exec_arpl(struct vcpu *cpu, const struct insn *insn)
{
	uint64_t source = gpr_read(cpu, insn_reg(insn), 2), old;
	packed_flags flags = 0;

	require_protected(cpu);
	old = rm_update(cpu, insn, 2, update_arpl, source, &flags);
	flags_set(cpu, FLAG_ZF, SELECTOR_RPL(old) < SELECTOR_RPL(source) ? FLAG_ZF : 0);
}
