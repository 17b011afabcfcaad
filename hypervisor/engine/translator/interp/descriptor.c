/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors in the GDT and LDT (SDM 3, 3.4 and 3.5), and stack pointers in the TSS. */
#include "engine/translator/interp/exec.h"

bool descriptor_try_read(struct vcpu *cpu, uint16_t selector, bool has_upper, struct descriptor *ret)
{
	struct table_register table = cpu->gdtr;
	unsigned size = has_upper ? 16 : 8;
	uint32_t offset = selector & ~7u;
	uint64_t raw[2] = { 0, 0 };

	if (selector & 4) {
		if (!(cpu->ldtr.attr & SEGMENT_PRESENT))
			return false;
		table = (struct table_register){ cpu->ldtr.base, cpu->ldtr.limit };
	}
	if (offset + size - 1 > table.limit)
		return false;
	mem_read(cpu, table.base + offset, raw, size, MEM_SYSTEM);
	*ret = (struct descriptor){ selector, raw[0], raw[1], table.base + offset };
	return true;
}

void descriptor_read(struct vcpu *cpu, uint16_t selector, bool has_upper, enum cpu_vector vector,
		     unsigned ext, struct descriptor *ret)
{
	if (!descriptor_try_read(cpu, selector, has_upper, ret))
		cpu_raise_error(cpu, vector, SELECTOR_ERROR(selector) | ext);
}

static uint64_t update_type(packed_flags *flags, uint64_t old, uint64_t argument, unsigned size)
{
	return (old & ~(argument >> 8)) | (argument & 0xff);
}

/* Byte 5 holds the type: argument = bits to clear << 8 | bits to set. */
static void descriptor_change(struct vcpu *cpu, const struct descriptor *descriptor, uint64_t argument)
{
	packed_flags flags = 0;

	memory_update(cpu, descriptor->address + 5, 1, MEM_SYSTEM, true, update_type, argument, &flags);
}

void descriptor_mark_accessed(struct vcpu *cpu, const struct descriptor *descriptor)
{
	if (!(DESC_TYPE(descriptor->raw) & 1))
		descriptor_change(cpu, descriptor, 1);
}

void descriptor_set_busy(struct vcpu *cpu, const struct descriptor *descriptor, bool busy)
{
	descriptor_change(cpu, descriptor, busy ? 2 : 2 << 8);
}

void segment_from_descriptor(struct segment *segment, const struct descriptor *descriptor)
{
	uint64_t raw = descriptor->raw;
	uint32_t limit = (uint32_t)((raw & 0xffff) | (raw >> 32 & 0xf0000));

	segment->selector = descriptor->selector;
	segment->base = (raw >> 16 & 0xffffff) | (raw >> 32 & 0xff000000);
	if (!DESC_IS_MEMORY(raw))
		segment->base |= descriptor->upper << 32;
	segment->limit = raw >> 55 & 1 ? limit << 12 | 0xfff : limit;
	segment->attr = (uint16_t)(raw >> 40 & 0xf0ff);
	if (DESC_IS_MEMORY(raw))
		segment->attr |= 1; /* accessed */
}

void segment_set_null(struct segment *segment, uint16_t selector)
{
	*segment = (struct segment){ .selector = selector };
}

void segment_set_null_stack(struct segment *segment, uint16_t selector, unsigned cpl)
{
	*segment = (struct segment){ .selector = selector, .attr = (uint16_t)(cpl << 5) };
}

/*
 * Real mode keeps limit and the upper attributes (they matter: "unreal" mode); virtual-8086 mode sets them.
 */
void segment_set_real(const struct vcpu *cpu, struct segment *segment, uint16_t selector)
{
	segment->selector = selector;
	segment->base = (uint64_t)selector << 4;
	if (cpu_is_v86(cpu)) {
		segment->limit = 0xffff;
		segment->attr = 0xf3;
	} else {
		segment->attr = (uint16_t)((segment->attr & 0xf000) | 0x93);
	}
}

void segment_set_flat(struct segment *segment, uint16_t selector, uint16_t attr)
{
	*segment = (struct segment){ .selector = selector, .limit = 0xffffffff, .attr = attr };
}

/* --- stacks in the TSS ------------------------------------------------------------------------ */

_Noreturn static void raise_tss(struct vcpu *cpu, unsigned ext)
{
	cpu_raise_error(cpu, VECTOR_TS, SELECTOR_ERROR(cpu->tr.selector) | ext);
}

static uint64_t tss_field(struct vcpu *cpu, unsigned offset, unsigned size, unsigned ext)
{
	uint64_t linear = cpu->tr.base + offset;

	if (offset + size - 1 > cpu->tr.limit)
		raise_tss(cpu, ext);
	if (!cpu_long_mode(cpu))
		linear = (uint32_t)linear;
	return mem_load(cpu, linear, size, MEM_SYSTEM);
}

void tss_read_stack(struct vcpu *cpu, unsigned level, unsigned ext, uint16_t *ret_ss, uint64_t *ret_sp)
{
	bool is_wide = cpu->tr.attr & 8;
	unsigned size = is_wide ? 4 : 2;
	unsigned at = size + level * 2 * size;

	*ret_sp = tss_field(cpu, at, size, ext);
	*ret_ss = (uint16_t)tss_field(cpu, at + size, 2, ext);
}

uint64_t tss_read_stack64(struct vcpu *cpu, unsigned index, unsigned ext)
{
	/* RSP0..2 at 4; 8 reserved bytes; IST1..7 at 0x24 */
	uint64_t sp = tss_field(cpu, index < 3 ? 4 + index * 8 : 0x24 + (index - 3) * 8, 8, ext);

	if (!is_canonical(sp))
		cpu_raise_error(cpu, VECTOR_SS, ext);
	return sp;
}
