/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hardware task switching, 16 and 32 bits (SDM 3, chapter 7). */
#include "engine/translator/bytes.h"
#include "engine/translator/interp/exec.h"

enum { /* segments in TSS order */
       TSS32_CR3 = 0x1c,
       TSS32_EIP = 0x20,
       TSS32_SAVED = 0x40 /* bytes from EIP on that a switch writes */,
       TSS32_TRAP = 0x64,
       TSS32_SIZE = 0x68,
       TSS16_IP = 0x0e,
       TSS16_SAVED = 0x1c,
       TSS16_SIZE = 0x2c,
};
static const uint8_t segment_order[6] = { SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS };

struct task_state {
	bool is_wide;
	uint32_t cr3, eip, eflags, gpr[8];
	uint16_t segments[6], ldt;
	bool trap;
};

/* --- saving ----------------------------------------------------------------------------------- */

static void save_wide(const struct vcpu *cpu, uint64_t flags, uint64_t next_rip,
		      uint32_t image[TSS32_SAVED / 4])
{
	image[0] = (uint32_t)next_rip;
	image[1] = (uint32_t)flags;
	for (unsigned i = 0; i < 8; i++)
		image[2 + i] = (uint32_t)cpu->gpr[i];
	for (unsigned i = 0; i < 6; i++)
		image[10 + i] = cpu->seg[segment_order[i]].selector;
}

static void save_narrow(const struct vcpu *cpu, uint64_t flags, uint64_t next_rip,
			uint16_t image[TSS16_SAVED / 2])
{
	image[0] = (uint16_t)next_rip;
	image[1] = (uint16_t)flags;
	for (unsigned i = 0; i < 8; i++)
		image[2 + i] = (uint16_t)cpu->gpr[i];
	for (unsigned i = 0; i < 4; i++)
		image[10 + i] = cpu->seg[segment_order[i]].selector;
}

static void save_present(struct vcpu *cpu, uint64_t flags, uint64_t next_rip)
{
	uint32_t wide[TSS32_SAVED / 4];
	uint16_t narrow[TSS16_SAVED / 2];

	if (cpu->tr.attr & 8) {
		save_wide(cpu, flags, next_rip, wide);
		mem_write(cpu, cpu->tr.base + TSS32_EIP, wide, TSS32_SAVED, MEM_SYSTEM);
	} else {
		save_narrow(cpu, flags, next_rip, narrow);
		mem_write(cpu, cpu->tr.base + TSS16_IP, narrow, TSS16_SAVED, MEM_SYSTEM);
	}
}

/* --- reading the new task --------------------------------------------------------------------- */

static void read_wide(struct vcpu *cpu, uint64_t base, struct task_state *state)
{
	uint32_t image[TSS32_SIZE / 4];

	mem_read(cpu, base, image, TSS32_SIZE, MEM_SYSTEM);
	state->cr3 = image[TSS32_CR3 / 4];
	state->eip = image[8];
	state->eflags = image[9];
	for (unsigned i = 0; i < 8; i++)
		state->gpr[i] = image[10 + i];
	for (unsigned i = 0; i < 6; i++)
		state->segments[i] = (uint16_t)image[18 + i];
	state->ldt = (uint16_t)image[24];
	state->trap = image[TSS32_TRAP / 4] & 1;
}

static void read_narrow(struct vcpu *cpu, uint64_t base, struct task_state *state)
{
	uint16_t image[TSS16_SIZE / 2];

	mem_read(cpu, base, image, TSS16_SIZE, MEM_SYSTEM);
	state->eip = image[7];
	state->eflags = image[8];
	for (unsigned i = 0; i < 8; i++)
		state->gpr[i] = image[9 + i] | 0xffff0000; /* SDM 3, 7.6: the upper halves are set */
	for (unsigned i = 0; i < 4; i++)
		state->segments[i] = image[17 + i];
	state->segments[4] = state->segments[5] = 0;
	state->ldt = image[21];
}

static void read_task(struct vcpu *cpu, const struct segment *tss, struct task_state *state)
{
	*state = (struct task_state){ .is_wide = tss->attr & 8 };
	if (state->is_wide)
		read_wide(cpu, tss->base, state);
	else
		read_narrow(cpu, tss->base, state);
}

/* --- loading ---------------------------------------------------------------------------------- */

static void load_ldt(struct vcpu *cpu, uint16_t selector)
{
	struct descriptor descriptor;

	if (SELECTOR_IS_NULL(selector))
		return;
	if (selector & 4)
		cpu_raise_error(cpu, VECTOR_TS, SELECTOR_ERROR(selector));
	descriptor_read(cpu, selector, false, VECTOR_TS, 0, &descriptor);
	if (DESC_IS_MEMORY(descriptor.raw) || DESC_TYPE(descriptor.raw) != TYPE_LDT ||
	    !DESC_IS_PRESENT(descriptor.raw))
		cpu_raise_error(cpu, VECTOR_TS, SELECTOR_ERROR(selector));
	segment_from_descriptor(&cpu->ldtr, &descriptor);
}

static void load_code(struct vcpu *cpu, uint16_t selector)
{
	unsigned rpl = SELECTOR_RPL(selector);
	struct descriptor code;
	bool allowed;

	if (SELECTOR_IS_NULL(selector))
		cpu_raise_error(cpu, VECTOR_TS, 0);
	descriptor_read(cpu, selector, false, VECTOR_TS, 0, &code);
	allowed = DESC_IS_CODE(code.raw) &&
		  (DESC_IS_CONFORMING(code.raw) ? DESC_DPL(code.raw) <= rpl : DESC_DPL(code.raw) == rpl);
	if (!allowed)
		cpu_raise_error(cpu, VECTOR_TS, SELECTOR_ERROR(selector));
	if (!DESC_IS_PRESENT(code.raw))
		cpu_raise_error(cpu, VECTOR_NP, SELECTOR_ERROR(selector));
	descriptor_mark_accessed(cpu, &code);
	segment_from_descriptor(&cpu->seg[SEG_CS], &code);
}

/* Faults here belong to the new task. */
static void load_segments(struct vcpu *cpu, const struct task_state *state)
{
	static const uint8_t data[] = { 0, 3, 4, 5 }; /* places in segment_order */

	load_ldt(cpu, state->ldt);
	if (cpu_is_v86(cpu)) {
		for (unsigned i = 0; i < 6; i++)
			segment_set_real(cpu, &cpu->seg[segment_order[i]], state->segments[i]);
		return;
	}
	load_code(cpu, state->segments[1]);
	segment_prepare_stack(cpu, state->segments[2], cpu->cpl, VECTOR_TS, 0, &cpu->seg[SEG_SS]);
	for (unsigned i = 0; i < sizeof(data); i++)
		segment_prepare_data(cpu, state->segments[data[i]], cpu->cpl, VECTOR_TS, 0,
				     &cpu->seg[segment_order[data[i]]]);
	code_check_rip(cpu, &cpu->seg[SEG_CS], cpu->rip);
}

/* Registers and selectors; the hidden parts stay invalid until load_segments() filled them. */
static void load_registers(struct vcpu *cpu, const struct task_state *state, uint64_t extra_flags)
{
	if (state->is_wide && (cpu->cr0 & CR0_PG))
		cpu_set_cr3(cpu, state->cr3);
	cpu->rip = state->eip;
	cpu->rflags = (state->eflags & 0x37fd7) | RFLAGS_ONE | extra_flags;
	for (unsigned i = 0; i < 8; i++)
		cpu->gpr[i] = state->gpr[i];
	for (unsigned i = 0; i < 6; i++)
		segment_set_null(&cpu->seg[segment_order[i]], state->segments[i]);
	segment_set_null(&cpu->ldtr, state->ldt);
	cpu->cr0 |= CR0_TS;
	cpu->dr[7] &= ~0x155ull; /* the local enables */
	cpu_set_cpl(cpu, cpu->rflags & RFLAGS_VM ? 3 : SELECTOR_RPL(state->segments[1]));
}

/* --- the switch ------------------------------------------------------------------------------- */

static void check_tss(struct vcpu *cpu, uint16_t selector, enum task_reason reason, unsigned ext,
		      struct descriptor *descriptor)
{
	enum cpu_vector vector = reason == TASK_IRET ? VECTOR_TS : VECTOR_GP;
	uint32_t error = SELECTOR_ERROR(selector) | ext;
	struct segment tss;
	unsigned type;

	if (SELECTOR_IS_NULL(selector) || (selector & 4))
		cpu_raise_error(cpu, vector, error);
	descriptor_read(cpu, selector, false, vector, ext, descriptor);
	type = DESC_TYPE(descriptor->raw);
	if (DESC_IS_MEMORY(descriptor->raw) ||
	    (type & ~8u) != (reason == TASK_IRET ? TYPE_TSS16_BUSY : TYPE_TSS16))
		cpu_raise_error(cpu, vector, error);
	if (!DESC_IS_PRESENT(descriptor->raw))
		cpu_raise_error(cpu, VECTOR_NP, error);
	segment_from_descriptor(&tss, descriptor);
	if (tss.limit < (type & 8 ? TSS32_SIZE : TSS16_SIZE) - 1u)
		cpu_raise_error(cpu, VECTOR_TS, error);
}

/* Busy bits and back link, after everything was checked and the old state saved. */
static void link_tasks(struct vcpu *cpu, const struct descriptor *descriptor, const struct segment *tss,
		       enum task_reason reason)
{
	struct descriptor old;

	if ((reason == TASK_JMP || reason == TASK_IRET) &&
	    descriptor_try_read(cpu, cpu->tr.selector, false, &old))
		descriptor_set_busy(cpu, &old, false);
	if (reason != TASK_IRET)
		descriptor_set_busy(cpu, descriptor, true);
	if (reason == TASK_CALL || reason == TASK_EVENT)
		mem_store(cpu, tss->base, 2, cpu->tr.selector, MEM_SYSTEM);
}

void task_switch(struct vcpu *cpu, uint16_t selector, enum task_reason reason, unsigned ext,
		 uint64_t next_rip)
{
	bool is_nested = reason == TASK_CALL || reason == TASK_EVENT;
	uint64_t flags = cpu->rflags;
	struct descriptor descriptor;
	struct task_state state;
	struct segment tss;

	check_tss(cpu, selector, reason, ext, &descriptor);
	segment_from_descriptor(&tss, &descriptor);
	read_task(cpu, &tss, &state);
	if (is_nested)
		mem_check_write(cpu, tss.base, 2, MEM_SYSTEM);
	if (reason == TASK_IRET)
		flags &= ~(uint64_t)RFLAGS_NT;
	save_present(cpu, flags, next_rip);
	link_tasks(cpu, &descriptor, &tss, reason);

	cpu->tr = tss;
	cpu->tr.attr |= 2; /* busy */
	load_registers(cpu, &state, is_nested ? RFLAGS_NT : 0);
	load_segments(cpu, &state);
	if (state.trap)
		cpu->debug_hits |= DR6_BT;
}
